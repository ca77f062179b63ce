"""Delta files for a base file that was written again.

Fill-mask's layers are in the base file, so new ones make it another file. What the others share
with it stays as it is; they only have to name it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from bertlite_fast.files import write_atomically

KEY = '"base_id":"{}"'


def metadata_of(file: Path) -> dict[str, str]:
    with safe_open(file, "np") as opened:
        found: dict[str, str] = opened.metadata()
    return found


def shared_of(base: Path) -> dict[str, Any]:
    """What delta files read from a base file."""
    with safe_open(base, "np") as opened:
        return {
            name: opened.get_tensor(name)
            for name in list(opened.keys())
            if "embeddings." in name or name == "tokenizer.table"
        }


def is_same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return before.keys() == after.keys() and all(
        np.array_equal(tensor, after[name]) for name, tensor in before.items()
    )


def rebase(file: Path, before: str, after: str) -> bool:
    """Names another base file, if the file is one of `before`'s; nothing else is changed."""
    if metadata_of(file).get("base_id") != before:
        return False
    content = file.read_bytes()
    old, new = (KEY.format(one).encode() for one in (before, after))
    if content.count(old) != 1 or len(old) != len(new):
        raise ValueError(f"{file} names its base file in an unknown way: expected {old!r} once.")
    write_atomically(file, content.replace(old, new))
    return True
