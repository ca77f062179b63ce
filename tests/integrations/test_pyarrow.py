from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast._native import Column
from bertlite_fast.integrations.frames import vectors

Library = Callable[[str], Any]
P, L = ctypes.c_void_p, ctypes.c_int64
RELEASE = ctypes.CFUNCTYPE(None, P)


class Schema(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_char_p),
        *((name, P) for name in ("name", "metadata")),
        *((name, L) for name in ("flags", "children")),
        *((name, P) for name in ("child", "dictionary", "release", "own")),
    ]


class Array(ctypes.Structure):
    _fields_ = [
        *((name, L) for name in ("length", "nulls", "offset", "buffer_count", "children")),
        *((name, P) for name in ("buffers", "child", "dictionary", "release", "own")),
    ]


class Made:
    """An Arrow array of any contents."""

    def __init__(
        self,
        kind: str,
        length: int,
        buffers: list[bytes | None],
        dictionary: Made | None = None,
        offset: int = 0,
        null_count: int = 0,
    ) -> None:
        self.released = 0
        self.kept = buffers, dictionary, RELEASE(self.release)
        self.pointers = (ctypes.c_char_p * len(buffers))(*buffers)
        schema, array = getattr(dictionary, "schema", None), getattr(dictionary, "array", None)
        release = ctypes.cast(self.kept[2], P)
        self.schema = Schema(kind.encode(), dictionary=at(schema), release=release)
        self.array = Array(length, null_count, offset, len(buffers), 0, at(self.pointers),
                           dictionary=at(array), release=release)  # fmt: skip

    def release(self, pointer: int) -> None:
        self.released += pointer != ctypes.addressof(self.schema)

    def __arrow_c_array__(self, requested: Any = None) -> tuple[Any, Any]:
        """Of a copy, since who reads it marks it as taken."""
        self.handed = Schema.from_buffer_copy(self.schema), Array.from_buffer_copy(self.array)
        made: Any = ctypes.pythonapi.PyCapsule_New
        made.restype, made.argtypes = ctypes.py_object, [P, ctypes.c_char_p, P]
        return (made(at(self.handed[0]), b"arrow_schema", None),
                made(at(self.handed[1]), b"arrow_array", None))  # fmt: skip


def at(thing: Any) -> int | None:
    return None if thing is None else ctypes.addressof(thing)


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


def texts_at(offsets: list[int], data: bytes, kind: str = "u", **more: Any) -> Made:
    numbers = np.array(offsets, "i8" if kind == "U" else "i4").tobytes()
    return Made(kind, more.pop("length", len(offsets) - 1), [None, numbers, data], **more)


BROKEN: list[tuple[Made, str]] = [
    *((texts_at(offsets, b"abc", kind), "offsets do not ascend")
      for kind in "uU" for offsets in ([0, 3, 1], [-1, 2], [2, 0, 1])),
    *((texts_at([0, 0, len(data)], data), "row 1 is not UTF-8")
      for data in (b"\xc3(", b"\xed\xa0\x80", b"\xff", b"aaaaaaaa\xe2\x82", b"\xf4\x90\x80\x80",
                   b"\xc0\x80", b"aaaaaaa\x80")),
    (texts_at([0, 1], b"a", length=-1), "length is negative"),
    (texts_at([0, 1], b"a", offset=-1), "length is impossible"),
    (texts_at([0, 1], b"a", offset=2**63 - 1), "length is impossible"),
    (texts_at([0, 1], b"a", length=2**62), "memory"),
    (Made("u", 1, [None, None, b"a"]), "offsets are missing"),
    (Made("u", 1, [None, b"\0\0\0\0\1\0\0\0", None]), "buffer of its texts is missing"),
    (Made("u", 1, [None]), "buffers are missing"),
    (Made("vu", 1, [None, None, b""]), "views are missing"),
    *((Made("vu", 1, [None, np.array(view, "i4").tobytes(), b"x" * 30, b"\x1e" + bytes(7)]), says)
      for view, says in (([20, 0, 0, 11], "outside of its buffer"), ([20, 0, 1, 0], "outside"),
                         ([20, 0, -1, 0], "outside"), ([20, 0, 0, -1], "outside"),
                         ([-1, 0, 0, 0], "less than no bytes"))),
    *((Made(kind, 1, [None, b"\2" + bytes(7)], dictionary=texts_at([0, 1, 2], b"ab")),
       "not one of a text in the dictionary") for kind in "cCsSiIlL"),
    (Made("c", 1, [None, b"\xff"], dictionary=texts_at([0, 1], b"a")), "not one of a text"),
    (Made("L", 1, [None, b"\xff" * 8], dictionary=texts_at([0, 1], b"a")), "not one of a text"),
    (Made("c", 1, [None, None], dictionary=texts_at([0, 1], b"a")), "numbers of texts are missing"),
    (Made("f", 1, [None, bytes(4)], dictionary=texts_at([0, 1], b"a")), "no integers"),
    (Made("", 1, [None, bytes(4)], dictionary=texts_at([0, 1], b"a")), "no integers"),
    (Made("c", 1, [None, b"\0"], dictionary=Made("l", 1, [None, bytes(8)])), "expected strings"),
    (Made("c", 1, [None, b"\0"], dictionary=texts_at([1, 0], b"a")), "offsets do not ascend"),
    (Made("c", 1, [None, b"\0"], dictionary=Made("c", 1, [None, b"\0"],
                                                 dictionary=texts_at([0, 1], b"a"))),
     "dictionary is missing"),
    (Made("z", 1, [None, bytes(8), b""]), "format 'z'; expected strings"),
]  # fmt: skip


def test_an_array_made_by_hand() -> None:
    """Else nothing below would show anything."""
    texts = texts_at([0, 1, 1, 3], b"abc")
    column = Column(texts)
    assert list(column) == ["a", "", "bc"]
    releases = [texts.released]
    del column
    assert [*releases, texts.released] == [0, 1]
    view = np.array([[2, 0, 0, 0], [20, 0, 0, 10]], "i4")
    view[0, 1] = int.from_bytes(b"hi\0\0", "little")
    for valid, second in ((b"\3", "x" * 20), (b"\1", None)):
        buffers: list[bytes | None] = [valid, view.tobytes(), b"x" * 30, b"\x1e" + bytes(7)]
        assert list(Column(Made("vu", 2, buffers, null_count=-1))) == ["hi", second]
    numbers = Made("S", 2, [b"\2", b"\2\0\1\0"], dictionary=texts, null_count=1)
    assert list(Column(numbers)) == [None, ""]


@pytest.mark.parametrize("broken, says", BROKEN)
def test_damaged_arrays(broken: Made, says: str) -> None:
    with pytest.raises((bf.InputError, bf.BertliteError), match=says):
        Column(broken)
    assert broken.released == 1


def test_arrays_that_pyarrow_finds_too_short(library: Library, model: Any) -> None:
    pa = library("pyarrow")
    array = pa.array(["abc"])
    buffers = [None, pa.py_buffer(np.array([0, 90], "i4")), array.buffers()[2]]
    try:
        array = pa.Array.from_buffers(pa.string(), 1, buffers)
    except pa.ArrowInvalid:
        return
    with pytest.raises(bf.InputError, match="damaged"):
        model.encode(array)


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

    for wrong in (None, 5, (None, None), (array, array), array.__arrow_c_array__()[::-1]):
        for name in ("__arrow_c_stream__", "__arrow_c_array__"):
            with pytest.raises(bf.InputError, match="Once cannot be read as an Arrow array"):
                Column(Once(name, wrong))
    with pytest.raises(bf.InputError):
        model.encode(pa.Array)

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
