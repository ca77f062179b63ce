"""Texts of a comparison: of an exact number of tokens, varied, the same on every machine."""

from __future__ import annotations

import json
import lzma
import random
from pathlib import Path
from typing import Any

from .model_files import documentation_words

SPECIAL = 2  # [CLS] and [SEP]


def of_length(folder: Path, tokens: int, count: int, seed: int = 0) -> list[str]:
    """Texts of words that are one token each in the folder's vocabulary."""
    known = set((folder / "vocab.txt").read_text(encoding="utf-8").split("\n"))
    words = [word for word in documentation_words() if word in known]
    chosen = random.Random(seed * 10_000 + tokens)
    return [" ".join(chosen.choices(words, k=tokens - SPECIAL)) for _ in range(count)]


def masked(folder: Path, tokens: int, count: int) -> list[str]:
    """The same with one word masked."""
    found = []
    for i, text in enumerate(of_length(folder, tokens, count, seed=2)):
        words = text.split()
        words[i % len(words)] = "[MASK]"
        found.append(" ".join(words))
    return found


def mixture() -> list[str]:
    """Texts as people write them, of 3 to 74 tokens: those of bertlite-fast bench."""
    from bertlite_fast.bench.cases import MIXED

    return list(MIXED)


def real(data: Path, each: int = 300, most_words: int = 60) -> list[str]:
    """As many requests to an assistant (Snips) as sentences of a web treebank (UD EWT), from the
    validation parts in the folder that training/README.md describes.

    Longer texts are left out: LiteRT's longest graph has 128 tokens."""
    requests = [item["text"] for item in _items(data / "intent/snips")]
    sentences = [" ".join(item["tokens"]) for item in _items(data / "pos/ud_ewt")]
    chosen = random.Random(0)
    found = []
    for texts in (requests, sentences):
        found += chosen.sample([text for text in texts if len(text.split()) <= most_words], each)
    chosen.shuffle(found)
    return found


def _items(folder: Path) -> list[dict[str, Any]]:
    with lzma.open(folder / "validation.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
