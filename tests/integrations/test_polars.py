from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast.integrations.frames import vectors

Library = Callable[[str], Any]


def test_series_in_series_out(library: Library, texts: list[Any], model: Any) -> None:
    pl = library("polars")
    pipe = bf.pipeline("intent-classification")
    want = [None if text is None else pipe(text) for text in texts]
    for kind in (pl.String, pl.Categorical):
        series = pl.Series("said", texts).cast(kind)
        found = pipe(series)
        assert found.name == "said" and found.to_list() == want
        rows = model.encode(series)
        assert np.isnan(rows[:, 0]).tolist() == [text is None for text in texts]
        column = vectors(model, series)
        assert column.dtype == pl.Array(pl.Float32, 64) and column.null_count() == 1
        assert np.array_equal(column[0].to_numpy(), model.encode(texts[0]))
    with pytest.raises(bf.InputError, match="a table"):
        pipe(pl.DataFrame({"a": texts}))
    assert len(pipe(pl.Series([], dtype=pl.String))) == 0


def test_expressions(library: Library, texts: list[Any]) -> None:
    pl = library("polars")
    pipe = bf.pipeline("sentiment-analysis")

    def labels(series: Any) -> Any:
        answers: Any = pipe(series)
        return answers.struct["label"]

    label = pl.col("said").map_batches(labels, return_dtype=pl.String)
    found = pl.DataFrame({"said": texts}).lazy().with_columns(label).collect()["said"].to_list()
    assert found == [None if text is None else pipe(text)[0]["label"] for text in texts]
