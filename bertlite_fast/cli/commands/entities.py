"""Labels for the words of texts: names, parts of speech, slots."""

from __future__ import annotations

from ..screen import DIM
from ..texts import SHOWN
from .base import TextCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..screen import Part, Row, Screen
    from ..texts import Line

COLORS = {"PER": 36, "LOC": 32, "ORG": 33, "MIS": 35}  # by first letters; codespell:ignore
OTHER_COLOR = 34


class Names(TextCommand):
    """Entities in a text of any length: a long line is read part by part."""

    task = "ner"
    strategy = "first"
    ignored: tuple[str, ...] = ("O",)
    no_top_k = "it marks everything that it finds"
    examples = ('bertlite-fast ner "Ada Lovelace lived in London"',)

    def call(self, pipe: Any, text: str, settings: dict[str, Any]) -> Any:
        return pipe(
            text,
            aggregation_strategy=self.strategy,
            ignore_labels=list(self.ignored),
            windows=True,
        )

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        return [marked(text, answer)]

    def answer(self, pipe: Any, line: Line, settings: dict[str, Any], screen: Screen) -> None:
        if not line.is_long:
            super().answer(pipe, line, settings, screen)
        elif screen.as_json:
            self._write_json(pipe, line, screen)
        else:
            self._write_marked(pipe, line, screen)

    def _windows(self, pipe: Any, line: Line) -> Iterator[tuple[str, int, Any]]:
        """The windows of a line, their offsets in it, and their entities."""
        text, offset = line.text, line.skipped
        yield text, offset, self.call(pipe, text, {})
        for following in line.rest():
            offset += len(text)
            text = following
            yield text, offset, self.call(pipe, text, {}) if text.strip() else []

    def _write_json(self, pipe: Any, line: Line, screen: Screen) -> None:
        """The same JSON as for other lines, written as it is found."""
        from ..screen import write_output

        head = screen.json_text({"text": line.text[:SHOWN], "truncated": True, "answer": []})
        write_output(head[: -len("]}")])
        separator = ""
        try:
            for _, offset, entities in self._windows(pipe, line):
                for entity in entities:
                    entity["start"] += offset
                    entity["end"] += offset
                    write_output(separator + screen.json_text(entity))
                    separator = ", "
        finally:
            write_output("]}\n")

    def _write_marked(self, pipe: Any, line: Line, screen: Screen) -> None:
        try:
            for text, _, entities in self._windows(pipe, line):
                screen.part(*marked(text, entities))
        finally:
            screen.row()


class Tags(Names):
    task = "token-classification"
    strategy = "words"
    ignored = ()
    no_top_k = "it shows the best label of every word"
    examples = ('bertlite-fast tag "The quick brown fox"',)


class Slots(Names):
    task = "token-classification"
    model = "bertlite/slots"
    examples = ('bertlite-fast slots "Wake me at seven and dim the lamp in the hall"',)


def marked(text: str, entities: Any) -> Row:
    """The text with its entities marked: in color, or in brackets without color."""
    parts: list[Part] = []
    end = 0
    for entity in entities:
        label = entity.get("entity_group") or entity["entity"]
        inside = text[entity["start"] : entity["end"]]
        color = COLORS.get(label[:3].upper(), OTHER_COLOR)
        parts += [text[end : entity["start"]], (inside, color, "[{}]"), (f"({label})", DIM)]
        end = entity["end"]
    parts.append(text[end:])
    return parts
