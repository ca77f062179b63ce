"""Texts that get one of some labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from bertlite_fast import Tokenizer

from ..model.batches import Row, padded
from .guide import Guide
from .learner import Learner, percent
from .lessons import Lessons


def encode(
    tokenizer: Tokenizer, items: Sequence[tuple[str, str]], labels: Sequence[str], longest: int
) -> list[Row]:
    """Rows of texts and their labels; what has another label is left out."""
    index = {label: i for i, label in enumerate(labels)}
    known = [(text, index[label]) for text, label in items if label in index]
    texts = [text for text, _ in known]
    rows = tokenizer(texts, truncation=True, max_length=longest)["input_ids"] if texts else []
    return [Row(ids, target) for ids, (_, target) in zip(rows, known)]


class ClassLearner(Learner):
    guide: Guide | None = None
    lessons: Lessons | None = None

    def _logits_of(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits of the [CLS] of each row."""
        first = torch.zeros(len(ids), 1, dtype=torch.long)
        hidden = self.encoder(ids, mask, None, wanted=first)
        logits: Tensor = self.head(hidden)
        return logits

    def _logits_of_first(self, rows: Sequence[Row]) -> Tensor:
        """The same of rows in which words are hidden."""
        ids, mask, _ = padded(rows)
        return self._logits_of(self.with_hidden_words(ids), mask)

    def loss(self, rows: Sequence[Row]) -> Tensor:
        if self.lessons is not None:
            return self.lessons.loss(self._logits_of, self.with_hidden_words)
        loss = F.cross_entropy(
            self._logits_of_first(rows),
            torch.tensor([r.target for r in rows]),
            label_smoothing=self.recipe.losses.label_smoothing,
        )
        return loss if self.guide is None else loss + self._guided(self.guide)

    def _guided(self, guide: Guide) -> Tensor:
        rows = next(guide.stream)
        found = self._logits_of_first(rows).log_softmax(1)
        return F.kl_div(found, guide.probabilities(rows), reduction="batchmean")

    def _score(self, batches: Iterator[list[Row]]) -> float:
        """Accuracy."""
        right = total = 0
        for rows in batches:
            best = self.logits(rows).argmax(-1).tolist()
            right += sum(guess == row.target for guess, row in zip(best, rows))
            total += len(rows)
        return percent(right, total)
