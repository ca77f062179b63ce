"""Epochs over batches, and the best state so far."""

from __future__ import annotations

from .._training import Texts, Trainer, schedule_share, shuffled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


class Plan:
    """The numbers of a training."""

    def __init__(
        self,
        *,
        epochs: int,
        batch_size: int = 32,
        rate: float = 1e-3,
        schedule: str = "linear",
        warmup: float = 0.1,
        patience: int | None = None,
        seed: int = 0,
    ) -> None:
        self.epochs, self.batch_size, self.rate = epochs, batch_size, rate
        self.schedule, self.warmup = schedule, warmup
        self.patience, self.seed = patience, seed


class Progress:
    """What a training has reached, for those who watch it."""

    def __init__(self, steps: int) -> None:
        self.step, self.steps = 0, steps
        self.epoch = 0
        self.loss = 0.0
        self.score: float | None = None
        self.best: float | None = None
        self.interrupted = False
        self.history: list[dict[str, Any]] = []


def run(
    trainer: Trainer,
    texts: Texts,
    rows: Sequence[int],
    plan: Plan,
    *,
    score: Callable[[], float] | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Progress:
    """Train on rows of texts. With a score, taken after each epoch, the best state is kept, and
    training ends when it has not risen for `patience` epochs. An interrupt ends it, too."""
    per_epoch = -(-len(rows) // plan.batch_size)
    progress = Progress(per_epoch * plan.epochs)
    warmup = int(plan.warmup * progress.steps)
    best_state: bytes | None = None
    since_best = 0
    try:
        for epoch in range(plan.epochs):
            order = shuffled(len(rows), plan.seed * 1_000_003 + epoch)
            total = 0.0
            for at in range(0, len(order), plan.batch_size):
                batch = [rows[i] for i in order[at : at + plan.batch_size]]
                share = schedule_share(plan.schedule, progress.step, warmup, progress.steps)
                if progress.step < warmup:  # the first step would have a rate of 0
                    share = (progress.step + 1) / (warmup + 1)
                progress.loss = trainer.step(
                    texts, batch, number=progress.step, rate=plan.rate * share
                )
                total += progress.loss * len(batch)
                progress.step += 1
                if watch is not None:
                    watch(progress)
            progress.epoch = epoch + 1
            report: dict[str, Any] = {"epoch": epoch + 1, "loss": total / max(1, len(rows))}
            if score is not None:
                progress.score = report["score"] = score()
                since_best += 1
                if progress.best is None or progress.score > progress.best:
                    progress.best, since_best = progress.score, 0
                    best_state = trainer.state()
            progress.history.append(report)
            if watch is not None:
                watch(progress)
            if plan.patience is not None and since_best >= plan.patience:
                break
    except KeyboardInterrupt:
        progress.interrupted = True
        if score is not None and best_state is None:
            raise  # there is nothing to keep yet
    if best_state is not None:
        trainer.load_state(best_state)
    return progress


def accuracy(trainer: Trainer, texts: Texts, rows: Sequence[int], labels: Sequence[int]) -> float:
    """The share of rows whose greatest logit is their label's."""
    logits, _ = trainer.evaluate(texts, rows, loss=False)
    right = sum(values.index(max(values)) == labels[row] for values, row in zip(logits, rows))
    return right / max(1, len(rows))
