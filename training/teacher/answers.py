"""Questions answered by the teacher, as a lesson for the small model that answers them.

Real questions are few, so they are learned by heart, and those made from plain text repeat its
words.  So the teacher is tuned on both, and then says of many more where their answers begin and
end: real ones in other words, in other windows of their contexts, and some that are made.  The
result is an .npz of ids, of where each row's context begins, and of the likeliest beginnings and
ends.  Only train splits are read.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor
from transformers import BertForQuestionAnswering

from bertlite_fast import AutoModelForQuestionAnswering, Tokenizer, pipeline
from bertlite_fast.files import AtomicFile

from ..data import labeled
from ..data.noise import noisy
from ..data.phrases import vocabulary_words
from ..data.questions import questions
from ..data.sets import Data, Item
from ..data.unanswerable import unanswerable
from ..data.windows import Windows
from ..model.batches import Batches, Row, padded
from ..model.steps import optimizer_for, run_steps
from ..tasks.answers import encode, overlap, span_loss, without_padding
from ..tasks.build import build_answers
from ..tasks.learner import Task
from . import minilm

Say = Callable[[str], None]
WORD = re.compile(r"[A-Za-z]+")


def tune(task: Task, data: Data, out: Path, say: Say) -> None:
    """The teacher with a head for answers, in windows as the engine reads them."""
    recipe, numbers = data.recipe, data.recipe.asked
    torch.manual_seed(recipe.seed)
    model = BertForQuestionAnswering.from_pretrained(minilm.folder(data))
    optimizer, parameters = optimizer_for([model], numbers.rate, recipe.optimizer)
    streams = [
        Batches(rows, numbers.batch, recipe.seed, recipe.data.sorted_batches).forever()
        for rows in (task.train, task.made, task.read)
    ]
    r = random.Random(recipe.seed)
    count = min(numbers.scored, len(task.validation))
    scored = random.Random(recipe.seed).sample(task.validation, count)

    def logits_of(rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        ids, mask, types = padded(rows)
        found = model(ids, attention_mask=mask, token_type_ids=types)
        logits = torch.stack([found.start_logits, found.end_logits], 2).float()
        return without_padding(logits, mask), types * mask

    def loss(_: int) -> Tensor:
        rows = next(r.choices(streams, numbers.shares)[0])
        return span_loss(logits_of(rows)[0], rows)

    @torch.no_grad()
    def score() -> float:
        model.eval()
        size = numbers.batch
        parts = [scored[at : at + size] for at in range(0, count, size)]
        found = overlap(((rows, *logits_of(rows)) for rows in parts), recipe.data.longest_answer)
        model.train()
        return found

    def log(step: int, average: float) -> None:
        say(f"{task.name}: {step} of {numbers.steps}, loss {average:.4f}, F1 {score():.1f}")

    every = numbers.tuning_log_every
    run_steps(optimizer, parameters, numbers.steps, loss, log, every, recipe.optimizer)
    minilm.save(model, out, data)


class OtherWords:
    """A question in other words: some are exchanged for those that the teacher finds alike."""

    def __init__(self, data: Data, r: random.Random) -> None:
        numbers = data.recipe.asked
        self.share, self.r = numbers.other_words, r
        self.words = vocabulary_words(data.vocabulary.read_text(encoding="utf-8").split("\n"))
        self.words = self.words[: numbers.vocabulary]
        self.at = {word: i for i, word in enumerate(self.words)}
        model = pipeline("sentence-similarity", str(minilm.folder(data)))
        vectors = np.asarray(model.embed(self.words), np.float32)
        self.near: list[list[int]] = []
        for at in range(0, len(vectors), numbers.batch):
            likeness = vectors[at : at + numbers.batch] @ vectors.T
            best = np.argsort(-likeness, axis=1)[:, 1 : numbers.alike + 1]
            self.near += [
                [int(i) for i in row if one[i] >= numbers.least_alike]
                for row, one in zip(best, likeness)
            ]

    def of(self, question: str) -> str:
        return WORD.sub(self._exchanged, question)

    def _exchanged(self, match: re.Match[str]) -> str:
        near = self.near[self.at[match[0]]] if match[0] in self.at else []
        return (
            self.words[self.r.choice(near)] if near and self.r.random() < self.share else match[0]
        )


def asked_items(data: Data, tokenizer: Tokenizer, turns: int, made: int) -> Iterator[Item]:
    """Questions and windows of contexts, to be answered by the teacher.

    All real ones come so many times, in other words and windows, and made ones the first time.
    """
    recipe, numbers = data.recipe, data.recipe.asked
    r = random.Random(numbers.seed)
    other = OtherWords(data, r)
    real = labeled.question_items(data, "train")
    for turn in range(turns):
        items = [*real, *unanswerable(real, numbers.unanswerable, numbers.seed + turn)]
        items += itertools.islice(questions(data), made if turn == 0 else 0)
        windows = Windows(tokenizer, recipe.data.answer_window, numbers.seed + turn)
        for item in windows.of(items, numbers.elsewhere):
            question = item["question"]
            if r.random() < numbers.changed:
                question = other.of(question)
            yield item | {"question": noisy(question, r, numbers.noise)}


def likeliest(model: Any, row: Row, most: int) -> tuple[Any, Any]:
    """Where an answer most likely begins and ends: tokens, and probabilities of 0 to 255."""
    found = model([list(row.ids)], token_type_ids=[row.types])
    where, how = np.zeros((2, most), np.uint16), np.zeros((2, most), np.uint8)
    for side, logits in enumerate((found.start_logits, found.end_logits)):
        values = np.asarray(logits)[0]
        weights = np.exp(values - values.max())
        best = np.argsort(-weights)[:most]
        where[side, : len(best)] = best
        how[side, : len(best)] = np.rint(255 * weights[best] / weights.sum())
    return where, how


def write_answers(tokenizer: Tokenizer, data: Data, name: str, out: Path, say: Say) -> None:
    recipe, numbers = data.recipe, data.recipe.asked
    folder = out / name
    if not (folder / "config.json").exists():
        tune(build_answers(tokenizer, data, name, in_windows=True), data, folder, say)
    items = list(asked_items(data, tokenizer, numbers.turns, numbers.made))
    rows = encode(tokenizer, items, recipe.data.longest["answers"])
    random.Random(numbers.seed).shuffle(rows)
    model = AutoModelForQuestionAnswering.from_pretrained(str(folder))
    found: list[Any] = [None] * len(rows)

    def work(at: int) -> None:
        found[at] = likeliest(model, rows[at], numbers.likeliest)
        if at % numbers.log_every == 0:
            say(f"{name}: {at} of {len(rows)} questions answered")

    minilm.in_threads(work, range(len(rows)), recipe.teacher.threads)
    with AtomicFile(answers_file(out, name)) as file:
        np.savez(
            file,
            ids=np.concatenate([np.asarray(row.ids, np.uint16) for row in rows]),
            lengths=np.array([len(row.ids) for row in rows], np.int32),
            contexts=np.array([(row.types or [1]).index(1) for row in rows], np.int32),
            where=np.stack([where for where, _ in found]),
            how=np.stack([how for _, how in found]),
        )


def answers_file(folder: Path, name: str) -> Path:
    return folder / f"answers-{name}.npz"
