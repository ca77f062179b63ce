"""Rows of ids put together for a step."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .vocabulary import PAD


@dataclass
class Row:
    ids: Any  # list or array
    target: Any  # a class; a class for each id; (start, end)
    types: list[int] | None = None


class Batches:
    """Rows of about the same length together, in another order each time.

    `sorted_batches` is how many batches' rows are sorted by length together.
    """

    def __init__(self, rows: Sequence[Row], size: int, seed: int, sorted_batches: int) -> None:
        self.rows, self.size, self.r = rows, size, random.Random(seed)
        self.window = sorted_batches * size

    def __iter__(self) -> Iterator[list[Row]]:
        order = list(range(len(self.rows)))
        self.r.shuffle(order)
        parts = []
        for at in range(0, len(order), self.window):
            near = sorted(order[at : at + self.window], key=lambda i: len(self.rows[i].ids))
            parts += [near[i : i + self.size] for i in range(0, len(near), self.size)]
        self.r.shuffle(parts)
        return ([self.rows[i] for i in part] for part in parts)

    def forever(self) -> Iterator[list[Row]]:
        if not self.rows:
            raise ValueError("got 0 rows to train on; expected at least one.")
        while True:
            yield from self


def padded(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, attention mask and token types of rows, padded to the longest."""
    length = max(len(r.ids) for r in rows)
    ids = torch.full((len(rows), length), PAD)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, row in enumerate(rows):
        n = len(row.ids)
        ids[i, :n] = torch.from_numpy(np.asarray(row.ids, np.int64))
        mask[i, :n] = 1
        if row.types:
            types[i, :n] = torch.tensor(row.types)
    return ids, mask, types
