"""Small random models of sentence-transformers, saved by sentence-transformers itself."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

WORDS = "turn on the light in kitchen please play music is it lamp red query : un ##able ##s a b"
HIDDEN, LONGEST = 48, 40
MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
TEXTS = [
    "Turn on the light in the kitchen, please.",
    "a",
    "",
    "lamp lamps unable ÜN 中 [MASK] red",
    "play the music in the kitchen " * 20,
]


def encoder(folder: Path, labels: int = 0, cased: bool = False) -> Path:
    """A random BERT with its tokenizer; with labels, one for sequence classification."""
    import torch
    import transformers

    torch.manual_seed(labels + 1)
    config = transformers.BertConfig(
        vocab_size=64, hidden_size=HIDDEN, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=80, max_position_embeddings=LONGEST, initializer_range=0.2,
    )  # fmt: skip
    if labels:
        config.num_labels = labels
        model = transformers.BertForSequenceClassification(config)
    else:
        model = transformers.BertModel(config)
    model.save_pretrained(folder)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(tokens) + "\n", encoding="utf-8")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": not cased}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def save(
    folder: Path, pooling: Any, *modules: Any, include_prompt: bool = True, **more: Any
) -> Path:
    """A model of this pooling and these modules behind it, saved in folder."""
    from sentence_transformers import SentenceTransformer

    models = importlib.import_module("sentence_transformers.models")
    first = models.Transformer(str(encoder(folder.parent / f"{folder.name}-encoder")))
    second = models.Pooling(HIDDEN, pooling_mode=pooling, include_prompt=include_prompt)
    model = SentenceTransformer(modules=[first, second, *modules], device="cpu", **more)
    model.save(str(folder))
    return folder
