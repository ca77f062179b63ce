"""What a model that classifies texts learns from beside its set.

The set's own texts with slips and as they are spoken, texts made by grammars, and texts without
labels: answered as a larger model answers them, or as the model did before, so that it forgets
nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Callable

import torch
from torch import Tensor

from bertlite_fast import Tokenizer

from ..data.lessons import LESSONS, Target
from ..data.noise import noisy
from ..data.sets import Data, lines
from ..model.batches import Row, padded
from ..model.network import Encoder, Head
from ..recipe import Tuning
from .learner import Task

OWN, MADE, UNLABELED = range(3)  # kinds of texts


class TextBatches:
    """Batches of several kinds of texts, which are changed anew each time they come.

    One pass through the network serves all kinds: their rows stand in a batch by length.
    """

    def __init__(
        self,
        texts: Sequence[Sequence[tuple[str, Any]]],
        shares: Sequence[float],
        tokenizer: Tokenizer,
        data: Data,
        size: int,
        longest: int,
        slips: float,
    ) -> None:
        self.texts, self.tokenizer, self.noise = texts, tokenizer, slips
        self.longest, self.size = longest, size
        self.window = data.recipe.data.sorted_batches * self.size
        self.counts = [int(share * self.window) for share in shares]
        self.r = random.Random(data.recipe.seed)
        self.at = [0 for _ in texts]
        self.orders = [self.r.sample(range(len(some)), len(some)) for some in texts]

    def _drawn(self, kind: int) -> Iterator[tuple[str, tuple[int, Any]]]:
        order = self.orders[kind]
        for _ in range(self.counts[kind]):
            if self.at[kind] == len(order):
                self.at[kind] = 0
                self.r.shuffle(order)
            text, target = self.texts[kind][order[self.at[kind]]]
            self.at[kind] += 1
            yield noisy(text, self.r, self.noise), (kind, target)

    def forever(self) -> Iterator[list[Row]]:
        while True:
            drawn = [one for kind in range(len(self.texts)) for one in self._drawn(kind)]
            texts = [text for text, _ in drawn]
            ids = self.tokenizer(texts, truncation=True, max_length=self.longest)["input_ids"]
            rows = [Row(one, target) for one, (_, target) in zip(ids, drawn)]
            rows.sort(key=lambda row: len(row.ids) + self.r.random())
            parts = [rows[i : i + self.size] for i in range(0, len(rows), self.size)]
            self.r.shuffle(parts)
            yield from parts


def targets(wanted: Sequence[Any], labels: int) -> Tensor:
    """Probabilities of the labels, from one of

    - a label's index
    - how probable the second of two labels is
    - pairs of an index and its probability; the other labels share what is left.
    """
    found = torch.zeros(len(wanted), labels)
    for i, target in enumerate(wanted):
        if isinstance(target, float):
            found[i, 0], found[i, 1] = 1 - target, target
        elif isinstance(target, int):
            found[i, target] = 1
        else:
            known = sum(probability for _, probability in target)
            found[i] = max(0.0, 1 - known) / max(1, labels - len(target))
            for at, probability in target:
                found[i, at] = probability
    return found


def smoothed(wanted: Tensor, smoothing: float) -> Tensor:
    return (1 - smoothing) * wanted + smoothing / wanted.shape[1]


def made_texts(task: Task, data: Data, count: int | None = None) -> list[tuple[str, Any]]:
    """Texts that grammars make for a task, with targets; none of a label that no set has."""
    index = {label: i for i, label in enumerate(task.labels)}
    losses = data.recipe.losses

    def known(target: Target) -> float | int | tuple[tuple[int, float], ...] | None:
        if isinstance(target, float):
            return target
        if isinstance(target, str):
            return index.get(target)
        return tuple((index[label], probability) for label, probability in target)

    count = count or losses.lesson_pools.get(task.name, losses.lesson_pool)
    made = ((text, known(target)) for text, target in LESSONS[task.name].made(data, count))
    return [(text, target) for text, target in made if target is not None]


class Lessons:
    def __init__(
        self,
        task: Task,
        tokenizer: Tokenizer,
        data: Data,
        encoder: Encoder,
        head: Head,
        tuning: Tuning,
        taught: Path | None = None,
    ) -> None:
        """The texts without labels are answered as they were, or as the file `taught` says."""
        losses = data.recipe.losses
        self.encoder, self.head = encoder.eval(), head.eval()
        self.smoothing, self.is_taught = losses.label_smoothing, taught is not None
        self.weights = (1.0, losses.lesson_made, tuning.earlier)
        unlabeled: list[tuple[str, Any]]
        if taught is not None:
            unlabeled = [(text, target) for text, target in map(json.loads, lines(taught))]
        else:
            unlabeled = [(text, 0) for text in LESSONS[task.name].unlabeled(data)]
        texts = (
            task.texts,
            made_texts(task, data, tuning.made_texts),
            unlabeled,
        )
        shares = losses.taught_shares if taught else losses.lesson_shares
        slips = losses.lesson_noise if tuning.slips is None else tuning.slips
        self.stream = TextBatches(
            texts, shares, tokenizer, data, losses.lesson_batch, losses.lesson_longest, slips
        ).forever()

    def loss(
        self, logits_of: Callable[[Tensor, Tensor], Tensor], hidden: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """`logits_of(ids, mask)`; `hidden` masks a few of the ids: not of made texts, where a
        single word may be what counts."""
        rows = next(self.stream)
        ids, mask, _ = padded(rows)
        kinds = torch.tensor([row.target[0] for row in rows])
        is_made = kinds == MADE
        logits = logits_of(torch.where(is_made[:, None], ids, hidden(ids)), mask)
        wanted = targets([row.target[1] for row in rows], logits.shape[1])
        own, unlabeled = kinds == OWN, kinds == UNLABELED
        wanted[own] = smoothed(wanted[own], self.smoothing)
        if unlabeled.any() and not self.is_taught:
            with torch.no_grad():
                some, first = ids[unlabeled], torch.zeros(int(unlabeled.sum()), 1, dtype=torch.long)
                hidden_states = self.encoder(some, mask[unlabeled], None, wanted=first)
                wanted[unlabeled] = self.head(hidden_states).softmax(1)
        each = -(wanted * logits.log_softmax(1)).sum(1)
        loss: Tensor = (each * torch.tensor(self.weights)[kinds]).mean()
        return loss
