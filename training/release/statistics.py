"""Statistics that scores are made of."""

from __future__ import annotations

import collections
import math
import re
import string
from collections.abc import Sequence


def percentage(part: float, whole: float) -> float:
    return 100 * part / whole


def f1(right: int, found: int, wanted: int) -> float:
    return 200 * right / max(1, found + wanted)


def spans(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """Entities of BIO or IO tags: first word, behind the last, kind."""
    found, start, kind = set(), 0, ""
    for at, name in enumerate([*tags, "O"]):
        edge, _, this = name.partition("-")
        if kind and (this != kind or edge == "B" or not this):
            found.add((start, at, kind))
            kind = ""
        if this and not kind:
            start, kind = at, this
    return found


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value; those that are alike share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    out, at = [0.0] * len(values), 0
    while at < len(order):
        end = at
        while end < len(order) and values[order[end]] == values[order[at]]:
            end += 1
        for i in order[at:end]:
            out[i] = (at + end - 1) / 2
        at = end
    return out


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """The correlation of ranks, in percent."""
    x, y = ranks(a), ranks(b)
    mx, my = sum(x) / len(x), sum(y) / len(y)
    top = sum((i - mx) * (j - my) for i, j in zip(x, y))
    square = sum((i - mx) ** 2 for i in x) * sum((j - my) ** 2 for j in y)
    return float(100 * top / math.sqrt(square)) if square else 0.0


def answer_words(text: str) -> list[str]:
    """What counts in an answer: its words without case, punctuation and articles."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def answer_overlap(guess: Sequence[str], gold: Sequence[str]) -> float:
    """F1 of the words of an answer, as SQuAD scores it."""
    if not guess and not gold:
        return 1.0
    common = sum((collections.Counter(guess) & collections.Counter(gold)).values())
    return 2 * common / (len(guess) + len(gold))
