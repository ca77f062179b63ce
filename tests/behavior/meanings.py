"""Pairs of texts that mean the same, beside pairs that only look the same; texts and topics."""

from __future__ import annotations

import functools

from .case import Case
from .grammar import expand, fields, lines

VARIANTS = 8


@functools.cache
def near_misses() -> dict[str, list[Case]]:
    """rest: the paraphrase, and the near miss."""
    found: dict[str, list[Case]] = {}
    for section, line in lines("pairs"):
        for one in expand(line, VARIANTS):
            text, same, other = fields(one)
            found.setdefault(section, []).append(Case(text, ("paraphrase",), (same, other)))
    return found


@functools.cache
def topics() -> list[Case]:
    """rest: the labels to choose from."""
    found = []
    for section, line in lines("topics"):
        label, _, text = line.partition(": ")
        found.append(Case(text, (label,), tuple(section.split(", "))))
    return found
