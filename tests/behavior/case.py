"""A case: what a model is asked, and what is right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

MINIMUM, INVARIANCE, DIRECTION = "minimum", "invariance", "direction"
REFUSED = "none"  # in place of an intent: the text is refused


@dataclass(frozen=True)
class Case:
    """right: the answers that are right. rest: what else the judge of this class needs."""

    text: str
    right: tuple[str, ...]
    rest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Behavior:
    """A class of cases. aim: the share of cases in percent that have to be right.

    beside: this class is of valid commands that stand beside those of another class; aim is then
    the share that has to be accepted.
    """

    title: str
    test: str
    model: str
    cases: Callable[[], list[Case]]
    aim: float | None = None
    beside: str = ""


@dataclass(frozen=True)
class Verdict:
    """points: from 0 to 1. said: the answer. sure: scores, each with whether it was right."""

    points: float
    said: str
    accepted: bool = True
    sure: list[tuple[float, bool]] = field(default_factory=list)
