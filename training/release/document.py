"""The tables of docs/models.md, which names data and licenses in words of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bertlite_fast.files import write_atomically

from ..data.intents import NONE
from .card import WHAT, model_of, shown
from .metrics import Scores
from .models import Open


def between_marks(text: str, name: str, lines: Sequence[str]) -> str:
    """A document with these lines between its marks of that name."""
    body = "".join(f"{line}\n" for line in lines)
    pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    text, count = re.subn(pattern, lambda m: m[1] + body + m[2], text, flags=re.S)
    if count != 1:
        raise ValueError(f"expected the marks <!-- {name} --> once in the document, got {count}.")
    return text


# Tables stand between their marks as a whole: a mark within a table would end it.
def score_rows(found: dict[str, Scores]) -> list[str]:
    rows = ["| set | what | score | baselines |", "|---|---|---:|---|"]
    for name, scores in found.items():
        if name == "intent":
            continue
        model = model_of(name)
        what = WHAT[model].split(" (")[0] if model else "intents of that set"
        beside = ", ".join(f"{k.strip('()')} {v:.1f}" for k, v in scores.items() if k[0] == "(")
        rows.append(f"| {name} | {what} | {shown(scores)} | {beside} |")
    return rows


def file_rows(weights: Path) -> list[str]:
    rows = ["| file | task | size |", "|---|---|---:|"]
    for name, what in WHAT.items():
        size = (weights / f"{name}.bertlite").stat().st_size / 1000
        rows.append(f"| `{name}.bertlite` | {what} | {size:.0f} KB |")
    return rows


def intent_lines(pipe: Any, scores: Scores) -> list[str]:
    kept, right, refused, wiki = (
        round(scores[k], 1)
        for k in ("kept", "accuracy", "out of scope refused", "Wikipedia refused")
    )
    labels = [label for label in pipe.labels if label != NONE]
    return [
        f"{len(labels)} intents, and a label for texts that are none of them. "
        f"The default threshold, {pipe.threshold:.2f}, was set on",
        f"validation, so that 95 % of the requests it knows pass (here {kept} %; {right} % of all "
        "are answered",
        f"rightly). At it, {refused} % of clinc150's out-of-scope requests are refused, so "
        f"{100 - refused:.1f} % are falsely",
        f"accepted; of 200 sentences of Wikipedia {wiki} % are refused.",
        "",
        "They are: " + ", ".join(labels) + ".",
    ]


def write_tables(found: dict[str, Scores], weights: Path, document: Path, opened: Open) -> None:
    text = document.read_text(encoding="utf-8")
    text = between_marks(text, "files", file_rows(weights))
    text = between_marks(text, "scores", score_rows(found))
    pipe = opened("intent-classification", "intent")
    text = between_marks(text, "intents", intent_lines(pipe, found["intent"]))
    write_atomically(document, text)
