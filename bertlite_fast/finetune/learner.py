"""What the estimators beside TextClassifier share: parameters, training, answers, files."""

from __future__ import annotations

import os

from .._training import Texts, Trainer, shuffled
from ..errors import InputError, ModelFileError, warn
from ..files import write_atomically
from ..pipelines import pipeline
from . import loop
from .saving import Folder, save_converted
from .start import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from typing_extensions import Self

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
    "threads", "random_state", "verbose",
)  # fmt: skip


class Learner:
    """An estimator: __init__ keeps its arguments, fit() learns, save() writes one file."""

    _parameters: tuple[str, ...] = COMMON
    _trainable: tuple[str, ...] = ("encoder", "head", "all")
    _task = ""  # the pipeline's
    _embedded = ""  # the base when none is named
    _rate = 1e-3
    _dropout = 0.1

    base: str | os.PathLike[str] | None
    trained: str
    epochs: int | None
    batch_size: int
    learning_rate: float | None
    max_length: int
    dropout: float | None
    patience: int | None
    threads: int | None
    random_state: int | None
    verbose: int
    _file: bytes
    history_: list[dict[str, Any]]
    validation_report_: dict[str, Any]  # of finetune()

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
            if value is None and name not in ("batch_size", "max_length"):
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InputError(f"{name} is {value!r}; it has to be a whole number from {least}.")
        for name, most in (("learning_rate", 10.0), ("dropout", 0.9)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, (int, float)) and 0 <= value <= most):
                raise InputError(f"{name} is {value!r}; it has to be from 0 to {most}.")

    # ---- training -----------------------------------------------------------------------------

    def _begin(self) -> Start:
        self._check()
        return Start(f"bertlite/{self._embedded}" if self.base is None else self.base)

    def _seed(self) -> int:
        return 0 if self.random_state is None else int(self.random_state)

    def _length(self, start: Start) -> int:
        return min(self.max_length, int(start.model.info["positions"]))

    def _epochs(self, examples: int) -> int:
        per_epoch = -(-examples // self.batch_size)
        of_few = min(MOST_EPOCHS_OF_FEW, -(-FEW_STEPS // per_epoch))
        return self.epochs or max(FEWEST_EPOCHS, of_few, min(MOST_EPOCHS, -(-STEPS // per_epoch)))

    def _train(
        self,
        start: Start,
        texts: Texts,
        rows: Sequence[int],
        *,
        score: Callable[[Trainer], float] | None,
        watch: Callable[[str, loop.Progress], None] | None,
        group: int = 1,
        with_head: bool = True,
        **options: Any,
    ) -> Trainer:
        """Train, first the head, then what `trained` says. rows: of examples, each of which is
        `group` texts. score: of a trainer, after each epoch; the best state is kept."""
        trainer: Trainer | None = None
        stages = ["head"] if with_head and self.trained != "all" else []
        if self.trained != "head":
            stages.append(self.trained)
        dropout = self._dropout if self.dropout is None else self.dropout
        batch = min(self.batch_size, len(rows))
        for trained in stages:
            head = {} if trainer is None else _head_of(trainer)
            trainer = Trainer(
                start.model, trained=trained, hidden_dropout=dropout, attention_dropout=dropout,
                classifier_dropout=dropout, betas=(0.9, 0.98), epsilon=1e-6, decay=0.01,
                seed=self._seed(), texts=batch * group, length=texts.longest,
                tokens=min(batch * group * texts.longest, texts.tokens(range(len(texts)))),
                threads=self.threads or os.cpu_count() or 1, **options,
            )  # fmt: skip
            for name, values in head.items():
                trainer.write(name, values)
            is_last = trained == stages[-1]
            plan = loop.Plan(
                epochs=self._epochs(len(rows)) if is_last else EPOCHS_OF_HEAD,
                batch_size=batch,
                rate=RATE_OF_HEAD if trained == "head" else self._rate,
                patience=self.patience if is_last else None,
                seed=self._seed(),
            )
            if is_last and self.learning_rate is not None:
                plan.rate = self.learning_rate
            progress = self._run(trained, trainer, texts, rows, plan, group,
                                 score if is_last else None, watch)  # fmt: skip
            if progress.interrupted:
                warn(f"training was interrupted at step {progress.step} of {progress.steps}; "
                     "the result is what it had learned by then.")  # fmt: skip
                break
        assert trainer is not None
        self.history_ = progress.history
        return trainer

    def _run(
        self, stage: str, trainer: Trainer, texts: Texts, rows: Sequence[int], plan: loop.Plan,
        group: int, score: Callable[[Trainer], float] | None,
        watch: Callable[[str, loop.Progress], None] | None,
    ) -> loop.Progress:  # fmt: skip
        def told(progress: loop.Progress) -> None:
            if watch is not None:
                watch(stage, progress)

        return loop.run(
            trainer, texts, rows, plan, group=group,
            score=None if score is None else lambda: score(trainer), watch=told,
        )  # fmt: skip

    def _held_out(self, examples: int, given: bool) -> tuple[list[int], list[int]]:
        """Rows to train on, and rows that tell when to stop."""
        order = shuffled(examples, self._seed() + 77)
        count = 0 if given or self.patience is None else examples // HELD_OUT
        return sorted(order[count:]), sorted(order[:count])

    def _loss(self, trainer: Trainer, texts: Texts, rows: Sequence[int], group: int = 1) -> float:
        """The mean loss of some examples."""
        total = 0.0
        for at in range(0, len(rows), self.batch_size):
            batch = rows[at : at + self.batch_size]
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

    # ---- answers and files ----------------------------------------------------------------------

    def to_pipeline(self) -> Any:
        """The pipeline that predict() uses."""
        if not hasattr(self, "_file"):
            raise InputError("this model has not learned yet; call fit() first.")
        if "_open" not in self.__dict__:
            folder = Folder()
            path = os.path.join(folder.path, "model.bertlite")
            with open(path, "wb") as file:
                file.write(self._file)
            opened: Any = pipeline
            self._open = (opened(self._task, path), folder)
        return self._open[0]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as one file, which pipeline() opens."""
        if not hasattr(self, "_file"):
            raise InputError("this model has not learned yet; call fit() first.")
        write_atomically(path, self._file)

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
        loaded._file, loaded.history_ = data, []
        loaded._loaded(pipe)
        return loaded

    def _loaded(self, pipe: Any) -> None:
        """Take over what a file says."""


def _head_of(trainer: Trainer) -> dict[str, bytes]:
    return {name: trainer.read(name) for name, _, is_trained in trainer.tensors() if is_trained}
