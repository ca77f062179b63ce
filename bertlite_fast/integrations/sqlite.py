"""SQLite: functions of SQL, for Python's own sqlite3."""

from __future__ import annotations

from ..errors import InputError
from .functions import TextFunctions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def register(
    connection: Any,
    *,
    prefix: str = "bertlite",
    models: dict[str, Any] | None = None,
) -> None:
    """Add the functions to a connection of sqlite3.

    bertlite_intent, bertlite_sentiment, bertlite_emotion: a label (an intent is NULL where none
    fits); with _score behind the name, how sure it is. bertlite_embed: the vector, as a BLOB of
    floats, which sqlite-vec takes. bertlite_similarity: of two texts. bertlite_entities: JSON.
    bertlite_answer: of a question and its context. NULL gives NULL, and a number is read as its
    digits, as SQLite's own functions do. models: as for DuckDB.
    """
    functions = TextFunctions(models, 1)

    def add(name: str, count: int, function: Callable[..., Any]) -> None:
        def called(*values: Any) -> Any:
            if None in values:
                return None
            (found,) = function(*([_text(value)] for value in values))
            return found

        connection.create_function(f"{prefix}_{name}", count, called, deterministic=True)

    for task in ("intent", "sentiment", "emotion"):
        add(task, 1, functions.field(task, "label"))
        add(f"{task}_score", 1, functions.field(task, "score"))
    add("entities", 1, lambda texts: [_json(found) for found in functions.entities(texts)])
    add("answer", 2, functions.answer)
    add("embed", 1, lambda texts: [memoryview(functions.vectors(texts)).tobytes()])
    add("similarity", 2, functions.similarity)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        raise InputError("a text has to be TEXT, not a BLOB; cast it.")
    return str(value)


def _json(found: Any) -> str:
    import json

    return json.dumps(found, ensure_ascii=False)
