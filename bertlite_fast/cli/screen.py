"""What the command line writes: answers on standard output, messages on standard error.

Text that comes from the input or from a model never reaches a stream as it is: characters that
control a terminal and characters that the stream cannot encode are escaped, \\x1b and so on.
"""

from __future__ import annotations

import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TextIO, Union

    # A text; or with its color; or also with a template for streams without colors.
    Part = Union[str, tuple[str, int], tuple[str, int, str]]
    Row = list[Part]

BOLD, DIM, RED = 1, 2, 31

# C0 but the tab, DEL, C1, line separators, bidirectional embeddings and isolates, surrogates.
# A str, not a compiled pattern: few inputs need it, and compiling takes longer than starting.
UNSAFE = r"[\x00-\x08\n-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"


class OutputError(Exception):
    """Standard output cannot be written: it is closed, or the disk is full."""


class OutputClosed(OutputError):
    """The program that read standard output has ended; this is not reported."""


def visible(text: str) -> str:
    """The text with escapes for the characters that would control a terminal."""
    return escaped(text, lambda found: ascii(found[0])[1:-1])


def escaped(text: str, escape: Callable[[re.Match[str]], str]) -> str:
    if text.replace("\t", " ").isprintable():  # which nothing unsafe is
        return text
    return re.sub(UNSAFE, escape, text)


def encodable(text: str, stream: TextIO) -> str:
    """The text with escapes for the characters that the stream's encoding lacks."""
    if text.isascii() or is_unicode(stream):
        return text
    encoding: str = stream.encoding
    return text.encode(encoding, "backslashreplace").decode(encoding)


def is_unicode(stream: TextIO | None) -> bool:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def say(message: str) -> None:
    """A line on standard error, or nothing where that stream is closed or full."""
    write_error(visible(message) + "\n")


def write_error(text: str) -> None:
    if sys.stderr is not None:
        try:
            sys.stderr.write(encodable(text, sys.stderr))
            sys.stderr.flush()
        except (OSError, ValueError):
            pass


def write_output(text: str) -> None:
    """Write to standard output at once: whoever reads may be waiting for this line."""
    if sys.stdout is None:
        raise OutputError("standard output is closed; nothing can be written to it.")
    try:
        sys.stdout.write(encodable(text, sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:
        raise OutputClosed from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"standard output cannot be written: {reason}.") from None


def percent(score: float) -> str:
    """A probability for people; rounding in a sum may leave it above 1."""
    return f"{100 * min(score, 1.0):5.1f} %"


class Screen:
    """The two output streams of a command, and whether it has failed for any text so far."""

    def __init__(self, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.failed = False
        self.location = ""  # of the text being answered, "notes.txt:3: "
        self.prefix = "bertlite-fast: "  # of errors; one in a file begins with the file's name
        self.warned = False  # that only the beginning of this text is read
        self.colors = (
            sys.stdout is not None
            and sys.stdout.isatty()
            and "NO_COLOR" not in os.environ
            and os.environ.get("TERM") != "dumb"
        )

    def joined(self, parts: Iterable[Part]) -> str:
        """A row as it is written: all of it escaped, what has a color in that color."""
        return "".join(
            visible(part) if isinstance(part, str) else self._painted(*part) for part in parts
        )

    def _painted(self, text: str, color: int, plain: str = "{}") -> str:
        if self.colors:
            return f"\033[{color}m{visible(text)}\033[0m"
        return plain.format(visible(text))

    def row(self, *parts: Part) -> None:
        write_output(self.joined(parts) + "\n")

    def rows(self, rows: Iterable[Row]) -> None:
        """All rows of an answer in one write."""
        write_output("".join(self.joined(row) + "\n" for row in rows))

    def part(self, *parts: Part) -> None:
        """A part of a row that goes on."""
        write_output(self.joined(parts))

    def json(self, value: Any) -> None:
        write_output(self.json_text(value) + "\n")

    def json_text(self, value: Any) -> str:
        """JSON on one line, with escapes for what visible() escapes."""
        import json

        text = json.dumps(value, ensure_ascii=not is_unicode(sys.stdout))
        return escaped(text, lambda found: f"\\u{ord(found[0]):04x}")

    def begin(self, location: str, is_argument: bool = True) -> None:
        """Messages from now on are about the text at this location."""
        self.location = location
        self.prefix = "bertlite-fast: " if is_argument else ""
        self.warned = False

    def fail(self, message: object) -> None:
        """Report a text that cannot be answered; the others still are, and the exit code is 1."""
        self.failed = True
        say(f"{self.prefix}{self.location}{message}")

    def warn(self, message: object) -> None:
        if not self.quiet:
            say(f"bertlite-fast: warning: {self.location}{message}")

    def show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Replaces warnings.showwarning, which prints a line of our source code."""
        if not self.warned:
            self.warn(message)
