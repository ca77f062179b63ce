"""Writes single sentences, and running text in rows, to learn masked words from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bertlite_fast import Tokenizer

from ..data import home
from ..data.corpus import Corpus
from ..data.sets import Data
from ..model.batches import Row
from .rows import Rows, rows_of, with_kinds


def word_rows(tokenizer: Tokenizer, data: Data, corpus: Path) -> Rows:
    recipe, numbers = data.recipe, data.recipe.pooled.words
    longest, shortest = recipe.singles.longest, recipe.singles.shortest

    def encoded(texts: Iterable[str]) -> list[Row]:
        found = tokenizer(list(dict.fromkeys(texts)), truncation=True, max_length=longest)
        return [Row(ids, 0) for ids in found["input_ids"] if len(ids) >= shortest]

    wider = Data(data.folder, dataclasses.replace(recipe, singles=numbers.singles))
    made = [
        encoded(home.sentences(count, numbers.seed, recipe.home, file))
        for file, count in ((home.HOME, numbers.home), (home.EVERYDAY, numbers.everyday))
    ]
    shares = recipe.guesses.shares
    source = Corpus(corpus, shares, recipe.shape.vocabulary, recipe.masking)
    text = source.rows(*numbers.text, np.random.default_rng(numbers.seed))
    parts = (encoded(home.singles(wider)), *made, [Row(ids, 0) for ids in text])
    every, kinds = with_kinds(parts)
    return rows_of(every, {"kind": kinds}, {})
