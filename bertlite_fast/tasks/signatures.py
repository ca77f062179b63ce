"""What inspect.signature and notebooks show of a pipeline: its call with the task's settings.

A setting's default is `...`: the pipeline's own, which its help names.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any

# class of the pipeline: its settings in task_types.py
SETTINGS = {
    "FeatureExtraction": "FeatureSettings",
    "FillMask": "FillSettings",
    "IntentClassification": "IntentSettings",
    "QuestionAnswering": "QuestionSettings",
    "SentenceSimilarity": "SimilaritySettings",
    "TextClassification": "TextSettings",
    "TokenClassification": "TokenSettings",
    "ZeroShotClassification": "ZeroShotSettings",
}


def signature_of(pipeline: Any) -> Signature:
    """The parameters of __call__, with each setting in place of **settings."""
    import inspect

    from .. import task_types

    kind = type(pipeline)
    found = inspect.signature(kind.__call__)
    parameters = [one for one in found.parameters.values() if one.name != "self"]
    name = next((base.__name__ for base in kind.__mro__ if base.__name__ in SETTINGS), None)
    if name is None:
        return found.replace(parameters=parameters)
    parameters = [one for one in parameters if one.kind is not one.VAR_KEYWORD]
    known = {one.name for one in parameters}
    for setting, hint in getattr(task_types, SETTINGS[name]).__annotations__.items():
        if setting not in known:
            hint = getattr(hint, "__forward_arg__", hint)
            one = inspect.Parameter(
                setting, inspect.Parameter.KEYWORD_ONLY, default=..., annotation=hint
            )
            parameters.append(one)
    return found.replace(parameters=parameters)
