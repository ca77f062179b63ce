"""Conversion of a model's folder, and how close the result is to it."""

from __future__ import annotations

import os

from ...errors import BertliteError, InputError
from ..texts import texts_of
from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from ..screen import Screen

SAMPLES = (
    "Turn on the lights in the kitchen when I get home.",
    "The quick brown fox jumps over the lazy dog near the river.",
    "What will the weather be like in Paris tomorrow morning?",
    "I was not happy with the battery, but the screen is excellent.",
    "Set an alarm for half past six and play some quiet music.",
)
WEIGHTS = ("model.safetensors", "pytorch_model.bin")


class Convert(Command):
    examples = ("bertlite-fast convert my-bert my-bert.bertlite",)

    @property
    def description(self) -> str:
        return "Writes a model's folder as one int8 file, and reports how close its outputs are."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", help="the model, as transformers saves it")
        parser.add_argument("out", metavar="OUT", help="the file to write")
        parser.add_argument(
            "--file",
            action="append",
            metavar="FILE",
            help="texts to compare the outputs on, one on each line (- for standard input)",
        )
        parser.add_argument(
            "--base",
            metavar="FILE",
            help="write a delta file: it shares the embeddings and the tokenizer of this converted "
            "file, and has to stay beside it",
        )
        parser.add_argument("--json", action="store_true", help="the report as a line of JSON")

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from ... import convert

        texts = self._texts(args, screen)
        if os.path.exists(args.out) and not (os.path.isfile(args.out) or os.path.isdir(args.out)):
            raise InputError(
                f"{args.out} is a device or a pipe, but the written model is read again for the "
                "report; give a file's name."
            )
        convert(args.folder, args.out, base=args.base)
        report = compared(args.folder, args.out, texts)
        if screen.as_json:
            screen.json(report)
        else:
            self._show(report, screen)
        return 1 if screen.failed else 0

    def _texts(self, args: argparse.Namespace, screen: Screen) -> list[str]:
        """Read before anything is written: a missing file is reported first."""
        if not args.file:
            return list(SAMPLES)
        args.text = []
        texts = [line.text for line in texts_of(args, screen)]
        if not texts:
            raise InputError(
                f"{', '.join(args.file)}: found no text to compare outputs on; expected one on "
                "each line. Give another file, or leave --file out."
            )
        return texts

    def _show(self, report: dict[str, Any], screen: Screen) -> None:
        before = report["bytes_before"]
        weights = "" if before is None else f" (the folder's weights: {before / 1e6:.2f} MB)"
        tokenizer = "with its tokenizer" if report["tokenizer"] else "without a tokenizer"
        screen.row(f"{report['file']}: {report['bytes'] / 1e6:.2f} MB{weights}, {tokenizer}")
        screen.row(
            f"int8 compared with fp32 on {report['tokens_compared']} tokens: cosine "
            f"{report['mean_cosine']:.5f} on average, {report['least_cosine']:.5f} at worst"
        )


def compared(folder: str, out: str, texts: list[str]) -> dict[str, Any]:
    """How close the outputs of the converted file are to those of the folder in fp32."""
    from ..._native import cosines
    from ...models import AutoModel

    exact = AutoModel.from_pretrained(folder, precision="fp32")
    small = AutoModel.from_pretrained(out)
    rows, has_tokenizer = rows_of(out, texts, exact.info)
    found: list[float] = []
    for row in rows:
        both = (model(row).tensor.tolist()[0] for model in (exact, small))
        found += [min(1.0, cosine) for cosine in cosines(*both)]  # rounding may exceed 1
    return {
        "file": out,
        "bytes": os.path.getsize(out),
        "bytes_before": weights_size(folder),
        "tokenizer": has_tokenizer,
        "tokens_compared": len(found),
        "mean_cosine": sum(found) / len(found),
        "least_cosine": min(found),
    }


def rows_of(out: str, texts: list[str], info: Any) -> tuple[list[list[int]], bool]:
    """Ids to compare the outputs on; arbitrary ones where the file has no tokenizer."""
    from ...tokenizer import Tokenizer

    try:
        tokenizer = Tokenizer(out)
    except BertliteError:
        numbers = range(24)
        ids = [[(7 * i * i + 31 * j) % info["vocabulary"] for i in numbers] for j in range(5)]
        return ids, False
    return [tokenizer.encode(text)[: info["positions"]] for text in texts], True


def weights_size(folder: str) -> int | None:
    for name in WEIGHTS:
        try:
            return os.path.getsize(os.path.join(folder, name))
        except OSError:
            pass
    return None
