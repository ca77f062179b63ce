"""A task's files in a folder, from which it is learned on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import torch

from ..recipe import Recipe, Tuning
from .answers import AnswerLesson
from .classes import ClassLesson
from .lesson import Budget, Found, Given, Lesson, Say
from .rows import Rows
from .tokens import TokenLesson
from .vectors import VectorLesson
from .words import WordLesson

TABLE, TEACHER = "table.pt", "teacher.npz"
LESSONS: dict[str, Callable[[Given], Lesson]] = {
    "classes": ClassLesson,
    "tokens": TokenLesson,
    "answers": AnswerLesson,
    "words": WordLesson,
    "vectors": VectorLesson,
}


def start_file(folder: Path, name: str) -> Path:
    """What a tuning "pass/task" begins with."""
    return folder / f"{name}.start.pt"


def rows_file(folder: Path, task: str) -> Path:
    return folder / f"{task}.npz"


def tuning_of(recipe: Recipe, name: str) -> Tuning:
    """A tuning "pass/task" in large batches."""
    wanted, _, task = name.partition("/")
    for part in recipe.passes:
        for one in part.tunings:
            if one.pooled and (part.name, one.task) == (wanted, task):
                return one
    raise ValueError(f"the recipe has no tuning {name} from rows written beforehand.")


def learn(
    folder: Path,
    name: str,
    recipe: Recipe,
    device: torch.device,
    say: Say,
    budget: Budget | None = None,
) -> Found:
    """With less than the recipe's steps, if a budget says so."""
    tuning = tuning_of(recipe, name)
    budget = budget or Budget(tuning.steps, teacher_steps=tuning.teacher_steps)
    start: dict[str, Any] = torch.load(start_file(folder, name), weights_only=True)
    table = torch.load(folder / TABLE, weights_only=True)["table"]
    rows = Rows.load(rows_file(folder, tuning.task))
    torch.manual_seed(recipe.seed)
    teacher = folder / TEACHER
    rate = tuning.rate
    given = Given(tuning.task, recipe, rows, start, table, teacher, device, budget, rate, say)
    task = recipe.tasks.get(tuning.task)
    return LESSONS[task.kind if task else tuning.task](given).learn()
