"""Names of topics and requests, and texts with the names of what they are about."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

from bertlite_fast.decisions import words_of

from .sets import Data

FILE = Path(__file__).parent / "topics.txt"
# The sets whose labels say in words what a text is about, and the fields that do.
SETS = (
    ("clinc150", "label"),
    ("clinc150", "domain"),
    ("banking77", "label"),
    ("hwu64", "label"),
    ("hwu64_slots", "scenario"),
    ("snips", "label"),
    ("sgd_intent_turns", "label"),
    ("sgd_intent_turns", "service"),
    ("stackoverflow_titles20", "label"),
    ("goemotions", "label"),
)
NOT_NAMES = {"oos", "neutral"}
Named = list[tuple[str, list[str]]]  # a label, and its texts


def topics() -> list[str]:
    found = [
        part.strip()
        for line in FILE.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for part in line.split(",")
    ]
    return sorted(set(found))


def name_of(label: str) -> str:
    return words_of(label).lower()


def named_sets(data: Data) -> list[Named]:
    """The training texts of each set by the names of their labels."""
    sets = []
    for name, field in SETS:
        texts: dict[str, list[str]] = defaultdict(list)
        for item in data.read(name, "train"):
            label = item.get(field)
            if label and label not in NOT_NAMES:
                texts[name_of(label)].append(item["text"])
        if len(texts) > 1:
            sets.append(sorted(texts.items()))
    return sets


def drawn(
    sets: list[Named], most: int, count: int, r: random.Random
) -> tuple[list[str], list[int], list[str]]:
    """Texts, the index of the label that each has, and the labels, all of one set."""
    one = r.choice(sets)
    labels = r.sample(one, min(len(one), r.randint(2, most)))
    meant = [r.randrange(len(labels)) for _ in range(count)]
    return [r.choice(labels[i][1]) for i in meant], meant, [label for label, _ in labels]
