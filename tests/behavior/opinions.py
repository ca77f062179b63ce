"""Opinions: positive, negative, or such that people would disagree; and what people feel."""

from __future__ import annotations

import functools

from .case import Case
from .grammar import expand_named, lines

VARIANTS = 6
SIGNS = {"+": "positive", "-": "negative", "0": "neutral"}


@functools.cache
def opinions() -> dict[str, list[Case]]:
    """The cases of each phenomenon."""
    lists: dict[str, list[str]] = {}
    found: dict[str, list[Case]] = {}
    for section, line in lines("opinions"):
        if line.startswith("@"):
            name, _, choices = line[1:].partition(" = ")
            lists[name] = choices.split("|")
            continue
        sign, _, frame = line.partition(" ")
        for text in expand_named(frame, lists, VARIANTS):
            found.setdefault(section, []).append(Case(text, (SIGNS[sign],)))
    return found


@functools.cache
def feelings() -> list[Case]:
    found = []
    for _, line in lines("feelings"):
        label, _, text = line.partition(": ")
        found.append(Case(text, (label,)))
    return found
