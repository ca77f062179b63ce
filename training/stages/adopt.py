"""Begins with the packaged models: what earlier tunings left is restored from their int8 files.

A run that goes on from a release needs neither the texts nor the hours of what was before.
"""

from __future__ import annotations

from pathlib import Path

from ..model import checkpoints
from ..model.network import first_layers
from ..release.packaged import state_of
from .run import Run, tuning_name


def file_of(run: Run, task: str) -> Path:
    """The packaged model of a task."""
    name = "base" if task == "words" else task
    for folder in (run.outputs.weights, run.outputs.models):
        file = folder / f"{name}.bertlite"
        if file.exists():
            return file
    raise FileNotFoundError(f"{name}.bertlite is missing in {run.outputs.weights}.")


def adopt(run: Run) -> None:
    """Writes what the tunings before the last pass left, and the table that they share."""
    base = file_of(run, "words")
    states = {task: state_of(file_of(run, task), base) for task in run.last_tuned("again")}
    words, layers = states["words"], run.recipe.shape.layers
    shallow = {"encoder": first_layers(words["encoder"], layers), "head": words["head"]}
    checkpoints.save(shallow, run.base_file)
    stage = {
        "words": words["encoder"],
        "head": words["head"],
        "meaning": states["vectors"]["encoder"],
    }
    for task in run.recipe.tasks:
        stage |= {f"{task}.{part}": states[task][part] for part in ("encoder", "head")}
    checkpoints.save(stage, run.stage_file("again"))
    for one in run.recipe.passes[:-1]:
        if one.table != "again":
            continue
        for tuning in one.tunings:
            checkpoints.save(states[tuning.task], run.tuned_file(tuning_name(one, tuning)))
    run.say(f"adopted {', '.join(sorted(states))} from {run.outputs.weights}")
