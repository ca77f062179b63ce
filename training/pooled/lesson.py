"""A task's lesson: its rows, the network that learns from them, its teacher, and for how long."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor, nn

from ..model.network import Encoder, Head, Layer, depth_of
from ..model.vocabulary import CLS, MASK, PAD, SEP
from ..recipe import Recipe
from .device import own_state, train
from .rows import Array, Batch, Mix, Pool, Rows
from .teacher import Teacher

Say = Callable[[str], None]
Found = dict[str, Any]  # an encoder's state and a head's, without the table
LABELED_AT_ONCE = 1024  # rows
WHOLE = 255  # of probabilities in eight bits
TEACHER_LOG_EVERY, LOG_EVERY = 200, 500  # steps


@dataclass
class Budget:
    """Steps, and the seconds after which they are cut short."""

    steps: int
    seconds: float = float("inf")
    teacher_steps: int = 0
    teacher_seconds: float = float("inf")


@dataclass
class Given:
    """What a lesson is made of; the start's encoder comes without the table."""

    name: str
    recipe: Recipe
    rows: Rows
    start: dict[str, Any]
    table: Tensor
    teacher: Path
    device: torch.device
    budget: Budget
    rate: float
    say: Say


class Lesson(ABC):
    """What is the same for all kinds of tasks; subclasses know a kind's teacher and loss."""

    head: nn.Module

    def __init__(self, given: Given, dropout: float) -> None:
        self.name, self.recipe, self.device = given.name, given.recipe, given.device
        self.numbers = given.recipe.pooled
        self.given, self.say = given, given.say
        self.pool = Pool(given.rows, given.device)
        self.kinds: Array = given.rows.of_rows["kind"]
        self.encoder = self._encoder(dropout)

    def _encoder(self, dropout: float) -> Encoder:
        state, table = self.given.start["encoder"], self.given.table.float()
        encoder = Encoder(nn.Parameter(table), self.recipe.shape)
        encoder.set_depth(depth_of(state))
        encoder.load_state_dict(state | {"table": table})
        encoder.freeze_embeddings()
        for layer in encoder.layers:
            assert isinstance(layer, Layer)
            layer.dropout = dropout
        encoder.to(self.device)
        return encoder

    def head_of(self, kind: str) -> Head:
        state = self.given.start["head"]
        head = Head(kind, self.recipe.shape, state["out.weight"].shape[0])
        head.load_state_dict(state)
        head.to(self.device)
        return head

    def mix(self, shares: Sequence[float], size: int) -> Iterator[Batch]:
        """Without end: batches of rows of all kinds, in their shares."""
        mix = Mix(self.pool.lengths, self.kinds, shares, size, self.recipe.seed)
        return (self.pool.batch(chosen) for chosen in mix.forever())

    def all_of(self, chosen: Array, size: int = LABELED_AT_ONCE) -> Iterator[Batch]:
        """The chosen rows once, those of like length together."""
        order = chosen[np.argsort(self.pool.lengths[chosen], kind="stable")]
        return (self.pool.batch(order[i : i + size]) for i in range(0, len(order), size))

    def tuned_teacher(
        self,
        labels: int,
        loss: Callable[[Teacher, Batch], Tensor],
        shares: Sequence[float],
        has_frozen_words: bool = True,
    ) -> Teacher:
        """The teacher with a head, tuned on rows whose answers are known."""
        teacher = Teacher(self.given.teacher, labels)
        teacher.to(self.device)
        if has_frozen_words:
            teacher.freeze_words()
        batches = self.mix(shares, self.numbers.teacher_batch)
        self.tune(teacher, lambda: loss(teacher, next(batches)), self.numbers.teacher_rate)
        return teacher

    def tune(self, teacher: nn.Module, loss: Callable[[], Tensor], rate: float) -> None:
        budget = self.given.budget
        count = train(
            [teacher],
            rate,
            loss,
            budget.teacher_steps,
            budget.teacher_seconds,
            self.recipe.optimizer,
            lambda step, mean: self.say(f"{self.name}: teacher {step}, loss {mean:.4f}"),
            TEACHER_LOG_EVERY,
        )
        teacher.eval()
        self.say(f"{self.name}: the teacher took {count} steps")

    @abstractmethod
    def learn(self) -> Found:
        """The lesson from its beginning: the teacher, what it says, and all steps."""

    def learned(self, loss: Callable[[], Tensor]) -> Found:
        """Takes all steps; what the encoder and the head have become."""
        budget, modules = self.given.budget, [self.encoder, self.head]
        count = train(
            modules,
            self.given.rate,
            loss,
            budget.steps,
            budget.seconds,
            self.recipe.optimizer,
            lambda step, mean: self.say(f"{self.name}: step {step}, loss {mean:.4f}"),
            LOG_EVERY,
            is_quantized_at_last=True,
            average=self.numbers.average,
        )
        self.say(f"{self.name}: {count} steps")
        return {"encoder": own_state(self.encoder), "head": own_state(self.head), "steps": count}


def with_hidden(ids: Tensor, share: float) -> Tensor:
    """Ids of which a share is masked: the rest of the text has to do."""
    drawn = torch.rand(ids.shape, device=ids.device)
    is_hidden = (drawn < share) & (ids != CLS) & (ids != SEP) & (ids != PAD)
    return torch.where(is_hidden, MASK, ids)
