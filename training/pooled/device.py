"""Where training happens, and the steps that do it there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Callable

import torch
from torch import Tensor, nn

from ..model.network import State, quantize
from ..model.steps import is_bf16_quick, optimizer_for, rate_at
from ..recipe import Optimizer

AVERAGED_EVERY = 8  # steps


def device_of_this_machine() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def halved(device: torch.device) -> AbstractContextManager[None]:
    """Products in bf16, where they are quicker so."""
    enabled = device.type == "cuda" or is_bf16_quick()
    found: AbstractContextManager[None] = torch.autocast(device.type, torch.bfloat16, enabled)
    return found


class Average:
    """A running mean of weights: it lies between what the last steps made of them."""

    def __init__(self, modules: Sequence[nn.Module], keep: float) -> None:
        self.keep = keep
        self.parameters = [p for m in modules for p in m.parameters() if p.requires_grad]
        self.means = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def add(self) -> None:
        torch._foreach_lerp_(self.means, self.parameters, 1 - self.keep)

    @torch.no_grad()
    def put(self) -> None:
        """Makes the means the weights."""
        for parameter, mean in zip(self.parameters, self.means):
            parameter.copy_(mean)


def train(
    modules: Sequence[nn.Module],
    rate: float,
    loss_of: Callable[[], Tensor],
    steps: int,
    seconds: float,
    numbers: Optimizer,
    log: Callable[[int, float], None],
    log_every: int,
    is_quantized_at_last: bool = False,
    average: float = 0.0,
) -> int:
    """Steps until their number or the time is used up; says how many there were.

    The last part may be in the engine's arithmetic; its mean is kept if `average` says how slowly
    it moves.
    """
    optimizer, every = optimizer_for(modules, rate, numbers)
    mean: Average | None = None
    begun, step, total = time.monotonic(), 0, torch.zeros((), device=every[0].device)
    is_exact = True
    while True:
        part = max(step / steps, (time.monotonic() - begun) / seconds)
        if part >= 1:
            break
        if is_quantized_at_last and is_exact and part >= numbers.exact:
            is_exact = False
            quantize(modules)
            mean = Average(modules, average) if average else None
        for group in optimizer.param_groups:
            group["lr"] = rate * rate_at(part, numbers.rise, numbers.floor)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        nn.utils.clip_grad_norm_(every, numbers.clip)
        optimizer.step()
        total += loss.detach()
        step += 1
        if mean is not None and step % AVERAGED_EVERY == 0:
            mean.add()
        if step % log_every == 0:
            log(step, float(total) / log_every)
            total.zero_()
    if mean is not None:
        mean.put()
    return step


def own_state(module: nn.Module) -> State:
    """A state without the table of embeddings, which is frozen and the same everywhere."""
    state: State = module.state_dict()
    return {name: t.detach().cpu().clone() for name, t in state.items() if name != "table"}
