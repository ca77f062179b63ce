"""Numbers among the arguments, checked where argparse reads them."""

from __future__ import annotations

from argparse import ArgumentTypeError


def positive(value: str) -> int:
    """A whole number, 1 or more."""
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"{value!r} is not a whole number, 1 or more.")
    return number


def probability(value: str) -> float:
    """A number from 0 to 1."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ArgumentTypeError(f"{value!r} is not a number from 0 to 1.")
    return number
