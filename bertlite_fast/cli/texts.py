"""The texts to be answered: of the arguments, of files, of standard input, a line each.

Streams are read as bytes in small steps, so that a line of any length needs bounded memory, and
bytes that are not UTF-8 are replaced, so that a damaged line is answered all the same. A file in
UTF-16 begins with a byte-order mark.
"""

from __future__ import annotations

import os
import stat
import sys

from ..errors import InputError, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from io import BufferedIOBase
    from typing import Any

    from .screen import Screen

WINDOW = 1 << 16  # bytes of a line that are held at once
SHOWN = 1000  # characters that are shown of a line longer than that
STEP = 1 << 15  # bytes of a read
SENTENCE_ENDS = (b". ", b"! ", b"? ", b".\n", b"\n\n", b"\xe3\x80\x82")
SPACES = (b" ", b"\n", b"\t", b"\r")
BYTE_ORDER_MARK = "\ufeff"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # its byte-order marks


def decoded(argument: str) -> str:
    """An argument as text: bytes that Python could not decode are replaced."""
    try:
        argument.encode("utf-8")
        return argument
    except UnicodeEncodeError:
        pass
    try:
        data = os.fsencode(argument)
    except UnicodeEncodeError:
        data = argument.encode("utf-8", "surrogatepass")
    return data.decode("utf-8", "replace")


def check_file(name: str) -> None:
    """Raise InputError unless there is such a file, before a model is opened for it."""
    try:
        mode = os.stat(name).st_mode
    except (OSError, ValueError) as error:
        raise InputError(unreadable(name, error)) from None
    if stat.S_ISDIR(mode):
        raise InputError(f"{name} is a directory; expected a file with a text on each line.")


def unreadable(name: str, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"{name or 'an empty file name'} cannot be read: {reason}."


def standard_input() -> BufferedIOBase:
    if sys.stdin is None:
        raise InputError("standard input is closed; give texts as arguments or with --file.")
    return getattr(sys.stdin, "buffer", None) or _Encoded(sys.stdin)  # type: ignore[return-value]


class _Encoded:
    """The bytes of a text stream that has none below it, as programs that call main() may set."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def read1(self, size: int) -> bytes:
        text: str = self.stream.read(size)
        return text.encode("utf-8", "replace")


class _Recoded:
    """A stream of UTF-16, as Windows writes it, as UTF-8."""

    def __init__(self, stream: BufferedIOBase, start: bytes) -> None:
        from codecs import getincrementaldecoder

        self.stream, self.start = stream, start
        self.decoder = getincrementaldecoder("utf-16")("replace")

    def read1(self, size: int) -> bytes:
        while True:
            step = self.start or self.stream.read1(size)
            self.start = b""
            text: str = self.decoder.decode(step, not step)
            if text or not step:
                return text.encode("utf-8", "replace")


class _Resumed:
    """A stream whose first bytes were read already."""

    def __init__(self, stream: BufferedIOBase, start: bytes) -> None:
        self.stream, self.start = stream, start

    def read1(self, size: int) -> bytes:
        start, self.start = self.start, b""
        return start or self.stream.read1(size)


def in_utf8(stream: BufferedIOBase) -> BufferedIOBase:
    """The stream, recoded if it begins with the byte-order mark of UTF-16."""
    start = stream.read1(STEP)
    while len(start) == 1:
        more = stream.read1(STEP)
        if not more:
            break
        start += more
    kind = _Recoded if start[:2] in UTF_16 else _Resumed
    if kind is _Resumed and b"\0" in start:
        warn("the input holds zero bytes, so it may not be text; it is read as UTF-8 all the same.")
    return kind(stream, start)  # type: ignore[return-value]


def encoding_of(path: str) -> str:
    """What a file of text is written in, by its byte-order mark."""
    with open(path, "rb") as file:
        return "utf-16" if file.read(2) in UTF_16 else "utf-8-sig"


def window_end(data: bytearray, size: int) -> int:
    """Where to split data, at most `size`: after a sentence, a space, or else a character."""
    half = size // 2
    ends = [data.rfind(mark, half, size) + len(mark) for mark in SENTENCE_ENDS]
    if max(ends) > half:
        return max(ends)
    ends = [data.rfind(mark, 0, size) + 1 for mark in SPACES]
    if max(ends) > 0:
        return max(ends)
    for end in range(size, size - 4, -1):
        if data[end] & 0xC0 != 0x80:
            return end
    return size


def windows(stream: BufferedIOBase, size: int) -> Iterator[str]:
    """A stream as texts of at most `size` bytes, split after sentences or spaces if possible."""
    data = bytearray()
    step = stream.read1(STEP)
    while step:
        data += step
        while len(data) > size:
            end = window_end(data, size)
            yield bytes(data[:end]).decode("utf-8", "replace")
            del data[:end]
        step = stream.read1(STEP)
    yield bytes(data).decode("utf-8", "replace")


class Line:
    """A text with where it comes from. Of a long line, `text` is the first window."""

    def __init__(
        self,
        text: str,
        location: str,
        source: Lines | None = None,
        is_long: bool = False,
        skipped: int = 0,
    ) -> None:
        self.text = text
        self.location = location  # "notes.txt:3: ", "text 2: ", or nothing for an only argument
        self.is_argument = source is None
        self.is_long = is_long
        self.skipped = skipped  # characters of white space before `text`
        self._source = source

    def rest(self) -> Iterator[str]:
        """The windows of a long line after the first; they follow one another without a gap."""
        while self._source is not None and not self._source.at_line_end:
            yield self._source.window()


class Lines:
    """The lines of a stream that hold more than white space."""

    def __init__(self, stream: BufferedIOBase, name: str) -> None:
        self.stream = stream
        self.name = name
        self.data = bytearray()
        self.ended = False
        self.at_line_end = True  # of the line that was begun last

    def __iter__(self) -> Iterator[Line]:
        number = 0
        self._read()
        while self.data or not self.ended:
            number += 1
            text, skipped = self.window(), 0
            if number == 1:
                text = text.removeprefix(BYTE_ORDER_MARK)
            while not self.at_line_end and not text.strip():
                skipped += len(text)
                text = self.window()
            if text.strip():
                is_long = bool(skipped) or not self.at_line_end
                yield Line(text, f"{self.name}:{number}: ", self, is_long, skipped)
            self._skip_line()

    def _read(self) -> None:
        step = self.stream.read1(STEP)
        self.data += step
        self.ended = not step

    def window(self) -> str:
        """The line up to its end, or as much of it as a window holds."""
        searched = 0
        while True:
            end = self.data.find(b"\n", searched, WINDOW + 1)
            if end >= 0:
                return self._taken(end, 1)
            if len(self.data) > WINDOW:
                return self._taken(window_end(self.data, WINDOW), 0)
            if self.ended:
                return self._taken(len(self.data), 1)
            searched = len(self.data)
            self._read()

    def _taken(self, end: int, separator: int) -> str:
        part = bytes(self.data[:end])
        del self.data[: end + separator]
        self.at_line_end = bool(separator)
        return (part.rstrip(b"\r") if separator else part).decode("utf-8", "replace")

    def _skip_line(self) -> None:
        while not self.at_line_end:
            end = self.data.find(b"\n")
            if end >= 0 or self.ended:
                del self.data[: end + 1 if end >= 0 else len(self.data)]
                self.at_line_end = True
            else:
                self.data.clear()
                self._read()


class Texts:
    """What a command answers: the texts among its arguments, then the lines of its files.

    Without either it reads standard input. A missing file is reported at once; one that cannot
    be read to its end is reported when that happens, and the next one is read.
    """

    def __init__(self, texts: list[str], files: list[str], screen: Screen) -> None:
        self.texts = [decoded(text) for text in texts]
        self.files = files
        self.screen = screen
        self.count = 0
        for name in files:
            if name != "-":
                check_file(name)
        if not texts and not files:
            self.files = ["-"]

    def __iter__(self) -> Iterator[Line]:
        shows_count = (
            not self.screen.quiet
            and sys.stderr is not None
            and sys.stderr.isatty()
            and not (sys.stdout is not None and sys.stdout.isatty())
        )
        for line in self._lines():
            self.count += 1
            self.screen.begin(line.location, line.is_argument)
            yield line
            if shows_count and self.count % 1000 == 0:
                self._show_count("")
        self.screen.begin("")
        if shows_count and self.count >= 1000:
            self._show_count("\n")

    def _show_count(self, end: str) -> None:
        from .screen import write_error

        write_error(f"\r{self.count} texts{end}")

    def _lines(self) -> Iterator[Line]:
        several = len(self.texts) + len(self.files) > 1
        for number, text in enumerate(self.texts, 1):
            yield Line(text, f"text {number}: " if several else "")
        for name in self.files:
            try:
                yield from self._lines_of(name)
            except (OSError, ValueError) as error:
                if isinstance(error, InputError):
                    raise
                self.screen.begin("")
                self.screen.fail(unreadable("standard input" if name == "-" else name, error))

    def _lines_of(self, name: str) -> Iterator[Line]:
        if name != "-":
            with open(name, "rb") as file:
                yield from Lines(in_utf8(file), name)
            return
        stream = standard_input()
        if sys.stdin.isatty():
            from .screen import say

            say("a text on each line; end with Ctrl-D")
        yield from Lines(in_utf8(stream), "<stdin>")


def texts_of(args: argparse.Namespace, screen: Screen) -> Texts:
    return Texts(args.text, args.file or [], screen)
