"""Masked words in single sentences, learned from rows on a device.

The teacher reads running text first; then both read sentences with the same gaps.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..model.network import WordHead
from ..model.vocabulary import CLS, MASK, PAD, SEP
from .device import halved
from .kinds import WORDS
from .lesson import Found, Given, Lesson
from .rows import Batch
from .teacher import WordTeacher

TEXT = WORDS.index("text")


def no_words(ids: Tensor) -> Tensor:
    return (ids == PAD) | (ids == CLS) | (ids == SEP)


class WordLesson(Lesson):
    def __init__(self, given: Given) -> None:
        super().__init__(given, given.recipe.pooled.dropout)
        self.head: WordHead = WordHead(self.recipe.shape)
        self.head.load_state_dict(given.start["head"])
        self.head.to(self.device)

    def learn(self) -> Found:
        teacher = self._teacher()
        batches = self.mix(self.numbers.word_shares, self.numbers.batch["words"])
        return self.learned(lambda: self.loss(next(batches), teacher))

    def _gaps(self, ids: Tensor, every: int) -> Tensor:
        """One word in so many, seldom one that is only grammar."""
        numbers, order = self.recipe.masking, torch.rand(ids.shape, device=self.device)
        order = torch.where(ids < numbers.first_content, order**numbers.grammar_power, order)
        order = order.masked_fill(no_words(ids), -1)
        at = order.topk(max(1, ids.shape[1] // every), 1).indices
        found = torch.zeros_like(ids, dtype=torch.bool).scatter(1, at, True)
        return found & ~no_words(ids)

    def _noisy(self, ids: Tensor, is_gap: Tensor) -> Tensor:
        """As pre-training hides words: most by [MASK], some by any word or by themselves."""
        numbers, drawn = self.recipe.masking, torch.rand(ids.shape, device=self.device)
        anything = torch.randint_like(ids, self.recipe.shape.vocabulary)
        kept = torch.where(drawn < numbers.as_mask + numbers.as_itself, ids, anything)
        return torch.where(is_gap, torch.where(drawn < numbers.as_mask, MASK, kept), ids)

    def _teacher(self) -> WordTeacher:
        of_text = torch.from_numpy(self.kinds == TEXT).to(self.device)
        is_text = of_text.repeat_interleave(self.pool.sizes)
        ids = self.pool.ids[is_text].long()
        counts = torch.bincount(ids, minlength=self.recipe.shape.vocabulary).float()
        floor = self.recipe.masking.frequency_floor
        teacher = WordTeacher(self.given.teacher, (counts / counts.sum() + floor).log())
        teacher.to(self.device)
        numbers = self.numbers
        batches = self.mix((0.0, 0.0, 0.0, 1.0), numbers.word_teacher_batch)

        def loss() -> Tensor:
            batch = next(batches)
            is_gap = self._gaps(batch.ids, numbers.text_gap_every)
            with halved(self.device):
                logits = teacher(self._noisy(batch.ids, is_gap), batch.inside, is_gap)
            return F.cross_entropy(logits.float(), batch.ids[is_gap])

        self.tune(teacher, loss, numbers.word_teacher_rate)
        return teacher

    def loss(self, batch: Batch, teacher: WordTeacher) -> Tensor:
        """Of all that the teacher finds probable, and less of the word that stood there."""
        ids = batch.ids
        is_gap = self._gaps(ids, self.recipe.masking.gap_every)
        noisy = ids.masked_fill(is_gap, MASK)
        with torch.no_grad(), halved(self.device):
            wanted = teacher(noisy, batch.inside, is_gap).softmax(1)
        hidden = self.head(self.encoder(noisy, batch.inside)[is_gap])
        with halved(self.device):
            logits = hidden @ self.encoder.table.T
        found = (logits.float() + self.head.bias).log_softmax(1)
        taught = -(wanted.float() * found).sum(1).mean()
        return taught + self.recipe.losses.guess_gold * F.nll_loss(found, ids[is_gap])
