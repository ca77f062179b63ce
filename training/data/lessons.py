"""Where the texts of a task's lessons come from (tasks/lessons.py)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Callable

from .commands import Commands
from .labeled import classified_items
from .opinions import sentiment_texts
from .sets import Data

Made = Iterable[tuple[str, str | float]]


@dataclass(frozen=True)
class Source:
    made: Callable[[Data, int], Made]  # texts with a label, or how probable the second of two is
    unlabeled: Callable[[Data], Iterable[str]]


def commands(data: Data, count: int) -> Iterator[tuple[str, str]]:
    found = itertools.islice(Commands(data.recipe.seed, held_out=False).texts(), count)
    return ((text, label) for text, label, _ in found)


def requests(data: Data) -> Iterable[str]:
    return sorted(set(data.commands()))


def remarks(data: Data) -> Iterable[str]:
    return sorted({text for text, _ in classified_items(data, "sentiment", "train")})


LESSONS = {"intent": Source(commands, requests), "sentiment": Source(sentiment_texts, remarks)}
