from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast._native import Column
from bertlite_fast.integrations.frames import vectors

Library = Callable[[str], Any]
KINDS = ("string", "large_string", "string_view", "int8", "int16", "uint32", "int64")


def kinds(pa: Any, texts: list[Any]) -> Iterator[Any]:
    """The texts as every kind of array, whole, sliced and in chunks."""
    plain = pa.array(texts, pa.string())
    for name in KINDS:
        if name.endswith(("string", "view")):
            array = plain.cast(getattr(pa, name)())
        else:
            kind = pa.dictionary(getattr(pa, name)(), pa.large_string())
            array = plain.dictionary_encode().cast(kind)
        yield array
        yield array.slice(2)
        yield array.slice(1, 3)
        yield pa.chunked_array([array, array.slice(0, 0), array.slice(3)])


def test_texts_are_read_as_they_are(library: Library, texts: list[Any]) -> None:
    pa = library("pyarrow")
    for array in kinds(pa, texts * 3):
        column = Column(array)
        assert list(column) == array.to_pylist(), array
        assert column.nulls == array.null_count and len(column) == len(array)
    for array in (pa.array([None, None]), pa.nulls(2, pa.string())):
        assert list(Column(array)) == [None, None]
    for array in (pa.array([], pa.string()), pa.chunked_array([], pa.string())):
        assert list(Column(array)) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_encode_gives_a_row_for_each_element(
    library: Library, texts: list[Any], model: Any, threads: int
) -> None:
    pa = library("pyarrow")
    known = {text: model.encode([text])[0] for text in texts if text is not None}
    for array in kinds(pa, [None, *texts * 20, None]):
        seen = 0
        rows = model.encode(array, threads=threads)
        assert rows.shape == (len(array), 64) and rows.dtype == np.float32
        for text, row in zip(array.to_pylist(), rows):
            seen += text is not None
            assert np.isnan(row).all() if text is None else np.array_equal(row, known[text])
        assert seen
    assert model.encode(pa.array([None, None], pa.string())).shape == (2, 64)


def test_prompts_and_settings(library: Library, texts: list[Any], model: Any) -> None:
    pa = library("pyarrow")
    array = pa.array(texts)
    whole = [text for text in texts if text is not None]
    for more in ({"prompt": "query: "}, {"truncate_dim": 8}, {"normalize_embeddings": True}):
        rows = model.encode(array, **more)
        assert np.array_equal(rows[~np.isnan(rows[:, 0])], model.encode(whole, **more))
    assert np.array_equal(
        model.encode(pa.array(whole), precision="int8"), model.encode(whole, precision="int8")
    )
    with pytest.raises(bf.InputError, match="1 texts are null"):
        model.encode(array, precision="int8")


def test_what_is_no_column_of_texts(library: Library, model: Any) -> None:
    pa = library("pyarrow")
    for values, says in (
        (pa.array([1]), "format 'l'; expected strings"),
        (pa.array([b"a"]), "format 'z'; expected strings"),
        (pa.array([["a"]]), "expected strings"),
        (pa.array([{"a": "b"}]), "a table"),
        (pa.chunked_array([], pa.int8()), "expected strings"),
        (pa.table({"a": ["b"]}), "a table"),
        (pa.record_batch({"a": ["b"]}), "a table"),
    ):
        with pytest.raises(bf.InputError, match=says):
            model.encode(values)


def test_damaged_arrays(library: Library) -> None:
    pa = library("pyarrow")

    def array(kind: Any, offsets: list[int], data: bytes) -> Any:
        size = np.array(offsets, "i8" if kind == pa.large_string() else "i4")
        return pa.Array.from_buffers(
            kind, len(offsets) - 1, [None, pa.py_buffer(size), pa.py_buffer(data)]
        )

    for kind in (pa.string(), pa.large_string()):
        for offsets in ([0, 3, 1], [-1, 2], [2, 0, 1]):
            with pytest.raises(bf.InputError, match="offsets do not ascend"):
                Column(array(kind, offsets, b"abc"))
        for data in (b"\xc3(", b"\xed\xa0\x80", b"\xff", b"aaaaaaaa\xe2\x82", b"\xf4\x90\x80\x80"):
            with pytest.raises(bf.InputError, match="row 1 is not UTF-8"):
                Column(array(kind, [0, 0, len(data)], data))
    with pytest.raises(bf.InputError, match="damaged"):  # longer than its bytes
        bf.SentenceTransformer().encode(array(pa.string(), [0, 90], b"abc"))
    numbers = pa.array([0, 5], pa.int8())
    wrong = pa.DictionaryArray.from_arrays(numbers, pa.array(["a"]), safe=False)
    with pytest.raises(bf.InputError, match="not one of a text in the dictionary"):
        Column(wrong)
    view = np.zeros(4, "i4")
    view[:] = (20, 0, 0, 5)  # 20 bytes, from byte 5 of the first of no buffers
    with pytest.raises(bf.InputError, match="outside of its buffer"):
        Column(pa.Array.from_buffers(pa.string_view(), 1, [None, pa.py_buffer(view)]))


def test_streams(library: Library, model: Any) -> None:
    pa = library("pyarrow")
    array = pa.array(["a", None])

    class Once:
        """Hands out what was handed out before."""

        def __init__(self, name: str, capsule: Any) -> None:
            setattr(self, name, lambda: capsule)

    for name, taken in (
        ("__arrow_c_stream__", pa.chunked_array([array]).__arrow_c_stream__()),
        ("__arrow_c_array__", array.__arrow_c_array__()),
    ):
        once = Once(name, taken)
        assert list(Column(once)) == ["a", None]
        with pytest.raises(bf.InputError, match="make another"):
            Column(once)

    def failing() -> Iterator[Any]:
        yield pa.record_batch({"a": ["b"]})
        raise ValueError("no more paper")

    table = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.string()}), failing())
    with pytest.raises(bf.InputError, match="a table"):
        Column(table)


def test_pipelines_take_columns(library: Library, texts: list[Any]) -> None:
    pa = library("pyarrow")
    pipe = bf.pipeline("intent-classification")
    for array in (pa.array(texts), pa.chunked_array([texts, texts])):
        found = pipe(array, threads=2)
        assert isinstance(found, pa.Array)
        for text, answer in zip(array.to_pylist(), found.to_pylist()):
            assert answer == (None if text is None else pipe(text))


def test_vectors_as_a_column(library: Library, texts: list[Any], model: Any) -> None:
    pa = library("pyarrow")
    found = vectors(model, pa.array(texts))
    assert found.type == pa.list_(pa.float32(), 64)
    rows = [None if text is None else model.encode(text).tolist() for text in texts]
    assert found.to_pylist() == rows
    assert len(vectors(model, pa.array([], pa.string()))) == 0
