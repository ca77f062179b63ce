"""The model that training begins with: its weights, its tokenizer, its base file."""

from __future__ import annotations

import os

from .. import embedded, hub
from ..errors import ModelFileError
from ..models import Model
from ..tokenizer import Tokenizer
from .saving import metadata_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What a configuration says of a head that is replaced.
OF_A_HEAD = (
    "id2label", "label2id", "num_labels", "problem_type", "pooling", "intent_threshold",
    "refused_labels", "architectures", "window", "window_overlap", "aggregation_strategy",
)  # fmt: skip


class Start:
    """An open model to train further, in fp32.

    base: the file whose embeddings and tokenizer the result can share; None for a folder.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, **where: Any) -> None:
        self.path = embedded.path_of("vectors") if path is None else hub.find(path, **where)
        self.model = Model(self.path, "encoder", precision="fp32")
        self.tokenizer = Tokenizer(self.path)
        self.base = base_of(self.path)
        self.config = self.model.config.to_dict()
        self.from_mean = self.config.get("pooling") == "mean"

    def fingerprint(self) -> list[tuple[str, int]]:
        """What tells this model from others: the checksums of its files."""
        from zlib import crc32

        paths = [self.path]
        if os.path.isdir(self.path):
            paths = sorted(entry.path for entry in os.scandir(self.path) if entry.is_file())
        found = []
        for path in paths:
            with open(path, "rb") as file:
                found.append((os.path.basename(path), crc32(file.read())))
        return found

    def config_for(self, labels: list[str], *, from_mean: bool, several: bool = False) -> Any:
        """A config.json for a classifier of these labels."""
        config = self.config_as("SequenceClassification", labels)
        if several:
            config["problem_type"] = "multi_label_classification"
        if from_mean:
            config["pooling"] = "mean"
        return config

    def config_as(self, kind: str, labels: list[str] | None = None, **more: Any) -> dict[str, Any]:
        """A config.json for the encoder with another head, such as "TokenClassification"."""
        distilled = self.config.get("model_type") == "distilbert"
        config = {key: value for key, value in self.config.items() if key not in OF_A_HEAD}
        family = "DistilBert" if distilled else "Bert"
        config["architectures"] = [f"{family}For{kind}" if kind else f"{family}Model"]
        if labels is not None:
            config["id2label"] = dict(enumerate(labels))
            config["label2id"] = {label: i for i, label in enumerate(labels)}
        return {**config, **more}


def base_of(path: str) -> str | None:
    """The base file of a delta file, or a converted file itself; None for a folder."""
    if os.path.isdir(path):
        return None
    metadata = metadata_of(path)
    if "base" not in metadata:
        return path
    beside = os.path.join(os.path.dirname(path), metadata["base"])
    for candidate in (beside, os.path.join(embedded.FOLDER, "base.bertlite")):
        if os.path.isfile(candidate) and metadata_of(candidate).get("id") == metadata["base_id"]:
            return candidate
    raise ModelFileError(
        f"{path} is a delta file of {metadata['base']}, which was not found; put it beside it."
    )
