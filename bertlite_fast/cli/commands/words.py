"""Words for masks."""

from __future__ import annotations

from ..screen import BOLD, percent
from .base import TextCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..screen import Row


class FillMask(TextCommand):
    task = "fill-mask"
    top_k = "how many words for each [MASK] (5)"
    examples = (
        'bertlite-fast fill-mask "Please [MASK] the door."',
        'bertlite-fast fill-mask "The [MASK] is on." --top-k 1 --json',
    )

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        masks = answer if isinstance(answer[0], list) else [answer]
        for words in masks:
            for word in words:
                gap = " " * max(0, 12 - len(word["token_str"]))
                yield [
                    f"{percent(word['score'])}  ",
                    (word["token_str"], BOLD),
                    f"{gap}  {word['sequence']}",
                ]
