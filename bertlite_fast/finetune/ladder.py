"""The ladder: every rung on held-out texts, beside n-grams; the best is trained on all.

All rungs are scored on the same texts, which none of them has learned from. Their logits there
also tell how an encoder and n-grams are mixed, how sharp probabilities are, and below which
probability a text is better refused.
"""

from __future__ import annotations

import os

from .._training import Mixed, Ngrams, scaled, shuffled
from ..errors import InputError, warn
from . import refusal
from .rungs import FEW
from .saving import Folder, save_converted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._training import Trainer
    from .loop import Progress
    from .rungs import Rungs

FEWEST_TO_HOLD_OUT = 2  # texts of each label on average, so that a part can be held out
FOLDS_BELOW = 600  # texts: with more, one held-out part says enough
HELD_OUT = 0.1
FOLDS = 3
UNMIXED = (1.0, 0.0)
# Right answers after 5 texts of each label, the mean of sms_spam, uci, snips and stackoverflow as
# `bench/finetune.py --per-label 5 --trained RUNG` finds them: what a dozen held-out texts hardly
# tell, and a thousand tell better.
USUAL = {
    "names": 0.64, "ngrams": 0.74, "head": 0.79, "pairs": 0.83, "encoder": 0.85, "all": 0.85,
}  # fmt: skip
USUAL_TEXTS = 60


class Scored:
    """A rung's logits for texts that it has not learned from, fold by fold."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.logits: list[list[float]] = []
        self.unknown: list[list[float]] = []
        self.epochs: list[int] = []


class Result:
    """What a ladder ends in: a file, and what is needed to go on learning."""

    def __init__(self) -> None:
        self.file = b""
        self.trained = "head"
        self.tensors: dict[str, bytes] = {}
        self.factors: tuple[float, float] = UNMIXED
        self.ngrams: list[tuple[str, str, list[int], bytes]] = []


class _Tried:
    """A rung's line in the ladder, and its answers for what was held out."""

    def __init__(
        self,
        rung: dict[str, Any],
        factors: tuple[float, float],
        answers: list[tuple[int, float]],
        unknown: list[tuple[int, float]],
    ) -> None:
        self.rung, self.factors, self.answers, self.unknown = rung, factors, answers, unknown


class Ladder:
    """One climb."""

    def __init__(self, rungs: Rungs) -> None:
        self.rungs = rungs
        self.settings = rungs.settings
        self.labels, self.known = rungs.labels, rungs.known
        self.refusal: dict[str, Any] | None = None
        self.factors: tuple[float, float] = UNMIXED
        self.history: list[dict[str, Any]] = []
        self.held_out: list[int] = []  # rows, in the order of logits
        self.answers: list[tuple[int, float]] = []  # the chosen rung's for them
        self.interrupted = False
        self.best_so_far: tuple[float, str, Trainer] | None = None

    # ---- what is tried ----------------------------------------------------------------------

    def _candidates(self) -> list[str]:
        rungs, wanted = self.rungs, self.settings.trained
        if wanted != "auto":
            return [wanted]
        names = ["names"] if rungs.can_name else []
        few = len(self.labels) <= FEW * len(self.known) and rungs.start.from_mean
        return [*names, "head", *(["pairs"] if few else []), "encoder"]

    def folds(self) -> list[tuple[list[int], list[int]]]:
        """(rows to train on, rows held out): each label's texts are shared out evenly."""
        by_label: dict[int, list[int]] = {}
        for row in shuffled(len(self.labels), self.rungs.seed + 77):
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
        candidates = self._candidates()
        settings = self.settings
        if settings.trained == "ngrams" and not self.rungs.most_ngrams:
            raise InputError(
                f"{len(self.known)} labels are too many for n-grams alone; train a head or more."
            )
        too_few = len(self.labels) < FEWEST_TO_HOLD_OUT * len(self.known)
        needs_scores = settings.trained == "auto" or settings.patience or settings.refuse
        if too_few or not needs_scores:
            if settings.refuse:
                warn(
                    "there are too few texts to tell from held-out ones which answers to refuse, "
                    f"so those below {refusal.UNCALIBRATED} are; give 2 texts of each label or "
                    "more."
                )
            if settings.trained == "ngrams":
                self.factors = (0.0, 1.0)
            return [{"trained": "head" if settings.trained == "auto" else settings.trained,
                     "chosen": True}]  # fmt: skip
        folds = self.folds()
        self.held_out = [row for _, rows in folds for row in rows]
        ngrams = self._score_ngrams(folds)
        try:
            scored = [self._score(name, folds) for name in candidates if name != "ngrams"]
        except KeyboardInterrupt:
            if self.best_so_far is None:
                raise
            score, name, _ = self.best_so_far
            return [{"trained": name, "held_out_accuracy": score, "chosen": True,
                     "interrupted": True}]  # fmt: skip
        return self._choose(scored, ngrams)

    def _score(self, name: str, folds: Sequence[tuple[list[int], list[int]]]) -> Scored:
        """A rung on all folds."""
        scored = Scored(name)
        right = 0
        for number, (rows, held_out) in enumerate(folds):
            self.rungs.part = f"fold {number}"
            trainer, progress = self.rungs.train(name, rows, held_out)
            if progress.interrupted:
                raise KeyboardInterrupt
            logits, _ = trainer.evaluate(self.rungs.texts, held_out, loss=False)
            unknown, _ = trainer.evaluate(self.rungs.texts, self.rungs.unknown, loss=False)
            scored.logits += logits
            scored.unknown += unknown
            reached = [report["score"] for report in progress.history]
            scored.epochs.append(1 + reached.index(max(reached)) if reached else 1)
            right += sum(
                row.index(max(row)) == self.labels[at] for row, at in zip(logits, held_out)
            )
            share = right / max(1, len(scored.logits))
            if self.best_so_far is None or share >= self.best_so_far[0]:
                self.best_so_far = share, name, trainer
        return scored

    def _score_ngrams(self, folds: Sequence[tuple[list[int], list[int]]]) -> Scored | None:
        if not self.rungs.most_ngrams:
            return None
        scored = Scored("ngrams")
        for rows, held_out in folds:
            learned = self.rungs.ngrams(rows)
            scored.logits += learned.evaluate(self.rungs.texts, held_out)
            scored.unknown += learned.evaluate(self.rungs.texts, self.rungs.unknown)
        return scored

    # ---- what is taken ----------------------------------------------------------------------

    def _choose(self, scored: list[Scored], ngrams: Scored | None) -> list[dict[str, Any]]:
        """Rungs alone, then the best of them with n-grams; the best of all is taken, unless the
        user said which: then n-grams only stand beside it."""
        targets = [self.labels[row] for row in self.held_out]
        tried: list[_Tried] = []

        def add(first: Scored, second: Scored | None) -> None:
            mixed = Mixed(first.logits, None if second is None else second.logits, targets)
            factors, loss = mixed.find()
            answers = mixed.answers(factors)
            share = sum(a == b for (a, _), b in zip(answers, targets)) / len(targets)
            others = None if second is None else second.unknown
            unknown = Mixed(first.unknown, others).answers(factors)
            rung = {
                "trained": f"{first.name}+ngrams" if second else first.name,
                "held_out_accuracy": share,
                "held_out_loss": loss,
                "epochs": max(first.epochs) if self.settings.patience and first.epochs else None,
                "chosen": False,
            }
            if first is ngrams:
                factors = (0.0, factors[0])
            tried.append(_Tried(rung, factors, answers, unknown))

        for rung in scored:
            add(rung, None)
        partner = scored[tried.index(_best(tried, len(targets)))] if scored else None
        if ngrams is not None:
            add(ngrams, None)
            if partner is not None and self.settings.trained == "auto":
                add(partner, ngrams)
        wanted = self.settings.trained
        taken = _best(
            [one for one in tried if wanted in ("auto", one.rung["trained"])], len(targets)
        )
        taken.rung["chosen"] = True
        self.factors, self.answers = taken.factors, taken.answers
        groups = self.rungs.groups * (len(taken.unknown) // max(1, len(self.rungs.groups)))
        self.refusal = refusal.calibrated(
            [score for _, score in taken.answers],
            [score for _, score in taken.unknown],
            groups,
            refusal.share_to_keep(self.settings.refuse),
        )
        return [one.rung for one in tried]

    def final(self, ladder: list[dict[str, Any]]) -> Result:
        """Train the chosen rung on every text."""
        chosen = next(rung for rung in ladder if rung["chosen"])
        name = chosen["trained"].split("+")[0]
        rows = range(len(self.labels))
        self.rungs.part = "all"
        is_of_a_part = chosen.get("interrupted", False)
        if not is_of_a_part:
            try:
                trainer, progress = self.rungs.train(name, rows, epochs=chosen.get("epochs"))
            except KeyboardInterrupt:
                if self.best_so_far is None:
                    raise
                is_of_a_part = True
            else:
                self.history = progress.history
                self.interrupted = progress.interrupted
                _warn_of_interrupt(progress)
        if is_of_a_part:
            assert self.best_so_far is not None
            _, name, trainer = self.best_so_far
            self.interrupted = True
            warn(
                f"training was interrupted before it had all texts; the result is {name}, "
                "trained on a part of them while rungs were compared."
            )
        is_mixed = self.factors[1] != 0.0
        return self.written(trainer, name, self.rungs.ngrams(rows) if is_mixed else None)

    def written(self, trainer: Trainer, name: str, ngrams: Ngrams | None = None) -> Result:
        """The file of a trainer's model."""
        result = Result()
        result.trained, result.factors = name, self.factors
        result.ngrams = ngrams.tensors(self.factors[1]) if ngrams is not None else []
        config = self.rungs.start.config_for(
            [str(label) for label in self.known], from_mean=self.rungs.start.from_mean
        )
        if self.refusal is not None:
            config["intent_threshold"] = self.refusal["threshold"]
        result.file = file_of(
            trainer, config, self.rungs, self.factors[0], result.ngrams, is_whole=name == "all"
        )
        result.tensors = {  # after the file, which takes memory of its own
            tensor: trainer.read(tensor) for tensor, _, is_trained in trainer.tensors()
            if is_trained or (name == "pairs" and ".layer." in tensor)
        }  # fmt: skip
        return result


def _usual(trained: str) -> float:
    return USUAL[trained.split("+")[0]]


def _best(tried: list[_Tried], texts: int) -> _Tried:
    """What a few texts say of shares is vague, so what rungs usually reach counts as well, as so
    many texts more. Of rungs that are as good as the best within half a standard error, the one
    with the least loss. A rung alone is a mixture far from halves."""
    shares = [
        (texts * one.rung["held_out_accuracy"] + USUAL_TEXTS * _usual(one.rung["trained"]))
        / (texts + USUAL_TEXTS)
        for one in tried
    ]
    best = max(shares)
    vague = 0.5 * (best * (1 - best) / (texts + USUAL_TEXTS)) ** 0.5
    good = [one for one, share in zip(tried, shares) if share >= best - vague]
    alone = 1.0 / texts  # as in bl_mixture_find

    def loss(one: _Tried) -> float:
        found: float = one.rung["held_out_loss"]
        return found if "+" in one.rung["trained"] else found + alone

    return min(good, key=loss)


def file_of(
    trainer: Trainer,
    config: dict[str, Any],
    rungs: Rungs,
    factor: float,
    ngrams: list[tuple[str, str, list[int], bytes]],
    *,
    is_whole: bool,
) -> bytes:
    """A converted file's bytes. factor: of the head's logits."""
    kept = {name: trainer.read(name) for name in ("classifier.weight", "classifier.bias")}
    folder = Folder()
    path = os.path.join(folder.path, "model.bertlite")
    try:
        for name, values in kept.items():
            trainer.write(name, scaled(values, factor))
        save_converted(
            trainer, config, rungs.start.tokenizer, path,
            base=None if is_whole else rungs.start.base, more=ngrams,
        )  # fmt: skip
    finally:
        for name, values in kept.items():
            trainer.write(name, values)
    with open(path, "rb") as file:
        return file.read()


def _warn_of_interrupt(progress: Progress) -> None:
    if progress.interrupted:
        warn(f"training was interrupted at step {progress.step} of {progress.steps}; "
             "the result is what it had learned by then.")  # fmt: skip
