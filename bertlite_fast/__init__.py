"""BERT encoders on small machines: int8, offline, the same bytes on every board."""

from ._native import Output, Tensor, __version__, active_isa, available_isas, convert, top
from .errors import (
    BertliteError,
    InputError,
    InstructionSetError,
    ModelConfigError,
    ModelFileError,
    OutOfMemoryError,
)
from .models import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    Model,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .pipelines import pipeline
    from .tokenizer import (
        AddedToken,
        AutoTokenizer,
        BatchEncoding,
        BertTokenizer,
        BertTokenizerFast,
        Encoding,
        Tokenizer,
    )

__all__ = [
    "AddedToken",
    "AutoModel",
    "AutoModelForMaskedLM",
    "AutoModelForQuestionAnswering",
    "AutoModelForSequenceClassification",
    "AutoModelForTokenClassification",
    "AutoTokenizer",
    "BatchEncoding",
    "BertTokenizer",
    "BertTokenizerFast",
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
    "pipeline",
    "top",
]


def __getattr__(name: str) -> object:
    """Import the pipelines and the tokenizer when first used: models do not need them."""
    if name == "pipeline":
        from .pipelines import pipeline

        globals()[name] = pipeline
        return pipeline
    if name in (
        "AddedToken",
        "AutoTokenizer",
        "BatchEncoding",
        "BertTokenizer",
        "BertTokenizerFast",
        "Encoding",
        "Tokenizer",
    ):
        from . import tokenizer

        value: object = getattr(tokenizer, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
