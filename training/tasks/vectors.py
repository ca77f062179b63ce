"""Sentences that get a vector: the teacher's, and pairs whose similarity people scored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bertlite_fast import Tokenizer

from ..data.sets import Data
from ..model.batches import Row, padded
from ..model.network import Encoder

Pair = tuple[Row, Row, float]
PAIRS = {"train": ("stsb_en", "semeval_sts_2012_16"), "validation": ("stsb_en",)}


def mean(hidden: Tensor, mask: Tensor) -> Tensor:
    m = mask[:, :, None].to(hidden.dtype)
    return (hidden * m).sum(1) / m.sum(1)


def main_directions(vectors: Any, count: int, sample: int) -> Any:
    """The directions in which a sample of vectors extends most, as columns."""
    some: Any = np.asarray(vectors[:: max(1, len(vectors) // sample)], np.float64)
    directions: Any = np.linalg.eigh(some.T @ some)[1]
    return directions[:, : -count - 1 : -1].astype(np.float32)


class ScoredPairs:
    """Pairs of sentences whose similarity people scored."""

    def __init__(self, tokenizer: Tokenizer, data: Data) -> None:
        self.losses = data.recipe.losses
        self.pairs = {split: self._pairs(tokenizer, data, split) for split in PAIRS}

    def _pairs(self, tokenizer: Tokenizer, data: Data, split: str) -> list[Pair]:
        items = [item for name in PAIRS[split] for item in data.read(name, split)]
        longest = self.losses.pair_longest
        a, b = (
            tokenizer([i[side] for i in items], truncation=True, max_length=longest)["input_ids"]
            for side in ("text_a", "text_b")
        )
        scale = self.losses.pair_scale
        return [(Row(x, 0), Row(y, 0), float(i["score"]) / scale) for x, y, i in zip(a, b, items)]

    def _cosines(self, encoder: Encoder, pairs: Sequence[Pair]) -> Tensor:
        ids, mask, types = padded([p[0] for p in pairs] + [p[1] for p in pairs])
        found = F.normalize(mean(encoder(ids, mask, types), mask), dim=1)
        return (found[: len(pairs)] * found[len(pairs) :]).sum(1)

    def pair_loss(self, encoder: Encoder, pairs: Sequence[Pair]) -> Tensor:
        """The order of scores is what counts: what people scored higher is to be closer."""
        cosine = self._cosines(encoder, pairs)
        score = torch.tensor([p[2] for p in pairs])
        is_higher = score[:, None] > score[None, :] + self.losses.pair_margin
        differences = -self.losses.pair_sharpness * (cosine[:, None] - cosine[None, :])
        order = F.softplus(differences)[is_higher].mean()
        return order + self.losses.pair_distance * (cosine - score).square().mean()

    @torch.no_grad()
    def score(self, encoder: Encoder) -> float:
        """Spearman's correlation with people's scores, in percent."""
        encoder.eval()
        cosines: list[float] = []
        pairs, size = self.pairs["validation"], self.losses.pair_scored_batch
        for at in range(0, len(pairs), size):
            cosines += self._cosines(encoder, pairs[at : at + size]).tolist()
        encoder.train()
        wanted = [p[2] + 1e-9 * i for i, p in enumerate(pairs)]  # no two alike
        ranks = [np.argsort(np.argsort(x)) for x in (cosines, wanted)]
        return 100 * float(np.asarray(np.corrcoef(ranks))[0, 1])


class Vectors(ScoredPairs):
    """Sentences and their teacher's vectors, turned into as many dimensions as the encoder has."""

    def __init__(self, tokenizer: Tokenizer, folder: Path, data: Data) -> None:
        super().__init__(tokenizer, data)
        texts = (folder / "sentences.txt").read_text(encoding="utf-8").split("\n")[:-1]
        self.vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        hidden = data.recipe.shape.hidden
        self.turn = main_directions(self.vectors, hidden, self.losses.vector_sample)
        longest = self.losses.vector_longest
        rows = tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
        self.rows = [Row(ids, i) for i, ids in enumerate(rows)]

    def targets(self, rows: Sequence[Row]) -> Tensor:
        vectors = np.asarray(self.vectors[[r.target for r in rows]], np.float32)
        return F.normalize(torch.from_numpy(vectors @ self.turn), dim=1)

    def loss(self, encoder: Encoder, rows: Sequence[Row], first: nn.Linear | None) -> Tensor:
        """The distance from the teacher's vectors, and from all pairs' similarities.

        With `first`, a projection of [CLS] is to be the vector too.
        """
        ids, mask, types = padded(rows)
        wanted = self.targets(rows)
        hidden = encoder(ids, mask, types)
        found = F.normalize(mean(hidden, mask), dim=1)
        near = 1 - (found * wanted).sum(1).mean()
        alike = (found @ found.T - wanted @ wanted.T).square().mean()
        loss = near + self.losses.vector_pairs * alike
        if first is not None:
            distance = 1 - F.cosine_similarity(first(hidden[:, 0]), wanted).mean()
            loss = loss + self.losses.vector_first * distance
        return loss
