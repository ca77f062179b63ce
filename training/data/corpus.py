"""Text for pre-training, as ids of 16 bits each, one file a source, and rows drawn from them.

Only training splits are read.  Paragraphs are followed by [SEP].
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bertlite_fast import Tokenizer
from bertlite_fast.files import AtomicFile

from ..recipe import Masking
from .held_out import is_held_out
from .home import sentences
from .sets import Data, lines

CLS = 101
TEXTS = ("modern", "books", "wikipedia")
SOURCES = (*TEXTS, "commands", "home")

Ids = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def texts_of(data: Data, source: str) -> Iterator[str]:
    if source == "commands":
        return data.commands()
    if source == "home":
        numbers = data.recipe.home
        return sentences(numbers.corpus_count, numbers.corpus_seed, numbers)
    return lines(data.text_file(source))


def write_ids(tokenizer: Tokenizer, texts: Iterator[str], path: Path) -> str:
    """Writes the ids of texts, without those that are held out; says how many there are."""
    count, left_out = 0, 0
    end = tokenizer.sep_token_id or 0
    with AtomicFile(path) as file:
        for text in texts:
            if is_held_out(text):
                left_out += 1
                continue
            ids = array("H", tokenizer.encode(text, add_special_tokens=False))
            if ids:
                ids.append(end)
                file.write(ids.tobytes())
                count += len(ids)
    return f"{path.name}: {count} ids; {left_out} texts held out"


class Corpus:
    """Rows of ids from several sources, each as often as its share says."""

    def __init__(
        self, folder: Path, shares: Mapping[str, float], vocabulary: int, numbers: Masking
    ) -> None:
        self.sources = {
            name: np.memmap(folder / f"{name}.ids", dtype=np.uint16, mode="r") for name in shares
        }
        self.names = list(shares)
        self.shares = np.array([shares[n] for n in self.names]) / sum(shares.values())
        self.vocabulary = vocabulary
        self.numbers = numbers

    def rows(
        self, count: int, length: int, r: np.random.Generator, held_out: str | None = None
    ) -> Ids:
        """Rows from all sources, or from the end of one, which is held out of the others."""
        out = np.empty((count, length), np.int64)
        which = r.choice(len(self.names), count, p=self.shares)
        for i, name in enumerate(self.names):
            mine = (
                np.flatnonzero(which == i)
                if held_out is None
                else np.arange(count if name == held_out else 0)
            )
            ids = self.sources[name]
            end = min(self.numbers.source_end, len(ids) // self.numbers.source_end_share)
            low, high = (len(ids) - end, len(ids)) if held_out else (0, len(ids) - end)
            starts = r.integers(low, high - length, len(mine))
            out[mine] = ids[starts[:, None] + np.arange(length)]
        out[:, 0] = CLS
        return out

    def frequencies(self) -> Floats:
        """How often each token comes up in rows."""
        total = np.zeros(self.vocabulary)
        for name, share in zip(self.names, self.shares):
            ids = self.sources[name][: self.numbers.frequency_ids]
            counts = np.bincount(ids, minlength=self.vocabulary)
            total += share * counts / counts.sum()
        return total
