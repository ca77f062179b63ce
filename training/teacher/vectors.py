"""Vectors of the teacher for sentences, to be learned by the small encoder.

bertlite_fast itself runs the teacher, in int8.  The results are sentences.txt, one a line, and
vectors.npy, their vectors of length 1 in float16.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Callable

import numpy as np

from bertlite_fast import pipeline
from bertlite_fast.files import AtomicFile, write_atomically

from ..data import home
from ..data.held_out import is_held_out
from ..data.sets import Data
from . import minilm

PAIRS = ("stsb_en", "semeval_sts_2012_16")
TEXTS = ("nltk_pros_cons", "goemotions", "uci_sentiment_sentences")


def chosen(data: Data) -> list[str]:
    """Sentences of all sources and sets, without held-out ones."""
    numbers = data.recipe.teacher
    texts: list[str] = []
    for source, share, seed in numbers.shares:
        count = int(numbers.sentences * share)
        if source == "home":
            texts += home.sentences(count, seed, data.recipe.home)
        else:
            texts += data.sentences(source, count, seed)
    texts += data.commands()
    for name in PAIRS:
        for item in data.read(name, "train"):
            texts += [item["text_a"], item["text_b"]]
    for name in TEXTS:
        texts += [item["text"] for item in data.read(name, "train")]
    texts = sorted({" ".join(t.split()) for t in texts})
    random.Random(numbers.seed).shuffle(texts)
    return [t for t in texts if t and not is_held_out(t)][: numbers.sentences]


def write_texts(
    data: Data, texts: list[str], out: Path, names: tuple[str, str], say: Callable[[str], None]
) -> None:
    """Texts and their vectors, to the files of these names."""
    numbers = data.recipe.teacher
    model = pipeline("sentence-similarity", str(minilm.folder(data)))
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.empty((len(texts), numbers.width), np.float16)

    def work(at: int) -> None:
        rows = order[at : at + numbers.batch]
        vectors[rows] = np.asarray(model.embed([texts[i] for i in rows]))
        if at % numbers.log_every == 0:
            say(f"{names[1]}: {at} of {len(texts)}")

    minilm.in_threads(work, range(0, len(order), numbers.batch), numbers.threads)
    write_atomically(out / names[0], "\n".join(texts) + "\n")
    with AtomicFile(out / names[1]) as file:
        np.save(file, vectors)


def write_vectors(data: Data, out: Path, say: Callable[[str], None]) -> None:
    write_texts(data, chosen(data), out, ("sentences.txt", "vectors.npy"), say)
