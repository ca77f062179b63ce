import os
from typing import Any, Literal, overload

from typing_extensions import Unpack

from .models import Model
from .task_types import (
    FeatureOpening,
    FillOpening,
    IntentOpening,
    OpeningSettings,
    QuestionOpening,
    SimilarityOpening,
    TextOpening,
    TokenOpening,
    ZeroShotOpening,
)
from .tasks.base import Pipeline
from .tasks.feature_extraction import FeatureExtraction
from .tasks.fill_mask import FillMask
from .tasks.intent_classification import IntentClassification
from .tasks.question_answering import QuestionAnswering
from .tasks.sentence_similarity import SentenceSimilarity
from .tasks.text_classification import TextClassification
from .tasks.token_classification import TokenClassification
from .tasks.zero_shot_classification import ZeroShotClassification
from .tokenizer import Tokenizer

_Model = Model | str | os.PathLike[str] | None
_Tokenizer = Tokenizer | str | os.PathLike[str] | tuple[str, dict[str, Any]] | None

TASKS: dict[str, tuple[str, str]]

@overload
def pipeline(
    task: Literal["fill-mask"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[FillOpening],
) -> FillMask: ...
@overload
def pipeline(
    task: Literal["question-answering"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[QuestionOpening],
) -> QuestionAnswering: ...
@overload
def pipeline(
    task: Literal["ner", "token-classification"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[TokenOpening],
) -> TokenClassification: ...
@overload
def pipeline(
    task: Literal["text-classification", "sentiment-analysis"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[TextOpening],
) -> TextClassification: ...
@overload
def pipeline(
    task: Literal["intent-classification"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[IntentOpening],
) -> IntentClassification: ...
@overload
def pipeline(
    task: Literal["zero-shot-classification"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[ZeroShotOpening],
) -> ZeroShotClassification: ...
@overload
def pipeline(
    task: Literal["feature-extraction"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[FeatureOpening],
) -> FeatureExtraction: ...
@overload
def pipeline(
    task: Literal["sentence-similarity"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Unpack[SimilarityOpening],
) -> SentenceSimilarity: ...
@overload
def pipeline(
    task: None = None,
    *,
    model: Model | str | os.PathLike[str],
    tokenizer: _Tokenizer = None,
    **settings: Unpack[OpeningSettings],
) -> Pipeline: ...
