"""Trainer under the name that transformers uses, and the guide that it was asked for with."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import pytest

import bertlite_fast as bf
from bertlite_fast import embedded

pytestmark = pytest.mark.skipif(not embedded.names(), reason="this build has no embedded models")
ROOT = Path(__file__).resolve().parent.parent
GUIDE = (Path(__file__).parent / "seed/finetuning.txt").read_text(encoding="utf-8")

TEXTS = [
    "turn on the fan",
    "switch off the light",
    "lights on",
    "open the door",
    "fan off",
    "purple ideas",
    "the cat slept",
    "once upon a time",
    "blue seven",
    "why not ask",
]
TARGETS = [1] * 5 + [0] * 5


@pytest.fixture(autouse=True)
def nothing_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "empty"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)


@pytest.fixture
def model() -> Any:
    with pytest.warns(UserWarning):
        return bf.BertForSequenceClassification.from_pretrained(
            embedded.path_of("base"), num_labels=2
        )


@pytest.fixture
def dataset() -> list[dict[str, Any]]:
    tokenizer = bf.BertTokenizer.from_pretrained(embedded.path_of("base"))
    rows = tokenizer(TEXTS, padding="max_length", max_length=16, truncation=True)
    return [
        {"input_ids": ids, "attention_mask": mask, "label": label}
        for ids, mask, label in zip(rows["input_ids"], rows["attention_mask"], TARGETS)
    ]


def arguments(folder: Path, **more: Any) -> bf.TrainingArguments:
    given: dict[str, Any] = {
        "num_train_epochs": 12, "per_device_train_batch_size": 4, "learning_rate": 2e-3,
        "save_strategy": "no", "logging_steps": 10, **more,
    }  # fmt: skip
    return bf.TrainingArguments(output_dir=str(folder / "out"), **given)


def predicted(model: Any, dataset: list[dict[str, Any]]) -> list[int]:
    ids = [row["input_ids"] for row in dataset]
    mask = [row["attention_mask"] for row in dataset]
    logits = model(ids, attention_mask=mask).logits
    return [row.index(max(row)) for row in logits.tolist()]


def test_the_model_is_trained_in_place(model: Any, dataset: Any, tmp_path: Path) -> None:
    trainer = bf.Trainer(model=model, args=arguments(tmp_path), train_dataset=dataset)
    result = trainer.train()
    assert result.global_step == 36 and result.training_loss < 0.6
    assert predicted(model, dataset) == TARGETS
    losses = [log["loss"] for log in trainer.state.log_history if "loss" in log]
    assert len(losses) == 3 and losses[-1] < losses[0]


def test_the_folder_is_in_the_form_of_transformers(
    model: Any, dataset: Any, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    bf.Trainer(model=model, args=arguments(tmp_path), train_dataset=dataset).train()
    folder = tmp_path / "saved"
    model.save_pretrained(folder)
    bf.BertTokenizer.from_pretrained(embedded.path_of("base")).save_pretrained(folder)
    names = set(os.listdir(folder))
    assert {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json"} <= names
    theirs = transformers.BertForSequenceClassification.from_pretrained(folder).eval()
    ours = bf.AutoModelForSequenceClassification.from_pretrained(folder, precision="fp32")
    rows = [row["input_ids"][: sum(row["attention_mask"])] for row in dataset]
    for row in rows:
        with torch.no_grad():
            wanted = theirs(torch.tensor([row])).logits[0].tolist()
        found = ours([row]).logits.tolist()[0]
        assert max(abs(a - b) for a, b in zip(wanted, found)) < 1e-4
    pipe = bf.pipeline("text-classification", str(folder))
    assert [answer["label"] for answer in pipe(TEXTS)] == [f"LABEL_{i}" for i in TARGETS]


def test_evaluation_and_the_best_model(model: Any, dataset: Any, tmp_path: Path) -> None:
    pytest.importorskip("numpy")

    def metrics(given: Any) -> dict[str, float]:
        logits, labels = given
        return {"accuracy": float((logits.argmax(-1) == labels).mean())}

    class Seen(bf.TrainerCallback):
        events: ClassVar[list[str]] = []

        def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            self.events.append("evaluate")

    stop = bf.EarlyStoppingCallback(early_stopping_patience=3)
    trainer = bf.Trainer(
        model=model,
        args=arguments(tmp_path, eval_strategy="epoch", save_strategy="epoch", save_total_limit=2,
                       load_best_model_at_end=True, metric_for_best_model="accuracy",
                       num_train_epochs=40),
        train_dataset=dataset, eval_dataset=dataset, compute_metrics=metrics,
        callbacks=[Seen, stop],
    )  # fmt: skip
    trainer.train()
    assert 4 <= len(Seen.events) < 40
    assert trainer.state.best_metric == trainer.evaluate()["eval_accuracy"] == 1.0
    assert len(os.listdir(tmp_path / "out")) == 2
    found = trainer.predict(dataset)
    assert found.predictions.shape == (10, 2) and list(found.label_ids) == TARGETS


def test_it_resumes_to_the_same_bytes(model: Any, dataset: Any, tmp_path: Path) -> None:
    settings = {"save_strategy": "steps", "save_steps": 10, "max_steps": 30, "logging_steps": 100}
    first = bf.Trainer(model=model, args=arguments(tmp_path, **settings), train_dataset=dataset)
    first.train()
    wanted = (Path(model.source) / "model.safetensors").read_bytes()
    with pytest.warns(UserWarning):
        other = bf.BertForSequenceClassification.from_pretrained(
            embedded.path_of("base"), num_labels=2
        )
    checkpoint = tmp_path / "out" / "checkpoint-10"
    again = bf.Trainer(model=other, args=arguments(tmp_path, **settings), train_dataset=dataset)
    result = again.train(resume_from_checkpoint=str(checkpoint))
    assert result.global_step == 30
    assert (Path(other.source) / "model.safetensors").read_bytes() == wanted
    with pytest.raises(bf.ModelFileError, match="not a checkpoint"):
        again.train(resume_from_checkpoint=str(tmp_path))


def test_arguments_are_obeyed_or_refused_by_name() -> None:
    args = bf.TrainingArguments("out", warmup_ratio=0.1, report_to="none", optim="adamw_torch")
    assert args.warmup(100) == 10 and args.learning_rate == 5e-5
    assert bf.TrainingArguments("out", evaluation_strategy="epoch").eval_strategy == "epoch"
    for wrong in ({"fp16": True}, {"learning_rat": 1}, {"optim": "adafactor"},
                  {"eval_strategy": "sometimes"}, {"per_device_train_batch_size": 0},
                  {"lr_scheduler_type": "polynomial"}, {"learning_rate": "high"},
                  {"load_best_model_at_end": True}):  # fmt: skip
        with pytest.raises(bf.InputError, match=next(iter(wrong))):
            bf.TrainingArguments("out", **wrong)


def test_defaults_are_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    from bertlite_fast.finetune.arguments import OBEYED

    theirs = {field.name: field.default for field in fields(transformers.TrainingArguments)}
    for name, value in OBEYED.items():
        if name in ("warmup_ratio", "disable_tqdm"):
            continue  # gone from newer versions; depends on the terminal
        wanted = theirs.get(name, value)
        wanted = getattr(wanted, "value", wanted)
        assert wanted == value or (wanted is None and not value), name


def test_bad_datasets(model: Any, dataset: Any, tmp_path: Path) -> None:
    for rows in ([], [{"text": "a"}], [{**dataset[0], "attention_mask": [0] + [1] * 15}],
                 [dataset[0], {"input_ids": [1, 2]}], [{**dataset[0], "label": 2}]):  # fmt: skip
        with pytest.raises(bf.InputError):
            bf.Trainer(model=model, args=arguments(tmp_path), train_dataset=rows).train()
    with pytest.raises(bf.InputError, match="train_dataset"):
        bf.Trainer(model=model, args=arguments(tmp_path)).train()
    with pytest.raises(bf.InputError, match="BertForSequenceClassification"):
        bf.Trainer(model=bf.AutoModel.from_pretrained(embedded.path_of("base")))


def test_the_guide_runs_with_only_its_import_changed(tmp_path: Path) -> None:
    for module in ("torch", "datasets", "pandas"):
        pytest.importorskip(module)
    probe = "import pandas, datasets; datasets.Dataset.from_pandas(pandas.DataFrame({'a': [1]}))"
    if subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode:
        pytest.skip("this installation of datasets cannot make a Dataset from a table")
    code = GUIDE.replace("from transformers import", "from bertlite_fast import")
    assert code != GUIDE
    env = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), env.get("PYTHONPATH", "")])
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, text=True,
                         encoding="utf-8", capture_output=True, check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == (
        "Predicted class for 'Turn on the light': Valid IoT Command"
    )
    folder = tmp_path / "fine_tuned_bert_lite"
    assert {"config.json", "model.safetensors", "vocab.txt"} <= set(os.listdir(folder))
