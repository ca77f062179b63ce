"""text-classification, sentiment-analysis: a label for a text."""

from __future__ import annotations

import os

from .._native import Many, answer_label, best_scores
from ..errors import InputError, ModelConfigError
from ..models import Model
from .base import Pipeline, check_whole_numbers, refuse_unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, overload

    from typing_extensions import Unpack

    from ..setfit import Head
    from ..task_types import Label, TextPair, TextSettings


def text_and_pair(item: Any) -> tuple[Any, Any]:
    """A text and its pair, if it has one: a str, or {"text": ..., "text_pair": ...}."""
    if isinstance(item, str):
        return item, None
    if isinstance(item, dict):
        refuse_unknown(item, "a text", "text", "text_pair")
        if "text" not in item:
            raise InputError(
                'a text given as a dict has to have a "text", and may have a "text_pair".'
            )
        return item["text"], item.get("text_pair")
    if isinstance(item, (list, tuple)) and len(item) == 1 and isinstance(item[0], (list, tuple)):
        (pair,) = item  # transformers' old form of a pair: [[text, text_pair]]
        if len(pair) == 2:
            return pair[0], pair[1]
    raise InputError(
        f'a text has to be a str or {{"text": ..., "text_pair": ...}}, not {type(item).__name__}.'
    )


def _has_setfit(path: Any) -> bool:
    """Whether a folder has a classifier of SetFit. Models in memory have no path."""
    return path is not None and os.path.isfile(os.path.join(path, "model_head.pkl"))


class TextClassification(Pipeline):
    """Labels and their scores, as transformers gives them: [{"label": ..., "score": ...}].

    A pair of texts is {"text": ..., "text_pair": ...}. Settings: top_k: how many labels, the best
    first; None: all; function_to_apply: "softmax", "sigmoid" or "none", by default what the model
    was trained for; max_length, add_special_tokens and the tokenizer's other arguments.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("text-classification", "my-bert")
    >>> pipe("play some music")[0]["label"] in pipe.labels
    True
    >>> len(pipe("play some music", top_k=2))
    2
    """

    task = "text-classification"
    head = "sequence-classification"

    linear: Head | None = None  # a SetFit folder's own classifier

    def _open(self, path: str, **how: Any) -> Model:
        try:
            return super()._open(path, **how)
        except ModelConfigError:
            model = Model(path, "embedding", **how)
            if "setfit" not in vars(model.config):
                raise
        return model

    def _head_at(self, path: Any) -> str:
        return "embedding" if _has_setfit(path) else self.head

    def _head_of(self, model: Model) -> str:
        return "embedding" if "setfit" in vars(model.config) else super()._head_of(model)

    def _ready(self) -> None:
        if self.model.task == "embedding":
            from ..setfit import read_head

            self.linear = read_head(self.model)
            self.config.id2label = dict(enumerate(self.linear.labels))
            # with a setting, a text does not take the short way of other models
            self.settings = {"function_to_apply": self.function, **self.settings}
        self.label_count = len(self.labels)

    @property
    def function(self) -> str:
        """What makes scores of logits."""
        if self.linear is not None:
            return self.linear.function
        kind = vars(self.config).get("problem_type")
        if kind == "regression":
            return "none"
        independent = self.label_count == 1 or kind == "multi_label_classification"
        return "sigmoid" if independent else "softmax"

    @property
    def labels(self) -> list[str]:
        """The labels' names, as the model's config has them now."""
        return super().labels if self.linear is None else list(self.config.id2label.values())

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        from .arguments import choice, for_tokenizer

        settings = dict(settings)
        row = for_tokenizer(settings, "tokenizer_kwargs")
        refuse_unknown(settings, self.task, "top_k", "function_to_apply", "return_all_scores")
        check_whole_numbers(settings, top_k=1)
        function = choice(settings.get("function_to_apply"))
        if function is not None and function not in ("softmax", "sigmoid", "none"):
            raise InputError(
                f"function_to_apply is {function!r}; it can be 'softmax', 'sigmoid' or 'none'."
            )
        if function is not None:
            settings["function_to_apply"] = function
        if row:
            settings["tokenizer_kwargs"] = row
        return settings

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __call__(self, inputs: str, **settings: Unpack[TextSettings]) -> list[Label]: ...
        @overload
        def __call__(
            self, inputs: dict[str, str] | TextPair, **settings: Unpack[TextSettings]
        ) -> Any: ...
        @overload  # with top_k a list for each
        def __call__(
            self,
            inputs: list[str] | tuple[str, ...] | list[TextPair] | list[dict[str, str]],
            **settings: Unpack[TextSettings],
        ) -> list[Any]: ...
        @overload
        def __call__(
            self, inputs: Iterable[Any], **settings: Unpack[TextSettings]
        ) -> Iterator[Any]: ...

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """Labels for a text, a list of texts, or an iterable of texts."""
        if type(inputs) is str and not settings:
            return [self._one(inputs, self.settings)]
        found = super().__call__(inputs, **settings)
        # As in transformers: one text's answer is in a list, unless this call has a top_k.
        return [found] if isinstance(inputs, str) and "top_k" not in settings else found

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        pair = None
        if type(text) is not str:
            text, pair = text_and_pair(text)
        if not settings and pair is None:
            return answer_label(self.text_model, text, vars(self.config), self.label_count == 1)
        if self.linear is not None:
            return self._linear(text, pair, settings)
        function = settings.get("function_to_apply") or self.function
        wanted = self._wanted(settings)
        if settings.get("tokenizer_kwargs"):
            row = self.row_of(text, pair, settings["tokenizer_kwargs"])
            logits = self.model([row.ids], [row.attention_mask], [row.type_ids]).tensor
            found = best_scores(logits, function, wanted)
        elif "return_all_scores" in settings:
            found = self.text_model.classify(text, pair, function, wanted)
        else:
            named = self.text_model.classify(text, pair, function, wanted, self.config.id2label)
            return named if "top_k" in settings else named[0]
        return self._answer(text, found, settings)

    def _wanted(self, settings: dict[str, Any]) -> int:
        """How many labels are asked for."""
        top_k = settings.get("top_k", None if settings.get("return_all_scores") else 1)
        return top_k or self.label_count

    def _linear(self, text: Any, pair: Any, settings: dict[str, Any]) -> Any:
        """The answer of a SetFit folder's classifier, which takes a text's vector."""
        assert self.linear is not None
        head = self.linear
        if pair is not None or settings.get("tokenizer_kwargs"):
            raise InputError(
                "a SetFit model reads one text, as its folder says; leave out text_pair, "
                "max_length and other arguments for the tokenizer."
            )
        logits = head.logits(self.text_model.embed([text], "model", head.normalize))
        function = settings.get("function_to_apply") or self.function
        return self._answer(text, best_scores(logits, function, self._wanted(settings)), settings)

    def _answer(self, text: Any, found: Any, settings: dict[str, Any]) -> Any:
        every = settings.get("return_all_scores") and "top_k" not in settings
        labels = self.config.id2label
        results = [
            {"label": labels[index], "score": score}
            for index, score in (sorted(found) if every else found)
        ]
        return results if every or "top_k" in settings else results[0]

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        if settings.get("tokenizer_kwargs") or self.linear is not None:
            return None
        function = settings.get("function_to_apply") or self.function
        options = (function, self._wanted(settings))
        return Many(self.text_model, "classify", options, **share)

    def _given(self, text: Any, settings: dict[str, Any]) -> tuple[Any, Any] | None:
        if type(text) is str:
            return text, None
        try:
            return text_and_pair(text)
        except InputError:
            return None
