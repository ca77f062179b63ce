"""Large batches of rows that are written beforehand: their shares, targets, steps and means."""

from __future__ import annotations

import dataclasses
import itertools
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from training.model import checkpoints  # noqa: E402
from training.model.batches import Row, padded  # noqa: E402
from training.model.network import Head, Linear, new_encoder  # noqa: E402
from training.pooled import classes, device, learn, lesson, tokens  # noqa: E402
from training.pooled.rows import Mix, Pool, Rows, rows_of  # noqa: E402
from training.recipe import Optimizer, Recipe, Tuning, miniature  # noqa: E402
from training.stages.alone import shift_label  # noqa: E402
from training.stages.pooled import tune_pooled  # noqa: E402

CPU = torch.device("cpu")


def some_rows(count: int = 60) -> list[Row]:
    r = random.Random(5)
    return [Row([101, *r.choices(range(1000, 1100), k=r.randint(1, 9)), 102], 0)
            for _ in range(count)]  # fmt: skip


def pool_of(rows: list[Row], **of_rows: Any) -> Pool:
    return Pool(rows_of(rows, of_rows, {}), CPU)


def test_rows_come_back_from_a_file(tmp_path: Path) -> None:
    rows = some_rows(5)
    tags = np.arange(sum(len(row.ids) for row in rows), dtype=np.int16)
    rows_of(rows, {"kind": np.arange(5)}, {"target": tags}).save(tmp_path / "new/rows.npz")
    found = Rows.load(tmp_path / "new/rows.npz")
    assert found.lengths.tolist() == [len(row.ids) for row in rows]
    assert found.ids[found.starts[3] : found.starts[4]].tolist() == rows[3].ids
    assert found.of_rows["kind"].tolist() == [0, 1, 2, 3, 4]
    assert found.of_ids["target"].tolist() == tags.tolist()


def test_a_batch_is_the_same_as_one_padded_row_by_row() -> None:
    rows = some_rows()
    pool = Pool(rows_of(rows, {}, {"at": np.arange(sum(len(r.ids) for r in rows)) + 1}), CPU)
    chosen = np.array([7, 59, 0, 7])
    batch = pool.batch(chosen)
    ids, mask, _ = padded([rows[i] for i in chosen])
    assert torch.equal(batch.ids, ids)
    assert torch.equal(batch.inside.long(), mask)
    assert torch.equal(batch.of_ids("at") > 0, batch.inside)
    assert torch.equal(pool.ids[batch.places].long(), batch.ids[batch.inside])


def test_unsigned_numbers_are_kept() -> None:
    large = np.full(3, 65_535, np.uint16)
    assert pool_of(some_rows(3), context=large).of_rows["context"].tolist() == [65_535] * 3


def test_kinds_come_in_their_shares_and_rows_of_like_length_together() -> None:
    lengths = np.tile(np.arange(2, 42), 25)
    kinds = np.repeat([0, 1, 2, 3], [100, 800, 50, 50])
    mix = Mix(lengths, kinds, (0.5, 0.25, 0.25), 20, seed=3, batches=40)
    batches = list(itertools.islice(mix.forever(), 80))
    drawn = np.concatenate(batches)
    assert np.bincount(kinds[drawn], minlength=4).tolist() == [800, 400, 400, 0]
    assert {len(batch) for batch in batches} == {20}
    assert max(np.ptp(lengths[batch]) for batch in batches) < 10
    some = np.bincount(drawn[kinds[drawn] == 0], minlength=1000)
    assert some[:100].tolist() == [8] * 100  # each before any comes again
    others = drawn[kinds[drawn] == 1]
    assert len(set(others)) == 400  # of 800, and not the first ones
    assert max(others) > 700


def test_a_kind_without_rows_leaves_its_share_to_the_others() -> None:
    mix = Mix(np.full(10, 5), np.zeros(10, int), (0.3, 0.7), 5, seed=1, batches=2)
    assert sorted(np.concatenate(list(itertools.islice(mix.forever(), 2)))) == list(range(10))


def test_labels_that_no_target_names_share_what_is_left() -> None:
    where = np.array([[2, 0, 0], [0, 3, 0], [1, 0, 0]], np.uint8)
    how = np.array([[255, 0, 0], [102, 51, 0], [0, 0, 0]], np.uint8)
    batch = pool_of(some_rows(3), where=where, how=how).batch(np.arange(3))
    found = classes.dense(batch, 4)
    expected = [[0, 0, 1, 0], [0.5, 0.1, 0.1, 0.3], [0.25] * 4]
    assert torch.allclose(found, torch.tensor(expected), atol=1e-6)


def test_neither_ends_nor_padding_are_hidden() -> None:
    ids, _, _ = padded(some_rows())
    torch.manual_seed(1)
    hidden = lesson.with_hidden(ids, 1.0)
    is_word = (ids != 0) & (ids != 101) & (ids != 102)
    assert (hidden[is_word] == 103).all()
    assert torch.equal(hidden[~is_word], ids[~is_word])


def trained(seconds: float, average: float) -> tuple[Any, int, list[float]]:
    torch.manual_seed(2)
    layer = torch.nn.Linear(4, 1)
    x = torch.randn(64, 4)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]])
    logged: list[float] = []
    steps = device.train(
        [layer],
        0.1,
        lambda: ((layer(x) - y) ** 2).mean(),
        200,
        seconds,
        Optimizer(fused=False, decay=0.0),
        lambda _, loss: logged.append(loss),
        50,
        is_quantized_at_last=True,
        average=average,
    )
    return layer, steps, logged


@pytest.mark.parametrize("average", [0.0, 0.5])
def test_steps_end_by_number(average: float) -> None:
    layer, steps, logged = trained(float("inf"), average)
    assert steps == 200
    assert len(logged) == 4
    assert logged[-1] < 0.05 * logged[0]
    assert abs(layer.weight[0, 3].item() - 3) < 0.2


def test_the_last_steps_are_in_the_engines_arithmetic() -> None:
    layer, seen = Linear(4, 1), []

    def loss() -> Any:
        seen.append(layer.quantized)
        return layer(torch.ones(1, 4)).sum()

    numbers = Optimizer(fused=False, exact=0.7)
    device.train(
        [layer], 0.1, loss, 10, float("inf"), numbers, print, 99, is_quantized_at_last=True
    )
    assert seen == [False] * 7 + [True] * 3


def test_steps_end_by_time_too() -> None:
    assert trained(1e-9, 0.0)[1] == 0


def test_the_mean_lies_between_what_steps_made() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(0.0)
    mean = device.Average([layer], 0.75)
    layer.weight.data.fill_(4.0)
    mean.add()
    mean.put()
    assert layer.weight.item() == 1.0


def test_a_frozen_table_is_left_out_of_a_state() -> None:
    encoder = new_encoder(miniature().shape)
    assert "table" not in device.own_state(encoder)
    assert "positions" in device.own_state(encoder)


def given(rows: Rows, task: str, labels: int, kind: str) -> lesson.Given:
    recipe = miniature()
    encoder, head = new_encoder(recipe.shape), Head(kind, recipe.shape, labels)
    start = {"encoder": device.own_state(encoder), "head": head.state_dict()}
    table, nowhere = encoder.table.detach(), Path("nowhere")
    budget = lesson.Budget(3)
    return lesson.Given(task, recipe, rows, start, table, nowhere, CPU, budget, 1e-3, print)


class FirstId:
    """A teacher that calls a token by what its sentence's second id is."""

    def __call__(self, batch: Any) -> Any:
        which = batch.ids[:, 1] % 3
        return (
            99 * torch.nn.functional.one_hot(which, 3)[:, None].expand(*batch.ids.shape, 3).float()
        )


def test_parts_of_sentences_are_labeled_as_they_are_in_the_whole() -> None:
    whole = [Row([101, 1001, 1005, 1006, 102], 0), Row([101, 1002, 1007, 102], 0)]
    part = Row([101, 1001, 1005, 102], 0)
    gold = Row([101, 1003, 102], 0)
    every = [gold, *whole, part]
    kinds, sources = np.array([0, 1, 1, 1], np.uint8), np.array([0, 1, 2, 1], np.int32)
    target = np.zeros(sum(len(row.ids) for row in every), np.int16)
    rows = rows_of(every, {"kind": kinds, "source": sources}, {"target": target})
    one = tokens.TokenLesson(given(rows, "pos", 3, "tokens"))
    one._label(FirstId())
    said = one.pool.of_ids["said"]
    assert said[:3].sum() == 0  # gold is not labeled
    assert (said[3:8].argmax(1) == 1001 % 3).all()
    assert (said[8:12].argmax(1) == 1002 % 3).all()
    assert (said[12:].argmax(1) == 1001 % 3).all()
    assert torch.isfinite(one.loss(one.pool.batch(np.arange(4))))
    assert torch.isfinite(one.loss(one.pool.batch(np.array([1, 2]))))  # without gold


def class_rows() -> Rows:
    rows = some_rows(8)
    source = np.arange(8, dtype=np.int32)
    source[5] = 4  # the same text with slips
    where = np.zeros((8, 2), np.uint8)
    how = np.zeros((8, 2), np.uint8)
    how[:, 0] = 255
    kinds = np.array([0, 0, 1, 1, 2, 2, 3, 3], np.uint8)
    return rows_of(rows, {"kind": kinds, "where": where, "how": how, "source": source}, {})


def test_a_text_with_slips_is_answered_as_it_was_without_them() -> None:
    one = classes.ClassLesson(given(class_rows(), "intent", 4, "classes"))
    one._label(None)
    said = one.pool.of_rows["said"].float()
    assert torch.equal(said[4], said[5])
    assert abs(said[4].sum() - 1) < 0.02
    assert said[:4].abs().sum() == said[6:].abs().sum() == 0
    everything = one.pool.batch(np.arange(6))
    logits = one._logits(one.encoder, one.head, everything, everything.ids)
    wanted = classes.dense(everything, 4)
    smoothing = one.recipe.losses.label_smoothing
    wanted[:2] = (1 - smoothing) * wanted[:2] + smoothing / 4
    wanted[4:] = said[4:6]
    expected = -(wanted * logits.log_softmax(1)).sum(1).mean()
    nothing_hidden = dataclasses.replace(one.recipe.losses, hidden_words=0.0)
    one.recipe = dataclasses.replace(one.recipe, losses=nothing_hidden)
    assert torch.allclose(one.loss(everything), expected, atol=1e-5)


def test_another_machine_needs_neither_the_package_nor_the_sets() -> None:
    code = "import sys; sys.modules['bertlite_fast'] = None; import training.pooled.__main__"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


def test_a_task_without_such_a_tuning_is_named() -> None:
    for name in ("ten/ner", "nine/qa", "intent"):
        with pytest.raises(ValueError, match=f"no tuning {name} from rows written beforehand"):
            learn.tuning_of(Recipe(), name)
    assert learn.tuning_of(Recipe(), "ten/intent").label_shift == ("none", -0.3)


def test_a_label_is_shifted_and_no_other() -> None:
    head = {"out.bias": torch.zeros(3), "out.weight": torch.ones(3, 2)}
    assert shift_label(head, 1, -0.5)["out.bias"].tolist() == [0, -0.5, 0]
    assert head["out.bias"].tolist() == [0, 0, 0]


def test_what_was_learned_elsewhere_is_taken(tmp_path: Path) -> None:
    """The mean with the start, on the start's table, and its labels."""
    from training.recipe import Pass
    from training.release.outputs import Outputs
    from training.stages.run import Run

    recipe = miniature()
    run = Run(tmp_path, tmp_path / "run", recipe, Outputs.folder(tmp_path / "outputs"))
    begun, other = new_encoder(recipe.shape), new_encoder(recipe.shape)
    head = Head("classes", recipe.shape, 2).state_dict()
    state = {"encoder": begun.state_dict(), "head": head, "labels": ["none", "open"], "kind": "x"}
    checkpoints.save(state, run.tuned_file("nine/intent"))
    learned = {"encoder": device.own_state(other), "head": head, "steps": 7}
    checkpoints.save(learned, run.pools / "learned/ten/intent.pt")
    earlier = new_encoder(recipe.shape)
    checkpoints.save(state | {"encoder": earlier.state_dict()}, run.tuned_file("eight/intent"))
    tuning = Tuning("intent", 7, 1e-3, start="nine/intent", mean=True, mean_share=0.25,
                    pooled=True, label_shift=("open", 2.0))  # fmt: skip
    tune_pooled(run, Pass("ten", "again", (tuning,)), tuning)
    found = checkpoints.load(run.tuned_file("ten/intent"))
    assert torch.equal(found["encoder"]["table"], begun.table)
    name = "layers.1.wide.weight"
    expected = 0.25 * begun.state_dict()[name] + 0.75 * other.state_dict()[name]
    assert torch.allclose(found["encoder"][name], expected)
    assert torch.allclose(found["head"]["out.bias"], head["out.bias"] + torch.tensor([0.0, 2.0]))
    assert found["labels"] == ["none", "open"]
    mixed = dataclasses.replace(tuning, mixed=("eight/intent", 0.4))
    tune_pooled(run, Pass("ten", "again", (mixed,)), mixed)
    found = checkpoints.load(run.tuned_file("ten/intent"))
    expected = 0.4 * earlier.state_dict()[name] + 0.6 * expected
    assert torch.allclose(found["encoder"][name], expected)
