"""The engine's int8 arithmetic, for networks that are trained in it."""

from __future__ import annotations

import torch
from torch import Tensor

# As in csrc/kernels: weights and embeddings are -127 to 127 times a row's scale; a row of
# activations has 254 steps from its minimum to its maximum, and zero is one of them.
WEIGHT_STEPS = 127
ACTIVATION_STEPS = 254
LEAST = 1e-12  # of a row's range, so that nothing is divided by zero


class Rounded(torch.autograd.Function):
    """To multiples of a scale; the gradient passes as if nothing had happened."""

    @staticmethod
    def forward(_context: object, x: Tensor, scale: Tensor) -> Tensor:
        return torch.round(x / scale) * scale

    @staticmethod
    def backward(_context: object, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return gradients[0], None


def rounded_weights(w: Tensor) -> Tensor:
    """Symmetric, a scale for each row (output channel, or embedding)."""
    scale = w.detach().abs().amax(dim=-1, keepdim=True).clamp_min(LEAST) / WEIGHT_STEPS
    rounded: Tensor = Rounded.apply(w, scale)
    return rounded


def rounded_activations(x: Tensor) -> Tensor:
    """A scale for each row, from its minimum to its maximum; zero is represented exactly."""
    low = x.detach().amin(dim=-1, keepdim=True).clamp_max(0)
    high = x.detach().amax(dim=-1, keepdim=True).clamp_min(0)
    scale = (high - low).clamp_min(LEAST) / ACTIVATION_STEPS
    rounded: Tensor = Rounded.apply(x, scale)
    return rounded
