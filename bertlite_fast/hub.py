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
    "model.safetensors",
    "pytorch_model.bin",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
]


def cache() -> str:
    """The folder that Hugging Face's libraries download to."""
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"),
        "huggingface",
    )
    return os.environ.get("HF_HUB_CACHE") or os.path.join(home, "hub")


def cached(name: str, revision: str = "main") -> str | None:
    """The folder of a model that has been downloaded before, or None."""
    folder = os.path.join(cache(), "models--" + name.replace("/", "--"))
    try:
        with open(os.path.join(folder, "refs", revision), encoding="ascii") as file:
            revision = file.read().strip()
    except (OSError, UnicodeDecodeError):
        pass  # not the name of a branch or tag: taken as a commit
    snapshot = os.path.join(folder, "snapshots", revision)
    return snapshot if os.path.isdir(snapshot) else None


def find(
    name: str | os.PathLike[str], *, local_files_only: bool = False, revision: str | None = None
) -> str:
    """The path of a model: `name` itself, or its folder in the cache, downloaded if need be.

    Nothing is downloaded unless huggingface_hub is installed (`pip install 'bertlite-fast[hub]'`)
    and neither local_files_only nor HF_HUB_OFFLINE is set.
    """
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
    if os.path.exists(path):
        return path
    if path.startswith(embedded.PREFIX):
        return embedded.path_of(path[len(embedded.PREFIX) :])
    parts = path.split("/")
    if len(parts) > 2 or not all(
        part
        and part[0] != "."
        and part.replace("-", "").replace("_", "").replace(".", "").isalnum()
        for part in parts
    ):
        raise ModelFileError(f"{path} is not a folder or a file; give the path of a model.")
    found = cached(path, revision or "main")
    if found:
        return found
    how = (
        f"download its files ({', '.join(FILES[:2])} and vocab.txt) into a folder on a computer "
        "with a network, and give that folder"
    )
    missing = f"{path} is not a folder or a file, and not in the cache {cache()}"
    if local_files_only or os.environ.get("HF_HUB_OFFLINE", "").upper() in (
        "1",
        "TRUE",
        "YES",
        "ON",
    ):
        raise ModelFileError(f"{missing}; downloading is turned off, so {how}.")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise ModelFileError(
            f"{missing}; install bertlite-fast[hub] to download it, or {how}."
        ) from None
    try:
        downloaded: Any = snapshot_download(path, revision=revision, allow_patterns=FILES)
    except Exception as error:
        raise ModelFileError(
            f"{path} could not be downloaded ({type(error).__name__}); {how}."
        ) from None
    return str(downloaded)
