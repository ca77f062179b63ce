"""Columns of tables: series of pandas and polars, and Arrow's arrays, as texts and as answers.

Whatever has Arrow's methods is read where it lies. No library is imported here that the caller has
not imported.
"""

from __future__ import annotations

import sys

from ._native import Column
from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

POLARS_TEXTS = ("String", "Categorical", "Enum", "Null")


def column_of(values: Any) -> Column | None:
    """The texts of a column; None for what is none, or holds other things than texts."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(values, pandas.Series):
        return _of_pandas(values)
    if isinstance(values, type) or hasattr(values, "__dataframe__"):
        return None  # a class or a table, which who reads texts refuses
    if not (hasattr(values, "__arrow_c_array__") or hasattr(values, "__arrow_c_stream__")):
        return None
    library = library_of(values)
    kind = str(getattr(values, "dtype", "Null")).partition("(")[0]
    if library == "polars" and kind not in POLARS_TEXTS:
        return None
    if library == "pyarrow" and hasattr(values, "validate"):
        try:
            values.validate()  # which knows the sizes of buffers
        except ValueError as error:
            raise InputError(f"the Arrow array is damaged: {error}.") from None
    return Column(values)


def _of_pandas(series: Any) -> Column | None:
    kind = series.dtype
    if getattr(kind, "storage", None) == "pyarrow" or str(kind).endswith("string[pyarrow]"):
        return Column(series.array.__arrow_array__())
    texts = series.tolist()
    for i, missing in enumerate(series.isna().tolist()):
        if missing:
            texts[i] = None
        elif not isinstance(texts[i], str):
            return None
    return Column(texts)


def values_of(values: Any) -> list[Any] | None:
    """What is in a series or an array of NumPy that is no column of texts; None for all else."""
    library = library_of(values)
    if library == "numpy" and bool(getattr(values, "ndim", False)):
        found: list[Any] = values.tolist()
        return found
    if library in ("pandas", "polars") and type(values).__name__ == "Series":
        return list(values)
    return None


def library_of(values: Any) -> str:
    return type(values).__module__.partition(".")[0]


def answered(given: Any, column: Column, answer: Callable[[list[str]], list[Any]]) -> Any:
    """What answer gives for a column's texts, as a column of the kind that was given; the answer to
    a null is null."""
    texts = list(column)
    found = iter(answer([text for text in texts if text is not None]))
    return answers_as(given, [None if text is None else next(found) for text in texts])


def answers_as(column: Any, answers: list[Any]) -> Any:
    """Answers as a column of the kind that the texts are in: a series of pandas with their index, a
    series of polars, an array of pyarrow; otherwise a list."""
    library = library_of(column)
    if library == "pandas":
        pandas = sys.modules["pandas"]
        return pandas.Series(answers, index=column.index, name=column.name, dtype=object)
    if library == "polars":
        return sys.modules["polars"].Series(column.name, answers, strict=False)
    if library == "pyarrow":
        return sys.modules["pyarrow"].array(answers)
    return answers
