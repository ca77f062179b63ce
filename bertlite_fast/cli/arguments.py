"""The arguments, read with argparse: only the command that is called gets its own parser."""

from __future__ import annotations

import argparse
import os

from .. import __version__
from .commands import COMMANDS, command_of
from .screen import visible, write_error, write_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .commands.base import Command

EXIT_CODES = """\
exit codes:
  0    every text is answered
  1    something failed, or a text could not be answered: standard error says which and why
  2    wrong usage
  130  interrupted
  141  the program that read the output has ended"""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps examples as they are, and finds the width without importing shutil."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        return max(40, int(os.environ["COLUMNS"]))
    except (KeyError, ValueError):
        pass
    try:
        return max(40, os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        return 80


class Parser(argparse.ArgumentParser):
    """A parser whose messages survive closed streams and keep control characters off a terminal."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=HelpFormatter, **settings)
        self.color = False  # Python 3.14 would write escape sequences, which are escaped here

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help and version. `file` is ignored: argparse treats a closed stream like None."""
        write_output(lines_visible(message))

    def error(self, message: str) -> NoReturn:
        write_error(lines_visible(f"{self.format_usage()}{self.prog}: error: {message}\n"))
        raise SystemExit(2)


def lines_visible(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))


def parse(arguments: list[str]) -> tuple[Command, argparse.Namespace]:
    """The command that is called and its arguments."""
    # The program's own options take no value, so the first other argument names the command.
    called = next((word for word in arguments if not word.startswith("-")), "")
    top = Parser(
        prog="bertlite-fast",
        description="Understand text, offline. Every command has its own --help, with examples.",
        epilog=EXIT_CODES,
    )
    top.add_argument("--version", action="version", version=f"bertlite-fast {__version__}")
    parsers = top.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="bertlite-fast", parser_class=Parser
    )
    command: Command | None = None
    for name, (_, _, purpose) in COMMANDS.items():
        parser = parsers.add_parser(name, help=purpose)
        if name == called:
            command = command_of(name)
            parser.description = command.description
            parser.epilog = _epilog(command.examples)
            command.add_arguments(parser)
    args = top.parse_args(arguments)
    assert command is not None  # argparse has ended the program if no command is called
    return command, args


def _epilog(examples: tuple[str, ...]) -> str:
    lines = "".join(f"  {example}\n" for example in examples)
    return f"{'example' if len(examples) == 1 else 'examples'}:\n{lines}\n{EXIT_CODES}"
