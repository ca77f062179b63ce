"""TextClassifier: a label for a text, learned from examples, with scikit-learn's methods."""

from __future__ import annotations

import os
import sys

from .._training import Texts, Trainer, schedule_share, shuffled
from ..errors import InputError, ModelFileError, warn
from ..files import write_atomically
from ..pipelines import pipeline
from . import loop
from .examples import examples_of, listed, texts_of
from .saving import Folder, save_converted
from .start import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..tasks.text_classification import TextClassification

TRAINED = ("auto", "head", "pairs", "encoder", "all")
FEWEST_TO_HOLD_OUT = 2  # texts of each label on average, so that a part can be held out
FOLDS_BELOW = 600  # texts: with more, one held-out part says enough
HELD_OUT = 0.1
FOLDS = 3
PAIRED_LABELS, PAIRED_TEXTS = 20, 4  # in a batch whose texts are compared with each other
FEW = 16  # texts of each label: with more, pairs teach nothing that labels do not


class Recipe:
    """How one rung of the ladder is trained."""

    def __init__(
        self, trained: str, rate: float, steps: int, least: int, most: int, dropout: float
    ) -> None:
        self.trained, self.rate, self.dropout = trained, rate, dropout
        self.steps, self.least, self.most = steps, least, most  # steps in all; epochs

    def epochs(self, texts: int, batch_size: int) -> int:
        per_epoch = -(-texts // batch_size)
        return max(self.least, min(self.most, -(-self.steps // per_epoch)))


RECIPES = {
    "head": Recipe("head", 5e-3, 1200, 5, 100, 0.1),
    "pairs": Recipe("encoder", 3e-3, 400, 1, 400, 0.05),
    "encoder": Recipe("encoder", 2e-3, 1800, 6, 60, 0.1),
    "all": Recipe("all", 2e-3, 1800, 6, 60, 0.1),
}
PARAMETERS = (
    "base", "trained", "epochs", "batch_size", "learning_rate", "max_length", "dropout",
    "label_smoothing", "class_weight", "patience", "threads", "random_state", "verbose",
)  # fmt: skip


class TextClassifier:
    """Learns labels from texts, and gives texts labels.

    base: the model to begin with: a name, a folder, a converted file; None: the embedded one.
    trained: "head" (fast), "pairs" (for a handful of texts of each label: the layers learn which
    texts belong together, then a head), "encoder" (all layers; the saved file is a delta file of
    100 to 200 KB), "all" (also the words' table), or "auto", which tries the first three on
    held-out texts and takes the best (`ladder_` holds their scores). epochs,
    learning_rate, dropout: None for the recipe's. class_weight: None, "balanced" or {label:
    weight}. patience: epochs without a better score on held-out texts after which training ends.
    threads: None for all processors; the result does not depend on it. random_state: the same
    number gives the same model, byte for byte.

    >>> texts = ["lights on", "lamp on", "lights off", "lamp off"] * 4
    >>> labels = ["on", "on", "off", "off"] * 4
    >>> classifier = TextClassifier(trained="head").fit(texts, labels)
    >>> list(classifier.classes_)
    ['off', 'on']
    """

    _estimator_type = "classifier"

    def __init__(
        self,
        base: str | os.PathLike[str] | None = None,
        *,
        trained: str = "auto",
        epochs: int | None = None,
        batch_size: int = 32,
        learning_rate: float | None = None,
        max_length: int = 128,
        dropout: float | None = None,
        label_smoothing: float = 0.0,
        class_weight: Any = None,
        patience: int | None = None,
        threads: int | None = None,
        random_state: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.base, self.trained, self.epochs = base, trained, epochs
        self.batch_size, self.learning_rate, self.max_length = batch_size, learning_rate, max_length
        self.dropout, self.label_smoothing = dropout, label_smoothing
        self.class_weight, self.patience = class_weight, patience
        self.threads, self.random_state, self.verbose = threads, random_state, verbose

    # ---- parameters -------------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of __init__, by name."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **parameters: Any) -> TextClassifier:
        """Change arguments of __init__; an unknown name is an error."""
        for name, value in parameters.items():
            if name not in PARAMETERS:
                raise InputError(
                    f"{name!r} is not a parameter of TextClassifier; "
                    f"expected one of {', '.join(PARAMETERS)}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        plain = TextClassifier().get_params()
        changed = [f"{n}={v!r}" for n, v in self.get_params().items() if v != plain[n]]
        return f"TextClassifier({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, one_d_array=True, string=True),
        )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_file")

    def _check(self) -> None:
        if self.trained not in TRAINED:
            raise InputError(
                f"trained is {self.trained!r}; it can be {', '.join(map(repr, TRAINED))}."
            )
        for name, least in (("epochs", 1), ("batch_size", 1), ("max_length", 3), ("patience", 1)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < least):
                raise InputError(f"{name} is {value!r}; it has to be a whole number from {least}.")
        for name, most in (("learning_rate", 10.0), ("dropout", 0.9), ("label_smoothing", 0.9)):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= most:
                raise InputError(f"{name} is {value!r}; it has to be from 0 to {most}.")

    # ---- training -----------------------------------------------------------------------------

    def fit(
        self, X: Any, y: Any, *, watch: Callable[[str, loop.Progress], None] | None = None
    ) -> TextClassifier:
        """Learn from texts and their labels. watch: called with a rung's name and its progress."""
        self._check()
        texts, labels = examples_of(X, y)
        known = sorted(set(labels), key=lambda label: (type(label).__name__, label))
        if len(known) < 2:
            found = f"only the label {known[0]!r}" if known else "no label"
            raise InputError(f"the texts have {found}; give texts of two labels or more.")
        if len({str(label) for label in known}) < len(known):
            raise InputError("two labels look the same as text; use labels of one type.")
        session = _Session(self, texts, [known.index(label) for label in labels], known, watch)
        self.ladder_ = session.climb()
        self._file = session.final(self.ladder_)
        self.history_ = session.history
        self.classes_ = _array(known)
        self.n_features_in_ = 1
        self.__dict__.pop("_open", None)
        return self

    # ---- answers --------------------------------------------------------------------------------

    def to_pipeline(self) -> TextClassification:
        """The pipeline that predict() uses."""
        if not hasattr(self, "_file"):
            raise InputError("this classifier has not learned yet; call fit() first.")
        if "_open" not in self.__dict__:
            folder = Folder()
            path = os.path.join(folder.path, "model.bertlite")
            with open(path, "wb") as file:
                file.write(self._file)
            pipe: Any = pipeline("text-classification", path)
            self._open = (pipe, folder)
        opened: TextClassification = self._open[0]
        return opened

    def _scores(self, X: Any, top: int | None) -> list[list[tuple[int, float]]]:
        pipe = self.to_pipeline()
        classify, wanted = pipe.text_model.classify, top or len(pipe.labels)
        return [classify(text, None, "softmax", wanted) for text in texts_of(X)]

    def predict(self, X: Any) -> Any:
        """A label for each text. An array if NumPy is loaded, otherwise a list."""
        known = listed(self.classes_) if hasattr(self, "classes_") else []
        return _array([known[found[0][0]] for found in self._scores(X, 1)])

    def predict_proba(self, X: Any) -> Any:
        """For each text a probability for each of `classes_`."""
        rows = []
        for found in self._scores(X, None):
            row = [0.0] * len(found)
            for index, score in found:
                row[index] = score
            rows.append(row)
        return _array(rows)

    def score(self, X: Any, y: Any) -> float:
        """The share of texts whose label is predicted."""
        wanted, found = listed(y), listed(self.predict(X))
        if len(wanted) != len(found):
            raise InputError(f"there are {len(found)} texts and {len(wanted)} labels.")
        right: int = sum(a == b for a, b in zip(wanted, found))
        return right / max(1, len(found))

    def evaluate(self, X: Any, y: Any) -> dict[str, Any]:
        """Accuracy, and for each label its precision, recall, F1 and number of texts."""
        wanted, found = listed(y), listed(self.predict(X))
        if len(wanted) != len(found):
            raise InputError(f"there are {len(found)} texts and {len(wanted)} labels.")
        known = listed(self.classes_)
        unseen = sorted({str(label) for label in wanted if label not in set(known)})
        if unseen:
            warn(f"labels that were not trained count as wrong: {', '.join(unseen[:5])}.")
        labels = {}
        for label in known:
            right = sum(a == b == label for a, b in zip(wanted, found))
            given, of_label = found.count(label), wanted.count(label)
            labels[label] = {
                "precision": right / given if given else 0.0,
                "recall": right / of_label if of_label else 0.0,
                "f1": 2 * right / (given + of_label) if given + of_label else 0.0,
                "texts": of_label,
            }
        present = [values["f1"] for values in labels.values() if values["texts"]]
        return {
            "accuracy": sum(a == b for a, b in zip(wanted, found)) / max(1, len(found)),
            "macro_f1": sum(present) / max(1, len(present)),
            "texts": len(wanted),
            "labels": labels,
        }

    # ---- files -----------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as one file, which pipeline("text-classification", path) opens."""
        if not hasattr(self, "_file"):
            raise InputError("this classifier has not learned yet; call fit() first.")
        write_atomically(path, self._file)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **parameters: Any) -> TextClassifier:
        """A classifier from a file that save() wrote. Its labels are then str."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise ModelFileError(f"{os.fspath(path)} cannot be read: {error.strerror}.") from None
        loaded = cls(**parameters)
        pipe: Any = pipeline("text-classification", path)  # refuses what is not a classifier
        loaded._file, loaded.classes_, loaded.n_features_in_ = data, _array(pipe.labels), 1
        loaded.ladder_, loaded.history_ = [], []
        return loaded

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_open"}


def _array(values: list[Any]) -> Any:
    """An array where NumPy is loaded, which scikit-learn's tools expect."""
    numpy = sys.modules.get("numpy")
    return values if numpy is None else numpy.asarray(values)


class _Session:
    """One call of fit()."""

    def __init__(
        self,
        settings: TextClassifier,
        texts: list[str],
        labels: list[int],
        known: list[Any],
        watch: Callable[[str, loop.Progress], None] | None,
    ) -> None:
        self.settings, self.labels, self.known, self.watch = settings, labels, known, watch
        self.start = Start(settings.base)
        longest = min(settings.max_length, self.start.model.info["positions"])
        encoded = self.start.tokenizer(texts, truncation=True, max_length=longest)
        self.texts = Texts(encoded["input_ids"])
        self.texts.set_labels(labels)
        self.seed = 0 if settings.random_state is None else int(settings.random_state)
        self.history: list[dict[str, Any]] = []

    def _weights(self) -> list[float] | None:
        wanted = self.settings.class_weight
        if wanted is None:
            return None
        if wanted == "balanced":
            count = [self.labels.count(i) for i in range(len(self.known))]
            return [len(self.labels) / (len(self.known) * max(1, n)) for n in count]
        if isinstance(wanted, dict) and set(wanted) <= set(self.known):
            weights = [wanted.get(label, 1.0) for label in self.known]
            if all(isinstance(w, (int, float)) and 0 <= w < 1e6 for w in weights):
                return [float(w) for w in weights]
        raise InputError(
            f"class_weight is {wanted!r}; it can be None, 'balanced' or {{label: a "
            "number from 0} with labels that the texts have."
        )

    def _trainer(self, trained: str, loss: str = "one_label") -> Trainer:
        s, recipe = self.settings, RECIPES[trained]
        batch = PAIRED_LABELS * PAIRED_TEXTS if trained == "pairs" else s.batch_size
        batch = min(batch, len(self.labels))
        dropout = recipe.dropout if s.dropout is None else s.dropout
        return Trainer(
            self.start.model,
            trained=recipe.trained,
            loss=loss,
            from_mean=self.start.from_mean,
            labels=len(self.known),
            smoothing=s.label_smoothing,
            class_weights=self._weights(),
            hidden_dropout=dropout,
            attention_dropout=dropout,
            classifier_dropout=dropout,
            betas=(0.9, 0.98),
            epsilon=1e-6,
            decay=0.01,
            seed=self.seed,
            tokens=min(batch * self.texts.longest, self.texts.tokens(range(len(self.labels)))),
            texts=batch,
            length=self.texts.longest,
            threads=s.threads or os.cpu_count() or 1,
        )

    def _plan(self, trained: str, count: int, epochs: int | None) -> loop.Plan:
        s, recipe = self.settings, RECIPES[trained]
        return loop.Plan(
            epochs=epochs or s.epochs or recipe.epochs(count, s.batch_size),
            batch_size=s.batch_size,
            rate=recipe.rate if s.learning_rate is None else s.learning_rate,
            patience=s.patience,
            seed=self.seed,
        )

    def _train(
        self,
        trained: str,
        rows: Sequence[int],
        held_out: Sequence[int] = (),
        epochs: int | None = None,
    ) -> tuple[Trainer, loop.Progress]:
        """A head is trained on vectors that are computed once, and it is what an encoder's
        training begins with: a head that knows nothing would spoil the layers' first steps."""
        layers = self._pair(rows) if trained == "pairs" else {}
        trainer = self._trainer("head")
        for name, values in layers.items():
            trainer.write(name, values)
        trainer.vectors(self.texts)
        is_head = trained in ("head", "pairs")
        plan = self._plan("head", len(rows), epochs if is_head else None)
        if trained != "head":
            plan.epochs, plan.patience = RECIPES["head"].epochs(len(rows), plan.batch_size), None
            plan.rate = RECIPES["head"].rate
        progress = self._run("head", trainer, rows, plan, held_out if is_head else ())
        if is_head:
            return trainer, progress
        if progress.interrupted:
            raise KeyboardInterrupt
        head = {name: trainer.read(name) for name, _, is_trained in trainer.tensors() if is_trained}
        trainer = self._trainer(trained)
        for name, values in head.items():
            trainer.write(name, values)
        self.texts.forget_vectors()
        plan = self._plan(trained, len(rows), epochs)
        return trainer, self._run(trained, trainer, rows, plan, held_out)

    def _run(
        self,
        rung: str,
        trainer: Trainer,
        rows: Sequence[int],
        plan: loop.Plan,
        held_out: Sequence[int],
    ) -> loop.Progress:
        """Train by a plan; what is held out tells when to stop."""

        def score() -> float:
            return loop.accuracy(trainer, self.texts, held_out, self.labels)

        def told(progress: loop.Progress) -> None:
            if self.watch is not None:
                self.watch(rung, progress)

        return loop.run(
            trainer, self.texts, rows, plan, score=score if held_out else None, watch=told
        )

    def _pair(self, rows: Sequence[int]) -> dict[str, bytes]:
        """The layers after training on which texts have the same label."""
        trainer, recipe = self._trainer("pairs", loss="contrastive"), RECIPES["pairs"]
        self.texts.forget_vectors()
        by_label: dict[int, list[int]] = {}
        for row in rows:
            by_label.setdefault(self.labels[row], []).append(row)
        progress = loop.Progress(recipe.steps)
        for step in range(recipe.steps):
            seed = (self.seed * 1_000_003 + step) * 2 + 1
            labels = [list(by_label)[i] for i in shuffled(len(by_label), seed)][:PAIRED_LABELS]
            batch = []
            for i, label in enumerate(labels):
                own = by_label[label]
                batch += [own[j] for j in shuffled(len(own), seed * 64 + i)[:PAIRED_TEXTS]]
            share = schedule_share("linear", step + 1, recipe.steps // 10, recipe.steps + 1)
            progress.loss = trainer.step(self.texts, batch, number=step, rate=recipe.rate * share)
            progress.step += 1
            if self.watch is not None:
                self.watch("pairs", progress)
        return {name: trainer.read(name) for name, _, is_trained in trainer.tensors()
                if is_trained and not name.startswith("classifier")}  # fmt: skip

    def _folds(self) -> list[tuple[list[int], list[int]]]:
        """(rows to train on, rows held out): each label's texts are shared out evenly."""
        by_label: dict[int, list[int]] = {}
        for row in shuffled(len(self.labels), self.seed + 77):
            by_label.setdefault(self.labels[row], []).append(row)
        parts = FOLDS if len(self.labels) < FOLDS_BELOW else int(1 / HELD_OUT)
        part_of: dict[int, int] = {}
        at = 0
        for rows in by_label.values():
            for row in rows:
                part_of[row] = at % parts
                at += 1
        folds = range(FOLDS) if len(self.labels) < FOLDS_BELOW else range(1)
        rows_in_order = range(len(self.labels))
        return [
            (
                [row for row in rows_in_order if part_of[row] != fold],
                [row for row in rows_in_order if part_of[row] == fold],
            )
            for fold in folds
        ]

    def climb(self) -> list[dict[str, Any]]:
        """The score of each rung on held-out texts; the one that is taken has "chosen"."""
        wanted = self.settings.trained
        rungs = ["head", "encoder"] if wanted == "auto" else [wanted]
        if wanted == "auto" and len(self.labels) <= FEW * len(self.known) and self.start.from_mean:
            rungs.insert(1, "pairs")
        too_few = len(self.labels) < FEWEST_TO_HOLD_OUT * len(self.known)
        if too_few or (len(rungs) == 1 and self.settings.patience is None):
            return [{"trained": rungs[0], "chosen": True}]
        ladder = []
        for rung in rungs:
            scores, epochs = [], []
            for rows, held_out in self._folds():
                _, progress = self._train(rung, rows, held_out)
                if progress.interrupted:
                    raise KeyboardInterrupt
                reached = [report["score"] for report in progress.history]
                scores.append(max(reached) if self.settings.patience else reached[-1])
                epochs.append(1 + reached.index(max(reached)))
            ladder.append({
                "trained": rung,
                "held_out_accuracy": sum(scores) / len(scores),
                "epochs": max(epochs) if self.settings.patience else None,
                "chosen": False,
            })  # fmt: skip
        best = max(ladder, key=lambda rung: rung["held_out_accuracy"])  # the first of equals
        best["chosen"] = True
        return ladder

    def final(self, ladder: list[dict[str, Any]]) -> bytes:
        """Train the chosen rung on every text; the file of the result."""
        chosen = next(rung for rung in ladder if rung["chosen"])
        rows = range(len(self.labels))
        trainer, progress = self._train(chosen["trained"], rows, epochs=chosen.get("epochs"))
        self.history = progress.history
        if progress.interrupted:
            warn(f"training was interrupted at step {progress.step} of {progress.steps}; "
                 "the result is what it had learned by then.")  # fmt: skip
        config = self.start.config_for(
            [str(label) for label in self.known], from_mean=self.start.from_mean
        )
        base = None if chosen["trained"] == "all" else self.start.base
        folder = Folder()
        path = os.path.join(folder.path, "model.bertlite")
        save_converted(trainer, config, self.start.tokenizer, path, base=base)
        with open(path, "rb") as file:
            return file.read()
