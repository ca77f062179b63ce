"""The names of the package sentence_transformers, for code that imports them from there.

Libraries that look for this name in that of a class, as BERTopic and KeyBERT do, find it too.
"""

from . import util
from .cross_encoder import CrossEncoder
from .logging import LoggingHandler
from .sentence_base import InputExample
from .sentence_transformer import SentenceTransformer
from .util import SimilarityFunction

__all__ = [
    "CrossEncoder",
    "InputExample",
    "LoggingHandler",
    "SentenceTransformer",
    "SimilarityFunction",
    "util",
]
