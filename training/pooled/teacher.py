"""The teacher on a device: all-MiniLM-L6-v2, packed to travel, with a head of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

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


class Teacher(nn.Module):
    """The encoder, and logits of each token."""

    def __init__(self, file: Path, labels: int) -> None:
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
        self.bert: Any = BertModel(BertConfig(**config), add_pooling_layer=False)
        missing, _ = self.bert.load_state_dict(state, strict=False)
        if any("layer" in name or "word" in name for name in missing):
            raise ValueError(f"{file} lacks {missing[0]}: expected all of the teacher's tensors.")
        self.head = nn.Linear(config["hidden_size"], labels)

    def freeze_words(self) -> None:
        """Words that the sets do not have stay beside those that they have."""
        self.bert.embeddings.requires_grad_(False)

    def forward(self, batch: Batch, types: Tensor | None = None) -> Tensor:
        found = self.bert(batch.ids, attention_mask=batch.inside.long(), token_type_ids=types)
        logits: Tensor = self.head(found.last_hidden_state).float()
        return logits
