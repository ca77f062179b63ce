"""Where the texts of a task's lessons come from (tasks/lessons.py)."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Callable

from .commands import Commands
from .feelings import made_feelings
from .labeled import classified_items
from .opinions import judging_words, sentiment_texts
from .requests import requests as real_requests
from .sets import Data

WORD = re.compile(r"[a-z']+")
# A label; how probable the second of two is; or how probable each of some is.
Target = str | float | tuple[tuple[str, float], ...]
Made = Iterable[tuple[str, Target]]


@dataclass(frozen=True)
class Source:
    made: Callable[[Data, int], Made]
    words: Callable[
        [Data, int], Made
    ]  # the same without what people typed, which may be misspelled
    unlabeled: Callable[[Data], Iterable[str]]  # like the set's own
    to_label: Callable[[Data], Iterable[str]]  # of all kinds, for a larger model to answer


def commands(data: Data, count: int) -> Iterator[tuple[str, Target]]:
    made = Commands(data.recipe.seed, held_out=False, real=real_requests(data))
    return ((text, label) for text, label, _ in itertools.islice(made.texts(), count))


def made_commands(data: Data, count: int) -> Iterator[tuple[str, Target]]:
    made = Commands(data.recipe.seed, held_out=False)
    return ((text, label) for text, label, _ in itertools.islice(made.texts(), count))


def requests(data: Data) -> Iterable[str]:
    return sorted(set(data.commands()))


def remarks(data: Data) -> list[str]:
    return sorted({text for text, _ in classified_items(data, "sentiment", "train")})


def felt(data: Data) -> list[str]:
    return sorted({item["text"] for item in data.read("goemotions", "train")})


def feelings(data: Data, count: int) -> Iterator[tuple[str, str]]:
    return itertools.islice(made_feelings(data.recipe.seed, held_out=False), count)


def judging_texts(data: Data) -> list[str]:
    """Sentences, most of them with a word that judges; what people remark; and some joined."""
    numbers = data.recipe.taught
    words = judging_words()
    texts: list[str] = []
    for source, share in numbers.sources.items():
        wanted = int(share * numbers.sentences)
        found = data.sentences(source, numbers.oversampling * wanted, numbers.seed)
        judging = [text for text in found if words & set(WORD.findall(text.lower()))]
        others = found[: int(numbers.others * wanted)]
        texts += judging[: wanted - len(others)] + others
    r = random.Random(numbers.seed)
    for said, count in ((felt(data), numbers.remarks), (remarks(data), numbers.remarks // 3)):
        texts += r.sample(said, min(count, len(said)))
    texts = sorted({" ".join(text.split()) for text in texts} - {""})
    texts += [" ".join(r.sample(texts, r.randint(2, 3))) for _ in range(numbers.joined)]
    r.shuffle(texts)
    return texts


def requests_and_talk(data: Data) -> list[str]:
    """What people ask of devices and assistants, and what they say to each other."""
    numbers = data.recipe.taught
    texts = [*requests(data), *data.sentences("modern", numbers.talk, numbers.seed)]
    texts += [item["text"] for item in data.read("goemotions", "train")][: numbers.talk // 2]
    texts = sorted({" ".join(text.split()) for text in texts} - {""})
    random.Random(numbers.seed).shuffle(texts)
    return texts


LESSONS = {
    "intent": Source(commands, made_commands, requests, requests_and_talk),
    "sentiment": Source(sentiment_texts, sentiment_texts, remarks, judging_texts),
    "emotion": Source(feelings, feelings, felt, felt),
}
