"""Training for the tasks beside classification."""

from __future__ import annotations

import os
import time

from ...errors import InputError
from ..screen import percent
from .finetune import checkpoint_of, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

    from ..screen import Screen

MOST_LABELS = 20  # that the report lists
MEASURES = {"spearman": "Spearman correlation", "pearson": "Pearson correlation"}
SHARES = {
    "accuracy": "right",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "macro_f1": "macro F1",
    "exact": "exactly right",
    "first_five": "among the first five",
    "without_answer": "right where there is no answer",
}


def train(
    args: argparse.Namespace,
    screen: Screen,
    watch: Callable[[str, Any], None],
    end: Callable[[], None],
) -> int:
    """Train, save, report."""
    from ...finetune.tasks import estimator_of

    kind = estimator_of(args.task)
    if args.text or args.label:
        raise InputError(f"--text and --label name columns of classification, not of {args.task}.")
    if args.refuse or args.unknown:
        raise InputError(f"--refuse and --unknown are for classification, not for {args.task}.")
    settings: dict[str, Any] = {
        "base": args.base, "epochs": args.epochs, "batch_size": args.batch_size,
        "learning_rate": args.rate, "random_state": args.seed, "threads": args.threads,
        "patience": args.patience, "deterministic": not args.fast,
    }  # fmt: skip
    if args.train != "auto":
        settings["trained"] = args.train
    model = kind(**settings)
    checkpoint = checkpoint_of(args)
    began = time.monotonic()
    try:
        model.fit(
            args.file, validation=args.validation, watch=watch, checkpoint=checkpoint,
            resume=args.resume, keep_checkpoint=True,
        )  # fmt: skip
    finally:
        end()
    model.save(args.out)
    report: dict[str, Any] = {
        "file": args.out,
        "bytes": os.path.getsize(args.out),
        "seconds": round(time.monotonic() - began, 2),
        "epochs": len(model.history_),
        "loss": model.history_[-1]["loss"] if model.history_ else None,
    }
    if args.validation:
        report["validation"] = model.evaluate(args.validation)
    given = (args.validation,) if args.validation else ()
    finish(args, model, checkpoint, given, report.get("validation"))
    screen.json(report) if screen.as_json else _show(report, screen)
    return 0


def _show(report: dict[str, Any], screen: Screen) -> None:
    screen.row(
        f"{report['file']}: {report['bytes'] / 1e3:.0f} KB, {report['epochs']} epochs, "
        f"loss {report['loss'] or 0:.4f}, {report['seconds']:.1f} s"
    )
    validation = report.get("validation")
    if validation is None:
        return
    shown = [f"{percent(validation[n]).strip()} {text}"
             for n, text in SHARES.items() if n in validation]  # fmt: skip
    shown += [f"{text} {validation[n]:.3f}" for n, text in MEASURES.items() if n in validation]
    screen.row(f"validation: {', '.join(shown)}")
    worst = sorted(validation.get("labels", {}).items(), key=lambda item: item[1]["f1"])
    for label, values in worst[:MOST_LABELS]:
        count = values.get("entities", values.get("words", 0))
        screen.row(
            f"  {percent(values['precision'])} precision {percent(values['recall'])} recall "
            f"{count:6}  {label}"
        )
