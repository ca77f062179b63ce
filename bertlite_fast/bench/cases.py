"""What is measured: every task at several lengths, and on a mixture of texts.

A text of a length is made of words that are one token each, so that all boards and all versions
measure the same number of tokens.
"""

from __future__ import annotations

from itertools import cycle, islice

from ..errors import BertliteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Call = Callable[[], object]

TASKS = (
    "sentiment-analysis",
    "intent-classification",
    "text-classification",
    "ner",
    "token-classification",
    "question-answering",
    "fill-mask",
    "sentence-similarity",
    "feature-extraction",
    "zero-shot-classification",
)
QUICK_TASKS = ("sentiment-analysis", "ner", "question-answering", "fill-mask", "feature-extraction")
# Tasks whose answer is one forward pass, so that its stages can be measured apart.
STAGED_TASKS = ("sentiment-analysis", "ner", "fill-mask", "feature-extraction")
MIXTURE = "mixture"
LENGTHS: tuple[int | str, ...] = (16, 32, 64, 128, 512, MIXTURE)
QUICK_LENGTHS: tuple[int | str, ...] = (16, 128, MIXTURE)
SHARED, ONE_CALL = "threads sharing a pipeline", "one call"  # who the threads belong to
ANSWER, IDS, MODEL = "answer", "ids", "model"  # stages: everything, the tokenizer, the model

WORDS = "turn on the kitchen lights and play some quiet music before we have dinner".split()
QUESTION = "which room has the light"
LABELS = ["lights", "music", "weather"]
MIXED = (
    "Lights on.",
    "What is the weather like tomorrow?",
    "Set an alarm for half past six",
    "I have been waiting for my order since Monday, and nobody answers my mails!",
    "Play the new album by Radiohead in the living room, please.",
    "ok",
    "The delivery arrived a day early and everything was packed with great care; thank you.",
    "Angela Merkel met Emmanuel Macron in Paris on 3 May 2017 to talk about the budget.",
    "Please transfer €250.75 to Zoë's account, reference #A-1138.",
    "The battery of this camera lasts a weekend, which is more than I hoped for, but the menus are "
    "slow and the manual, all 280 pages of it, explains every function except the one I needed.",
    "Is there any way to change the delivery address after an order has been sent?",
    "turn the heating down to 19 degrees at ten o'clock every night except on Fridays",
    "Gross! The soup was cold, the bread was old and the waiter had forgotten our drinks twice.",
    "The small museum behind the station shows how clocks were built in this valley for three "
    "hundred years. Most of the machines still run, and on the first Sunday of a month a retired "
    "watchmaker explains them. Children may take a clock apart; putting it together again is "
    "harder. The entrance is free, and the café next door has the best cake in town.",
    "remind me to call mum",
    "naïve façade, 東京, ¿qué tal?",
)


class Case:
    """A task's calls at one length: `calls` gives them one after the other, without end."""

    def __init__(self, task: str, length: int | str, stage: str) -> None:
        self.opened = open_task(task)
        found = self._texts(task, length)
        self.texts = [text for _, text in found]
        self.tokens = [count for count, _ in found]
        self.calls: Iterator[Call] = cycle([self._call(task, stage, t) for t in self.texts])
        self.per_sample = 0  # not known before the first call

    def _texts(self, task: str, length: int | str) -> list[tuple[int, str]]:
        encode = self.opened.tokenizer.encode
        if length == MIXTURE:
            found = [f"{text} [MASK]" if task == "fill-mask" else text for text in MIXED]
        else:
            asked = len(encode(QUESTION)) - 1 if task == "question-answering" else 0
            words = list(islice(cycle(WORDS), max(1, int(length) - 2 - asked)))
            if task == "fill-mask":
                words[len(words) // 2] = "[MASK]"
            found = [" ".join(words)]
        pair = [QUESTION] if task == "question-answering" else []
        return [(len(encode(*pair, text)), text) for text in found]

    def _call(self, task: str, stage: str, text: str) -> Call:
        if stage == IDS:
            encode = self.opened.tokenizer.encode
            return lambda: encode(text)
        if stage == MODEL:
            return _model_call(self.opened, task, text)
        return _answer_call(self.opened, task, text)


def _answer_call(pipe: Any, task: str, text: str) -> Call:
    if task == "question-answering":
        return lambda: pipe(question=QUESTION, context=text)
    if task == "zero-shot-classification":
        return lambda: pipe(text, candidate_labels=LABELS)
    if task == "sentence-similarity":
        return lambda: pipe(text, [text])
    if task == "feature-extraction":
        return lambda: pipe(text, pooling="mean", normalize=True)
    return lambda: pipe(text)


def _model_call(pipe: Any, task: str, text: str) -> Call:
    ids, model = pipe.tokenizer.encode(text), pipe.model
    if task == "feature-extraction":
        from .. import embedded
        from ..models import Model

        mean = Model(embedded.for_task(task), "embedding")
        return lambda: mean(ids)
    if task == "fill-mask":
        masked = [ids.index(pipe.tokenizer.mask_token_id)]
        return lambda: model(ids, positions=masked)
    return lambda: model(ids)


_OPEN: dict[str, Any] = {}


def open_task(task: str) -> Any:
    """The pipeline of a task with its embedded model, opened once in a process."""
    if task not in TASKS:
        raise BertliteError(f"{task!r} is not a task that is measured.")
    if task not in _OPEN:
        from .. import pipelines

        opener: Any = pipelines.pipeline  # a task's name is not known to the checker
        _OPEN[task] = opener(task)
    return _OPEN[task]


def products(layers: int, hidden: int, intermediate: int, tokens: int) -> int:
    """Multiplications of int8 values in the encoder for a text: all layers, all tokens."""
    linear = tokens * (4 * hidden * hidden + 2 * hidden * intermediate)
    attention = 2 * tokens * tokens * hidden
    return layers * (linear + attention)
