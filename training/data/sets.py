"""The data sets: lines of JSON packed with xz, as DATA/kind/name/{train,validation}.jsonl.xz."""

from __future__ import annotations

import functools
import json
import lzma
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..recipe import RECIPE, Recipe
from .held_out import is_held_out

Item = dict[str, Any]

# These come without a validation split: whole articles, whole contexts are held out.
WITHOUT_VALIDATION = {"squadshifts_new_wiki": "title", "qamr": "context"}
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'])")


def lines(path: Path) -> Iterator[str]:
    with (
        lzma.open(path, "rt", encoding="utf-8")
        if path.suffix == ".xz"
        else path.open(encoding="utf-8") as file
    ):
        for line in file:
            yield line.rstrip("\n")


def items(path: Path) -> list[Item]:
    return [json.loads(line) for line in lines(path) if line.strip()]


def text_of(item: Item) -> str:
    """All that an item says."""
    return " ".join(
        " ".join(item[key]) if key == "tokens" else item[key]
        for key in ("text", "tokens", "text_a", "text_b", "question", "context")
        if key in item
    )


@functools.lru_cache(maxsize=3)
def paragraphs(path: Path, stride: int) -> list[str]:
    """Every stride-th paragraph of a text: enough to draw sentences from."""
    return [line for i, line in enumerate(lines(path)) if i % stride == 0]


class Data:
    """The folder DATA, read by a recipe's numbers."""

    def __init__(self, folder: Path, recipe: Recipe = RECIPE) -> None:
        self.folder = folder
        self.recipe = recipe
        self.vocabulary = folder / "vocab.txt"

    def find(self, name: str) -> Path:
        found = sorted(p for p in self.folder.glob(f"*/{name}") if p.is_dir())
        if not found:
            raise FileNotFoundError(
                f"{self.folder} has no set {name}: expected a folder KIND/{name}, "
                "as training/README.md describes."
            )
        return found[0]

    def read(self, name: str, split: str) -> list[Item]:
        """A set's items, or none if it has no such split.

        Items close to the held-out sentences are left out of training.
        """
        folder = self.find(name)
        if name in WITHOUT_VALIDATION:
            key = WITHOUT_VALIDATION[name]
            found = [
                item
                for item in items(folder / "train.jsonl.xz")
                if self._in_validation(item[key]) == (split == "validation")
            ]
        else:
            path = folder / f"{split}.jsonl.xz"
            found = items(path) if path.exists() else []
        if split != "train":
            return found
        return [item for item in found if not is_held_out(text_of(item))]

    def _in_validation(self, key: str) -> bool:
        return random.Random(key).random() < self.recipe.held_out.validation

    def commands(self) -> Iterator[str]:
        """What people say to devices and assistants: the texts of the intent sets."""
        folders = [*(self.folder / "intent").iterdir(), *(self.folder / "iot").iterdir()]
        for folder in sorted(folders):
            for item in self.read(folder.name, "train"):
                yield item.get("text") or " ".join(item["tokens"])

    def typed(self) -> Iterator[str]:
        """What people write: the texts of sets of comments, headlines, reviews and news."""
        keys = ("text", "text_a", "text_b", "context")
        for name in self.recipe.data.typed:
            for item in self.read(name, "train"):
                yield from (item[key] for key in keys if key in item)

    def text_file(self, source: str) -> Path:
        return self.folder / "text" / f"{source}.txt.xz"

    def paragraphs(self, source: str) -> list[str]:
        if source == "typed":
            return list(dict.fromkeys(self.typed()))
        stride = 1 if source == "modern" else self.recipe.held_out.paragraph_stride
        return paragraphs(self.text_file(source), stride)

    def sentences(self, source: str, count: int, seed: int) -> list[str]:
        """Up to count sentences of one of the texts, spread over all of it."""
        r = random.Random(seed)
        shortest, longest = self.recipe.held_out.sentence_lengths
        enough = self.recipe.held_out.oversampling * count
        texts = self.paragraphs(source)
        found: list[str] = []
        for at in r.sample(range(len(texts)), len(texts)):
            found += (
                s
                for s in SENTENCE.split(texts[at])
                if shortest <= len(s) <= longest and not is_held_out(s)
            )
            if len(found) > enough:
                break
        r.shuffle(found)
        return found[:count]
