"""finetune(): one function that trains a model for any of the tasks."""

from __future__ import annotations

import os

from ..errors import InputError
from .examples import read_file
from .tables import column, is_path, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# a task's usual names, and the estimator that learns it
ESTIMATORS = {
    "text-classification": ("classifier", "TextClassifier"),
    "token-classification": ("tagger", "TokenTagger"),
    "sentence-similarity": ("pairs", "PairScorer"),
    "question-answering": ("answerer", "QuestionAnswerer"),
    "fill-mask": ("filler", "WordFiller"),
}
NAMES = {
    "classification": "text-classification",
    "classify": "text-classification",
    "sentiment-analysis": "text-classification",
    "intent-classification": "text-classification",
    "ner": "token-classification",
    "pos": "token-classification",
    "slots": "token-classification",
    "similarity": "sentence-similarity",
    "pairs": "sentence-similarity",
    "qa": "question-answering",
    **{name: name for name in ESTIMATORS},
}
TEXTS = ("text", "sentence", "utterance", "query", "message", "review", "content")
LABELS = ("label", "labels", "intent", "category", "class", "target", "sentiment")


def estimator_of(task: str) -> Any:
    """The class that learns a task, by one of the task's names."""
    from importlib import import_module

    if task not in NAMES:
        raise InputError(f"{task!r} is not a task to train; expected one of {', '.join(NAMES)}.")
    module, name = ESTIMATORS[NAMES[task]]
    return getattr(import_module(f".{module}", __package__), name)


def finetune(
    task: str,
    train: Any,
    validation: Any = None,
    base: str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    watch: Any = None,
    **settings: Any,
) -> Any:
    """Train a model for a task and return it: a TextClassifier, TokenTagger, PairScorer,
    QuestionAnswerer or WordFiller.

    train and validation: what the estimator's fit() takes as one value: the path of a file, a
    table, a data set, or a tuple of inputs and labels. base: the model to begin with. out: where
    the model is saved. settings: the estimator's. With validation, the result has
    `validation_report_`.

    >>> from bertlite_fast.finetune import finetune
    >>> pairs = [("light", "turn on the lamp"), ("music", "play some jazz")] * 3
    >>> model = finetune("classification", ([t for _, t in pairs], [l for l, _ in pairs]))
    >>> str(model.predict(["lamp on"])[0])
    'light'
    """
    kind = estimator_of(task)
    folder = os.path.dirname(os.path.abspath(out)) if out is not None else os.curdir
    if not os.path.isdir(folder):  # before an hour of training
        raise InputError(f"{folder} is not a folder, so {out} cannot be written.")
    is_classifier = NAMES[task] == "text-classification"
    inputs = _labeled(train) if is_classifier else _parts(train)
    more = {} if validation is None or is_classifier else {"validation": validation}
    model = kind(base=base, **settings).fit(*inputs, **more, watch=watch)
    if validation is not None:
        given = _labeled(validation) if is_classifier else _parts(validation)
        model.validation_report_ = model.evaluate(*given)
    if out is not None:
        model.save(out)
    return model


def _parts(data: Any) -> tuple[Any, ...]:
    return data if isinstance(data, tuple) else (data,)


def _labeled(data: Any) -> tuple[Any, ...]:
    """Texts and labels of a file, a table or a data set."""
    if isinstance(data, tuple):
        return data
    if is_path(data):
        return read_file(data)
    rows = rows_of(data)
    text, label = column(rows, TEXTS, "the texts"), column(rows, LABELS, "the labels")
    feature = (getattr(data, "features", None) or {}).get(label)
    names = getattr(feature, "names", None)
    labels = [row[1].get(label) for row in rows]
    if names and all(isinstance(n, int) and 0 <= n < len(names) for n in labels):
        labels = [names[n] for n in labels]
    return [row[1].get(text) for row in rows], labels
