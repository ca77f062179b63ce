"""Words that get a tag each, learned from rows on a device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..model.network import Head
from .device import halved
from .kinds import TOKENS
from .lesson import WHOLE, Found, Given, Lesson, with_hidden
from .rows import Batch
from .teacher import Teacher

GOLD, PLAIN, _ = range(len(TOKENS))
IGNORED = -100  # of data/entities.py, which reads the sets


class TokenLesson(Lesson):
    def __init__(self, given: Given) -> None:
        super().__init__(given, given.recipe.pooled.token_dropout.get(given.name, 0.0))
        self.head: Head = self.head_of("tokens")
        self.labels = self.head.out.out_features

    def learn(self) -> Found:
        """Without a teacher, from gold alone."""
        shares, size = self.numbers.token_shares, self.numbers.batch["tokens"]
        if not self.given.budget.teacher_steps:
            self.pool.of_ids["said"] = torch.zeros(len(self.pool.ids), 1, device=self.device)
            shares = (1.0, 0.0)
        else:
            self._label(self._teacher())
        batches = self.mix(shares, size)
        return self.learned(lambda: self.loss(next(batches)))

    def _teacher(self) -> Teacher:
        def loss(teacher: Teacher, batch: Batch) -> Tensor:
            with halved(self.device):
                logits = teacher(batch)
            target = batch.of_ids("target").long()
            known = batch.inside & (target != IGNORED)
            return F.cross_entropy(logits[known], target[known])

        return self.tuned_teacher(self.labels, loss, (1.0, 0.0))

    @torch.no_grad()
    def _label(self, teacher: Teacher) -> None:
        """Says of each token of plain sentences how probable each label is.

        Parts of sentences are labeled as they are in the whole.
        """
        source = self.given.rows.of_rows["source"]
        is_whole = source == np.arange(len(source))
        count = len(self.given.rows.ids)
        said = torch.zeros(count, self.labels, dtype=torch.uint8, device=self.device)
        for batch in self.all_of(np.flatnonzero((self.kinds == PLAIN) & is_whole)):
            with halved(self.device):
                likely = teacher(batch).softmax(-1)
            said[batch.places] = (likely * WHOLE).round().to(torch.uint8)[batch.inside]
        wholes = torch.from_numpy(source.astype(np.int64)).to(self.device)
        for batch in self.all_of(np.flatnonzero(~is_whole)):
            there = self.pool.starts[wholes[batch.at]] - self.pool.starts[batch.at]
            said[batch.places] = said[(batch.where + there[:, None])[batch.inside]]
        self.pool.of_ids["said"] = said

    def loss(self, batch: Batch) -> Tensor:
        is_gold = batch.of_rows("kind")[:, None] == GOLD
        ids = with_hidden(batch.ids, self.recipe.losses.hidden_words)
        logits = self.head(self.encoder(ids, batch.inside))
        target = batch.of_ids("target").long()
        known = batch.inside & (target != IGNORED)
        gold, plain = known & is_gold, known & ~is_gold
        wanted = batch.of_ids("said").float()[plain]
        wanted = wanted / wanted.sum(1, keepdim=True).clamp_min(1)
        found = logits[plain].log_softmax(1)
        silver_loss = F.kl_div(found, wanted, reduction="sum") / max(1, len(found))
        gold_loss = F.cross_entropy(logits[gold], target[gold], reduction="sum")
        weight = self.numbers.gold[self.name] / gold.sum().clamp_min(1)
        return silver_loss + weight * gold_loss
