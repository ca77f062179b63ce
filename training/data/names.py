"""Sentences with names, made from names.txt, and what each of their words is part of.

They name what few texts name: persons of many countries, surnames that are words, companies that
nobody knows; and they are written as people type, in messages, signatures and lists.
"""

from __future__ import annotations

import functools
import random
import re
from pathlib import Path

from .templates import filled
from .written import is_wanted, lines_of

FILE = Path(__file__).parent / "names.txt"
# Lists of names, by what they name. What is built is a place to some sets and an organization to
# others; so is where one eats.
LISTS = {
    "PERSON": "Person First Last Full",
    "LOCATION": "Place City Country Region Nature Street",
    "ORGANIZATION": "Org Company School Office Team Paper Band",
    "MISC": "People Language Work Event Product",
    "BUILT": "Built",
    "EATERY": "Eatery",
}
KINDS = ["O", *LISTS]
# How likely each label (entities.LABELS) is at a word of each kind.
LIKELY = {
    "O": (0.98, 0.005, 0.005, 0.005, 0.005),
    "PERSON": (0.04, 0.94, 0.01, 0.01, 0.0),
    "LOCATION": (0.04, 0.01, 0.92, 0.03, 0.0),
    "ORGANIZATION": (0.05, 0.01, 0.03, 0.9, 0.01),
    "MISC": (0.15, 0.01, 0.02, 0.02, 0.8),
    "BUILT": (0.05, 0.0, 0.6, 0.35, 0.0),
    "EATERY": (0.05, 0.0, 0.35, 0.6, 0.0),
}
MARKED = re.compile(r"\[(\w+) (.*?) \]")
WORD = re.compile(r"'s\b|\w+(?:[.\-]\w+|'(?!s\b)\w+)*|[^\w\s]")

# How a set of remarks hides who they are about.
HIDDEN = "[NAME]"

KnownWords = tuple[list[str], list[int]]


@functools.cache
def written() -> tuple[dict[str, str], tuple[str, ...]]:
    """The lists, in which names are marked with their kind, and the sentences."""
    kind_of = {name: kind for kind, names in LISTS.items() for name in names.split()}
    lists: dict[str, str] = {}
    sentences = tuple(line for _, line in lines_of(FILE, lists))
    for name, kind in kind_of.items():
        lists[name] = f"[{kind} {lists[name]} ]"
    return lists, sentences


def words_with_kinds(text: str) -> KnownWords:
    """Words, and the index in KINDS of each; an article before a name is no part of it."""
    words: list[str] = []
    kinds: list[int] = []
    parts = MARKED.split(text)
    for at in range(0, len(parts), 3):
        plain = WORD.findall(parts[at])
        words += plain
        kinds += [0] * len(plain)
        if at + 1 < len(parts):
            named = WORD.findall(parts[at + 2])
            kind = KINDS.index(parts[at + 1])
            words += named
            kinds += [kind] * len(named)
            if named[0] == "the" and parts[at + 1] != "MISC":
                kinds[-len(named)] = 0
    return words, kinds


def named_items(count: int, seed: int, held_out: bool = False) -> list[KnownWords]:
    lists, sentences = written()
    chosen = [one for one in sentences if is_wanted(one, held_out)]
    r = random.Random(seed)
    return [words_with_kinds(filled(r.choice(chosen), lists, r)) for _ in range(count)]


def with_persons(text: str, r: random.Random) -> str:
    """A remark that hides its persons, with others in their stead."""
    if HIDDEN not in text:
        return text
    lists, _ = written()
    before, *behind = text.split(HIDDEN)
    names = (MARKED.sub(r"\2", filled("<Person>", lists, r)) for _ in behind)
    return before + "".join(map("".join, zip(names, behind)))
