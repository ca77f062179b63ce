"""Models under the names that transformers uses."""

from __future__ import annotations

from . import _native
from .errors import InputError, ModelConfigError

TYPE_CHECKING = False  # typing is not imported: it would cost more than all the rest
if TYPE_CHECKING:
    import os
    from typing import Any


class Config:
    """What config.json says, as attributes; `id2label` has integer keys."""

    def __init__(self, text: str) -> None:
        import json

        values: dict[str, Any] = json.loads(text)
        labels = values.get("id2label")
        if isinstance(labels, dict):
            values["id2label"] = {int(key): label for key, label in labels.items()}
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"config.json does not have {name!r}; it has {', '.join(self.__dict__)}."
        )

    def to_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __repr__(self) -> str:
        return f"Config({self.__dict__})"


class Model(_native.Model):
    """An open model. Call it with ids, as in transformers; it returns an Output."""

    @property
    def config(self) -> Config:
        return Config(self.config_json)

    def eval(self) -> Model:
        """Return the model itself; code written for torch calls this."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        if self.source is None:
            raise TypeError(
                "a model that was opened from memory, or that is not open, cannot be pickled; "
                "open it from a file."
            )
        return _open, (type(self), self.source, self.task, self.precision, self.threads)

    def __repr__(self) -> str:
        try:
            i = self.info
        except InputError:
            return f"<{type(self).__name__}: not open>"
        return f"<{self.task} model: {i['layers']} layers, {i['hidden']} wide, {self.precision}>"


def _open(kind: type[Model], source: str, task: str, precision: str, threads: int) -> Model:
    return kind(source, task, precision=precision, threads=threads)


class AutoModel:
    """The encoder alone: `.last_hidden_state` and `.pooler_output`."""

    task = "encoder"

    @classmethod
    def from_pretrained(
        cls,
        path: str | os.PathLike[str],
        *,
        precision: str = "int8",
        threads: int = 1,
        num_labels: int | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
    ) -> Model:
        """Open a Hugging Face folder, a converted file, or a model by its name in the cache.

        precision: "int8", or "fp32" for reference. threads: how many threads a call may use; they
        end with the call. num_labels: the expected number of labels; another one is an error.
        local_files_only: never download. revision: a branch, tag or commit on the Hub.
        """
        from . import hub

        model = Model(
            hub.find(path, local_files_only=local_files_only, revision=revision),
            cls.task,
            precision=precision,
            threads=threads,
        )
        if num_labels is not None and model.info["labels"] != num_labels:
            raise ModelConfigError(
                f"this model has {model.info['labels']} labels, not {num_labels}; "
                "to give it others, train it for them."
            )
        return model


class AutoModelForMaskedLM(AutoModel):
    """Predictions for masked words: `.logits` over the vocabulary."""

    task = "masked-lm"


class AutoModelForSequenceClassification(AutoModel):
    """One label per text: `.logits`.

    >>> model = AutoModelForSequenceClassification.from_pretrained("my-bert")
    >>> model([[2, 5, 3], [2, 5, 6, 3]]).tensor.shape
    (2, 3)
    """

    task = "sequence-classification"


class AutoModelForTokenClassification(AutoModel):
    """One label per token: `.logits`."""

    task = "token-classification"


class AutoModelForQuestionAnswering(AutoModel):
    """Start and end of an answer in a text: `.start_logits` and `.end_logits`."""

    task = "question-answering"
