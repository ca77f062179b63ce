"""What every pipeline does: find its model, take one text or many, survive pickling."""

from __future__ import annotations

import os

from .. import hub
from .._native import TextModel
from ..checks import whole
from ..errors import InputError
from ..models import Config, Model
from ..tokenizer import Tokenizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class Pipeline:
    """Answers for texts. Holds an open model; cheap to call, from any number of threads.

    Called with a str it answers; with a list it gives a list of answers; with anything else that
    can be iterated over it gives them one by one, so a generator's texts stream through. In
    asyncio, `await asyncio.to_thread(pipe, text)` leaves the loop free: the work is done without
    the GIL.
    """

    task = ""
    head = "encoder"  # what the model has to be made for

    def __init__(
        self,
        model: Model | str | os.PathLike[str] | None = None,
        tokenizer: Tokenizer | str | os.PathLike[str] | None = None,
        *,
        task: str | None = None,
        precision: str = "int8",
        threads: int = 1,
        local_files_only: bool = False,
        revision: str | None = None,
        **settings: Any,
    ) -> None:
        if task:
            self.task = task
        where: dict[str, Any] = {"local_files_only": local_files_only, "revision": revision}
        if not isinstance(model, Model):
            model = Model(_path(self.task, model, where), self.head, precision=precision,
                          threads=threads)  # fmt: skip
        elif model.task != self.head:
            model = _reopened(model, self.task, self.head)
        if not isinstance(tokenizer, Tokenizer):
            tokenizer = Tokenizer(_tokenizer_path(tokenizer, model, where))
        self.model, self.tokenizer = model, tokenizer
        self.text_model = TextModel(model, tokenizer)
        self.config: Config = model.config
        labels = self.config.to_dict().get("id2label") or {}
        self.labels: list[str] = [labels.get(i, f"LABEL_{i}") for i in range(model.info["labels"])]
        self.settings = self._checked(settings)
        self._ready()

    def _ready(self) -> None:
        """What a task prepares once."""

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        """A task's own settings, each known and with a value that it can have; else an error."""
        return settings

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        """The answer for one text."""
        raise NotImplementedError

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """Answers for a text, a list of texts, or anything that gives texts one by one.

        settings: those of the task, for this call alone.
        """
        settings = {**self.settings, **self._checked(settings)} if settings else self.settings
        if type(inputs) is str or isinstance(inputs, (str, dict)):
            return self._one(inputs, settings)
        if isinstance(inputs, (list, tuple)):
            return [self._one(text, settings) for text in inputs]
        return self._stream(several(inputs), settings)

    def _stream(self, inputs: Any, settings: dict[str, Any]) -> Iterator[Any]:
        for text in inputs:
            yield self._one(text, settings)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.task, self.model, self.tokenizer, self.settings)

    def __repr__(self) -> str:
        try:
            return f"<{self.task}: {self.model!r}>"
        except AttributeError:
            return f"<{type(self).__name__}: not open>"


def _path(task: str, model: str | os.PathLike[str] | None, where: dict[str, Any]) -> str:
    """Where a pipeline's model is: what is named, or the embedded one of the task."""
    if model is None:
        from .. import embedded

        return embedded.for_task(task)
    return hub.find(model, **where)


def _reopened(model: Model, task: str, head: str) -> Model:
    """A model that was opened for another task, opened for this one."""
    if model.source is None:
        raise InputError(
            f"this model was opened as {model.task}, but {task} needs {head}; open it as that."
        )
    return Model(model.source, head, precision=model.precision, threads=model.threads)


def _tokenizer_path(
    tokenizer: str | os.PathLike[str] | None, model: Model, where: dict[str, Any]
) -> str:
    if tokenizer is not None:
        return hub.find(tokenizer, **where)
    if model.source is None:
        raise InputError(
            "this model was opened from memory, so its tokenizer is not known; give tokenizer=."
        )
    return str(model.source)


def _rebuilt(
    kind: Callable[..., Pipeline],
    task: str,
    model: Model,
    tokenizer: Tokenizer,
    settings: dict[str, Any],
) -> Pipeline:
    return kind(model, tokenizer, task=task, **settings)


# ---- what is checked in more than one task ------------------------------------------------


def several(texts: Any) -> Any:
    """Texts that can be iterated over; neither a table nor a mapping, whose names would be read."""
    from collections.abc import Mapping

    if isinstance(texts, type):  # which may well have __iter__
        raise InputError(f"a text has to be a str, or a list of them, not the class {texts!r}.")
    if hasattr(texts, "__dataframe__"):
        raise InputError(
            f"a {type(texts).__name__} is a table, and which column holds the texts is not known; "
            "give one column, as a list."
        )
    if isinstance(texts, (bytes, bytearray, memoryview)) or not hasattr(texts, "__iter__"):
        raise InputError(
            f"a text has to be a str, or a list or generator of them, not {type(texts).__name__}."
        )
    if isinstance(texts, Mapping):
        raise InputError(
            f"a {type(texts).__name__} is not a list of texts; give list(... .values()), or "
            "whatever of it holds the texts."
        )
    return texts


def text_list(texts: Any) -> list[str]:
    """A list of texts; of one, if it is a str."""
    if isinstance(texts, str):
        return [texts]
    found: list[str] = list(several(texts))
    for text in found:
        if not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
    return found


def only(settings: dict[str, Any], task: str, *names: str) -> None:
    """Refuse settings that the task does not know."""
    for name in settings:
        if name not in names:
            raise InputError(f"{task} has no setting {name!r}; it has {', '.join(names)}.")


def whole_ones(settings: dict[str, Any], **least: int) -> None:
    """Check those of these settings that are given, and have them small enough for C."""
    for name, fewest in least.items():
        if settings.get(name) is not None:
            settings[name] = whole(name, settings[name], fewest)
