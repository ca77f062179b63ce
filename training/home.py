"""Sentences of the home, made from training/home.txt, and such sentences of other texts; `python training/home.py 20` prints some."""

from __future__ import annotations

import functools
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import sets

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


@functools.cache
def judges() -> list[frozenset[str]]:
    """The words of each sentence that fill-mask is judged by."""
    lines = [
        line
        for name in ("announced.jsonl", "home-judge.jsonl")
        for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    ]
    return [
        word_set(item["text"].replace("[MASK]", item["word"])) for item in map(json.loads, lines)
    ]


def word_set(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.lower()))


def close(text: str) -> bool:
    """Whether a sentence has half its words in common with a judged one."""
    words = word_set(text)
    return any(2 * len(words & judge) >= len(words | judge) for judge in judges())


def kept_out(text: str) -> bool:
    """Whether a sentence is one that fill-mask is judged by, or too like one."""
    return sets.judged(text) or close(text)


def sentences(count: int, seed: int) -> Iterator[str]:
    lines, lists = templates()
    r = random.Random(seed)
    # A template with many outcomes comes more often, but far less than in proportion.
    weights = [(1 + line.count("|") + 8 * line.count("<")) ** 0.5 for line in lines]
    for template in r.choices(lines, weights, k=count):
        text = filled(template, lists, r)
        if not kept_out(text):
            yield text


def made() -> Iterator[str]:
    """Those that fill-mask learns from."""
    return sentences(100_000, 9)


def singles(data: Path) -> Iterator[str]:
    """Single sentences, as fill-mask is asked about: of the home, and of other texts most of those that speak of such things."""
    yield from made()
    common = common_words()
    for source, count in (("modern", 500_000), ("books", 600_000), ("wikipedia", 600_000)):
        found = [t for t in sets.sentences(data, source, count, 21) if len(t.split()) < 25]
        yield from (t for t in found[:15_000] if not close(t))
        yield from [t for t in found[15_000:] if at_home(t, common) and not close(t)][:45_000]


if __name__ == "__main__":
    for sentence in sentences(int(sys.argv[1]), 1):
        print(sentence)
