"""Trainer under the name that transformers uses; the core trains."""

from __future__ import annotations

import os
import shutil
import time

from .. import _training
from .._training import Texts, schedule_share, shuffled
from ..errors import InputError, ModelFileError
from ..files import write_atomically
from ..models import Model
from .arguments import TrainingArguments
from .callbacks import TrainerCallback, TrainerControl, TrainerState, metric_of
from .examples import listed
from .saving import Folder, save_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NamedTuple

    class TrainOutput(NamedTuple):
        global_step: int
        training_loss: float
        metrics: dict[str, Any]

    class PredictionOutput(NamedTuple):
        predictions: Any
        label_ids: Any
        metrics: dict[str, Any] | None
else:
    from collections import namedtuple

    TrainOutput = namedtuple("TrainOutput", "global_step training_loss metrics")
    PredictionOutput = namedtuple("PredictionOutput", "predictions label_ids metrics")

LABELS = ("labels", "label", "label_ids")
CHECKPOINT = "checkpoint-"
OPTIMIZER = "optimizer.bertlite"
STATE = "trainer_state.json"
# Arguments that change nothing: rows are padded and moved to the CPU by nobody.
UNUSED = ("data_collator", "model_init", "preprocess_logits_for_metrics", "compute_loss_func")


class EvalPrediction:
    """What compute_metrics gets: logits and labels as arrays."""

    def __init__(self, predictions: Any, label_ids: Any) -> None:
        self.predictions, self.label_ids = predictions, label_ids

    def __iter__(self) -> Any:
        return iter((self.predictions, self.label_ids))

    def __getitem__(self, index: int) -> Any:
        return (self.predictions, self.label_ids)[index]


class Trainer:
    """Trains a BertForSequenceClassification on rows of ids, as transformers' Trainer does.

    Datasets are anything with a length whose items have "input_ids", "label" or "labels", and, if
    need be, "attention_mask" and "token_type_ids". After train(), the model has the new weights.
    """

    def __init__(
        self,
        model: Model | None = None,
        args: TrainingArguments | None = None,
        data_collator: Any = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        model_init: Callable[[], Model] | None = None,
        compute_metrics: Callable[[EvalPrediction], dict[str, Any]] | None = None,
        callbacks: list[TrainerCallback | type[TrainerCallback]] | None = None,
        tokenizer: Any = None,
        **more: Any,
    ) -> None:
        for name, value in more.items():
            if value not in (None, (None, None)):
                raise InputError(f"{name} cannot be obeyed by this Trainer; leave it out.")
        if model is None and model_init is not None:
            model = model_init()
        if not isinstance(model, Model) or model.task != "sequence-classification":
            raise InputError(
                "this Trainer trains models of BertForSequenceClassification.from_pretrained "
                f"only, not {type(model).__name__}."
            )
        self.model, self.args = model, args or TrainingArguments()
        self.train_dataset, self.eval_dataset = train_dataset, eval_dataset
        self.processing_class = processing_class or tokenizer
        self.compute_metrics = compute_metrics
        self.callbacks = [c() if isinstance(c, type) else c for c in callbacks or []]
        self.state, self.control = TrainerState(), TrainerControl()
        self._rows: dict[int, tuple[Any, Texts, list[Any]]] = {}
        self._core: _training.Trainer | None = None
        self._sizes = (0, 0, 0)

    # ---- data and the core ----------------------------------------------------------------------

    @property
    def tokenizer(self) -> Any:
        return self.processing_class

    def add_callback(self, callback: TrainerCallback | type[TrainerCallback]) -> None:
        self.callbacks.append(callback() if isinstance(callback, type) else callback)

    def _texts(self, dataset: Any, what: str) -> tuple[Texts, list[Any]]:
        if dataset is None:
            raise InputError(f"this Trainer has no {what}; give it one.")
        if id(dataset) not in self._rows:
            self._rows[id(dataset)] = (dataset, *_read(dataset, self._several()))
        return self._rows[id(dataset)][1:]

    def _kind(self) -> str:
        kind = self.model.config.problem_type
        if kind == "multi_label_classification":
            return "several_labels"
        return "regression" if kind == "regression" or self.model.num_labels == 1 else "one_label"

    def _several(self) -> bool:
        return self._kind() != "one_label"

    def _open_core(self, texts: Texts) -> _training.Trainer:
        """A core for batches as large as these texts and the arguments make them. One that is large
        enough stays; a larger one takes over its weights."""
        a, config = self.args, self.model.config
        count = max(a.per_device_train_batch_size, a.per_device_eval_batch_size)
        count = min(count, max(1, len(texts)))
        needed = (count, texts.longest, count * texts.longest)
        sizes = tuple(max(pair) for pair in zip(self._sizes, needed))
        if self._core is not None and sizes == self._sizes:
            return self._core
        limit = self.model.info["positions"]
        if texts.longest > limit:
            raise InputError(
                f"a row has {texts.longest} ids, but the model takes {limit}; "
                "tokenize with truncation=True."
            )
        model = Model(
            self.model.source, self.model.task, precision="fp32",
            config=self.model.changed_config, new_classifier=self.model.new_classifier,
        )  # fmt: skip
        hidden = float(config.get("hidden_dropout_prob", 0.1))
        classifier = config.__dict__.get("classifier_dropout")
        core = _training.Trainer(
            model, trained="all", labels=self.model.num_labels, loss=self._kind(),
            smoothing=a.label_smoothing_factor, hidden_dropout=hidden,
            attention_dropout=float(config.get("attention_probs_dropout_prob", 0.1)),
            classifier_dropout=hidden if classifier is None else float(classifier),
            betas=(a.adam_beta1, a.adam_beta2), epsilon=a.adam_epsilon, decay=a.weight_decay,
            clip=a.max_grad_norm, seed=a.seed, texts=sizes[0], length=sizes[1], tokens=sizes[2],
            threads=self.model.threads,
        )  # fmt: skip
        if self._core is not None:
            core.load_state(self._core.state(optimizer=True), optimizer=True)
        self._core, self._sizes = core, (sizes[0], sizes[1], sizes[2])
        return core

    # ---- training -------------------------------------------------------------------------------

    def train(self, resume_from_checkpoint: bool | str | None = None, **more: Any) -> TrainOutput:
        """Train; the model then has the new weights (the best ones, if that was asked for)."""
        for name in more:
            raise InputError(f"{name!r} is not an argument of train().")
        a = self.args
        texts, _ = self._texts(self.train_dataset, "train_dataset")
        if not len(texts):
            raise InputError("train_dataset is empty; give it rows.")
        core = self._open_core(texts)
        batches = len(texts) // a.per_device_train_batch_size if a.dataloader_drop_last else (
            -(-len(texts) // a.per_device_train_batch_size))  # fmt: skip
        per_epoch = max(1, -(-batches // a.gradient_accumulation_steps))
        steps = a.max_steps if a.max_steps > 0 else -int(-per_epoch * a.num_train_epochs // 1)
        self.state, self.control = TrainerState(), TrainerControl()
        self.state.max_steps, self.state.num_train_epochs = steps, -(-steps // per_epoch)
        self._resume(core, resume_from_checkpoint or a.resume_from_checkpoint)
        began, first = time.monotonic(), self.state.global_step
        self._best: bytes | None = None
        self._logged, self._since_log, self._total = 0.0, 0, 0.0
        self._tell("on_train_begin")
        try:
            self._run(core, texts, steps, per_epoch)
        finally:
            self._adopt(core)
        if a.load_best_model_at_end and self._best is not None:
            core.load_state(self._best)
            self._adopt(core)
        seconds = time.monotonic() - began
        done = max(1, self.state.global_step - first)
        metrics = {
            "train_runtime": round(seconds, 4),
            "train_samples_per_second": round(
                done * a.per_device_train_batch_size * a.gradient_accumulation_steps
                / max(seconds, 1e-9), 3),
            "train_steps_per_second": round(done / max(seconds, 1e-9), 3),
            "train_loss": self._total / done,
            "epoch": self.state.epoch,
        }  # fmt: skip
        self._log(metrics)
        self._tell("on_train_end")
        return TrainOutput(self.state.global_step, self._total / done, metrics)

    def _run(self, core: _training.Trainer, texts: Texts, steps: int, per_epoch: int) -> None:
        a, state, control = self.args, self.state, self.control
        size, accumulated = a.per_device_train_batch_size, a.gradient_accumulation_steps
        seed = a.seed if a.data_seed is None else a.data_seed
        while state.global_step < steps and not control.should_training_stop:
            epoch = state.global_step // per_epoch
            order = shuffled(len(texts), seed * 1_000_003 + epoch)
            batches = [order[at : at + size] for at in range(0, len(order), size)]
            if a.dataloader_drop_last and len(batches) > 1 and len(batches[-1]) < size:
                batches.pop()
            self._tell("on_epoch_begin")
            for at in range(state.global_step % per_epoch, per_epoch):
                self._tell("on_step_begin")
                group = batches[at * accumulated : (at + 1) * accumulated]
                rate = a.learning_rate * schedule_share(
                    a.schedule, state.global_step, a.warmup(steps), steps
                )
                loss = 0.0
                for i, batch in enumerate(group):
                    loss += core.step(
                        texts, batch, number=state.global_step * accumulated + i, rate=rate,
                        first=i == 0, last=i == len(group) - 1, scale=1 / len(group),
                    ) / len(group)  # fmt: skip
                state.global_step += 1
                state.epoch = state.global_step / per_epoch
                self._total += loss
                self._logged += loss
                self._since_log += 1
                self._after_step(core, rate, steps)
                if state.global_step >= steps or control.should_training_stop:
                    break
            if state.global_step % per_epoch == 0:
                self._tell("on_epoch_end")
                self._after("epoch", core, rate)

    def _after_step(self, core: _training.Trainer, rate: float, steps: int) -> None:
        a, state, control = self.args, self.state, self.control
        control.should_log = a.logging_strategy == "steps" and (
            _is_turn(state.global_step, a.logging_steps, steps)
            or (a.logging_first_step and state.global_step == 1)
        )
        control.should_evaluate = a.eval_strategy == "steps" and _is_turn(
            state.global_step, a.eval_steps or a.logging_steps, steps
        )
        control.should_save = a.save_strategy == "steps" and (
            _is_turn(state.global_step, a.save_steps, steps) or state.global_step >= steps
        )
        self._tell("on_step_end")
        self._act(core, rate)

    def _after(self, strategy: str, core: _training.Trainer, rate: float) -> None:
        a, control = self.args, self.control
        control.should_log = a.logging_strategy == strategy
        control.should_evaluate = a.eval_strategy == strategy
        control.should_save = a.save_strategy == strategy
        self._act(core, rate)

    def _act(self, core: _training.Trainer, rate: float) -> None:
        control = self.control
        if control.should_log and self._since_log:
            self._log({"loss": round(self._logged / self._since_log, 4),
                       "grad_norm": core.norm, "learning_rate": rate})  # fmt: skip
            self._logged, self._since_log = 0.0, 0
        better = False
        if control.should_evaluate:
            better = self._keep_best(core, self.evaluate())
        if control.should_save or (better and self.args.save_strategy == "best"):
            self._save_checkpoint(core)
            if better:
                self.state.best_model_checkpoint = self._checkpoint()
        control.should_log = control.should_evaluate = control.should_save = False

    def _keep_best(self, core: _training.Trainer, metrics: dict[str, Any]) -> bool:
        name, greater = metric_of(self.args)
        value, best = metrics.get(name), self.state.best_metric
        if value is None:
            if self.args.metric_for_best_model:
                raise InputError(
                    f"metric_for_best_model is {name[5:]!r}, but evaluation gives "
                    f"{', '.join(metrics)}."
                )
            return False
        if best is not None and not (value > best if greater else value < best):
            return False
        self.state.best_metric = value
        if self.args.load_best_model_at_end:
            self._best = core.state()
        return True

    def _adopt(self, core: _training.Trainer) -> None:
        """Give the model the core's weights, in files of its own."""
        folder = Folder()
        save_folder(core, self._config(), folder.path)
        self.model._become(Model(folder.path, self.model.task, precision=self.model.precision))
        self.model.__dict__["_config"] = None
        self.model.__dict__["_trained_files"] = folder  # which live as long as the model

    def _config(self) -> dict[str, Any]:
        config = self.model.config.to_dict()
        labels = self.model.config.id2label
        config.pop("name_or_path", None)
        config.pop("num_labels", None)
        config["architectures"] = [
            "DistilBertForSequenceClassification"
            if config.get("model_type") == "distilbert"
            else "BertForSequenceClassification"
        ]
        config["id2label"] = labels
        config["label2id"] = {label: i for i, label in labels.items()}
        return config

    # ---- evaluation -----------------------------------------------------------------------------

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, Any]:
        """The loss, and what compute_metrics returns, with the weights as they are in training."""
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        metrics = self._predict(dataset, "eval_dataset", metric_key_prefix)[2]
        self._log(metrics)
        self._tell("on_evaluate", metrics=metrics)
        return metrics

    def predict(
        self, test_dataset: Any, ignore_keys: Any = None, metric_key_prefix: str = "test"
    ) -> PredictionOutput:
        """Logits for a dataset, its labels, and the metrics."""
        logits, labels, metrics = self._predict(test_dataset, "test_dataset", metric_key_prefix)
        return PredictionOutput(_arrays(logits), _arrays(labels), metrics)

    def _predict(
        self, dataset: Any, what: str, prefix: str
    ) -> tuple[list[list[float]], list[Any], dict[str, Any]]:
        texts, labels = self._texts(dataset, what)
        core = self._open_core(texts)
        began = time.monotonic()
        logits, loss = core.evaluate(texts, loss=bool(labels))
        metrics: dict[str, Any] = {} if loss is None else {"loss": loss}
        if self.compute_metrics is not None and labels:
            given = EvalPrediction(_arrays(logits), _arrays(labels))
            metrics.update(self.compute_metrics(given))
        seconds = max(time.monotonic() - began, 1e-9)
        metrics["runtime"] = round(seconds, 4)
        metrics["samples_per_second"] = round(len(texts) / seconds, 3)
        metrics = {n if n.startswith(prefix) else f"{prefix}_{n}": v for n, v in metrics.items()}
        if self.state.epoch:
            metrics["epoch"] = self.state.epoch
        return logits, labels, metrics

    # ---- logs and files -------------------------------------------------------------------------

    def _tell(self, event: str, **more: Any) -> None:
        for callback in self.callbacks:
            tell = getattr(callback, event, None)
            if tell is not None:
                changed = tell(self.args, self.state, self.control, model=self.model, **more)
                self.control = changed or self.control

    def _log(self, values: dict[str, Any]) -> None:
        values = {**values, "epoch": round(self.state.epoch, 2)}
        self.state.log_history.append({**values, "step": self.state.global_step})
        self._tell("on_log", logs=values)
        print(values, flush=True)

    log = _log

    def _checkpoint(self) -> str:
        return os.path.join(self.args.output_dir, f"{CHECKPOINT}{self.state.global_step}")

    def _save_checkpoint(self, core: _training.Trainer) -> None:
        """Whole or not at all: it is written under another name and then renamed."""
        target = self._checkpoint()
        partial = f"{target}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        save_folder(core, self._config(), partial)
        write_atomically(os.path.join(partial, OPTIMIZER), core.state(optimizer=True))
        write_atomically(os.path.join(partial, STATE), self.state.to_json())
        if self.processing_class is not None:
            self.processing_class.save_pretrained(partial)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(partial, target)
        self._remove_old()
        self._tell("on_save")

    def _remove_old(self) -> None:
        """Keep as many checkpoints as were asked for, the best one among them."""
        limit, found = self.args.save_total_limit, _checkpoints(self.args.output_dir)
        while limit and len(found) > limit:
            old = [c for c in found[:-1] if c != self.state.best_model_checkpoint]
            if not old:
                return
            shutil.rmtree(old[0], ignore_errors=True)
            found.remove(old[0])

    def _resume(self, core: _training.Trainer, wanted: bool | str | None) -> None:
        import json

        if not wanted:
            return
        found = _checkpoints(self.args.output_dir)
        if wanted is True and not found:
            raise ModelFileError(f"{self.args.output_dir} has no checkpoint to resume from.")
        folder = found[-1] if wanted is True else os.fspath(wanted)
        try:
            with open(os.path.join(folder, OPTIMIZER), "rb") as file:
                weights = file.read()
            with open(os.path.join(folder, STATE), encoding="utf-8") as text:
                values = json.load(text)
        except (OSError, ValueError) as error:
            raise ModelFileError(
                f"{folder} is not a checkpoint of this Trainer: {error}."
            ) from None
        core.load_state(weights, optimizer=True)
        for name in ("global_step", "epoch", "log_history", "best_metric"):
            setattr(self.state, name, values[name])

    def save_model(self, output_dir: str | os.PathLike[str] | None = None) -> None:
        """Write the model, and the tokenizer if there is one, as a folder."""
        folder = self.args.output_dir if output_dir is None else os.fspath(output_dir)
        self.model.save_pretrained(folder)
        if self.processing_class is not None:
            self.processing_class.save_pretrained(folder)

    def save_state(self) -> None:
        os.makedirs(self.args.output_dir, exist_ok=True)
        write_atomically(os.path.join(self.args.output_dir, STATE), self.state.to_json())


def _is_turn(step: int, every: float | None, steps: int) -> bool:
    if not every:
        return False
    count = max(1, int(every if every >= 1 else every * steps))  # below 1: a share of all steps
    return step % count == 0


def _checkpoints(folder: str) -> list[str]:
    """The checkpoints in a folder, the oldest first."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    steps = [name[len(CHECKPOINT) :] for name in names if name.startswith(CHECKPOINT)]
    found = sorted(int(step) for step in steps if step.isdigit())
    return [os.path.join(folder, f"{CHECKPOINT}{step}") for step in found]


def _arrays(values: list[Any]) -> Any:
    try:
        import numpy
    except ImportError:
        return values
    return numpy.asarray(values)


def _read(dataset: Any, several: bool) -> tuple[Texts, list[Any]]:
    """A dataset's rows without their padding, and its labels."""
    rows, types = [], []
    labels: list[Any] = []
    for i in range(len(dataset)):
        item = dataset[i]
        ids = item.get("input_ids")
        if ids is None:
            raise InputError(f"row {i} has no input_ids but {', '.join(item)}; tokenize it first.")
        ids = listed(ids)
        mask = item.get("attention_mask")
        count = len(ids)
        if mask is not None:
            given = listed(mask)
            count = sum(given)
            if given != [1] * count + [0] * (len(given) - count):
                raise InputError(f"row {i} is not padded on the right; pad it there.")
        rows.append(ids[:count])
        kinds = item.get("token_type_ids")
        types.append([0] * count if kinds is None else listed(kinds)[:count])
        label = next((item[name] for name in LABELS if item.get(name) is not None), None)
        if label is not None:
            labels.append(listed(label) if several and hasattr(label, "__len__") else
                          label.tolist() if hasattr(label, "tolist") else label)  # fmt: skip
    if labels and len(labels) != len(rows):
        raise InputError(f"{len(rows) - len(labels)} rows have no label; give each one.")
    texts = Texts(rows, types)
    if labels and several:
        texts.set_targets([row if isinstance(row, list) else [row] for row in labels])
    elif labels:
        texts.set_labels(labels)
    return texts, labels
