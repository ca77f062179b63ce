"""Every code point is normalized and split as Hugging Face's tokenizers does it."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bertlite_fast import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
tokenizers = pytest.importorskip("tokenizers")
CHARACTERS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "x", "##x", "a", "##a", "@@"]


def tokenizer(rules: tuple[bool, bool, bool, bool]) -> tuple[Tokenizer, Any]:
    from tokenizers import models, normalizers, pre_tokenizers

    t = tokenizers.Tokenizer(
        models.WordPiece({p: i for i, p in enumerate(VOCABULARY)}, unk_token="[UNK]")
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
def test_each_character_is_normalized_the_same(rules: tuple[bool, bool, bool, bool]) -> None:
    ours, reference = tokenizer(rules)
    normalize = reference.normalizer.normalize_str
    assert [
        hex(ord(c)) for c in CHARACTERS if ours.normalize("x" + c + "x") != normalize("x" + c + "x")
    ] == []


def test_each_character_splits_words_the_same() -> None:
    ours, reference = tokenizer((False, False, False, False))
    split = reference.pre_tokenizer.pre_tokenize_str
    different = []
    for c in CHARACTERS:
        words = dict.fromkeys(ours(f"a{c}a", add_special_tokens=False).word_ids())
        if len(words) != len(split(f"a{c}a")):
            different.append(hex(ord(c)))
    assert different == []


def test_each_word_character_prevents_a_single_word_match() -> None:
    """A word character (\\w) next to an added token with single_word=True prevents a match."""
    ours, reference = tokenizer((True, True, True, True))
    reference.add_tokens([tokenizers.AddedToken("@@", single_word=True, normalized=False)])
    ours = Tokenizer(reference.to_str().encode(), json=True)
    text = [c + "@@" for c in CHARACTERS]
    assert [
        hex(ord(t[0]))
        for t in text
        if (9 in ours(t, add_special_tokens=False)["input_ids"]) != (9 in reference.encode(t).ids)
    ] == []


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")
def test_firmware_has_the_same_characters(tmp_path: Path) -> None:
    found = []
    for flags in ([], ["-DBL_FREESTANDING"]):
        program = tmp_path / "unicode"
        sources = [ROOT / "tests/firmware/unicode.c", ROOT / "csrc/tokenizer/unicode.c"]
        folders = [f"-I{ROOT / name}" for name in ("include", "csrc")]
        subprocess.run(
            ["gcc", "-std=c11", "-O1", *flags, *folders, *sources, "-o", program], check=True
        )
        found.append(subprocess.run([program], capture_output=True, check=True).stdout)
    assert len(found[0]) > 0x110000 * 24
    assert found[0] == found[1]
