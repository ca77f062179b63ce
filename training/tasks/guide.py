"""A classifier on the teacher's vectors, as a lesson for a task's model."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..model.batches import Batches, Row
from ..recipe import Recipe
from .learner import Task
from .vectors import Vectors


class Guide:
    """Fitted to a task's labels on the teacher's vectors, which are far better than ours.

    What it says of any sentence that has a vector is a lesson for the small model, most of all on
    what no label fits.
    """

    def __init__(self, vectors: Vectors, task: Task, recipe: Recipe) -> None:
        self.losses = recipe.losses
        self.vectors = vectors.vectors
        where = {tuple(row.ids): i for i, row in enumerate(vectors.rows)}
        self.labeled = [
            (where[tuple(row.ids)], row.target) for row in task.train if tuple(row.ids) in where
        ]
        width = self.vectors.shape[1]
        self.weight = torch.zeros(width, len(task.labels), requires_grad=True)
        self.bias = torch.zeros(len(task.labels), requires_grad=True)
        self._fit()
        r = random.Random(recipe.seed)
        shortest, longest = self.losses.guide_lengths
        short = [row for row in vectors.rows if shortest <= len(row.ids) <= longest]
        pool = r.sample(short, min(len(short), self.losses.guide_pool))
        pool += [vectors.rows[i] for i, _ in self.labeled] * self.losses.guide_labeled
        sorted_batches = recipe.data.sorted_batches
        batches = Batches(pool, self.losses.guide_batch, recipe.seed, sorted_batches)
        self.stream = batches.forever()

    def _features(self, at: Sequence[int]) -> Tensor:
        vectors = np.asarray(self.vectors[list(at)], np.float32)
        return torch.from_numpy(vectors) * self.losses.guide_scale

    def _fit(self) -> None:
        """Logistic regression."""
        x = self._features([i for i, _ in self.labeled])
        y = torch.tensor([label for _, label in self.labeled], dtype=torch.long)
        optimizer = torch.optim.LBFGS(
            [self.weight, self.bias], lr=1, max_iter=self.losses.guide_iterations
        )

        def closure() -> Tensor:
            optimizer.zero_grad()
            decay = self.losses.guide_decay * self.weight.square().sum()
            loss = F.cross_entropy(x @ self.weight + self.bias, y) + decay
            loss.backward()
            return loss

        optimizer.step(closure)

    @torch.no_grad()
    def probabilities(self, rows: Sequence[Row]) -> Tensor:
        x = self._features([row.target for row in rows])
        return (x @ self.weight + self.bias).softmax(1)
