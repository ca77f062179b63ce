"""BERT encoders on small machines: int8, offline, the same bytes on every board."""

from ._native import Output, Tensor, __version__, active_isa, available_isas, convert, top
from .errors import BertliteError, InputError, InstructionSetError, ModelConfigError, ModelFileError, OutOfMemoryError
from .models import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    Model,
)
from .tokenizer import AddedToken, AutoTokenizer, BatchEncoding, Encoding, Tokenizer

__all__ = [
    "AddedToken",
    "AutoModel",
    "AutoModelForMaskedLM",
    "AutoModelForQuestionAnswering",
    "AutoModelForSequenceClassification",
    "AutoModelForTokenClassification",
    "AutoTokenizer",
    "BatchEncoding",
    "BertliteError",
    "Encoding",
    "InputError",
    "InstructionSetError",
    "Model",
    "ModelConfigError",
    "ModelFileError",
    "OutOfMemoryError",
    "Output",
    "Tensor",
    "Tokenizer",
    "__version__",
    "active_isa",
    "available_isas",
    "convert",
    "top",
]
