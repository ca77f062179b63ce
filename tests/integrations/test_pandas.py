from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast.integrations.frames import vectors

Library = Callable[[str], Any]


def test_series_in_series_out(library: Library, texts: list[Any], model: Any) -> None:
    pd = library("pandas")
    pipe = bf.pipeline("intent-classification")
    want = [None if text is None else pipe(text) for text in texts]
    for kind in (object, None, "category", "string"):
        series = pd.Series(texts, index=list("vwxyz"), name="said", dtype=kind)
        found = pipe(series)
        assert list(found.index) == list("vwxyz") and found.name == "said"
        assert found.tolist() == want
        rows = model.encode(series)
        assert np.isnan(rows[:, 0]).tolist() == [text is None for text in texts]
        column = vectors(model, series)
        assert list(column.index) == list("vwxyz") and column.isna().sum() == 1
        assert np.array_equal(column["v"], model.encode(texts[0]))
    assert pipe(pd.Series([], dtype=object)).tolist() == []


def test_other_series_are_read_as_before(library: Library) -> None:
    pd = library("pandas")
    pipe = bf.pipeline("text-classification")
    pairs = [{"text": "a", "text_pair": "b"}]
    assert list(pipe(pd.Series(pairs))) == pipe(pairs)


def test_what_is_no_text_is_named_at_once(library: Library, model: Any) -> None:
    pd = library("pandas")
    pipe = bf.pipeline("text-classification")
    for series in (pd.Series(["lights on", 3, None]), pd.Series([1.5, 2.5])):
        with pytest.raises(bf.InputError, match="has to be a str"):
            pipe(series)
        with pytest.raises(bf.InputError, match=r"not (int|float) \(at index [01] of"):
            model.encode(series)
    with pytest.raises(bf.InputError, match="has to be a str"):
        pipe(np.array(["lights on", None], dtype=object))
    found: Any = pipe(np.array(["lights on", "play jazz"]))
    assert found == pipe(["lights on", "play jazz"])


def test_decisions_of_a_series(library: Library, texts: list[Any]) -> None:
    pd = library("pandas")
    decider = bf.Decider(["lights", "music", "weather"])
    found = decider(pd.Series(texts, index=list("vwxyz"), name="said"))
    assert found.tolist() == [None if text is None else decider(text) for text in texts]
    assert list(found.index) == list("vwxyz") and found.name == "said"
