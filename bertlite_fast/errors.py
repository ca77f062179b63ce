"""What can go wrong, one exception per kind, and warnings; each message is one sentence with a
way out."""

import sys
import warnings


class BertliteError(Exception):
    """Any error of this package."""


class ModelFileError(BertliteError, OSError):
    """A file is missing, unreadable or not what it claims to be."""


class ModelConfigError(BertliteError, ValueError):
    """A model that this package cannot run, or not for the task asked."""


class InputError(BertliteError, ValueError):
    """Ids, masks or sizes that the model cannot take."""


class OutOfMemoryError(BertliteError, MemoryError):
    """The system gave no memory."""


class InstructionSetError(BertliteError, RuntimeError):
    """BERTLITE_ISA names an instruction set that this machine or build lacks."""


def warn(message: str) -> None:
    """A UserWarning at the line that called this package, whatever calls lie between."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and _is_own(frame.f_globals.get("__name__")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)


def _is_own(module: object) -> bool:
    return isinstance(module, str) and module.split(".")[0] == __package__
