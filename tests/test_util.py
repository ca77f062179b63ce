"""bertlite_fast.util beside sentence_transformers.util."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bertlite_fast import InputError, util

np = pytest.importorskip("numpy")
theirs = pytest.importorskip("sentence_transformers.util")
torch = pytest.importorskip("torch")


def rows(count: int, width: int) -> Any:
    r = random.Random(count)
    return np.array([[r.gauss(0, 1) for _ in range(width)] for _ in range(count)], dtype="float32")


@pytest.mark.parametrize("name", ["cos_sim", "dot_score", "euclidean_sim", "manhattan_sim"])
def test_scores(name: str) -> None:
    a, b = rows(7, 5), rows(9, 5)
    for x, y in ((a, b), (a[0], b), (torch.tensor(a), b.tolist()), (list(a), torch.tensor(b[0]))):
        found, expected = getattr(util, name)(x, y), getattr(theirs, name)(x, y)
        assert found.dtype == expected.dtype and found.shape == expected.shape
        assert np.allclose(found, expected, atol=1e-5)
    pairwise = f"pairwise_{name}"
    found, expected = getattr(util, pairwise)(a, b[:7]), getattr(theirs, pairwise)(a, b[:7])
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("score", ["cos_sim", "dot_score", "euclidean_sim", None])
def test_semantic_search(score: str | None) -> None:
    queries, corpus = rows(7, 5), rows(300, 5)
    for k in (1, 5, 1000):
        named = {} if score is None else {"score_function": getattr(util, score)}
        own = {} if score is None else {"score_function": getattr(theirs, score)}
        found = util.semantic_search(queries, corpus, top_k=k, query_chunk_size=3, **named)
        for a, b in zip(found, theirs.semantic_search(queries, corpus, top_k=k, **own)):
            assert [hit["corpus_id"] for hit in a] == [hit["corpus_id"] for hit in b]
            assert np.allclose([hit["score"] for hit in a], [hit["score"] for hit in b], atol=1e-5)
    assert util.semantic_search(queries[0], corpus)[0] == util.semantic_search(queries, corpus)[0]
    assert util.semantic_search(queries, corpus[:0]) == [[]] * 7


def test_a_score_function_of_the_callers() -> None:
    queries, corpus = rows(3, 5), rows(20, 5)

    def function(a: Any, b: Any) -> Any:
        return -torch.cdist(torch.as_tensor(a), torch.as_tensor(b))

    for own, named in ((function, util.euclidean_sim),):
        found = util.semantic_search(queries, corpus, score_function=own, query_chunk_size=2)
        expected = util.semantic_search(queries, corpus, score_function=named)
        assert [[h["corpus_id"] for h in row] for row in found] == [
            [h["corpus_id"] for h in row] for row in expected
        ]


def test_paraphrases() -> None:
    vectors = rows(30, 5)
    calls: list[dict[str, Any]] = [{}, {"top_k": 2}, {"max_pairs": 7}]
    for more in (*calls, {"top_k": 3, "query_chunk_size": 4}):
        found = util.paraphrase_mining_embeddings(vectors, **more)
        expected = theirs.paraphrase_mining_embeddings(torch.tensor(vectors), **more)
        assert [pair[1:] for pair in found] == [list(pair[1:]) for pair in expected]
        assert np.allclose([pair[0] for pair in found], [pair[0] for pair in expected], atol=1e-5)


def test_communities() -> None:
    vectors = rows(60, 3)
    for threshold in (0.6, 0.8, 0.95):
        found = util.community_detection(vectors, threshold, min_community_size=3, batch_size=7)
        expected = theirs.community_detection(vectors, threshold, min_community_size=3)
        assert sorted(map(len, found)) == sorted(map(len, expected))
        assert [set(group) for group in found] == [set(group) for group in expected]
        assert [group[0] for group in found] == [group[0] for group in expected]
    assert util.community_detection(vectors[:0]) == []
    assert util.community_detection(vectors[:2]) == []


def test_small_helpers() -> None:
    vectors = rows(7, 5)
    lengths = (np.asarray(util.normalize_embeddings(vectors)) ** 2).sum(1)
    assert np.allclose(lengths, 1, atol=1e-6)
    assert util.truncate_embeddings(vectors, 2).shape == (7, 2)
    assert util.truncate_embeddings(vectors, None) is vectors
    assert util.batch_to_device(vectors, "cuda") is vectors
    for wrong in (None, "a", [["a"]], [[1.0], [1.0, 2.0]]):
        with pytest.raises(InputError):
            util.cos_sim(vectors, wrong)
    with pytest.raises(InputError, match="top_k"):
        util.semantic_search(vectors, vectors, top_k=0)
    with pytest.raises(InputError, match="threshold"):
        util.community_detection(vectors, "a")  # type: ignore[arg-type]
