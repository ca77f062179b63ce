"""A converted file, back as the states that training starts from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from ..model.network import State
from .huggingface import ARCHITECTURES, EMBEDDINGS, LAYER, WORD_HEAD

KINDS = {theirs: ours for ours, theirs in ARCHITECTURES.items()}
QUERY, KEY = "self.query.weight", "self.key.weight"
STEPS = np.float32(1 / 127)  # of a row's greatest magnitude, as the writer rounds
BESIDE = ("tokenizer.table", "spelling.")  # not of the network
NEAR = 8  # floats beside one that are tried


def restored(matrix: Any, scale: Any) -> Any:
    """int8 rows as floats that are rounded to the same int8 rows with the same scales again.

    The writer's scale is the greatest magnitude times 1/127, and that product is rounded; so the
    greatest of each row is moved to a float next to it where the scale would not come out alike.
    """
    rows = matrix.astype(np.float32) * scale[:, None]
    at = np.abs(matrix.astype(np.int16)).argmax(1)
    every = np.arange(len(rows))
    greatest = rows[every, at].copy()
    for _ in range(NEAR):
        found = np.abs(greatest) * STEPS
        step = np.where(found < scale, np.inf, 0).astype(np.float32)
        moved = np.nextafter(np.abs(greatest), step) * np.sign(greatest)
        greatest = np.where(found == scale, greatest, moved)
    rows[every, at] = greatest
    return rows


def tensors_of(file: Path) -> tuple[dict[str, Any], State]:
    """The configuration and the tensors in float32, under Hugging Face's names."""
    with safe_open(file, "np") as opened:
        config = json.loads(opened.metadata()["config"])
        stored = {name: opened.get_tensor(name) for name in list(opened.keys())}
    found: State = {}
    for name, tensor in stored.items():
        if name.startswith(BESIDE) or name.endswith((".scale", ".balance")):
            continue
        if tensor.dtype == np.int8:
            tensor = restored(tensor, stored[f"{name}.scale"])
            balance = stored.get(f"{name.replace(KEY, QUERY)}.balance")
            tensor = tensor if balance is None else tensor * balance
        found[name] = torch.from_numpy(np.array(tensor, np.float32))
    return config, found


def encoder_state(tensors: State, layers: int) -> State:
    found = {ours: tensors[f"bert.{theirs}"] for theirs, ours in EMBEDDINGS.items()}
    for layer in range(layers):
        ours, theirs = f"layers.{layer}", f"bert.encoder.layer.{layer}"
        for kind in ("weight", "bias"):
            parts = [
                tensors[f"{theirs}.attention.self.{n}.{kind}"] for n in ("query", "key", "value")
            ]
            found[f"{ours}.qkv.{kind}"] = torch.cat(parts)
            for name, other in LAYER.items():
                found[f"{ours}.{name}.{kind}"] = tensors[f"{theirs}.{other}.{kind}"]
    return found


def head_state(kind: str, tensors: State) -> State:
    if kind == "vectors":
        return {}
    if kind == "words":
        return {ours: tensors[theirs] for theirs, ours in WORD_HEAD.items()}
    name = "qa_outputs" if kind == "answers" else "classifier"
    found = {f"out.{part}": tensors[f"{name}.{part}"] for part in ("weight", "bias")}
    if kind == "classes":
        found |= {
            f"pooler.{part}": tensors[f"bert.pooler.dense.{part}"] for part in ("weight", "bias")
        }
    return found


def state_of(file: Path, base: Path) -> dict[str, Any]:
    """What a tuning would have left: {encoder, head, labels, kind}, as int8 rounds it."""
    config, tensors = tensors_of(file)
    if file != base:
        shared: dict[str, Tensor] = tensors_of(base)[1]
        tensors |= {n: t for n, t in shared.items() if ".embeddings." in n}
    kind = KINDS[config["architectures"][0]]
    labels = config.get("id2label", {})
    return {
        "encoder": encoder_state(tensors, config["num_hidden_layers"]),
        "head": head_state(kind, tensors),
        "labels": [labels[str(i)] for i in range(len(labels))],
        "kind": kind,
    }
