"""feature-extraction: vectors for a text's tokens, or for the text."""

from __future__ import annotations

from .base import refuse_unknown
from .embedder import Embedder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FeatureExtraction(Embedder):
    """The hidden states of a text's tokens, as transformers gives them.

    Settings: pooling: "mean" or "cls" gives one vector instead; normalize: to length 1;
    return_tensors: a Tensor instead of lists.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("feature-extraction", "my-bert-vectors")
    >>> len(pipe("turn on the light")[0]), len(pipe("turn on the light", pooling="mean"))
    (6, 64)
    """

    task = "feature-extraction"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        refuse_unknown(settings, self.task, "pooling", "normalize", "truncation", "return_tensors")
        return settings

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        if settings.get("pooling"):
            found = self.embed(text, settings["pooling"], settings.get("normalize", False))
            return found if settings.get("return_tensors") else found.tolist()[0]
        found = self.text_model.hidden(text)
        return found if settings.get("return_tensors") else [found.tolist()]
