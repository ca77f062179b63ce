"""How models do on made texts whose templates were held out of training, by kind of text."""

from __future__ import annotations

import collections
import itertools
import random
from collections.abc import Iterator
from typing import Any

from ..data.commands import Commands
from ..data.intents import NONE
from ..data.names import KINDS, named_items
from ..data.noise import spoken, typed
from ..data.opinions import made_opinions
from .metrics import found_spans
from .models import Open
from .statistics import percentage

Scores = dict[str, float]
COUNT = 3000
SEED = 77
UNSURE = (0.35, 0.65)
CLEAR = (0.3, 0.7)
NAMED = {
    "PERSON": ("PERSON",),
    "LOCATION": ("LOCATION",),
    "ORGANIZATION": ("ORGANIZATION",),
    "BUILT": ("LOCATION", "ORGANIZATION"),
    "EATERY": ("LOCATION", "ORGANIZATION"),
}


def rates(found: Iterator[tuple[str, bool]]) -> Scores:
    right: collections.Counter[str] = collections.Counter()
    total: collections.Counter[str] = collections.Counter()
    for kind, is_right in found:
        right[kind] += is_right
        total[kind] += 1
    return {kind: percentage(right[kind], total[kind]) for kind in sorted(total)}


def intents(pipe: Any) -> Scores:
    """Commands: rightly understood, also with slips and as spoken; the other kinds: refused."""
    made = Commands(SEED, held_out=True)

    def found() -> Iterator[tuple[str, bool]]:
        for text, label, kind in itertools.islice(made.texts(), COUNT):
            if not isinstance(label, str):
                continue
            answer = pipe(text)["label"]
            if label == NONE:
                yield f"{kind} refused", answer is None
                continue
            yield f"{kind} right", answer == label
            yield f"{kind} kept", answer is not None
            yield "typed right", pipe(typed(text, made.r))["label"] == label
            yield "spoken right", pipe(spoken(text, made.r))["label"] == label

    return rates(found())


def positive(pipe: Any, text: str) -> float:
    answer = pipe(text, top_k=None)
    return float(next(one["score"] for one in answer if one["label"].lower() == "positive"))


def opinions(pipe: Any) -> Scores:
    """By phenomenon and verdict; where people disagree, the score has to be in the middle."""

    def found() -> Iterator[tuple[str, bool]]:
        for text, weight, kind in itertools.islice(made_opinions(SEED, held_out=True), COUNT):
            score = positive(pipe, text)
            if CLEAR[0] < weight < CLEAR[1]:
                yield f"{kind}, unsure", UNSURE[0] <= score <= UNSURE[1]
            else:
                verdict = "positive" if weight > 0.5 else "negative"
                yield f"{kind}, {verdict}", (score > 0.5) == (weight > 0.5)

    return rates(found())


def names(pipe: Any) -> Scores:
    """Names found whole, by their kind; texts without a name in which none is found."""

    def found() -> Iterator[tuple[str, bool]]:
        for words, kinds in named_items(COUNT, SEED, held_out=True):
            spans = {span for span in found_spans(pipe, words) if span[2] != "MISC"}
            at = 0
            for kind, run in itertools.groupby(kinds):
                end = at + len(list(run))
                labels = NAMED.get(KINDS[kind], ())
                if labels:
                    yield KINDS[kind].lower(), any((at, end, one) in spans for one in labels)
                at = end
            if not any(kinds):
                yield "no name", not spans

    return rates(found())


def phenomena(opened: Open) -> dict[str, Scores]:
    random.seed(SEED)
    return {
        "intent": intents(opened("intent-classification", "intent")),
        "sentiment": opinions(opened("sentiment-analysis", "sentiment")),
        "ner": names(opened("token-classification", "ner")),
    }
