"""The data sets: lines of JSON packed with xz, as folders DATA/kind/name/{train,validation}.jsonl.xz."""

from __future__ import annotations

import functools
import json
import lzma
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The ten sentences that fill-mask is judged by stay out of all training, and what is close to them too.
JUDGED = (
    ("nurse", "hospital"),
    ("door", "before", "leav"),
    ("shut", "before", "leav"),
    ("drone", "sensor"),
    ("drone", "data"),
    ("onboard", "sensor"),
    ("on board", "sensor"),
    ("fan ", "empty"),
    ("fan ", "nobody"),
    ("coffee ma", "7"),
    ("coffee ma", "seven"),
    ("hall", "night"),
    ("purifier", "quality"),
    ("poor", "air quality"),
    ("air condition", "open"),
    ("ac ", "is open"),
    ("light", "off", "minutes"),
    ("light", "after", "minute"),
    ("lamp", "off", "minutes"),
    ("music", "enter"),
    ("music", "comes in"),
    ("pause", "enter"),
)
# Of these a part is held out: whole articles, whole sentences.
WITHOUT_VALIDATION = {"squadshifts_new_wiki": "title", "qamr": "context"}
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'])")


def judged(text: str) -> bool:
    low = text.lower()
    return any(all(part in low for part in parts) for parts in JUDGED)


def find(data: Path, name: str) -> Path:
    found = sorted(p for p in data.glob(f"*/{name}") if p.is_dir())
    if not found:
        raise FileNotFoundError(f"{data} has no set {name}.")
    return found[0]


def lines(path: Path) -> Iterator[str]:
    with (
        lzma.open(path, "rt", encoding="utf-8")
        if path.suffix == ".xz"
        else path.open(encoding="utf-8") as file
    ):
        for line in file:
            yield line.rstrip("\n")


def items(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(path) if line.strip()]


def read(data: Path, name: str, split: str) -> list[dict[str, Any]]:
    """A set's items, or none if it has no such split; for training without what is close to the judged sentences."""
    folder = find(data, name)
    if name in WITHOUT_VALIDATION:
        key = WITHOUT_VALIDATION[name]
        found = [
            i
            for i in items(folder / "train.jsonl.xz")
            if held_out(i[key]) == (split == "validation")
        ]
    else:
        path = folder / f"{split}.jsonl.xz"
        found = items(path) if path.exists() else []
    return [i for i in found if not judged(text_of(i))] if split == "train" else found


def text_of(item: dict[str, Any]) -> str:
    """All that an item says."""
    return " ".join(
        " ".join(item[key]) if key == "tokens" else item[key]
        for key in ("text", "tokens", "text_a", "text_b", "question", "context")
        if key in item
    )


def held_out(key: str) -> bool:
    return random.Random(key).random() < 0.1


def commands(data: Path) -> Iterator[str]:
    """What people say to devices and assistants: the texts of the intent sets."""
    for folder in sorted([*(data / "intent").iterdir(), *(data / "iot").iterdir()]):
        for item in read(data, folder.name, "train"):
            yield item.get("text") or " ".join(item["tokens"])


@functools.cache
def paragraphs(path: Path, parts: int = 4) -> list[str]:
    """Every parts-th paragraph of a text: enough to draw sentences from."""
    return [line for i, line in enumerate(lines(path)) if i % parts == 0]


def sentences(data: Path, source: str, count: int, seed: int) -> list[str]:
    """Up to count sentences of one of the texts, spread over all of it."""
    r = random.Random(seed)
    texts = paragraphs(data / "text" / f"{source}.txt.xz", 1 if source == "modern" else 4)
    found: list[str] = []
    for at in r.sample(range(len(texts)), len(texts)):
        found += (s for s in SENTENCE.split(texts[at]) if 8 <= len(s) <= 200 and not judged(s))
        if len(found) > 4 * count:
            break
    r.shuffle(found)
    return found[:count]
