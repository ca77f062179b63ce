"""Answers for many texts, shared among threads.

The core's threads read texts without the GIL while Python makes dicts of the answers before. Texts
are taken in portions: at most 256 of them or 32 KB for each thread, so that the memory in use does
not depend on how many there are. The first portions of an iterable are much smaller.
"""

from __future__ import annotations

from ..errors import BertliteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .._native import Many
    from .base import Pipeline


def shared(
    pipe: Pipeline, texts: Iterable[Any], settings: dict[str, Any], threads: int
) -> Iterator[Any]:
    """The answer to each text, as pipe._one gives it, in the order of the texts."""
    known = len(texts) if isinstance(texts, (list, tuple)) else -1
    many = pipe._many(settings, threads=threads, known=known)
    if many is None:
        for text in texts:
            yield pipe._one(text, settings)
        return
    source = iter(texts)
    working: list[tuple[Any, int | None]] = []
    failure = None
    ended = False
    try:
        while not ended or working:
            coming: list[tuple[Any, int | None]] = []
            if not ended:
                coming, failure, ended = _taken(pipe, many, source, settings)
            many.finish()
            many.start()
            done, working = working, coming
            for text, at in done:
                if at is None:
                    yield pipe._one(text, settings)
                else:
                    yield pipe._answer(text, many.answer(at), settings)
        if failure is not None:
            raise failure
    finally:
        many.close()


def _taken(
    pipe: Pipeline, many: Many, source: Iterator[Any], settings: dict[str, Any]
) -> tuple[list[tuple[Any, int | None]], Exception | None, bool]:
    """A portion of texts, each with its number in `many`; what reading them failed with; and
    whether there are no more. A text that cannot be shared, an invalid one say, has no number:
    pipe._one takes it in its turn."""
    items: list[tuple[Any, int | None]] = []
    added = 0
    room = True
    while room:
        try:
            text = next(source)
        except StopIteration:
            return items, None, True
        except Exception as failure:
            return items, failure, True
        given = pipe._given(text, settings)
        at = None
        if given is not None:
            try:
                room = many.add(*given)
                at = added
                added += 1
            except BertliteError:
                pass
        items.append((text, at))
        room = room and len(items) < many.limit
    return items, None, False
