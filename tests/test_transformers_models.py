"""Models called as code written for transformers and torch calls them."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf

IDS = [[1, 2, 3, 0], [4, 5, 6, 7]]
MASK = [[1, 1, 1, 0], [1, 1, 1, 1]]
HEADS = {
    "masked-lm": bf.AutoModelForMaskedLM,
    "sequence-classification": bf.AutoModelForSequenceClassification,
    "token-classification": bf.AutoModelForTokenClassification,
    "question-answering": bf.AutoModelForQuestionAnswering,
    "encoder": bf.AutoModel,
}


# ---- torch ------------------------------------------------------------------------------


@pytest.mark.parametrize("task", HEADS)
def test_torch_tensors_in_are_torch_tensors_out(folders: dict[str, Path], task: str) -> None:
    torch = pytest.importorskip("torch")
    model = HEADS[task].from_pretrained(folders[f"L2H64-{task}"])
    plain = model(IDS, MASK)
    out = model(torch.tensor(IDS), torch.tensor(MASK))
    assert out.keys() == plain.keys()
    for name in out:
        assert isinstance(out[name], torch.Tensor) and out[name].dtype == torch.float32
        assert np.array_equal(out[name].numpy(), np.asarray(plain[name]))
    first = out[0]
    first[0, 0] = 7.0
    assert out[0][0, 0].flatten()[0] == 7.0  # shared, not copied


def test_torch_tensors_of_any_kind(tiny: Path) -> None:
    torch = pytest.importorskip("torch")
    model = bf.AutoModel.from_pretrained(tiny)
    expected = model([[1, 2, 3]]).tensor.tolist()
    ids = torch.tensor([[1, 0, 2, 0, 3, 0]])[:, ::2]
    for given in (ids, ids.int(), ids.short(), ids.to(torch.uint8), ids[0]):
        assert model(given).tensor.tolist() == expected
    assert model(ids, torch.ones_like(ids, dtype=torch.bool)).tensor.tolist() == expected
    for bad in (ids.float(), ids[None], ids.to("meta"), ids.to_sparse(), torch.zeros(1, 0)):
        with pytest.raises(bf.InputError):
            model(bad)


def test_the_results_of_torch_outlive_the_output(tiny: Path) -> None:
    torch = pytest.importorskip("torch")
    model = bf.AutoModel.from_pretrained(tiny)
    expected = model([[1, 2, 3]]).tensor.tolist()
    hidden = model(torch.tensor([[1, 2, 3]])).last_hidden_state
    for _ in range(20):
        model([[4, 5, 6]])
    assert hidden.tolist() == expected


def test_torch_is_not_imported_by_us(folders: dict[str, Path]) -> None:
    code = (
        "import sys, bertlite_fast as bf\n"
        f"model = bf.AutoModel.from_pretrained({str(folders['L2H64-encoder'])!r})\n"
        "model.eval().to('cpu'); model.config.num_labels; str(model.device), model.dtype\n"
        "model([[1, 2]], output_hidden_states=True)\n"
        "assert model.device.type == 'cpu' and not {'torch', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_outputs_are_read_as_mappings_and_tuples(folders: dict[str, Path]) -> None:
    out = bf.AutoModelForSequenceClassification.from_pretrained(
        folders["L2H64-sequence-classification"]
    )(IDS, MASK, return_dict=True)
    assert list(out.keys()) == ["logits"] == list(out) and len(out) == 1 and "logits" in out
    assert np.array_equal(out.items()[0][1], out.values()[0])
    assert out.get("loss") is None and out.loss is None and out.attentions is None
    assert out.hidden_states is None
    model = bf.AutoModel.from_pretrained(folders["L2H64-encoder"])
    assert len(model(IDS, return_dict=False)) == 2


# ---- hidden states ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["L2H64-encoder", "L2H64-token-classification", "distil-L2H64-encoder"]
)
def test_hidden_states_are_those_of_transformers(folders: dict[str, Path], name: str) -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    auto = "AutoModel" if name.endswith("encoder") else "AutoModelForTokenClassification"
    theirs = getattr(transformers, auto).from_pretrained(folders[name]).eval()
    ours = getattr(bf, auto).from_pretrained(folders[name], precision="fp32")
    ids, mask = torch.tensor(IDS), torch.tensor(MASK)
    with torch.no_grad():
        expected = theirs(ids, mask, output_hidden_states=True).hidden_states
    for threads in (1, 3):
        found = ours(ids, mask, output_hidden_states=True, threads=threads).hidden_states
        assert found is not None
        assert len(found) == len(expected) == 3
        for a, b in zip(found, expected):
            assert a.shape == b.shape
            assert torch.allclose(a[mask == 1], b[mask == 1], atol=1e-5)
            assert not a[mask == 0].any()


def test_hidden_states_do_not_change_the_answer(folders: dict[str, Path]) -> None:
    model = bf.Model(folders["L2H64-sequence-classification"], "sequence-classification")
    many = [[i % 100 + 1 for i in range(200)]] * 12  # more than one portion
    plain, more = model(many), model(many, output_hidden_states=True)
    assert plain.tensor.tolist() == more.tensor.tolist()
    last = bf.Model(folders["L2H64-sequence-classification"])(many)
    assert more.hidden_states is not None
    assert np.array_equal(more.hidden_states[-1], last.last_hidden_state)
    assert all(np.array_equal(s[0], s[11]) for s in more.hidden_states)
    for other in (pickle.loads(pickle.dumps(more)), copy.deepcopy(more)):
        assert other.hidden_states is not None
        assert np.array_equal(other.hidden_states[0], more.hidden_states[0])


# ---- the arguments of a call --------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"labels": [1]},
        {"output_attentions": True},
        {"inputs_embeds": [[0.0]]},
        {"head_mask": [1]},
        {"position_ids": [[1, 2, 3]]},
        {"nonsense": 1},
    ],
)
def test_what_a_call_cannot_do_is_refused_by_name(tiny: Path, given: dict[str, Any]) -> None:
    with pytest.raises(bf.InputError, match=next(iter(given))):
        bf.AutoModel.from_pretrained(tiny)([[1, 2, 3]], **given)


def test_what_changes_nothing_is_accepted(tiny: Path) -> None:
    model = bf.AutoModel.from_pretrained(tiny)
    plain = model([[1, 2, 3]]).tensor.tolist()
    more: dict[str, Any] = {
        "position_ids": [[0, 1, 2]],
        "use_cache": True,
        "labels": None,
        "output_attentions": False,
    }
    assert model([[1, 2, 3]], **more).tensor.tolist() == plain


# ---- opening ------------------------------------------------------------------------------


def test_a_new_classifier_is_the_same_everywhere(tiny: Path) -> None:
    ids = [[1, 2, 3, 4]]
    with pytest.warns(UserWarning, match="random weights") as caught:
        two = bf.AutoModelForSequenceClassification.from_pretrained(tiny)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="4 labels"):
        four = bf.AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=4)
    assert two.info["labels"] == two.config.num_labels == 2
    assert four.config.id2label == {i: f"LABEL_{i}" for i in range(4)} and four.num_labels == 4
    assert four.config.architectures == ["BertForSequenceClassification"]
    logits = np.array(four(ids).logits)
    assert logits.shape == (1, 4) and len(set(logits[0].tolist())) == 4 and abs(logits).max() < 2
    again = pickle.loads(pickle.dumps(four))
    assert np.array_equal(again(ids).logits, logits)
    # A pooler that is there is used, so both classifiers begin with the same numbers.
    assert np.allclose(two(ids).logits[0], logits[0, :2], atol=1e-6)


def test_new_weights_are_normally_distributed(folders: dict[str, Path]) -> None:
    with pytest.warns(UserWarning, match="random weights"):
        model = bf.AutoModelForSequenceClassification.from_pretrained(
            folders["L2H64-encoder"], num_labels=4000, precision="fp32"
        )
    pooled = np.array(
        bf.AutoModel.from_pretrained(folders["L2H64-encoder"], precision="fp32")(
            [[1, 2, 3]]
        ).pooler_output
    )
    values = np.array(model([[1, 2, 3]]).logits)[0] / np.linalg.norm(pooled)
    assert abs(values.mean()) < 0.001 and abs(values.std() - 0.02) < 0.001


def test_labels_that_do_not_fit(folders: dict[str, Path]) -> None:
    folder = folders["L2H64-sequence-classification"]
    auto = bf.AutoModelForSequenceClassification
    with pytest.raises(bf.ModelConfigError, match="5 labels, not 3"):
        auto.from_pretrained(folder, num_labels=3)
    with pytest.warns(UserWarning, match="3 labels"):
        model = auto.from_pretrained(folder, num_labels=3, ignore_mismatched_sizes=True)
    assert model([[1, 2]]).logits.shape == (1, 3)
    kept = auto.from_pretrained(folder, num_labels=5, ignore_mismatched_sizes=True)
    assert np.array_equal(kept([[1, 2]]).logits, auto.from_pretrained(folder)([[1, 2]]).logits)


def test_values_of_the_config_can_be_given(folders: dict[str, Path]) -> None:
    folder = folders["L2H64-sequence-classification"]
    names = dict(enumerate("abcde"))
    model = bf.AutoModelForSequenceClassification.from_pretrained(folder, id2label=names)
    assert model.config.id2label == names and model.config.label2id["e"] == 4
    config = bf.AutoConfig.from_pretrained(folder, id2label=names)
    for given in (config, str(folder), folder):
        opened = bf.AutoModelForSequenceClassification.from_pretrained(folder, config=given)
        assert opened.config.num_labels == 5


def test_arguments_of_from_pretrained(tiny: Path) -> None:
    ignored: dict[str, Any] = {
        "device_map": "auto",
        "torch_dtype": "float32",
        "trust_remote_code": True,
        "attn_implementation": "sdpa",
        "low_cpu_mem_usage": True,
        "cache_dir": None,
        "from_tf": False,
    }
    assert bf.AutoModel.from_pretrained(tiny, **ignored).info["layers"] == 2
    for name in ("quantization_config", "gguf_file", "state_dict", "from_tf", "variant"):
        refused: dict[str, Any] = {name: "x"}
        with pytest.raises(bf.InputError, match=name):
            bf.AutoModel.from_pretrained(tiny, **refused)


def test_a_subfolder_and_a_cache(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = bf.AutoModel.from_pretrained(tiny.parent, subfolder=tiny.name)
    assert model.info["layers"] == 2
    with pytest.raises(bf.ModelFileError, match="subfolder"):
        bf.AutoModel.from_pretrained(tiny, subfolder="nowhere")


# ---- the config ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["L2H64-encoder", "distil-L2H64-sequence-classification"])
def test_config_has_the_values_of_transformers(folders: dict[str, Path], name: str) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoConfig.from_pretrained(folders[name])
    ours = bf.AutoConfig.from_pretrained(folders[name])
    for key in (
        "hidden_size num_hidden_layers num_attention_heads vocab_size max_position_embeddings "
        "num_labels id2label label2id problem_type is_encoder_decoder model_type architectures "
        "output_hidden_states pad_token_id"
    ).split():
        assert getattr(ours, key) == getattr(theirs, key), key
    for config in (pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours)):
        assert config == ours
    with pytest.raises(AttributeError, match="n_embd"):
        _ = ours.n_embd


def test_config_without_labels_has_transformers_defaults(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    config = bf.AutoConfig.from_pretrained(tmp_path)
    assert config.num_labels == 2 and config.id2label == {0: "LABEL_0", 1: "LABEL_1"}
    assert bf.AutoConfig.from_pretrained(tmp_path, num_labels=3).label2id["LABEL_2"] == 2
    saved = json.loads(Path(config.save_pretrained(tmp_path / "new")).read_text())
    assert saved["model_type"] == "bert"
    (tmp_path / "config.json").write_text("[")
    with pytest.raises(bf.ModelFileError, match="JSON"):
        bf.AutoConfig.from_pretrained(tmp_path)


# ---- names, and what a model has ------------------------------------------------------------


def test_names_of_transformers() -> None:
    for kind in ("Bert", "DistilBert"):
        assert getattr(bf, f"{kind}Model") is bf.AutoModel
        for head in (
            "MaskedLM",
            "SequenceClassification",
            "TokenClassification",
            "QuestionAnswering",
        ):
            assert getattr(bf, f"{kind}For{head}") is getattr(bf, f"AutoModelFor{head}")
    assert all(getattr(bf, name) is not None for name in bf.__all__)
    with pytest.raises(ImportError, match="only BERT and DistilBERT"):
        exec("from bertlite_fast import GPT2Model", {})
    with pytest.raises(AttributeError):
        _ = bf.NoSuchModel


def test_a_model_has_what_torch_modules_have(tiny: Path) -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    model = bf.AutoModel.from_pretrained(tiny)
    assert model.to("cpu").eval().cpu().float() is model
    assert model.device == torch.device("cpu") and model.dtype == torch.float32
    theirs = transformers.AutoModel.from_pretrained(tiny)
    for flag in (False, True):
        assert model.num_parameters(exclude_embeddings=flag) == theirs.num_parameters(
            exclude_embeddings=flag
        )


# ---- saving ---------------------------------------------------------------------------------


def test_saved_models_open_again(folders: dict[str, Path], tmp_path: Path) -> None:
    for name in ("L2H64-encoder", "L2H64-sequence-classification"):
        model = bf.Model(folders[name], next(t for t in HEADS if name.endswith(t)))
        model.save_pretrained(tmp_path / name)
        again = HEADS[model.task].from_pretrained(tmp_path / name)
        assert again(IDS).tensor.tolist() == model(IDS).tensor.tolist()
    converted = tmp_path / "a.bertlite"
    bf.convert(folders["L2H64-encoder"], converted)
    model = bf.AutoModel.from_pretrained(converted)
    paths = model.save_pretrained(tmp_path / "converted")
    assert all(Path(path).is_file() for path in paths)
    again = bf.AutoModel.from_pretrained(tmp_path / "converted")
    assert again(IDS).tensor.tolist() == model(IDS).tensor.tolist()
    model.save_pretrained(tmp_path / "converted")  # over itself
    with pytest.raises(bf.InputError, match="push_to_hub"):
        model.save_pretrained(tmp_path, push_to_hub=True)


def test_an_embedded_pipeline_is_saved_with_its_base(tmp_path: Path) -> None:
    if "ner" not in bf.embedded.names():
        pytest.skip("this build has no embedded models")
    pipe = bf.pipeline("ner")
    pipe.save_pretrained(tmp_path / "saved")
    again = bf.pipeline("ner", tmp_path / "saved")
    assert again("Ann lives in Paris") == pipe("Ann lives in Paris")


def test_a_random_classifier_is_not_saved(tiny: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="random"):
        model = bf.AutoModelForSequenceClassification.from_pretrained(tiny)
    with pytest.raises(bf.InputError, match="saved"):
        model.save_pretrained(tmp_path)


# ---- functions ------------------------------------------------------------------------------


def test_functions_keep_the_kind_of_their_input(tiny: Path) -> None:
    torch = pytest.importorskip("torch")
    rows = [[1.0, 3.0, 2.0], [0.5, 0.0, 0.0]]
    expected = torch.softmax(torch.tensor(rows), -1)
    assert np.allclose(bf.softmax(rows), expected) and isinstance(bf.softmax(rows), list)
    assert isinstance(bf.softmax(np.array(rows, np.float32)), np.ndarray)
    assert torch.allclose(bf.softmax(torch.tensor(rows)), expected)
    assert bf.argmax(rows) == [1, 0] and bf.argmax(rows[0]) == 1 and bf.argmax([rows]) == [[1, 0]]
    assert bf.mean(rows) == [0.75, 1.5, 1.0] and bf.mean([rows, rows])[1] == [0.75, 1.5, 1.0]
    hidden = bf.AutoModel.from_pretrained(tiny)(IDS).tensor
    assert isinstance(bf.softmax(hidden), bf.Tensor) and bf.softmax(hidden).shape == hidden.shape
    assert np.allclose(bf.mean(hidden), np.asarray(hidden).mean(1), atol=1e-6)
    found = bf.cosine_similarity(rows, rows[::-1])
    theirs = torch.cosine_similarity(torch.tensor(rows), torch.tensor(rows[::-1]))
    assert np.allclose(found, theirs) and isinstance(bf.cosine_similarity(rows[0], rows[1]), float)


@pytest.mark.parametrize(
    "bad", [[], [[]], 3, "ab", [[1.0], [1.0, 2.0]], [["a"]], None, [[[[1.0]]]]]
)
def test_functions_refuse_what_is_not_numbers(bad: Any) -> None:
    for function in (bf.softmax, bf.argmax, bf.mean):
        with pytest.raises(bf.InputError):
            function(bad)
    with pytest.raises(bf.InputError):
        bf.cosine_similarity(bad, bad)


# ---- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("safe", [True, False])
def test_checkpoints_in_several_files(folders: dict[str, Path], tmp_path: Path, safe: bool) -> None:
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    folder = folders["L2H64-sequence-classification"]
    tensors = safetensors.load_file(folder / "model.safetensors")
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    base, ending = ("model", "safetensors") if safe else ("pytorch_model", "bin")
    save = safetensors.save_file if safe else torch.save
    files: dict[str, str] = {}
    for i in range(3):
        part = {name: tensors[name] for name in sorted(tensors)[i::3]}
        file = f"{base}-{i + 1:05}-of-00003.{ending}"
        save(part, tmp_path / file)
        files |= dict.fromkeys(part, file)
    index = tmp_path / f"{base}.{ending}.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": files}))
    auto = bf.AutoModelForSequenceClassification
    expected = auto.from_pretrained(folder)(IDS).tensor.tolist()
    assert auto.from_pretrained(tmp_path)(IDS).tensor.tolist() == expected
    bf.convert(tmp_path, tmp_path / "a.bertlite")
    assert auto.from_pretrained(tmp_path / "a.bertlite")(IDS).tensor.tolist() == expected
    auto.from_pretrained(tmp_path).save_pretrained(tmp_path / "copy")
    assert auto.from_pretrained(tmp_path / "copy")(IDS).tensor.tolist() == expected
    for bad in ("[", "{}", '{"weight_map": {"a": "../b"}}', '{"weight_map": {"a": 1}}'):
        index.write_text(bad)
        with pytest.raises(bf.ModelFileError, match="index"):
            auto.from_pretrained(tmp_path)
    index.write_text(json.dumps({"weight_map": {"a": "missing.safetensors"}}))
    with pytest.raises(bf.ModelFileError, match=r"missing\.safetensors"):
        auto.from_pretrained(tmp_path)


def test_the_task_decides_between_two_heads(folders: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    both: dict[str, Any] = {}
    for task in ("question-answering", "sequence-classification"):
        both |= safetensors.load_file(folders[f"L2H64-{task}"] / "model.safetensors")
    safetensors.save_file(both, tmp_path / "model.safetensors")
    config = folders["L2H64-sequence-classification"] / "config.json"
    (tmp_path / "config.json").write_bytes(config.read_bytes())
    with pytest.warns(UserWarning, match="also has a head for question-answering"):
        one = bf.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    with pytest.warns(UserWarning, match="also has a head for sequence-classification") as caught:
        other = bf.AutoModelForQuestionAnswering.from_pretrained(tmp_path)
    assert caught[0].filename == __file__
    assert one(IDS).logits.shape == (2, 5) and other(IDS).start_logits.shape == (2, 4)
    assert bf.AutoModel.from_pretrained(tmp_path)(IDS).keys()  # quietly
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n")
    with pytest.warns(UserWarning, match="also has a head"):
        bf.pipeline("text-classification", tmp_path)
