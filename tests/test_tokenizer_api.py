"""What code for transformers calls on tokenizers, beside transformers itself."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from pathlib import Path
from typing import Any, cast

import pytest

import bertlite_fast as bf

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

SPECIAL = "[PAD] [UNK] [CLS] [SEP] [MASK]"
WORDS = f"{SPECIAL} turn on the light Turn É é e E music un ##able ##s play ! 中 文 中文"
TEXTS = ["Turn on the light!", "É unable", "play [MASK] music", "", "中文 turn"]


def folder_of(path: Path, config: dict[str, Any] | None, **rules: Any) -> Path:
    """A folder with a tokenizer.json of these rules, and a tokenizer_config.json."""
    path.mkdir(exist_ok=True)
    words = {word: i for i, word in enumerate(WORDS.split())}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(words, unk_token="[UNK]"))
    made.normalizer = tokenizers.normalizers.BertNormalizer(**rules)
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.decoder = tokenizers.decoders.WordPiece()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    made.add_special_tokens(SPECIAL.split())
    made.save(str(path / "tokenizer.json"))
    if config is not None:
        (path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    (path / "config.json").write_text('{"model_type": "bert", "vocab_size": 22}', encoding="utf-8")
    return path


@pytest.fixture
def both(tmp_path: Path) -> tuple[Any, Any]:
    """The same tokenizer, ours and theirs."""
    folder = folder_of(tmp_path / "folder", {"tokenizer_class": "BertTokenizer"})
    ours = bf.AutoTokenizer.from_pretrained(folder)
    return ours, transformers.AutoTokenizer.from_pretrained(folder)


CONFIGS: list[dict[str, Any] | None] = [
    None,
    {},
    {"tokenizer_class": "BertTokenizer"},
    {"tokenizer_class": "BertTokenizer", "do_lower_case": False},
    {"tokenizer_class": "BertTokenizerFast", "do_lower_case": True, "strip_accents": False},
    {"tokenizer_class": "BertTokenizer", "tokenize_chinese_chars": False},
    {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": False, "strip_accents": True},
    {"tokenizer_class": "PreTrainedTokenizerFast"},
    {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": True},
]
RULES = [
    {"lowercase": True},
    {"lowercase": False},
    {"lowercase": True, "strip_accents": False, "handle_chinese_chars": False},
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("rules", RULES, ids=str)
def test_which_file_decides(config: Any, rules: Any, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "folder", config, **rules)
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    ours = bf.AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert dict(ours(text)) == dict(theirs(text)), text
    again = pickle.loads(pickle.dumps(ours))
    ours.save_pretrained(tmp_path / "saved")
    for other in (again, bf.AutoTokenizer.from_pretrained(tmp_path / "saved")):
        assert [dict(other(text)) for text in TEXTS] == [dict(ours(text)) for text in TEXTS]


@pytest.mark.parametrize("value", [True, False])
def test_settings_at_opening_win(value: bool, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "folder", {"tokenizer_class": "BertTokenizer"})
    theirs = transformers.BertTokenizer.from_pretrained(folder, do_lower_case=value)
    ours = bf.BertTokenizer.from_pretrained(folder, do_lower_case=value)
    assert ours.do_lower_case is value
    for text in TEXTS:
        assert ours(text)["input_ids"] == theirs(text)["input_ids"]
    alone = bf.Tokenizer(folder / "tokenizer.json", do_lower_case=value)
    assert alone("Turn")["input_ids"] == theirs("Turn")["input_ids"]


def test_a_lone_file_decides_for_itself(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "folder", None, lowercase=False)
    for settings in ({}, {"mask_token": "!"}, {"model_max_length": 9}):
        assert bf.Tokenizer(folder / "tokenizer.json", **settings).tokenize("Turn É") == [
            "Turn",
            "É",
        ]


@pytest.mark.parametrize("name", ["padding_side", "truncation_side"])
def test_sides_are_left_or_right(name: str, both: Any, tmp_path: Path) -> None:
    ours, _ = both
    folder = folder_of(tmp_path / "bad", {name: "middle"})
    with pytest.raises(bf.ModelConfigError, match="neither left nor right"):
        bf.AutoTokenizer.from_pretrained(folder)
    with pytest.raises(bf.InputError, match="middle"):
        bf.AutoTokenizer.from_pretrained(tmp_path / "folder", **{name: "middle"})
    with pytest.raises(bf.InputError, match="middle"):
        setattr(ours, name, "middle")
    with pytest.raises(bf.InputError, match="middle"):
        ours("turn", padding_side="middle")


def test_enums_are_read_as_texts(both: Any) -> None:
    from transformers.tokenization_utils_base import TruncationStrategy
    from transformers.utils import PaddingStrategy, TensorType

    ours, theirs = both
    call = {
        "truncation": TruncationStrategy.LONGEST_FIRST,
        "padding": PaddingStrategy.MAX_LENGTH,
        "max_length": 5,
        "return_tensors": TensorType.NUMPY,
    }
    a, b = ours(TEXTS, **call), theirs(TEXTS, **call)
    assert a["input_ids"].tolist() == b["input_ids"].tolist()


def test_special_tokens_can_be_text(tmp_path: Path, both: Any) -> None:
    _, theirs = both
    ours = bf.AutoTokenizer.from_pretrained(tmp_path / "folder", split_special_tokens=True)
    assert ours.tokenize("a [MASK]") == theirs.tokenize("a [MASK]", split_special_tokens=True)
    assert pickle.loads(pickle.dumps(ours)).split_special_tokens


def test_tokens_are_added(both: Any, tmp_path: Path) -> None:
    texts = [*TEXTS, "kitchen <a> <b>x lamp", "turn<a>on", "Kitchen KITCHEN"]
    ours, theirs = both
    before = ours(texts[0])
    steps: list[Any] = [
        lambda t, T: t.add_tokens(["kitchen", "lamp", "turn"]),
        lambda t, T: t.add_tokens("kitchen"),
        lambda t, T: t.add_tokens(T("<b>", lstrip=True, normalized=False)),
        lambda t, T: t.add_special_tokens({"additional_special_tokens": ["<a>"]}),
        lambda t, T: t.add_special_tokens({"mask_token": "<m>", "eos_token": "[SEP]"}),
    ]
    for step in steps:
        assert step(ours, bf.AddedToken) == step(theirs, tokenizers.AddedToken)
        assert len(ours) == len(theirs)
        assert ours.get_added_vocab().items() >= theirs.get_added_vocab().items() - {
            (token, i) for token, i in theirs.get_added_vocab().items() if i < 5
        }
        for text in texts:
            assert ours(text)["input_ids"] == theirs(text)["input_ids"], text
    assert before.tokens() == ["[CLS]", "turn", "on", "the", "light", "!", "[SEP]"]
    assert ours.mask_token_id == theirs.mask_token_id and ours.eos_token == "[SEP]"
    ids = ours("kitchen <a> <m>")["input_ids"]
    assert ours.decode(ids, skip_special_tokens=True) == theirs.decode(
        ids, skip_special_tokens=True
    )
    ours.save_pretrained(tmp_path / "saved")
    for other in (
        pickle.loads(pickle.dumps(ours)),
        bf.AutoTokenizer.from_pretrained(tmp_path / "saved"),
        transformers.AutoTokenizer.from_pretrained(tmp_path / "saved"),
    ):
        assert [other(text)["input_ids"] for text in texts] == [
            ours(text)["input_ids"] for text in texts
        ]
    theirs_token = tokenizers.AddedToken("<m2>", lstrip=True)
    opened = bf.AutoTokenizer.from_pretrained(tmp_path / "folder", mask_token=theirs_token)
    assert opened.mask_token == "<m2>" and opened.added_tokens_encoder["<m2>"]
    with pytest.raises(bf.InputError, match="color_token"):
        ours.add_special_tokens({"color_token": "x"})
    with pytest.raises(bf.InputError, match="has to be a str"):
        ours.add_tokens([1])


def test_special_tokens_are_set(both: Any) -> None:
    ours, theirs = both
    for tokenizer in both:
        tokenizer.pad_token = "!"
        tokenizer.bos_token = "[CLS]"
        tokenizer.model_max_length = 7
        tokenizer.truncation_side = "left"
    assert (ours.pad_token_id, ours.bos_token_id) == (theirs.pad_token_id, theirs.bos_token_id)
    call = {"padding": "max_length", "truncation": True}
    assert ours(TEXTS, **call)["input_ids"] == theirs(TEXTS, **call)["input_ids"]
    ours.model_input_names = ["input_ids"]
    assert list(ours("turn")) == ["input_ids"]
    ours.mask_token_id = 5
    assert ours.mask_token == "turn"
    assert copy.deepcopy(ours).bos_token == "[CLS]"


FEATURES = [{"input_ids": [2, 5, 3], "label": 1}, {"input_ids": [2, 5, 6, 7, 3], "label": 0}]


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"padding": "max_length", "max_length": 8},
        {"padding": "max_length"},
        {"pad_to_multiple_of": 4},
        {"padding_side": "left"},
        {"padding": False},
        {"return_attention_mask": False},
    ],
    ids=str,
)
def test_pad(call: dict[str, Any], both: Any) -> None:
    ours, theirs = both
    assert dict(ours.pad(FEATURES, **call)) == dict(theirs.pad(FEATURES, **call))
    rows = ours(["turn", "turn on the light"], return_special_tokens_mask=True)
    assert dict(ours.pad(rows, **call)) == dict(theirs.pad(dict(rows), **call))
    one = {"input_ids": [2, 5, 3]}
    assert dict(ours.pad(one, **call)) == dict(theirs.pad(one, **call))


def test_data_collators_of_transformers(both: Any) -> None:
    torch = pytest.importorskip("torch")
    from transformers import DataCollatorWithPadding

    a, b = (DataCollatorWithPadding(tokenizer)(copy.deepcopy(FEATURES)) for tokenizer in both)
    assert list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in b)


def test_rows_that_are_made_already(both: Any) -> None:
    ours, _ = both
    assert ours.build_inputs_with_special_tokens([5, 6], [7]) == [2, 5, 6, 3, 7, 3]
    assert ours.create_token_type_ids_from_sequences([5, 6], [7]) == [0, 0, 0, 0, 1, 1]
    assert ours.get_special_tokens_mask([5, 6], [7]) == [1, 0, 0, 1, 0, 1]
    assert ours.get_special_tokens_mask([2, 5, 3], already_has_special_tokens=True) == [1, 0, 1]
    for text, pair in (("turn on the light", "play music"), ("turn", None)):
        ids = [ours.encode(part, add_special_tokens=False) for part in (text, pair) if part]
        for call in (
            {},
            {"max_length": 6, "truncation": True},
            {"padding": "max_length", "max_length": 20},
        ):
            assert dict(ours.prepare_for_model(*ids, **call)) == dict(ours(text, pair, **call))


def test_spans_and_encodings(both: Any, tmp_path: Path) -> None:
    ours, theirs = both
    a, b = ours("unable light É", "music"), theirs("unable light É", "music")
    one, other = a.encodings[0], b.encodings[0]
    assert one.words == one.word_ids == other.word_ids
    for i in range(len(one)):
        assert one.token_to_chars(i) == other.token_to_chars(i)
        assert one.token_to_word(i) == other.token_to_word(i)
        assert a.token_to_chars(i) == b.token_to_chars(i)
        assert type(a.token_to_chars(i)).__name__ == type(b.token_to_chars(i)).__name__
        assert a.token_to_word(i) == b.token_to_word(i)
    assert one.token_to_chars(99) is None and one.token_to_word(99) is None
    span = a.word_to_tokens(0)
    assert (span.start, span.end) == tuple(b.word_to_tokens(0)) == (1, 3)
    assert repr(span) == repr(b.word_to_tokens(0))
    assert a.word_to_chars(1) == b.word_to_chars(1) and a.words() == b.word_ids()
    for made in (pickle.loads(pickle.dumps(a)), copy.deepcopy(a)):
        assert made == a and made.tokens() == a.tokens() and made["input_ids"] is not a["input_ids"]
    assert pickle.loads(pickle.dumps(span)) == span


@pytest.mark.parametrize("direction", ["left", "right"])
@pytest.mark.parametrize(("length", "stride"), [(4, 0), (4, 2), (3, 1), (1, 0), (0, 0), (50, 0)])
def test_encodings_are_truncated(direction: str, length: int, stride: int, both: Any) -> None:
    text = "turn on the light play music turn on"
    one, other = (tokenizer(text).encodings[0] for tokenizer in both)
    for encoding in (one, other):
        encoding.truncate(length, stride=stride, direction=direction)
    assert (one.ids, one.offsets) == (other.ids, other.offsets)
    assert [row.ids for row in one.overflowing] == [row.ids for row in other.overflowing]


def test_batch_encodings_without_a_tokenizer() -> None:
    np = pytest.importorskip("numpy")
    made = bf.BatchEncoding({"input_ids": [[1, 2]], "name": "a"})
    assert made.input_ids == [[1, 2]] and made.encodings == [] and made.n_sequences is None
    made.convert_to_tensors("np")
    assert isinstance(made["input_ids"], np.ndarray) and made["name"] == "a"
    axis = bf.BatchEncoding({"input_ids": [1, 2]}, tensor_type="np", prepend_batch_axis=True)
    assert axis["input_ids"].shape == (1, 2)
    with pytest.raises(bf.InputError, match="0 encodings"):
        made.tokens()


def test_what_there_is_to_know(both: Any, tmp_path: Path) -> None:
    ours, theirs = both
    assert ours.name_or_path == theirs.name_or_path
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert ours.num_special_tokens_to_add(True) == theirs.num_special_tokens_to_add(True)
    ours.model_max_length = 20
    assert (ours.max_len_single_sentence, ours.max_len_sentences_pair) == (18, 17)
    (path,) = ours.save_vocabulary(tmp_path, "a")
    assert Path(path).name == "a-vocab.txt"
    assert Path(path).read_text(encoding="utf-8").split() == WORDS.split()
    assert ours.backend_tokenizer.encode("turn").ids == ours.encode("turn")
    for name in ("train_new_from_iterator", "apply_chat_template", "push_to_hub"):
        with pytest.raises(bf.InputError, match=name):
            getattr(ours, name)
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = ours.no_such_thing
    with pytest.raises(bf.InputError, match="hue"):
        ours("turn", hue=1)


def test_long_texts_are_reported_once(both: Any, caplog: pytest.LogCaptureFixture) -> None:
    ours, _ = both
    ours.model_max_length = 4
    with caplog.at_level(logging.WARNING):
        ours("turn on the light", truncation=True)
        assert not caplog.records
        ours("turn on the light", verbose=False)
        assert not caplog.records
        ours("turn on the light")
        ours("turn on the light")
    assert len(caplog.records) == 1 and "(6 > 4)" in caplog.records[0].getMessage()


def test_pipelines_obey_an_open_tokenizer(folders: Any) -> None:
    tokenizer = bf.Tokenizer(b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc")
    folder = folders["L2H64-sequence-classification"]
    pipe = bf.pipeline("text-classification", folder, tokenizer, top_k=None)
    right, left, whole = pipe("a a"), pipe("b b"), pipe("a a b b")
    pipe.tokenizer.model_max_length = 4
    with pytest.warns(UserWarning, match="a text has 6 tokens, but the model takes 4"):
        assert pipe("a a b b") == right
    pipe.tokenizer.truncation_side = "left"
    with pytest.warns(UserWarning, match="takes 4"):
        assert pipe("a a b b") == left
    pipe.tokenizer.model_max_length = 512
    assert pipe("a a b b") == whole


def test_arguments_that_are_rarely_given(both: Any) -> None:
    calls: list[dict[str, Any]] = [
        {"text": TEXTS, "text_target": TEXTS[::-1]},
        {"text": "turn on", "text_target": "play music", "max_length": 3, "truncation": True},
        {"text": "turn on", "text_target": "play the music", "max_target_length": 4,
         "max_length": 5, "truncation": True},
        {"text_target": "play music"},
        {"text": TEXTS, "tokenizer_kwargs": {"padding": True, "return_length": True}},
        {"text": "turn on", "text_pair": "the light", "add_special_tokens": False},
    ]  # fmt: skip
    ours, theirs = both
    for call in calls:
        a, b = theirs(**call), ours(**call)
        if "tokenizer_kwargs" in call:
            a.pop("length"), b.pop("length")
        assert dict(a) == dict(b), call
    without = theirs("turn on", "play", None, None, False)
    assert dict(ours("turn on", "play", None, None, False)) == dict(without)
    assert ours.encode_plus("turn", "on", False)["input_ids"] == [5, 6]
    with pytest.raises(bf.InputError, match="'nonsense' is not an argument"):
        ours("a", nonsense=1)
    ours.decode([5], spaces_between_special_tokens=False)
    with pytest.raises(bf.InputError, match="'nonsense' is not an argument"):
        ours.decode([5], nonsense=1)


def test_settings_that_no_tokenizer_has_are_refused(both: Any, tmp_path: Path) -> None:
    folder = both[0].name_or_path
    for kind in (bf.AutoTokenizer, bf.BertTokenizer):
        opened = kind.from_pretrained(folder, use_fast=False, trust_remote_code=True)
        assert opened("turn")["input_ids"] == both[0]("turn")["input_ids"]
        named = kind.from_pretrained(folder, bos_token="<s>", eos_token=None, add_bos_token=True)
        assert (named.bos_token, named.eos_token, named.add_bos_token) == ("<s>", None, False)
        for name in ("do_lowercase", "add_special_tokens", "nonsense"):
            with pytest.raises(bf.InputError, match=f"{name!r} is not an argument"):
                cast(Any, kind).from_pretrained(folder, **{name: True})
        with pytest.raises(bf.InputError, match="chat_template cannot be obeyed"):
            kind.from_pretrained(folder, chat_template="x")


def test_names_of_what_a_tokenizer_is_opened_from(tmp_path: Path) -> None:
    words = [*SPECIAL.split(), "turn", "on"]
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n")
    vocabulary = {word: i for i, word in enumerate(words)}
    for named in ({"vocab_file": str(tmp_path / "vocab.txt")}, {"vocab": vocabulary}):
        made = bf.BertTokenizer(**named)
        assert made("turn on")["input_ids"] == [2, 5, 6, 3]
    theirs = transformers.BertTokenizer(vocab=vocabulary)
    assert theirs("turn on")["input_ids"] == [2, 5, 6, 3]
    with pytest.raises(bf.InputError, match="a tokenizer needs"):
        bf.BertTokenizer()
    with pytest.raises(bf.InputError, match="counted from 0"):
        bf.BertTokenizer(vocab={"a": 1})


def test_texts_in_columns(both: Any) -> None:
    numpy = pytest.importorskip("numpy")
    expected = both[0](TEXTS)
    assert both[0](numpy.array(TEXTS)) == expected
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": TEXTS, "b": TEXTS[::-1]})
    assert both[0](table["a"]) == expected
    assert both[0](table["a"], table["b"]) == both[0](TEXTS, TEXTS[::-1])
    for wrong in ({"a": TEXTS}, b"text", 3, table):
        with pytest.raises(bf.InputError):
            both[0](wrong)


def test_tokens_without_names_are_set(both: Any) -> None:
    for tokenizer in both:
        tokenizer.add_special_tokens({"extra_special_tokens": ["<a>"]})
        tokenizer.add_special_tokens({"extra_special_tokens": ["<b>"]})
        assert tokenizer.extra_special_tokens == ["<b>"]
        tokenizer.add_special_tokens({"extra_special_tokens": ["<c>"]}, False)
        assert tokenizer.extra_special_tokens == ["<b>", "<c>"]
        assert tokenizer("<a>turn")["input_ids"][1:-1] == [
            tokenizer.convert_tokens_to_ids("<a>"),
            5,
        ]
        tokenizer.pad_token_id = None
        assert tokenizer.pad_token is None and tokenizer.pad_token_id is None
        tokenizer.pad_token_id = 0
        assert tokenizer.pad_token == "[PAD]"
        tokenizer.deprecation_warnings["Asking-to-pad-a-fast-tokenizer"] = True
        assert tokenizer.chat_template is None and tokenizer.backend == "tokenizers"
    assert pickle.loads(pickle.dumps(both[0])).extra_special_tokens == ["<b>", "<c>"]


@pytest.mark.parametrize("threads", [1, 3, 64])
def test_flat_rows_are_the_rows_end_to_end(tmp_path: Path, threads: int) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(f"{SPECIAL} turn on the light ##s ku".split()), encoding="utf-8")
    tokenizer = bf.Tokenizer(path)
    texts = ["Turn on the lights", "", "Kü [MASK] \u6771 light", "the " * 50, "on", "lights"] * 3
    kinds: list[dict[str, Any]] = [
        {}, {"max_length": 6}, {"max_length": 1}, {"add_special_tokens": False}]  # fmt: skip
    for side in ("right", "left"):
        tokenizer.truncation_side = side
        for settings in kinds:
            ids, starts, offsets = tokenizer.encode_flat(
                texts, return_offsets=True, threads=threads, **settings
            )
            expected = tokenizer(
                texts, return_offsets_mapping=True, truncation="max_length" in settings, **settings
            )
            rows = [slice(starts[i], starts[i + 1]) for i in range(len(texts))]
            assert [ids[row].tolist() for row in rows] == expected["input_ids"]
            pairs: Any = offsets.tolist()
            found = [tuple(pair) for pair in pairs]
            assert [found[row] for row in rows] == expected["offset_mapping"]
            assert len(starts) == len(texts) + 1
    assert [len(part) for part in tokenizer.encode_flat([], threads=threads)] == [0, 1]
    with pytest.raises(bf.InputError, match="into a list"):
        tokenizer.encode_flat("light")
    mixed: Any = ["light", 3]
    with pytest.raises(bf.InputError, match="has to be a str"):
        tokenizer.encode_flat(mixed, threads=threads)
