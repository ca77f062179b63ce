"""Masked words: in running text, in single sentences, and as the teacher guesses them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bertlite_fast import Tokenizer

from ..data.corpus import Corpus
from ..data.home import singles
from ..data.sets import Data
from ..model.batches import Batches, Row, padded
from ..model.network import Encoder, WordHead
from ..model.vocabulary import CLS, MASK, PAD, SEP
from ..recipe import Recipe
from .masking import SampledSoftmax, mask_words


class Words:
    """The texts of pre-training, and single sentences as fill-mask is asked about."""

    def __init__(self, tokenizer: Tokenizer, corpus: Path, data: Data) -> None:
        recipe = data.recipe
        self.recipe, self.losses = recipe, recipe.losses
        vocabulary = recipe.shape.vocabulary
        self.corpus = Corpus(corpus, recipe.pretraining.shares, vocabulary, recipe.masking)
        self.r = np.random.default_rng(recipe.seed)
        texts, longest = list(singles(data)), recipe.singles.longest
        rows = [
            Row(ids, 0)
            for ids in tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
            if len(ids) >= recipe.singles.shortest
        ]
        size, sorted_batches = self.losses.single_batch, recipe.data.sorted_batches
        self.single = Batches(rows, size, recipe.seed, sorted_batches).forever()
        self.softmax = SampledSoftmax(self.corpus, recipe.masking.task_sampled, recipe.masking)

    def loss(self, encoder: Encoder, head: WordHead, single: bool, full: bool) -> Tensor:
        """Of single sentences or running text; by the full softmax or the sampled one."""
        ids, mask, noisy, at = self._singles() if single else self._text()
        targets = ids.gather(1, at).reshape(-1)
        hidden = head(encoder(noisy, mask, wanted=at)).reshape(len(targets), -1)
        is_word = (targets != PAD) & (targets != SEP) & (targets != CLS)
        hidden, targets = hidden[is_word], targets[is_word]
        if full:
            logits = (hidden @ encoder.table.T).float() + head.bias
            return F.cross_entropy(logits, targets)
        drawn = self.softmax.draw()
        return self.softmax.loss(hidden, encoder.table, head.bias, targets, drawn)

    def _singles(self) -> tuple[Tensor, Tensor | None, Tensor, Tensor]:
        ids, mask, _ = padded(next(self.single))
        count = max(1, ids.shape[1] // self.losses.single_mask_every)
        # [PAD] as [SEP], which is masked last
        rows = np.where(ids.numpy() == PAD, SEP, ids.numpy())
        noisy, at = self._masked(rows, count)
        noisy[mask == 0] = PAD
        return ids, mask, noisy, at

    def _text(self) -> tuple[Tensor, Tensor | None, Tensor, Tensor]:
        rows = self.corpus.rows(*self.losses.text_batch, self.r)
        noisy, at = self._masked(rows, self.losses.text_masked)
        return torch.from_numpy(rows), None, noisy, at

    def _masked(self, rows: np.ndarray, count: int) -> tuple[Tensor, Tensor]:
        vocabulary = self.recipe.shape.vocabulary
        noisy, positions = mask_words(rows, count, self.r, vocabulary, self.recipe.masking)
        return torch.from_numpy(noisy), torch.from_numpy(positions)


class Guesses:
    """Single sentences with gaps, and what the teacher guesses to be there (teacher/guesses.py)."""

    def __init__(self, file: Path, recipe: Recipe) -> None:
        self.gold = recipe.losses.guess_gold
        with np.load(file) as found:
            ids, positions = found["ids"], found["positions"]
            self.likeliest, self.probabilities = found["likeliest"], found["probabilities"]
            ends = np.cumsum(found["lengths"], dtype=np.int64)
            gap_ends = np.cumsum(found["counts"], dtype=np.int64)
        # A target is where a row's gaps are, and the number of its first.
        rows = [
            Row(ids[a:b], (positions[c:d], c))
            for a, b, c, d in zip([0, *ends[:-1]], ends, [0, *gap_ends[:-1]], gap_ends)
        ]
        size, sorted_batches = recipe.losses.guess_batch, recipe.data.sorted_batches
        self.stream = Batches(rows, size, recipe.seed, sorted_batches).forever()

    def loss(self, encoder: Encoder, head: WordHead) -> Tensor:
        """Of the teacher's likeliest words, and less of the word that stood there."""
        rows = next(self.stream)
        ids, mask, _ = padded(rows)
        at, is_gap = self._gaps(rows)
        gold = ids.gather(1, at)[is_gap]
        ids = ids.scatter(1, at, torch.where(is_gap, MASK, CLS))
        hidden = head(encoder(ids, mask, wanted=at))[is_gap]
        found = ((hidden @ encoder.table.T).float() + head.bias).log_softmax(1)
        numbers = np.concatenate(
            [np.arange(row.target[1], row.target[1] + len(row.target[0])) for row in rows]
        )
        likeliest = torch.from_numpy(self.likeliest[numbers].astype(np.int64))
        wanted = torch.from_numpy(self.probabilities[numbers].astype(np.float32))
        teacher = -(wanted * found.gather(1, likeliest)).sum(1).mean()
        return teacher + self.gold * F.nll_loss(found, gold)

    @staticmethod
    def _gaps(rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """Positions of gaps, padded, and which of them are some."""
        most = max(len(row.target[0]) for row in rows)
        at = torch.zeros(len(rows), most, dtype=torch.long)
        is_gap = torch.zeros(len(rows), most, dtype=torch.bool)
        for i, row in enumerate(rows):
            positions = row.target[0]
            at[i, : len(positions)] = torch.from_numpy(positions.astype(np.int64))
            is_gap[i, : len(positions)] = True
        return at, is_gap
