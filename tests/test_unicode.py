"""Every code point is treated as Hugging Face's tokenizers treats it."""

from typing import Any

import pytest

from bertlite_fast import Tokenizer

tokenizers = pytest.importorskip("tokenizers")
CHARACTERS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "x", "##x", "a", "##a", "@@"]


def tokenizer(rules: tuple[bool, bool, bool, bool]) -> tuple[Tokenizer, Any]:
    from tokenizers import models, normalizers, pre_tokenizers

    t = tokenizers.Tokenizer(
        models.WordPiece({p: i for i, p in enumerate(PIECES)}, unk_token="[UNK]")
    )
    t.normalizer = normalizers.BertNormalizer(
        clean_text=rules[0],
        handle_chinese_chars=rules[1],
        strip_accents=rules[2],
        lowercase=rules[3],
    )
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return Tokenizer(t.to_str().encode(), json=True), t


@pytest.mark.parametrize(
    "rules",
    [
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
        (False, False, False, True),
        (True, True, True, True),
    ],
    ids=str,
)
def test_each_character_is_normalized_alike(rules: tuple[bool, bool, bool, bool]) -> None:
    ours, original = tokenizer(rules)
    normalize = original.normalizer.normalize_str
    assert [
        hex(ord(c)) for c in CHARACTERS if ours.normalize("x" + c + "x") != normalize("x" + c + "x")
    ] == []


def test_each_character_splits_words_alike() -> None:
    ours, original = tokenizer((False, False, False, False))
    split = original.pre_tokenizer.pre_tokenize_str
    different = []
    for c in CHARACTERS:
        words = dict.fromkeys(ours(f"a{c}a", add_special_tokens=False).word_ids())
        if len(words) != len(split(f"a{c}a")):
            different.append(hex(ord(c)))
    assert different == []


def test_each_word_character_guards_single_words() -> None:
    """What counts as part of a word beside a token that has to stand alone (a regular expression's \\w)."""
    ours, original = tokenizer((True, True, True, True))
    original.add_tokens([tokenizers.AddedToken("@@", single_word=True, normalized=False)])
    ours = Tokenizer(original.to_str().encode(), json=True)
    text = [c + "@@" for c in CHARACTERS]
    assert [
        hex(ord(t[0]))
        for t in text
        if (9 in ours(t, add_special_tokens=False)["input_ids"]) != (9 in original.encode(t).ids)
    ] == []
