"""Opens the models that are scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, cast

from bertlite_fast import pipeline

# open(task, name, **options): a pipeline for a task, with the model of that name.
Open = Callable[..., Any]


def in_folders(*folders: Path) -> Open:
    """Opens NAME.bertlite of the first folder that has it, in int8."""

    def opened(task: str, name: str, **options: Any) -> Any:
        for folder in folders:
            file = folder / f"{name}.bertlite"
            if file.exists():
                return cast(Any, pipeline)(task, str(file), **options)
        where = ", ".join(map(str, folders))
        raise FileNotFoundError(f"{name}.bertlite is missing in {where}; export the run first.")

    return opened


def in_floats(folder: Path) -> Open:
    """Opens one folder in fp32, whatever the model's name."""

    def opened(task: str, _name: str, **options: Any) -> Any:
        return cast(Any, pipeline)(task, str(folder), precision="fp32", **options)

    return opened
