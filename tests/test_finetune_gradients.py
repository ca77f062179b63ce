"""The training core beside torch: gradients of every layer and loss, AdamW, determinism."""

from __future__ import annotations

import platform
import random
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import bertlite_fast as bf
from bertlite_fast._native import active_isa
from bertlite_fast._training import Texts, Trainer, schedule_share, shuffled

SHAPES = {
    # hidden, heads, intermediate, layers, activation, labels
    "padded": (40, 2, 56, 2, "gelu", 3),
    "whole": (64, 2, 256, 2, "gelu", 5),
    "tanh": (32, 4, 48, 1, "gelu_new", 2),
    "relu": (48, 3, 80, 3, "relu", 17),
    "silu": (32, 4, 48, 1, "silu", 2),
    "quick": (32, 4, 48, 1, "quick_gelu", 2),
}
VOCABULARY = 90


def made(folder: Path, shape: str, kind: str = "SequenceClassification") -> Any:
    hidden, heads, intermediate, layers, activation, labels = SHAPES[shape]
    labels = 2 if kind == "QuestionAnswering" else labels
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, num_attention_heads=heads,
        intermediate_size=intermediate, num_hidden_layers=layers, hidden_act=activation,
        max_position_embeddings=32, num_labels=labels, initializer_range=0.2,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )  # fmt: skip
    model = getattr(transformers, f"BertFor{kind}")(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias") or "LayerNorm" in name:
                p.add_(torch.randn_like(p) * 0.2)
    model.save_pretrained(folder)
    return model.train()


def some_texts(labels: int, count: int = 7, seed: int = 1) -> tuple[Any, ...]:
    choose = random.Random(seed)
    rows = [[choose.randrange(1, VOCABULARY) for _ in range(choose.randint(2, 23))]
            for _ in range(count)]  # fmt: skip
    types = [[int(i > len(row) // 2) for i in range(len(row))] for row in rows]
    return rows, types, [choose.randrange(labels) for _ in rows]


def tensors_of(rows: list[list[int]], types: list[list[int]]) -> dict[str, Any]:
    longest = max(map(len, rows))
    pad = [[0] * (longest - len(row)) for row in rows]
    return {
        "input_ids": torch.tensor([row + p for row, p in zip(rows, pad)]),
        "token_type_ids": torch.tensor([row + p for row, p in zip(types, pad)]),
        "attention_mask": torch.tensor([[1] * len(row) + p for row, p in zip(rows, pad)]),
    }


def opened(folder: Path, labels: int, texts: list[list[int]], **options: Any) -> Trainer:
    model = bf.Model(folder, "encoder", precision="fp32")
    return Trainer(model, labels=labels, tokens=sum(map(len, texts)), texts=len(texts),
                   length=max(map(len, texts)), **options)  # fmt: skip


def compare(
    trainer: Trainer,
    model: Any,
    part: str,
    least: float = 1e-4,
    without_effect: tuple[str, ...] = ("key.bias",),
) -> int:
    """Every tensor that is trained; how many there are."""
    parameters = dict(model.named_parameters())
    compared = 0
    for name, shape, is_trained in trainer.tensors():
        if not is_trained:
            continue
        wanted = parameters[name].grad if part == "gradient" else parameters[name]
        if wanted is None:
            wanted = torch.zeros_like(parameters[name])
        found = np.frombuffer(trainer.read(name, gradient=part == "gradient"), np.float32)
        wanted = wanted.detach().numpy()
        size = max(np.abs(wanted).max(), 1e-6)
        away = np.abs(found.reshape(shape) - wanted).max() / size
        # where something has no effect, its true gradient is 0, and what is found is rounding
        limit = 1.0 if name.endswith(without_effect) else least
        assert away <= limit, f"{name}: {away:.2e}"
        compared += 1
    return compared


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("trained", ["head", "encoder", "all"])
def test_gradients_are_those_of_autograd(shape: str, trained: str, tmp_path: Path) -> None:
    model, labels = made(tmp_path, shape), SHAPES[shape][-1]
    rows, types, wanted = some_texts(labels)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    trainer = opened(tmp_path, labels, rows, trained=trained)
    loss = trainer.step(texts, range(len(rows)), number=0, rate=0.0, last=False)
    expected = model(**tensors_of(rows, types), labels=torch.tensor(wanted)).loss
    expected.backward()
    assert abs(loss - expected.item()) <= 1e-5 * abs(expected.item())
    count = compare(trainer, model, "gradient")
    everything = len(list(model.named_parameters()))
    assert count == {"head": 4, "encoder": everything - 5, "all": everything}[trained]


@pytest.mark.parametrize("option", ["smoothing", "weights", "both", "several", "regression"])
def test_losses_are_those_of_torch(option: str, tmp_path: Path) -> None:
    model = made(tmp_path, "whole")
    rows, types, wanted = some_texts(5)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    targets = [[float((i * 7 + c * 3) % 4 == 0) for c in range(5)] for i in range(len(rows))]
    weights = [0.5, 2.0, 1.0, 0.25, 3.0]
    options: dict[str, Any] = {}
    logits = model(**tensors_of(rows, types)).logits
    if option in ("several", "regression"):
        texts.set_targets(targets)
        options["loss"] = "several_labels" if option == "several" else option
        criterion = (torch.nn.BCEWithLogitsLoss if option == "several" else torch.nn.MSELoss)()
        expected = criterion(logits, torch.tensor(targets))
    else:
        smoothing = 0.0 if option == "weights" else 0.1
        options["smoothing"] = smoothing
        if option != "smoothing":
            options["class_weights"] = weights
        tensor = None if option == "smoothing" else torch.tensor(weights)
        expected = torch.nn.functional.cross_entropy(
            logits, torch.tensor(wanted), weight=tensor, label_smoothing=smoothing
        )
    expected.backward()
    trainer = opened(tmp_path, 5, rows, **options)
    loss = trainer.step(texts, range(len(rows)), number=0, rate=0.0, last=False)
    assert abs(loss - expected.item()) <= 1e-5 * abs(expected.item())
    compare(trainer, model, "gradient")


def test_gradients_from_the_mean_are_those_of_autograd(tmp_path: Path) -> None:
    model = made(tmp_path, "padded")
    rows, types, wanted = some_texts(3)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    trainer = opened(tmp_path, 3, rows, from_mean=True, trained="all")
    weight = np.frombuffer(trainer.read("classifier.weight"), np.float32).reshape(3, 40)
    given = tensors_of(rows, types)
    hidden = model.bert(**given).last_hidden_state
    mask = given["attention_mask"][..., None].float()
    mean = (hidden * mask).sum(1) / mask.sum(1)
    bias = np.frombuffer(trainer.read("classifier.bias"), np.float32)
    logits = mean @ torch.tensor(weight.copy()).T + torch.tensor(bias.copy())
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(wanted))
    expected.backward()
    loss = trainer.step(texts, range(len(rows)), number=0, rate=0.0, last=False)
    assert abs(loss - expected.item()) <= 1e-5 * abs(expected.item())
    parameters = dict(model.named_parameters())
    for name, shape, _ in trainer.tensors():
        if name.startswith("classifier") or name.endswith("key.bias"):
            continue
        grad = parameters[name].grad.numpy()
        found = np.frombuffer(trainer.read(name, gradient=True), np.float32).reshape(shape)
        assert np.abs(found - grad).max() <= 1e-4 * np.abs(grad).max(), name


@pytest.mark.parametrize("threads", [1, 2])
def test_contrastive_gradients_are_those_of_autograd(threads: int, tmp_path: Path) -> None:
    model = made(tmp_path, "padded")
    rows, types, _ = some_texts(3, count=19)
    wanted = [i % 6 for i in range(18)] + [6]  # the last label has one text only
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    trainer = opened(tmp_path, 7, rows, from_mean=True, trained="all", loss="contrastive",
                     temperature=0.2, threads=threads)  # fmt: skip
    given = tensors_of(rows, types)
    mask = given["attention_mask"][..., None].float()
    mean = (model.bert(**given).last_hidden_state * mask).sum(1) / mask.sum(1)
    unit = torch.nn.functional.normalize(mean)
    scores = (unit @ unit.T / 0.2).masked_fill(torch.eye(19).bool(), -1e30).log_softmax(1)
    same = torch.tensor([[float(a == b) for a in wanted] for b in wanted]) - torch.eye(19)
    count = same.sum(1)
    expected = (-(scores * same).sum(1) / count.clamp(min=1)).sum() / 19
    expected.backward()
    loss = trainer.step(texts, range(19), number=0, rate=0.0, last=False)
    assert abs(loss - expected.item()) <= 1e-5 * abs(expected.item())
    parameters = dict(model.named_parameters())
    for name, shape, _ in trainer.tensors():
        if name.startswith("classifier") or name.endswith("key.bias"):
            continue
        grad = parameters[name].grad.numpy()
        found = np.frombuffer(trainer.read(name, gradient=True), np.float32).reshape(shape)
        assert np.abs(found - grad).max() <= 1e-4 * np.abs(grad).max(), name


def compare_all(trainer: Trainer, model: Any, *without_effect: str) -> None:
    """Every tensor of the encoder and the head: a trainer of these trains all."""
    parameters = {n: p for n, p in model.named_parameters() if "pooler" not in n}
    assert {name for name, _, _ in trainer.tensors()} == set(parameters)
    without_effect = ("key.bias", *without_effect)
    compared = compare(trainer, model, "gradient", without_effect=without_effect)
    assert compared == len(parameters)


@pytest.mark.parametrize("shape", ["padded", "whole"])
@pytest.mark.parametrize("option", ["plain", "smoothing", "weights"])
def test_gradients_of_token_labels_are_those_of_autograd(
    shape: str, option: str, tmp_path: Path
) -> None:
    model, labels = made(tmp_path, shape, "TokenClassification"), SHAPES[shape][-1]
    rows, types, _ = some_texts(labels)
    choose = random.Random(6)
    wanted = [[choose.choice([-1, choose.randrange(labels)]) for _ in row] for row in rows]
    wanted[2] = [-1] * len(rows[2])  # a text that teaches nothing
    texts = Texts(rows, types)
    texts.set_token_labels(wanted)
    smoothing = 0.1 if option == "smoothing" else 0.0
    weights = [1 + i % 4 / 2 for i in range(labels)] if option == "weights" else None
    trainer = opened(tmp_path, labels, rows, head="token", trained="all", smoothing=smoothing,
                     class_weights=weights, threads=2)  # fmt: skip
    loss = trainer.step(texts, range(len(rows)), number=0, rate=0.0, last=False)
    logits = model(**tensors_of(rows, types)).logits
    padded = [[-100 if tag < 0 else tag for tag in row] + [-100] * (logits.shape[1] - len(row))
              for row in wanted]  # fmt: skip
    expected = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), torch.tensor(padded).flatten(), label_smoothing=smoothing,
        weight=None if weights is None else torch.tensor(weights),
    )  # fmt: skip
    expected.backward()
    assert abs(loss - expected.item()) <= 1e-5 * abs(expected.item())
    compare_all(trainer, model)
    found, evaluated = trainer.evaluate(texts)
    assert abs(evaluated - expected.item()) < 1  # a mean of batches' means
    best = trainer.best(texts)
    for row, values, labels_of_row, tensor in zip(rows, found, best, logits):
        assert len(values) == len(labels_of_row) == len(row)
        assert np.abs(np.array(values) - tensor[: len(row)].detach().numpy()).max() < 1e-4
        assert labels_of_row == np.argmax(values, axis=1).tolist()


def test_gradients_of_spans_are_those_of_autograd(tmp_path: Path) -> None:
    model = made(tmp_path, "whole", "QuestionAnswering")
    rows, types, _ = some_texts(2)
    choose = random.Random(8)
    spans = [sorted((choose.randrange(len(row)), choose.randrange(len(row)))) for row in rows]
    spans[0] = [0, 0]  # no answer
    texts = Texts(rows, types)
    texts.set_spans([(a, b) for a, b in spans])
    trainer = opened(tmp_path, 2, rows, head="answer", loss="span", trained="all", threads=2)
    loss = trainer.step(texts, range(len(rows)), number=0, rate=0.0, last=False)
    # transformers' loss has the padding among its labels; with a mask it does not
    given = tensors_of(rows, types)
    found = model(**given)
    hidden = given["attention_mask"] == 0
    starts, ends = torch.tensor(spans).T
    cross_entropy = torch.nn.functional.cross_entropy
    expected = (cross_entropy(found.start_logits.masked_fill(hidden, -1e30), starts)
                + cross_entropy(found.end_logits.masked_fill(hidden, -1e30), ends)) / 2  # fmt: skip
    expected.backward()
    assert abs(loss - expected.item()) <= 1e-5 * abs(expected.item())
    # what all of a text's tokens have in common changes no softmax over them
    compare_all(trainer, model, "qa_outputs.bias", "layer.1.output.LayerNorm.bias")


@pytest.mark.parametrize("shape", ["padded", "tanh"])
def test_gradients_of_masked_words_are_those_of_autograd(shape: str, tmp_path: Path) -> None:
    model = made(tmp_path, shape, "MaskedLM")
    rows, types, _ = some_texts(2, count=12)
    choose = random.Random(6)
    wanted = [[choose.choice([-1, -1, choose.randrange(VOCABULARY)]) for _ in row] for row in rows]
    texts = Texts(rows, types)
    texts.set_token_labels(wanted)
    start = bf.Model(tmp_path, "masked-lm", precision="fp32")
    options: dict[str, Any] = {"head": "word", "labels": VOCABULARY, "texts": 12,
                               "tokens": sum(map(len, rows)), "length": 23}  # fmt: skip
    trainer = Trainer(start, threads=2, **options)
    loss = trainer.step(texts, range(12), number=0, rate=0.0, last=False)
    logits = model(**tensors_of(rows, types)).logits
    padded = [[-100 if tag < 0 else tag for tag in row] + [-100] * (logits.shape[1] - len(row))
              for row in wanted]  # fmt: skip
    expected = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), torch.tensor(padded).flatten()
    )
    expected.backward()
    assert abs(loss - expected.item()) <= 1e-5 * abs(expected.item())
    assert compare(trainer, model, "gradient") == len(list(model.named_parameters())) - 6
    assert abs(trainer.loss(texts, range(12)) - loss) < 1e-6 * loss
    for wrong in ({"trained": "all"}, {"labels": 3}, {"loss": "span"}):
        with pytest.raises(bf.InputError):
            Trainer(start, **{**options, **wrong})
    with pytest.raises(bf.InputError):
        trainer.evaluate(texts)


@pytest.mark.parametrize("loss", ["cosine", "triplet"])
def test_gradients_between_vectors_are_those_of_autograd(loss: str, tmp_path: Path) -> None:
    model = made(tmp_path, "padded")
    rows, types, _ = some_texts(3, count=12)
    texts = Texts(rows, types)
    trainer = opened(tmp_path, 1, rows, head="none", from_mean=True, trained="all", loss=loss,
                     margin=0.05, threads=2)  # fmt: skip
    given = tensors_of(rows, types)
    mask = given["attention_mask"][..., None].float()
    mean = (model.bert(**given).last_hidden_state * mask).sum(1) / mask.sum(1)
    unit = torch.nn.functional.normalize(mean)
    if loss == "cosine":
        scores = [0.1 * i for i in range(6)]
        texts.set_targets([[scores[i // 2]] for i in range(12)])
        expected = ((unit[::2] * unit[1::2]).sum(1) - torch.tensor(scores)).square().mean()
    else:
        away = (unit[::3] * (unit[2::3] - unit[1::3])).sum(1) + 0.05
        assert (away > 0).any() and (away < 0).any()
        expected = away.clamp(min=0).mean()
    expected.backward()
    found = trainer.step(texts, range(12), number=0, rate=0.0, last=False)
    assert abs(found - expected.item()) <= 1e-5 * abs(expected.item())
    for part in ("pooler", "classifier"):
        assert not any(part in name for name, _, _ in trainer.tensors())
    compare(trainer, model, "gradient")
    with pytest.raises(bf.InputError, match="texts at a time"):
        trainer.step(texts, range(11), number=0, rate=0.0, last=False)


def test_heads_and_losses_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    made(tmp_path, "padded")
    rows, types, _ = some_texts(3)
    for wrong in ({"head": "token", "loss": "regression"}, {"head": "answer"}, {"head": "none"},
                  {"loss": "span"}, {"head": "none", "loss": "cosine"},
                  {"head": "token", "loss": "contrastive", "from_mean": True}):  # fmt: skip
        with pytest.raises(bf.InputError):
            opened(tmp_path, 2, rows, **wrong)
    trainer = opened(tmp_path, 3, rows, head="token")
    texts = Texts(rows, types)
    with pytest.raises(bf.InputError, match="as many labels"):
        texts.set_token_labels([[0]] * len(rows))
    texts.set_token_labels([[3] * len(row) for row in rows])
    with pytest.raises(bf.InputError, match="label 0 is 3"):
        trainer.step(texts, range(2), number=0, rate=0.0)
    with pytest.raises(bf.InputError):
        trainer.vectors(texts)
    answers = opened(tmp_path, 2, rows, head="answer", loss="span")
    texts.set_spans([(0, len(row)) for row in rows])
    with pytest.raises(bf.InputError, match="label 1"):
        answers.step(texts, range(2), number=0, rate=0.0)


@pytest.mark.parametrize("trained", ["encoder", "all"])
def test_gradients_are_the_loss_slopes(trained: str, tmp_path: Path) -> None:
    """With dropout, whose choices a step's number fixes: the loss a little further each way."""
    made(tmp_path, "whole")
    rows, types, wanted = some_texts(5, count=4)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    dropout = {"hidden_dropout": 0.2, "attention_dropout": 0.2, "classifier_dropout": 0.2}
    trainer = opened(tmp_path, 5, rows, trained=trained, **dropout)

    def loss() -> float:
        return float(trainer.step(texts, range(4), number=9, rate=0.0, last=False))

    loss()
    choose = random.Random(5)
    tensors = [name for name, _, is_trained in trainer.tensors()
               if is_trained and not name.endswith("key.bias")]  # fmt: skip
    gradients = {n: np.frombuffer(trainer.read(n, gradient=True), np.float32) for n in tensors}
    checked = 0
    for name in tensors:
        values = np.frombuffer(trainer.read(name), np.float32).copy()
        gradient = gradients[name]
        direction = np.array([choose.gauss(0, 1) for _ in values], np.float32)
        direction *= np.abs(gradient) > 0  # rows of the table that no text has are not trained
        step = 2e-3 / max(1.0, float(np.linalg.norm(direction)))
        around = []
        for sign in (1, -1):
            trainer.write(name, (values + sign * step * direction).tobytes())
            around.append(loss())
        trainer.write(name, values.tobytes())
        slope = (around[0] - around[1]) / (2 * step)
        wanted_slope = float(gradient @ direction)
        scale = float(np.linalg.norm(gradient) * np.linalg.norm(direction))
        assert abs(slope - wanted_slope) <= 0.02 * scale + 1e-3, name
        checked += 1
    assert checked == len(tensors) > 30


@pytest.mark.parametrize("trained", ["head", "encoder", "all"])
def test_a_run_follows_torch(trained: str, tmp_path: Path) -> None:
    """100 steps with warm-up, linear decay, clipping and weight decay.

    Rows of the table are updated only in steps that have them, so with "all" every step has all.
    """
    model, labels = made(tmp_path, "whole"), 5
    rows, types, wanted = some_texts(labels, count=40, seed=2)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    trainer = opened(tmp_path, labels, rows[:40], trained=trained, decay=0.01, clip=1.0)
    chosen = {name for name, _, is_trained in trainer.tensors() if is_trained}
    named = [(n, p) for n, p in model.named_parameters() if n in chosen]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in named if _decays(n)], "weight_decay": 0.01},
            {"params": [p for n, p in named if not _decays(n)], "weight_decay": 0.0},
        ],
        lr=1e-3,
    )
    losses: list[tuple[float, float]] = []
    for number in range(100):
        count = 40 if trained == "all" else 8
        batch = [(number * 8 + i) % 40 for i in range(count)]
        rate = 1e-3 * schedule_share("linear", number, 10, 100)
        found = trainer.step(texts, batch, number=number, rate=rate)
        for group in optimizer.param_groups:
            group["lr"] = rate
        given = tensors_of([rows[i] for i in batch], [types[i] for i in batch])
        expected = model(**given, labels=torch.tensor([wanted[i] for i in batch])).loss
        optimizer.zero_grad()
        expected.backward()
        norm = torch.nn.utils.clip_grad_norm_([p for _, p in named], 1.0)
        assert abs(trainer.norm - norm.item()) <= 0.02 * norm.item() + 1e-3
        optimizer.step()
        losses.append((found, expected.item()))
    for found, wanted_loss in losses:
        assert abs(found - wanted_loss) <= 0.01 * wanted_loss + 1e-4
    assert losses[-1][0] < 0.9 * losses[0][0]


def _decays(name: str) -> bool:
    return not name.endswith("bias") and "LayerNorm" not in name


@pytest.mark.parametrize("shape", ["whole", "padded"])
def test_fused_products_differ_in_their_last_bits_only(shape: str, tmp_path: Path) -> None:
    made(tmp_path, shape)
    rows, types, wanted = some_texts(5, count=8)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    ends = []
    for options in ({}, {"fused": True}, {"fused": True, "threads": 3}):
        trainer = opened(tmp_path, 5, rows, trained="all", **options)
        losses = [trainer.step(texts, range(8), number=i, rate=1e-3) for i in range(5)]
        ends.append((losses, np.frombuffer(trainer.state(), np.float32)))
    assert ends[1][0] == ends[2][0] and (ends[1][1] == ends[2][1]).all()
    for exact, fused in zip(ends[0][0], ends[1][0]):
        assert abs(exact - fused) <= 1e-4 * exact
    if active_isa() == "avx512vnni" or platform.machine() in ("aarch64", "arm64"):
        assert (ends[0][1] != ends[1][1]).any()


def test_accumulated_batches_are_one(tmp_path: Path) -> None:
    made(tmp_path, "whole")
    rows, types, wanted = some_texts(5, count=8)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    whole = opened(tmp_path, 5, rows, trained="all")
    parts = opened(tmp_path, 5, rows, trained="all")
    whole.step(texts, range(8), number=0, rate=1e-3)
    parts.step(texts, range(4), number=0, rate=1e-3, scale=0.5, last=False)
    parts.step(texts, range(4, 8), number=1, rate=1e-3, scale=0.5, first=False)
    assert abs(whole.norm - parts.norm) <= 1e-5 * whole.norm
    for name, _, _ in whole.tensors():
        a, b = (np.frombuffer(t.read(name), np.float32) for t in (whole, parts))
        assert np.abs(a - b).max() <= 2e-3  # two steps' worth: signs of tiny gradients may differ


@pytest.mark.parametrize("trained", ["head", "encoder", "all"])
def test_the_bytes_do_not_depend_on_threads_or_instruction_set(
    trained: str, tmp_path: Path
) -> None:
    made(tmp_path, "padded")
    rows, types, wanted = some_texts(3, count=30)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    results = set()
    for isa in bf.available_isas():
        for threads in (1, 2, 3):
            trainer = opened(tmp_path, 3, rows, trained=trained, threads=threads, isa=isa, seed=4,
                             hidden_dropout=0.1, attention_dropout=0.1,
                             classifier_dropout=0.1, decay=0.01)  # fmt: skip
            losses = [
                trainer.step(texts, shuffled(30, seed=number)[:20], number=number, rate=1e-3)
                for number in range(5)
            ]
            results.add((tuple(losses), trainer.state(optimizer=True)))
    assert len(results) == 1
    other = opened(tmp_path, 3, rows, trained=trained, seed=5, hidden_dropout=0.1,
                   classifier_dropout=0.1)  # fmt: skip
    assert other.step(texts, range(20), number=0, rate=1e-3) not in {r[0][0] for r in results}


@pytest.mark.parametrize("task", ["token", "word", "span", "contrastive", "cosine", "triplet"])
def test_the_bytes_of_other_losses_do_not_depend_on_them(task: str, tmp_path: Path) -> None:
    made(tmp_path, "padded", "MaskedLM" if task == "word" else "SequenceClassification")
    rows, types, wanted = some_texts(3, count=30)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    texts.set_token_labels([[i % 4 - 1 for i in range(len(row))] for row in rows])
    texts.set_spans([(len(row) // 2, len(row) - 1) for row in rows])
    texts.set_targets([[i / 30] for i in range(30)])
    options: dict[str, Any] = {
        "token": {"head": "token", "labels": 3},
        "word": {"head": "word", "labels": VOCABULARY, "trained": "encoder"},
        "span": {"head": "answer", "loss": "span", "labels": 2},
    }.get(task, {"head": "none", "loss": task, "labels": 1, "from_mean": True})
    results = set()
    for isa in bf.available_isas():
        for threads in (1, 2, 3):
            trainer = opened(tmp_path, texts=rows, threads=threads, isa=isa,
                             hidden_dropout=0.1, attention_dropout=0.1, classifier_dropout=0.1,
                             **{"trained": "all", **options})  # fmt: skip
            losses = [
                trainer.step(texts, shuffled(30, seed=number)[:24], number=number, rate=1e-3)
                for number in range(4)
            ]
            results.add((tuple(losses), trainer.state(optimizer=True)))
    assert len(results) == 1


def test_a_state_goes_on_where_it_was_saved(tmp_path: Path) -> None:
    made(tmp_path, "whole")
    rows, types, wanted = some_texts(5, count=8)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    a = opened(tmp_path, 5, rows, trained="all")
    for number in range(3):
        a.step(texts, range(8), number=number, rate=1e-3)
    state = a.state(optimizer=True)
    b = opened(tmp_path, 5, rows, trained="all")
    b.load_state(state, optimizer=True)
    for trainer in (a, b):
        trainer.step(texts, range(8), number=3, rate=1e-3)
    assert a.state(optimizer=True) == b.state(optimizer=True)
    with pytest.raises(bf.InputError, match="another training"):
        b.load_state(state[:-4], optimizer=True)


def test_dropout_drops_its_share(tmp_path: Path) -> None:
    """Vectors of ones through a classifier of ones: logits count what was kept."""
    torch.manual_seed(0)
    made(tmp_path, "whole")
    rows = [[1, 2]] * 64
    trainer = opened(tmp_path, 5, rows, trained="head", from_mean=True, classifier_dropout=0.25)
    texts = Texts(rows)
    texts.set_labels([0] * 64)
    trainer.vectors(texts)
    clear = trainer.step(texts, range(64), number=0, rate=0.0, last=False)
    again = trainer.step(texts, range(64), number=0, rate=0.0, last=False)
    other = trainer.step(texts, range(64), number=1, rate=0.0, last=False)
    exact = trainer.evaluate(texts)[1]
    assert clear == again != other
    assert abs(clear - exact) < 0.2 * exact


def test_schedules_are_those_of_transformers() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    for kind in ("linear", "cosine", "constant"):
        name = "constant_with_warmup" if kind == "constant" else kind
        optimizer = torch.optim.SGD([parameter], lr=1.0)
        schedule = transformers.get_scheduler(name, optimizer, 7, 50)
        for step in range(50):
            assert abs(schedule_share(kind, step, 7, 50) - schedule.get_last_lr()[0]) < 1e-12
            optimizer.step()
            schedule.step()


def test_a_loss_that_is_not_finite_is_an_error(tmp_path: Path) -> None:
    made(tmp_path, "whole")
    rows, types, wanted = some_texts(5)
    texts = Texts(rows, types)
    texts.set_labels(wanted)
    trainer = opened(tmp_path, 5, rows)
    before = trainer.state()
    name = "bert.encoder.layer.0.output.dense.bias"
    trainer.write(name, np.full(64, np.nan, np.float32).tobytes())
    with pytest.raises(bf.InputError, match="lower learning rate"):
        trainer.step(texts, range(7), number=0, rate=1e-3)
    trainer.load_state(before)
    assert trainer.step(texts, range(7), number=0, rate=1e-3) > 0


def test_bad_batches_are_errors(tmp_path: Path) -> None:
    made(tmp_path, "whole")
    rows, types, _ = some_texts(5)
    trainer = opened(tmp_path, 5, rows)
    for ids, labels in (
        ([[1, VOCABULARY]], [0]),
        ([[1, -1]], [0]),
        ([[1]], [5]),
        ([[1] * 40], [0]),
    ):
        texts = Texts(ids)
        texts.set_labels(labels)
        with pytest.raises(bf.InputError):
            trainer.step(texts, [0], number=0, rate=1e-3)
    with pytest.raises(bf.InputError):
        trainer.step(Texts([[1]] * 8), range(8), number=0, rate=1e-3)
    with pytest.raises(bf.InputError):
        Texts(rows, types[:-1])
