"""PairScorer: how alike two texts are, learned from pairs or triplets."""

from __future__ import annotations

import os

from .._training import Texts
from ..errors import InputError
from .learner import COMMON, Learner, Lesson, split
from .paired import paired_of, pearson, spearman

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._training import Trainer
    from .report import Answer
    from .start import Start

MOST_COMPARED = 1000  # pairs of which evaluate() compares every text with every other


class PairScorer(Learner):
    """Learns vectors of texts from pairs with scores, pairs that belong together, or triplets.

    fit() takes pairs or triplets of texts: lists of them; a table, a data set or a file with a
    column of each text, and of scores.

    With scores (y), the cosine of a pair's vectors becomes its score; scores beyond -1 to 1 are
    first brought to 0 to 1. Without, a pair's texts become more alike than those of other pairs
    (temperature: of the contrastive loss); the first text of a triplet becomes more alike to the
    second than to the third, by a margin. The file is a model of vectors: for
    pipeline("sentence-similarity"), SentenceTransformer, search. base: None for the embedded
    vectors. Other settings are those of TokenTagger.

    >>> pairs = [("a lamp", "a light"), ("a lamp", "a song"), ("a tune", "a song")] * 4
    >>> scorer = PairScorer(epochs=20).fit(pairs, [1.0, 0.0, 1.0] * 4)
    >>> near, far = scorer.predict([("a lamp", "a light"), ("a lamp", "a song")])
    >>> near > far
    True
    """

    _parameters = (*COMMON, "temperature", "margin")
    _trainable = ("encoder", "all")
    _task = "sentence-similarity"
    _embedded = "vectors"
    _rate = 5e-4

    def __init__(
        self,
        base: str | os.PathLike[str] | None = None,
        *,
        temperature: float = 0.05,
        margin: float = 0.3,
        **common: Any,
    ) -> None:
        super().__init__(base, **common)
        self.temperature, self.margin = temperature, margin

    def _check(self) -> None:
        super()._check()
        self._check_ranges({"temperature": (1e-3, 100.0), "margin": (1e-3, 2.0)})

    def _lesson(self, start: Start, X: Any, y: Any, validation: Any) -> Lesson:
        groups, scores = paired_of(X, y)
        other = None if validation is None else split(paired_of, validation)
        if other is not None and (len(other[0][0]), other[1] is None) != (
            len(groups[0]), scores is None,
        ):  # fmt: skip
            raise InputError("the validation set has to be of the same kind as the examples.")
        group = len(groups[0])
        kind = "triplet" if group == 3 else "contrastive" if scores is None else "cosine"
        if kind == "contrastive" and len({first for first, *_ in groups}) < 2:
            raise InputError(
                "pairs without scores are told from each other; give two with different first "
                "texts, or scores."
            )
        learned, held_out = self._held_out(len(groups), other is not None)
        everything = groups + (other[0] if other is not None else [])
        all_scores = None
        if scores is not None:
            all_scores = _between_0_and_1(scores + (other[1] or [] if other is not None else []))
        texts = self._texts(start, everything, all_scores)
        if other is not None:
            held_out = list(range(len(groups), len(everything)))

        def score(trainer: Trainer) -> float:
            return -self._loss(trainer, texts, held_out, group)

        return Lesson(
            texts, learned, score=score if held_out else None, group=group, with_head=False,
            options={"head": "none", "labels": 1, "loss": kind, "from_mean": True,
                     "temperature": float(self.temperature), "margin": float(self.margin)},
            examples=[everything, all_scores, len(groups)],
            config=start.config_as("", pooling="mean"),
        )  # fmt: skip

    def _texts(
        self, start: Start, groups: Sequence[tuple[str, ...]], scores: list[float] | None
    ) -> Texts:
        flat = [text for group in groups for text in group]
        encoded = start.tokenizer(flat, truncation=True, max_length=self._length(start))
        texts = Texts(encoded["input_ids"])
        same: dict[str, int] = {}  # pairs whose first texts are the same belong together
        numbers = [same.setdefault(group[0], len(same)) for group in groups]
        size = len(groups[0])
        texts.set_labels([number for number in numbers for _ in range(size)])
        if scores is not None:
            texts.set_targets([[score] for score in scores for _ in range(size)])
        return texts

    def predict(self, X: Any) -> list[float]:
        """For each pair of texts how alike they are, from -1 to 1."""
        groups, _ = paired_of([tuple(pair) for pair in X] if isinstance(X, list) else X)
        if not all(len(group) == 2 for group in groups):
            raise InputError("predict() takes pairs of texts.")
        pipe = self.to_pipeline()
        return [float(pipe(a, b)) for a, b in groups]

    def _answers(self, X: Any, y: Any) -> list[Answer]:
        groups, scores = paired_of(X, y)
        if scores is None:
            return []
        found = zip(groups, _between_0_and_1(scores), self.predict(groups))
        return [(" | ".join(pair), f"{wanted:.2f}", f"{given:.2f}", abs(given - wanted))
                for pair, wanted, given in found]  # fmt: skip

    def evaluate(self, X: Any, y: Any = None) -> dict[str, Any]:
        """With scores, their correlation with cosines (of ranks: Spearman's); for pairs without,
        the share of first texts whose own second is the most alike of all; for triplets, the share
        that is in the right order."""
        groups, scores = paired_of(X, y)
        pipe = self.to_pipeline()
        if scores is not None:
            found = self.predict(groups)
            return {"spearman": spearman(found, scores), "pearson": pearson(found, scores),
                    "pairs": len(groups)}  # fmt: skip
        if len(groups[0]) == 3:
            right = sum(pipe(a, b) > pipe(a, c) for a, b, c in groups)
            return {"accuracy": right / len(groups), "triplets": len(groups)}
        some = groups[:MOST_COMPARED]
        table = pipe([a for a, _ in some], [b for _, b in some])
        right = sum(row[i] >= max(row) for i, row in enumerate(table))
        return {"accuracy": right / len(some), "pairs": len(some)}

    def score(self, X: Any, y: Any = None) -> float:
        """Spearman's correlation, or the share that is right."""
        report = self.evaluate(X, y)
        return float(report.get("spearman", report.get("accuracy", 0.0)))


def _between_0_and_1(scores: list[float]) -> list[float]:
    least, most = min(scores), max(scores)
    if least >= -1 and most <= 1:
        return scores
    if least == most:
        raise InputError(f"all scores are {least:g}; give scores that differ, or from -1 to 1.")
    return [(score - least) / (most - least) for score in scores]
