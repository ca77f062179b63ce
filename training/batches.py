"""Rows of ids put together for a step."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from labelled import IGNORED, Row
from network import PAD
from torch import Tensor

SEED = 1
SIZES = {"classes": 64, "tokens": 32, "answers": 32}


class Batches:
    """Rows of about the same length together, in another order each time."""

    def __init__(self, rows: Sequence[Row], size: int, seed: int) -> None:
        self.rows, self.size, self.r = rows, size, random.Random(seed)

    def __iter__(self) -> Iterator[list[Row]]:
        order = list(range(len(self.rows)))
        self.r.shuffle(order)
        parts = []
        for at in range(0, len(order), 50 * self.size):
            near = sorted(order[at : at + 50 * self.size], key=lambda i: len(self.rows[i].ids))
            parts += [near[i : i + self.size] for i in range(0, len(near), self.size)]
        self.r.shuffle(parts)
        return ([self.rows[i] for i in part] for part in parts)

    def forever(self) -> Iterator[list[Row]]:
        while True:
            yield from self


def padded(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
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


def tagged(rows: Sequence[Row], ids: Tensor) -> Tensor:
    """The tag of each id."""
    tags = torch.full(ids.shape, IGNORED)
    for i, row in enumerate(rows):
        tags[i, : len(row.target)] = torch.tensor(row.target)
    return tags
