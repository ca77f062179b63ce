"""A task with its layers and head, whatever its kind."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..model.batches import Batches, Row, padded
from ..model.network import Encoder, Head
from ..model.vocabulary import CLS, MASK, PAD, SEP
from ..recipe import Recipe


@dataclass
class Task:
    """A set's rows, encoded."""

    name: str
    kind: str  # classes, tokens, answers
    labels: list[str]
    train: list[Row]
    validation: list[Row]
    made: list[Row] = field(default_factory=list)  # questions made from plain text
    read: list[Row] = field(default_factory=list)  # and on texts made for them
    texts: list[tuple[str, int]] = field(default_factory=list)  # of `train`, if they are classified


class Learner:
    """What is trained for one task: subclasses know a kind's loss and score."""

    def __init__(self, task: Task, encoder: Encoder, head: Head, recipe: Recipe) -> None:
        self.task, self.encoder, self.head, self.recipe = task, encoder, head, recipe
        self.random = torch.Generator().manual_seed(recipe.seed)
        self.batches = self.batches_of(task.train, recipe.data.batch[task.kind])
        count = min(len(task.validation), recipe.data.scored[task.kind])
        self.scored = random.Random(recipe.seed).sample(task.validation, count)

    def batches_of(self, rows: Sequence[Row], size: int) -> Batches:
        return Batches(rows, size, self.recipe.seed, self.recipe.data.sorted_batches)

    def loss(self, rows: Sequence[Row]) -> Tensor:
        raise NotImplementedError

    def _score(self, batches: Iterator[list[Row]]) -> float:
        raise NotImplementedError

    @torch.no_grad()
    def score(self) -> float:
        """In percent, of validation: to choose by, not to publish."""
        size = self.recipe.data.scored_batch
        self.encoder.eval()
        self.head.eval()
        found = self._score(self.scored[at : at + size] for at in range(0, len(self.scored), size))
        self.encoder.train()
        self.head.train()
        return found

    def logits(self, rows: Sequence[Row]) -> Tensor:
        ids, mask, types = padded(rows)
        found: Tensor = self.head(self.encoder(ids, mask, types))
        return found

    def with_hidden_words(self, ids: Tensor) -> Tensor:
        """Ids of which a few are masked: the rest of the text has to do."""
        drawn = torch.rand(ids.shape, generator=self.random)
        is_hidden = (drawn < self.recipe.losses.hidden_words) & (ids != CLS) & (ids != SEP)
        return torch.where(is_hidden & (ids != PAD), MASK, ids)


def percent(right: float, total: float) -> float:
    return 100 * right / max(total, 1)
