"""Answers in a text: where they begin and end."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bertlite_fast import Tokenizer

from ..model.batches import Row, padded
from ..model.network import Encoder, Head
from ..model.repeated_words import repeated_words_loss
from ..recipe import Recipe
from .learner import Learner, Task, percent

Span = tuple[int, int]
NO_ANSWER: Span = (0, 0)  # [CLS]: the text does not answer the question


def encode(tokenizer: Tokenizer, items: Sequence[dict[str, Any]], longest: int) -> list[Row]:
    """Rows of questions and contexts; those whose answer is truncated are left out."""
    found = []
    for item in items:
        encoded = tokenizer(
            item["question"],
            item["context"],
            truncation="only_second",
            max_length=longest,
            return_offsets_mapping=True,
        )
        if item["answers"] is None:
            found.append(Row(encoded["input_ids"], NO_ANSWER, encoded["token_type_ids"]))
            continue
        start = item["answers"]["answer_start"][0]
        end = start + len(item["answers"]["text"][0])
        sides, offsets = encoded.sequence_ids(), encoded["offset_mapping"]
        inside = [i for i, (a, b) in enumerate(offsets) if sides[i] == 1 and a < end and b > start]
        if inside and offsets[inside[-1]][1] >= end:
            target = (inside[0], inside[-1])
            found.append(Row(encoded["input_ids"], target, encoded["token_type_ids"]))
    return found


def _types(length: int, context: int) -> list[int]:
    """0 for the question, 1 from where the context begins."""
    return [0] * context + [1] * (length - context)


def without_padding(logits: Tensor, mask: Tensor) -> Tensor:
    return logits.masked_fill(mask[:, :, None] == 0, -1e4)


def wanted_spans(rows: Sequence[Row], length: int) -> Tensor:
    """How probable each token is to begin and to end the answer.

    A row's target is a span, or the teacher's likeliest tokens and how likely they are.
    """
    wanted = torch.zeros(len(rows), length, 2)
    for i, row in enumerate(rows):
        first, last = row.target
        if isinstance(first, int):
            wanted[i, first, 0] = wanted[i, last, 1] = 1
            continue
        for side in (0, 1):
            likely = torch.from_numpy(last[side].astype(np.float32))
            wanted[i, :, side].index_add_(0, torch.from_numpy(first[side].astype(np.int64)), likely)
    return wanted / wanted.sum(1, keepdim=True)


def span_loss(logits: Tensor, rows: Sequence[Row]) -> Tensor:
    """Cross entropy of both ends."""
    wanted = wanted_spans(rows, logits.shape[1])
    return -(wanted * logits.log_softmax(1)).sum() / (2 * len(rows))


def best_spans(logits: Tensor, context: Tensor, longest: int) -> tuple[list[Span], list[bool]]:
    """The best span of each context, and whether [CLS] is better."""
    none = logits[:, 0].sum(1)
    logits = logits.masked_fill(context[:, :, None] == 0, -1e4)
    scores = logits[:, :, 0, None] + logits[:, None, :, 1]
    n = scores.shape[1]
    allowed = torch.ones(n, n).triu() - torch.ones(n, n).triu(longest)
    best, at = scores.masked_fill(allowed == 0, -1e9).flatten(1).max(1)
    return [divmod(int(i), n) for i in at], (none > best).tolist()


def overlap(parts: Iterable[tuple[Sequence[Row], Tensor, Tensor]], longest: int) -> float:
    """The overlap of answers in tokens, as F1; where there is none, whether that is told.

    The parts are rows, logits, and which tokens are of the context.  Both kinds of questions count
    alike, if there are both.
    """
    right = {True: 0.0, False: 0.0}
    total = {True: 0, False: 0}
    for rows, logits, context in parts:
        for (a, b), is_none, row in zip(*best_spans(logits, context, longest), rows):
            c, d = row.target
            has_none = row.target == NO_ANSWER
            common = max(0, min(b, d) - max(a, c) + 1)
            right[has_none] += is_none if has_none else 2 * common / (b - a + d - c + 2)
            total[has_none] += 1
    shares = [percent(right[kind], total[kind]) for kind in total if total[kind]]
    return sum(shares) / len(shares)


class AnswerLearner(Learner):
    def __init__(
        self,
        task: Task,
        encoder: Encoder,
        head: Head,
        recipe: Recipe,
        shares: tuple[float, float],  # of questions made from plain text, and on made texts
    ) -> None:
        super().__init__(task, encoder, head, recipe)
        made = self.batches_of(task.made, recipe.data.batch[task.kind])
        read = self.batches_of(task.read, recipe.reading.batch)
        self.others = [
            (share, batches.forever())
            for share, batches in zip(shares, (made, read))
            if batches.rows and share
        ]
        self.draw = random.Random(recipe.seed)
        encoder.layers[0].keeps_scores = True

    def use_taught(self, file: Path) -> None:
        """Learns beside from questions that the teacher has answered (teacher/answers.py)."""
        with np.load(file) as found:
            ids, ends = found["ids"], np.cumsum(found["lengths"])
            targets = zip(found["where"], found["how"])
            spans = zip([0, *ends[:-1]], ends, found["contexts"], targets)
            rows = [Row(ids[a:b], target, _types(b - a, at)) for a, b, at, target in spans]
        batches = self.batches_of(rows, self.recipe.data.batch[self.task.kind])
        self.others.append((self.recipe.losses.taught_questions, batches.forever()))

    def loss(self, rows: Sequence[Row]) -> Tensor:
        drawn = self.draw.random()
        for share, others in self.others:
            if 0 <= drawn < share:
                rows = next(others)
            drawn -= share
        ids, mask, types = padded(rows)
        logits = without_padding(self.head(self.encoder(ids, mask, types)), mask)
        loss = span_loss(logits, rows)
        if self.encoder.quantized:
            return loss
        scores = self.encoder.layers[0].scores[:, 0].float()
        first_content = self.recipe.masking.first_content
        lesson = repeated_words_loss(scores, ids, mask, types, first_content)
        return loss + self.recipe.losses.repeated * lesson

    def _score(self, batches: Iterator[list[Row]]) -> float:
        parts = ((rows, *self._logits_in_context(rows)) for rows in batches)
        return overlap(parts, self.recipe.data.longest_answer)

    def _logits_in_context(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        ids, mask, types = padded(rows)
        return self.head(self.encoder(ids, mask, types)), mask * types
