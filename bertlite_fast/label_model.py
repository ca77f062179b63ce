"""A classifier made from its labels' words: the more similar in meaning, the larger the logit."""

from __future__ import annotations

from ._native import TextModel, label_logits
from .errors import InputError
from .models import Model
from .opening import Opening
from .tokenizer import Tokenizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Any

    from ._native import Output, Tensor
    from .config import Config

SHARPNESS = 10.0  # as in zero-shot classification


class LabelModel(Model):
    """An encoder of texts, with a vector for each label."""

    labels: list[str]
    vectors: Tensor

    @property
    def config(self) -> Config:
        """The encoder's config, with the labels' names."""
        if self._config is None:
            from .config import changed

            encoder = super().config
            self._config = changed(encoder, {"id2label": dict(enumerate(self.labels))})
        return self._config

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """The logits of texts, given as ids."""
        as_tuple = named.pop("return_dict", None) is False
        found: Output = super().__call__(*inputs, **named)
        logits = label_logits(found, self.vectors, SHARPNESS)
        return logits.to_tuple() if as_tuple else logits

    def __reduce__(self) -> tuple[Any, ...]:
        how: dict[str, Any] = {"precision": self.precision, "threads": self.threads}
        return _made, (self.source, self.labels, how)

    def __repr__(self) -> str:
        return f"<sequence-classification model: the labels {', '.join(self.labels)}>"


def open_with_labels(
    name: str | os.PathLike[str], labels: Sequence[str], settings: dict[str, Any]
) -> LabelModel:
    """Open an encoder with a classifier for these labels."""
    how: dict[str, Any] = {
        key: settings.pop(key) for key in ("precision", "threads") if key in settings
    }
    count = settings.pop("num_labels", None)
    labels = [labels] if isinstance(labels, str) else list(labels)
    if not labels or not all(isinstance(label, str) and label.strip() for label in labels):
        raise InputError("labels has to be a list of words or phrases, at least one.")
    if count is not None and count != len(labels):
        raise InputError(f"num_labels is {count}, but there are {len(labels)} labels.")
    if settings.pop("config", None) is not None:
        raise InputError("config cannot be given together with labels; leave one of them out.")
    opening = Opening("embedding", name, settings)
    if opening.changes:
        raise InputError(f"{', '.join(opening.changes)} cannot be given together with labels.")
    return _made(opening.path, labels, how)


def _made(path: str, labels: list[str], how: dict[str, Any]) -> LabelModel:
    model = LabelModel(path, "embedding", **how)
    model.labels = labels
    model.vectors = TextModel(model, Tokenizer(path)).embed(labels, "mean", True)
    return model
