"""Steps of training: their rate, their arithmetic, and what is said on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from network import Encoder, Linear, parameter_groups
from torch import Tensor, nn

EXACT = 0.8  # of the steps of modules that are to be rounded are in bf16; then comes the engine's arithmetic


def quantise(modules: Sequence[nn.Module]) -> None:
    for module in modules:
        if isinstance(module, Encoder):
            module.quantised = True
        for m in module.modules():
            if isinstance(m, Linear):
                m.quantised = True


def one_cycle(part: float) -> float:
    return min(part / 0.06, (1 - part) / 0.94 + 0.003)


def steps(
    optimiser: torch.optim.Optimizer,
    parameters: Sequence[Tensor],
    count: int,
    loss_of: Callable[[int], Tensor],
    say: Callable[[int, float], None],
    every_steps: int,
    modules: Sequence[nn.Module] = (),
) -> None:
    """In bf16; if there are modules to be rounded, the last part is in the engine's arithmetic."""
    exact_from = int(EXACT * count) if modules else count
    peaks = [group["lr"] for group in optimiser.param_groups]
    total, seen = 0.0, 0
    for step in range(count):
        for group, peak in zip(optimiser.param_groups, peaks):
            group["lr"] = peak * one_cycle(step / count)
        optimiser.zero_grad(set_to_none=True)
        if step == exact_from:
            quantise(modules)
        with torch.autocast("cpu", torch.bfloat16, enabled=step < exact_from):
            loss = loss_of(step)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        total, seen = total + float(loss.detach()), seen + 1
        if (step + 1) % every_steps == 0 or step + 1 == count:
            say(step + 1, total / seen)
            total, seen = 0.0, 0


def optimiser_for(
    modules: Sequence[nn.Module], rate: float, decay: float = 0.01
) -> tuple[torch.optim.AdamW, list[Tensor]]:
    groups = parameter_groups(modules, decay)
    parameters: list[Tensor] = [p for g in groups for p in g["params"]]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-6, fused=True), parameters
