"""What Trainer tells its callbacks, under the names that transformers uses."""

from __future__ import annotations

import json

from ..errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class TrainerState:
    """How far a training is."""

    def __init__(self) -> None:
        self.epoch = 0.0
        self.global_step = self.max_steps = 0
        self.num_train_epochs = 0
        self.log_history: list[dict[str, Any]] = []
        self.best_metric: float | None = None
        self.best_model_checkpoint: str | None = None
        self.is_world_process_zero = self.is_local_process_zero = True

    def to_json(self) -> str:
        return json.dumps(self.__dict__, indent=2) + "\n"


class TrainerControl:
    """What callbacks ask for."""

    def __init__(self) -> None:
        self.should_training_stop = self.should_epoch_stop = False
        self.should_save = self.should_evaluate = self.should_log = False


class TrainerCallback:
    """A callback: override the events to be told of. Each may return the control, changed."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_epoch_begin(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...
    def on_log(self, args: Any, state: Any, control: Any, **more: Any) -> Any: ...


class EarlyStoppingCallback(TrainerCallback):
    """Ends training when the metric has not become better for some evaluations."""

    def __init__(
        self, early_stopping_patience: int = 1, early_stopping_threshold: float = 0.0
    ) -> None:
        self.patience, self.threshold = early_stopping_patience, early_stopping_threshold
        self.best: float | None = None
        self.since_best = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if args.eval_strategy == "no":
            raise InputError("early stopping needs evaluation; set eval_strategy='epoch'.")

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        name, greater = metric_of(args)
        value = more["metrics"].get(name)
        if value is None:
            raise InputError(f"early stopping needs the metric {name}, which was not computed.")
        away = (value - (self.best or 0.0)) * (1 if greater else -1)
        if self.best is None or away > self.threshold:
            self.best, self.since_best = value, 0
            return
        self.since_best += 1
        if self.since_best >= self.patience:
            control.should_training_stop = True


def metric_of(args: Any) -> tuple[str, bool]:
    """The name of the metric that tells the best model, and whether more is better."""
    name = args.metric_for_best_model or "loss"
    greater = args.greater_is_better
    if greater is None:
        greater = not name.endswith("loss")
    return name if name.startswith("eval_") else f"eval_{name}", bool(greater)
