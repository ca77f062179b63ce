"""What SentenceTransformer and CrossEncoder share: prompts, names of torch's methods, saving."""

from __future__ import annotations

import sys

from .arrays import torch_in_use
from .checks import shown, whole
from .device import float32
from .errors import InputError, ModelFileError, log

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

    from .config import Config
    from .models import Model
    from .tokenizer import Tokenizer

# Where classes say that they are: libraries look for sentence_transformers in a class's name.
NAMED_AS = f"{__package__}.sentence_transformers"
POOL = {"input": None, "output": None, "processes": ()}  # of processes: there are none


class InputExample:
    """Texts and their label, as sentence-transformers holds them."""

    def __init__(self, guid: str = "", texts: list[str] | None = None, label: float = 0) -> None:
        self.guid, self.texts, self.label = guid, texts, label

    def __repr__(self) -> str:
        return f"InputExample(texts={self.texts!r}, label={self.label!r})"


class SentenceModel:
    """The base of SentenceTransformer and CrossEncoder."""

    model: Model
    prompts: dict[str, str]
    default_prompt_name: str | None = None
    default_huggingface_organization = ""
    modalities = ("text",)

    @property  # type: ignore[misc]  # which may be assigned to in object
    def __class__(self) -> type:
        """For isinstance(): also the class of this name of sentence_transformers, if the caller has
        imported that. BERTopic, KeyBERT and others ask for it before they call encode()."""
        own = type(self)
        theirs = sys.modules.get("sentence_transformers")
        for kind in own.__mro__ if theirs is not None else ():
            if kind.__module__ == NAMED_AS:
                return getattr(theirs, kind.__name__, own)
        return own

    def _tokenizer_used(self) -> Tokenizer:
        raise NotImplementedError

    # ---- prompts -----------------------------------------------------------------------------

    def _set_prompts(self, prompts: Any, default_prompt_name: str | None) -> None:
        """Add prompts to those that the model's files have, and choose the usual one."""
        self.prompts.update(checked_prompts(prompts))
        if default_prompt_name is not None:
            self.default_prompt_name = default_prompt_name
        if self.default_prompt_name is not None and self.default_prompt_name not in self.prompts:
            raise self._no_prompt("Default prompt", self.default_prompt_name)

    def _prompt(self, prompt: str | None, name: str | None) -> str:
        """The text that is put before others."""
        if prompt is not None:
            if not isinstance(prompt, str):
                raise InputError(f"a prompt has to be a str, not {type(prompt).__name__}.")
            if name is not None:
                log(
                    "Provide either a `prompt`, a `prompt_name`, or neither, but not both. "
                    "Ignoring the `prompt_name` in favor of `prompt`."
                )
            return prompt
        name = self.default_prompt_name if name is None else name
        if name is None:
            return ""
        if name not in self.prompts:
            raise self._no_prompt("Prompt", name)
        return self.prompts[name]

    def _no_prompt(self, kind: str, name: str) -> InputError:
        """The error for a prompt's name, in the words of the original."""
        return InputError(
            f"{kind} name {shown(name)} not found in the configured prompts dictionary with keys "
            f"{list(self.prompts)!r}."
        )

    # ---- what code written for torch calls -----------------------------------------------------

    @property
    def config(self) -> Config:
        """What config.json says."""
        return self.model.config

    @property
    def device(self) -> Any:
        """The CPU: a torch.device for those who use torch, otherwise its name."""
        torch = torch_in_use()
        return "cpu" if torch is None else torch.device("cpu")

    @property
    def dtype(self) -> Any:
        """The type of the results: torch.float32 for those who use torch, or its name."""
        return float32()

    def to(self, *device: Any, **more: Any) -> Any:
        """Return the model itself; code written for torch calls this."""
        return self

    def eval(self) -> Any:
        """Return the model itself; code written for torch calls this."""
        return self

    cpu = half = float = double = bfloat16 = share_memory = eval
    cuda = requires_grad_ = compile = type = set_keep_in_fp32_modules = to

    def get_backend(self) -> str:
        """The backend that code written for sentence-transformers expects."""
        return "torch"

    def supports(self, modality: str) -> bool:
        """Whether it takes texts, images or sounds: only texts."""
        return modality in self.modalities

    def clear_placement_cache(self) -> None:
        """Do nothing: there is one place."""

    # ---- processes -----------------------------------------------------------------------------

    def start_multi_process_pool(self, target_devices: Any = None) -> dict[str, Any]:
        """A pool without processes: threads= of the model uses several cores."""
        return dict(POOL)

    @staticmethod
    def stop_multi_process_pool(pool: Any) -> None:
        """Do nothing: there are no processes."""

    # ---- saving ----------------------------------------------------------------------------------

    def _changed_settings(self) -> dict[str, dict[str, Any]]:
        """By file, what of the model's files is not as they say."""
        raise NotImplementedError

    def save_pretrained(
        self,
        path: str | os.PathLike[str],
        model_name: str | None = None,
        create_model_card: bool = True,
        **more: Any,
    ) -> None:
        """Write the model's files into a folder, with what was changed: prompts, lengths and so on.

        A converted file is written as it is, so nothing may have changed. create_model_card: with
        the README.md that the model had, or a new one, in which its name is model_name.
        """
        from .saving import save_card, save_sentence_model

        save_sentence_model(self.model, self._tokenizer_used(), path, more,
                            self._changed_settings())  # fmt: skip
        if create_model_card:
            save_card(self._kind(), str(self.model.source), path, model_name)

    save = save_pretrained

    def __getattr__(self, name: str) -> Any:
        from .missing import missing

        raise missing(self._kind(), self, name)

    def _kind(self) -> str:
        kinds = [kind.__name__ for kind in type(self).__mro__]
        return "CrossEncoder" if "CrossEncoder" in kinds else "SentenceTransformer"

    @property
    def transformers_model(self) -> Model:
        """The encoder alone, or a reranker's model, to be called with ids."""
        from .tasks.base import reopened

        alone = self.model.task != "embedding"
        return self.model if alone else reopened(self.model, "transformers_model", "encoder")

    auto_model = transformers_model

    def _first_module(self) -> Any:
        return self

    def __getitem__(self, index: Any) -> Any:
        if index == 0:  # which has a tokenizer, max_seq_length and auto_model
            return self
        raise InputError(
            "the modules of a model cannot be taken out of it; max_seq_length, tokenizer and "
            "config are attributes of the model itself."
        )

    __iter__ = None


def checked_prompts(prompts: Any) -> dict[str, str]:
    """Prompts by name, which a file or a caller gives."""
    if prompts is None:
        return {}
    if not isinstance(prompts, dict) or not all(
        isinstance(name, str) and (text is None or isinstance(text, str))
        for name, text in prompts.items()
    ):
        raise ModelFileError(f"prompts are {shown(prompts)}; they have to be texts by name.")
    return {name: text or "" for name, text in prompts.items()}


def longest_of(kwargs: Any) -> int | None:
    """The greatest length that arguments for the tokenizer ask for, which may ask no more."""
    inside = {}
    for part in (kwargs or {}).values() if isinstance(kwargs, (dict, type(None))) else [None]:
        if not isinstance(part, dict):
            raise InputError("processing_kwargs has to be a dict of dicts, such as {'text': {}}.")
        inside.update(part)
    longest = inside.pop("max_length", None)
    for name, value in inside.items():
        if name not in ("padding", "truncation") or value in (False, "do_not_truncate"):
            raise InputError(f"processing_kwargs cannot hold {name}={value!r}; leave it out.")
    return None if longest is None else whole("max_length", longest, 1)
