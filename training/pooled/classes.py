"""Texts that get one of some labels, learned from rows on a device."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor

from ..model.network import Encoder, Head
from .device import halved
from .kinds import CLASSES
from .lesson import WHOLE, Found, Given, Lesson, with_hidden
from .rows import Batch
from .teacher import Teacher

OWN, MADE, UNLABELED, VALIDATION = range(len(CLASSES))


def dense(batch: Batch, labels: int) -> Tensor:
    """Probabilities of all labels from those of the likeliest; the others share what is left."""
    likely = batch.of_rows("how").float() / WHOLE
    found = torch.zeros(len(likely), labels, device=likely.device)
    found.scatter_add_(1, batch.of_rows("where").long(), likely)
    return found + (1 - found.sum(1, keepdim=True)).clamp_min(0) / labels


def cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


class ClassLesson(Lesson):
    def __init__(self, given: Given) -> None:
        super().__init__(given, given.recipe.pooled.dropout)
        self.head: Head = self.head_of("classes")
        self.labels = self.head.out.out_features

    def learn(self) -> Found:
        self._label(self._teacher() if self.given.budget.teacher_steps else None)
        size = self.numbers.batch["classes"]
        self.say(f"{self.name}: validation {self.score():.1f} before")
        batches = self.mix(self.numbers.class_shares, size)
        found = self.learned(lambda: self.loss(next(batches)))
        self.say(f"{self.name}: validation {self.score():.1f} after")
        return found

    def _logits(self, encoder: Encoder, head: Head, batch: Batch, ids: Tensor) -> Tensor:
        first = torch.zeros(len(ids), 1, dtype=torch.long, device=self.device)
        logits: Tensor = head(encoder(ids, batch.inside, None, wanted=first))
        return logits

    @torch.no_grad()
    def _label(self, teacher: Teacher | None) -> None:
        """Says of the texts without labels what a teacher finds, or the model as it was.

        A text with slips gets what is said of it without them.
        """
        source = self.given.rows.of_rows["source"]
        said = torch.zeros(len(source), self.labels, device=self.device, dtype=torch.bfloat16)
        clean = np.flatnonzero((self.kinds == UNLABELED) & (source == np.arange(len(source))))
        begun, begun_head = copy.deepcopy((self.encoder, self.head))
        begun.eval()
        for batch in self.all_of(clean):
            if teacher is None:
                logits = self._logits(begun, begun_head, batch, batch.ids)
            else:
                logits = self._taught(teacher, batch)
            said[batch.at] = logits.softmax(1).to(said.dtype)
        self.pool.of_rows["said"] = said[torch.from_numpy(source).to(self.device).long()]

    def _taught(self, teacher: Teacher, batch: Batch) -> Tensor:
        with halved(self.device):
            return teacher(batch)[:, 0]

    def _teacher(self) -> Teacher:
        def loss(teacher: Teacher, batch: Batch) -> Tensor:
            return cross_entropy(self._taught(teacher, batch), dense(batch, self.labels))

        return self.tuned_teacher(self.labels, loss, self.numbers.teacher_class_shares)

    def loss(self, batch: Batch) -> Tensor:
        """Words are hidden, but not of made texts, where a single word may be what counts."""
        losses, kind = self.recipe.losses, batch.of_rows("kind")[:, None]
        ids = torch.where(kind == MADE, batch.ids, with_hidden(batch.ids, losses.hidden_words))
        wanted, smoothing = dense(batch, self.labels), losses.label_smoothing
        smooth = (1 - smoothing) * wanted + smoothing / self.labels
        wanted = torch.where(kind == OWN, smooth, wanted)
        wanted = torch.where(kind == UNLABELED, batch.of_rows("said").float(), wanted)
        return cross_entropy(self._logits(self.encoder, self.head, batch, ids), wanted)

    @torch.no_grad()
    def score(self) -> float:
        """Accuracy on validation, in percent."""
        self.encoder.eval()
        right = total = 0
        for batch in self.all_of(np.flatnonzero(self.kinds == VALIDATION)):
            best = self._logits(self.encoder, self.head, batch, batch.ids).argmax(1)
            right += int((best == batch.of_rows("where")[:, 0]).sum())
            total += len(best)
        self.encoder.train()
        return 100 * right / max(1, total)
