"""Rows of ids in flat arrays, written beforehand, from which a device takes its own batches.

Making texts, their slips and their ids takes a processor longer than a GPU takes to learn from
them, so that is done first, and once.  Nothing here needs the tokenizer or the sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..model.batches import Row
from ..model.vocabulary import PAD

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Rows:
    """Ids of all rows in a line, and what belongs to each row or to each id."""

    ids: Array
    lengths: Array
    of_rows: dict[str, Array]
    of_ids: dict[str, Array]

    def save(self, path: Path) -> None:
        from bertlite_fast.files import AtomicFile

        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {f"row.{name}": a for name, a in self.of_rows.items()}
        arrays |= {f"id.{name}": a for name, a in self.of_ids.items()}
        with AtomicFile(path) as file:
            np.savez(file, ids=self.ids, lengths=self.lengths, **arrays)

    @classmethod
    def load(cls, path: Path) -> Rows:
        with np.load(path) as found:
            of_rows, of_ids = (
                {name[len(kind) :]: found[name] for name in found.files if name.startswith(kind)}
                for kind in ("row.", "id.")
            )
            return cls(found["ids"], found["lengths"], of_rows, of_ids)

    @property
    def starts(self) -> Array:
        return np.concatenate([[0], np.cumsum(self.lengths[:-1], dtype=np.int64)])


def rows_of(rows: Sequence[Row], of_rows: dict[str, Array], of_ids: dict[str, Array]) -> Rows:
    return Rows(
        np.concatenate([np.asarray(row.ids, np.uint16) for row in rows]),
        np.array([len(row.ids) for row in rows], np.uint16),
        of_rows,
        of_ids,
    )


def with_kinds(parts: Sequence[Sequence[Any]]) -> tuple[list[Any], Array]:
    """What all parts hold, and of which of them each is."""
    every = [one for part in parts for one in part]
    kinds = [np.full(len(part), kind, np.uint8) for kind, part in enumerate(parts)]
    return every, np.concatenate(kinds)


def on_device(array: Array, device: torch.device) -> Tensor:
    if array.dtype == np.uint16:  # which a GPU cannot take single entries of
        array = array.astype(np.int32)
    return torch.from_numpy(array).to(device)


class Pool:
    """Rows on a device, and batches of them."""

    def __init__(self, rows: Rows, device: torch.device) -> None:
        self.device = device
        self.lengths = rows.lengths.astype(np.int64)
        self.ids = torch.from_numpy(rows.ids.astype(np.int32)).to(device)
        self.starts = torch.from_numpy(rows.starts).to(device)
        self.sizes = torch.from_numpy(self.lengths).to(device)
        self.of_rows = {n: on_device(a, device) for n, a in rows.of_rows.items()}
        self.of_ids = {n: on_device(a, device) for n, a in rows.of_ids.items()}

    def batch(self, chosen: Array) -> Batch:
        longest = int(self.lengths[chosen].max())
        at = torch.from_numpy(chosen).to(self.device)
        places = torch.arange(longest, device=self.device)
        inside = places < self.sizes[at][:, None]
        where = (self.starts[at][:, None] + places).clamp_max(len(self.ids) - 1)
        ids = torch.where(inside, self.ids[where].long(), PAD)
        return Batch(self, at, where, inside, ids)


@dataclass
class Batch:
    pool: Pool
    at: Tensor  # the rows' numbers
    where: Tensor  # of each id, its place in the line
    inside: Tensor  # what is not padding
    ids: Tensor

    @property
    def places(self) -> Tensor:
        """Where in the line the ids are that are no padding."""
        return self.where[self.inside]

    def of_rows(self, name: str) -> Tensor:
        return self.pool.of_rows[name][self.at]

    def of_ids(self, name: str) -> Tensor:
        """Zero where padding is."""
        found = self.pool.of_ids[name][self.where]
        inside = self.inside if found.ndim == 2 else self.inside[:, :, None]
        return found * inside


class Mix:
    """Batches of rows of several kinds, each in its share; rows of like length stand together."""

    def __init__(
        self,
        lengths: Array,
        kinds: Array,
        shares: Sequence[float],
        size: int,
        seed: int,
        batches: int = 40,
    ) -> None:
        self.lengths, self.size = lengths, size
        self.r = np.random.default_rng(seed)
        self.orders = [np.flatnonzero(kinds == kind) for kind in range(len(shares))]
        window = batches * size
        total = sum(share for share, order in zip(shares, self.orders) if len(order))
        self.counts = [
            round(window * share / total) if len(order) else 0
            for share, order in zip(shares, self.orders)
        ]
        self.used = [len(order) for order in self.orders]  # so that they are shuffled first

    def _drawn(self, kind: int) -> Array:
        order, parts, left = self.orders[kind], [], self.counts[kind]
        while left:
            if self.used[kind] == len(order):
                self.r.shuffle(order)
                self.used[kind] = 0
            part = order[self.used[kind] : self.used[kind] + left].copy()
            self.used[kind] += len(part)
            left -= len(part)
            parts.append(part)
        return np.concatenate(parts) if parts else order[:0]

    def forever(self) -> Iterator[Array]:
        while True:
            drawn = np.concatenate([self._drawn(kind) for kind in range(len(self.orders))])
            drawn = drawn[np.argsort(self.lengths[drawn] + self.r.random(len(drawn)))]
            parts = [drawn[i : i + self.size] for i in range(0, len(drawn), self.size)]
            order = self.r.permutation(len(parts))
            yield from (parts[i] for i in order)
