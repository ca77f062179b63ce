"""Index: compared with plain Python, saved and loaded, damaged, filtered, in threads."""

from __future__ import annotations

import os
import pickle
import random
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast import Index, InputError, ModelFileError

KERNELS = """
import pickle, sys
import bertlite_fast as bf
index = bf.Index.load(sys.argv[1])
queries = pickle.load(open(sys.argv[2], "rb"))
sys.stdout.buffer.write(pickle.dumps([index.search(queries, 20, threads=n) for n in (1, 3)]))
"""


def vectors(count: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)


def quantized_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    most = np.abs(rows).max(1, keepdims=True)
    with np.errstate(divide="ignore"):
        steps = np.where(most > 1.2e-10, np.float32(127) / most, np.float32(0)).astype(np.float32)
    scale = np.where(most > 1.2e-10, most * np.float32(1 / 127), 0).astype(np.float32)[:, 0]
    return np.round(rows * steps).astype(np.int64), scale


def quantized_query(query: np.ndarray) -> tuple[np.ndarray, np.float32]:
    """As the kernels do: the range from the minimum to the maximum, and 0, in 254 steps."""
    low, high = np.float32(min(query.min(), 0)), np.float32(max(query.max(), 0))
    span = max(np.float32(high - low), np.float32(1e-20))
    inverse = np.float32(254) / span
    zero = np.round((np.float32(0) - low) * inverse)
    values = np.round(query * inverse) + zero - 128
    return (values - (zero - 128)).astype(np.int64), np.float32(span * np.float32(1 / 254))


def expected(
    rows: np.ndarray, query: np.ndarray, ids: list[int], k: int
) -> list[tuple[int, float]]:
    stored, scale = quantized_rows(rows)
    values, query_scale = quantized_query(query)
    exact = (stored @ values).astype(np.float32)
    scores = (exact * query_scale) * scale
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], ids[i]))[:k]
    return [(ids[i], float(scores[i])) for i in order]


def pairs(found: list[dict[str, Any]]) -> list[tuple[int, float]]:
    return [(row["index"], row["score"]) for row in found]


PATHOLOGICAL: dict[str, Any] = {
    "random": lambda n, w: vectors(n, w),
    "equal": lambda n, w: np.ones((n, w), np.float32),
    "zeros": lambda n, w: np.zeros((n, w), np.float32),
    "tiny": lambda n, w: vectors(n, w) * np.float32(1e-12),
    "large": lambda n, w: vectors(n, w) * np.float32(1e5),
    "one value": lambda n, w: np.eye(n, w, dtype=np.float32),
    "negative": lambda n, w: -np.abs(vectors(n, w)),
    "rising": lambda n, w: np.outer(np.arange(n), np.ones(w)).astype(np.float32) / n,
}


@pytest.mark.parametrize("kind", PATHOLOGICAL)
@pytest.mark.parametrize("width", [1, 7, 16, 64, 100])
def test_as_plain_python(kind: str, width: int) -> None:
    for count in (1, 3, 15, 16, 17, 65, 700):
        rows = PATHOLOGICAL[kind](count, width)
        index = Index(vectors=rows)
        query = vectors(1, width, seed=count)[0]
        for k in (1, 10, count + 5):
            assert pairs(index.search(query, k)) == expected(rows, query, list(range(count)), k)


def test_many_queries_give_what_one_gives() -> None:
    index = Index(vectors=vectors(3000, 24))
    queries = vectors(37, 24, seed=1)
    assert index.search(queries, 7) == [index.search(query, 7) for query in queries]
    assert index.search(queries.tolist(), 7, threads=4) == index.search(queries, 7)
    assert index.search(queries[:1], 7) == [index.search(queries[0], 7)]
    assert index.search(np.zeros((0, 24), np.float32)) == []


def test_ids_in_any_order_break_ties() -> None:
    rows = np.repeat(vectors(40, 16), 50, axis=0)
    ids = random.Random(0).sample(range(10**12), len(rows))
    index = Index(vectors=rows, ids=ids)
    for query in vectors(5, 16, seed=3):
        for k in (1, 33, 120):
            assert pairs(index.search(query, k)) == expected(rows, query, ids, k)


def test_every_instruction_set_and_thread_count(tmp_path: Path) -> None:
    index = Index(vectors=np.repeat(vectors(20000, 48), 2, axis=0), keep_floats=False)
    index.remove(list(range(100, 40000, 7)))
    index.save(tmp_path / "index")
    (tmp_path / "queries").write_bytes(pickle.dumps(vectors(19, 48, seed=9).tolist()))
    seen = []
    for isa in bf.available_isas():
        command = [
            sys.executable,
            "-c",
            KERNELS,
            str(tmp_path / "index"),
            str(tmp_path / "queries"),
        ]
        run = subprocess.run(
            command, env={**os.environ, "BERTLITE_ISA": isa}, check=True, stdout=subprocess.PIPE
        )
        seen += pickle.loads(run.stdout)
    assert all(found == seen[0] for found in seen)
    assert seen[0] == index.search(vectors(19, 48, seed=9), 20)


def test_adding_and_removing_as_a_dict_does() -> None:
    chance = random.Random(1)
    index, rows = Index(width=8), {}
    all_rows = vectors(20000, 8, seed=4)
    for step in range(300):
        some = chance.randrange(1, 60)
        new = [
            i for i in dict.fromkeys(chance.randrange(4000) for _ in range(some)) if i not in rows
        ]
        texts = [f"text {step} {i}" if i % 3 else None for i in new]
        values = all_rows[step * 60 : step * 60 + len(new)]
        if new:
            assert (
                index.add(texts, vectors=values, ids=new, metadata=[{"i": i} for i in new]) == new
            )
        rows.update({i: (text, v) for i, text, v in zip(new, texts, values)})
        gone = chance.sample(sorted(rows), min(len(rows), chance.randrange(60)))
        index.remove(gone)
        for i in gone:
            del rows[i]
        assert len(index) == len(rows)
    assert sorted(index) == sorted(rows)
    for i, (text, _) in rows.items():
        assert i in index and index[i] == {"index": i, "text": text, "metadata": {"i": i}}
    ids = list(rows)
    query = vectors(1, 8, seed=5)[0]
    wanted = expected(np.array([v for _, v in rows.values()]), query, ids, 30)
    assert pairs(index.search(query, 30)) == wanted
    copy = pickle.loads(pickle.dumps(index))
    assert copy.search(query, 30) == index.search(query, 30) and sorted(copy) == sorted(rows)


def test_memory_of_removed_rows_is_given_back() -> None:
    index = Index(width=4)
    for start in range(0, 200_000, 1000):
        index.add(np.ones((1000, 4), np.float32), metadata=[start] * 1000)
        index.remove(range(start, start + 1000))
    assert index._core is not None and index._core.positions <= 9000 and not len(index)
    assert index.add([[1, 2, 3, 4]]) == [200_000]


def test_filters() -> None:
    rows = vectors(5000, 16)
    metadata = [{"color": "red" if i % 10 == 0 else "blue", "n": i} if i % 2 == 0 else None
                for i in range(5000)]  # fmt: skip
    index = Index(vectors=rows, metadata=metadata)
    query = vectors(1, 16, seed=2)[0]
    for given, chosen in (
        ({"color": "red"}, range(0, 5000, 10)),
        ({"color": ["red", "blue"]}, range(0, 5000, 2)),
        ({"color": "red", "n": 50}, [50]),
        ({"color": "green"}, []),
        (lambda m: m is None, range(1, 5000, 2)),
        (lambda m: m and m["n"] in (4, 6), [4, 6]),
    ):
        ids = list(chosen)
        wanted = expected(rows[ids], query, ids, 8) if ids else []
        assert pairs(index.search(query, 8, filter=given)) == wanted
        assert [pairs(found) for found in index.search([query, query], 8, filter=given)] == [
            wanted
        ] * 2


def test_rescoring_from_floats(tmp_path: Path) -> None:
    rows = vectors(2000, 32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = Index(vectors=rows, keep_floats=True)
    query = rows[77]
    index.save(tmp_path / "index")
    for one in (index, Index.load(tmp_path / "index")):
        found = one.search(query, 10)
        scores = rows.astype(np.float64) @ query.astype(np.float64)
        assert [row["index"] for row in found] == np.argsort(-scores)[:10].tolist()
        assert [row["score"] for row in found] == pytest.approx(np.sort(scores)[:-11:-1], abs=1e-7)
        assert pairs(one.search(query, 10, rescore=False)) == expected(
            rows, query, list(range(2000)), 10
        )
        assert np.array_equal(np.asarray(one.vectors), rows)
    with pytest.raises(InputError, match="does not keep floats"):
        Index(vectors=rows).search(query, rescore=True)


@pytest.mark.parametrize("keep_floats", [False, True])
def test_saved_and_loaded(tmp_path: Path, keep_floats: bool) -> None:
    texts = ["", "a", "中文 é", None, "x" * 5000, "\0"] * 50
    metadata: list[Any] = [None, {"a": [1, 2.5, None]}, "text", 0, False, []] * 50
    path = tmp_path / "index"
    index = Index(width=20, keep_floats=keep_floats)
    index.add(texts, vectors=vectors(300, 20), metadata=metadata, ids=range(1000, 1300))
    index.remove([1001, 1299])
    index.save(path)
    loaded = Index.load(path)
    assert list(loaded) == list(index) and loaded.texts == index.texts
    assert all(loaded[i] == index[i] for i in index)
    assert loaded[1002]["text"] == "中文 é" and loaded[1002]["metadata"] == "text"
    assert 1001 not in loaded and "metadata" not in loaded[1000]
    assert loaded.add(vectors(3, 20)) == [1300, 1301, 1302]
    loaded.remove(1000)
    query = vectors(1, 20, seed=1)[0]
    before = loaded.search(query, 400)
    loaded.save(path)  # over the file that it has mapped
    assert loaded.search(query, 400) == before == Index.load(path).search(query, 400)
    assert index.search(query, 5) and os.listdir(tmp_path) == ["index"]


def test_empty_indexes(tmp_path: Path) -> None:
    assert Index().search([1.0]) == [] and Index().search([[1.0]]) == [[]] and not list(Index())
    with pytest.raises(InputError, match="width"):
        Index().save(tmp_path / "index")
    index = Index(width=5)
    index.save(tmp_path / "index")
    assert len(Index.load(tmp_path / "index")) == 0
    index.add(vectors(3, 5), ids=[5, 3, 4])
    index.remove([3, 4, 5])
    index.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index")
    assert 3 not in loaded and loaded.search([1.0] * 5) == [] and loaded.add([[1] * 5]) == [6]


def test_no_damage_is_read_as_an_answer(tmp_path: Path) -> None:
    """Every byte of a small file is damaged: it is refused, or a text or a vector of it is, or
    the byte is padding and nothing changes."""
    path, query = tmp_path / "index", [1.0, 2.0, 3.0]
    index = Index(width=3, keep_floats=True)
    index.add(["one", "", None, "four"], vectors=vectors(4, 3), metadata=[None, 1, {"a": 2}, "b"])
    index.save(path)
    data = path.read_bytes()

    def everything(of: Index) -> Any:
        return (
            of.search(query, 9),
            list(of),
            [of[i] for i in of],
            of.vectors.tolist(),
            of.add([query]),
        )

    whole = everything(Index.load(path))
    refused = 0
    for at in range(len(data)):
        for mask in (1, 0x80, 0xFF):
            path.write_bytes(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
            try:
                assert everything(Index.load(path)) == whole, at
            except ModelFileError as error:
                assert "index" in str(error), at
                refused += 1
    assert refused > 1500
    for size in range(len(data)):
        path.write_bytes(data[:size])
        with pytest.raises(ModelFileError, match="index"):
            Index.load(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(ModelFileError, match="longer"):
        Index.load(path)
    path.write_bytes(data[:8] + struct.pack("<Q", 2) + data[16:])
    with pytest.raises(ModelFileError, match="version 2"):
        Index.load(path)


def test_damage_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "index"
    Index(vectors=vectors(3, 3), metadata=["aaaa", "bbbb", "cccc"]).save(path)
    path.write_bytes(path.read_bytes().replace(b"bbbb", b"bxbb"))
    index = Index.load(path)
    with pytest.raises(ModelFileError, match="text of id 1"):
        index.save(tmp_path / "copy")
    assert os.listdir(tmp_path) == ["index"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_an_error() -> None:
    with pytest.raises(ModelFileError, match="cannot be written"):
        Index(vectors=vectors(3, 3)).save("/dev/full")


def test_bad_input(tmp_path: Path) -> None:
    index = Index(vectors=vectors(3, 4))
    before = index.search([1.0, 2, 3, 4])
    for call, words in (
        (lambda: index.add(vectors(1, 5)), "5 values"),
        (lambda: index.add([[1.0, 2, 3, float("nan")]]), "nan"),
        (lambda: index.add([[1.0, 2, 3, 4], [1, 2, 3, float("inf")]]), "inf"),
        (lambda: index.add([[1.0, 2, 3, 1e30]]), "1e\\+30"),
        (lambda: index.add([[1, 2, 3, 4]], ids=[1]), "already"),
        (lambda: index.add([[1, 2, 3, 4]] * 2, ids=[9, 9]), "twice"),
        (lambda: index.add([[1, 2, 3, 4]] * 3, ids=[9, 8, 9]), "twice"),
        (lambda: index.add([[1, 2, 3, 4]], ids=[-1]), "not an id"),
        (lambda: index.add([[1, 2, 3, 4]], ids=[2**63 - 1]), "not an id"),
        (lambda: index.add([[1, 2, 3, 4]], ids=cast(Any, [1.5])), "not an id"),
        (lambda: index.add([[1, 2, 3, 4]], ids=[5, 6]), "1 vectors"),
        (lambda: index.add([[1, 2, 3, 4]], metadata=[{"a": object()}]), "JSON"),
        (lambda: index.add([[1, 2, 3, 4]], metadata=[float("nan")]), "JSON"),
        (lambda: index.add(["text"]), "pipeline"),
        (lambda: index.add(5), "int"),
        (lambda: index.add(None), "texts or vectors"),
        (lambda: index.add(["\ud800"], vectors=[[1, 2, 3, 4]]), "surrogate"),
        (lambda: index.add([[1, 2], [3]]), "rows of"),
        (lambda: index.add([["a", "b"]]), "numbers"),
        (lambda: index.remove(7), "not in the index"),
        (lambda: index.remove([1, 7]), "not in the index"),
        (lambda: index.remove([1, 2, 1]), "given twice"),
        (lambda: index.search("text"), "pipeline"),
        (lambda: index.search([1.0, 2]), "2 values"),
        (lambda: index.search([float("nan")] * 4), "nan"),
        (lambda: index.search([1, 2, 3, 4], 0), "top_k"),
        (lambda: index.search([1, 2, 3, 4], threads=0), "threads"),
        (lambda: index.search([1, 2, 3, 4], filter=cast(Any, 3)), "filter"),
        (lambda: index.search(5), "int"),
        (lambda: Index(width=0), "width"),
        (lambda: Index(width=9000), "8192"),
        (lambda: Index(metadata=[1]), "no texts"),
    ):
        with pytest.raises(InputError, match=words):
            call()
    assert len(index) == 3 and index.search([1.0, 2, 3, 4]) == before
    assert index.add([[1, 2, 3, 4]]) == [3]
    for path in (tmp_path, tmp_path / "missing", Path(__file__)):
        with pytest.raises(ModelFileError):
            Index.load(path)
    with pytest.raises(KeyError):
        index[99]


def test_threads_search_while_others_change() -> None:
    index = Index(vectors=vectors(4000, 16), metadata=list(range(4000)))
    query, stop = vectors(1, 16, seed=8)[0], threading.Event()
    problems: list[Any] = []

    def search() -> None:
        while not stop.is_set():
            for found in index.search([query] * 3, 5, filter=lambda m: m is None or m < 9):
                problems.extend(row for row in found if row.get("metadata", 0) >= 9)

    others = [threading.Thread(target=search) for _ in range(3)]
    for one in others:
        one.start()
    for _ in range(100):
        index.remove(index.add(vectors(50, 16)))
    stop.set()
    for one in others:
        one.join()
    assert not problems and len(index) == 4000


def test_a_pipeline_embeds(tmp_path: Path) -> None:
    pipe = bf.pipeline("sentence-similarity")
    texts = ["the lamp in the hall is broken", "milk, bread, tea", "the meeting is on Monday"]
    index = Index(pipe, texts, metadata=[{"n": n} for n in range(3)])
    found = index.search("which light does not work?", 1)
    assert found[0]["text"] == texts[0] and found[0]["metadata"] == {"n": 0}
    index.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index", pipe)
    assert loaded.add("a single text") == [3] and loaded[3]["text"] == "a single text"
    assert len(loaded.search(["one", "two"], 2)) == 2
    kept = pipe.index(texts)
    assert [row["score"] for row in kept.search("tea", 3)] == sorted(pipe("tea", texts))[::-1]
    assert set(kept.search("tea")[0]) == {"index", "score", "text"}
    assert pickle.loads(pickle.dumps(kept)).search("tea") == kept.search("tea")


def test_a_sentence_transformer_embeds() -> None:
    index = Index(bf.SentenceTransformer(), ["the lamp is broken", "milk, bread, tea"])
    assert index.search("which light does not work?", 1)[0]["text"] == "the lamp is broken"
