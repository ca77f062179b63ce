"""save_pretrained of models: the files that a model was opened from, in a folder of their own."""

from __future__ import annotations

import os

from . import embedded
from .compatibility import needed, refuse
from .errors import InputError, ModelFileError
from .files import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .models import Model


def save_model(
    model: Model, save_directory: str | os.PathLike[str], more: dict[str, Any]
) -> tuple[str, ...]:
    """Copy a model's files into a folder; the paths that were written."""
    refuse("save_pretrained", needed("save_pretrained", more), "save_directory")
    if model.source is None or model.new_classifier or hasattr(model, "vectors"):
        raise InputError(
            "only a model that was opened from a file can be saved, as it was read; train a new "
            "classifier, and keep labels= in the code that opens the model."
        )
    folder, source = os.fspath(save_directory), str(model.source)
    os.makedirs(folder, exist_ok=True)
    if os.path.isdir(source):
        names = {name: name for name in sorted(os.listdir(source)) if _is_weights(name)}
    else:
        names = {os.path.basename(source): embedded.FILE}
    paths = []
    for name, target in names.items():
        origin = os.path.join(source, name) if os.path.isdir(source) else source
        paths.append(_copied(origin, os.path.join(folder, target)))
    if not os.path.isdir(source):
        paths += _base_of(source, folder)
    paths.append(model.config.save_pretrained(folder))
    return tuple(paths)


def _is_weights(name: str) -> bool:
    return name.startswith(("model", "pytorch_model")) and name.endswith(
        (".safetensors", ".bin", ".index.json")
    )


def _base_of(source: str, folder: str) -> list[str]:
    """Copy the base file of a delta file too."""
    base = os.path.join(os.path.dirname(source), "base.bertlite")
    if not os.path.isfile(base):
        base = os.path.join(embedded.FOLDER, "base.bertlite")
    if not os.path.isfile(base) or os.path.samefile(base, source):
        return []
    return [_copied(base, os.path.join(folder, "base.bertlite"))]


def _copied(source: str, target: str) -> str:
    if os.path.exists(target) and os.path.samefile(source, target):
        return target
    try:
        with open(source, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ModelFileError(f"{source} cannot be read: {error.strerror}.") from None
    write_atomically(target, data)
    return target
