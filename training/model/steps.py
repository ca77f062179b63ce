"""Steps of training: their rate, their arithmetic, and what is logged on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

import torch
from torch import Tensor, nn

from ..recipe import Optimizer
from .network import parameter_groups, quantize


def rate_at(part: float, rise: float, floor: float) -> float:
    """A short rise, then a straight fall; `part` of the steps are done."""
    return min(part / rise, (1 - part) / (1 - rise) + floor)


def optimizer_for(
    modules: Sequence[nn.Module], rate: float, numbers: Optimizer
) -> tuple[torch.optim.AdamW, list[Tensor]]:
    groups = parameter_groups(modules, numbers.decay)
    parameters: list[Tensor] = [p for g in groups for p in g["params"]]
    optimizer = torch.optim.AdamW(
        groups, lr=rate, betas=numbers.betas, eps=numbers.epsilon, fused=numbers.fused
    )
    return optimizer, parameters


def is_bf16_quick() -> bool:
    """Whether this processor has instructions for it; without them it takes five times as long."""
    return bool(torch.cpu._is_avx512_bf16_supported())


def run_steps(
    optimizer: torch.optim.Optimizer,
    parameters: Sequence[Tensor],
    count: int,
    loss_of: Callable[[int], Tensor],
    log: Callable[[int, float], None],
    log_every: int,
    numbers: Optimizer,
    quantized_at_last: Sequence[nn.Module] = (),
    first: int = 0,
) -> None:
    """In bf16; the last part of the steps of `quantized_at_last` is in the engine's arithmetic."""
    exact_from = int(numbers.exact * count) if quantized_at_last else count
    peaks = [group["lr"] for group in optimizer.param_groups]
    quick = is_bf16_quick()
    total, seen = 0.0, 0
    for step in range(first, count):
        for group, peak in zip(optimizer.param_groups, peaks):
            group["lr"] = peak * rate_at(step / count, numbers.rise, numbers.floor)
        optimizer.zero_grad(set_to_none=True)
        if step == max(first, exact_from):
            quantize(quantized_at_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=quick and step < exact_from):
            loss = loss_of(step)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, numbers.clip)
        optimizer.step()
        total, seen = total + float(loss.detach()), seen + 1
        if (step + 1) % log_every == 0 or step + 1 == count:
            log(step + 1, total / seen)
            total, seen = 0.0, 0
