"""DuckDB: functions of SQL on columns of texts."""

from __future__ import annotations

from contextlib import suppress

from ..errors import InputError, missing_library
from .frames import arrow_vectors
from .functions import TextFunctions

try:
    import duckdb
    import pyarrow
except ImportError as error:
    raise missing_library("duckdb pyarrow", error) from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ENTITY = {"entity": "VARCHAR", "word": "VARCHAR", "start": "INTEGER", "end": "INTEGER",
          "score": "FLOAT"}  # fmt: skip


def register(
    connection: Any,
    *,
    prefix: str = "bertlite",
    models: dict[str, Any] | None = None,
    threads: int | str = 1,
) -> None:
    """Add the functions to a connection, or exchange them; each is called with whole vectors of
    DuckDB.

    bertlite_intent, bertlite_sentiment, bertlite_emotion: a label (an intent is NULL where none
    fits); with _score behind the name, how sure it is. bertlite_embed: the vector, as FLOAT[n].
    bertlite_similarity: of two texts. bertlite_entities: a list of structs. bertlite_answer: of a
    question and its context. NULL gives NULL. models: others than the embedded ones, by "intent",
    "sentiment", "emotion", "entities", "answer" and "embed". threads: for each call of a function.
    """
    functions = TextFunctions(models, threads)
    width = functions.vectors([""]).shape[1]
    struct = ", ".join(f'"{name}" {kind}' for name, kind in ENTITY.items())

    def add(name: str, count: int, returns: str, function: Callable[..., Any]) -> None:
        known = f"{prefix}_{name}"
        with suppress(duckdb.InvalidInputException):  # there is none yet
            connection.remove_function(known)
        try:
            connection.create_function(
                known,
                function,
                [connection.type("VARCHAR")] * count,
                connection.type(returns),
                type="arrow",
                null_handling="special",
            )
        except (duckdb.CatalogException, duckdb.NotImplementedException) as error:
            raise InputError(
                f"the database has a function {known} already, from another connection; use that "
                "one, which this connection sees too, or give another prefix."
            ) from error

    def on_lists(function: Callable[..., Any], kind: Any) -> Callable[..., Any]:
        return lambda texts: pyarrow.array(function(texts.to_pylist()), kind)

    text, number = pyarrow.string(), pyarrow.float32()
    for task in ("intent", "sentiment", "emotion"):
        add(task, 1, "VARCHAR", on_lists(functions.field(task, "label"), text))
        add(f"{task}_score", 1, "FLOAT", on_lists(functions.field(task, "score"), number))
    entity = pyarrow.struct([(name, _ARROW[kind]()) for name, kind in ENTITY.items()])
    add("entities", 1, f"STRUCT({struct})[]", on_lists(functions.entities, pyarrow.list_(entity)))
    add("answer", 2, "VARCHAR", lambda questions, contexts: pyarrow.array(
        functions.answer(questions.to_pylist(), contexts.to_pylist()), text))  # fmt: skip
    add("embed", 1, f"FLOAT[{width}]", lambda texts: arrow_vectors(functions.vectors(texts)))
    add("similarity", 2, "FLOAT",
        lambda a, b: pyarrow.array(functions.similarity(a, b), number))  # fmt: skip


_ARROW = {"VARCHAR": pyarrow.string, "INTEGER": pyarrow.int32, "FLOAT": pyarrow.float32}
