"""Vectors as columns of pandas, polars and Arrow, in which nulls stay null."""

from __future__ import annotations

from ..columns import library_of
from ..errors import missing_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def vectors(model: Any, column: Any, **settings: Any) -> Any:
    """The vectors of a column of texts as such a column.

    model: a SentenceTransformer; settings: those of its encode. A series of pandas gives one of
    NumPy's arrays with the same index, a series of polars one of Array, and anything else an array
    of pyarrow, fixed_size_list. Where the text is null, the vector is.
    """
    try:
        import numpy
    except ImportError as error:
        raise missing_library("numpy", error) from error
    rows = numpy.asarray(model.encode(column, **settings))
    if not len(rows):
        rows = rows.reshape(0, model.get_embedding_dimension())
    if library_of(column) == "pandas":
        import pandas

        found = [None if numpy.isnan(row[0]) else row for row in rows]
        return pandas.Series(found, index=column.index, name=column.name, dtype=object)
    if library_of(column) == "polars":
        import polars

        kind = polars.Array(polars.Float32, rows.shape[1])
        whole = polars.Series(column.name, rows, dtype=kind)
        return whole.zip_with(column.is_not_null(), polars.Series([None], dtype=kind))
    return arrow_vectors(rows)


def arrow_vectors(rows: Any) -> Any:
    """Rows of numbers as an array of pyarrow; one of NaN is null."""
    try:
        import numpy
        import pyarrow
    except ImportError as error:
        raise missing_library("pyarrow numpy", error) from error
    rows = numpy.asarray(rows)
    missing = numpy.isnan(rows[:, 0])
    return pyarrow.FixedSizeListArray.from_arrays(
        pyarrow.array(rows.reshape(-1)),
        rows.shape[1],
        mask=pyarrow.array(missing) if missing.any() else None,
    )
