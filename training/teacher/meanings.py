"""Vectors of the teacher for sentences, for phrases, and for names of topics and requests.

Of each kind the results are KIND.txt, one text a line, and KIND.npy, as in vectors.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Callable

from ..data import home
from ..data.held_out import is_held_out
from ..data.phrases import some_phrases, vocabulary_words
from ..data.sets import Data
from ..data.topics import named_sets, topics
from ..recipe import Meanings
from .vectors import PAIRS, write_texts

KINDS = ("sentences", "phrases", "labels")
FRAMES = (
    "It is about {}.",
    "This example is {}.",
    "This text is about {}.",
    "about {}",
    "a question about {}",
    "a request: {}",
    "the topic is {}",
)


def _cleaned(texts: Iterable[str]) -> list[str]:
    found = {" ".join(text.split()) for text in texts}
    return sorted(text for text in found if text and not is_held_out(text))


def chosen(data: Data, numbers: Meanings) -> dict[str, list[str]]:
    """The texts of each kind, in an order of chance."""
    r = random.Random(numbers.seed)
    sentences: list[str] = []
    phrases = vocabulary_words(data.vocabulary.read_text(encoding="utf-8").split("\n"))
    for source, count in numbers.sources:
        some = data.sentences(source, count, numbers.seed)
        phrases += some_phrases(some, int(numbers.phrases * count), r)
        short = [text for text in some if len(text) <= numbers.longest]
        sentences += short[: int(numbers.sentences * count)]
    sentences += home.sentences(numbers.home, numbers.seed, data.recipe.home)
    for texts, count in (
        (sorted(set(data.commands())), numbers.commands),
        *(([item["text"] for item in data.read(name, "train")], n) for name, n in numbers.texts),
    ):
        sentences += r.sample(texts, min(count, len(texts)))
    for name in PAIRS:
        for item in data.read(name, "train"):
            sentences += [item["text_a"], item["text_b"]]
    labels = [*topics(), *(label for one in named_sets(data) for label, _ in one)]
    framed = r.sample(phrases, min(numbers.framed, len(phrases)))
    phrases += [r.choice(FRAMES).format(text) for text in [*framed, *labels]]
    found = {kind: _cleaned(texts) for kind, texts in zip(KINDS, (sentences, phrases, labels))}
    for texts in found.values():
        r.shuffle(texts)
    return found


def meanings_files(folder: Path, kind: str) -> tuple[Path, Path]:
    return folder / f"meanings-{kind}.txt", folder / f"meanings-{kind}.npy"


def write_meanings(data: Data, out: Path, say: Callable[[str], None]) -> None:
    for kind, texts in chosen(data, data.recipe.meanings).items():
        text_file, vector_file = meanings_files(out, kind)
        write_texts(data, texts, out, (text_file.name, vector_file.name), say)
