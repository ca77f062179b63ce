"""A progress bar on standard error, which only a terminal shows."""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

WIDTH = 30
PAUSE = 0.1  # seconds between two pictures: drawing must not disturb what is measured


class Progress:
    """A bar that shows how much of the planned time is over, and what is measured."""

    def __init__(self, seconds: float, shown: bool = True) -> None:
        self.seconds = max(seconds, 0.1)
        self.begun = time.monotonic()
        self.drawn = 0.0
        stream = sys.stderr
        self.shown = shown and stream is not None and stream.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.shown:
            self._write("\r" + " " * (WIDTH + 40) + "\r")

    def step(self, what: str) -> None:
        now = time.monotonic()
        if not self.shown or now - self.drawn < PAUSE:
            return
        self.drawn = now
        share = min(1.0, max(0.0, (now - self.begun) / self.seconds))
        bar = "#" * int(WIDTH * share)
        self._write(f"\r[{bar:{WIDTH}}] {100 * share:3.0f} %  {what[:30]:30}")

    def _write(self, text: str) -> None:
        from ..cli.screen import write_error

        write_error(text)
