"""One rung of the ladder: a head, layers, label names or n-grams, trained on some of the texts."""

from __future__ import annotations

import os

from .._native import TextModel
from .._training import Ngrams, Texts, Trainer, schedule_share, shuffled
from ..errors import InputError
from . import loop
from .start import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .checkpoint import Checkpoint

TRAINED = ("auto", "names", "ngrams", "head", "pairs", "encoder", "all")
PAIRED_LABELS, PAIRED_TEXTS = 20, 4  # in a batch whose texts are compared with each other
FEW = 16  # texts of each label: with more, neither names nor pairs teach anything
FREQUENT_FROM = 1000  # texts: with so many, n-grams of one text alone are left out
NGRAM_BYTES, NGRAM_ROW, MOST_NGRAMS = 1 << 20, 12, 16384  # of the file; beside a row's weights
FEWEST_NGRAMS = 1000  # with more labels than leave room for these, n-grams say nothing
SAVED_STEPS = 50  # between two checkpoints where there are no epochs


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


class Rungs:
    """Texts, their labels and the model to begin with; trains what it is asked for.

    labels: indices into `known`. more: texts without a label, each with the group that it is of;
    they stand behind the others in `texts`.
    """

    def __init__(
        self,
        settings: Any,
        texts: list[str],
        labels: list[int],
        known: list[Any],
        *,
        more: Sequence[tuple[str, str]] = (),
        start: Start | None = None,
        watch: Callable[[str, loop.Progress], None] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.settings, self.labels, self.known, self.watch = settings, labels, known, watch
        self.checkpoint = checkpoint
        self.start = settings._begin() if start is None else start
        longest = settings._length(self.start)
        self.groups = [group for group, _ in more]
        names = self._names() if len(texts) <= FEW * len(known) and self.can_name else []
        all_texts = [*texts, *(text for _, text in more), *names]
        encoded = self.start.tokenizer(all_texts, truncation=True, max_length=longest)
        self.texts = Texts(encoded["input_ids"])
        self.unknown = range(len(texts), len(texts) + len(more))
        self.named = range(self.unknown.stop, len(all_texts))  # examples of the names themselves
        self.label_of = [*labels, *[0] * len(more), *range(len(names))]
        self.texts.set_labels(self.label_of)
        self.seed = settings._seed()
        self.part = ""  # of the texts, to tell one training of a rung from another

    @property
    def can_name(self) -> bool:
        """Whether the labels' names say anything, and the model can compare them with texts."""
        return self.start.from_mean and all(
            isinstance(label, str) and any(map(str.isalpha, label)) for label in self.known
        )

    def _names(self) -> list[str]:
        return [str(label).replace("_", " ").replace("-", " ") for label in self.known]

    @property
    def most_ngrams(self) -> int:
        """N-grams that are kept, so that the file stays small; 0: too many labels for them."""
        most = min(MOST_NGRAMS, NGRAM_BYTES // (NGRAM_ROW + len(self.known)))
        return most if most >= FEWEST_NGRAMS else 0

    def _weights(self) -> list[float] | None:
        wanted = self.settings.class_weight
        if wanted is None:
            return None
        if wanted == "balanced":
            count = dict.fromkeys(range(len(self.known)), 0)
            for label in self.labels:
                count[label] += 1
            return [len(self.labels) / (len(self.known) * max(1, n)) for n in count.values()]
        if isinstance(wanted, dict) and set(wanted) <= set(self.known):
            weights = [wanted.get(label, 1.0) for label in self.known]
            if all(isinstance(w, (int, float)) and 0 <= w < 1e6 for w in weights):
                return [float(w) for w in weights]
        raise InputError(
            f"class_weight is {wanted!r}; it can be None, 'balanced' or {{label: a "
            "number from 0} with labels that the texts have."
        )

    def trainer(self, trained: str, loss: str = "one_label") -> Trainer:
        """A trainer for a rung, at its beginning."""
        s, recipe = self.settings, RECIPES[trained]
        batch = PAIRED_LABELS * PAIRED_TEXTS if trained == "pairs" else s._texts_of_batch
        batch = max(1, min(batch, len(self.texts)))
        dropout = recipe.dropout if s.dropout is None else s.dropout
        longest = max(1, self.texts.longest)
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
            tokens=max(1, min(batch * longest, self.texts.tokens(range(len(self.texts))))),
            texts=batch,
            length=longest,
            threads=s.threads or os.cpu_count() or 1,
            fused=not s.deterministic,
        )

    def plan(self, trained: str, count: int, epochs: int | None) -> loop.Plan:
        s, recipe = self.settings, RECIPES[trained]
        return loop.Plan(
            epochs=epochs or s.epochs or recipe.epochs(count, s._texts_of_batch),
            batch_size=s._texts_of_batch,
            rate=recipe.rate if s.learning_rate is None else s.learning_rate,
            patience=s.patience,
            seed=self.seed,
        )

    def train(
        self,
        trained: str,
        rows: Sequence[int],
        held_out: Sequence[int] = (),
        epochs: int | None = None,
    ) -> tuple[Trainer, loop.Progress]:
        """A head is trained on vectors that are computed once, and it is what an encoder's
        training begins with: a head that knows nothing would spoil the layers' first steps."""
        if trained in ("names", "ngrams"):
            return self._named(is_empty=trained == "ngrams"), loop.Progress(0)
        rows = [*rows, *self.named]
        layers = self._pair(rows) if trained == "pairs" else {}
        trainer = self.trainer("head")
        for name, values in layers.items():
            trainer.write(name, values)
        trainer.vectors(self.texts)
        is_head = trained in ("head", "pairs")
        plan = self.plan("head", len(rows), epochs if is_head else None)
        if trained != "head":
            plan.epochs, plan.patience = RECIPES["head"].epochs(len(rows), plan.batch_size), None
            plan.rate = RECIPES["head"].rate
        progress = self._run("head", trainer, rows, plan, held_out if is_head else (), trained)
        if is_head:
            return trainer, progress
        if progress.interrupted:
            return trainer, progress  # a head on layers that are as they were
        head = {name: trainer.read(name) for name, _, is_trained in trainer.tensors() if is_trained}
        del trainer  # its memory is needed
        trainer = self.trainer(trained)
        for name, values in head.items():
            trainer.write(name, values)
        self.texts.forget_vectors()
        plan = self.plan(trained, len(rows), epochs)
        return trainer, self._run(trained, trainer, rows, plan, held_out, trained)

    def learn(self, trainer: Trainer, kind: str, rows: Sequence[int], epochs: int) -> None:
        """Go on with a trainer for some epochs, at one rate: nobody knows what will come."""
        s = self.settings
        rate = RECIPES[kind].rate if s.learning_rate is None else s.learning_rate
        if kind == "head":
            trainer.vectors(self.texts)
        plan = loop.Plan(
            epochs=epochs, batch_size=s._texts_of_batch, rate=rate, schedule="constant", warmup=0.0,
            seed=self.seed,
        )  # fmt: skip
        loop.run(trainer, self.texts, rows, plan, watch=lambda p: self._told(kind, p))

    def ngrams(self, rows: Sequence[int]) -> Ngrams:
        """N-grams of tokens, with their weights."""
        return Ngrams(
            self.texts,
            [*rows, *self.named],
            labels=len(self.known),
            class_weights=self._weights(),
            most=self.most_ngrams,
            fewest=2 if len(rows) >= FREQUENT_FROM else 1,
            seed=self.seed,
        )

    def _named(self, *, is_empty: bool) -> Trainer:
        """A head whose weights are the vectors of the labels' names, or zeros."""
        trainer = self.trainer("head")
        if is_empty:
            weights = bytes(len(trainer.read("classifier.weight")))
        else:
            model = TextModel(self.start.model, self.start.tokenizer)
            weights = bytes(memoryview(model.embed(self._names(), "mean", True)))
        trainer.write("classifier.weight", weights)
        trainer.write("classifier.bias", bytes(4 * len(self.known)))
        if len(self.texts) and not is_empty:
            trainer.vectors(self.texts)
        return trainer

    def _told(self, rung: str, progress: loop.Progress) -> None:
        if self.watch is not None:
            self.watch(rung, progress)

    def _run(
        self,
        rung: str,
        trainer: Trainer,
        rows: Sequence[int],
        plan: loop.Plan,
        held_out: Sequence[int],
        target: str,
    ) -> loop.Progress:
        """Train by a plan; what is held out tells when to stop."""

        def score() -> float:
            return loop.accuracy(trainer, self.texts, held_out, self.labels)

        saved = self.checkpoint and self.checkpoint.run(f"{self.part} {target} {rung}")
        return loop.run(
            trainer, self.texts, rows, plan,
            score=score if held_out else None,
            watch=lambda progress: self._told(rung, progress),
            saved=saved or None,
        )  # fmt: skip

    def _pair(self, rows: Sequence[int]) -> dict[str, bytes]:
        """The layers after training on which texts have the same label."""
        trainer, recipe = self.trainer("pairs", loss="contrastive"), RECIPES["pairs"]
        self.texts.forget_vectors()
        by_label: dict[int, list[int]] = {}
        for row in rows:
            by_label.setdefault(self.label_of[row], []).append(row)
        progress = loop.Progress(recipe.steps)
        saved = self.checkpoint and self.checkpoint.run(f"{self.part} pairs layers")
        if saved:
            saved.restore(trainer, progress)
        for step in range(progress.step, recipe.steps):
            seed = (self.seed * 1_000_003 + step) * 2 + 1
            labels = [list(by_label)[i] for i in shuffled(len(by_label), seed)][:PAIRED_LABELS]
            batch = []
            for i, label in enumerate(labels):
                own = by_label[label]
                batch += [own[j] for j in shuffled(len(own), seed * 64 + i)[:PAIRED_TEXTS]]
            share = schedule_share("linear", step + 1, recipe.steps // 10, recipe.steps + 1)
            progress.loss = trainer.step(self.texts, batch, number=step, rate=recipe.rate * share)
            progress.step += 1
            self._told("pairs", progress)
            is_done = progress.step == recipe.steps
            if saved and (is_done or progress.step % SAVED_STEPS == 0):
                saved.keep(trainer, progress, is_done=is_done)
        return {name: trainer.read(name) for name, _, is_trained in trainer.tensors()
                if is_trained and not name.startswith("classifier")}  # fmt: skip
