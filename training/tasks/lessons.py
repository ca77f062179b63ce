"""What a model that classifies texts learns from beside its set.

The set's own texts with slips and as they are spoken, texts made by grammars, and what the model
answered before, on texts without labels, so that it forgets nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, Callable

import torch
from torch import Tensor

from bertlite_fast import Tokenizer

from ..data.lessons import LESSONS
from ..data.noise import noisy
from ..data.sets import Data
from ..model.batches import Row, padded
from ..model.network import Encoder, Head
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
    ) -> None:
        losses = data.recipe.losses
        self.texts, self.tokenizer, self.noise = texts, tokenizer, losses.lesson_noise
        self.longest, self.size = losses.lesson_longest, losses.lesson_batch
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
    """Probabilities of the labels: of one, or of two of which the second's is given."""
    found = torch.zeros(len(wanted), labels)
    for i, target in enumerate(wanted):
        if isinstance(target, float):
            found[i, 0], found[i, 1] = 1 - target, target
        else:
            found[i, target] = 1
    return found


class Lessons:
    def __init__(
        self,
        task: Task,
        tokenizer: Tokenizer,
        data: Data,
        encoder: Encoder,
        head: Head,
        earlier: float,
    ) -> None:
        losses = data.recipe.losses
        self.encoder, self.head = encoder.eval(), head.eval()
        self.smoothing = losses.label_smoothing
        self.weights = (1.0, losses.lesson_made, earlier)
        index = {label: i for i, label in enumerate(task.labels)}
        source = LESSONS[task.name]
        made = [
            (text, target if isinstance(target, float) else index[target])
            for text, target in source.made(data, losses.lesson_pool)
        ]
        unlabeled = [(text, 0) for text in source.unlabeled(data)]
        texts = (task.texts, made, unlabeled)
        self.stream = TextBatches(texts, losses.lesson_shares, tokenizer, data).forever()

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
        wanted[~is_made] = (1 - self.smoothing) * wanted[~is_made] + self.smoothing / logits.shape[
            1
        ]
        unlabeled = kinds == UNLABELED
        if unlabeled.any():
            with torch.no_grad():
                some, first = ids[unlabeled], torch.zeros(int(unlabeled.sum()), 1, dtype=torch.long)
                hidden_states = self.encoder(some, mask[unlabeled], None, wanted=first)
                wanted[unlabeled] = self.head(hidden_states).softmax(1)
        each = -(wanted * logits.log_softmax(1)).sum(1)
        loss: Tensor = (each * torch.tensor(self.weights)[kinds]).mean()
        return loss
