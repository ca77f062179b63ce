"""Texts as vectors: similarity, search, and the vectors themselves."""

from __future__ import annotations

from ...errors import BertliteError, InputError
from ..texts import decoded, texts_of
from .base import TextCommand, beginning, json_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..screen import Row, Screen
    from ..texts import Line, Texts

BATCH = 64  # texts that are compared in one call where the order of the answers allows it
SHORT = 256  # characters of a text that shares a call with others


class Embed(TextCommand):
    task = "feature-extraction"
    no_top_k = "a text has one vector"
    examples = ('bertlite-fast embed "lights on" --json',)

    def call(self, pipe: Any, text: str, settings: dict[str, Any]) -> Any:
        return pipe(text, pooling="model", normalize=True)

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        yield [" ".join(f"{value:.6f}" for value in answer)]


class Comparison(TextCommand):
    """A command that compares a text with many others."""

    task = "sentence-similarity"

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        yield [f"{answer:6.3f}  {text}"]

    def compared(
        self, pipe: Any, first: str, others: Iterator[Line], size: int, screen: Screen
    ) -> Iterator[tuple[dict[str, Any], float]]:
        """The others as their JSON without the score, and their scores, `size` in one call."""
        for batch in batches(others, size, screen):
            try:
                scores = pipe(first, [text for text, _ in batch])
            except (BertliteError, MemoryError) as error:
                screen.fail(error or "there is not enough memory to answer this text.")
                continue
            for (_, item), score in zip(batch, scores):
                yield item, min(score, 1.0)

    def show(self, item: dict[str, Any], score: float, screen: Screen) -> None:
        if screen.as_json:
            screen.json({**item, "answer": score})
        else:
            screen.rows(self.rows(item["text"], score))

    def show_best(
        self, found: Iterator[tuple[dict[str, Any], float]], count: int, screen: Screen
    ) -> None:
        """Show the best, and hold no more than them: the input may have any number of lines."""
        from heapq import nlargest

        for item, score in nlargest(count, found, key=lambda pair: pair[1]):
            self.show(item, score, screen)


def batches(
    lines: Iterator[Line], size: int, screen: Screen
) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Some lines at a time, each as its text and as the JSON that shows it."""
    batch: list[tuple[str, dict[str, Any]]] = []
    for line in lines:
        entry = line.text, json_answer(line, None)
        if len(line.text) > SHORT:  # alone, so that a warning or an error names its line
            beginning(line, screen)
            yield [entry]
            continue
        batch.append(entry)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class Similar(Comparison):
    top_k = "only the K most similar texts, the best first (all, in their order)"
    texts_help = (
        "the text to compare and the others; the lines of --file come after them, and those of "
        "standard input are read where there is neither"
    )
    examples = ('bertlite-fast similar "lights on" "lamp on" "play music"',)

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        texts = texts_of(args, screen)
        pipe = self.open(args)
        lines = iter(texts)
        first = next(lines, None)
        if first is not None:
            beginning(first, screen)
            if args.top_k:
                found = self.compared(pipe, first.text, lines, BATCH, screen)
                self.show_best(found, args.top_k, screen)
            else:
                for item, score in self.compared(pipe, first.text, lines, 1, screen):
                    self.show(item, score, screen)
        return self.end(texts, screen)

    def end(self, texts: Texts, screen: Screen) -> int:
        if texts.count < 2 and not screen.failed:
            raise InputError(
                "similar needs two texts or more, the first of which is compared with the others; "
                f"there {'is only one' if texts.count else 'are none'}."
            )
        return super().end(texts, screen)


class Search(Comparison):
    top_k = "how many lines, the closest first (5)"
    texts_help = "the text to look for, in the lines of --file or of standard input"
    texts_number = "+"
    examples = (
        "printf 'the lamp is broken\\nbuy milk\\n' > notes.txt && "
        'bertlite-fast search "no light" --file notes.txt',
        "printf 'the lamp is broken\\nbuy milk\\n' | bertlite-fast search \"no light\" --top-k 1",
    )

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        query = " ".join(map(decoded, args.text))
        args.text = []
        texts = texts_of(args, screen)
        pipe = self.open(args)
        found = self.compared(pipe, query, iter(texts), BATCH, screen)
        self.show_best(found, args.top_k or 5, screen)
        return self.end(texts, screen)
