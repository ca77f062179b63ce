"""Vectors and masked words in large batches: what rows say, gaps, losses, and who is a neighbor."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import training_data  # noqa: E402

from bertlite_fast import Tokenizer  # noqa: E402
from training.data import corpus  # noqa: E402
from training.data.sets import Data  # noqa: E402
from training.model.network import WordHead, new_encoder  # noqa: E402
from training.model.vocabulary import CLS, MASK, PAD, SEP  # noqa: E402
from training.pooled import device, lesson, vectors, words  # noqa: E402
from training.pooled.kinds import VECTORS, WORDS  # noqa: E402
from training.pooled.rows import Rows  # noqa: E402
from training.pooled.teacher import pack  # noqa: E402
from training.pooled.write import write_rows  # noqa: E402
from training.recipe import miniature  # noqa: E402

CPU = torch.device("cpu")
RECIPE = miniature()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of both kinds, and a teacher."""
    found: Path = tmp_path_factory.mktemp("meanings")
    training_data.write_data(found / "data")
    data = Data(found / "data", RECIPE)
    tokenizer = Tokenizer(data.vocabulary)
    for source in corpus.SOURCES:
        corpus.write_ids(tokenizer, corpus.texts_of(data, source), found / f"{source}.ids")
    for name in ("words", "vectors"):
        write_rows(tokenizer, data, name, found, found / f"{name}.npz")
    pack(data.folder / RECIPE.teacher.folder, found / "teacher.npz")
    return found


def given(folder: Path, name: str, head: dict[str, Any], layers: int) -> lesson.Given:
    torch.manual_seed(4)
    encoder = new_encoder(RECIPE.shape).set_depth(layers)
    start = {"encoder": device.own_state(encoder), "head": head}
    rows, table = Rows.load(folder / f"{name}.npz"), encoder.table.detach()
    teacher, budget = folder / "teacher.npz", lesson.Budget(3, teacher_steps=2)
    return lesson.Given(
        name, RECIPE, rows, start, table, teacher, CPU, budget, 1e-3, lambda _: None
    )


@pytest.fixture(scope="module")
def vector_lesson(folder: Path) -> vectors.VectorLesson:
    return vectors.VectorLesson(given(folder, "vectors", {}, 2))


@pytest.fixture(scope="module")
def word_lesson(folder: Path) -> words.WordLesson:
    return words.WordLesson(given(folder, "words", WordHead(RECIPE.shape).state_dict(), 3))


def test_rows_of_all_kinds_are_written(
    vector_lesson: vectors.VectorLesson, word_lesson: words.WordLesson
) -> None:
    assert set(vector_lesson.kinds) == set(range(len(VECTORS)))
    assert set(word_lesson.kinds) == set(range(len(WORDS)))
    of_rows, kinds = vector_lesson.given.rows.of_rows, vector_lesson.kinds
    assert (kinds == vectors.TRIPLES).sum() == 3 * RECIPE.pooled.vectors.made_triples
    with_slips = np.flatnonzero(of_rows["source"] != np.arange(len(kinds)))
    assert len(with_slips)
    assert (kinds[with_slips] == vectors.SENTENCES).all()
    assert (kinds[of_rows["source"][with_slips]] == vectors.SENTENCES).all()
    names = kinds == vectors.NAMES
    assert len(set(of_rows["label"][names])) == names.sum()
    assert set(of_rows["label"][kinds == vectors.NAMED]) == set(of_rows["label"][names])


def test_pairs_that_people_scored_stand_behind_one_another(
    vector_lesson: vectors.VectorLesson,
) -> None:
    score = vector_lesson.given.rows.of_rows["score"][vector_lesson.kinds == vectors.PAIRS]
    assert np.array_equal(score[0::2], score[1::2])
    assert len(set(score)) > 2
    batch = next(vector_lesson._groups(vectors.PAIRS, 2, 5))
    assert torch.equal(batch.at[0::2] + 1, batch.at[1::2])


def test_a_vector_is_the_mean_without_padding(vector_lesson: vectors.VectorLesson) -> None:
    vector_lesson.encoder.eval()
    short = int(vector_lesson.pool.lengths.argmin())
    long = int(vector_lesson.pool.lengths.argmax())
    alone = vector_lesson.embedded(vector_lesson.pool.batch(np.array([short])))
    beside = vector_lesson.embedded(vector_lesson.pool.batch(np.array([long, short])))
    vector_lesson.encoder.train()
    assert torch.allclose(alone[0], beside[1], atol=1e-5)
    assert torch.allclose(alone.norm(dim=1), torch.ones(1))


def test_losses_of_vectors_by_hand() -> None:
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    near = (a + b) / 2**0.5
    pairs = torch.stack([a, near, a, b])  # cosines of 0.71 and 0
    right = vectors.scored_loss(pairs, torch.tensor([0.9, 0.1]), 0.05, 20.0)
    wrong = vectors.scored_loss(pairs, torch.tensor([0.1, 0.9]), 0.05, 20.0)
    equal = vectors.scored_loss(pairs, torch.tensor([0.5, 0.52]), 0.05, 20.0)
    assert abs(float(wrong) - 20 * 2**-0.5) < 1e-4
    assert float(right) < 1e-5
    assert float(equal) == 0
    good, bad = torch.stack([a, near, b]), torch.stack([a, b, near])
    assert vectors.opposed_loss(good, 0.1, 10.0) < vectors.opposed_loss(bad, 0.1, 10.0)
    cosines = torch.stack([a, near, b]) @ torch.stack([a, near, b]).T
    assert float(vectors.order_loss(cosines, cosines, 20.0, True)) < 1e-6
    assert float(vectors.order_loss(cosines, cosines, 20.0, False)) < 1e-6
    turned = cosines.flip(1)
    assert float(vectors.order_loss(turned, cosines, 20.0, False)) > 1
    # beside itself a text is not compared: only what the others say counts
    less = cosines - 0.9 * torch.eye(3)
    assert float(vectors.order_loss(less, cosines, 20.0, True)) < 1e-6
    assert float(vectors.order_loss(less, cosines, 20.0, False)) > 0.1


def test_vectors_keep_their_place_and_texts_their_labels(
    vector_lesson: vectors.VectorLesson,
) -> None:
    one = vector_lesson
    teacher = one._teacher()
    one._label(teacher)
    source, kinds = one.given.rows.of_rows["source"], one.kinds
    slips = int(np.flatnonzero(source != np.arange(len(source)))[0])
    assert torch.equal(one.said[slips], one.said[int(source[slips])])
    assert one.said[torch.from_numpy(kinds == vectors.NAMED)].abs().sum() == 0
    one._neighbors()
    clean = np.flatnonzero((kinds == vectors.SENTENCES) & (source == np.arange(len(source))))
    assert one.near.shape == (RECIPE.pooled.vectors.anchors, RECIPE.pooled.vectors.near)
    assert set(one.near.ravel()) <= set(clean)
    one._turn()
    assert torch.allclose(one.turn.T @ one.turn, torch.eye(RECIPE.shape.hidden), atol=1e-4)
    texts = next(one._texts())
    assert torch.isfinite(one.loss(texts))
    own = texts.named.of_rows("label")[:, None] == texts.names.of_rows("label")[None, :]
    assert (own.sum(1) == 1).all()  # each text has its own label among the names, once
    assert len(set(texts.names.of_rows("set").tolist())) == 1


def test_neighbors_are_the_nearest(vector_lesson: vectors.VectorLesson) -> None:
    """Of vectors that are far apart, each is its own nearest, and another the second."""
    one, generator = vector_lesson, torch.Generator().manual_seed(6)
    one.said = torch.randn(len(one.kinds), 8, generator=generator)
    one.said = torch.nn.functional.normalize(one.said, dim=1)
    one._neighbors()
    source = one.given.rows.of_rows["source"]
    clean = np.flatnonzero((one.kinds == vectors.SENTENCES) & (source == np.arange(len(source))))
    for itself, second in one.near[:, :2]:
        cosines = (one.said[torch.from_numpy(clean)] @ one.said[int(itself)]).numpy()
        assert list(clean[np.argsort(-cosines)][:2]) == [itself, second]


def test_gaps_are_words_and_mostly_such_that_mean_something(word_lesson: words.WordLesson) -> None:
    torch.manual_seed(1)
    grammar, content = 1996, 20_000
    ids = torch.tensor([CLS, *[grammar, content] * 8, SEP, *[PAD] * 6]).repeat(400, 1)
    is_gap = word_lesson._gaps(ids, 8)
    assert (is_gap.sum(1) == ids.shape[1] // 8).all()
    assert set(ids[is_gap].tolist()) == {grammar, content}
    assert (ids[is_gap] == content).float().mean() > 0.65
    nothing = torch.tensor([[CLS, SEP, PAD, PAD]])
    assert not word_lesson._gaps(nothing, 2).any()


def test_what_is_hidden_from_the_teacher(word_lesson: words.WordLesson) -> None:
    torch.manual_seed(1)
    ids = torch.full((50, 64), 2500)
    is_gap = torch.zeros_like(ids, dtype=torch.bool)
    is_gap[:, ::2] = True
    noisy = word_lesson._noisy(ids, is_gap)
    assert (noisy[~is_gap] == 2500).all()
    hidden = noisy[is_gap]
    masked, kept = (hidden == MASK).float().mean(), (hidden == 2500).float().mean()
    assert abs(masked - 0.8) < 0.04
    assert abs(kept - 0.1) < 0.04


def test_the_word_that_stood_there_counts_beside_the_teacher(
    word_lesson: words.WordLesson,
) -> None:
    one = word_lesson
    batch = one.pool.batch(np.flatnonzero(one.kinds == WORDS.index("home"))[:6])

    class Sure:
        """A teacher that always says the same word."""

        def __call__(self, ids: Any, inside: Any, is_wanted: Any) -> Any:
            logits = torch.zeros(int(is_wanted.sum()), RECIPE.shape.vocabulary)
            logits[:, 2500] = 1e4
            return logits

    torch.manual_seed(3)
    found = one.loss(batch, cast(Any, Sure()))
    torch.manual_seed(3)
    is_gap = one._gaps(batch.ids, RECIPE.masking.gap_every)
    hidden = one.head(one.encoder(batch.ids.masked_fill(is_gap, MASK), batch.inside)[is_gap])
    said = (hidden @ one.encoder.table.T + one.head.bias).log_softmax(1)
    gold = said.gather(1, batch.ids[is_gap][:, None])
    expected = -said[:, 2500].mean() - RECIPE.losses.guess_gold * gold.mean()
    assert torch.allclose(found, expected, atol=0.02)


def test_both_are_learned_to_the_end(
    vector_lesson: vectors.VectorLesson, word_lesson: words.WordLesson
) -> None:
    for one in (vector_lesson, word_lesson):
        found = one.learn()
        assert found["steps"] == 3
        assert "table" not in found["encoder"]
        assert set(found["head"]) == set(one.head.state_dict())


def test_kinds_that_are_mixed_are_those_that_are_named(word_lesson: words.WordLesson) -> None:
    """The shares of the recipe are in the order of kinds; text is only the teacher's."""
    assert len(RECIPE.pooled.word_shares) == WORDS.index("text")
    mix = word_lesson.mix(RECIPE.pooled.word_shares, 8)
    kinds = {int(k) for b in itertools.islice(mix, 30) for k in b.of_rows("kind")}
    assert kinds == {0, 1, 2}
