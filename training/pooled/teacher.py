"""The teacher on a device: all-MiniLM-L6-v2, packed to travel, with a head of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .rows import Batch

STEPS = 127


def pack(folder: Path, out: Path) -> None:
    """Weights in eight bits, a scale a row: what is tuned on begins as well from these."""
    from safetensors.numpy import load_file

    from bertlite_fast.files import AtomicFile

    arrays: dict[str, Any] = {}
    for whole, tensor in load_file(folder / "model.safetensors").items():
        name = whole.removeprefix("bert.")  # of a model with a head
        if tensor.ndim < 2:
            arrays[name] = tensor.astype(np.float32)
            continue
        scale = np.maximum(np.abs(tensor).max(1, keepdims=True), 1e-9) / STEPS
        arrays[name] = np.rint(tensor / scale).astype(np.int8)
        arrays[f"{name}.scale"] = scale.astype(np.float32)
    config = (folder / "config.json").read_bytes()
    with AtomicFile(out) as file:
        np.savez(file, config=np.frombuffer(config, np.uint8), **arrays)


class TeacherEncoder(nn.Module):
    def __init__(self, file: Path) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        with np.load(file) as found:
            config = json.loads(bytes(found["config"]))
            state = {
                name: torch.from_numpy(
                    found[name].astype(np.float32) * found.get(f"{name}.scale", np.float32(1))
                )
                for name in found.files
                if name != "config" and not name.endswith(".scale")
            }
        self.width: int = config["hidden_size"]
        self.bert: Any = BertModel(BertConfig(**config), add_pooling_layer=False)
        missing, _ = self.bert.load_state_dict(state, strict=False)
        if any("layer" in name or "word" in name for name in missing):
            raise ValueError(f"{file} lacks {missing[0]}: expected all of the teacher's tensors.")

    def freeze_words(self) -> None:
        """Words that the sets do not have stay beside those that they have."""
        self.bert.embeddings.requires_grad_(False)

    def states(self, ids: Tensor, inside: Tensor, types: Tensor | None = None) -> Tensor:
        found = self.bert(ids, attention_mask=inside.long(), token_type_ids=types)
        states: Tensor = found.last_hidden_state
        return states


class Teacher(TeacherEncoder):
    """Logits of each token."""

    def __init__(self, file: Path, labels: int) -> None:
        super().__init__(file)
        self.head = nn.Linear(self.width, labels)

    def forward(self, batch: Batch, types: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.states(batch.ids, batch.inside, types)).float()
        return logits


class WordTeacher(TeacherEncoder):
    """Logits of all words at some positions, by the table of its own words."""

    def __init__(self, file: Path, bias: Tensor) -> None:
        super().__init__(file)
        self.head = nn.Sequential(
            nn.Linear(self.width, self.width), nn.GELU(), nn.LayerNorm(self.width)
        )
        self.bias = nn.Parameter(bias)

    def forward(self, ids: Tensor, inside: Tensor, is_wanted: Tensor) -> Tensor:
        states = self.head(self.states(ids, inside)[is_wanted])
        table = self.bert.embeddings.word_embeddings.weight
        logits: Tensor = states @ table.T + self.bias
        return logits


class VectorTeacher(TeacherEncoder):
    """The vector of each text, of length 1."""

    def forward(self, batch: Batch) -> Tensor:
        return mean_vectors(self.states(batch.ids, batch.inside), batch.inside)


def mean_vectors(states: Tensor, inside: Tensor) -> Tensor:
    weights = inside[:, :, None].float()
    return F.normalize((states.float() * weights).sum(1) / weights.sum(1), dim=1)
