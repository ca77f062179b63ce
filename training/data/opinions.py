"""Opinions made from opinions.txt, and long reviews with what is said somewhere in them."""

from __future__ import annotations

import functools
import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from .labeled import CLASSIFIED
from .sets import Data
from .templates import filled

FILE = Path(__file__).parent / "opinions.txt"
HELD_OUT_ONE_IN = 8
# What GoEmotions' labels tell of an opinion; the others tell nothing.
PLEASED = (
    "admiration approval amusement excitement gratitude joy love optimism pride relief".split()
)
DISPLEASED = """anger annoyance disappointment disapproval disgust embarrassment grief remorse
    sadness""".split()
EMOTION_WEIGHTS = {**dict.fromkeys(PLEASED, 0.9), **dict.fromkeys(DISPLEASED, 0.1), "neutral": 0.5}
EMOTION_SHARES = {0.9: 9, 0.1: 9, 0.5: 2}
JUDGING = ("pos", "neg", "love", "loved", "hate", "hated", "posn", "negn")  # lists of opinions.txt
SHORTEST_JUDGING = 4  # letters
PARTS = ((0.66, "made"), (0.88, "emotions"), (1.0, "long"))
LONG_OPINIONS, LONG_OTHERS = (1, 6), (0, 14)  # sentences of a long review
SURE = (0.05, 0.95)
NEUTRAL_EVERY = 4  # a long text in so many holds no opinion

Opinion = tuple[str, float]


@functools.cache
def opinions(held_out: bool | None) -> tuple[dict[str, str], list[tuple[str, float]]]:
    """The lists, and the lines with how probable it is that readers call them positive."""
    lists, lines, weight = {}, [], 0.0
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            name, _, choices = line[1:].partition(" = ")
            lists[name] = "{" + choices + "}"
        elif line.startswith("["):
            weight = float(line.strip("[]"))
        elif line and not line.startswith("#"):
            is_held_out = zlib.crc32(line.encode()) % HELD_OUT_ONE_IN == 0
            if held_out is None or held_out == is_held_out:
                lines.append((line, weight))
    return lists, lines


def made_opinions(seed: int, held_out: bool | None) -> Iterator[tuple[str, float, str]]:
    """Without end: a text, its weight, and the line that it was made from."""
    r = random.Random(seed)
    lists, lines = opinions(held_out)
    weights = [2.0 if 0.05 < weight < 0.95 else 1.0 for _, weight in lines]
    while True:
        line, weight = r.choices(lines, weights)[0]
        yield filled(line, lists, r), weight, line


def long_reviews(data: Data, r: random.Random) -> Iterator[Opinion]:
    """Without end: opinions of one kind among sentences that hold none, at any place."""
    labeled: dict[str, list[str]] = {"negative": [], "positive": []}
    for name in CLASSIFIED["sentiment"]:
        for item in data.read(name, "train"):
            labeled[item["label"]].append(item["text"])
    plain = data.sentences("modern", 6000, 5) + data.sentences("books", 6000, 6)
    made = made_opinions(r.randrange(1 << 30), held_out=False)
    pools: dict[float, list[str]] = {SURE[0]: [], 0.5: [], SURE[1]: []}
    for text, weight, _ in (next(made) for _ in range(20_000)):
        at = (
            SURE[0] if weight < 0.1 else SURE[1] if weight > 0.9 else 0.5 if weight == 0.5 else None
        )
        if at is not None:
            pools[at].append(text)
    while True:
        weight = r.choice(SURE)
        others = [
            r.choice(plain if r.random() < 0.5 else pools[0.5])
            for _ in range(r.randint(*LONG_OTHERS))
        ]
        if not r.randrange(NEUTRAL_EVERY):
            yield " ".join(f"{text}." for text in others), 0.5
            continue
        real = labeled["positive" if weight > 0.5 else "negative"]
        said = [
            r.choice(real if r.random() < 0.6 else pools[weight])
            for _ in range(r.randint(*LONG_OPINIONS))
        ]
        texts = others + said
        if r.random() < 0.5:
            r.shuffle(texts)
        elif r.random() < 0.5:
            texts = said + others
        yield (
            " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts),
            weight,
        )


def balanced_emotions(data: Data, r: random.Random) -> Iterator[Opinion]:
    """Without end: remarks whose emotion tells whether somebody is pleased, as many of both."""
    found: dict[float, list[str]] = {}
    for item in data.read("goemotions", "train"):
        if item["label"] in EMOTION_WEIGHTS:
            found.setdefault(EMOTION_WEIGHTS[item["label"]], []).append(item["text"])
    weights, counts = list(found), [EMOTION_SHARES[weight] for weight in found]
    while True:
        weight = r.choices(weights, counts)[0]
        yield r.choice(found[weight]), weight


def judging_words() -> set[str]:
    """Words that opinions are made of: those that praise or blame by themselves."""
    lists, _ = opinions(None)
    texts = " ".join(lists[name] for name in JUDGING)
    return {word for word in re.findall(r"[a-z']+", texts) if len(word) >= SHORTEST_JUDGING}


def sentiment_texts(data: Data, count: int) -> Iterator[Opinion]:
    """Texts to learn from, of all three kinds."""
    r = random.Random(data.recipe.seed)
    made = ((text, weight) for text, weight, _ in made_opinions(data.recipe.seed, held_out=False))
    kinds = {"made": made, "emotions": balanced_emotions(data, r), "long": long_reviews(data, r)}
    for _ in range(count):
        drawn = r.random()
        yield next(kinds[next(kind for end, kind in PARTS if drawn < end)])
