"""The types of tasks: what they answer, and what settings they take.

They are for type checkers, and for who asks for a pipeline's signature; nothing else in the package
imports this module when it runs.

>>> from bertlite_fast import pipeline
>>> from bertlite_fast.task_types import Label
>>> best: list[Label] = pipeline("text-classification", "my-bert")("turn on the light")
>>> list(best[0])
['label', 'score']
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from .config import Config
    from .tasks.base import Pipeline

# ---- answers ------------------------------------------------------------------------------


class Label(TypedDict):
    """A label for a text."""

    label: str
    score: float


class _Intent(TypedDict):
    label: str | None
    score: float
    margin: float


class Intent(_Intent, total=False):
    """What a text asks for; None if that is unknown."""

    candidates: list[Label]
    slots: list[Entity]
    text: str
    start: int
    end: int


class Token(TypedDict):
    """A token with its label."""

    entity: str
    score: float
    index: int
    word: str
    start: int
    end: int


class _Entity(TypedDict):
    entity_group: str
    score: float
    word: str
    start: int
    end: int


class Entity(_Entity, total=False):
    """A part of a text with its label."""

    entity: str


class Tagged(TypedDict):
    """What token classification answers: Token's keys, or Entity's if tokens are joined."""

    entity: str
    entity_group: str
    score: float
    index: int
    word: str
    start: int
    end: int


class Answer(TypedDict):
    """An answer, and where it is in the context."""

    score: float
    start: int
    end: int
    answer: str


class Word(TypedDict):
    """A word for a mask."""

    score: float
    token: int
    token_str: str
    sequence: str


class Ranking(TypedDict):
    """Labels for a text, the best first."""

    sequence: str
    labels: list[str]
    scores: list[float]


class Found(TypedDict):
    """A text that was found by its meaning."""

    index: int
    score: float
    text: str


class TextPair(TypedDict, total=False):
    """A text and a second one."""

    text: str
    text_pair: str


class Question(TypedDict):
    """A question, and the text that it is about."""

    question: str
    context: str


# ---- settings -----------------------------------------------------------------------------


class CallSettings(TypedDict, total=False):
    """What every call takes; answers do not depend on it, and only threads changes their time."""

    threads: int | Literal["auto"] | None
    batch_size: int | None
    num_workers: int | None


class OpeningSettings(TypedDict, total=False):
    """What pipeline() takes for every task."""

    precision: str
    threads: int | Literal["auto"] | None
    local_files_only: bool
    revision: str | None
    cache_dir: str | os.PathLike[str] | None
    token: str | bool | None
    force_download: bool
    subfolder: str
    config: Config | str | os.PathLike[str] | None
    model_kwargs: dict[str, Any] | None
    pipeline_class: type[Pipeline] | None
    device: Any
    device_map: Any
    dtype: Any
    torch_dtype: Any
    framework: str | None
    use_fast: bool
    trust_remote_code: bool | None
    feature_extractor: Any
    image_processor: Any
    processor: Any
    video_processor: Any
    batch_size: int | None
    num_workers: int | None


class TokenizerSettings(TypedDict, total=False):
    """Arguments for the tokenizer."""

    truncation: bool | str | None
    max_length: int | None
    padding: bool | str
    add_special_tokens: bool


class TextOptions(TokenizerSettings, total=False):
    """What a call and pipeline() take for text classification."""

    top_k: int | None
    function_to_apply: str | None
    return_all_scores: bool
    tokenizer_kwargs: dict[str, Any] | None


class TextSettings(CallSettings, TextOptions, total=False):
    """Those of text classification."""


class TextOpening(OpeningSettings, TextOptions, total=False):
    """Those of text classification in pipeline()."""


class IntentOptions(TypedDict, total=False):
    """What a call and pipeline() take for intent classification."""

    top_k: int | None
    threshold: float | None
    slots: bool | str | os.PathLike[str] | Pipeline | None
    several: bool


class IntentSettings(CallSettings, IntentOptions, total=False):
    """Those of intent classification."""


class IntentOpening(OpeningSettings, IntentOptions, total=False):
    """Those of intent classification in pipeline()."""


class TokenOptions(TypedDict, total=False):
    """What a call and pipeline() take for token classification."""

    aggregation_strategy: str | None
    ignore_labels: Collection[str] | None
    stride: int | None
    windows: bool | None
    is_split_into_words: bool
    delimiter: str | None
    grouped_entities: bool
    ignore_subwords: bool


class TokenSettings(CallSettings, TokenOptions, total=False):
    """Those of token classification."""


class TokenOpening(OpeningSettings, TokenOptions, total=False):
    """Those of token classification in pipeline()."""


class QuestionOptions(TypedDict, total=False):
    """What a call and pipeline() take for question answering."""

    top_k: int | None
    topk: int | None
    doc_stride: int | None
    max_answer_len: int | None
    max_seq_len: int | None
    max_question_len: int | None
    handle_impossible_answer: bool
    align_to_words: bool
    padding: bool | str


class QuestionSettings(CallSettings, QuestionOptions, total=False):
    """Those of question answering."""

    data: Any
    X: Any


class QuestionOpening(OpeningSettings, QuestionOptions, total=False):
    """Those of question answering in pipeline()."""


class FillOptions(TypedDict, total=False):
    """What a call and pipeline() take for fill-mask."""

    top_k: int | None
    targets: str | Collection[str] | None
    tokenizer_kwargs: dict[str, Any] | None


class FillSettings(CallSettings, FillOptions, total=False):
    """Those of fill-mask."""


class FillOpening(OpeningSettings, FillOptions, total=False):
    """Those of fill-mask in pipeline()."""


class FeatureOptions(TokenizerSettings, total=False):
    """What a call and pipeline() take for feature extraction."""

    pooling: str | None
    normalize: bool
    return_tensors: bool | str | None
    tokenize_kwargs: dict[str, Any] | None


class FeatureSettings(CallSettings, FeatureOptions, total=False):
    """Those of feature extraction."""


class FeatureOpening(OpeningSettings, FeatureOptions, total=False):
    """Those of feature extraction in pipeline()."""


class ZeroShotOptions(TokenizerSettings, total=False):
    """What a call and pipeline() take for zero-shot classification."""

    multi_label: bool
    multi_class: bool
    sharpness: float
    hypothesis_template: str
    tokenizer_kwargs: dict[str, Any] | None


class ZeroShotSettings(CallSettings, ZeroShotOptions, total=False):
    """Those of zero-shot classification."""


class ZeroShotOpening(OpeningSettings, ZeroShotOptions, total=False):
    """Those of zero-shot classification in pipeline()."""

    candidate_labels: str | list[str]
    examples: dict[str, list[str]]


class SimilarityOptions(TypedDict, total=False):
    """What a call and pipeline() take for sentence similarity."""

    pooling: str | None


class SimilaritySettings(CallSettings, SimilarityOptions, total=False):
    """Those of sentence similarity."""


class SimilarityOpening(OpeningSettings, SimilarityOptions, total=False):
    """Those of sentence similarity in pipeline()."""
