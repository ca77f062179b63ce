"""Templates with choices, {a|b}, and named lists, <name>, which may hold both themselves.

Unlike home.py, which chooses inside the choices that are not taken too, only what is taken is
opened; large lists cost nothing.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping

Node = str | tuple["Sequence", ...]  # text and names of lists; or a choice
Sequence = tuple[Node, ...]
NAME = re.compile(r"<(\w+)>")


@functools.cache
def parsed(template: str) -> Sequence:
    if template.count("{") != template.count("}"):
        raise ValueError(f"expected as many closing braces as opening ones in {template!r}.")
    return _sequence(template, 0, is_inner=False)[0]


def _sequence(text: str, at: int, is_inner: bool) -> tuple[Sequence, int]:
    nodes: list[Node] = []
    begun = at
    while at < len(text) and not (is_inner and text[at] in "|}"):
        if text[at] != "{":
            at += 1
            continue
        nodes.append(text[begun:at])
        choices = []
        while text[at] != "}":
            one, at = _sequence(text, at + 1, is_inner=True)
            choices.append(one)
        nodes.append(tuple(choices))
        at = begun = at + 1
    nodes.append(text[begun:at])
    return tuple(nodes), at


def filled(
    template: str,
    lists: Mapping[str, str],
    r: random.Random,
    marks: Mapping[str, str] | None = None,
) -> str:
    """One sentence; with `marks`, what a list stands for is put between marks with its kind."""
    inside = 0

    def listed(match: re.Match[str]) -> str:
        nonlocal inside
        kind = marks.get(match[1], "") if marks and not inside else ""
        inside += bool(kind)
        found = opened(parsed(lists[match[1]]))
        inside -= bool(kind)
        return f"\x02{kind}\x03{found}\x04" if kind else found

    def opened(sequence: Sequence) -> str:
        return "".join(
            NAME.sub(listed, node) if isinstance(node, str) else opened(r.choice(node))
            for node in sequence
        )

    return re.sub(r" ([.,?])", r"\1", " ".join(opened(parsed(template)).split()))
