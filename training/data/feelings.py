"""Remarks made from feelings.txt, by what the one who makes them feels."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from pathlib import Path

from .templates import filled
from .written import is_wanted, lines_of

FILE = Path(__file__).parent / "feelings.txt"
SHARES = {"neutral": 2.0, "joy": 1.5}  # and 1 for the others


@functools.cache
def feelings(held_out: bool | None) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The lists, and the lines of each feeling."""
    lists: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for label, line in lines_of(FILE, lists):
        if is_wanted(line, held_out):
            found.setdefault(label, []).append(line)
    return lists, found


def made_feelings(seed: int, held_out: bool | None) -> Iterator[tuple[str, str]]:
    """Without end: a remark, and its label."""
    r = random.Random(seed)
    lists, found = feelings(held_out)
    labels = list(found)
    shares = [SHARES.get(label, 1.0) for label in labels]
    while True:
        label = r.choices(labels, shares)[0]
        yield filled(r.choice(found[label]), lists, r), label
