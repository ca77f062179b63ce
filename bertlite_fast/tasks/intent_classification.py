"""intent-classification: what a text asks for, or None if that is unknown."""

from __future__ import annotations

from ..errors import InputError
from .base import Pipeline, check_whole_numbers, refuse_unknown
from .text_classification import TextClassification, text_and_pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class IntentClassification(TextClassification):
    """What a text asks for, or None if no label fits: {"label", "score", "margin"}.

    A text is refused when its best score is below `threshold`, by default what the model's
    config.json says under "intent_threshold", or 0.5, or what calibrate() found. A label in
    config.json's "refused_labels" (such as "oos") counts as None too. margin: how far the best
    score is before the second. top_k: as many labels with their scores, under "candidates".

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("intent-classification", "my-bert")
    >>> sorted(pipe("turn on the light"))
    ['label', 'margin', 'score']
    >>> print(pipe("turn on the light", threshold=1.0)["label"])
    None
    """

    task = "intent-classification"

    def _ready(self) -> None:
        super()._ready()
        config = self.config.to_dict()
        self.threshold = float(config.get("intent_threshold", 0.5))
        self.refused = set(config.get("refused_labels", ()))

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        refuse_unknown(settings, self.task, "top_k", "threshold")
        check_whole_numbers(settings, top_k=1)
        threshold = settings.get("threshold")
        if threshold is not None and (
            not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1
        ):
            raise InputError(f"threshold is {threshold!r}; it has to be a number from 0 to 1.")
        return settings

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """An intent for a text, a list of texts, or an iterable of texts."""
        return Pipeline.__call__(self, inputs, **settings)

    def calibrate(
        self, known: list[str], unknown: list[str], keep: float = 0.95
    ) -> dict[str, float]:
        """Set the threshold from texts: the highest that lets `keep` of those with an intent pass.

        known: texts with an intent of the model; unknown: texts without. Use texts that the model
        was not trained on. Returns the threshold, the share of known texts that pass (kept), and
        the share of unknown texts that pass (false_accepts).
        """
        if not known or not 0 < keep <= 1:
            raise InputError("calibrate needs texts with a known intent, and keep between 0 and 1.")

        def scores(texts: list[str]) -> list[float]:
            found = [self._one(text, {"threshold": 0.0}) for text in texts]
            return sorted(
                (answer["score"] if answer["label"] is not None else 0.0) for answer in found
            )

        inside, outside = scores(known), scores(unknown)
        self.threshold = inside[min(len(inside) - 1, int((1 - keep) * len(inside) + 1e-9))]

        def passing(values: list[float]) -> float:
            return sum(value >= self.threshold for value in values) / max(1, len(values))

        return {
            "threshold": self.threshold,
            "kept": passing(inside),
            "false_accepts": passing(outside),
        }

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, arguments = super().__reduce__()
        return rebuild, (
            *arguments[:-1],
            {**self.settings, "threshold": self.settings.get("threshold", self.threshold)},
        )

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        text, pair = text_and_pair(text)
        top_k = settings.get("top_k", 1)
        wanted = len(self.labels) if top_k is None else top_k
        found = self.text_model.classify(text, pair, self.function, max(2, wanted))
        threshold = settings.get("threshold")
        threshold = self.threshold if threshold is None else threshold
        best, score = found[0]
        label = self.labels[best]
        sure = score >= threshold and label not in self.refused and bool(text.strip())
        answer: dict[str, Any] = {
            "label": label if sure else None,
            "score": score,
            "margin": score - found[1][1] if len(found) > 1 else score,
        }
        if "top_k" in settings:
            answer["candidates"] = [
                {"label": self.labels[index], "score": s} for index, s in found[:wanted]
            ]
        return answer
