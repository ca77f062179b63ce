"""Vectors by the teacher's of sentences and of phrases together, and opposites apart.

A topic's name has to be near the texts on it, so sentences and phrases are in each batch, and
which of the phrases a sentence is nearest to is learned, too.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bertlite_fast import Tokenizer

from ..data.sets import Data
from ..data.topics import drawn, named_sets
from ..model.batches import Batches, Row, padded
from ..model.network import Encoder
from ..teacher.meanings import meanings_files
from .contrasts import Opposed
from .vectors import main_directions, mean


class Taught:
    """Texts with their teacher's vectors."""

    def __init__(
        self, tokenizer: Tokenizer, folder: Path, kind: str, size: int, data: Data
    ) -> None:
        text_file, vector_file = meanings_files(folder, kind)
        texts = text_file.read_text(encoding="utf-8").split("\n")[:-1]
        self.vectors: Any = np.load(vector_file, mmap_mode="r")
        longest = data.recipe.losses.vector_longest
        rows = tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
        self.rows = [Row(np.asarray(ids, np.uint16), i) for i, ids in enumerate(rows)]
        seed, sorted_batches = data.recipe.seed, data.recipe.data.sorted_batches
        self.batches = Batches(self.rows, size, seed, sorted_batches).forever()

    def of(self, rows: list[Row]) -> Tensor:
        found = np.asarray(self.vectors[[row.target for row in rows]], np.float32)
        return F.normalize(torch.from_numpy(found), dim=1)


def _embedded(encoder: Encoder, rows: list[Row]) -> Tensor:
    ids, mask, types = padded(rows)
    return F.normalize(mean(encoder(ids, mask, types), mask), dim=1)


class Meanings(Opposed):
    def __init__(self, tokenizer: Tokenizer, folder: Path, data: Data, earlier: Encoder) -> None:
        super().__init__(tokenizer, data)
        self.numbers = data.recipe.meanings
        self.sentences = Taught(tokenizer, folder, "sentences", self.numbers.sentence_batch, data)
        self.phrases = Taught(tokenizer, folder, "phrases", self.numbers.phrase_batch, data)
        self.labels = Taught(tokenizer, folder, "labels", self.numbers.label_batch, data)
        self.named, self.r = named_sets(data), random.Random(data.recipe.seed)
        self.turn = torch.from_numpy(self._turn(data, earlier))

    @torch.no_grad()
    def _turn(self, data: Data, earlier: Encoder) -> Any:
        """The teacher's main directions, turned to where the earlier vectors are."""
        sample = data.recipe.losses.vector_sample
        parts = [part.vectors[:sample] for part in (self.sentences, self.phrases)]
        directions = main_directions(np.concatenate(parts), data.recipe.shape.hidden, 2 * sample)
        rows = self.sentences.rows[: self.numbers.turned]
        size = self.numbers.sentence_batch
        found = [_embedded(earlier, rows[at : at + size]) for at in range(0, len(rows), size)]
        taught = self.sentences.of(rows).numpy() @ directions
        left, _, right = np.linalg.svd(taught.T @ torch.cat(found).float().numpy())
        return (directions @ left @ right).astype(np.float32)

    def taught(self, encoder: Encoder) -> Tensor:
        """How far texts are from the teacher's vectors, similarities, and order of phrases."""
        sentences, phrases = next(self.sentences.batches), next(self.phrases.batches)
        labels = next(self.labels.batches)
        rows = sentences, [*phrases, *labels]
        found = torch.cat([_embedded(encoder, some) for some in rows]).float()
        taught = self.sentences.of(sentences), self.phrases.of(phrases), self.labels.of(labels)
        full = torch.cat(taught)
        wanted = F.normalize(full @ self.turn, dim=1)
        near = 1 - (found * wanted).sum(1).mean()
        alike = (found @ found.T - wanted @ wanted.T).square().mean()
        count, numbers = len(sentences), self.numbers
        likely = (full[:count] @ full[count:].T * numbers.sharpness).softmax(1)
        said = (found[:count] @ found[count:].T * numbers.sharpness).log_softmax(1)
        order = (likely * (likely.clamp_min(1e-12).log() - said)).sum(1).mean()
        return near + self.losses.vector_pairs * alike + numbers.order * order

    def meant(self, encoder: Encoder) -> Tensor:
        """Texts of the sets are to be nearest to the name of their own label."""
        numbers = self.numbers
        texts, meant, labels = drawn(self.named, numbers.most_labels, numbers.named, self.r)
        said, names = self._embedded(encoder, texts), self._embedded(encoder, labels)
        return F.cross_entropy((said @ names.T).float() * numbers.sharpness, torch.tensor(meant))
