"""The functions that databases get: from columns of texts to columns of values."""

from __future__ import annotations

from ..checks import shown
from ..errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Texts = list[str | None]

# name of a model: the task that it is opened for
TASKS = {
    "intent": "intent-classification",
    "sentiment": "sentiment-analysis",
    "emotion": "text-classification",
    "entities": "ner",
    "answer": "question-answering",
    "embed": "sentence-similarity",
}
EMBEDDED = {"emotion": "bertlite/emotion"}


class TextFunctions:
    """Functions of columns, each in order, null for null. A model is opened when it is first used,
    unless its path was given."""

    def __init__(self, models: dict[str, Any] | None, threads: int | str) -> None:
        from ..cores import thread_count

        self.threads = thread_count(threads)
        self.open: dict[str, Any] = {}
        for name, model in (models or {}).items():
            if name not in TASKS:
                raise InputError(
                    f"models has a model for {shown(name)}; it can be {', '.join(TASKS)}."
                )
            self.open[name] = model if callable(model) else self._opened(name, model)

    def _opened(self, name: str, model: Any) -> Any:
        from ..pipelines import pipeline

        open_task: Any = pipeline
        return open_task(TASKS[name], model or EMBEDDED.get(name), threads=self.threads)

    def pipe(self, name: str) -> Any:
        """The pipeline of a function."""
        if name not in self.open:
            self.open[name] = self._opened(name, None)
        return self.open[name]

    def answers(self, name: str, texts: Texts) -> list[Any]:
        """An answer for each text."""
        given = [text for text in texts if text is not None]
        found = iter(self.pipe(name)(given))
        return [None if text is None else next(found) for text in texts]

    def field(self, name: str, key: str) -> Callable[[Texts], list[Any]]:
        """A function that gives one value of each answer."""

        def values(texts: Texts) -> list[Any]:
            return [row and row[key] for row in self.answers(name, texts)]

        return values

    def entities(self, texts: Texts) -> list[Any]:
        """Lists of {"entity", "word", "start", "end", "score"}."""

        def named(found: dict[str, Any]) -> dict[str, Any]:
            kept = {name: found[name] for name in ("word", "start", "end", "score")}
            return {"entity": found["entity_group"], **kept}

        return [row and [named(one) for one in row] for row in self.answers("entities", texts)]

    def answer(self, questions: Texts, contexts: Texts) -> list[str | None]:
        """What answers each question in its context; null if nothing does."""
        pairs = [q and c and {"question": q, "context": c} for q, c in zip(questions, contexts)]
        given = [pair for pair in pairs if pair]
        found: Any = self.pipe("answer")(given, handle_impossible_answer=True) if given else []
        rows = iter([found] if isinstance(found, dict) else found)
        return [(next(rows)["answer"] or None) if pair else None for pair in pairs]

    def vectors(self, texts: Any) -> Any:
        """A row for each text of a column; a null has NaN."""
        return self.pipe("embed").embed(texts, threads=self.threads)

    def similarity(self, first: Any, second: Any) -> list[float | None]:
        """The cosine of each text and the one beside it."""
        from .._native import cosine_similarity

        found = cosine_similarity(self.vectors(first), self.vectors(second)) if len(first) else []
        return [None if value != value else value for value in found]
