"""from_pretrained: from a name and transformers' arguments to an open model or its config."""

from __future__ import annotations

import os

from . import embedded, hub
from .compatibility import needed
from .config import DISTILBERT_SIZES, SIZES, Config, changed
from .errors import InputError, ModelConfigError, ModelFileError, warn
from .models import Model, warn_of_second_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WHERE = ("local_files_only", "revision", "cache_dir", "token", "force_download", "subfolder")
CLASSIFIER = "sequence-classification"
ARCHITECTURES = {"bert": "BertForSequenceClassification",
                 "distilbert": "DistilBertForSequenceClassification"}  # fmt: skip


class StatesModel(Model):
    """A model that was opened with output_hidden_states=True: its outputs have them."""

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """The model's output for ids."""
        named.setdefault("output_hidden_states", True)
        return super().__call__(*inputs, **named)


class Opening:
    """A model that is being opened: where its files are, and what of its config is changed."""

    def __init__(
        self,
        task: str,
        name: str | os.PathLike[str],
        settings: dict[str, Any],
        *,
        embedded_model: str | None = None,
        **how: Any,
    ) -> None:
        settings = needed("from_pretrained", settings)
        if "use_auth_token" in settings:  # its name in older versions
            settings["token"] = settings.pop("use_auth_token")
        where = {key: settings.pop(key) for key in WHERE if settings.get(key) is not None}
        for key in WHERE:
            settings.pop(key, None)
        states = settings.pop("output_hidden_states", None)
        self.kind: type[Model] = StatesModel if states else Model
        self.replace = bool(settings.pop("ignore_mismatched_sizes", False))
        self.task, self.how, self.changes = task, how, settings
        self.name = name
        self.path = hub.find(
            name, embedded_model=embedded_model or embedded.BY_HEAD.get(task), **where
        )

    def config(self, num_labels: int | None = None) -> Config:
        """The model's config with the changes."""
        changes = {**self.changes}
        if num_labels is not None:
            changes["num_labels"] = num_labels
        return changed(read_config(self.path), changes)

    def model(self, config: Any, num_labels: int | None) -> Model:
        """The open model, if need be with a new classifier."""
        given = given_config(config)
        if given is not None or self.changes:
            given = changed(given or read_config(self.path), {**self.changes})
        text = None if given is None else given.to_json_string()
        count = num_labels
        if given is not None and ("id2label" in self.changes or config is not None):
            count = num_labels or given.num_labels
        if self.replace and self.task == CLASSIFIER and count is not None:
            return self._fitting(given, text, count)
        try:
            model = self.kind(self.path, self.task, config=text, **self.how)
        except ModelConfigError:
            if self.task != CLASSIFIER or not self.lacks_classifier():
                raise
            return self._with_new_classifier(given, count)
        warn_of_second_head(model)
        if num_labels is not None and model.info["labels"] != num_labels:
            raise ModelConfigError(
                f"this model has {model.info['labels']} labels, not {num_labels}; "
                "to give it others, train it for them, or set ignore_mismatched_sizes=True for a "
                "new classifier with random weights."
            )
        return model

    def _fitting(self, given: Config | None, text: str | None, count: int) -> Model:
        """The model with its classifier if that has so many labels, otherwise with a new one."""
        try:
            model = self.kind(self.path, self.task, config=text, **self.how)
        except ModelConfigError:
            return self._with_new_classifier(given, count)
        if model.info["labels"] == count:
            return model
        return self._with_new_classifier(given, count)

    def lacks_classifier(self) -> bool:
        """Whether the model's files have none."""
        return Model(self.path).info["head"] in (None, "masked-lm")

    def _with_new_classifier(self, given: Config | None, count: int | None) -> Model:
        config = given or read_config(self.path)
        kind = ARCHITECTURES.get(config.model_type, ARCHITECTURES["bert"])
        changes: dict[str, Any] = {"architectures": [kind], "num_labels": count or 2}
        text = changed(config, changes).to_json_string()
        model = self.kind(self.path, self.task, config=text, new_classifier=True, **self.how)
        warn(
            f"{self.name} does not have a classifier for {model.info['labels']} labels, so a new "
            "one with random weights is used, whose answers mean nothing before it is trained; "
            "labels=[...] gives a classifier that answers at once."
        )
        return model


def given_config(config: Any) -> Config | None:
    """The config that from_pretrained was given: ours, one of transformers, or a path."""
    if config is None or isinstance(config, Config):
        return config
    if isinstance(config, (str, os.PathLike)):
        return Config.from_pretrained(config)
    if hasattr(config, "to_json_string"):
        return Config.from_json(config.to_json_string(use_diff=False))
    raise InputError(f"config has to be a Config or a path, not {type(config).__name__}.")


def read_config(path: str) -> Config:
    """A folder's config.json, that file itself, or the config in a converted file."""
    if os.path.isdir(path):
        path = os.path.join(path, "config.json")
    if not path.endswith(".json"):
        return Model(path).config
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from None
    return Config.from_json(text, source=os.path.dirname(path))


class AutoConfig:
    """Reads a model's config, as transformers' AutoConfig does."""

    @staticmethod
    def from_pretrained(
        pretrained_model_name_or_path: str | os.PathLike[str], **settings: Any
    ) -> Config:
        """The config of a Hugging Face folder, a converted file, or a model in the cache."""
        return Config.from_pretrained(pretrained_model_name_or_path, **settings)


class BertConfig(AutoConfig):
    """The same; called, it gives a config with BERT's sizes, and what is given over them."""

    def __new__(cls, **values: Any) -> Config:  # type: ignore[misc]
        return _made("bert", SIZES, values)


class DistilBertConfig(AutoConfig):
    """The same; called, it gives a config with DistilBERT's sizes, and what is given over them."""

    def __new__(cls, **values: Any) -> Config:  # type: ignore[misc]
        return _made("distilbert", DISTILBERT_SIZES, values)


def _made(kind: str, sizes: dict[str, Any], values: dict[str, Any]) -> Config:
    return changed(Config(model_type=kind, **sizes), dict(values))
