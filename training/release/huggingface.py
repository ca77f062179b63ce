"""A trained model as a folder that Hugging Face's transformers, and bertlite_fast, open."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..model.checkpoints import folder_atomically
from ..model.network import State, depth_of
from ..recipe import Shape

ARCHITECTURES = {
    "classes": "BertForSequenceClassification",
    "tokens": "BertForTokenClassification",
    "answers": "BertForQuestionAnswering",
    "words": "BertForMaskedLM",
    "vectors": "BertModel",
}
EMBEDDINGS = {
    "embeddings.word_embeddings.weight": "table",
    "embeddings.position_embeddings.weight": "positions",
    "embeddings.token_type_embeddings.weight": "types",
    "embeddings.LayerNorm.weight": "norm.weight",
    "embeddings.LayerNorm.bias": "norm.bias",
}
LAYER = {
    "out": "attention.output.dense",
    "out_norm": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "norm": "output.LayerNorm",
}
WORD_HEAD = {
    "cls.predictions.transform.dense.weight": "dense.weight",
    "cls.predictions.transform.dense.bias": "dense.bias",
    "cls.predictions.transform.LayerNorm.weight": "norm.weight",
    "cls.predictions.transform.LayerNorm.bias": "norm.bias",
    "cls.predictions.bias": "bias",
}


def encoder_tensors(state: State) -> State:
    found = {theirs: state[ours] for theirs, ours in EMBEDDINGS.items()}
    for layer in range(depth_of(state)):
        ours, theirs = f"layers.{layer}", f"encoder.layer.{layer}"
        for kind in ("weight", "bias"):
            parts = state[f"{ours}.qkv.{kind}"].chunk(3)
            for name, part in zip(("query", "key", "value"), parts):
                found[f"{theirs}.attention.self.{name}.{kind}"] = part
            for name, other in LAYER.items():
                found[f"{theirs}.{other}.{kind}"] = state[f"{ours}.{name}.{kind}"]
    return {f"bert.{name}": tensor for name, tensor in found.items()}


def head_tensors(kind: str, head: State) -> State:
    if kind == "vectors":
        return {}
    if kind == "words":
        return {theirs: head[ours] for theirs, ours in WORD_HEAD.items()}
    name = "qa_outputs" if kind == "answers" else "classifier"
    found = {f"{name}.weight": head["out.weight"], f"{name}.bias": head["out.bias"]}
    if kind == "classes":
        found["bert.pooler.dense.weight"] = head["pooler.weight"]
        found["bert.pooler.dense.bias"] = head["pooler.bias"]
    return found


def config(
    kind: str, shape: Shape, layers: int, labels: list[str], more: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "architectures": [ARCHITECTURES[kind]],
        "model_type": "bert",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward * shape.hidden,
        "hidden_act": "gelu",
        "max_position_embeddings": shape.positions,
        "type_vocab_size": 2,
        "layer_norm_eps": shape.epsilon,
        "hidden_dropout_prob": shape.config_dropout,
        "attention_probs_dropout_prob": shape.config_dropout,
        "pad_token_id": 0,
    }
    if labels:
        found["id2label"] = {str(i): label for i, label in enumerate(labels)}
        found["label2id"] = {label: i for i, label in enumerate(labels)}
    return found | more


def shortened(name: str, tensor: Tensor) -> Tensor:
    """What stays a float in the package, to eleven bits.

    No score changes, and a wheel packs it into half as much.
    """
    if tensor.dtype == torch.int8:
        return tensor
    if tensor.ndim == 1 or "position" in name or "token_type" in name:
        return tensor.half().float()
    return tensor.float()


def write_folder(
    folder: Path,
    vocabulary: Path,
    shape: Shape,
    state: dict[str, Any],
    more: dict[str, Any] | None = None,
    half: bool = False,
) -> None:
    """Writes a state {encoder, head, labels, kind, spelling}; in float16 with `half`.

    `more` are settings of the configuration.
    """
    kind, encoder = state["kind"], state["encoder"]
    tensors = encoder_tensors(encoder) | head_tensors(kind, state.get("head", {}))
    tensors |= state.get("spelling", {})
    settings = config(kind, shape, depth_of(encoder), state.get("labels", []), more or {})
    tokenizer = {
        "do_lower_case": True,
        "tokenizer_class": "BertTokenizer",
        "model_max_length": shape.positions,
    }
    with folder_atomically(folder) as scratch:
        save_file(
            {n: (t.half() if half else shortened(n, t)).contiguous() for n, t in tensors.items()},
            scratch / "model.safetensors",
            metadata={"format": "pt"},
        )
        for name, content in (("config.json", settings), ("tokenizer_config.json", tokenizer)):
            indent = 1 if name == "config.json" else None
            text = json.dumps(content, indent=indent) + "\n"
            (scratch / name).write_text(text, encoding="utf-8")
        shutil.copy(vocabulary, scratch / "vocab.txt")
