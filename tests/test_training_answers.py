"""How answers are learned: spans that are known, and a teacher's likely ones, in one loss."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from training.model.batches import Row  # noqa: E402
from training.tasks.answers import best_spans, overlap, span_loss, wanted_spans  # noqa: E402
from training.teacher.answers import OtherWords, likeliest  # noqa: E402


def taught(first: int, last: int) -> Row:
    """A row whose teacher says 3 of 4 for a span and 1 of 4 for [CLS]."""
    where = np.array([[first, 0], [last, 0]], np.uint16)
    return Row([1] * 6, (where, np.array([[192, 64], [192, 64]], np.uint8)))


def test_known_spans_and_a_teachers_are_learned_alike() -> None:
    wanted = wanted_spans([Row([1] * 6, (2, 4)), taught(2, 4)], 6)
    assert wanted.sum(1).tolist() == [[1, 1], [1, 1]]
    assert wanted[0, 2, 0] == wanted[0, 4, 1] == 1
    assert wanted[1, 2, 0] == wanted[1, 4, 1] == 0.75
    assert wanted[1, 0].tolist() == [0.25, 0.25]


def test_the_loss_of_a_known_span_is_cross_entropy() -> None:
    logits = torch.randn(2, 6, 2)
    rows = [Row([1] * 6, (2, 4)), Row([1] * 6, (0, 0))]
    starts, ends = torch.tensor([2, 0]), torch.tensor([4, 0])
    expected = torch.nn.functional.cross_entropy(logits[:, :, 0], starts)
    expected = (expected + torch.nn.functional.cross_entropy(logits[:, :, 1], ends)) / 2
    assert torch.allclose(span_loss(logits, rows), expected)


def test_the_loss_is_least_where_the_teacher_is_followed() -> None:
    row = taught(2, 4)
    followed = (wanted_spans([row], 6) + 1e-9).log()
    best = span_loss(followed, [row])
    for _ in range(20):
        assert span_loss(followed + torch.randn(1, 6, 2), [row]) > best


def test_the_best_span_is_in_the_context_and_not_too_long() -> None:
    logits = torch.zeros(1, 8, 2)
    logits[0, 1, 0] = 9  # of the question
    logits[0, 4, 0], logits[0, 7, 1], logits[0, 5, 1] = 3, 3, 2
    context = torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1]])
    assert best_spans(logits, context, 8) == ([(4, 7)], [False])
    assert best_spans(logits, context, 3) == ([(4, 5)], [False])
    logits[0, 0] = 9
    assert best_spans(logits, context, 8)[1] == [True]
    assert overlap([([Row([1] * 8, (0, 0))], logits, context)], 8) == 100


def test_a_teachers_likeliest_ends_are_kept_as_bytes() -> None:
    class Model:
        def __call__(self, ids: Any, token_type_ids: Any) -> Any:
            logits = np.log(np.array([[0.5, 0.125, 0.25, 0.125]], np.float32))
            return type("Found", (), {"start_logits": logits, "end_logits": logits[:, ::-1]})

    where, how = likeliest(Model(), Row([1, 2, 3, 4], None, [0, 0, 1, 1]), 2)
    assert where.tolist() == [[0, 2], [3, 1]]
    assert how.tolist() == [[128, 64], [128, 64]]


def test_words_are_exchanged_for_those_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    from training.data.sets import Data
    from training.recipe import miniature
    from training.teacher import answers, minilm

    vectors = {"house": (1, 0), "home": (0.9, 0.436), "river": (0, 1), "tree": (-1, 0)}

    class Pipe:
        def embed(self, words: list[str]) -> Any:
            return np.array([vectors[word] for word in words], np.float32)

    monkeypatch.setattr(answers, "pipeline", lambda *_: Pipe())
    monkeypatch.setattr(minilm, "folder", lambda _: Path())
    monkeypatch.setattr(answers, "vocabulary_words", lambda _: list(vectors))
    vocabulary = Path(__file__).resolve().parent.parent / "README.md"  # any text
    data = Data(vocabulary.parent, miniature())
    data.vocabulary = vocabulary
    other = OtherWords(data, random.Random(1))
    other.share = 1.0
    assert other.of("is the house by the river?") == "is the home by the river?"
    assert other.of("a tree") == "a tree"
