"""What code for transformers and sentence-transformers meets here: refusals and small helpers."""

from __future__ import annotations

import inspect
import logging
import pickle
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import bertlite_fast as bf

np = pytest.importorskip("numpy")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("SentenceTransformerTrainer", "sentence-transformers itself"),
        ("losses", "sentence-transformers itself"),
        ("AutoModelForCausalLM", "does not write texts"),
        ("TFAutoModel", "without TF"),
        ("RobertaModel", "only BERT and DistilBERT"),
        ("DataCollatorForLanguageModeling", "WordFiller"),
        ("AdamW", "optimizer"),
    ],
)
def test_a_name_that_is_not_here_says_why(name: str, reason: str) -> None:
    with pytest.raises(ImportError, match=f"{name} does not exist here: .*{reason}"):
        exec(f"from bertlite_fast import {name}", {})
    with pytest.raises(AttributeError, match=f"{name} does not exist here: .*{reason}"):
        getattr(bf, name)
    assert not hasattr(bf, name) and getattr(bf, name, None) is None


def test_what_looks_for_names_in_modules_finds_none_that_is_not_here() -> None:
    class Nameless:
        __module__: Any = None

    which: Any = vars(pickle)["whichmodule"]
    which(Nameless(), "losses")
    with mock.patch("bertlite_fast.losses", "one", create=True):
        assert vars(bf)["losses"] == "one"
    assert not hasattr(bf, "losses")


def test_models_are_opened_and_not_made() -> None:
    for make in (bf.AutoModel, bf.BertForMaskedLM, bf.AutoModel.from_config):
        with pytest.raises(bf.InputError, match="from_pretrained"):
            make(bf.BertConfig(hidden_size=32))
    from bertlite_fast import models

    with pytest.raises(ImportError, match=r"models\.Pooling does not exist here"):
        _ = models.Pooling
    assert not hasattr(models, "NoSuchName")


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(bf, "NoSuchName")
    with pytest.raises(ImportError, match="cannot import name"):
        exec("from bertlite_fast import NoSuchName", {})


def test_no_name_of_the_package_is_refused() -> None:
    from bertlite_fast.missing import NAMES

    assert not {name for names in NAMES for name in names.split()} & set(bf.__all__)


def test_all_training_arguments_of_transformers_are_known(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = inspect.signature(transformers.TrainingArguments.__init__).parameters
    for name, parameter in theirs.items():
        if name not in ("self", "output_dir", "include_for_metrics"):  # a list that is made
            bf.TrainingArguments(tmp_path, **{name: parameter.default})
    refused: list[tuple[str, Any]] = [
        ("eval_on_start", True), ("train_sampling_strategy", "sequential"), ("fp16", True),
        ("push_to_hub", True), ("include_for_metrics", ["inputs"]),
    ]  # fmt: skip
    for name, value in refused:
        with pytest.raises(bf.InputError, match=name):
            bf.TrainingArguments(tmp_path, **{name: value})


def test_rows_are_collated_without_torch() -> None:
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] turn on the light"
    tokenizer = bf.Tokenizer(words.replace(" ", "\n").encode())
    rows = [{**tokenizer(text), "labels": [-100] + [1] * (len(tokenizer(text)["input_ids"]) - 2)
             + [-100]} for text in ("light", "turn on the light")]  # fmt: skip
    collate = bf.DataCollatorForTokenClassification(tokenizer, return_tensors="np")
    labels = collate(rows)["labels"]
    assert labels.shape == collate(rows)["input_ids"].shape and labels[0, -1] == -100
    assert "labels" in rows[0]  # the rows are as they were
    tokenizer.padding_side = "left"
    assert collate(rows)["labels"][0, 0] == -100
    without = [{"input_ids": [2, 3]}, {"input_ids": [2, 5, 3]}]
    assert "labels" not in collate(without)
    batch = bf.default_data_collator(
        [{"x": [1, 2], "label": 0.5, "text": "a"}, {"x": [3, 4], "label": 1.5, "text": "b"}], "np"
    )
    assert batch["labels"].tolist() == [0.5, 1.5] and batch["x"].shape == (2, 2)
    assert "text" not in batch
    assert bf.DefaultDataCollator("np")([{"label": 1}])["labels"].tolist() == [1]


def test_a_handler_of_the_log_writes_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("bertlite_fast.test")
    handler = bf.LoggingHandler()
    logger.addHandler(handler)
    try:
        logger.warning("read %d", 3)
    finally:
        logger.removeHandler(handler)
    assert capsys.readouterr().out == "read 3\n"


def test_what_a_pipeline_was_given_can_be_asked() -> None:
    pipe = bf.pipeline("zero-shot-classification", batch_size=4, num_workers=1)
    assert (pipe._batch_size, pipe._num_workers) == (4, 1)
    with pytest.raises(TypeError, match="NoneType"):
        pipe(None, candidate_labels=["a"])  # type: ignore[call-overload]


def test_two_vectors_have_one_similarity() -> None:
    a, b = np.ones(4, "float32"), np.arange(4, dtype="float32")
    for name in ("cos_sim", "dot_score", "euclidean_sim", "manhattan_sim"):
        one = getattr(bf.util, f"pairwise_{name}")(a, b)
        assert one.shape == () and float(one) == float(getattr(bf.util, name)(a, b)[0][0])
    assert bf.util.pairwise_cos_sim(a[None], b[None]).shape == (1,)
    assert bf.util.quantize_embeddings([], "int8") == []


def test_an_encoder_is_saved_as_a_sentence_model(tmp_path: Path) -> None:
    st = pytest.importorskip("sentence_transformers")
    import sentence_folders as made

    source = made.encoder(tmp_path / "plain", 0)
    ours = bf.SentenceTransformer(source, prompts={"query": "play "}, precision="fp32")
    ours.save(tmp_path / "saved", model_name="me/mine")
    card = (tmp_path / "saved/README.md").read_text(encoding="utf-8")
    assert 'SentenceTransformer("me/mine")' in card
    theirs = st.SentenceTransformer(str(tmp_path / "saved"), device="cpu")
    assert theirs.prompts["query"] == "play "
    texts = ["the light", "play music"]
    assert np.abs(theirs.encode(texts) - ours.encode(texts)).max() < 1e-5
    (tmp_path / "saved/README.md").write_text("# Mine\n", encoding="utf-8")
    bf.SentenceTransformer(tmp_path / "saved").save(tmp_path / "again")
    assert (tmp_path / "again/README.md").read_text(encoding="utf-8") == "# Mine\n"
    ours.save(tmp_path / "bare", create_model_card=False)
    assert not (tmp_path / "bare/README.md").exists()


def test_a_reranker_keeps_its_function_and_prompts(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    torch = pytest.importorskip("torch")
    import sentence_folders as made

    source = made.encoder(tmp_path / "plain", 1)
    model = bf.CrossEncoder(
        source, prompts={"query": "q "}, config_kwargs={"classifier_dropout": 0.2}
    )
    assert isinstance(model.activation_fn, torch.nn.Sigmoid)
    assert model.config.classifier_dropout == 0.2
    model.set_activation_fn(torch.nn.Tanh())
    model.set_activation_fn(torch.nn.Identity(), set_default=False)
    assert isinstance(model.activation_fn, torch.nn.Identity)
    model.save_pretrained(tmp_path / "saved")
    again = bf.CrossEncoder(tmp_path / "saved")
    assert isinstance(again.activation_fn, torch.nn.Tanh) and again.prompts == {"query": "q "}
    assert bf.SentenceTransformer(tmp_path / "saved").prompts == {"query": "", "document": ""}


def test_renamed_arguments_of_a_reranker_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("sentence_transformers")
    import sentence_folders as made

    source = made.encoder(tmp_path / "plain", 1)
    model = bf.CrossEncoder(model_name=source, tokenizer_args={"model_max_length": 9})
    assert model.max_length == 9
    assert "`tokenizer_args` argument was renamed" in caplog.text
    assert "`model_name` argument was renamed" in caplog.text
    model.rank("a", ["b"], convert_to_tensor=True)
    assert "convert_to_tensor" in caplog.text
