"""What the estimators share: parameters, training, answers, files."""

from __future__ import annotations

import os
import sys

from .._training import Texts, Trainer, shuffled
from ..errors import InputError, ModelFileError, warn
from ..files import write_atomically
from ..pipelines import pipeline
from . import loop
from .checkpoint import Checkpoint, identity_of
from .saving import Folder, save_converted
from .start import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from typing_extensions import Self

    from .report import Answer

HELD_OUT = 10  # one in so many examples, for patience without a validation set
STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 2500, 4, 12
FEW_STEPS, MOST_EPOCHS_OF_FEW = 400, 60  # a handful of examples is seen more often
EPOCHS_OF_HEAD = 2  # before the layers: a head that knows nothing would spoil their first steps
RATE_OF_HEAD = 5e-3
LEAST = {
    "epochs": 1, "batch_size": 1, "max_length": 8, "patience": 1, "threads": 1, "random_state": 0,
}  # fmt: skip
COMMON = (
    "base", "trained", "epochs", "batch_size", "learning_rate", "max_length", "dropout", "patience",
    "deterministic", "threads", "random_state", "verbose",
)  # fmt: skip


class Lesson:
    """What one fit() trains on, made by an estimator from what it was given.

    rows: of examples, each of which is `group` texts. options: the trainer's. config: of the file.
    found: what the estimator knows afterwards, by name. examples: what tells this training from
    others, as JSON has it. score: of a trainer, after each epoch.
    """

    def __init__(
        self,
        texts: Texts,
        rows: Sequence[int],
        *,
        options: dict[str, Any],
        config: dict[str, Any],
        examples: Any,
        found: dict[str, Any] | None = None,
        score: Callable[[Trainer], float] | None = None,
        group: int = 1,
        with_head: bool = True,
    ) -> None:
        self.texts, self.rows, self.options, self.config = texts, rows, options, config
        self.examples, self.found, self.score = examples, found or {}, score
        self.group, self.with_head = group, with_head


class Estimator:
    """__init__ keeps its arguments, fit() learns, save() writes one file."""

    _parameters: tuple[str, ...] = COMMON
    _trainable: tuple[str, ...] = ("encoder", "head", "all")
    _task = ""  # the pipeline's
    _embedded = ""  # the base when none is named
    _has_labels = False  # its answers are labels, which can be confused
    # the recipe: what None stands for
    _rate = 1e-3
    _dropout = 0.1
    _batch_size = 32
    _max_length = 128

    _file: bytes
    history_: list[dict[str, Any]]
    interrupted_: bool

    def __init__(
        self,
        base: str | os.PathLike[str] | None = None,
        *,
        trained: str = "encoder",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        max_length: int | None = None,
        dropout: float | None = None,
        patience: int | None = None,
        deterministic: bool = True,
        threads: int | None = None,
        random_state: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.base, self.trained, self.epochs = base, trained, epochs
        self.batch_size, self.learning_rate, self.max_length = batch_size, learning_rate, max_length
        self.dropout, self.patience, self.deterministic = dropout, patience, deterministic
        self.threads, self.random_state, self.verbose = threads, random_state, verbose

    # ---- parameters -------------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of __init__, by name."""
        return {name: getattr(self, name) for name in self._parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Change arguments of __init__; an unknown name is an error."""
        for name, value in parameters.items():
            if name not in self._parameters:
                raise InputError(
                    f"{name!r} is not a parameter of {type(self).__name__}; "
                    f"expected one of {', '.join(self._parameters)}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        plain = type(self)().get_params()
        changed = [f"{n}={v!r}" for n, v in self.get_params().items() if v != plain[n]]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_file")

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_open"}

    def _check(self) -> None:
        if self.trained not in self._trainable:
            raise InputError(
                f"trained is {self.trained!r}; it can be {', '.join(map(repr, self._trainable))}."
            )
        for name, least in LEAST.items():
            value = getattr(self, name)
            is_whole = hasattr(value, "__index__") and not isinstance(value, bool)
            if value is not None and not (is_whole and value >= least):
                raise InputError(f"{name} is {value!r}; it has to be a whole number from {least}.")
        self._check_ranges({"learning_rate": (0, 10.0), "dropout": (0, 0.9)})

    def _check_ranges(self, ranges: dict[str, tuple[float, float]]) -> None:
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if value is not None and not (
                hasattr(value, "__float__") and least <= float(value) <= most
            ):
                raise InputError(f"{name} is {value!r}; it has to be from {least:g} to {most:g}.")

    # ---- the beginning of a training ---------------------------------------------------------

    def _begin(self) -> Start:
        return Start(f"bertlite/{self._embedded}" if self.base is None else self.base)

    def _checkpoint(
        self, start: Start, path: str | os.PathLike[str] | None, examples: Any, *, resume: bool
    ) -> Checkpoint | None:
        if path is None:
            return None
        return Checkpoint(path, identity_of(self.get_params(), start, examples), resume=resume)

    @property
    def _texts_of_batch(self) -> int:
        return int(self.batch_size or self._batch_size)

    def _seed(self) -> int:
        return 0 if self.random_state is None else int(self.random_state)

    def _length(self, start: Start) -> int:
        return min(int(self.max_length or self._max_length), int(start.model.info["positions"]))

    # ---- answers and files ----------------------------------------------------------------------

    def to_pipeline(self) -> Any:
        """The pipeline that predict() uses."""
        return self._pipeline(self._task)

    def _pipeline(self, task: str) -> Any:
        data = self._learned_file()
        opened = self.__dict__.get("_open")
        if opened is None or opened[0].task != task:
            folder = Folder()
            path = os.path.join(folder.path, "model.bertlite")
            with open(path, "wb") as file:
                file.write(data)
            open_as: Any = pipeline
            self._open = opened = (open_as(task, path), folder)
        return opened[0]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as one file, which pipeline() opens."""
        write_atomically(path, self._learned_file())

    def _learned_file(self) -> bytes:
        if not hasattr(self, "_file"):
            raise _not_fitted()
        return self._file

    def report(
        self,
        path: str | os.PathLike[str],
        X: Any = None,
        y: Any = None,
        *,
        title: str = "",
        scores: dict[str, Any] | None = None,
    ) -> None:
        """Write a page that shows how training went, and how the examples of X and y (as evaluate()
        takes them) are answered. It needs no network; with the extra `bertlite-fast[report]` it has
        charts, otherwise tables. scores: what evaluate() said of them, if that is known."""
        from . import report

        known = "classes_" if hasattr(self, "classes_") else "labels_"
        if scores is None:
            scores = {} if X is None else self.evaluate(X, y)
        facts = [("model", type(self).__name__), ("file", f"{len(self._learned_file())} bytes")]
        facts += [(name.replace("_", " "), str(value) if isinstance(value, int) else f"{value:.4f}")
                  for name, value in scores.items() if isinstance(value, (int, float))]  # fmt: skip
        facts += [("labels", str(len(getattr(self, known))))] if hasattr(self, known) else []
        facts += self._facts()
        answers, where = ([], "") if X is None else (self._answers(X, y), "the validation set")
        if X is None and self._held_out_answers():
            answers, where = self._held_out_answers(), "texts that were held out"
        made = report.page(
            title or type(self).__name__, facts, history=self.history_, answers=answers,
            ladder=getattr(self, "ladder_", ()), where=where, has_labels=self._has_labels,
            labels=scores.get("labels"),
        )  # fmt: skip
        write_atomically(path, made)

    def _answers(self, X: Any, y: Any) -> list[Answer]:
        """What the model says of examples, for a report."""
        return []

    def _held_out_answers(self) -> list[Answer]:
        return []

    def _facts(self) -> list[tuple[str, str]]:
        return []

    def evaluate(self, X: Any, y: Any = None) -> dict[str, Any]:
        """Scores on examples."""
        raise NotImplementedError

    @classmethod
    def load(cls, path: str | os.PathLike[str], **parameters: Any) -> Self:
        """A model from a file that save() wrote."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise ModelFileError(f"{os.fspath(path)} cannot be read: {error.strerror}.") from None
        loaded = cls(**parameters)
        opened: Any = pipeline
        pipe = opened(cls._task, path)  # refuses what is another model
        loaded._file, loaded.history_, loaded.interrupted_ = data, [], False
        loaded._loaded(pipe)
        return loaded

    def _loaded(self, pipe: Any) -> None:
        """Take over what a file says."""


class Learner(Estimator):
    """An estimator whose fit() is one training. A class says how its task is learned: `_lesson`
    makes what is trained of what fit() is given."""

    validation_report_: dict[str, Any]  # of finetune()

    # ---- training -----------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = None,
        watch: Callable[[str, loop.Progress], None] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        keep_checkpoint: bool = False,
    ) -> Self:
        """Learn from examples: the class says in which forms they may be.

        validation: other examples, or a tuple of inputs and what is wanted; with patience the best
        epoch on it is kept. watch: called with a stage's name and its progress. checkpoint: a file
        that is written after each epoch (not more than one a second), and removed at the end,
        unless Ctrl-C ended training or keep_checkpoint says that it is needed until the result is
        saved; resume: go on from it, if it is there.
        """
        self._check()
        start = self._begin()
        lesson = self._lesson(start, X, y, validation)
        kept = self._checkpoint(start, checkpoint, lesson.examples, resume=resume)
        trainer, progress = self._train(start, lesson, watch, kept)
        self._keep(trainer, start, lesson.config)
        self.__dict__.update(lesson.found)
        self.history_, self.interrupted_ = progress.history, progress.interrupted
        if kept is not None and not keep_checkpoint and not progress.interrupted:
            kept.remove()
        return self

    def _lesson(self, start: Start, X: Any, y: Any, validation: Any) -> Lesson:
        raise NotImplementedError

    def _epochs(self, examples: int) -> int:
        per_epoch = -(-examples // self._texts_of_batch)
        of_few = min(MOST_EPOCHS_OF_FEW, -(-FEW_STEPS // per_epoch))
        return self.epochs or max(FEWEST_EPOCHS, of_few, min(MOST_EPOCHS, -(-STEPS // per_epoch)))

    def _train(
        self,
        start: Start,
        lesson: Lesson,
        watch: Callable[[str, loop.Progress], None] | None,
        kept: Checkpoint | None,
    ) -> tuple[Trainer, loop.Progress]:
        """Train, first the head, then what `trained` says. An interrupt ends it: what was learned
        by then is the result."""
        stages = ["head"] if lesson.with_head and self.trained != "all" else []
        if self.trained != "head":
            stages.append(self.trained)
        head: dict[str, bytes] = {}
        trainer: Trainer | None = None
        for stage in stages:
            if trainer is not None:
                head, trainer = _head_of(trainer), None  # its memory is needed
            trainer = self._trainer(start, lesson, stage)
            for name, values in head.items():
                trainer.write(name, values)
            progress = self._run(stage, trainer, lesson, watch, kept)
            if progress.interrupted:
                break
        assert trainer is not None
        if progress.interrupted and not progress.step and stage == stages[0]:
            raise KeyboardInterrupt  # nothing has been learned
        if progress.interrupted:
            warn(f"training was interrupted at step {progress.step} of {progress.steps}; "
                 "the result is what it had learned by then.")  # fmt: skip
        return trainer, progress

    def _trainer(self, start: Start, lesson: Lesson, stage: str) -> Trainer:
        dropout = self._dropout if self.dropout is None else float(self.dropout)
        texts, count = lesson.texts, min(self._texts_of_batch, len(lesson.rows)) * lesson.group
        return Trainer(
            start.model, trained=stage, hidden_dropout=dropout, attention_dropout=dropout,
            classifier_dropout=dropout, betas=(0.9, 0.98), epsilon=1e-6, decay=0.01,
            seed=self._seed(), texts=count, length=texts.longest,
            tokens=min(count * texts.longest, texts.tokens(range(len(texts)))),
            threads=self.threads or os.cpu_count() or 1, fused=not self.deterministic,
            **lesson.options,
        )  # fmt: skip

    def _run(
        self,
        stage: str,
        trainer: Trainer,
        lesson: Lesson,
        watch: Callable[[str, loop.Progress], None] | None,
        kept: Checkpoint | None,
    ) -> loop.Progress:
        is_last = stage == self.trained
        rate = RATE_OF_HEAD if stage == "head" else self._rate
        if is_last and self.learning_rate is not None:
            rate = float(self.learning_rate)
        plan = loop.Plan(
            epochs=self._epochs(len(lesson.rows)) if is_last else EPOCHS_OF_HEAD,
            batch_size=min(self._texts_of_batch, len(lesson.rows)),
            rate=rate,
            patience=self.patience if is_last else None,
            seed=self._seed(),
        )
        score = lesson.score if is_last else None

        def told(progress: loop.Progress) -> None:
            if watch is not None:
                watch(stage, progress)

        return loop.run(
            trainer, lesson.texts, lesson.rows, plan, group=lesson.group,
            score=None if score is None else lambda: score(trainer), watch=told,
            saved=None if kept is None else kept.run(stage),
        )  # fmt: skip

    def _held_out(self, examples: int, given: bool) -> tuple[list[int], list[int]]:
        """Rows to train on, and rows that tell when to stop."""
        order = shuffled(examples, self._seed() + 77)
        count = 0 if given or self.patience is None else examples // HELD_OUT
        return sorted(order[count:]), sorted(order[:count])

    def _loss(self, trainer: Trainer, texts: Texts, rows: Sequence[int], group: int = 1) -> float:
        """The mean loss of some examples."""
        total = 0.0
        size = self._texts_of_batch
        for at in range(0, len(rows), size):
            batch = rows[at : at + size]
            indices = [row * group + i for row in batch for i in range(group)]
            total += trainer.loss(texts, indices) * len(batch)
        return total / max(1, len(rows))

    def _keep(self, trainer: Trainer, start: Start, config: dict[str, Any]) -> None:
        """What was learned as the bytes of a file."""
        base = None if self.trained == "all" else start.base
        folder = Folder()
        path = os.path.join(folder.path, "model.bertlite")
        save_converted(trainer, config, start.tokenizer, path, base=base)
        with open(path, "rb") as file:
            self._file = file.read()
        self.__dict__.pop("_open", None)


def split(read: Callable[..., Any], data: Any) -> Any:
    """Examples for a reader of (inputs, what is wanted): a tuple holds both."""
    return read(*data) if isinstance(data, tuple) else read(data)


def _head_of(trainer: Trainer) -> dict[str, bytes]:
    return {name: trainer.read(name) for name, _, is_trained in trainer.tensors() if is_trained}


def _not_fitted() -> Exception:
    """Where scikit-learn is loaded, also one of its NotFittedError."""
    text = "this model has not learned yet; call fit() first."
    exceptions = sys.modules.get("sklearn.exceptions")
    if exceptions is None:
        return InputError(text)
    kind = type("NotFittedError", (InputError, exceptions.NotFittedError), {})
    error: Exception = kind(text)
    return error
