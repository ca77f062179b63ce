"""Numbers, checked where they enter."""

from operator import index

from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST = 0x7FFFFFFF  # what 32-bit boards can hold


def whole(name: str, value: "Any", least: int = 0) -> int:
    """A setting that is a whole number, clamped to LARGEST: larger ones behave the same."""
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise InputError(f"{name} is {value!r}; it has to be a whole number, {least} or more.")
    return min(number, LARGEST)
