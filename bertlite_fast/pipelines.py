"""pipeline(task, model): opens a task's model and tokenizer, as in transformers."""

from __future__ import annotations

import os

from .errors import InputError
from .tasks.base import Pipeline

TYPE_CHECKING = False
if TYPE_CHECKING:
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
# the task of a model that is named without one, by its head
BY_HEAD = {
    "sequence-classification": "text-classification",
    "token-classification": "token-classification",
    "question-answering": "question-answering",
    "masked-lm": "fill-mask",
    None: "feature-extraction",
}


ALSO = (
    "AggregationStrategy", "FeatureExtractionPipeline", "FillMaskPipeline", "NerPipeline",
    "PipelineException", "QuestionAnsweringPipeline", "TextClassificationPipeline",
    "TokenClassificationPipeline", "ZeroShotClassificationPipeline",
)  # fmt: skip


def pipeline(
    task: str | None = None,
    model: Model | str | os.PathLike[str] | None = None,
    tokenizer: Tokenizer | str | os.PathLike[str] | tuple[str, dict[str, Any]] | None = None,
    **settings: Any,
) -> Pipeline:
    """Open a pipeline for a task and return it.

    task: one of TASKS; None: what the model's head is for. model: a Hugging Face folder, a
    converted file, a name in the local Hugging Face cache, an open model, an embedded one
    ("bertlite/slots"), or None for the embedded one of the task. tokenizer: None for the model's
    own; a name may have arguments: (name, {...}). settings: precision ("int8", "fp32" or
    "fp32-fast"), threads (a number, or "auto": texts of a list are shared among them),
    local_files_only, revision, config, pipeline_class; and defaults for the task's own settings,
    which help() of the pipeline lists.

    >>> pipe = pipeline("text-classification", "my-bert", top_k=1)
    >>> list(pipe(["turn on the light", "play music"])[0][0])
    ['label', 'score']
    """
    if task is None and model is not None:
        task, model = _task_of(model, settings)
    if not isinstance(task, str) or task not in TASKS:
        raise InputError(f"{task!r} is not a task; expected one of {', '.join(TASKS)}.")
    file, name = TASKS[task]
    module = __import__(f"{__package__}.tasks.{file}", fromlist=(name,))
    kind: type[Pipeline] = getattr(module, name)
    kind = settings.pop("pipeline_class", None) or kind
    if not (isinstance(kind, type) and issubclass(kind, Pipeline)):
        raise InputError(f"pipeline_class is {kind!r}; it has to be a subclass of Pipeline.")
    return kind(model, tokenizer, task=task, **settings)


def __getattr__(name: str) -> Any:
    """The other names of transformers.pipelines, which the package has."""
    if name not in ALSO:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import bertlite_fast

    return getattr(bertlite_fast, name)


def _task_of(model: Any, settings: dict[str, Any]) -> tuple[str, Any]:
    """The task that a model is for, and the model or where it is."""
    from . import embedded, hub
    from .models import Model

    if isinstance(model, Model):
        return BY_HEAD[model.info["head"]], model
    name = str(model)
    if name.startswith(embedded.PREFIX):
        short = name[len(embedded.PREFIX) :]
        for task, embedded_model in embedded.BY_TASK.items():
            if embedded_model == short and task != "zero-shot-classification":
                return task, model
    names = ("local_files_only", "revision", "cache_dir", "token", "subfolder")
    where = {key: settings[key] for key in names if settings.get(key) is not None}
    path = hub.find(model, embedded_model="base", **where)
    settings.pop("subfolder", None)  # the path leads there
    if os.path.isfile(os.path.join(path, "model_head.pkl")):  # of SetFit
        return "text-classification", path
    found = Model(path)
    if "setfit" in vars(found.config):
        return "text-classification", path
    return BY_HEAD[found.info["head"]], path
