"""Config: what a model's config.json says, with transformers' defaults."""

from __future__ import annotations

from .errors import InputError, ModelFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

DEFAULTS: dict[str, Any] = {
    "model_type": "bert",
    "problem_type": None,
    "is_encoder_decoder": False,
    "is_decoder": False,
    "add_cross_attention": False,
    "output_hidden_states": False,
    "output_attentions": False,
    "return_dict": True,
    "use_return_dict": True,
    "architectures": None,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "torch_dtype": None,
    "dtype": None,
    "transformers_version": None,
    "name_or_path": "",
}
SIZES: dict[str, Any] = {  # of a config that is made, not read
    "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 512, "type_vocab_size": 2,
    "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0,
}  # fmt: skip
DISTILBERT_SIZES: dict[str, Any] = {
    "vocab_size": 30522, "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072,
    "activation": "gelu", "dropout": 0.1, "attention_dropout": 0.1, "max_position_embeddings": 512,
    "initializer_range": 0.02, "pad_token_id": 0,
}  # fmt: skip
DISTILBERT = {  # DistilBERT's names, and BERT's
    "dim": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "hidden_dim": "intermediate_size",
    "activation": "hidden_act",
}
BERT = {theirs: own for own, theirs in DISTILBERT.items()}
LABELS = 2  # where nothing says how many


class Config:
    """A model's config.json as attributes; `id2label` has integer keys.

    What it does not say has transformers' default, and DistilBERT's sizes have BERT's names too.
    """

    def __init__(self, **values: Any) -> None:
        labels = values.get("id2label")
        if isinstance(labels, dict):
            values["id2label"] = {int(key): str(label) for key, label in labels.items()}
        self.__dict__.update(values)

    @classmethod
    def from_json(
        cls, text: str | bytes, info: dict[str, Any] | None = None, source: Any = None
    ) -> Config:
        """From the text of a config.json, and what is known of the open model."""
        try:
            values = _read(text)
        except ValueError as error:
            raise ModelFileError(f"config.json is not well-formed JSON: {error}.") from None
        if not isinstance(values, dict):
            raise ModelFileError("config.json does not hold an object; use the model's own.")
        if source is not None:
            values.setdefault("name_or_path", str(source))
        if info and info["labels"] and not values.get("id2label"):
            values["num_labels"] = info["labels"]
        return cls(**values)

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | os.PathLike[str], **settings: Any
    ) -> Config:
        """The config of a Hugging Face folder, a converted file, or a model in the cache.

        settings: values that replace what it says; and those of AutoModel.from_pretrained.
        """
        from .opening import Opening

        opening = Opening("encoder", pretrained_model_name_or_path, settings)
        return opening.config(settings.get("num_labels"))

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "id2label" and isinstance(value, dict):
            value = {int(key): str(label) for key, label in value.items()}
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        values = self.__dict__
        other = BERT.get(name) or DISTILBERT.get(name)
        if other in values:
            return values[other]
        if name == "num_labels":
            return len(values.get("id2label") or range(LABELS))
        if name == "id2label":
            return {i: f"LABEL_{i}" for i in range(self.num_labels)}
        if name == "label2id":
            return {label: i for i, label in self.id2label.items()}
        if name in DEFAULTS:
            return DEFAULTS[name]
        if name == "_name_or_path":
            return self.name_or_path
        raise AttributeError(f"config.json does not have {name!r}; it has {', '.join(values)}.")

    def to_dict(self) -> dict[str, Any]:
        """What config.json says."""
        return dict(self.__dict__)

    to_diff_dict = to_dict

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)

    def update(self, config_dict: dict[str, Any]) -> None:
        """Change some values."""
        for name, value in config_dict.items():
            setattr(self, name, value)

    def to_json_string(self) -> str:
        """The text of a config.json."""
        import json

        return json.dumps(self.__dict__, indent=2, ensure_ascii=False) + "\n"

    def save_pretrained(self, save_directory: str | os.PathLike[str]) -> str:
        """Write config.json into a folder."""
        import os

        from .files import write_atomically

        os.makedirs(save_directory, exist_ok=True)
        path = os.path.join(os.fspath(save_directory), "config.json")
        write_atomically(path, self.to_json_string())
        return path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Config({self.__dict__})"


class _Rules:
    """How the scanner of Python's json reads when nothing else is asked of it."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = parse_constant = float
    parse_int = int


def _read(text: str | bytes) -> Any:
    """What json.loads gives, without the import of json, which would cost more than the rest of a
    pipeline's. It is left to what is not a plain value, and to Pythons without the scanner."""
    if isinstance(text, str):
        try:
            from _json import make_scanner

            rules: Any = _Rules
            value, end = make_scanner(rules)(text, 0)
            if not text[end:].strip():
                return value
        except (ImportError, StopIteration, ValueError, RecursionError):
            pass
    import json

    return json.loads(text)


def changed(config: Config, changes: dict[str, Any]) -> Config:
    """The config with other values; the labels' names follow their number."""
    values = config.to_dict()
    count = changes.pop("num_labels", None)
    if count is not None:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise InputError(f"num_labels is {count!r}; it has to be a whole number, 1 or more.")
        if count != config.num_labels or not values.get("id2label"):
            values.pop("label2id", None)
            values["id2label"] = {i: f"LABEL_{i}" for i in range(count)}
    values.update(changes)
    if "id2label" in changes and "label2id" not in changes:
        values["label2id"] = {label: int(i) for i, label in changes["id2label"].items()}
    return Config(**values)


def parameters(info: dict[str, Any], exclude_embeddings: bool) -> int:
    """How many numbers an encoder of these sizes has."""
    h, f = info["hidden"], info["intermediate"]
    layer = 4 * (h * h + h) + 2 * h * f + f + h + 4 * h
    words = (info["vocabulary"] + info["positions"] + info["token_types"]) * h
    pooler = h * h + h if info["has_pooler"] else 0
    return int(info["layers"] * layer + pooler + 2 * h + (0 if exclude_embeddings else words))
