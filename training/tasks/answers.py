"""Answers in a text: where they begin and end."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from bertlite_fast import Tokenizer

from ..model.batches import Row, padded
from ..model.network import Encoder, Head
from ..recipe import Recipe
from .learner import Learner, Task, percent

NO_ANSWER = (0, 0)  # [CLS]: the text does not answer the question


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


def repeated_words_loss(
    scores: Tensor, ids: Tensor, mask: Tensor, types: Tensor, first_content: int
) -> Tensor:
    """A lesson in attention: a word is to look at the same word in the other text.

    Left to themselves the layers find that out after far more questions than there are.
    """
    same = (
        (ids[:, :, None] == ids[:, None, :])
        & (types[:, :, None] != types[:, None, :])
        & (mask[:, None, :] == 1)
        & (ids >= first_content)[:, :, None]
    )
    found = scores.log_softmax(2).masked_fill(~same, -1e9).logsumexp(2)[same.any(2)]
    return -found.sum() / max(1, len(found))


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

    def loss(self, rows: Sequence[Row]) -> Tensor:
        drawn = self.draw.random()
        for share, others in self.others:
            if 0 <= drawn < share:
                rows = next(others)
            drawn -= share
        ids, mask, types = padded(rows)
        logits = self.head(self.encoder(ids, mask, types))
        logits = logits.masked_fill(mask[:, :, None] == 0, -1e4)
        start, end = (torch.tensor([r.target[i] for r in rows]) for i in (0, 1))
        loss = (F.cross_entropy(logits[:, :, 0], start) + F.cross_entropy(logits[:, :, 1], end)) / 2
        if self.encoder.quantized:
            return loss
        scores = self.encoder.layers[0].scores[:, 0].float()
        first_content = self.recipe.masking.first_content
        lesson = repeated_words_loss(scores, ids, mask, types, first_content)
        return loss + self.recipe.losses.repeated * lesson

    def _score(self, batches: Iterator[list[Row]]) -> float:
        """The overlap of answers in tokens, as F1; where there is none, whether that is told.

        Both kinds of questions count alike, if there are both.
        """
        right = {True: 0.0, False: 0.0}
        total = {True: 0, False: 0}
        for rows in batches:
            for (a, b), is_none, row in zip(*self._best_spans(rows), rows):
                c, d = row.target
                has_none = row.target == NO_ANSWER
                common = max(0, min(b, d) - max(a, c) + 1)
                right[has_none] += is_none if has_none else 2 * common / (b - a + d - c + 2)
                total[has_none] += 1
        shares = [percent(right[kind], total[kind]) for kind in total if total[kind]]
        return sum(shares) / len(shares)

    def _best_spans(self, rows: Sequence[Row]) -> tuple[list[tuple[int, int]], list[bool]]:
        """The best span of each context, and whether [CLS] is better."""
        ids, mask, types = padded(rows)
        logits = self.head(self.encoder(ids, mask, types))
        none = logits[:, 0].sum(1)
        logits = logits.masked_fill((mask * types)[:, :, None] == 0, -1e4)
        scores = logits[:, :, 0, None] + logits[:, None, :, 1]
        n = scores.shape[1]
        allowed = torch.ones(n, n).triu() - torch.ones(n, n).triu(self.recipe.data.longest_answer)
        best, at = scores.masked_fill(allowed == 0, -1e9).flatten(1).max(1)
        return [divmod(int(i), n) for i in at], (none > best).tolist()
