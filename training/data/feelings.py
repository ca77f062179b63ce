"""Remarks made from feelings.txt, by what the one who makes them feels."""

from __future__ import annotations

import functools
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

from .opinions import HELD_OUT_ONE_IN
from .templates import filled

FILE = Path(__file__).parent / "feelings.txt"
SHARES = {"neutral": 2.0, "joy": 1.5}  # and 1 for the others


@functools.cache
def feelings(held_out: bool | None) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The lists, and the lines of each feeling."""
    lists: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    label = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            name, _, choices = line[1:].partition(" = ")
            lists[name] = "{" + choices + "}"
        elif line.startswith("["):
            label = line.strip("[]")
        elif line and not line.startswith("#"):
            is_held_out = zlib.crc32(line.encode()) % HELD_OUT_ONE_IN == 0
            if held_out is None or held_out == is_held_out:
                found.setdefault(label, []).append(line)
    return lists, found


def made_feelings(seed: int, held_out: bool | None) -> Iterator[tuple[str, str]]:
    """Without end: a remark, and its label."""
    r = random.Random(seed)
    lists, found = feelings(held_out)
    labels = list(found)
    shares = [SHARES.get(label, 1.0) for label in labels]
    while True:
        label = r.choices(labels, shares)[0]
        yield filled(r.choice(found[label]), lists, r), label
