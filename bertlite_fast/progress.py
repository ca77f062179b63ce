"""A line on standard error that says how far a long call has come."""

from __future__ import annotations

import sys


class Progress:
    """Counts steps up to a total. Called once for each, it shows the share that is done."""

    WIDTH = 30

    def __init__(self, label: str, total: int) -> None:
        self.label, self.total, self.done, self.shown = label, total, 0, -1

    def __call__(self) -> None:
        self.done += 1
        percent = 100 * self.done // self.total
        if percent == self.shown or sys.stderr is None:
            return
        self.shown = percent
        bar = "#" * (self.WIDTH * self.done // self.total)
        end = "\n" if self.done == self.total else ""
        line = f"\r{self.label}: {percent:3}% |{bar:<{self.WIDTH}}| {self.done}/{self.total}{end}"
        sys.stderr.write(line)
        sys.stderr.flush()
