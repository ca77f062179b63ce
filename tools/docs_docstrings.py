"""An extension of griffe for the website: examples in docstrings become code."""

from __future__ import annotations

import re
from typing import Any

import griffe  # type: ignore[import-not-found, unused-ignore]

EXAMPLE = re.compile(r"(?:^>>> .*\n(?:(?!\n|>>> ).*\n?)*)+", re.M)


class Examples(griffe.Extension):  # type: ignore[misc, unused-ignore]
    """Each run of lines that begins with >>> is put into a block of code."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        if obj.docstring:
            text = obj.docstring.value + "\n"
            obj.docstring.value = EXAMPLE.sub(lambda m: f"\n```pycon\n{m[0].rstrip()}\n```\n", text)
