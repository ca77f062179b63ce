"""What every pipeline does: open its model, take one text or many, pickle."""

from __future__ import annotations

import os

from .._native import TextModel, TokenizerCore
from ..checks import shown, whole
from ..errors import InputError
from ..models import Model, warn_of_second_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .._native import Column, Encoding, Many
    from ..config import Config
    from ..tokenizer import Tokenizer


class CallSignature:
    """Of an object its call's signature with all settings; a class has the one of its __init__."""

    def __get__(self, pipeline: Any, kind: type) -> Any:
        if pipeline is None:
            raise AttributeError("__signature__")
        from .signatures import signature_of

        return signature_of(pipeline)


class Pipeline:
    """Answers for texts. Holds an open model; cheap to call, from any number of threads.

    Called with a str, it returns an answer; with a list, a list of answers; with a column of texts
    (of pandas, polars or Arrow), such a column of answers, in which nulls stay null; with any other
    iterable, a generator of answers, so texts can be streamed. With threads (a number, or "auto"
    for as many as the process may use), here or in a call, the texts of a list or an iterable are
    shared among threads; an iterable is then read ahead, in portions. In asyncio,
    `await asyncio.to_thread(pipe, text)` leaves the loop free: the work is done without the GIL.
    """

    task = ""
    head = "encoder"  # the task that the model is opened for
    __signature__ = CallSignature()

    def __init__(
        self,
        model: Model | str | os.PathLike[str] | None = None,
        tokenizer: Tokenizer | str | os.PathLike[str] | tuple[str, dict[str, Any]] | None = None,
        *,
        task: str | None = None,
        precision: str = "int8",
        threads: int | str | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        **settings: Any,
    ) -> None:
        if task:
            self.task = task
        if threads is not None:
            from ..cores import thread_count

            threads = thread_count(threads)
        where: dict[str, Any] = {"local_files_only": local_files_only, "revision": revision}
        config: Any = None
        if settings:
            from .arguments import opening_arguments

            self._batch_size = settings.get("batch_size")
            self._num_workers = settings.get("num_workers")
            settings, more, config = opening_arguments(settings)
            where.update(more)
        if not isinstance(model, Model):
            path = _path(self.task, model, where)
            if config is not None:
                from .arguments import config_text

                config = config_text(path, *config)
            model = self._open(path, precision=precision, threads=threads or 1, config=config)
            warn_of_second_head(model)
        if isinstance(tokenizer, tuple):  # a name, and arguments for it
            from ..tokenizer import Tokenizer

            tokenizer = Tokenizer.from_pretrained(tokenizer[0], **tokenizer[1])
        core: Any = tokenizer
        if not isinstance(core, TokenizerCore):
            core = TokenizerCore(_tokenizer_path(core, model, where))
        self.threads: int = threads or model.threads
        self._connect(model, core)
        self.settings = self._checked(settings) if settings else {}
        self._ready()

    def _connect(self, model: Any, tokenizer: Any) -> None:
        """Use this model and this tokenizer."""
        for value, kind, name in ((model, Model, "Model"), (tokenizer, TokenizerCore, "Tokenizer")):
            if not isinstance(value, kind):
                raise InputError(f"a pipeline needs a {name} of this package, not {shown(value)}.")
        head = self._head_of(model)
        if model.task != head:
            model = reopened(model, self.task, head)
        self.config: Config = model.config
        if model.info["labels"]:
            names = vars(self.config).setdefault("id2label", {})
            for i in range(model.info["labels"]):
                names.setdefault(i, f"LABEL_{i}")
        self.text_model = TextModel(model, tokenizer)
        self._model: Model = model

    def __init_subclass__(cls) -> None:
        for name in ("_sanitize_parameters", "preprocess", "_forward", "postprocess"):
            if name in vars(cls):
                raise InputError(
                    f"{cls.__name__} defines {name}, which is never called here; change what goes "
                    "into a call, or what comes out of it."
                )

    @property
    def labels(self) -> list[str]:
        """The labels' names, as the model's config has them now."""
        return [self.config.id2label[i] for i in range(self.model.info["labels"])]

    def row_of(self, text: Any, pair: Any, arguments: dict[str, Any]) -> Encoding:
        """A text's ids, by arguments for the tokenizer."""
        row: Encoding
        row, *_ = self.tokenizer(text, pair, **arguments).encodings
        return row

    def _open(self, path: str, **how: Any) -> Model:
        """The model at this path."""
        return Model(path, self._head_at(path), **how)

    def _head_at(self, path: Any) -> str:
        """The task that the model at this path has to be opened for."""
        return self.head

    def _head_of(self, model: Model) -> str:
        """The task that the model has to be opened for."""
        return self._head_at(model.source)

    def _ready(self) -> None:
        """Prepare what the task needs once, after the model is open."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer. Until it is asked for there is only its core, which opens faster."""
        from ..tokenizer import Tokenizer

        found = self.text_model.tokenizer
        if not isinstance(found, Tokenizer):
            found = self.text_model.adopt(Tokenizer(found.source))
        return found

    @tokenizer.setter
    def tokenizer(self, tokenizer: Tokenizer) -> None:
        if tokenizer is not self.text_model.tokenizer:
            self._connect(self.model, tokenizer)
            self._ready()

    @property
    def model(self) -> Model:
        """The open model."""
        return self._model

    @model.setter
    def model(self, model: Model) -> None:
        if model is not self._model:
            self._connect(model, self.text_model.tokenizer)
            self._ready()

    # What transformers' pipelines have.
    framework = "pt"
    _batch_size: int | None = None
    _num_workers: int | None = None

    @property
    def device(self) -> Any:
        """The CPU."""
        return self.model.device

    @property
    def dtype(self) -> Any:
        """The type of the model's outputs."""
        return self.model.dtype

    torch_dtype = dtype

    def predict(self, X: Any) -> Any:
        """The same as a call."""
        return self(X)

    transform = predict

    def __getattr__(self, name: str) -> Any:
        from ..missing import missing

        raise missing("pipeline", self, name)

    def save_pretrained(self, save_directory: str | os.PathLike[str], **more: Any) -> None:
        """Write the model and its tokenizer into a folder, from where pipeline() opens them."""
        self.model.save_pretrained(save_directory, **more)
        self.tokenizer.save_pretrained(save_directory)

    def call_settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings of a call: the pipeline's own, and over them the given ones."""
        if not settings:
            return self.settings
        from .arguments import call_arguments

        return {**self.settings, **self._checked(call_arguments(settings))}

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Check a task's own settings and return them; unknown names and bad values are errors."""
        return settings

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        """The answer for one text."""
        raise NotImplementedError

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """Answers for a text, a list of texts, or an iterable of texts.

        settings: the task's and threads, for this call only.
        """
        threads = self.threads
        if settings:
            threads = self._threads(settings)
            settings = self.call_settings(settings)
        else:
            settings = self.settings
        if type(inputs) is str or isinstance(inputs, (str, dict)):
            return self._one(inputs, settings)
        if isinstance(inputs, (list, tuple)):
            return self._all(inputs, settings, threads)
        from ..columns import answered, column_of, values_of

        column = column_of(inputs)
        if column is not None:
            return answered(inputs, column, lambda texts: self._all(texts, settings, threads))
        values = values_of(inputs)
        if values is not None:
            return self._all(values, settings, threads)
        return self._stream(iterable_texts(inputs), settings, threads)

    def _threads(self, settings: dict[str, Any]) -> int:
        """Threads for a call, whose settings may say so."""
        threads = settings.pop("threads", None)
        if threads is None:
            return self.threads
        from ..cores import thread_count

        return thread_count(threads)

    def _all(
        self, inputs: list[Any] | tuple[Any, ...], settings: dict[str, Any], threads: int
    ) -> list[Any]:
        if len(inputs) < 2:
            return [self._one(text, settings) for text in inputs]
        return list(self._stream(inputs, settings, threads))

    def _stream(self, inputs: Any, settings: dict[str, Any], threads: int) -> Iterator[Any]:
        if threads > 1:
            from .sharing import shared

            yield from shared(self, inputs, settings, threads)
            return
        for text in inputs:
            yield self._one(text, settings)

    # ---- what tasks/sharing.py needs of a task ------------------------------------------------

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        """The core's part of the task, for many texts; None: with these settings only _one is.
        share: Many's threads and the number of texts.
        """
        return None

    def _given(self, text: Any, settings: dict[str, Any]) -> tuple[Any, Any] | None:
        """A text and its pair, as _many takes them; None: only _one takes it."""
        return (text, None) if isinstance(text, str) else None

    def _answer(self, text: Any, found: Any, settings: dict[str, Any]) -> Any:
        """The answer for a text, from what _many found."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (
            type(self), self.task, self.model, self.tokenizer, self.threads, self.settings,
        )  # fmt: skip

    def __repr__(self) -> str:
        try:
            return f"<{self.task}: {self.model!r}>"
        except AttributeError:
            return f"<{type(self).__name__}: not open>"


def _path(task: str, model: str | os.PathLike[str] | None, where: dict[str, Any]) -> str:
    """Where a pipeline's model is: what is named, or the embedded one of the task."""
    from .. import embedded

    if model is None:
        return embedded.for_task(task)
    from .. import hub

    return hub.find(model, embedded_model=embedded.BY_TASK[task], **where)


def reopened(model: Model, task: str, head: str) -> Model:
    """Open a model again for this task, if it was opened for another."""
    if model.source is None:
        raise InputError(
            f"this model was opened as {model.task}, but {task} needs {head}; open it as that."
        )
    config = None if model.new_classifier else model.config_now()
    return Model(
        model.source, head, precision=model.precision, threads=model.threads, config=config
    )


def _tokenizer_path(
    tokenizer: str | os.PathLike[str] | None, model: Model, where: dict[str, Any]
) -> str:
    if tokenizer is not None:
        from .. import hub

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
    threads: int,
    settings: dict[str, Any],
) -> Pipeline:
    return kind(model, tokenizer, task=task, threads=threads, **settings)


# ---- what is checked in more than one task ------------------------------------------------


def iterable_texts(texts: Any) -> Any:
    """Check that texts are iterable; a table or mapping is refused, as it would yield its keys."""
    from _collections_abc import Mapping  # that of collections.abc, without collections

    if isinstance(texts, type):  # which may well have __iter__
        raise InputError(f"a text has to be a str, or a list of them, not the class {texts!r}.")
    if hasattr(texts, "__dataframe__"):
        raise InputError(
            f"a {type(texts).__name__} is a table, and which column holds the texts is not known; "
            "give one column, as a list."
        )
    if (
        not hasattr(texts, "__iter__")
        and hasattr(texts, "__getitem__")
        and hasattr(texts, "__len__")
    ):
        return (texts[i] for i in range(len(texts)))  # a torch Dataset
    if isinstance(texts, (bytes, bytearray, memoryview)) or not hasattr(texts, "__iter__"):
        raise InputError(
            f"a text has to be a str, or a list or generator of them, not {type(texts).__name__}."
        )
    if isinstance(texts, Mapping):
        raise InputError(
            f"a {type(texts).__name__} is not a list of texts; give the "
            "texts that it holds, such as list(x.values())."
        )
    return texts


def text_list(texts: Any) -> list[str]:
    """Texts as a list; a single str becomes a list of one."""
    if isinstance(texts, str):
        return [texts]
    found: list[str] = list(texts if type(texts) is list else iterable_texts(texts))
    for i, text in enumerate(found):
        if not isinstance(text, str):
            where = f" (at index {i} of {len(found)})" if len(found) > 1 else ""
            raise InputError(f"a text has to be a str, not {type(text).__name__}{where}.")
    return found


def texts_of(texts: Any) -> list[str] | Column:
    """Texts as a list, or as the column that they are."""
    if isinstance(texts, (str, list)):
        return text_list(texts)
    from ..columns import column_of

    column = column_of(texts)
    return text_list(texts) if column is None else column


def refuse_unknown(settings: dict[str, Any], task: str, *names: str) -> None:
    """Refuse settings that the task does not know."""
    for name in settings:
        if name not in names:
            raise InputError(
                f"{name!r} is not a setting of {task}; expected one of {', '.join(names)}."
            )


def check_whole_numbers(settings: dict[str, Any], **least: int) -> None:
    """Check the given settings against their minimum, and clamp them to what C takes."""
    for name, fewest in least.items():
        if settings.get(name) is not None:
            settings[name] = whole(name, settings[name], fewest)
