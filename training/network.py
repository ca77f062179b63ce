"""BERT-Lite's encoder in PyTorch, plain enough to be quick on two cores.

The parameters have Hugging Face's names and shapes once `to_checkpoint` has written them.  `quantised` turns on
the engine's arithmetic: weights rounded per output channel, activations per row, gradients straight through.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PIECES, PLACES = 30522, 512
PAD, CLS, SEP, MASK, FIRST_WORD = 0, 101, 102, 103, 999


class Rounded(torch.autograd.Function):
    """To a grid and back; the gradient passes as if nothing had happened."""

    @staticmethod
    def forward(_context: object, x: Tensor, scale: Tensor, low: float, high: float) -> Tensor:
        return torch.clamp(torch.round(x / scale), low, high) * scale

    @staticmethod
    def backward(_context: object, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return gradients[0], None, None, None


def rounded_weight(w: Tensor) -> Tensor:
    """Symmetric, a scale for each row (output channel)."""
    scale = w.detach().abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / 127
    return Rounded.apply(w, scale, -127.0, 127.0)


def rounded_rows(x: Tensor) -> Tensor:
    """Asymmetric, a scale and an offset for each row of activations."""
    low = x.detach().amin(dim=-1, keepdim=True).clamp_max(0)
    high = x.detach().amax(dim=-1, keepdim=True).clamp_min(0)
    scale = (high - low).clamp_min(1e-12) / 255
    return Rounded.apply(x - low, scale, 0.0, 255.0) + low


class Linear(nn.Linear):
    quantised = False

    def forward(self, x: Tensor) -> Tensor:
        if self.quantised:
            return F.linear(rounded_rows(x), rounded_weight(self.weight), self.bias)
        return F.linear(x, self.weight, self.bias)


class Layer(nn.Module):
    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = Linear(hidden, 3 * hidden)
        self.out = Linear(hidden, hidden)
        self.out_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.wide = Linear(hidden, 4 * hidden)
        self.narrow = Linear(4 * hidden, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.dropout = dropout
        self.watched = False  # keeps what it attended to, for a lesson in that
        self.attended: Tensor | None = None

    def forward(self, x: Tensor, bias: Tensor | None, wanted: Tensor | None = None) -> Tensor:
        """All rows, or only the wanted places (batch, count) of each: the last layer needs no more."""
        b, _, h = x.shape
        if wanted is None:
            q, k, v = self.qkv(x).split(h, 2)
        else:
            k, v = F.linear(x, self.qkv.weight[h:], self.qkv.bias[h:]).split(h, 2)
            x = x.gather(1, wanted[:, :, None].expand(-1, -1, h))
            q = F.linear(x, self.qkv.weight[:h], self.qkv.bias[:h])
        q, k, v = (t.view(b, -1, self.heads, h // self.heads).transpose(1, 2) for t in (q, k, v))
        scores = q @ k.transpose(2, 3) * (1 / math.sqrt(h // self.heads))
        if bias is not None:
            scores = scores + bias
        if self.watched:
            self.attended = scores
        mixed = (scores.softmax(3) @ v).transpose(1, 2).reshape(b, -1, h)
        x = self.out_norm(x + F.dropout(self.out(mixed), self.dropout, self.training))
        return self.norm(
            x + F.dropout(self.narrow(F.gelu(self.wide(x))), self.dropout, self.training)
        )


def waves(places: int, hidden: int) -> Tensor:
    """Sines to begin with: learned places that start as noise are drowned by the words before attention can use them."""
    at = torch.arange(places)[:, None].float()
    turn = torch.exp(torch.arange(0, hidden, 2) * (-math.log(1000.0) / hidden))
    return torch.stack([torch.sin(at * turn), torch.cos(at * turn)], 2).reshape(places, hidden)


class Encoder(nn.Module):
    def __init__(
        self, table: nn.Parameter, layers: int = 2, heads: int = 2, dropout: float = 0.0
    ) -> None:
        super().__init__()
        hidden = table.shape[1]
        self.table = table
        self.places = nn.Parameter(waves(PLACES, hidden) * 0.1)
        self.types = nn.Parameter(torch.randn(2, hidden) * 0.02)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(hidden, heads, dropout) for _ in range(layers))
        self.dropout = dropout
        self.quantised = False
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.8 / math.sqrt(hidden))
                nn.init.zeros_(m.bias)

    def forward(
        self,
        ids: Tensor,
        mask: Tensor | None = None,
        types: Tensor | None = None,
        wanted: Tensor | None = None,
    ) -> Tensor:
        rows = F.embedding(ids, self.table)
        if self.quantised:
            scale = rows.detach().abs().amax(dim=-1, keepdim=True).clamp_min(1e-12) / 127
            rows = Rounded.apply(rows, scale, -127.0, 127.0)
        x = (
            rows
            + self.places[: ids.shape[1]]
            + (self.types[0] if types is None else self.types[types])
        )
        x = F.dropout(self.norm(x), self.dropout, self.training)
        bias = None if mask is None else (1 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers[:-1]:
            x = layer(x, bias)
        return self.layers[-1](x, bias, wanted)


def new_table(hidden: int = 64) -> nn.Parameter:
    return nn.Parameter(torch.randn(PIECES, hidden) * 0.02)


class WordHead(nn.Module):
    """Back from the hidden state to the table, as BertForMaskedLM does."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.dense = Linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(PIECES))
        nn.init.normal_(self.dense.weight, std=0.8 / math.sqrt(hidden))
        nn.init.zeros_(self.dense.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.gelu(self.dense(x)))


def parameter_groups(modules: Iterable[nn.Module], decay: float = 0.01) -> list[dict[str, Any]]:
    """Matrices decay; biases and norms do not."""
    found = {id(p): p for m in modules for p in m.parameters() if p.requires_grad}
    matrices = [p for p in found.values() if p.ndim > 1]
    vectors = [p for p in found.values() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
