"""A run: its data, its recipe, its folder, and where its results go."""

from __future__ import annotations

import functools
import json
import time
from pathlib import Path
from typing import Any

from bertlite_fast import Tokenizer

from ..data.sets import Data
from ..model import checkpoints
from ..model.network import Encoder, WordHead, new_encoder
from ..recipe import Pass, Recipe, Tuning
from ..release.outputs import Outputs
from ..tasks.vectors import Vectors


class Run:
    def __init__(self, data: Path, folder: Path, recipe: Recipe, outputs: Outputs) -> None:
        self.data = Data(data, recipe)
        self.recipe = recipe
        self.folder = folder
        self.outputs = outputs
        self.corpus = folder / "corpus"
        self.teacher = folder / "teacher"
        self.pools = folder / "pools"
        self.base_file = folder / "base/encoder.pt"
        self.begun = time.monotonic()

    def log(self, **what: Any) -> None:
        """A line of JSON to the screen and to RUN/log.jsonl."""
        shown = {k: round(v, 4) if isinstance(v, float) else v for k, v in what.items()}
        line = json.dumps(shown | {"seconds": round(time.monotonic() - self.begun)})
        print(line, flush=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def say(self, text: str) -> None:
        print(text, flush=True)

    @functools.cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer(self.data.vocabulary)

    @functools.cached_property
    def vectors(self) -> Vectors:
        return Vectors(self.tokenizer, self.teacher, self.data)

    def base(self) -> tuple[Encoder, WordHead]:
        """The pre-trained encoder and its word head."""
        state = checkpoints.load(self.base_file)
        encoder, head = new_encoder(self.recipe.shape), WordHead(self.recipe.shape)
        encoder.load_state_dict(state["encoder"])
        head.load_state_dict(state["head"])
        return encoder, head

    def stage_file(self, stage: str) -> Path:
        return self.folder / f"{stage}.pt"

    def tuned_file(self, name: str) -> Path:
        """What a tuning "pass/task" leaves."""
        return self.folder / f"{name}.pt"

    def last_tuned(self, table: str) -> dict[str, str]:
        """Of each task, the last tuning on a stage's table: "pass/task" by task."""
        return {
            tuning.task: tuning_name(one, tuning)
            for one in self.recipe.passes
            if one.table == table
            for tuning in one.tunings
        }


def tuning_name(one: Pass, tuning: Tuning) -> str:
    return f"{one.name}/{tuning.task}"
