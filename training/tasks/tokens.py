"""Words that get a tag each, at their first token."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bertlite_fast import Tokenizer

from ..data.entities import IGNORED, UNSURE
from ..model.batches import Row, padded
from .learner import Learner, percent


def encode(
    tokenizer: Tokenizer, items: Sequence[tuple[Sequence[str], Sequence[int]]], longest: int
) -> list[Row]:
    found = []
    for words, tags in items:
        encoded = tokenizer(
            list(words), is_split_into_words=True, truncation=True, max_length=longest
        )
        target, before = [], None
        for word in encoded.word_ids():
            target.append(tags[word] if word is not None and word != before else IGNORED)
            before = word
        found.append(Row(encoded["input_ids"], target))
    return found


def tags_of(rows: Sequence[Row], ids: Tensor) -> Tensor:
    """The tag of each id."""
    tags = torch.full(ids.shape, IGNORED)
    for i, row in enumerate(rows):
        tags[i, : len(row.target)] = torch.tensor(row.target)
    return tags


def token_loss(logits: Tensor, target: Tensor, unsure_last_label: float) -> Tensor:
    """Cross entropy, where a target of UNSURE means the first label or the last.

    The last then counts for less, or it would become the answer to every doubt.
    """
    found = logits.log_softmax(-1).flatten(0, 1)
    target = target.flatten()
    found, target = found[target != IGNORED], target[target != IGNORED]
    if found.shape[1] != UNSURE:
        return F.nll_loss(found, target)
    either = torch.logaddexp(found[:, 0], found[:, -1] + math.log(unsure_last_label))
    sure = found.gather(1, target.masked_fill(target == UNSURE, 0)[:, None])[:, 0]
    return -torch.where(target == UNSURE, either, sure).mean()


class TokenLearner(Learner):
    silver: Iterator[list[Row]] | None = None
    gold = 1.0  # the weight of its own rows

    def use_silver(self, file: Path, made: float = 1.0) -> None:
        """Learns beside from sentences that the teacher has labeled (teacher/silver.py).

        Of the made ones among them only a share is kept.
        """
        self.gold = self.recipe.losses.gold_beside_silver
        with np.load(file) as found:
            ids, numbers, is_made = found["ids"], found["probabilities"], found["made"]
            ends = np.cumsum(found["lengths"])
        r = random.Random(self.recipe.seed)
        rows = [
            Row(ids[a:b], numbers[a:b])
            for a, b, one in zip([0, *ends[:-1]], ends, is_made)
            if not one or r.random() < made
        ]
        self.silver = self.batches_of(rows, self.recipe.losses.silver_batch).forever()

    def _logits_of_tokens(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """Ids, and logits of each, in rows in which words are hidden."""
        ids, mask, types = padded(rows)
        return ids, self.head(self.encoder(self.with_hidden_words(ids), mask, types))

    def loss(self, rows: Sequence[Row]) -> Tensor:
        ids, logits = self._logits_of_tokens(rows)
        loss = token_loss(logits, tags_of(rows, ids), self.recipe.losses.unsure_last_label)
        if self.silver is None:
            return loss
        return self.gold * loss + self._silver_loss(next(self.silver))

    def _silver_loss(self, rows: Sequence[Row]) -> Tensor:
        ids, logits = self._logits_of_tokens(rows)
        wanted = torch.zeros(*ids.shape, len(self.task.labels))
        for i, row in enumerate(rows):
            wanted[i, : len(row.target)] = torch.from_numpy(row.target / np.float32(255))
        known = wanted.sum(2) > 0
        probabilities = wanted[known] / wanted[known].sum(1, keepdim=True)
        return F.kl_div(logits[known].log_softmax(1), probabilities, reduction="batchmean")

    def _score(self, batches: Iterator[list[Row]]) -> float:
        """F1 of words of names or slots, or accuracy of tags."""
        by_f1 = self.recipe.tasks[self.task.name].scored_by_f1
        right = total = found = 0
        for rows in batches:
            for guesses, row in zip(self.logits(rows).argmax(-1).tolist(), rows):
                for guess, want in zip(guesses, row.target):
                    if want == IGNORED:
                        continue
                    is_wanted = 0 < want < len(self.task.labels) or not by_f1
                    right += is_wanted and guess == want
                    total += is_wanted
                    found += by_f1 and self._counts_as_found(guess, want)
        return 200 * right / (total + found) if found else percent(right, total)

    def _counts_as_found(self, guess: int, want: int) -> bool:
        """Whether a guess is a name; where the set does not tell, the last label may be right."""
        last = len(self.task.labels) - 1
        return guess > 0 and not (want == UNSURE and guess == last)
