"""A label for a text: text-classification, sentiment-analysis, intent-classification."""

from __future__ import annotations

from ..errors import InputError
from .base import Pipeline, only, whole_ones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def pair_of(item: Any) -> tuple[Any, Any]:
    """A text and its second one, if it has: a str, or {"text": ..., "text_pair": ...}."""
    if isinstance(item, str):
        return item, None
    if isinstance(item, dict):
        only(item, "a text", "text", "text_pair")
        if "text" not in item:
            raise InputError(
                'a text given as a dict has to have a "text", and may have a "text_pair".'
            )
        return item["text"], item.get("text_pair")
    raise InputError(
        f'a text has to be a str or {{"text": ..., "text_pair": ...}}, not {type(item).__name__}.'
    )


class TextClassification(Pipeline):
    """Labels and their scores, as transformers gives them: [{"label": ..., "score": ...}].

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("text-classification", "my-bert")
    >>> pipe("play some music")[0]["label"] in pipe.labels
    True
    >>> len(pipe("play some music", top_k=2))
    2
    """

    task = "text-classification"
    head = "sequence-classification"

    def _ready(self) -> None:
        kind = self.config.to_dict().get("problem_type")
        several = kind == "multi_label_classification" or len(self.labels) == 1
        self.function = "none" if kind == "regression" else "sigmoid" if several else "softmax"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        only(settings, self.task, "top_k", "function_to_apply", "truncation")
        whole_ones(settings, top_k=1)
        settings.pop("truncation", None)  # longer texts are always truncated
        function = settings.get("function_to_apply")
        if function is not None and function not in ("softmax", "sigmoid", "none"):
            raise InputError(
                f"function_to_apply is {function!r}; it can be 'softmax', 'sigmoid' or 'none'."
            )
        return settings

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        found = super().__call__(inputs, **settings)
        # As the original: one text's answer is in a list, unless this very call says how many it wants.
        return [found] if type(inputs) is str and "top_k" not in settings else found

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        pair = None
        if type(text) is not str:
            text, pair = pair_of(text)
        labels = self.labels
        if not settings:
            ((best, score),) = self.text_model.classify(text, pair, self.function, 1)
            return {"label": labels[best], "score": score}
        function = settings.get("function_to_apply") or self.function
        top_k = settings.get("top_k", 1)
        found = self.text_model.classify(
            text, pair, function, len(labels) if top_k is None else top_k
        )
        results = [{"label": labels[index], "score": score} for index, score in found]
        return results if "top_k" in settings else results[0]


class IntentClassification(TextClassification):
    """What a text asks for, or None where it is none of the labels: {"label", "score", "margin"}.

    A text is refused when its best score is below `threshold`, by default what the model's
    config.json says under "intent_threshold", or 0.5, or what calibrate() found. A label in
    config.json's "refused_labels" (such as "oos") counts as None too. margin: how far the best
    score is before the second.

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
        only(settings, self.task, "top_k", "threshold")
        whole_ones(settings, top_k=1)
        threshold = settings.get("threshold")
        if threshold is not None and (
            not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1
        ):
            raise InputError(f"threshold is {threshold!r}; it has to be a number from 0 to 1.")
        return settings

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        return Pipeline.__call__(self, inputs, **settings)

    def calibrate(
        self, known: list[str], unknown: list[str], keep: float = 0.95
    ) -> dict[str, float]:
        """Set the threshold from texts: as high as lets this share of those with a known intent pass.

        Returns it, the share that passes, and the false accepts: the share of the texts with no
        known intent that passes too. Use texts that the model was not trained on.
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
        text, pair = pair_of(text)
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
