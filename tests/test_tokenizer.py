"""The tokenizer: the same results as Hugging Face's for any text, arguments and settings."""

from __future__ import annotations

import copy
import json
import pickle
import random
import secrets
import struct
import threading
from pathlib import Path
from typing import Any

import compare_tokenizers
import pytest

import bertlite_fast as bf
from bertlite_fast import AutoTokenizer, InputError, ModelConfigError, ModelFileError, Tokenizer

HERE = Path(__file__).resolve().parent
STORED = json.loads((HERE / "reference/tokens.json").read_text())
VOCAB = compare_tokenizers.vocabulary()
WORDS = [p for p in VOCAB if p.isalpha() and len(p) > 1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("uncased")
    (path / "vocab.txt").write_text("".join(p + "\n" for p in VOCAB), encoding="utf-8")
    (path / "tokenizer_config.json").write_text(
        json.dumps(
            {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 32}
        )
    )
    (path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    return path


@pytest.fixture(scope="module")
def tok(folder: Path) -> Tokenizer:
    return AutoTokenizer.from_pretrained(folder)


# ---- compared with tokenizers and transformers ------------------------------------------------


@pytest.mark.parametrize("case", STORED["cases"], ids=lambda case: case["name"])
def test_stored_results(case: dict[str, Any]) -> None:
    settings = case["tokenizer"]
    settings["model"]["vocab"] = {token: i for i, token in enumerate(STORED["vocab"])}
    ours = Tokenizer(json.dumps(settings).encode(), json=True)
    for text, ids, offsets, words in case["results"]:
        e = ours(text).encodings[0]
        assert ours.encode(text) == e.ids == ids, text
        assert [x for pair in e.offsets for x in pair] == offsets, text
        assert [-1 if w is None else w for w in e.word_ids] == words, text


def test_live_on_random_texts() -> None:
    pytest.importorskip("tokenizers")
    seed = secrets.randbelow(1 << 32)
    print(f"\nseed {seed}")
    assert compare_tokenizers.compare(30_000, seed, VOCAB) == 0, (
        f"python tests/compare_tokenizers.py --lines 30000 --seed {seed}"
    )


def english() -> list[str]:
    import pydoc_data.topics

    return [
        line
        for text in pydoc_data.topics.topics.values()
        for line in text.split("\n")
        if line.strip()
    ]


def test_live_on_english_and_on_every_token() -> None:
    pytest.importorskip("tokenizers")
    for _name, text, reference in compare_tokenizers.settings(VOCAB)[:2]:
        ours = Tokenizer(text.encode(), json=True)
        for line in english():
            assert not compare_tokenizers.differences(ours, reference, line), line
        for token in VOCAB:
            assert not compare_tokenizers.differences(ours, reference, token), token


def random_call(r: random.Random) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A random combination of the arguments that a tokenizer takes."""

    def text() -> str:
        return (
            " ".join(r.choices(WORDS, k=r.randrange(0, 30)))
            if r.random() < 0.8
            else compare_tokenizers.random_text(r, WORDS)
        )

    kwargs: dict[str, Any] = {}
    words = r.random() < 0.15
    one = (lambda: text().split(" ")) if words else text
    batch = r.random() < 0.5
    size = r.randrange(1, 4)
    args: list[Any] = [[one() for _ in range(size)] if batch else one()]
    if r.random() < 0.5:
        args.append([one() for _ in range(size)] if batch else one())
    if words:
        kwargs["is_split_into_words"] = True
    for name, values in {
        "truncation": (
            True,
            False,
            "longest_first",
            "only_first",
            "only_second",
            "do_not_truncate",
        ),
        "max_length": (0, 1, 2, 3, 4, 5, 8, 13, 16, 40),
        "padding": (True, False, "longest", "max_length"),
        "stride": (0, 1, 2, 3),
        "pad_to_multiple_of": (4, 8),
        "padding_side": ("left", "right"),
        "add_special_tokens": (False, True),
        "return_overflowing_tokens": (True, False),
        "return_special_tokens_mask": (True, False),
        "return_offsets_mapping": (True, False),
        "return_length": (True, False),
        "return_token_type_ids": (True, False),
        "return_attention_mask": (True, False),
        "return_tensors": ("np",),
    }.items():
        if r.random() < (0.5 if name in ("truncation", "max_length", "padding") else 0.2):
            kwargs[name] = r.choice(values)
    return tuple(args), kwargs


def plain(data: Any) -> Any:
    """Arrays as lists, also where rows of different lengths are an array of arrays."""

    def listed(value: Any) -> Any:
        if hasattr(value, "tolist"):
            value = value.tolist()
        return [listed(v) for v in value] if isinstance(value, list) else value

    return {key: listed(value) for key, value in data.items()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("side", ["right", "left"])
def test_live_calls(folder: Path, side: str) -> None:
    """4,000 random calls return what transformers returns, or both raise an error."""
    transformers = pytest.importorskip("transformers")
    reference = transformers.BertTokenizer.from_pretrained(folder, truncation_side=side)
    ours = AutoTokenizer.from_pretrained(folder, truncation_side=side)
    seed = secrets.randbelow(1 << 32)
    print(f"\nseed {seed}")
    r = random.Random(seed)
    refused = 0
    for _ in range(4000):
        args, kwargs = random_call(r)
        try:
            wanted = reference(*args, **kwargs)
        except BaseException as error:  # a panic of tokenizers is not an Exception
            assert not isinstance(error, (KeyboardInterrupt, SystemExit))
            refused += 1
            with pytest.raises(InputError):
                ours(*args, **kwargs)
                pytest.fail(f"not refused: {(seed, args, kwargs, error)}")
            continue
        got = ours(*args, **kwargs)
        assert plain(got) == plain(wanted), (seed, args, kwargs)
        assert list(got) == list(wanted)
        for i in range(len(wanted.encodings)):
            assert got.tokens(i) == wanted.tokens(i), (seed, args, kwargs)
            assert got.word_ids(i) == wanted.word_ids(i)
            assert (
                got.sequence_ids(i) == wanted.encodings[i].sequence_ids
                or len(wanted.encodings[i].overflowing)
                or "truncation" in kwargs
                or "max_length" in kwargs
            )
    print(f"{refused} of 4000 refused")


def test_live_names_and_decoding(folder: Path) -> None:
    transformers = pytest.importorskip("transformers")
    reference = transformers.BertTokenizer.from_pretrained(folder)
    ours = AutoTokenizer.from_pretrained(folder)
    for name in (
        "vocab_size",
        "unk_token",
        "sep_token",
        "pad_token",
        "cls_token",
        "mask_token",
        "unk_token_id",
        "sep_token_id",
        "pad_token_id",
        "cls_token_id",
        "mask_token_id",
    ):
        assert getattr(ours, name) == getattr(reference, name), name
    for name in (
        "model_max_length",
        "padding_side",
        "truncation_side",
        "model_input_names",
        "all_special_ids",
        "pad_token_type_id",
        "clean_up_tokenization_spaces",
    ):
        assert getattr(ours, name) == getattr(reference, name), name
    assert set(ours.all_special_tokens) == set(reference.all_special_tokens)
    assert len(ours) == len(reference)
    assert ours.get_vocab() == reference.get_vocab()
    assert ours.num_special_tokens_to_add() == 2 and ours.num_special_tokens_to_add(pair=True) == 3
    r = random.Random(3)
    for _ in range(2000):
        ids = [r.randrange(len(VOCAB) + 3) for _ in range(r.randrange(0, 12))]
        for skip in (False, True):
            assert ours.decode(ids, skip_special_tokens=skip) == reference.decode(
                ids, skip_special_tokens=skip
            ), ids
            assert ours.convert_ids_to_tokens(
                ids, skip_special_tokens=skip
            ) == reference.convert_ids_to_tokens(ids, skip_special_tokens=skip)
        assert ours.decode(ids, clean_up_tokenization_spaces=True) == reference.decode(
            ids, clean_up_tokenization_spaces=True
        ), ids
        tokens = [t for t in reference.convert_ids_to_tokens(ids) if t is not None]
        assert ours.convert_tokens_to_string(tokens) == reference.convert_tokens_to_string(tokens)
        assert ours.convert_tokens_to_ids(tokens) == reference.convert_tokens_to_ids(tokens)
    text = "Playing Music [MASK] don't, in istanbul!"
    assert ours.tokenize(text) == reference.tokenize(text)
    assert ours.decode(ours(["hello world", "light"])["input_ids"]) == reference.decode(
        reference(["hello world", "light"])["input_ids"]
    )
    assert ours.batch_decode([[7, 8], [9]]) == reference.batch_decode([[7, 8], [9]])
    wanted, got = reference(text, "the light"), ours(text, "the light")
    for i in range(len(wanted["input_ids"])):
        assert got.token_to_word(i) == wanted.token_to_word(i)
        assert got.token_to_chars(i) == (
            None if wanted.token_to_chars(i) is None else tuple(wanted.token_to_chars(i))
        )
        assert got.token_to_sequence(i) == wanted.token_to_sequence(i)
    for i in range(len(text)):
        assert got.char_to_token(i) == wanted.char_to_token(i)
        assert got.char_to_word(i) == wanted.char_to_word(i)
    for w in range(6):
        assert got.word_to_tokens(w) == (
            None if wanted.word_to_tokens(w) is None else tuple(wanted.word_to_tokens(w))
        )
        assert got.word_to_chars(w) == (
            None if wanted.word_to_chars(w) is None else tuple(wanted.word_to_chars(w))
        )


@pytest.mark.parametrize(
    "lines",
    [
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "light", "the", "##s"],  # a duplicate
        ["the", "light", "##s", "[UNK]"],  # special tokens missing
        [
            "[PAD]",
            "[UNK]",
            "[CLS]",
            "[SEP]",
            "[MASK]",
            "the\r",
            "light \t",
            "",
            "##s\r",
            " a",
            "\u00a0",
            "lone\u2003",
        ],  # odd line ends
        ["\ufeff[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the"],  # a byte-order mark
    ],
    ids=["duplicate", "no special tokens", "spaces", "byte-order mark"],
)
@pytest.mark.parametrize("end", ["\n", ""])
def test_live_vocabularies(tmp_path: Path, lines: list[str], end: str) -> None:
    transformers = pytest.importorskip("transformers")
    (tmp_path / "vocab.txt").write_bytes(("\n".join(lines) + end).encode())
    reference = transformers.BertTokenizer.from_pretrained(tmp_path)
    ours = AutoTokenizer.from_pretrained(tmp_path)
    assert ours.get_vocab() == reference.get_vocab()
    assert ours.vocab_size == reference.vocab_size and len(ours) == len(reference)
    for text in ("the lights", "the [MASK] light", "a lone light", "THE\r\nLIGHT"):
        assert ours(text)["input_ids"] == reference(text)["input_ids"]
        assert ours.tokenize(text) == reference.tokenize(text)


@pytest.mark.parametrize(
    "settings",
    [
        {"do_lower_case": False},
        {"strip_accents": False},
        {"do_lower_case": False, "strip_accents": True},
        {"tokenize_chinese_chars": False},
        {"mask_token": "<mask>"},
    ],
    ids=str,
)
def test_live_settings(folder: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    """Settings given with a vocab.txt, and read from folders that either library saved."""
    transformers = pytest.importorskip("transformers")
    reference = transformers.BertTokenizer.from_pretrained(folder, **settings)
    reference.save_pretrained(tmp_path / "theirs")
    first = AutoTokenizer.from_pretrained(folder, **settings)
    first.save_pretrained(tmp_path / "ours")
    again = transformers.BertTokenizer.from_pretrained(tmp_path / "ours")
    r = random.Random(4)
    texts = [compare_tokenizers.random_text(r, WORDS) for _ in range(300)] + [
        "É <mask> [MASK] 中国"
    ]
    for ours in (
        first,
        AutoTokenizer.from_pretrained(tmp_path / "theirs"),
        AutoTokenizer.from_pretrained(tmp_path / "ours"),
    ):
        for text in texts:
            assert (
                ours(text)["input_ids"] == reference(text)["input_ids"] == again(text)["input_ids"]
            ), text
        assert ours.mask_token_id == reference.mask_token_id


# ---- without them ----------------------------------------------------------------------------


def test_offsets_enclose_the_text_of_each_token(tok: Tokenizer) -> None:
    """Normalizing the text between a token's offsets gives the token."""
    r = random.Random(6)
    for _ in range(3000):
        text = compare_tokenizers.random_text(r, WORDS)
        e = tok(text, add_special_tokens=False).encodings[0]
        last = 0
        for token, (start, end), word in zip(e.tokens, e.offsets, e.word_ids):
            assert 0 <= start <= end <= len(text)
            assert start >= last
            last = start
            assert word is not None and token is not None
            slice_of_text = tok.normalize(text[start:end]).strip()
            if (
                token != tok.unk_token
                and not any(
                    "\u1100" <= c <= "\u11ff" or "\U0001d100" <= c <= "\U0001d1ff" for c in token
                )
                and token not in tok.all_special_tokens
            ):
                moved = any(c in compare_tokenizers.REORDERED for c in text)
                assert moved or token.removeprefix("##") in slice_of_text, (
                    text,
                    token,
                    slice_of_text,
                )


def test_it_can_be_saved_copied_pickled_and_converted(
    folder: Path, tiny: Path, tmp_path: Path, tok: Tokenizer
) -> None:
    texts = ["Hello wörld, [MASK]", "中国 naïve\u0301", "playing " * 20]
    model = tmp_path / "model"
    model.mkdir()
    for path in (*tiny.iterdir(), folder / "vocab.txt", folder / "tokenizer_config.json"):
        (model / path.name).write_bytes(path.read_bytes())
    bf.convert(model, tmp_path / "model.bertlite")
    tok.save_pretrained(tmp_path / "saved")
    others = [
        copy.copy(tok),
        copy.deepcopy(tok),
        pickle.loads(pickle.dumps(tok)),
        AutoTokenizer.from_pretrained(tmp_path / "saved"),
        AutoTokenizer.from_pretrained(tmp_path / "model.bertlite"),
        Tokenizer(folder / "vocab.txt", model_max_length=32),
    ]
    for other in others:
        assert other.model_max_length == 32
        for text in texts:
            assert other(text, truncation=True) == tok(text, truncation=True)
            assert other.decode(other.encode(text)) == tok.decode(tok.encode(text))
        assert other.get_vocab() == tok.get_vocab()


@pytest.mark.parametrize("side", ["left", "right"])
def test_encodings_pickle_and_copy(folder: Path, side: str) -> None:
    tok = Tokenizer(folder / "vocab.txt", padding_side=side)
    texts, pairs = ["Hello wörld, [MASK]", "playing " * 20], ["中国", "naïve"]
    limits: dict[str, Any] = {
        "truncation": True,
        "max_length": 9,
        "padding": "max_length",
        "stride": 2,
    }
    for found in (
        tok("x " * 50, truncation=True, max_length=7),
        tok(texts, pairs, padding=True),
        tok(texts, return_overflowing_tokens=True, **limits),
        tok([["Hello", "wörld"]], is_split_into_words=True),
    ):
        for other in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
            assert other == found and len(other.encodings) == len(found.encodings)
            for ours, theirs in zip(other.encodings, found.encodings):
                for name in ("ids", "offsets", "tokens", "word_ids", "sequence_ids"):
                    assert getattr(ours, name) == getattr(theirs, name)
                assert len(ours.overflowing) == len(theirs.overflowing)


def test_damaged_pickles_of_encodings_do_not_crash(folder: Path) -> None:
    tok = Tokenizer(folder / "vocab.txt")
    found: Any = tok("Hello wörld, [MASK]", "playing", padding="max_length", max_length=20)[0]
    restore, parts = found.__reduce__()
    r = random.Random(3)
    outcomes = set()
    for _ in range(2000):
        data = bytearray(parts[5])
        for _ in range(r.randrange(1, 4)):
            data[r.randrange(len(data))] = r.choice((0, 1, 5, 127, 128, 255))
        try:
            other = restore(*parts[:5], bytes(data), parts[6])
        except ValueError:
            outcomes.add("refused")
            continue
        outcomes.add("read")
        for name in ("ids", "tokens", "offsets", "word_ids", "sequence_ids"):
            assert len(getattr(other, name)) == 20
    assert outcomes == {"refused", "read"}
    closed = Tokenizer.__new__(Tokenizer)
    restore_tokens, (_, text, split, count, ids) = parts[1].__reduce__()
    for owner in (None, closed):
        with pytest.raises((ValueError, InputError)):
            restore(owner, *parts[1:])
        with pytest.raises((ValueError, InputError)):
            restore_tokens(owner, text, split, count, ids)
    for wrong in (
        (None, None, None, 3, False, b"", None),
        (tok, None, *parts[2:]),
        (*parts[:3], 2**40, *parts[4:]),
        (*parts[:5], parts[5][:-1], None),
        (*parts[:6], ["x"]),
    ):
        with pytest.raises(ValueError):
            restore(*wrong)
    shorter = restore_tokens(tok, "Hello", split, count, ids)
    other = restore(tok, shorter, *parts[2:])
    assert other.offsets[3:5] == [(0, 0), (0, 0)] and len(other.tokens) == 20


def test_a_converted_file_without_a_tokenizer_says_so(tiny: Path, tmp_path: Path) -> None:
    bf.convert(tiny, tmp_path / "model.bertlite")
    with pytest.raises(ModelConfigError, match="has no tokenizer"):
        AutoTokenizer.from_pretrained(tmp_path / "model.bertlite")


def test_damaged_tables_are_refused_or_harmless(folder: Path, tiny: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for path in (*tiny.iterdir(), folder / "vocab.txt"):
        (model / path.name).write_bytes(path.read_bytes())
    bf.convert(model, tmp_path / "m")
    data = (tmp_path / "m").read_bytes()
    at = data.index(b"BLV1")
    r = random.Random(8)
    for i in range(400):
        broken = bytearray(data)
        for _ in range(3):
            broken[at + (4 * r.randrange(16) if i % 2 else r.randrange(60000))] = r.randrange(256)
        (tmp_path / "broken").write_bytes(broken)
        try:
            t = Tokenizer(tmp_path / "broken")
        except bf.BertliteError:
            continue
        try:
            t.encode("hello world, turn on the kitchen light naïve")
            t.get_vocab()
            t.tokenize("playing unhappy")
        except bf.BertliteError:
            pass


def test_a_table_of_another_type_is_not_read_beyond_the_file(
    folder: Path, tiny: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for path in (*tiny.iterdir(), folder / "vocab.txt"):
        (model / path.name).write_bytes(path.read_bytes())
    bf.convert(model, tmp_path / "m")
    data = (tmp_path / "m").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    table = header["tokenizer.table"]
    words = table["shape"][0]
    # The same bytes declared as U8 are four times as many elements. If they were counted as 32-bit
    # words, the reader would go beyond the file.
    table.update(dtype="U8", shape=[4 * words])
    body = bytearray(data[8 + size :])
    slots, end = 8, 9
    at = table["data_offsets"][0]
    struct.pack_into("<I", body, at + 4 * slots, 12 * words)
    struct.pack_into("<I", body, at + 4 * end, 16 * words)
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 64)
    (tmp_path / "broken").write_bytes(struct.pack("<Q", len(head)) + head + body)
    with pytest.raises(ModelFileError, match="ends within its tokenizer"):
        Tokenizer(tmp_path / "broken")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "x " * 500_000,
        "\u0301" * 500_000,
        "\u302e\u0301" * 200_000,
        "中" * 300_000,
        "[" * 1_000_000,
        "[MASK" * 200_000,
        "é" * 500_000,
        "\0" * 1_000_000,
        "가" * 300_000,
    ],
)
def test_extreme_lengths_are_encoded(tok: Tokenizer, text: str) -> None:
    ids = tok.encode(text)
    assert len(ids) >= 2
    assert (
        tok(text, truncation=True, max_length=16)["input_ids"] == [*ids[:15], ids[-1]][: len(ids)]
    )


def test_threads_share_a_tokenizer(tok: Tokenizer) -> None:
    texts = [" ".join(WORDS[i : i + 9]) * 40 for i in range(40)]
    wanted = [tok.encode(t) for t in texts]
    wrong: list[str] = []

    def work() -> None:
        for _ in range(20):
            for text, ids in zip(texts, wanted):
                if tok.encode(text) != ids:
                    wrong.append(text)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_bad_texts(tok: Tokenizer) -> None:
    for bad in ("\ud800", "a\udfffb"):
        with pytest.raises(InputError, match="surrogate"):
            tok(bad)
        with pytest.raises(InputError, match="surrogate"):
            tok.encode(bad)
    assert tok.encode("a\0b") == tok.encode("ab")
    for worse in (None, 3, b"bytes", [3], [None], [["a", "b", "c"]], []):
        with pytest.raises(InputError):
            tok(worse)
    with pytest.raises(InputError, match="same length"):
        tok(["a", "b"], ["c"])
    with pytest.raises(InputError, match="list of words"):
        tok("a b", is_split_into_words=True)
    with pytest.raises(InputError, match="cannot be decoded"):
        tok.decode([-1])
    for kwargs in (
        {"truncation": "first"},
        {"padding": "short"},
        {"max_length": -1},
        {"return_tensors": "tf"},
        {"padding": True, "padding_side": "up"},
    ):
        with pytest.raises(InputError):
            tok("a b", **kwargs)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("vocab.txt", b"", "empty"),
        ("vocab.txt", b"[PAD]\n\xff\xfe\n", "UTF-8"),
        ("vocab.txt", b"\xff\xfea\x00\n\x00", "UTF-8"),
        ("tokenizer.json", b"", "JSON"),
        ("tokenizer.json", b"[]", "not a JSON object"),
        ("tokenizer.json", b"{}", "no model"),
        ("tokenizer.json", b'{"model":{"type":"BPE"}}', "not WordPiece"),
        (
            "tokenizer.json",
            b'{"model":{"type":"WordPiece","vocab":{}},"pre_tokenizer":{"type":"Whitespace"}}',
            "BertPreTokenizer",
        ),
        (
            "tokenizer.json",
            b'{"model":{"type":"WordPiece","vocab":{"a":-1}},"pre_tokenizer":{"type":"BertPreTokenizer"}}',
            "vocabulary",
        ),
        (
            "tokenizer.json",
            b'{"model":{"type":"WordPiece","vocab":{}},"pre_tokenizer":{"type":"BertPreTokenizer"}}',
            "no vocabulary",
        ),
        (
            "tokenizer.json",
            b'{"model":{"vocab":{"a":0}},"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"BertPreTokenizer"}}',
            "BertNormalizer",
        ),
    ],
)
def test_bad_files(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises((ModelFileError, ModelConfigError), match=message):
        AutoTokenizer.from_pretrained(tmp_path)
    with pytest.raises((ModelFileError, ModelConfigError), match=message):
        AutoTokenizer.from_pretrained(tmp_path / name)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="neither"):
        AutoTokenizer.from_pretrained(tmp_path)
    with pytest.raises(ModelFileError, match="folder"):
        AutoTokenizer.from_pretrained(tmp_path / "nothing")
    with pytest.raises(ModelFileError, match="NUL"):
        AutoTokenizer.from_pretrained("a\0b")


def test_a_word_that_cannot_be_tokenized_needs_an_unknown_token(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[CLS]\n[SEP]\n[MASK]\nthe\n")
    ours = AutoTokenizer.from_pretrained(tmp_path)
    assert ours.tokenize("the the") == ["the", "the"]
    with pytest.raises(ModelConfigError, match="cannot be tokenized"):
        ours.encode("the light")


def test_results_are_dictionaries_and_attributes(tok: Tokenizer) -> None:
    e = tok("hello world")
    assert e.input_ids == e["input_ids"]
    with pytest.raises(AttributeError, match="offset_mapping"):
        _ = e.offset_mapping
    assert e[0].ids == e.input_ids
    assert tok(["a", "b"], padding=True, return_tensors="np").input_ids.shape == (2, 3)


@pytest.mark.parametrize(
    "name", ["BertJapaneseTokenizer", "RobertaTokenizerFast", "BertweetTokenizer"]
)
def test_classes_that_are_not_word_piece_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    config = tmp_path / "tokenizer_config.json"
    choices: list[dict[str, Any]] = [{}, {"do_lower_case": False}]
    for settings in choices:
        config.write_text(json.dumps({"tokenizer_class": name}))
        with pytest.raises(bf.ModelConfigError, match=name):
            bf.Tokenizer(tmp_path, **settings)
        for good in ("BertTokenizer", "ElectraTokenizerFast", "PreTrainedTokenizerFast", None):
            config.write_text(json.dumps({"tokenizer_class": good}))
            assert len(bf.Tokenizer(tmp_path, **settings)) == 6
