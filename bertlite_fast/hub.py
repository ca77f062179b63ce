"""Where a model's files are: a path, or a name in the local Hugging Face cache."""

from __future__ import annotations

import os

from . import embedded
from .errors import InputError, ModelFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILES = [
    "config.json",
    "model*.safetensors",
    "model.safetensors.index.json",
    "pytorch_model*.bin",
    "pytorch_model.bin.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "modules.json",  # and the rest of a model of sentence-transformers
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "[0-9]*_*/*.json",
    "[0-9]*_*/vocab.txt",
    "[0-9]*_*/model.safetensors",
    "[0-9]*_*/pytorch_model.bin",
]
OFFLINE = ("1", "TRUE", "YES", "ON")  # HF_HUB_OFFLINE
HOW = (
    "download its files (config.json, model.safetensors and vocab.txt) into a folder on a computer "
    "with a network, and give that folder"
)


def cache() -> str:
    """The folder that Hugging Face's libraries download to."""
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"),
        "huggingface",
    )
    return os.environ.get("HF_HUB_CACHE") or os.path.join(home, "hub")


def cached(name: str, revision: str = "main", folder: str | None = None) -> str | None:
    """The folder of a model that has been downloaded before, or None."""
    folder = os.path.join(folder or cache(), "models--" + name.replace("/", "--"))
    try:
        with open(os.path.join(folder, "refs", revision), encoding="ascii") as file:
            revision = file.read().strip()
    except (OSError, UnicodeDecodeError):
        pass  # not the name of a branch or tag: taken as a commit
    snapshot = os.path.join(folder, "snapshots", revision)
    return snapshot if os.path.isdir(snapshot) else None


def find(
    name: str | os.PathLike[str],
    *,
    local_files_only: bool = False,
    revision: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    token: str | bool | None = None,
    force_download: bool = False,
    subfolder: str = "",
    embedded_model: str | None = None,
) -> str:
    """The path of a model: `name` itself, or its folder in the cache, downloaded if need be.

    Nothing is downloaded unless huggingface_hub is installed (`pip install 'bertlite-fast[hub]'`)
    and neither local_files_only nor HF_HUB_OFFLINE is set. embedded_model: the embedded model that
    stands for "boltuix/bert-lite" if that is not in the cache.
    """
    path = _checked(name)
    if os.path.exists(path):
        return _inside(path, subfolder)
    if path.startswith(embedded.PREFIX):
        return embedded.path_of(path[len(embedded.PREFIX) :])
    if not _is_name(path):
        raise ModelFileError(f"{path} is not a folder or a file; give the path of a model.")
    where = os.fspath(cache_dir) if cache_dir else cache()
    found = None if force_download else cached(path, revision or "main", where)
    if found:
        return _inside(found, subfolder)
    if path == embedded.STANDS_FOR and not force_download:
        return embedded.instead(embedded_model)
    options = {"revision": revision, "token": token, "force_download": force_download}
    if local_files_only or os.environ.get("HF_HUB_OFFLINE", "").upper() in OFFLINE:
        raise ModelFileError(
            f"{path} is not a folder or a file, and not in the cache {where}; downloading is "
            f"turned off, so {HOW}."
        )
    return _inside(_downloaded(path, where, subfolder, **options), subfolder)


def _downloaded(path: str, where: str, subfolder: str, **options: Any) -> str:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise ModelFileError(
            f"{path} is not a folder or a file, and not in the cache {where}; install "
            f"bertlite-fast[hub] to download it, or {HOW}."
        ) from None
    patterns = [f"{subfolder}/{file}" if subfolder else file for file in FILES]
    try:
        found: Any = snapshot_download(path, allow_patterns=patterns, cache_dir=where, **options)
    except Exception as error:
        raise ModelFileError(
            f"{path} could not be downloaded ({type(error).__name__}); {HOW}."
        ) from None
    return str(found)


def _checked(name: str | os.PathLike[str]) -> str:
    try:
        path = os.fsdecode(name)
    except TypeError:
        raise InputError(
            f"a model has to be a path or a name, not {type(name).__name__}."
        ) from None
    if not path:
        raise ModelFileError("the path of a model is empty; give its folder, file or name.")
    if "\0" in path:
        raise ModelFileError(f"the path {path!a} holds a NUL character.")
    return path


def _is_name(path: str) -> bool:
    """Whether a model on the Hub can have this name."""
    parts = path.split("/")
    return len(parts) <= 2 and all(
        part
        and part[0] != "."
        and part.replace("-", "").replace("_", "").replace(".", "").isalnum()
        for part in parts
    )


def _inside(path: str, subfolder: str) -> str:
    """The folder in a model's folder, and there the converted file that save_pretrained wrote."""
    if subfolder:
        path = os.path.join(path, subfolder)
        if not os.path.isdir(path):
            raise ModelFileError(f"{path} is not a folder; check subfolder.")
    converted = os.path.join(path, embedded.FILE)
    return converted if os.path.isfile(converted) else path
