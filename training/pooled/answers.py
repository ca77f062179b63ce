"""Answers in a text, learned from rows on a device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..model.network import Head
from ..model.repeated_words import repeated_words_loss
from .device import halved
from .kinds import ANSWERS
from .lesson import LABELED_AT_ONCE, Found, Given, Lesson
from .rows import Batch
from .teacher import Teacher

ASKED, VALIDATION = ANSWERS.index("asked"), ANSWERS.index("validation")
NOTHING = -1e4  # a logit


def span_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross entropy of both ends."""
    return -(wanted * logits.log_softmax(1)).sum() / (2 * len(wanted))


class AnswerLesson(Lesson):
    def __init__(self, given: Given) -> None:
        super().__init__(given, given.recipe.pooled.dropout)
        self.head: Head = self.head_of("answers")
        self.encoder.layers[0].keeps_scores = True

    def learn(self) -> Found:
        self._label(self._teacher())
        batches = self.mix(self.numbers.answer_shares, self.numbers.batch["answers"])
        return self.learned(lambda: self.loss(next(batches)))

    def _types(self, batch: Batch) -> Tensor:
        """0 for the question, 1 from where the context begins."""
        places = torch.arange(batch.ids.shape[1], device=self.device)
        return ((places >= batch.of_rows("context").long()[:, None]) & batch.inside).long()

    def _ends(self, batch: Batch) -> Tensor:
        """Of each token, whether it begins and whether it ends the answer."""
        span = batch.of_rows("span").long()
        found = torch.zeros(*batch.ids.shape, 2, device=self.device)
        return found.scatter_(1, span[:, None, :], 1.0)

    def _taught(self, teacher: Teacher, batch: Batch) -> Tensor:
        with halved(self.device):
            logits = teacher(batch, self._types(batch))
        return logits.masked_fill(~batch.inside[:, :, None], NOTHING)

    def _teacher(self) -> Teacher:
        def loss(teacher: Teacher, batch: Batch) -> Tensor:
            return span_loss(self._taught(teacher, batch), self._ends(batch))

        shares = self.numbers.teacher_answer_shares
        return self.tuned_teacher(2, loss, shares, has_frozen_words=False)

    @torch.no_grad()
    def _label(self, teacher: Teacher) -> None:
        """Says of each token how probably it begins and ends the answer; and how good that is."""
        said = torch.zeros(len(self.given.rows.ids), 2, dtype=torch.bfloat16, device=self.device)
        right = total = 0
        chosen = np.flatnonzero((self.kinds == ASKED) | (self.kinds == VALIDATION))
        for batch in self.all_of(chosen, LABELED_AT_ONCE // 2):
            logits = self._taught(teacher, batch)
            said[batch.places] = logits.softmax(1).to(said.dtype)[batch.inside]
            is_judged = batch.of_rows("kind") == VALIDATION
            is_right = (logits.argmax(1) == batch.of_rows("span")).all(1)
            right, total = right + int((is_right & is_judged).sum()), total + int(is_judged.sum())
        self.pool.of_ids["said"] = said
        self.say(f"{self.name}: the teacher finds {right} of {total} answers exactly")

    def loss(self, batch: Batch) -> Tensor:
        types = self._types(batch)
        logits = self.head(self.encoder(batch.ids, batch.inside, types))
        logits = logits.masked_fill(~batch.inside[:, :, None], NOTHING)
        is_asked = (batch.of_rows("kind") == ASKED)[:, None, None]
        wanted = torch.where(is_asked, batch.of_ids("said").float(), self._ends(batch))
        found = span_loss(logits, wanted)
        if self.encoder.quantized:
            return found
        first_content = self.recipe.masking.first_content
        scores = self.encoder.layers[0].scores[:, 0]
        inside = batch.inside.long()
        lesson = repeated_words_loss(scores, batch.ids, inside, types, first_content)
        return found + self.recipe.losses.repeated * lesson
