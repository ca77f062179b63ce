"""What every pipeline does: find its model, take one text or many, survive pickling."""

from __future__ import annotations

import os

from .. import hub
from .._native import TextModel
from ..checks import whole
from ..errors import InputError
from ..models import Config, Model
from ..tokenizer import Tokenizer

__all__ = ["Pipeline", "only", "whole", "whole_ones"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Pipeline:
    """Answers for texts. Holds an open model; cheap to call, from any number of threads.

    Called with a str it answers; with a list it gives a list of answers; with anything else that
    can be iterated over it gives them one by one, so a generator's texts stream through. In asyncio,
    `await asyncio.to_thread(pipe, text)` leaves the loop free: the work is done without the GIL.
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
        if model is None:
            from .. import embedded

            model = embedded.for_task(self.task)
        path = None
        if not isinstance(model, Model):
            path = hub.find(model, local_files_only=local_files_only, revision=revision)
            model = Model(path, self.head, precision=precision, threads=threads)
        elif model.task != self.head:
            if model.source is None:
                raise InputError(
                    f"this model was opened as {model.task}, but {self.task} needs {self.head}; open it as that."
                )
            path = model.source
            model = Model(model.source, self.head, precision=model.precision, threads=model.threads)
        if not isinstance(tokenizer, Tokenizer):
            source = (
                path or model.source
                if tokenizer is None
                else hub.find(tokenizer, local_files_only=local_files_only, revision=revision)
            )
            if source is None:
                raise InputError(
                    "this model was opened from memory, so its tokenizer is not known; give tokenizer=."
                )
            tokenizer = Tokenizer(source)
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
        """A task's own settings, each known and of use; else an error."""
        return settings

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        """The answer for one text."""
        raise NotImplementedError

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        settings = {**self.settings, **self._checked(settings)} if settings else self.settings
        if type(inputs) is str or isinstance(inputs, (str, dict)):
            return self._one(inputs, settings)
        if isinstance(inputs, (list, tuple)):
            return [self._one(text, settings) for text in inputs]
        if hasattr(inputs, "__iter__") and not isinstance(inputs, (bytes, bytearray)):
            return self._stream(inputs, settings)
        raise InputError(
            f"a text has to be a str, or a list or generator of them, not {type(inputs).__name__}."
        )

    def _stream(self, inputs: Any, settings: dict[str, Any]) -> Any:
        for text in inputs:
            yield self._one(text, settings)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.task, self.model, self.tokenizer, self.settings)

    def __repr__(self) -> str:
        return f"<{self.task}: {self.model!r}>"


def _rebuilt(
    kind: Callable[..., Pipeline],
    task: str,
    model: Model,
    tokenizer: Tokenizer,
    settings: dict[str, Any],
) -> Pipeline:
    return kind(model, tokenizer, task=task, **settings)


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
