"""The package's card, which `bertlite-fast info` shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bertlite_fast.files import write_atomically

from .metrics import Scores
from .scores import SETS

WHAT = {
    "base": "words at masked positions (fill-mask)",
    "qa": "answers in a text (question-answering)",
    "ner": "persons, places, organizations (ner)",
    "pos": "parts of speech (token-classification)",
    "slots": "devices, rooms, colors, times in a command (token-classification)",
    "emotion": "emotion of a remark (text-classification)",
    "sentiment": "positive or negative (sentiment-analysis)",
    "intent": "what a command asks for, or that it is none (intent-classification)",
    "vectors": "sentences as vectors (similarity, search, zero-shot)",
}


def model_of(name: str) -> str:
    """The embedded model that a scored set tells of, or an empty string."""
    return SETS[name].model if name in SETS else name


def shown(scores: Scores) -> str:
    """A model's own scores, without baselines."""
    return ", ".join(f"{k} {v:.3g}" for k, v in scores.items() if k[0] != "(")


def data_of(document: Path) -> list[dict[str, str]]:
    """Names and licenses of the data, from the table below the document's heading "Data"."""
    text = document.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| .+? \| (.+?) \|$", text[text.index("## Data") :], re.M)[1:]
    return [{"name": name, "license": it} for name, it in rows if not name.startswith("---")]


def write_card(found: dict[str, Scores], file: Path, document: Path | None) -> None:
    models: dict[str, Any] = {name: {"what": what, "scores": []} for name, what in WHAT.items()}
    for name, scores in found.items():
        if model_of(name):
            models[model_of(name)]["scores"].append(f"{name}: {shown(scores)}")
    card = {
        "models": models,
        "scores": {n: {k: round(v, 2) for k, v in s.items()} for n, s in found.items()},
        "data": data_of(document) if document else [],
    }
    write_atomically(file, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
