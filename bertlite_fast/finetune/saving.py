"""What was trained as files: tensors in safetensors files, converted files, folders."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
import weakref

from .._native import convert
from ..errors import ModelFileError
from ..files import AtomicFile, write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .._training import Trainer
    from ..tokenizer import Tokenizer

    Stored = tuple[str, str, list[int], bytes]  # name, type, shape, bytes


class Folder:
    """A temporary folder that lives as long as this object."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="bertlite-")
        self._remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


WORDS = "embeddings.word_embeddings.weight"


def _header(path: str) -> tuple[dict[str, Any], int]:
    """A safetensors file's header, and where its tensors' bytes begin."""
    try:
        with open(path, "rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            if size > os.path.getsize(path):
                raise ValueError
            return json.loads(file.read(size)), 8 + size
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, struct.error):
        raise ModelFileError(f"{path} is not a converted file; give the path of one.") from None


def metadata_of(path: str) -> dict[str, str]:
    """What a converted file says of itself."""
    metadata: dict[str, str] = _header(path)[0].get("__metadata__", {})
    return metadata


def _shared_words(base: str) -> Iterator[tuple[str, str, list[int], bytes]]:
    """A base file's table of words as it is in the file, and its rows' scales."""
    header, start = _header(base)
    with open(base, "rb") as file:
        for name, entry in header.items():
            if name.endswith((WORDS, WORDS + ".scale")):
                begin, end = entry["data_offsets"]
                file.seek(start + begin)
                yield name, entry["dtype"], entry["shape"], file.read(end - begin)


def ngrams_of(path: str) -> list[Stored]:
    """The n-grams that a converted file has, as they are in the file."""
    header, start = _header(path)
    found = []
    with open(path, "rb") as file:
        for name, entry in header.items():
            if name.startswith("ngrams."):
                begin, end = entry["data_offsets"]
                file.seek(start + begin)
                found.append((name, entry["dtype"], entry["shape"], file.read(end - begin)))
    return found


def _floats(trainer: Trainer, *, words: bool) -> Iterator[tuple[str, str, list[int], bytes]]:
    for name, shape, _ in trainer.tensors():
        if words or not name.endswith(WORDS):
            yield name, "F32", list(shape), trainer.read(name)


def _write_tensors(path: str, tensors: list[tuple[str, str, list[int], bytes]]) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, dtype, shape, data in tensors:
        end = offset + len(data)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with AtomicFile(path) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors:
            file.write(tensor[3])


def save_folder(
    trainer: Trainer,
    config: dict[str, Any],
    folder: str,
    *,
    shared: str | None = None,
    more: Iterable[Stored] = (),
) -> None:
    """Write config.json and model.safetensors. shared: a base file whose table of words stands in
    the place of the trainer's, for a delta file. more: tensors beside the trainer's."""
    os.makedirs(folder, exist_ok=True)
    tensors = [*_floats(trainer, words=shared is None), *more]
    if shared is not None:
        tensors += _shared_words(shared)
    _write_tensors(os.path.join(folder, "model.safetensors"), tensors)
    write_atomically(os.path.join(folder, "config.json"), json.dumps(config, indent=2) + "\n")


def save_converted(
    trainer: Trainer,
    config: dict[str, Any],
    tokenizer: Tokenizer,
    path: str | os.PathLike[str],
    *,
    base: str | None,
    more: Iterable[Stored] = (),
) -> None:
    """Write one file in int8, which pipeline() opens: a delta file of `base`, if that is given."""
    folder = Folder()
    if base is None:
        tokenizer.save_pretrained(folder.path)  # first: no table of floats is in memory yet
    save_folder(trainer, config, folder.path, shared=base, more=more)
    convert(folder.path, path, base=base)
