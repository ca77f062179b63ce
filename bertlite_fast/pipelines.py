"""pipeline(task, model): opens a task's model and tokenizer, as in transformers."""

from __future__ import annotations

from .errors import InputError
from .tasks.base import Pipeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

    from .models import Model
    from .tokenizer import Tokenizer

# task: (module in tasks/, class in it)
TASKS = {
    "fill-mask": ("fill_mask", "FillMask"),
    "question-answering": ("question_answering", "QuestionAnswering"),
    "ner": ("token_classification", "TokenClassification"),
    "token-classification": ("token_classification", "TokenClassification"),
    "text-classification": ("text_classification", "TextClassification"),
    "sentiment-analysis": ("text_classification", "TextClassification"),
    "intent-classification": ("intent_classification", "IntentClassification"),
    "zero-shot-classification": ("zero_shot_classification", "ZeroShotClassification"),
    "feature-extraction": ("feature_extraction", "FeatureExtraction"),
    "sentence-similarity": ("sentence_similarity", "SentenceSimilarity"),
}
# arguments of transformers' pipeline() that are ignored
UNUSED = (
    "device",
    "device_map",
    "framework",
    "torch_dtype",
    "dtype",
    "use_fast",
    "batch_size",
    "trust_remote_code",
)


def pipeline(
    task: str,
    model: Model | str | os.PathLike[str] | None = None,
    tokenizer: Tokenizer | str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Pipeline:
    """Open a pipeline for a task and return it.

    task: one of TASKS. model: a Hugging Face folder, a converted file, a name in the local Hugging
    Face cache, an open model, an embedded one ("bertlite/slots"), or None for the embedded one of
    the task. tokenizer: None for the model's own. settings: precision ("int8" or "fp32"), threads,
    local_files_only, revision; and defaults for the task's own settings, which help() of the
    pipeline lists.

    >>> pipe = pipeline("text-classification", "my-bert", top_k=1)
    >>> list(pipe(["turn on the light", "play music"])[0][0])
    ['label', 'score']
    """
    if not isinstance(task, str) or task not in TASKS:
        raise InputError(f"{task!r} is not a task; expected one of {', '.join(TASKS)}.")
    from importlib import import_module

    file, name = TASKS[task]
    for unused in UNUSED:
        settings.pop(unused, None)
    kind: type[Pipeline] = getattr(import_module(f".tasks.{file}", __package__), name)
    return kind(model, tokenizer, task=task, **settings)
