"""The exceptions, one for each kind of error, and warnings.

A message is one sentence: what was found, what was expected, what to do.
"""

import sys


class BertliteError(Exception):
    """Any error of this package."""


class ModelFileError(BertliteError, OSError):
    """A file is missing, unreadable or not what it claims to be."""


class ModelConfigError(BertliteError, ValueError):
    """The package cannot run the model, or the model does not have the head that a task needs."""


class InputError(BertliteError, ValueError):
    """An argument that cannot be used: texts, ids, masks, sizes or settings."""


class InputTypeError(InputError, TypeError, AttributeError):
    """None where a text has to be, of which the original raises one of these."""


class MissingError(InputError, AttributeError):
    """What an object of transformers has and the one here does not; for hasattr() it is missing."""


class LibraryError(BertliteError, ModuleNotFoundError):
    """A library that an adapter needs is not installed."""


class OutOfMemoryError(BertliteError, MemoryError):
    """Memory could not be allocated."""


class InstructionSetError(BertliteError, RuntimeError):
    """BERTLITE_ISA names an instruction set that this machine or build does not have."""


def missing_library(package: str, error: ImportError) -> LibraryError:
    """The error for a library that could not be imported."""
    return LibraryError(
        f"this adapter needs {package}, which could not be imported ({error}); install it with: "
        f"pip install {package}"
    )


def warn(message: str) -> None:
    """Issue a UserWarning that points to the line that called this package."""
    import warnings

    frame, level = sys._getframe(), 1
    while frame.f_back is not None and _is_own(frame.f_globals.get("__name__")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)


def log(message: str) -> None:
    """Log a warning that the original logs too, where a UserWarning would surprise its users."""
    import logging

    logging.getLogger(__package__).warning(message)


def _is_own(module: object) -> bool:
    return isinstance(module, str) and module.split(".")[0] == __package__
