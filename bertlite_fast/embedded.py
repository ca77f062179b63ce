"""The models inside the package.

All are delta files: they share one base file's word embeddings and tokenizer.
"""

from __future__ import annotations

import os

from .errors import ModelFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights")
PREFIX = "bertlite/"  # pipeline("token-classification", model="bertlite/slots")
STANDS_FOR = "boltuix/bert-lite"  # a checkpoint for all tasks; the embedded models take its place
FILE = "model.bertlite"  # a converted model's name in a folder

# the `task` that each model is opened with
MADE_FOR = {
    "base": "masked-lm",
    "qa": "question-answering",
    "ner": "token-classification",
    "pos": "token-classification",
    "slots": "token-classification",
    "emotion": "sequence-classification",
    "sentiment": "sequence-classification",
    "intent": "sequence-classification",
    "vectors": "embedding",
}

# the default model of each head
BY_HEAD = {
    "encoder": "vectors",
    "embedding": "vectors",
    "masked-lm": "base",
    "question-answering": "qa",
    "token-classification": "ner",
    "sequence-classification": "base",  # its encoder; labels are not known before they are given
}

# the default model of each task
BY_TASK = {
    "fill-mask": "base",
    "question-answering": "qa",
    "ner": "ner",
    "token-classification": "pos",
    "text-classification": "emotion",
    "sentiment-analysis": "sentiment",
    "intent-classification": "intent",
    "zero-shot-classification": "vectors",
    "feature-extraction": "vectors",
    "sentence-similarity": "vectors",
}


def names() -> list[str]:
    """The names of the embedded models of this build."""
    try:
        return sorted(
            name[: -len(".bertlite")] for name in os.listdir(FOLDER) if name.endswith(".bertlite")
        )
    except OSError:
        return []


def path_of(name: str) -> str:
    """The file of an embedded model, by its name without the prefix."""
    path = os.path.join(FOLDER, f"{name}.bertlite")
    if not os.path.isfile(path):
        raise ModelFileError(
            f"{PREFIX}{name} is not an embedded model of this build; "
            f"it has {', '.join(PREFIX + n for n in names()) or 'none'}."
        )
    return path


_said: list[str] = []  # that the embedded models stand for another


def instead(name: str | None) -> str:
    """The file of the embedded model that is used for STANDS_FOR; warns once.

    None: only its tokenizer is wanted, which is the same in all.
    """
    if name is not None and not _said:
        from .errors import warn

        _said.append(STANDS_FOR)
        warn(
            f"{STANDS_FOR} is not in the local cache, so the models inside this package are used "
            "instead, each with weights that this project trained for its task; their card is "
            "bertlite_fast.embedded.card()."
        )
    return path_of(name or "base")


def for_task(task: str) -> str:
    """The file of the model for a task."""
    if task not in BY_TASK or BY_TASK[task] not in names():
        raise ModelFileError(
            f"this build does not have an embedded model for {task}; name one: "
            f"pipeline({task!r}, model='folder-or-file')."
        )
    return path_of(BY_TASK[task])


def card() -> dict[str, Any]:
    """The model card: the training data and the scores of each embedded model.

    Empty if the build has none.
    """
    return _stored("card.json")


def behavior() -> dict[str, Any]:
    """How the embedded models do on each class of cases of the behavior sets (tests/behavior).

    Empty if the build has none.
    """
    return _stored("behavior.json")


def _stored(name: str) -> dict[str, Any]:
    import json

    try:
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
            return found
    except OSError:
        return {}
