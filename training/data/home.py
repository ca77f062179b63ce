"""Sentences of homes, kitchens, cars and wrists: made from home.txt, or found in other texts.

Those of everyday.txt, on anything else, are made the same way.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterator
from pathlib import Path

from ..recipe import HomeSentences, SingleSentences
from .held_out import is_close, is_held_out_or_close
from .sets import Data
from .written import lines_of

HOME, EVERYDAY = (Path(__file__).parent / name for name in ("home.txt", "everyday.txt"))
LIST = re.compile(r"<(\w+)>")
CHOICE = re.compile(r"\{([^{}]*)\}")


@functools.cache
def templates(file: Path = HOME) -> tuple[list[str], dict[str, str]]:
    """A file's templates, and its named lists as choices."""
    lists: dict[str, str] = {}
    lines = [line for _, line in lines_of(file, lists)]
    return lines, lists


def fill(template: str, lists: dict[str, str], r: random.Random) -> str:
    """One sentence: choices are made from the innermost out."""
    text = template
    while True:
        text, named = LIST.subn(lambda m: lists[m[1]], text)
        text, chosen = CHOICE.subn(lambda m: r.choice(m[1].split("|")), text)
        if not named and not chosen:
            return re.sub(r" ([.,?])", r"\1", " ".join(text.split()))


def common_words() -> frozenset[str]:
    """Words of the home: those of the templates that are more than grammar."""
    lines, lists = templates()
    choices = [text for name, text in lists.items() if name != "grammar"]
    text = re.sub(r"<\w+>", " ", " ".join([*lines, *choices]))
    return frozenset(re.findall(r"[a-z]{3,}", text)) - frozenset(
        re.findall(r"[a-z]+", lists["grammar"])
    )


def is_at_home(text: str, words: frozenset[str], numbers: SingleSentences) -> bool:
    """Whether a sentence speaks of such things: enough of the words, and of all its words."""
    found = re.findall(r"[a-z]+", text.lower())
    hits = sum(word in words for word in found)
    is_dense = numbers.home_word_every * hits >= len(found)
    return hits >= numbers.home_words and is_dense


def sentences(count: int, seed: int, numbers: HomeSentences, file: Path = HOME) -> Iterator[str]:
    """Up to count made sentences; those close to held-out ones are left out."""
    lines, lists = templates(file)
    r = random.Random(seed)
    weights = [
        (1 + line.count("|") + numbers.list_weight * line.count("<")) ** numbers.weight_power
        for line in lines
    ]
    for template in r.choices(lines, weights, k=count):
        text = fill(template, lists, r)
        if not is_held_out_or_close(text):
            yield text


def singles_at_home(data: Data) -> Iterator[str]:
    """The made sentences that fill-mask learns from."""
    numbers = data.recipe.singles
    return sentences(numbers.home_count, numbers.home_seed, data.recipe.home)


def singles(data: Data) -> Iterator[str]:
    """Single sentences, as fill-mask is asked about.

    Those made here, and of other texts some of anything and most of those that speak of homes.
    """
    yield from singles_at_home(data)
    numbers = data.recipe.singles
    common = common_words()
    for source, count in numbers.counts:
        found = [
            text
            for text in data.sentences(source, count, numbers.seed)
            if len(text.split()) < numbers.most_words
        ]
        yield from (t for t in found[: numbers.of_anything] if not is_close(t))
        rest = found[numbers.of_anything :]
        at_home = [t for t in rest if is_at_home(t, common, numbers) and not is_close(t)]
        yield from at_home[: numbers.of_homes]
