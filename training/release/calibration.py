"""Whether a score of 0.9 is right nine times in ten: temperatures, and the error that is left.

A temperature is fitted on one half of what is held out, by hash, and reported on the other; export
divides the head's weights by it, so the engine needs nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from ..data.entities import VALIDATION
from ..data.intents import intent_items
from ..data.labeled import QUESTIONS, classified_items, slot_tag, without_punctuation
from ..data.sets import Data
from ..data.unanswerable import unanswerable
from ..data.windows import Windows
from .metrics import entity_tags

Floats = np.ndarray[Any, np.dtype[np.float64]]
BINS = 15
LOWEST, HIGHEST, TRIED = 0.3, 4.0, 200
CLASSES = ("intent", "sentiment", "emotion", "clinc150", "snips", "hwu_slurp_home_subset")
MOST = 3000  # items of a set
HALF = 0.5  # of two spans, in common, as F1
# Labels as they are published, by those that older models have.
RENAMED = {
    "negative": "NEGATIVE",
    "positive": "POSITIVE",
    "I-PER": "I-PERSON",
    "I-LOC": "I-LOCATION",
    "I-ORG": "I-ORGANIZATION",
}


@dataclass
class Answers:
    """Logits, the index of what is right, and a key by which the halves are told apart."""

    logits: list[Any]
    right: list[int]
    keys: list[str]
    joined: int = 1  # rows whose probabilities are multiplied: a span's begin and end

    def half(self, fitted: bool) -> tuple[list[Any], list[int]]:
        at = [i for i, key in enumerate(self.keys) if (zlib.crc32(key.encode()) % 2 == 0) == fitted]
        return [self.logits[i] for i in at], [self.right[i] for i in at]


def probabilities(logits: Any, temperature: float) -> Floats:
    scaled: Floats = np.asarray(logits, np.float64) / temperature
    scaled = np.exp(scaled - scaled.max())
    scaled /= scaled.sum()
    return scaled


def loss(logits: Sequence[Any], right: Sequence[int], temperature: float) -> float:
    found = [probabilities(row, temperature)[at] for row, at in zip(logits, right)]
    return -float(np.log(np.maximum(found, 1e-9)).mean())


def fitted_temperature(answers: Answers) -> float:
    """The temperature at which what is right is likeliest.

    Where a span begins tells where it ends, so the product of both probabilities is less than how
    often the span is right; there the temperature is what leaves the smallest error.
    """
    logits, right = answers.half(fitted=True)
    tried = np.geomspace(LOWEST, HIGHEST, TRIED)
    if answers.joined > 1:
        return float(min(tried, key=lambda one: expected_error(answers, one, fitted=True)))
    return float(min(tried, key=lambda one: loss(logits, right, one)))


def are_right(guess: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether a class is the right one; or a span of tokens, where 0 to 0 is none.

    A span is right if most of it and of the right one is the same: sets and people disagree about
    whether "children" or "the children" is what was asked for.
    """
    if len(wanted) == 1 or not any(wanted) or not any(guess):
        return list(guess) == list(wanted)
    (a, b), (c, d) = guess, wanted
    common = max(0, min(b, d) - max(a, c) + 1)
    return 2 * common > HALF * (max(0, b - a) + d - c + 2)


def expected_error(answers: Answers, temperature: float = 1.0, fitted: bool = False) -> float:
    """Expected calibration error: how far scores are from how often they are right."""
    logits, right = answers.half(fitted)
    found = [probabilities(row, temperature) for row in logits]
    shape = (-1, answers.joined)
    scores = np.array([row.max() for row in found]).reshape(shape).prod(1)
    best = np.array([row.argmax() for row in found]).reshape(shape)
    of_groups = zip(best.tolist(), np.array(right).reshape(shape).tolist())
    is_right = np.array([float(are_right(guess, wanted)) for guess, wanted in of_groups])
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    total = 0.0
    for one in range(BINS):
        inside = bins == one
        if inside.any():
            total += abs(scores[inside].mean() - is_right[inside].mean()) * inside.mean()
    return total


def of_classes(pipe: Any, name: str, data: Data) -> Iterator[tuple[Any, int, str]]:
    items = (
        intent_items(data, "validation")
        if name == "intent"
        else classified_items(data, name, "validation")
    )
    index = {RENAMED.get(label, label): i for i, label in enumerate(pipe.labels)}
    for text, label in items[:: max(1, len(items) // MOST)]:
        if label in index:
            ids = pipe.tokenizer(text, truncation=True)["input_ids"]
            yield pipe.model([ids]).tensor.tolist()[0], index[label], text


def tagged(name: str, data: Data) -> Iterator[tuple[list[str], list[str]]]:
    if name == "ner":
        for each in VALIDATION:
            for item in data.read(each, "validation")[:MOST]:
                yield (
                    item["tokens"],
                    ["I" + t[1:] if t != "O" else t for t in entity_tags(item["tags"])],
                )
    elif name == "slots":
        for item in data.read("hwu64_slots", "validation"):
            yield without_punctuation(item["tokens"]), [slot_tag(tag) for tag in item["tags"]]
    else:
        for item in data.read("ud_ewt", "validation")[:MOST]:
            yield item["tokens"], item["tags"]


def of_tokens(pipe: Any, name: str, data: Data) -> Iterator[tuple[Any, int, str]]:
    """Of words that are something, or are taken for it; most words are neither."""
    index = {RENAMED.get(label, label): i for i, label in enumerate(pipe.labels)}
    for words, tags in tagged(name, data):
        encoded = pipe.tokenizer(words, is_split_into_words=True, truncation=True)
        rows, before = pipe.model([encoded["input_ids"]]).tensor.tolist()[0], None
        for row, word in zip(rows, encoded.word_ids()):
            if word is not None and word != before and tags[word] in index:
                best = max(range(len(row)), key=row.__getitem__)
                if "O" not in index or best or index[tags[word]]:
                    yield row, index[tags[word]], " ".join(words)
            before = word


def of_answers(pipe: Any, _name: str, data: Data) -> Iterator[tuple[Any, int, str]]:
    """Where answers begin and end, among [CLS], which stands for none, and the context's tokens."""
    numbers = data.recipe.data
    seed = numbers.unanswerable_seed
    for name in dict.fromkeys(QUESTIONS):
        answered = data.read(name, "validation")[: MOST // 4]
        none = unanswerable(answered, numbers.unanswerable["validation"], seed)
        windows = Windows(pipe.tokenizer, numbers.answer_window, seed)
        for item in windows.of([*answered, *none], numbers.answer_elsewhere):
            encoded = pipe.tokenizer(
                item["question"],
                item["context"],
                truncation="only_second",
                max_length=512,
                return_offsets_mapping=True,
            )
            offsets = encoded["offset_mapping"]
            among = [0, *(i for i, side in enumerate(encoded.sequence_ids()) if side == 1)]
            hits = [0]
            if item["answers"]:
                begin = item["answers"]["answer_start"][0]
                end = begin + len(item["answers"]["text"][0])
                hits = [
                    at
                    for at, i in enumerate(among)
                    if at and offsets[i][0] < end and offsets[i][1] > begin
                ]
            if not hits:
                continue
            output = pipe.model([encoded["input_ids"]], token_type_ids=[encoded["token_type_ids"]])
            for logits, at in ((output.start_logits, hits[0]), (output.end_logits, hits[-1])):
                row = logits.tolist()[0]
                yield [row[i] for i in among], at, item["context"]


Collected = Callable[[Any, str, Data], Iterator[tuple[Any, int, str]]]
KINDS: dict[str, tuple[str, Collected]] = {
    **dict.fromkeys(CLASSES, ("text-classification", of_classes)),
    **dict.fromkeys(("ner", "pos", "slots"), ("token-classification", of_tokens)),
    "qa": ("question-answering", of_answers),
}


def collected(name: str, pipe: Any, data: Data) -> Answers:
    found = list(KINDS[name][1](pipe, name, data))
    logits, right, keys = zip(*found)
    return Answers([*logits], [*right], [*keys], joined=2 if name == "qa" else 1)
