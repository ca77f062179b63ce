"""What this machine can do, measured."""

from __future__ import annotations

from argparse import ArgumentTypeError

from ...errors import InputError
from ..screen import BOLD, RED
from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from ..screen import Screen


class Bench(Command):
    examples = (
        "bertlite-fast bench --seconds 4",
        "bertlite-fast bench --quick --json board.json && bertlite-fast bench --check board.json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--quick", action="store_true", help="fewer settings, in 20 seconds")
        parser.add_argument(
            "--seconds", type=_positive, metavar="S", help="the time for everything (240)"
        )
        parser.add_argument(
            "--json", dest="json_file", metavar="FILE", help="write every sample to a file"
        )
        parser.add_argument(
            "--share",
            action="store_true",
            help="write a file for bench/community and print a pull request for it; "
            "no network is used",
        )
        parser.add_argument("--board", metavar="NAME", help="the board's name, if it has none")
        parser.add_argument("--price", metavar="PRICE", help='what the board costs, "35 USD"')
        parser.add_argument("--watts", type=_positive, metavar="W", help="what it draws meanwhile")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")
        parser.add_argument(
            "--check", nargs="+", metavar="FILE", help="check files that --json wrote, and no more"
        )

        parser.add_argument(
            "--report",
            nargs="+",
            metavar="FILE",
            help="make a page of such files, with charts (pip install 'bertlite-fast[report]')",
        )
        parser.add_argument(
            "-o", "--output", metavar="FILE", default="report.html", help="the page (report.html)"
        )

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        if args.check:
            return _check(args.check, screen)
        if args.report:
            return _report(args.report, args.output, screen)
        return self._measure(args, screen)

    def _measure(self, args: argparse.Namespace, screen: Screen) -> int:
        from ...bench import command, document, plan, share, table

        if args.json_file is not None:
            _check_writable(args.json_file)
        found = command.measure(
            plan.Options(args.seconds, args.quick),
            board=args.board,
            price=args.price,
            watts=args.watts,
            show_progress=not args.quiet,
        )
        correct: bool = found["correctness"]["correct"]
        for line in table.lines(found):
            is_verdict = line.startswith(("correct;", "WRONG"))
            screen.row((line, BOLD if correct else RED) if is_verdict else line)
        screen.row("")
        for line in [*table.ROW_HEADER.split("\n"), table.markdown_row(found)]:
            screen.row(line)
        if args.json_file is not None:
            document.write(args.json_file, found)
        if args.share:
            path = share.write(found)
            screen.row("")
            screen.row(f"written: {path}")
            for line in ["", *share.pull_request(found, path).split("\n")]:
                screen.row(line)
        return 0 if correct else 1


def _check_writable(path: str) -> None:
    """Say now, not after minutes, that a folder is not there."""
    import os

    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise InputError(f"{folder} is not a folder; expected one to write the results to.")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{folder} cannot be written to; give --json a file in another folder.")


def _check(paths: list[str], screen: Screen) -> int:
    from ...bench import document, machine, table
    from ...errors import BertliteError

    for path in paths:
        try:
            found: dict[str, Any] = document.read(path)
        except BertliteError as error:
            screen.fail(error)
            continue
        if not found["correctness"]["correct"]:
            screen.fail(f"{path}: {table.verdict(found)}")
            continue
        screen.row(f"{path}: {machine.title(found['machine'])}, {table.verdict(found)}")
    return 1 if screen.failed else 0


def _report(paths: list[str], output: str, screen: Screen) -> int:
    from ...bench import report
    from ...files import write_atomically

    documents = report.read(paths)
    write_atomically(output, report.page(documents, report.library()))
    screen.row(f"written: {output}, {len(documents)} board{'s' if len(documents) > 1 else ''}")
    return 0


def _positive(value: str) -> float:
    """A number above 0."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise ArgumentTypeError(f"{value!r} is not a number above 0.")
    return number
