"""Epochs over batches, and the best state so far."""

from __future__ import annotations

from .._training import Texts, Trainer, schedule_share, shuffled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .checkpoint import Run


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
        self.since_best = 0  # epochs
        self.interrupted = False
        self.history: list[dict[str, Any]] = []


def run(
    trainer: Trainer,
    texts: Texts,
    rows: Sequence[int],
    plan: Plan,
    *,
    group: int = 1,
    score: Callable[[], float] | None = None,
    watch: Callable[[Progress], None] | None = None,
    saved: Run | None = None,
) -> Progress:
    """Train on rows of texts. A score is taken after each epoch. With patience, training ends when
    the score has not risen for so many epochs, and the best state is kept; otherwise the last is,
    as without a score. An interrupt ends it, too. saved: where each epoch is kept, to go on from
    there. group: texts of a row: row i is of texts i * group and those after it."""
    per_epoch = -(-len(rows) // plan.batch_size)
    progress = Progress(per_epoch * plan.epochs)
    warmup = int(plan.warmup * progress.steps)
    best_state: bytes | None = None
    if saved is not None:
        is_done, best_state = saved.restore(trainer, progress)
        if is_done:
            return progress
    try:
        for epoch in range(progress.epoch, plan.epochs):
            order = shuffled(len(rows), plan.seed * 1_000_003 + epoch)
            total = 0.0
            for at in range(0, len(order), plan.batch_size):
                batch = [rows[i] for i in order[at : at + plan.batch_size]]
                size = len(batch)
                if group > 1:
                    batch = [row * group + i for row in batch for i in range(group)]
                share = schedule_share(plan.schedule, progress.step, warmup, progress.steps)
                if progress.step < warmup:  # the first step would have a rate of 0
                    share = (progress.step + 1) / (warmup + 1)
                progress.loss = trainer.step(
                    texts, batch, number=progress.step, rate=plan.rate * share
                )
                total += progress.loss * size
                progress.step += 1
                if watch is not None:
                    watch(progress)
            progress.epoch = epoch + 1
            report: dict[str, Any] = {"epoch": epoch + 1, "loss": total / max(1, len(rows))}
            if score is not None:
                progress.score = report["score"] = score()
                progress.since_best += 1
                if progress.best is None or progress.score > progress.best:
                    progress.best, progress.since_best = progress.score, 0
                    if plan.patience is not None:
                        best_state = trainer.state()
            progress.history.append(report)
            if watch is not None:
                watch(progress)
            if plan.patience is not None and progress.since_best >= plan.patience:
                break
            if saved is not None and progress.epoch < plan.epochs:
                saved.keep(trainer, progress, best=best_state, is_done=False)
    except KeyboardInterrupt:
        progress.interrupted = True
    if best_state is not None:
        trainer.load_state(best_state)
    if saved is not None and not progress.interrupted:
        saved.keep(trainer, progress, is_done=True)
    return progress


def accuracy(trainer: Trainer, texts: Texts, rows: Sequence[int], labels: Sequence[int]) -> float:
    """The share of rows whose greatest logit is their label's."""
    logits, _ = trainer.evaluate(texts, rows, loss=False)
    right: int = sum(values.index(max(values)) == labels[row] for values, row in zip(logits, rows))
    return right / max(1, len(rows))
