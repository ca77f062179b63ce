"""The results as JSON: written, read back, upgraded. schema.json describes them."""

from __future__ import annotations

import json
import os
import re

from ..errors import InputError, ModelFileError
from ..files import write_atomically
from .schema import problems

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VERSION = 1
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema.json")
LARGEST = 64 << 20  # bytes of a file that is read

# from a version: what makes a document of the next one of it
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\"]+){2,}[\\/]?|~[\\/]\S*")


def without_paths(value: Any) -> Any:
    """The same value with paths in its texts replaced: they name users and folders."""
    if isinstance(value, str):
        return PATH.sub("(path)", value)
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    return value


def schema() -> dict[str, Any]:
    with open(SCHEMA, encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
        return found


def text(document: dict[str, Any]) -> str:
    """The document's JSON: samples on one line for each round, so that it can be read."""
    body = json.dumps(document, ensure_ascii=True, indent=1, allow_nan=False)
    number = r"-?[\d.]+(?:e[-+]?\d+)?"
    rows = re.compile(rf"\[\s*({number}(?:,\s+{number})*)\s*\]")
    return rows.sub(lambda found: "[" + re.sub(r"\s+", "", found[1]) + "]", body) + "\n"


def write(path: str, document: dict[str, Any]) -> None:
    write_atomically(path, text(document))


def read(path: str) -> dict[str, Any]:
    """The document of a file of this or an earlier version."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{path} cannot be read: {reason}.") from None
    if len(data) > LARGEST:
        raise InputError(f"{path} has more than {LARGEST >> 20} MB: expected benchmark results.")
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not JSON: expected what bench --json writes.") from None
    return upgraded(found, path)


def upgraded(document: Any, name: str) -> dict[str, Any]:
    """A document as this version has it; InputError if it is none, or of a later version."""
    version = document.get("schemaVersion") if isinstance(document, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError(f"{name} has no schemaVersion: expected what bench --json writes.")
    if version > VERSION:
        raise InputError(
            f"{name} has schemaVersion {version}, and this version reads up to {VERSION}; "
            "update bertlite-fast."
        )
    while version < VERSION:
        document = UPGRADES[version](document)
        version = document["schemaVersion"]
    found = problems(document, schema())
    if found:
        raise InputError(f"{name} does not follow the schema: {found[0]}.")
    made: dict[str, Any] = document
    return made
