"""Files that texts are made from, and which of their lines are held out.

A line "@name = a|b" names a list of choices, "[section]" begins a section, "#" a remark.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

HELD_OUT_ONE_IN = 8


def is_held_out(line: str) -> bool:
    return zlib.crc32(line.encode()) % HELD_OUT_ONE_IN == 0


def is_wanted(line: str, held_out: bool | None) -> bool:
    """Whether a line is one of those that are held out, or of the others; None: any is."""
    return held_out is None or held_out == is_held_out(line)


def lines_of(file: Path, lists: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each line with its section; `lists` gets the choices, as a template's, by name."""
    section = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            name, _, choices = line[1:].partition(" = ")
            lists[name] = "{" + choices + "}"
        elif line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            yield section, line
