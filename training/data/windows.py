"""Questions with the windows of their contexts that the engine reads (csrc/answers/spans.c).

Of a context that is longer than a window the item keeps one that holds the answer, of any position
and length.  A share of the items come a second time with a window that does not hold it: the one
that has most of the question's words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence

from bertlite_fast import Tokenizer

from .sets import Item
from .unanswerable import answers_in

ENDS = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
WORD = re.compile(r"\w{4,}")
PREFIX = 5  # letters by which words are alike

Span = tuple[int, int]


def sentences(text: str) -> list[Span]:
    found, at = [], 0
    for match in ENDS.finditer(text):
        found.append((at, match.start()))
        at = match.end()
    return [*found, (at, len(text))]


def words(text: str) -> set[str]:
    return {word[:PREFIX] for word in WORD.findall(text.lower())}


class Windows:
    def __init__(self, tokenizer: Tokenizer, size: int, seed: int) -> None:
        self.tokenizer, self.size, self.r = tokenizer, size, random.Random(seed)

    def of(self, items: Iterable[Item], without: float) -> Iterator[Item]:
        """Each item with a window of its context, a share of them also with one `without`."""
        for item in items:
            parts, counts = self._parts(item["context"])
            if sum(counts) <= self.size:
                yield item
                continue
            held = self._held(item, parts)
            if held is None:
                yield self._cut(item, self._nearest(item, parts, counts, ()))
                continue
            first, last = held
            yield self._cut(item, self._around(parts, counts, first, last))
            if self.r.random() < without:
                found = self._nearest(item, parts, counts, range(first, last + 1))
                if found and not answers_in(item, item["context"][found[0] : found[1]]):
                    yield self._cut(item | {"answers": None}, found)

    def _parts(self, context: str) -> tuple[list[Span], list[int]]:
        parts = sentences(context)
        rows = self.tokenizer([context[a:b] for a, b in parts], add_special_tokens=False)
        return parts, [len(ids) for ids in rows["input_ids"]]

    @staticmethod
    def _held(item: Item, parts: Sequence[Span]) -> Span | None:
        """The first and last sentence of the answer."""
        if not item["answers"]:
            return None
        start = item["answers"]["answer_start"][0]
        end = start + len(item["answers"]["text"][0])
        at = [i for i, (a, b) in enumerate(parts) if a < end and b > start]
        return (at[0], at[-1]) if at else None

    def _around(self, parts: Sequence[Span], counts: Sequence[int], first: int, last: int) -> Span:
        """Whole sentences around some, as many as fit, or fewer."""
        left = self.size - sum(counts[first : last + 1])
        wanted = self.r.randint(0, max(0, left))
        sides = [-1, 1]
        while sides:
            side = self.r.choice(sides)
            at = first - 1 if side < 0 else last + 1
            if not 0 <= at < len(parts) or counts[at] > wanted:
                sides.remove(side)
                continue
            wanted -= counts[at]
            first, last = min(first, at), max(last, at)
        return parts[first][0], parts[last][1]

    def _nearest(
        self, item: Item, parts: Sequence[Span], counts: Sequence[int], but: Sequence[int]
    ) -> Span | None:
        """A window around the sentence that has most of the question's words."""
        asked, context = words(item["question"]), item["context"]
        others = [i for i in range(len(parts)) if i not in but]
        if not others:
            return None
        self.r.shuffle(others)
        best = max(others, key=lambda i: len(asked & words(context[slice(*parts[i])])))
        low = max((i + 1 for i in but if i < best), default=0)
        high = min((i for i in but if i > best), default=len(parts))
        return self._around(parts[low:high], counts[low:high], best - low, best - low)

    @staticmethod
    def _cut(item: Item, window: Span | None) -> Item:
        if window is None:
            return item
        start, end = window
        cut = item | {"context": item["context"][start:end]}
        if item["answers"]:
            begins = [at - start for at in item["answers"]["answer_start"]]
            cut["answers"] = item["answers"] | {"answer_start": begins}
        return cut
