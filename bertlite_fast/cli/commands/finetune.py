"""Training a model on a file of texts and labels."""

from __future__ import annotations

import contextlib
import os
import sys
import time

from ...errors import InputError
from ..numbers import positive, probability
from ..screen import percent, write_error
from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from ..screen import Screen

TASKS = ("classification", "ner", "similarity", "qa", "fill-mask")
WIDTH = 24  # of the progress bar
EVERY = 0.2  # seconds between two of its states
MOST_LABELS = 20  # that the report lists
RUNG_NAMES = {"ngrams": "ngrams (tf-idf)", "names": "label names"}


class Finetune(Command):
    examples = (
        "bertlite-fast finetune classification commands.csv -o commands.bertlite --quiet && "
        "bertlite-fast classify 'turn it off' --model commands.bertlite",
    )

    @property
    def description(self) -> str:
        return (
            "Trains a model on your own data, and writes it as one file. For classification the "
            "input is a CSV or TSV file, JSON lines or fastText's format, with a text and a label "
            "on each line; for ner a CoNLL file, or JSON lines with tokens and tags; for "
            "similarity pairs or triplets in columns; for qa SQuAD's JSON; for fill-mask a text on "
            "each line. Rasa, Snips and Home "
            "Assistant files give classification their intents, and ner their slots."
        )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("task", choices=TASKS, metavar="TASK", help=f"{', '.join(TASKS)}")
        parser.add_argument("file", metavar="FILE", help="what to learn from")
        parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the file to write")
        parser.add_argument(
            "--validation", metavar="FILE", help="other texts and labels, to report the score on"
        )
        parser.add_argument("--text", metavar="NAME", help="the column with the texts")
        parser.add_argument("--label", metavar="NAME", help="the column with the labels")
        parser.add_argument(
            "--base", metavar="MODEL", help="the model to begin with, by default an embedded one"
        )
        parser.add_argument(
            "--train",
            choices=("auto", "names", "ngrams", "head", "pairs", "encoder", "all"),
            default="auto",
            help="what is trained; auto takes the best on held-out texts (default)",
        )
        parser.add_argument(
            "--refuse",
            nargs="?", const=True, default=False, type=probability, metavar="SHARE",
            help="let the model refuse texts that fit no label, so that this share of those that "
            "do passes (0.95)",
        )  # fmt: skip
        parser.add_argument(
            "--unknown", metavar="FILE", help="texts that fit no label, one on each line"
        )
        parser.add_argument(
            "--report", metavar="PAGE", help="write a page with curves, confusions and mistakes"
        )
        parser.add_argument(
            "--fast",
            action="store_true",
            help="faster arithmetic, whose result differs from one kind of processor to another",
        )
        parser.add_argument(
            "--patience", type=positive, metavar="N", help="epochs without a better score, then end"
        )
        parser.add_argument(
            "--resume", action="store_true", help="go on from OUT.checkpoint, if it is there"
        )
        parser.add_argument("--epochs", type=positive, metavar="N", help="times through all texts")
        parser.add_argument("--batch-size", type=positive, metavar="N")
        parser.add_argument("--rate", type=float, metavar="R", help="the learning rate")
        parser.add_argument("--seed", type=int, default=0, metavar="N")
        parser.add_argument("--threads", type=positive, metavar="N")
        parser.add_argument("--json", action="store_true", help="the report as a line of JSON")
        parser.add_argument("--quiet", action="store_true", help="no progress and no warnings")

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        self._check_target(args)
        if args.task != "classification":
            from .finetune_others import train

            bar = _Bar(quiet=args.quiet)
            return train(args, screen, bar.show, bar.end)
        from ...finetune.classifier import TextClassifier
        from ...finetune.examples import read_file, read_lines

        texts, labels = read_file(args.file, args.text, args.label)
        validation = args.validation and read_file(args.validation, args.text, args.label)
        classifier = TextClassifier(
            base=args.base, trained=args.train, epochs=args.epochs, batch_size=args.batch_size,
            learning_rate=args.rate, random_state=args.seed, threads=args.threads,
            refuse=args.refuse, unknown=read_lines(args.unknown) if args.unknown else None,
            patience=args.patience, deterministic=not args.fast,
        )  # fmt: skip
        checkpoint = checkpoint_of(args)
        bar = _Bar(quiet=args.quiet)
        began = time.monotonic()
        try:
            classifier.fit(
                texts, labels, watch=bar.show, checkpoint=checkpoint, resume=args.resume,
                keep_checkpoint=True,
            )  # fmt: skip
        finally:
            bar.end()
        classifier.save(args.out)
        report: dict[str, Any] = {
            "file": args.out,
            "bytes": os.path.getsize(args.out),
            "texts": len(texts),
            "labels": [str(label) for label in classifier.classes_],
            "seconds": round(time.monotonic() - began, 2),
            "ladder": classifier.ladder_,
            "refusal": classifier.refusal_,
        }
        if validation:
            report["validation"] = classifier.evaluate(*validation)
        finish(args, classifier, checkpoint, validation or (), report.get("validation"))
        screen.json(report) if screen.as_json else _show(report, screen)
        return 0

    def _check_target(self, args: argparse.Namespace) -> None:
        """Before an hour of training: the file must not be one that is read, nor impossible."""
        for target in filter(None, (args.out, args.report)):
            folder = os.path.dirname(os.path.abspath(target))
            if not os.path.isdir(folder):
                raise InputError(f"{folder} is not a folder, so {target} cannot be written.")
            for other in filter(None, (args.file, args.validation, args.base, args.unknown)):
                exist = os.path.exists(other) and os.path.exists(target)
                if exist and os.path.samefile(other, target):
                    raise InputError(f"{target} is read, too; write to another name.")
        if args.report and os.path.realpath(args.report) == os.path.realpath(args.out):
            raise InputError(f"{args.out} is the model's file; write the page to another name.")


def checkpoint_of(args: argparse.Namespace) -> str | None:
    """Where a training is kept meanwhile; nowhere, if the result goes to /dev/stdout."""
    is_plain = os.path.isfile(args.out) or not os.path.exists(args.out)
    return f"{args.out}.checkpoint" if is_plain else None


def finish(
    args: argparse.Namespace,
    model: Any,
    checkpoint: str | None,
    validation: tuple[Any, ...],
    scores: dict[str, Any] | None,
) -> None:
    """After the result is saved: what is not needed any more, and the page."""
    if checkpoint is not None and not model.interrupted_:
        with contextlib.suppress(OSError):
            os.remove(checkpoint)
    if args.report:
        title = os.path.basename(args.out)
        model.report(args.report, *validation, title=title, scores=scores)


def _show(report: dict[str, Any], screen: Screen) -> None:
    labels = report["labels"]
    screen.row(
        f"{report['file']}: {report['bytes'] / 1e3:.0f} KB, {report['texts']} texts, "
        f"{len(labels)} labels, {report['seconds']:.1f} s"
    )
    for rung in report["ladder"]:
        score = rung.get("held_out_accuracy")
        shown = "not measured" if score is None else f"{percent(score)} of held-out texts right"
        chosen = "  chosen" if rung["chosen"] else ""
        name = RUNG_NAMES.get(rung["trained"], rung["trained"].replace("+", " + "))
        screen.row(f"  {name:16} {shown}{chosen}")
    refusal = report.get("refusal")
    if refusal is not None:
        unknown = ", ".join(
            f"{percent(refusal[key]).strip()} of {name}"
            for key, name in (("everyday_pass", "everyday text"), ("unknown_pass", "your unknown"))
            if key in refusal
        )
        screen.row(
            f"  at the threshold {refusal['threshold']:.3f}, "
            f"{percent(refusal['known_pass']).strip()} of held-out texts pass, and {unknown}"
        )
    validation = report.get("validation")
    if validation is None:
        return
    screen.row(
        f"validation: {percent(validation['accuracy'])} of {validation['texts']} texts right, "
        f"macro F1 {validation['macro_f1']:.3f}"
    )
    worst = sorted(validation["labels"].items(), key=lambda item: item[1]["f1"])
    for label, values in worst[:MOST_LABELS]:
        screen.row(
            f"  {percent(values['precision'])} precision {percent(values['recall'])} recall "
            f"{values['texts']:6} texts  {label}"
        )


class _Bar:
    """Progress on standard error: a line that changes in a terminal, one an epoch elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self.is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self.quiet, self.shown, self.began, self.epoch = quiet, 0.0, 0.0, 0
        self.rung, self.first = "", True

    def show(self, rung: str, progress: Any) -> None:
        now = time.monotonic()
        if progress.step <= 1 or rung != self.rung:
            self.rung, self.began, self.epoch = rung, now, 0
        if self.quiet:
            return
        line = self._line(rung, progress, now - self.began)
        if not self.is_terminal:
            is_news = rung != "head" or progress.step == progress.steps  # a head's epochs are short
            if progress.epoch != self.epoch and is_news:
                write_error(line + "\n")
            self.epoch = progress.epoch
        elif now - self.shown >= EVERY or progress.step == progress.steps:
            self.shown = now
            write_error(f"\r\033[K{line}")

    def _line(self, rung: str, progress: Any, seconds: float) -> str:
        done = progress.step / max(1, progress.steps)
        bar = "#" * int(done * WIDTH)
        speed = progress.step / seconds if seconds > 0 else 0.0
        left = (progress.steps - progress.step) / speed if speed else 0.0
        score = "" if progress.score is None else f" score {percent(progress.score).strip()}"
        return (
            f"{rung:8} [{bar:{WIDTH}}] epoch {progress.epoch} loss {progress.loss:.3f}{score} "
            f"{speed:.0f} steps/s, {left:.0f} s left"
        )

    def end(self) -> None:
        if self.is_terminal and not self.quiet and self.shown:
            write_error("\n")
