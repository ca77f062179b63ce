"""The command line: bertlite-fast COMMAND [TEXT ...].

arguments.py reads the arguments, texts.py the input, screen.py writes both output streams, and
commands/ has a class for each command and the table that lists them.
"""

from __future__ import annotations

import os
import sys

from ..errors import BertliteError

FAILED = 1
WRONG_USAGE = 2  # what argparse exits with
INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
OUTPUT_CLOSED = 141  # 128 + SIGPIPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; without arguments, those of the program."""
    try:
        status = _status(arguments)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except (MemoryError, SystemError):  # even the message found no memory
        status = FAILED
    if arguments is None:
        _leave()
    return status


def _status(arguments: list[str] | None) -> int:
    """The exit code; every expected error is reported in a sentence."""
    from .screen import OutputClosed, OutputError, say

    try:
        return _run(arguments)
    except SystemExit as end:  # argparse ends so, for --help, --version and wrong usage
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    except OutputClosed:
        return OUTPUT_CLOSED
    except (BertliteError, OutputError) as error:
        say(f"bertlite-fast: {error}")
    except (MemoryError, SystemError):  # Python's own, where it had no memory for the first
        say("bertlite-fast: the system has no more memory; free some, or use a smaller model.")
    except OSError as error:
        say(f"bertlite-fast: {error}")
    return FAILED


def _run(arguments: list[str] | None) -> int:
    import warnings

    from .arguments import parse
    from .screen import Screen

    command, args = parse(sys.argv[1:] if arguments is None else arguments)
    screen = Screen(getattr(args, "json", False), getattr(args, "quiet", False))
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = screen.show_warning
        return command.run(args, screen)


def _leave() -> None:
    """Prepare the end of the process, in which Python flushes the streams and reports failures."""
    # built in; `signal` is read from a file, for which there may be no memory
    import _signal  # type: ignore[import-not-found]

    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                _discard(stream)


def _discard(stream: TextIO) -> None:
    """Discard what a failed stream still holds; the failure has been reported."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass
