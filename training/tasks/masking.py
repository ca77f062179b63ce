"""Which words are masked, and the loss of guessing them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..data.corpus import Corpus, Floats, Ids
from ..model.vocabulary import CLS, FIRST_WORD, MASK, PAD, SEP
from ..recipe import Masking


def mask_words(
    rows: Ids, count: int, r: np.random.Generator, vocabulary: int, numbers: Masking
) -> tuple[Ids, Ids]:
    """Rows with `count` positions hidden, most by [MASK], some by any word; and the positions."""
    order = np.asarray(r.random(rows.shape))
    order[(rows == CLS) | (rows == SEP)] += 1  # last
    positions = np.argpartition(order, count, axis=1)[:, :count]
    kind = r.random(positions.shape)
    new = np.where(kind < numbers.as_mask, MASK, np.take_along_axis(rows, positions, 1))
    any_word = r.integers(FIRST_WORD, vocabulary, positions.shape)
    new = np.where(kind >= numbers.as_mask + numbers.as_itself, any_word, new)
    noisy = rows.copy()
    np.put_along_axis(noisy, positions, new, 1)
    return noisy, positions


def make_gaps(ids: Tensor, r: np.random.Generator, numbers: Masking) -> tuple[Tensor, Tensor]:
    """Rows with gaps as fill-mask has them, and the gaps' positions.

    One word in eight is hidden, always by [MASK], and seldom a word that is only grammar.
    """
    order = r.random(ids.shape)
    order **= np.where(ids.numpy() < numbers.first_content, numbers.grammar_power, 1.0)
    order[((ids == CLS) | (ids == SEP) | (ids == PAD)).numpy()] -= 1  # last
    count = max(1, ids.shape[1] // numbers.gap_every)
    positions = np.sort(np.argsort(-order, axis=1)[:, :count], axis=1)
    at = torch.from_numpy(positions)
    words = ids.gather(1, at)
    is_word = (words != PAD) & (words != SEP)
    return ids.scatter(1, at, torch.where(is_word, MASK, words)), at


def log_frequencies(frequencies: Floats, numbers: Masking) -> Tensor:
    """What the bias of a word head begins as."""
    return torch.from_numpy(np.log(frequencies + numbers.frequency_floor)).float()


class SampledSoftmax:
    """Cross entropy over the target and some drawn tokens, corrected for how often each is drawn.

    Part of the draws are even over the vocabulary, or the rarest tokens would never be told that
    they are rare.
    """

    def __init__(self, corpus: Corpus, count: int, numbers: Masking) -> None:
        self.count = count
        drawn = torch.from_numpy(corpus.frequencies() ** numbers.frequency_power).float()
        even = numbers.even_share
        self.probabilities = (1 - even) * drawn / drawn.sum() + even / len(drawn)
        self.correction = torch.log(self.probabilities * count)

    def draw(self) -> Tensor:
        return torch.multinomial(self.probabilities, self.count, replacement=True)

    def loss(
        self, hidden: Tensor, table: Tensor, bias: Tensor, targets: Tensor, drawn: Tensor
    ) -> Tensor:
        wrong = hidden @ table[drawn].T + (bias[drawn] - self.correction[drawn])
        wrong = wrong.masked_fill(drawn[None, :] == targets[:, None], -1e9)
        right = (hidden * table[targets]).sum(1) + bias[targets] - self.correction[targets]
        return (torch.logsumexp(torch.cat([right[:, None], wrong], 1), 1) - right).mean()
