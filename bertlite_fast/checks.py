"""Checks of the numbers that callers give."""

from _operator import index  # what operator has, without the rest

from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST = 0x7FFFFFFF  # what 32-bit boards can hold


def shown(value: "Any") -> str:
    """A value for a message; Python refuses to write the largest numbers."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:60]}..."


def whole(name: str, value: "Any", least: int = 0) -> int:
    """A setting that is a whole number, clamped to LARGEST: larger ones behave the same."""
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise InputError(f"{name} is {shown(value)}; it has to be a whole number, {least} or more.")
    return min(number, LARGEST)


class Choice(str):
    """One of the texts that a setting can be, with what such a member of an enum has."""

    value = property(str.__str__)
