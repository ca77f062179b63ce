"""Small models with random weights, in a cache of Hugging Face, under names of models there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LAYERS, WORDS = 2, 8000
REVISION = "0" * 40


def snapshot(root: Path, name: str) -> Path:
    """The folder of a model in the cache at root."""
    place = root / "hub" / f"models--{name.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs/main").write_text(REVISION)
    return place / "snapshots" / REVISION


def weights(family: str, heads: list[str], labels: int, wide: int) -> tuple[Any, dict[str, Any]]:
    """A config, and weights for all of these heads on one encoder."""
    import torch
    import transformers

    torch.manual_seed(20261126)
    names = {i: ("O" if i == 0 else f"{'BI'[i % 2]}-KIND{i // 2}") for i in range(labels)}
    more: dict[str, Any] = {"num_labels": labels, "initializer_range": 0.3, "vocab_size": WORDS}
    if heads[0].endswith("TokenClassification"):
        more["id2label"] = names
    if family == "Bert":
        config: Any = transformers.BertConfig(
            hidden_size=wide, num_hidden_layers=LAYERS, num_attention_heads=2,
            intermediate_size=2 * wide, **more,
        )  # fmt: skip
    else:
        config = transformers.DistilBertConfig(
            dim=wide, n_layers=LAYERS, n_heads=2, hidden_dim=2 * wide, **more
        )
    state: dict[str, Any] = {}
    for head in heads:
        model = getattr(transformers, family + head)(config).eval()
        for name, tensor in model.state_dict().items():
            state.setdefault(name, tensor.clone())
    config.architectures = [family + heads[0]]
    return config, state


def save(
    folder: Path,
    vocabulary: list[str],
    family: str,
    heads: list[str],
    *,
    labels: int = 2,
    mask: str = "[MASK]",
    wide: int = 32,
) -> None:
    """Write a small model and its tokenizer."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config, state = weights(family, heads, labels, wide)
    config.save_pretrained(folder)
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    (folder / "vocab.txt").write_text("\n".join(vocabulary).replace("[MASK]", mask), "utf-8")
    settings = {
        "tokenizer_class": f"{family}Tokenizer",
        "model_max_length": 512,
        "mask_token": mask,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
