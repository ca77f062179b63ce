"""From a training run to the files of the package.

The encoder as a Hugging Face folder, the embedded models, and models for sets with labels of their
own.  The intent model's threshold is set here, on validation.
"""

from __future__ import annotations

import functools
import itertools
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch

from bertlite_fast import convert, embedded, pipeline

from ..data.intents import NONE, intent_items
from ..data.labeled import classified_items
from ..data.lessons import LESSONS
from ..data.spelling import spelling_of
from ..model import checkpoints
from ..stages.run import Run
from .calibration import KINDS, RENAMED, collected, expected_error, fitted_temperature
from .huggingface import write_folder
from .rebase import is_same, metadata_of, rebase, shared_of

# Models for what people type, and the task whose texts their lists for misspelled words come from.
SPELLED = {"intent": "intent", "slots": "intent", "sentiment": "sentiment"}
# Labels that refuse a request, by model.
REFUSED = {"intent": NONE, "clinc150": "oos"}

# Tokens, special tokens included, of the windows that longer texts are read in: as many as a model
# answers well, which is about as many as it was trained on.  `window_overlap` counts within a
# sentence that is longer.
WINDOWS = {
    "words": {"window": 32},
    "ner": {"window": 48, "window_overlap": 24},
    "pos": {"window": 48, "window_overlap": 24},
    "slots": {"window": 48, "window_overlap": 24},
    "qa": {"window": 42, "window_overlap": 20},
}
# What token models answer by default: whole names and values, or every word by itself.
STRATEGIES = {"ner": "first", "slots": "first", "pos": "words"}


def intent_threshold(run: Run, file: Path) -> dict[str, float]:
    """As high as lets most known requests of validation pass, and what it lets pass of others."""
    pipe: Any = pipeline("intent-classification", str(file))
    known = [text for text, label in intent_items(run.data, "validation") if label != NONE]
    unknown = [i["text"] for i in run.data.read("clinc150", "validation") if i["label"] == "oos"]
    found = pipe.calibrate(known, unknown, run.recipe.release.intent_kept)
    return {
        "intent_threshold": round(found["threshold"], 4),
        "intent_kept": round(found["kept"], 4),
        "intent_false_accepts": round(found["false_accepts"], 4),
    }


def settings_of(name: str, kind: str) -> dict[str, Any]:
    """What a model's configuration says besides its shape."""
    found: dict[str, Any] = dict(WINDOWS.get(name, {}))
    if kind == "vectors":
        found["pooling"] = "mean"
    if name in STRATEGIES:
        found["aggregation_strategy"] = STRATEGIES[name]
    if name in REFUSED:
        found |= {"refused_labels": [REFUSED[name]], "intent_threshold": 0.0}
    return found


class Exporter:
    def __init__(self, run: Run, scratch: Path) -> None:
        self.run, self.scratch = run, scratch
        self.outputs = run.outputs
        self.base = self.outputs.weights / "base.bertlite"

    def _write(self, folder: Path, state: dict[str, Any], more: dict[str, Any]) -> None:
        write_folder(folder, self.run.data.vocabulary, self.run.recipe.shape, state, more)

    def encoder(self) -> None:
        """The encoder of `together`, which has the published shape, in float16."""
        state = checkpoints.load(self.run.stage_file("together"))
        words = {"encoder": state["words"], "head": state["head"], "kind": "words"}
        shape, vocabulary = self.run.recipe.shape, self.run.data.vocabulary
        write_folder(self.outputs.base, vocabulary, shape, words, half=True)

    def words(self, tuned: str) -> None:
        """Fill-mask's model, whose embeddings and tokenizer all others share."""
        folder, file = self.scratch / "words", self.scratch / "words.bertlite"
        self._write(folder, checkpoints.load(self.run.tuned_file(tuned)), dict(WINDOWS["words"]))
        convert(folder, file)
        if self.base.exists():
            self._keep_others(file)
        shutil.copy(file, self.base)
        self.run.say(f"{self.base.name}: {self.base.stat().st_size / 1e6:.2f} MB")

    def _keep_others(self, new: Path) -> None:
        """The models beside the base file stay, if what they share with it does."""
        if not is_same(shared_of(self.base), shared_of(new)):
            return
        before, after = (metadata_of(file)["id"] for file in (self.base, new))
        for folder in (self.outputs.weights, self.outputs.models):
            for file in sorted(folder.glob("*.bertlite")):
                if rebase(file, before, after):
                    self.run.say(f"{file.name}: for the new {self.base.name}")

    def _trial(self, name: str, state: dict[str, Any], more: dict[str, Any]) -> Path:
        """The model as it is so far, to be measured."""
        trial, base = self.scratch / f"{name}.bertlite", self.scratch / "base.bertlite"
        if not base.exists():
            shutil.copy(self.base, base)  # a delta file looks for it in its own folder
        self._write(self.scratch / name, state, more)
        convert(self.scratch / name, trial, base=base)
        return trial

    def _calibrated(self, name: str, state: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """A state whose scores are as often right as they say."""
        pipe = cast(Any, pipeline)(KINDS[name][0], str(self._trial(name, state, more)))
        found = collected(name, pipe, self.run.data)
        powers = self.run.recipe.release.temperature_powers
        degree = fitted_temperature(found) ** powers.get(name, 1.0)
        before, after = expected_error(found), expected_error(found, degree)
        self.run.say(f"{name}: temperature {degree:.2f}, error {before:.3f}, then {after:.3f}")
        head = state["head"]
        scaled = {key: head[key] / degree for key in ("out.weight", "out.bias")}
        return state | {"head": head | scaled}

    @functools.cache  # noqa: B019  # one exporter, which lives as long as the program
    def spelling(self, task: str) -> dict[str, torch.Tensor]:
        """Lists of words, from a task's own texts and those that are made for it."""
        data = self.run.data
        own = (
            intent_items(data, "train")
            if task == "intent"
            else classified_items(data, task, "train")
        )
        made = LESSONS[task].words(data, self.run.recipe.spelling.made)
        texts = (text for text, _ in itertools.chain(own, made))
        found = spelling_of(data, self.run.tokenizer, texts, with_symbols=task != "intent")
        return {name: torch.from_numpy(values.copy()) for name, values in found.items()}

    def task(self, name: str, tuned: str) -> None:
        """A model of a task, as a delta file."""
        state = checkpoints.load(self.run.tuned_file(tuned))
        state |= {"labels": [RENAMED.get(label, label) for label in state.get("labels", [])]}
        if name in SPELLED:
            state["spelling"] = self.spelling(SPELLED[name])
        is_embedded = name in embedded.MADE_FOR
        out = self.outputs.weights if is_embedded else self.outputs.models
        file, folder = out / f"{name}.bertlite", self.scratch / name
        more = settings_of(name, state["kind"])
        if name in KINDS:
            state = self._calibrated(name, state, more)
        if name == "intent":
            more |= intent_threshold(self.run, self._trial(name, state, more))
            self.run.say(f"intent: {more}")
        self._write(folder, state, more)
        convert(folder, file, base=self.base)
        self.run.say(f"{file.name}: {file.stat().st_size / 1000:.0f} KB")


def export(run: Run, only: Sequence[str] = ()) -> None:
    """All models, or some, which are put beside the others that are there."""
    run.outputs.weights.mkdir(parents=True, exist_ok=True)
    run.outputs.models.mkdir(parents=True, exist_ok=True)
    tuned = run.last_tuned("again")
    with tempfile.TemporaryDirectory() as scratch:
        exporter = Exporter(run, Path(scratch))
        if not only:
            exporter.encoder()
            exporter.words(tuned["words"])
        for name in only or sorted(tuned.keys() - {"words"}):
            name, _, other = name.partition("=")
            work = exporter.words if name == "words" else functools.partial(exporter.task, name)
            work(other or tuned[name])
    size = sum(path.stat().st_size for path in run.outputs.weights.glob("*.bertlite"))
    run.say(f"all embedded: {size / 1e6:.2f} MB")
