"""A model and a program for a microcontroller, in a folder (docs/microcontrollers.md)."""

from __future__ import annotations

import os
import sys

from . import embedded
from ._native import write_blocks
from .errors import InputError, ModelFileError
from .files import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_TOKENS = 512
BYTES_PER_TOKEN = 8

# As tools/firmware_boards.py has them, which wheels are without.
TARGETS = ("any", "cortex-m33", "cortex-m4", "cortex-m55", "cortex-m7", "rv32")
TEXTS = ("unicode", "latin1")


def _model_path(name: str) -> str:
    short = name[len(embedded.PREFIX) :] if name.startswith(embedded.PREFIX) else name
    if os.path.exists(name):
        return name
    if short in embedded.names():
        return embedded.path_of(short)
    raise ModelFileError(
        f"{name} is not a file, a folder, or an embedded model; those are "
        f"{', '.join(embedded.names()) or 'none in this build'}."
    )


def _tools(sources: str | None) -> tuple[Any, str]:
    """tools/firmware_project.py of a checkout or of the source package; wheels are without C."""
    root = sources or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tools = os.path.join(root, "tools")
    if not os.path.isfile(os.path.join(tools, "firmware_project.py")):
        raise InputError(
            f"{root} has no C sources (a wheel is without them): give --sources the folder of the "
            "unpacked source package ('pip download --no-deps --no-binary :all: bertlite-fast') or "
            "of a checkout."
        )
    from importlib import import_module

    path = list(sys.path)
    sys.path.insert(0, tools)
    try:
        return import_module("firmware_project"), tools
    finally:
        sys.path[:] = path


def _pieces(tools: str) -> bytes:
    with open(os.path.join(tools, "firmware_pieces.txt"), "rb") as file:
        return file.read()


def _array(name: str, data: bytes) -> str:
    rows = (",".join(map(str, data[i : i + 32])) for i in range(0, len(data), 32))
    return f"_Alignas(16) const unsigned char {name}[] = {{\n" + ",\n".join(rows) + "\n};\n"


def write(
    model: str,
    out: str,
    *,
    target: str,
    length: int = 32,
    most_bytes: int | None = None,
    array: bool = False,
    text: str = "unicode",
    small: bool = False,
    whole: bool = False,
    sources: str | None = None,
) -> dict[str, Any]:
    """Writes the folder `out`; the sizes of what is in it."""
    for value, known, what in ((target, TARGETS, "a target"), (text, TEXTS, "a kind of text")):
        if value not in known:
            raise InputError(f"{value} is not {what}; choose one of {', '.join(known)}.")
    if not 1 <= length <= MOST_TOKENS:
        raise InputError(
            f"the length is {length}; from 1 to {MOST_TOKENS} tokens can be read on a "
            "microcontroller."
        )
    if most_bytes is not None and most_bytes < 1:
        raise InputError(f"the longest text is of {most_bytes} bytes; give it at least 1.")
    path = _model_path(model)
    project, tools = _tools(sources)
    src = os.path.join(out, "src")
    try:
        os.makedirs(src, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} cannot be made a folder: {error.strerror}.") from None
    base = embedded.path_of("base") if "base" in embedded.names() else path
    blocks = [os.path.join(src, name) for name in ("base.bin", "task.bin")]
    most_bytes = most_bytes or BYTES_PER_TOKEN * length
    base_bytes, task_bytes, memory, answers = write_blocks(
        path, base, length, most_bytes, _pieces(tools) if small else None, whole, *blocks
    )
    values = {
        "target": target,
        "length": length,
        "most_bytes": most_bytes,
        "base_bytes": base_bytes,
        "task_bytes": task_bytes,
        "memory_bytes": memory,
        "answers": answers,
    }
    name = os.path.basename(os.path.normpath(model))
    made: dict[str, str] = project.files(target, name, answers, text, array, values)
    if array:
        arrays = []
        for array_name, block in zip(("model_base", "model_task"), blocks):
            with open(block, "rb") as file:
                arrays.append(_array(array_name, file.read()))
        made["src/model.c"] = '#include "model.h"\n\n' + "\n".join(arrays)
    for file_name, content in made.items():
        place = os.path.join(out, file_name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        write_atomically(place, content)
    return values
