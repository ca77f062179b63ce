"""A lesson in attention for models that find in a text what a question repeats."""

from __future__ import annotations

from torch import Tensor


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
