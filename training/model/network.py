"""BERT-Lite's encoder in PyTorch, plain enough to be quick on two cores.

Its tensors get Hugging Face's names and shapes in release/export.py.  `quantized` turns on the
engine's arithmetic (rounding.py): weights rounded per output channel, activations per row.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..recipe import Shape
from .rounding import rounded_activations, rounded_weights

State = dict[str, Tensor]


class Linear(nn.Linear):
    quantized = False

    def forward(self, x: Tensor) -> Tensor:
        if self.quantized:
            return F.linear(rounded_activations(x), rounded_weights(self.weight), self.bias)
        return F.linear(x, self.weight, self.bias)


class Layer(nn.Module):
    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        hidden = shape.hidden
        self.heads = shape.heads
        self.qkv = Linear(hidden, 3 * hidden)
        self.out = Linear(hidden, hidden)
        self.out_norm = nn.LayerNorm(hidden, eps=shape.epsilon)
        self.wide = Linear(hidden, shape.feed_forward * hidden)
        self.narrow = Linear(shape.feed_forward * hidden, hidden)
        self.norm = nn.LayerNorm(hidden, eps=shape.epsilon)
        self.dropout = dropout
        self.keeps_scores = False  # for a loss on what is attended to
        self.scores: Tensor | None = None

    def forward(self, x: Tensor, bias: Tensor | None, wanted: Tensor | None = None) -> Tensor:
        """All rows, or only the wanted positions (batch, count): a last layer needs no more."""
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
        if self.keeps_scores:
            self.scores = scores
        mixed = (scores.softmax(3) @ v).transpose(1, 2).reshape(b, -1, h)
        x = self.out_norm(x + F.dropout(self.out(mixed), self.dropout, self.training))
        wide = F.gelu(self.wide(x))
        return self.norm(x + F.dropout(self.narrow(wide), self.dropout, self.training))

    def init_near_identity(self, shape: Shape) -> None:
        """Passes on what it is given, to be put on top of trained layers."""
        for linear, std in (
            (self.qkv, shape.identity_inner_std),
            (self.wide, shape.identity_inner_std),
            (self.out, shape.identity_outer_std),
            (self.narrow, shape.identity_outer_std),
        ):
            nn.init.normal_(linear.weight, std=std)
            nn.init.zeros_(linear.bias)


def sines(shape: Shape) -> Tensor:
    """What positions begin as.

    Learned positions that begin as noise are drowned by the words before attention can use them.
    """
    at = torch.arange(shape.positions)[:, None].float()
    even = torch.arange(0, shape.hidden, 2)
    turn = torch.exp(even * (-math.log(shape.position_period) / shape.hidden))
    waves = torch.stack([torch.sin(at * turn), torch.cos(at * turn)], 2)
    return waves.reshape(shape.positions, shape.hidden) * shape.position_scale


def init_linears(module: nn.Module, shape: Shape) -> None:
    for m in module.modules():
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, std=shape.weight_std / math.sqrt(shape.hidden))
            nn.init.zeros_(m.bias)


def new_table(shape: Shape) -> nn.Parameter:
    return nn.Parameter(torch.randn(shape.vocabulary, shape.hidden) * shape.embedding_std)


class Encoder(nn.Module):
    def __init__(self, table: nn.Parameter, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.table = table
        self.positions = nn.Parameter(sines(shape))
        self.types = nn.Parameter(torch.randn(2, shape.hidden) * shape.embedding_std)
        self.norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.dropout = dropout
        self.quantized = False
        init_linears(self, shape)

    def forward(
        self,
        ids: Tensor,
        mask: Tensor | None = None,
        types: Tensor | None = None,
        wanted: Tensor | None = None,
    ) -> Tensor:
        rows = F.embedding(ids, self.table)
        if self.quantized:
            rows = rounded_weights(rows)
        kinds = self.types[0] if types is None else self.types[types]
        x = rows + self.positions[: ids.shape[1]] + kinds
        x = F.dropout(self.norm(x), self.dropout, self.training)
        bias = None if mask is None else (1 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers[:-1]:
            x = layer(x, bias)
        out: Tensor = self.layers[-1](x, bias, wanted)
        return out

    def shared(self) -> Encoder:
        """A copy with layers of its own that shares the embeddings."""
        other = copy.copy(self)
        other._modules = dict(self._modules)
        other.layers = copy.deepcopy(self.layers)
        return other

    def set_depth(self, count: int) -> Encoder:
        """Keeps the first layers, or adds some that are near the identity."""
        self.layers = self.layers[:count]
        while len(self.layers) < count:
            layer = Layer(self.shape, 0.0)
            layer.init_near_identity(self.shape)
            self.layers.append(layer)
        return self

    def start_from(self, state: State) -> None:
        """Takes over trained layers; those above them pass on what they are given."""
        count = depth_of(state)
        for layer in self.layers[count:]:
            assert isinstance(layer, Layer)
            layer.init_near_identity(self.shape)
        self.load_state_dict(state, strict=count == len(self.layers))

    def freeze_embeddings(self) -> None:
        """They are stored once, for all models."""
        for p in (self.table, self.positions, self.types, *self.norm.parameters()):
            p.requires_grad_(False)


def depth_of(state: State) -> int:
    """The number of layers in an encoder's state."""
    return sum(name.endswith("qkv.weight") for name in state)


def first_layers(encoder: State, count: int) -> State:
    """An encoder's state without the layers behind its first ones."""
    dropped = tuple(f"layers.{i}." for i in range(count, depth_of(encoder)))
    return {name: tensor for name, tensor in encoder.items() if not name.startswith(dropped)}


def new_encoder(shape: Shape) -> Encoder:
    return Encoder(new_table(shape), shape)


class WordHead(nn.Module):
    """Back from the hidden state to the table, as BertForMaskedLM does."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.dense = Linear(shape.hidden, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        init_linears(self, shape)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(F.gelu(self.dense(x)))
        return out


class Head(nn.Module):
    """Hugging Face's heads: a pooler and a classifier on [CLS], or a linear layer on each token."""

    def __init__(self, kind: str, shape: Shape, labels: int) -> None:
        super().__init__()
        self.pooler = Linear(shape.hidden, shape.hidden) if kind == "classes" else None
        self.out = nn.Linear(shape.hidden, labels)
        init_linears(self, shape)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(x if self.pooler is None else torch.tanh(self.pooler(x[:, 0])))
        return out.float()


def quantize(modules: Sequence[nn.Module]) -> None:
    """Turns on the engine's arithmetic."""
    for module in modules:
        for m in module.modules():
            if isinstance(m, (Encoder, Linear)):
                m.quantized = True


def parameter_groups(modules: Iterable[nn.Module], decay: float) -> list[dict[str, Any]]:
    """Matrices decay; biases and norms do not."""
    found = {id(p): p for m in modules for p in m.parameters() if p.requires_grad}
    matrices = [p for p in found.values() if p.ndim > 1]
    vectors = [p for p in found.values() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
