"""TextClassifier: a label for a text, learned from examples, with scikit-learn's methods."""

from __future__ import annotations

import os
import sys
from collections import Counter

from ..errors import InputError, warn
from . import refusal
from .examples import examples_of, labels_of, listed, texts_of
from .ladder import Ladder, Result
from .learner import COMMON, Estimator
from .rungs import TRAINED, Rungs
from .saving import Folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Self

    from ..tasks.text_classification import TextClassification
    from .loop import Progress
    from .report import Answer


class TextClassifier(Estimator):
    """Learns labels from texts, and gives texts labels.

    base: the model to begin with: a name, a folder, a converted file; None: the embedded one.
    trained: "names" (the labels' names alone), "ngrams" (tf-idf of tokens and pairs of tokens),
    "head" (fast), "pairs" (for a handful of texts of each label: the layers learn which
    texts belong together, then a head), "encoder" (all layers), "all" (also the words' table), or
    "auto", which tries all but the last on held-out texts, and the best of them together with
    n-grams, and takes the best (`ladder_` holds their scores). epochs,
    learning_rate, dropout: None for the recipe's. class_weight: None, "balanced" or {label:
    weight}. patience: epochs without a better score on held-out texts after which training ends.
    refuse: True: predict() gives None where the best label's probability is below `threshold_`,
    which is found on held-out texts and on everyday text, so that at least 95 % of known texts
    pass, or another share that is given here. unknown: your own texts that have no label, for that.
    threads: None for all processors; the result does not depend on it. random_state: the same
    number gives the same model, byte for byte. deterministic: False allows arithmetic that differs
    from one kind of processor to another, and is faster.

    >>> texts = ["lights on", "lamp on", "lights off", "lamp off"] * 4
    >>> labels = ["on", "on", "off", "off"] * 4
    >>> classifier = TextClassifier(trained="head").fit(texts, labels)
    >>> list(classifier.classes_)
    ['off', 'on']
    """

    _estimator_type = "classifier"
    _parameters = (*COMMON, "label_smoothing", "class_weight", "refuse", "unknown")
    _trainable = TRAINED
    _task = "text-classification"
    _embedded = "vectors"
    _has_labels = True

    def __init__(
        self,
        base: str | os.PathLike[str] | None = None,
        *,
        trained: str = "auto",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        max_length: int | None = None,
        dropout: float | None = None,
        label_smoothing: float = 0.0,
        class_weight: Any = None,
        patience: int | None = None,
        deterministic: bool = True,
        refuse: bool | float = False,
        unknown: Any = None,
        threads: int | None = None,
        random_state: int | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            base, trained=trained, epochs=epochs, batch_size=batch_size, max_length=max_length,
            learning_rate=learning_rate, dropout=dropout, patience=patience, threads=threads,
            deterministic=deterministic, random_state=random_state, verbose=verbose,
        )  # fmt: skip
        self.label_smoothing, self.class_weight = label_smoothing, class_weight
        self.refuse, self.unknown = refuse, unknown

    # ---- parameters -------------------------------------------------------------------------

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, one_d_array=True, string=True),
        )

    def _check(self) -> None:
        super()._check()
        self._check_ranges({"label_smoothing": (0, 0.9), "refuse": (0, 1.0)})

    # ---- training -----------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        watch: Callable[[str, Progress], None] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        keep_checkpoint: bool = False,
    ) -> Self:
        """Learn from texts and their labels.

        With trained="names", X may be empty: y are then the labels. watch: called with a rung's
        name and its progress. checkpoint: a file that is written after each epoch (of those shorter
        than a second, not all), and removed at the end, unless Ctrl-C ended training or
        keep_checkpoint says that it is needed until the result is saved; resume: go on from it, if
        it is there.
        """
        self._check()
        if self.trained == "names" and hasattr(X, "__len__") and not len(X):
            texts: list[str] = []
            labels = labels_of(y)
        else:
            texts, labels = examples_of(X, y)
        known = _known(labels)
        index = {label: i for i, label in enumerate(known)}
        start = self._begin()
        examples = [texts, [str(label) for label in labels]]
        kept = self._checkpoint(start, checkpoint, examples, resume=resume)
        rungs = Rungs(
            self, texts, [index[label] for label in labels] if texts else [], known,
            start=start, more=self._unknown(), watch=watch, checkpoint=kept,
        )  # fmt: skip
        if self.trained == "names" and not rungs.can_name:
            raise InputError(
                "labels cannot be told apart by their names: give labels that are words, and a "
                "base model that makes vectors of texts."
            )
        ladder = Ladder(rungs)
        self.ladder_ = ladder.climb()
        self._take(ladder.final(self.ladder_))
        self.history_ = ladder.history
        self.refusal_ = ladder.refusal
        self.threshold_ = (ladder.refusal or {}).get("threshold", refusal.UNCALIBRATED)
        self.held_out_: dict[str, Any] | None = _held_out(ladder, known, texts)
        self.classes_ = _array(known)
        self.n_features_in_ = 1
        self.interrupted_ = ladder.interrupted
        if kept is not None and not keep_checkpoint and not ladder.interrupted:
            kept.remove()
        return self

    def _unknown(self) -> list[tuple[str, str]]:
        """Texts that should be refused, and the group that each is of."""
        from . import everyday

        own = [] if self.unknown is None else texts_of(self.unknown)
        return [("unknown", text) for text in own] + [("everyday", t) for t in everyday.TEXTS]

    def _take(self, result: Result) -> None:
        self._file, self._learned = result.file, result
        self.__dict__.pop("_open", None)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Go on learning from more texts, from where fit(), load() or partial_fit() ended.

        The first call, without a fit() before it, needs all labels as `classes`. A head is
        trained, and the layers too if they were before (or if `trained` says so); n-grams and the
        threshold stay as they are.
        """
        self._check()
        texts, labels = examples_of(X, y)
        folder = path = None
        if hasattr(self, "_file"):
            known = listed(self.classes_)
            folder, path = self._written()
        elif classes is None:
            raise InputError("the first call of partial_fit() needs all labels as classes=.")
        else:
            known = _known(labels_of(classes))
        index = {label: i for i, label in enumerate(known)}
        for row, label in enumerate(labels):
            if label not in index:
                raise InputError(
                    f"row {row} has the label {label!r}, which is not one of the {len(known)} that "
                    "this classifier knows; call fit() with all texts."
                )
        from .continuing import continued

        result = continued(
            self, known, texts, [index[label] for label in labels],
            before=self.__dict__.get("_learned"), path=path,
        )  # fmt: skip
        del folder  # its file was needed until now
        self._take(result)
        if not hasattr(self, "ladder_"):
            self.ladder_, self.history_, self.held_out_ = [], [], None
            self.interrupted_ = False
            self.refusal_, self.threshold_ = None, refusal.UNCALIBRATED
        self.classes_, self.n_features_in_ = _array(known), 1
        return self

    # ---- answers --------------------------------------------------------------------------------

    def _written(self) -> tuple[Folder, str]:
        """The file in a temporary folder, which lives as long as the object."""
        folder = Folder()
        path = os.path.join(folder.path, "model.bertlite")
        self.save(path)
        return folder, path

    def to_pipeline(self) -> TextClassification:
        """The pipeline that predict() uses; with `refuse` one for intents, which gives the label
        None, too."""
        task = "intent-classification" if self.refuse else "text-classification"
        pipe: TextClassification = self._pipeline(task)
        return pipe

    def _scores(self, texts: list[str], top: int | None) -> list[list[tuple[int, float]]]:
        pipe = self.to_pipeline()
        classify, wanted = pipe.text_model.classify, top or len(pipe.labels)
        return [classify(text, None, "softmax", wanted) for text in texts]

    def predict(self, X: Any) -> Any:
        """A label for each text, or None where it is refused. An array if NumPy is loaded,
        otherwise a list."""
        self._learned_file()  # an error, if there is none
        known, texts = listed(self.classes_), texts_of(X)
        best = [found[0] for found in self._scores(texts, 1)]
        if not self.refuse:
            return _array([known[label] for label, _ in best])
        return _array([
            known[label] if score >= self.threshold_ and text.strip() else None
            for text, (label, score) in zip(texts, best)
        ])  # fmt: skip

    def predict_proba(self, X: Any) -> Any:
        """For each text a probability for each of `classes_`."""
        self._learned_file()
        rows = []
        for found in self._scores(texts_of(X), None):
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

    def _answers(self, X: Any, y: Any) -> list[Answer]:
        texts, known = texts_of(X), listed(self.classes_)
        found = [best[0] for best in self._scores(texts, 1)]
        given = listed(self.predict(texts)) if self.refuse else [known[label] for label, _ in found]
        return [
            (text, _shown(wanted), _shown(label), score)
            for text, wanted, label, (_, score) in zip(texts, listed(y), given, found)
        ]

    def _held_out_answers(self) -> list[Answer]:
        kept = self.held_out_
        if kept is None:
            return []
        rows = zip(kept["texts"], kept["wanted"], kept["labels"], kept["scores"])
        return [(text, str(wanted), str(label), score) for text, wanted, label, score in rows]

    def _facts(self) -> list[tuple[str, str]]:
        if self.refusal_ is None:
            return []
        words = {"known": "held-out texts", "everyday": "everyday text", "unknown": "unknown texts"}
        return [
            (f"{words[name]} that pass at the threshold {self.threshold_:.3f}",
             f"{100 * self.refusal_[name + '_pass']:.1f} %")
            for name in words if self.refuse and name + "_pass" in self.refusal_
        ]  # fmt: skip

    def evaluate(self, X: Any, y: Any = None) -> dict[str, Any]:
        """Accuracy, and for each label its precision, recall, F1 and number of texts.

        With `refuse`, None as a text's label says that it has none, and the share of known and of
        unknown texts that pass are told, too.
        """
        wanted, found = listed(y), listed(self.predict(X))
        if len(wanted) != len(found):
            raise InputError(f"there are {len(found)} texts and {len(wanted)} labels.")
        known = listed(self.classes_)
        unseen = sorted({str(label) for label in set(wanted) - {*known, None}})
        if unseen:
            warn(f"labels that were not trained count as wrong: {', '.join(unseen[:5])}.")
        right = Counter(a for a, b in zip(wanted, found) if a == b)
        given, of_label = Counter(found), Counter(wanted)
        labels = {
            label: {
                "precision": right[label] / given[label] if given[label] else 0.0,
                "recall": right[label] / of_label[label] if of_label[label] else 0.0,
                "f1": 2 * right[label] / max(1, given[label] + of_label[label]),
                "texts": of_label[label],
            }
            for label in known
        }
        present = [values["f1"] for values in labels.values() if values["texts"]]
        report: dict[str, Any] = {
            "accuracy": sum(right.values()) / max(1, len(found)),
            "macro_f1": sum(present) / max(1, len(present)),
            "texts": len(wanted),
            "labels": labels,
        }
        if self.refuse:
            inside = len(wanted) - of_label[None]
            refused = given[None] - right[None]
            report["known_pass"] = (inside - refused) / max(1, inside)
            report["unknown_pass"] = 1 - right[None] / of_label[None] if of_label[None] else None
        return report

    # ---- files -----------------------------------------------------------------------------------

    def _loaded(self, pipe: Any) -> None:
        """Labels from a file are str."""
        self.classes_, self.n_features_in_ = _array(pipe.labels), 1
        self.ladder_, self.held_out_, self.refusal_ = [], None, None
        threshold = pipe.config.to_dict().get("intent_threshold", refusal.UNCALIBRATED)
        self.threshold_ = float(threshold)


def _array(values: list[Any]) -> Any:
    """An array where NumPy is loaded, which scikit-learn's tools expect."""
    numpy = sys.modules.get("numpy")
    return values if numpy is None else numpy.asarray(values)


def _known(labels: list[Any]) -> list[Any]:
    """The labels, each once, in order."""
    known = sorted(set(labels), key=lambda label: (type(label).__name__, label))
    if len(known) < 2:
        found = f"only the label {known[0]!r}" if known else "no label"
        raise InputError(f"the texts have {found}; give texts of two labels or more.")
    if len({str(label) for label in known}) < len(known):
        raise InputError("two labels look the same as text; use labels of one type.")
    return known


def _shown(label: Any) -> str:
    return "(refused)" if label is None else str(label)


def _held_out(ladder: Ladder, known: list[Any], texts: list[str]) -> dict[str, Any] | None:
    """What the chosen rung answered for texts that it had not learned from."""
    if not ladder.answers:
        return None
    return {
        "rows": ladder.held_out,  # of those that have a text
        "texts": [texts[row] for row in ladder.held_out],
        "wanted": [known[ladder.labels[row]] for row in ladder.held_out],
        "labels": [known[label] for label, _ in ladder.answers],
        "scores": [score for _, score in ladder.answers],
    }
