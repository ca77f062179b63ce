"""What torch calls the device and the type of a model; torch is used only if it is imported."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Device(str):
    """A device's name, which torch's functions take; with the attributes of torch.device."""

    __slots__ = ()
    index = None  # type: ignore[assignment]

    @property
    def type(self) -> str:
        return str(self)


def cpu() -> Any:
    """The CPU: a torch.device if torch is imported."""
    torch = sys.modules.get("torch")
    return Device("cpu") if torch is None else torch.device("cpu")


def float32() -> Any:
    """torch.float32 if torch is imported, otherwise "float32"."""
    torch = sys.modules.get("torch")
    return "float32" if torch is None else torch.float32
