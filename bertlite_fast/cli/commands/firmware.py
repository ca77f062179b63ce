"""A model and a program for a microcontroller."""

from __future__ import annotations

from ..numbers import positive
from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from ..screen import Screen


class Firmware(Command):
    examples = (
        "bertlite-fast firmware --model intent --target cortex-m7 --length 32 -o out",
        "bertlite-fast firmware --task intent --target cortex-m33 --small --text latin1 -o out",
    )

    @property
    def description(self) -> str:
        return (
            "Writes a model as two blocks for flash, and a C program that reads a line and prints "
            "its answer: docs/microcontrollers.md."
        )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        from ... import firmware

        parser.add_argument(
            "--model",
            "--task",
            required=True,
            metavar="NAME",
            help="an embedded model (intent, ner, ...), a converted file, or a model's folder",
        )
        parser.add_argument("--target", required=True, choices=sorted(firmware.TARGETS))
        parser.add_argument(
            "--length",
            type=positive,
            default=32,
            metavar="TOKENS",
            help="of the longest text, special tokens included (default: 32)",
        )
        parser.add_argument(
            "--bytes",
            type=positive,
            metavar="BYTES",
            help="of the longest text (default: eight for each token)",
        )
        parser.add_argument("-o", "--out", required=True, metavar="FOLDER")
        parser.add_argument(
            "--array",
            action="store_true",
            help="the blocks as arrays in C (model.c), as Arduino and PlatformIO need them",
        )
        parser.add_argument(
            "--text",
            choices=firmware.TEXTS,
            default="unicode",
            help="latin1: 33 KB less code; other letters keep their accents and capitals",
        )
        parser.add_argument(
            "--small",
            action="store_true",
            help="with the word pieces that commands and questions are made of, a fifth of all: "
            "for 1 MB of flash",
        )
        parser.add_argument(
            "--whole",
            action="store_true",
            help="all word pieces, for a base that is shared with the words of masks",
        )
        parser.add_argument(
            "--sources",
            metavar="FOLDER",
            help="a checkout or an unpacked source package, where the C sources are",
        )
        parser.add_argument("--json", action="store_true", help="the sizes as a line of JSON")

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from ... import firmware

        made = firmware.write(
            args.model,
            args.out,
            target=args.target,
            length=args.length,
            most_bytes=args.bytes,
            array=args.array,
            text=args.text,
            small=args.small,
            whole=args.whole,
            sources=args.sources,
        )
        if screen.as_json:
            screen.json(made)
            return 0
        screen.row(
            f"{args.out}: {made['base_bytes']:,} bytes for the base and {made['task_bytes']:,} for "
            f"the model in flash, at most {made['memory_bytes']:,} of memory"
        )
        return 0
