import os
from typing import Any, Literal, overload

from .models import Model
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
_Tokenizer = Tokenizer | str | os.PathLike[str] | None

TASKS: dict[str, tuple[str, str]]

@overload
def pipeline(
    task: Literal["fill-mask"], model: _Model = None, tokenizer: _Tokenizer = None, **settings: Any
) -> FillMask: ...
@overload
def pipeline(
    task: Literal["question-answering"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Any,
) -> QuestionAnswering: ...
@overload
def pipeline(
    task: Literal["ner", "token-classification"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Any,
) -> TokenClassification: ...
@overload
def pipeline(
    task: Literal["text-classification", "sentiment-analysis"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Any,
) -> TextClassification: ...
@overload
def pipeline(
    task: Literal["intent-classification"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Any,
) -> IntentClassification: ...
@overload
def pipeline(
    task: Literal["zero-shot-classification"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Any,
) -> ZeroShotClassification: ...
@overload
def pipeline(
    task: Literal["feature-extraction"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Any,
) -> FeatureExtraction: ...
@overload
def pipeline(
    task: Literal["sentence-similarity"],
    model: _Model = None,
    tokenizer: _Tokenizer = None,
    **settings: Any,
) -> SentenceSimilarity: ...
@overload
def pipeline(
    task: str, model: _Model = None, tokenizer: _Tokenizer = None, **settings: Any
) -> Pipeline: ...
