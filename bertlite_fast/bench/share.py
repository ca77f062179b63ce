"""A file for bench/community and the text of a pull request that adds it. No network is used."""

from __future__ import annotations

import os
import re

from ..errors import InputError
from . import document as documents
from . import machine, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

COMMUNITY = os.path.join("bench", "community")


def slug(name: str) -> str:
    """A board's name as that of a folder.

    >>> slug("Raspberry Pi 3 Model B Rev 1.2")
    'raspberry-pi-3-model-b-rev-1-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "unknown"


def file_name(document: dict[str, Any]) -> str:
    """The date and a hash of the contents, so that no two files have the same name."""
    from hashlib import sha256

    digest = sha256(documents.text(document).encode()).hexdigest()
    return f"{document['date']}-{digest[:8]}.json"


def write(document: dict[str, Any]) -> str:
    """Write the file where it belongs: in a checkout's bench/community, or else in this folder."""
    if not document["correctness"]["correct"]:
        raise InputError(
            "this machine's answers are wrong, so there is nothing to share; please report it with "
            "the output of bertlite-fast info --selftest."
        )
    board = slug(machine.title(document["machine"]))
    name = file_name(document)
    if os.path.isdir(COMMUNITY):
        folder = os.path.join(COMMUNITY, board)
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
    else:
        path = f"{board}-{name}"
    documents.write(path, document)
    return path


def pull_request(document: dict[str, Any], path: str) -> str:
    """The title and the text of a pull request, filled in."""
    title = machine.title(document["machine"])
    target = f"bench/community/{slug(title)}/{file_name(document)}"
    given = document["given"]
    extra = [f"Price: {given['price']}"] if given["price"] is not None else []
    extra += [f"Power: {given['watts']:g} W"] if given["watts"] is not None else []
    body = "\n\n".join(
        [
            f"Title: Add a benchmark of {title}",
            f"Adds `{target}`, measured with bertlite-fast {document['tool']['version']} "
            f"on {document['date']}.",
            table.ROW_HEADER + "\n" + table.markdown_row(document),
            *extra,
            "The file has no host name, user name, address or path in it.",
        ]
    )
    moved = "" if path.replace(os.sep, "/") == target else f"\nPut the file there: {target}\n"
    return f"{body}\n{moved}"
