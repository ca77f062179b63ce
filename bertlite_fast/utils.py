"""transformers.utils, for code that imports its logging from there."""

from . import logging

__all__ = ["logging"]
