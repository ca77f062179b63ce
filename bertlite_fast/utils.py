"""transformers.utils, for code that imports its logging, or asks what is installed, from there."""

from . import logging

__all__ = ["is_torch_available", "logging"]


def is_torch_available() -> bool:
    """Whether torch can be imported; nothing here needs it."""
    from importlib.util import find_spec

    return find_spec("torch") is not None
