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

TABLE, TEACHER = "table.pt", "teacher.npz"
LESSONS: dict[str, Callable[[Given], Lesson]] = {
    "classes": ClassLesson,
    "tokens": TokenLesson,
    "answers": AnswerLesson,
}


def start_file(folder: Path, task: str) -> Path:
    return folder / f"{task}.start.pt"


def rows_file(folder: Path, task: str) -> Path:
    return folder / f"{task}.npz"


def tuning_of(recipe: Recipe, task: str) -> Tuning:
    """The recipe's tuning of a task in large batches."""
    found = [
        one for part in recipe.passes for one in part.tunings if one.pooled and one.task == task
    ]
    if not found:
        raise ValueError(f"the recipe has no tuning of {task} from rows written beforehand.")
    return found[-1]


def learn(
    folder: Path,
    task: str,
    recipe: Recipe,
    device: torch.device,
    say: Say,
    budget: Budget | None = None,
) -> Found:
    """With less than the recipe's steps, if a budget says so."""
    tuning = tuning_of(recipe, task)
    taught = recipe.pooled.teacher_steps.get(task, 0)
    budget = budget or Budget(tuning.steps, teacher_steps=taught)
    start: dict[str, Any] = torch.load(start_file(folder, task), weights_only=True)
    table = torch.load(folder / TABLE, weights_only=True)["table"]
    rows = Rows.load(rows_file(folder, task))
    torch.manual_seed(recipe.seed)
    given = Given(
        task, recipe, rows, start, table, folder / TEACHER, device, budget, tuning.rate, say
    )
    return LESSONS[recipe.tasks[task].kind](given).learn()
