"""Numbers among the arguments, checked where argparse reads them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TypeVar

Number = TypeVar("Number", int, float)


def _read(kind: type[Number], value: str, least: float, most: float, expected: str) -> Number:
    try:
        number = kind(value)
        if least <= number <= most:
            return number
    except ValueError:
        pass
    raise ArgumentTypeError(f"{value!r} is not {expected}.")


def positive(value: str) -> int:
    """A whole number, 1 or more."""
    return _read(int, value, 1, float("inf"), "a whole number, 1 or more")


def port(value: str) -> int:
    """A number from 0 to 65535."""
    return _read(int, value, 0, 65535, "a port, a number from 0 to 65535")


def probability(value: str) -> float:
    """A number from 0 to 1."""
    return _read(float, value, 0, 1, "a number from 0 to 1")


def seconds(value: str) -> float:
    """A time that passes: from a millisecond to a day."""
    return _read(float, value, 0.001, 86400, "a number of seconds, up to a day")
