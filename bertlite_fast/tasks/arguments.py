"""What pipelines do with the arguments that transformers' pipelines take."""

from __future__ import annotations

from ..errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIG = ("id2label", "label2id", "problem_type")  # what model_kwargs may change
WHERE = ("cache_dir", "token", "force_download", "subfolder")
# Arguments of the tokenizer that a text's row of ids depends on; a row is never padded.
FOR_TOKENIZER = ("max_length", "add_special_tokens")
PADDING = ("padding", "pad_to_multiple_of", "padding_side")


def opening_arguments(
    settings: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, Any], tuple[Any, dict[str, Any]] | None]:
    """The task's own settings, where to look for the model, and its config with changes."""
    from ..compatibility import needed

    settings = needed("pipeline", settings)
    more = settings.pop("model_kwargs", None) or {}
    if not isinstance(more, dict):
        raise InputError(f"model_kwargs has to be a dict, not {type(more).__name__}.")
    more = needed("from_pretrained", more)
    where = {name: settings.pop(name) for name in WHERE if name in settings}
    if "use_auth_token" in settings:  # its name in older versions
        where["token"] = settings.pop("use_auth_token")
    config = settings.pop("config", more.pop("config", None))
    for name in ("local_files_only", "revision", *WHERE):
        if name in more:
            where[name] = more.pop(name)
    changes = {name: more.pop(name) for name in CONFIG if name in more}
    more.pop("output_hidden_states", None)  # which no answer has
    if more:
        raise InputError(f"model_kwargs has {', '.join(more)}; give it as an argument of pipeline.")
    where = {name: value for name, value in where.items() if value is not None}
    return settings, where, (config, changes) if config or changes else None


def config_text(path: str, config: Any, changes: dict[str, Any]) -> str:
    """The text of a config.json: the given config, or that of the model at path, changed."""
    from ..config import changed
    from ..opening import given_config, read_config

    return changed(given_config(config) or read_config(path), dict(changes)).to_json_string()


def call_arguments(settings: dict[str, Any]) -> dict[str, Any]:
    """A call's settings without those that change nothing."""
    from ..compatibility import needed

    return needed("pipeline call", settings)


def choice(value: Any) -> Any:
    """A setting that transformers also takes as an enum, or in capitals."""
    value = getattr(value, "value", value)
    return value.lower() if isinstance(value, str) else value


def for_tokenizer(settings: dict[str, Any], nested: str | None = None) -> dict[str, Any]:
    """Take the tokenizer's arguments out of the settings; only those that change a row are left.

    nested: the setting that holds such arguments too. The result is for Tokenizer.__call__.
    """
    given = settings.pop(nested, None) if nested else None
    if not isinstance(given, (dict, type(None))):
        raise InputError(f"{nested} has to be a dict of arguments for the tokenizer.")
    given = dict(given or {})
    for name in ("truncation", *FOR_TOKENIZER, *PADDING):
        if name in settings:
            given[name] = settings.pop(name)
    for name in PADDING:
        given.pop(name, None)
    if choice(given.get("truncation")) in (None, True, "longest_first"):
        given.pop("truncation", None)  # what is done in any case
    given = {name: value for name, value in given.items() if value is not None}
    if given.get("max_length") is not None:
        given.setdefault("truncation", True)
    return given
