"""Texts by how well they fit a question."""

from __future__ import annotations

from ...errors import BertliteError, InputError
from ..texts import decoded, texts_of
from .base import TextCommand
from .vectors import BATCH, batches

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..screen import Row, Screen
    from ..texts import Line


class Rerank(TextCommand):
    top_k = "how many lines, the best first (all)"
    texts_help = "the question, for the lines of --file or of standard input"
    texts_number = "+"
    examples = (
        "printf 'it opens at nine\\nit is red\\n' | "
        'bertlite-fast rerank "when does it open" --model my-reranker',
    )

    def open(self, args: argparse.Namespace) -> Any:
        from ...cross_encoder import CrossEncoder

        pipe = CrossEncoder(args.model)
        if pipe.num_labels != 1:
            raise InputError(
                f"the model has {pipe.num_labels} labels, but a reranker has one; name another "
                "with --model."
            )
        return pipe

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        yield [f"{answer:8.4f}  {text}"]

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from heapq import nlargest

        query = " ".join(map(decoded, args.text))
        args.text = []
        texts = texts_of(args, screen)
        pipe = self.open(args)
        found = self._scored(pipe, query, iter(texts), screen)
        if args.top_k:
            best = nlargest(args.top_k, found, key=lambda pair: pair[1])
        else:
            best = sorted(found, key=lambda pair: -pair[1])
        for item, score in best:
            if screen.as_json:
                screen.json({**item, "answer": score})
            else:
                screen.rows(self.rows(item["text"], score))
        return self.end(texts, screen)

    def _scored(
        self, pipe: Any, query: str, lines: Iterator[Line], screen: Screen
    ) -> Iterator[tuple[dict[str, Any], float]]:
        for batch in batches(lines, BATCH, screen):
            for text, item in batch:
                try:
                    yield item, float(pipe.predict((query, text), convert_to_numpy=False))
                except (BertliteError, MemoryError) as error:
                    screen.fail(error or "there is not enough memory to answer this text.")
