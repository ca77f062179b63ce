"""Models under the names that transformers uses."""

from __future__ import annotations

from . import _native
from .errors import InputError, warn

TYPE_CHECKING = False  # typing is not imported: it would cost more than all the rest
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Any

    from .config import Config


class Model(_native.Model):
    """An open model. Call it with ids, as in transformers; it returns an Output."""

    _config: Config | None = None

    @property
    def config(self) -> Config:
        """What config.json says, as attributes."""
        if self._config is None:
            from .config import Config

            self._config = Config.from_json(self.config_json, self.info, self.source)
        return self._config

    def config_now(self) -> str | bytes | None:
        """The text of the config, if it is not, or is no longer, that of the model's files."""
        from .config import Config

        config = self._config
        if config is None or config == Config.from_json(self.config_json, self.info, self.source):
            return self.changed_config
        return config.to_json_string()

    @property
    def name_or_path(self) -> str:
        return str(self.source or "")

    @property
    def num_labels(self) -> int:
        return int(self.config.num_labels)

    @property
    def device(self) -> Any:
        """The CPU: a torch.device if torch is imported, otherwise a str with a `type`."""
        from .device import cpu

        return cpu()

    @property
    def dtype(self) -> Any:
        """The type of the outputs: torch.float32 if torch is imported, otherwise "float32"."""
        from .device import float32

        return float32()

    def eval(self) -> Model:
        """Return the model itself; code written for torch calls this."""
        return self

    def to(self, *device: Any, **more: Any) -> Model:
        """Return the model itself, which runs on the CPU; code written for torch calls this."""
        return self

    cpu = float = half = double = bfloat16 = tie_weights = share_memory = eval

    def cuda(self, *device: Any, **more: Any) -> Model:
        """Return the model itself, which runs on the CPU; code written for torch calls this."""
        return self

    requires_grad_ = compile = type = cuda

    def train(self, mode: bool = True) -> Model:
        """Refused, unless mode is False: a model only answers, and a Trainer trains."""
        if mode:
            raise InputError("a model is not trained by itself; give it to bertlite_fast.Trainer.")
        return self

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The same as a call."""
        return self(*inputs, **named)

    def can_generate(self) -> bool:
        """No encoder can."""
        return False

    # What transformers' models have.
    training = False
    main_input_name = "input_ids"

    def __getattr__(self, name: str) -> Any:
        from .missing import missing

        raise missing("model", self, name)

    def num_parameters(self, only_trainable: bool = False, exclude_embeddings: bool = False) -> int:
        """How many numbers the encoder has, its pooler included."""
        from .config import parameters

        return parameters(self.info, exclude_embeddings)

    def save_pretrained(
        self, save_directory: str | os.PathLike[str], **more: Any
    ) -> tuple[str, ...]:
        """Write the model's files into a folder, from where from_pretrained opens them.

        A checkpoint is written as it was read, a converted file as model.bertlite.
        """
        from .saving import save_model

        return save_model(self, save_directory, more)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.source is None:
            raise TypeError(
                "a model that was opened from memory, or that is not open, cannot be pickled; "
                "open it from a file."
            )
        changes = (self.config_now(), self.new_classifier)
        return _open, (type(self), self.source, self.task, self.precision, self.threads, changes)

    def __repr__(self) -> str:
        try:
            i = self.info
        except InputError:
            return f"<{type(self).__name__}: not open>"
        return f"<{self.task} model: {i['layers']} layers, {i['hidden']} wide, {self.precision}>"


def _open(
    kind: type[Model],
    source: str,
    task: str,
    precision: str,
    threads: int,
    changes: tuple[str | bytes | None, bool] = (None, False),
) -> Model:
    config, new = changes
    return kind(
        source, task, precision=precision, threads=threads, config=config, new_classifier=new
    )


def warn_of_second_head(model: Model) -> None:
    """Warn of a head in the model's files that its task does not use."""
    other = model.info["ignored_head"]
    if other is not None and model.task not in ("encoder", "embedding"):
        warn(f"this model also has a head for {other}, which is not used.")


class AutoModel:
    """The encoder alone: `.last_hidden_state` and `.pooler_output`."""

    task = "encoder"

    def __new__(cls, *config: Any, **more: Any) -> AutoModel:
        """Refused, as models with random weights are not made."""
        raise InputError(
            f"{cls.__name__} is opened with from_pretrained; a model with random weights is not "
            "made here."
        )

    @classmethod
    def from_config(cls, config: Any, **more: Any) -> AutoModel:
        """Refused, too."""
        return cls(config)

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str],
        *,
        precision: str = "int8",
        threads: int = 1,
        num_labels: int | None = None,
        config: Config | str | os.PathLike[str] | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        **more: Any,
    ) -> Model:
        """Open a Hugging Face folder, a converted file, or a model by its name in the cache.

        precision: "int8", "fp32" for reference, or "fp32-fast", whose last bits are those of
        processors with fused multiply-add. threads: how many threads a call may use; they end with
        the call. num_labels: the expected number of labels; another one is an error.
        config: instead of the model's own. local_files_only: never download. revision: a branch,
        tag or commit on the Hub. more: values of the config, such as id2label; and transformers'
        other arguments, of which docs/transformers.md has a table.
        """
        from .opening import Opening

        opening = Opening(
            cls.task,
            pretrained_model_name_or_path,
            {"local_files_only": local_files_only, "revision": revision, **more},
            precision=precision,
            threads=threads,
        )
        return opening.model(config, num_labels)


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

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str],
        *,
        labels: Sequence[str] | None = None,
        **settings: Any,
    ) -> Model:
        """Open a model as AutoModel.from_pretrained does, with its classifier.

        A model that does not have one gets a new one, for num_labels labels (2), whose weights are
        random. labels: a classifier made from the labels' words, which answers at once: its logits
        say how similar in meaning the text is to each.
        """
        if labels is None:
            return super().from_pretrained(pretrained_model_name_or_path, **settings)
        from .label_model import open_with_labels

        return open_with_labels(pretrained_model_name_or_path, labels, settings)


class AutoModelForTokenClassification(AutoModel):
    """One label per token: `.logits`."""

    task = "token-classification"


class AutoModelForQuestionAnswering(AutoModel):
    """Start and end of an answer in a text: `.start_logits` and `.end_logits`."""

    task = "question-answering"


def __getattr__(name: str) -> Any:
    """The modules of which sentence-transformers makes a model have this name there."""
    if name in ("Transformer", "Pooling", "Dense", "Normalize"):
        from .errors import LibraryError

        raise LibraryError(
            f"models.{name} does not exist here: a sentence model is opened whole, and a plain "
            "encoder gives means; make the folder with sentence-transformers, and open that."
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
