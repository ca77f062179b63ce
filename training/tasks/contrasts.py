"""Vectors that notice opposites: a paraphrase is to be nearer than what means the opposite.

All else is kept: texts get the vectors that they had before.
"""

from __future__ import annotations

import copy
import itertools

import torch
from torch import Tensor
from torch.nn import functional as F

from bertlite_fast import Tokenizer

from ..data.opposites import Triples
from ..data.sets import Data
from ..model.batches import Batches, Row, padded
from ..model.network import Encoder
from .learner import percent
from .vectors import ScoredPairs, mean

HELD_OUT_SEED = 77


class Opposed:
    """Triples of a sentence, its paraphrase, and what means the opposite."""

    def __init__(self, tokenizer: Tokenizer, data: Data) -> None:
        self.tokenizer, self.losses = tokenizer, data.recipe.losses
        self.scored = ScoredPairs(tokenizer, data)
        self.triples = Triples(data.recipe.seed, held_out=False).triples()
        held_out = Triples(HELD_OUT_SEED, held_out=True).triples()
        self.held_out = list(itertools.islice(held_out, self.losses.contrast_scored))

    def _embedded(self, encoder: Encoder, texts: list[str]) -> Tensor:
        ids, mask, types = padded([Row(row, 0) for row in self.tokenizer(texts)["input_ids"]])
        return F.normalize(mean(encoder(ids, mask, types), mask), dim=1)

    def loss(self, encoder: Encoder) -> Tensor:
        """Of triples: by how much the paraphrase is too far, or the opposite too near."""
        some = list(itertools.islice(self.triples, self.losses.contrast_batch))
        found = self._embedded(encoder, [text for part in zip(*some) for text in part])
        said, same, other = found.chunk(3)
        near = (said * same).sum(1)
        sharpness, margin = self.losses.contrast_sharpness, self.losses.contrast_margin
        gaps = torch.stack([(said * other).sum(1) - near, (same * other).sum(1) - near])
        return F.softplus(sharpness * (gaps + margin)).mean() / sharpness

    @torch.no_grad()
    def score(self, encoder: Encoder) -> float:
        """In how many held-out triples the paraphrase is nearer, in percent."""
        encoder.eval()
        said, same, other = self._embedded(
            encoder, [text for part in zip(*self.held_out) for text in part]
        ).chunk(3)
        encoder.train()
        right = ((said * same).sum(1) > (said * other).sum(1)).sum()
        return percent(float(right), len(said))


class Contrasts(Opposed):
    def __init__(self, tokenizer: Tokenizer, data: Data, earlier: Encoder) -> None:
        super().__init__(tokenizer, data)
        self.earlier = copy.deepcopy(earlier).eval()
        count = self.losses.contrast_texts
        texts = sorted(set(data.commands())) + data.sentences("modern", count, 8)
        texts += data.sentences("books", count, 9)
        longest = self.losses.vector_longest
        rows = tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
        size, sorted_batches = self.losses.contrast_batch, data.recipe.data.sorted_batches
        batches = Batches([Row(ids, 0) for ids in rows], size, data.recipe.seed, sorted_batches)
        self.texts = batches.forever()

    def kept(self, encoder: Encoder) -> Tensor:
        """How far texts are from where they were."""
        ids, mask, types = padded(next(self.texts))
        with torch.no_grad():
            before = F.normalize(mean(self.earlier(ids, mask, types), mask), dim=1)
        after = F.normalize(mean(encoder(ids, mask, types), mask), dim=1)
        alike = (after @ after.T - before @ before.T).square().mean()
        return (1 - (before * after).sum(1)).mean() + self.losses.vector_pairs * alike
