"""Sentences of the home, made from training/home.txt; `python training/home.py 20` prints some."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sets import judged

LIST = re.compile(r"<(\w+)>")
CHOICE = re.compile(r"\{([^{}]*)\}")


def templates() -> tuple[list[str], dict[str, str]]:
    lines, lists = [], {}
    for line in (Path(__file__).parent / "home.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            name, _, choices = line[1:].partition(" = ")
            lists[name] = "{" + choices + "}"
        elif line and not line.startswith("#"):
            lines.append(line)
    return lines, lists


def filled(template: str, lists: dict[str, str], r: random.Random) -> str:
    """One sentence: choices are made from the innermost out."""
    text = template
    while True:
        text, named = LIST.subn(lambda m: lists[m[1]], text)
        text, chosen = CHOICE.subn(lambda m: r.choice(m[1].split("|")), text)
        if not named and not chosen:
            return re.sub(r" ([.,?])", r"\1", " ".join(text.split()))


def common_words() -> frozenset[str]:
    """Words of the home: those of the templates that are no mere grammar."""
    lines, lists = templates()
    grammar = lists.pop("grammar")
    text = re.sub(r"<\w+>", " ", " ".join([*lines, *lists.values()]))
    return frozenset(re.findall(r"[a-z]{3,}", text)) - frozenset(re.findall(r"[a-z]+", grammar))


def at_home(text: str, words: frozenset[str]) -> bool:
    """Whether a sentence speaks of such things: two of the words, and one word in five."""
    found = re.findall(r"[a-z]+", text.lower())
    hits = sum(word in words for word in found)
    return hits >= 2 and 5 * hits >= len(found)


def sentences(count: int, seed: int) -> Iterator[str]:
    lines, lists = templates()
    r = random.Random(seed)
    # A template with many outcomes comes more often, but far less than in proportion.
    weights = [(1 + line.count("|") + 8 * line.count("<")) ** 0.5 for line in lines]
    for template in r.choices(lines, weights, k=count):
        text = filled(template, lists, r)
        if not judged(text):
            yield text


if __name__ == "__main__":
    for sentence in sentences(int(sys.argv[1]), 1):
        print(sentence)
