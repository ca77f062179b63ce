"""Writes texts to learn vectors from: what they are near to, a teacher says later."""

from __future__ import annotations

import dataclasses
import itertools
import random
from pathlib import Path

import numpy as np

from bertlite_fast import Tokenizer

from ..data.noise import noisy
from ..data.opposites import Triples
from ..data.sets import Data
from ..data.topics import named_sets
from ..model.batches import Row
from ..tasks.contrasts import HELD_OUT_SEED
from ..tasks.vectors import PAIRS
from ..teacher.meanings import chosen
from .kinds import VECTORS
from .rows import Rows, rows_of, with_kinds

Text = tuple[str, int, int, float]  # with its set, its label in all sets, and a pair's score


def _of_pairs(data: Data, split: str) -> list[Text]:
    scale = data.recipe.losses.pair_scale
    return [
        (item[side], 0, 0, float(item["score"]) / scale)
        for name in PAIRS[split]
        for item in data.read(name, split)
        for side in ("text_a", "text_b")
    ]


def _of_triples(seed: int, held_out: bool, count: int) -> list[Text]:
    drawn = itertools.islice(Triples(seed, held_out=held_out).triples(), count)
    return [(text, 0, 0, 0.0) for triple in drawn for text in triple]


def _of_sets(data: Data, r: random.Random) -> tuple[list[Text], list[Text]]:
    """Texts with the numbers of their labels, and the names of those."""
    most, label = data.recipe.pooled.vectors.texts_of_label, itertools.count()
    texts: list[Text] = []
    names: list[Text] = []
    for number, one in enumerate(named_sets(data)):
        for (name, known), at in zip(one, label):
            names.append((name, number, at, 0.0))
            some = r.sample(known, min(most, len(known)))
            texts += ((text, number, at, 0.0) for text in some)
    return texts, names


def vector_rows(tokenizer: Tokenizer, data: Data, _corpus: Path) -> Rows:
    numbers, r = data.recipe.pooled.vectors, random.Random(data.recipe.pooled.seed)
    found = chosen(data, dataclasses.replace(data.recipe.meanings, sources=numbers.sources))
    sentences, phrases, labels = (
        [(text, 0, 0, 0.0) for text in found[kind]] for kind in ("sentences", "phrases", "labels")
    )
    whole = r.sample(range(len(sentences)), int(numbers.slips * len(sentences)))
    slips = [(noisy(sentences[at][0], r, 1.0), 0, 0, 0.0) for at in whole]
    parts = (
        sentences + slips,
        phrases,
        labels,
        *_of_sets(data, r),
        _of_pairs(data, "train"),
        _of_triples(data.recipe.pooled.seed, False, numbers.made_triples),
        _of_pairs(data, "validation"),
        _of_triples(HELD_OUT_SEED, True, data.recipe.losses.contrast_scored),
    )
    assert len(parts) == len(VECTORS)
    every, kinds = with_kinds(parts)
    longest = data.recipe.losses.vector_longest
    ids = tokenizer([text for text, *_ in every], truncation=True, max_length=longest)["input_ids"]
    source = np.arange(len(every), dtype=np.int32)
    source[len(sentences) : len(sentences) + len(slips)] = whole
    return rows_of(
        [Row(one, 0) for one in ids],
        {
            "kind": kinds,
            "source": source,
            "set": np.array([one for _, one, _, _ in every], np.uint8),
            "label": np.array([label for _, _, label, _ in every], np.int32),
            "score": np.array([score for *_, score in every], np.float32),
        },
        {},
    )
