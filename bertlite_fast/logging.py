"""transformers' logging, as code calls it: a level for the logger "bertlite_fast".

What the original logs as a warning is logged here too. What only this package has to say are
warnings, which the module warnings filters.
"""

from __future__ import annotations

import logging

CRITICAL, ERROR, WARNING, INFO, DEBUG = 50, 40, 30, 20, 10


class LoggingHandler(logging.Handler):
    """A handler that sentence-transformers' examples give to logging.basicConfig."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line to standard output."""
        try:
            print(self.format(record), flush=True)
        except Exception:
            self.handleError(record)


def get_logger(name: str | None = None) -> logging.Logger:
    """A logger; without a name, this package's."""
    return logging.getLogger(name or __package__)


def get_verbosity() -> int:
    """The level of this package's logger."""
    return get_logger().getEffectiveLevel()


def set_verbosity(verbosity: int) -> None:
    """Set the level of this package's logger."""
    get_logger().setLevel(verbosity)


def set_verbosity_debug() -> None:
    set_verbosity(DEBUG)


def set_verbosity_info() -> None:
    set_verbosity(INFO)


def set_verbosity_warning() -> None:
    set_verbosity(WARNING)


def set_verbosity_error() -> None:
    set_verbosity(ERROR)


def enable_progress_bar() -> None:
    """Nothing: bars are only shown where show_progress_bar asks for them."""


disable_progress_bar = enable_default_handler = disable_default_handler = enable_progress_bar
enable_propagation = disable_propagation = enable_explicit_format = reset_format = (
    enable_progress_bar
)
