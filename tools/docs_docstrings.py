"""An extension of griffe for the website: docstrings of the binding, and examples as code.

griffe reads the binding's types from bertlite_fast/_native.pyi. Their docstrings are in the Cython
source, where help() finds them too, and are added here.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import griffe  # type: ignore[import-not-found, unused-ignore]

EXAMPLE = re.compile(r"(?:^>>> .*\n(?:(?!\n|>>> ).*\n?)*)+", re.M)
BINDING = Path(__file__).resolve().parent.parent / "bertlite_fast"
# A class, function or method with its signature, which may take several lines, and its docstring.
DEFINITION = re.compile(
    r'^( *)(?:cdef )?(?:class|def) (\w+)(?:\((?:[^()]|\([^()]*\))*\))?:\n(?: +"""(.*?)""")?',
    re.M | re.S,
)


def binding_docstrings() -> dict[str, str]:
    """The docstrings of the Cython source: {"Model.info": ...}."""
    found = {}
    for file in sorted([*BINDING.glob("*.pyx"), *BINDING.glob("*.pxi")]):
        owner = ""
        for indent, name, docstring in DEFINITION.findall(file.read_text(encoding="utf-8")):
            if not indent:
                owner = name
            if docstring:
                found[f"{owner}.{name}" if indent else name] = inspect.cleandoc(docstring)
    return found


class Docstrings(griffe.Extension):  # type: ignore[misc, unused-ignore]  # may be missing
    """Adds the binding's docstrings, and puts lines that begin with >>> into code blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.binding = binding_docstrings()

    def on_object(self, *, obj: Any, **_: Any) -> None:
        _, is_binding, name = obj.path.partition("._native.")
        if is_binding and name in self.binding and not obj.docstring:
            obj.docstring = griffe.Docstring(self.binding[name], parent=obj)
        if obj.docstring:
            text = obj.docstring.value + "\n"
            obj.docstring.value = EXAMPLE.sub(lambda m: f"\n```pycon\n{m[0].rstrip()}\n```\n", text)
