"""Compare the tokenizer with Hugging Face's tokenizers on random texts from all of Unicode.

    python tests/compare_tokenizers.py [--lines 1000000] [--seed N] [--vocab FILE]

Ids, tokens, offsets, word ids, types and masks have to be the same for every text and every
setting. The seed is printed; a difference is printed with the shortest text that shows it.
Needs the package `tokenizers`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

from bertlite_fast import Tokenizer

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ODD = (
    "\0\t\n\r\x0b\x0c\x1c\x1f\x7f\x80\x85\xa0\xad\u0130\u0131\u017f\u034f\u061c\u070f\u180e"
    "\u200b\u200c\u200d\u200e\u2028\u2029\u202f\u205f\u2060\u3000\ufe0f\ufeff\ufffc\ufffd\ufffe\uffff\ue000\U000e0001\U000f0000\U0010ffff"
)
# The first and last code points of the ranges that BERT, Unicode and UTF-8 distinguish.
EDGES = [
    0x7F,
    0x80,
    0x7FF,
    0x800,
    0x33FF,
    0x3400,
    0x4DBF,
    0x4DC0,
    0x4E00,
    0x9FFF,
    0xA000,
    0xABFF,
    0xAC00,
    0xAC01,
    0xD7A3,
    0xD7A4,
    0xD7FF,
    0xE000,
    0xF8FF,
    0xF900,
    0xFAFF,
    0xFB00,
    0xFFFF,
]
EDGES += [
    0x10000,
    0x1F1E6,
    0x1F3FB,
    0x20000,
    0x2A6DF,
    0x2A6E0,
    0x2A700,
    0x2B73F,
    0x2B740,
    0x2B81F,
    0x2B820,
    0x2B91F,
    0x2B920,
    0x2CEAF,
    0x2CEB0,
    0x2F800,
    0x2FA1F,
    0x2FA20,
    0x30000,
    0x10FFFF,
]
MARKS = [c for c in map(chr, range(0x110000)) if unicodedata.combining(c)]
# NFD reorders these, but they are not accents, which are removed.
REORDERED = [c for c in MARKS if unicodedata.category(c) != "Mn"]
DECOMPOSABLE = [
    c
    for c in map(chr, range(0x110000))
    if unicodedata.decomposition(c) and unicodedata.normalize("NFD", c) != c
]


def vocabulary() -> dict[str, int]:
    """A small vocabulary: characters of many scripts, and words and suffixes of English."""
    tokens = list(SPECIALS)
    tokens += [chr(c) for c in range(33, 127)]
    tokens += [
        chr(c)
        for a, b in (
            (0xA1, 0x250),
            (0x370, 0x530),
            (0x5D0, 0x5EB),
            (0x621, 0x64B),
            (0x905, 0x93A),
            (0x1100, 0x1113),
            (0x3041, 0x3097),
            (0x4E00, 0x4E80),
        )
        for c in range(a, b)
    ]
    tokens += ["##" + p for p in tokens[5:]]
    words = [
        "the",
        "of",
        "and",
        "to",
        "in",
        "is",
        "was",
        "for",
        "on",
        "light",
        "lights",
        "kitchen",
        "turn",
        "play",
        "music",
        "naive",
        "cafe",
        "uber",
        "strasse",
        "istanbul",
        "hello",
        "world",
        "playing",
        "unhappy",
        "2024",
        "don",
        "can",
        "won",
        "not",
    ]
    tokens += words + [
        "##" + e
        for e in (
            "ing",
            "ed",
            "er",
            "est",
            "s",
            "ly",
            "ness",
            "able",
            "tion",
            "un",
            "##",
            "ᅡ",
            "ᆨ",
            "ी",
            "\u0301",
            "\u0345",
            "〮",
            "\U0001d165",
        )
    ]
    tokens += [
        "〮",
        "\U0001d158",
        "ी",
        "a" * 17,
        "a" * 40,
        "##" + "b" * 33,
        "中国",
        "é",
        "##é",
        "É",
        "ß",
        "i\u0307",
        "foo",
        "bar",
        "foobar",
        "new",
        "new york",
    ]
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def random_text(r: random.Random, words: list[str]) -> str:
    """A random text of one of several kinds."""

    def anything() -> str:
        c = r.choice(
            (
                r.randrange(0x80),
                r.randrange(0x800),
                r.randrange(0x3000),
                r.randrange(0x10000),
                r.randrange(0x110000),
                r.choice(EDGES) + r.randrange(-1, 2),
            )
        )
        return chr(c) if 0 <= c < 0xD800 or 0xE000 <= c < 0x110000 else "?"

    def block() -> list[str]:
        start = r.randrange(0, 0x30000, 64) if r.random() < 0.9 else r.randrange(0, 0x110000, 64)
        return [chr(c) for c in range(start, start + 64) if not 0xD800 <= c < 0xE000] or ["x"]

    kind = r.randrange(12)
    if kind == 0:
        return " ".join(r.choices(words, k=r.randrange(1, 20)))
    if kind == 1:
        return "".join(r.choices(words, k=r.randrange(1, 6))) + r.choice((".", "!", "", "\n"))
    if kind == 2:
        pool = block() + block()
        return "".join(
            r.choice(pool) if r.random() < 0.8 else r.choice(" aE-1")
            for _ in range(r.randrange(1, 40))
        )
    if kind == 3:
        return "".join(anything() for _ in range(r.randrange(1, 40)))
    if kind == 4:  # marks in every order
        parts = [
            r.choice(LETTERS + " ")
            if r.random() < 0.2
            else r.choice(DECOMPOSABLE)
            if r.random() < 0.2
            else r.choice(REORDERED)
            if r.random() < 0.3
            else r.choice(MARKS)
            for _ in range(r.randrange(1, 16))
        ]
        return "".join(parts)
    if kind == 5:
        return "".join(
            r.choice(ODD) if r.random() < 0.3 else r.choice(LETTERS + " .")
            for _ in range(r.randrange(1, 30))
        )
    if kind == 6:
        return "".join(
            r.choice(
                (
                    chr(r.randrange(0xAC00, 0xD7A4)),
                    chr(r.randrange(0x4E00, 0x4E90)),
                    chr(r.randrange(0x1100, 0x1200)),
                    " ",
                    "x",
                    "。",
                    chr(r.randrange(0xF900, 0xFB00)),
                )
            )
            for _ in range(r.randrange(1, 20))
        )
    if kind == 7:
        tokens = [
            *SPECIALS,
            "[mask]",
            "[",
            "]",
            "[[MASK]]",
            "foo",
            "Foo",
            "FOO",
            "foobar",
            "New York",
            "new york",
            "中国",
            "é",
            "É",
            "e\u0301",
            "@@",
            "x",
            " ",
            "  ",
            "\u3000",
            "a",
            "_",
            "\u0301",
        ]
        return "".join(r.choices(tokens, k=r.randrange(1, 12)))
    if kind == 8:
        letter = r.choice("abé中ㅏ")
        return " ".join(
            letter * r.choice((1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 99, 100, 101, 150))
            for _ in range(r.randrange(1, 4))
        )
    if kind == 9:
        return "".join(
            r.choice(words).capitalize() + r.choice((" ", ", ", "-", "'s ", "…", "—", "é "))
            for _ in range(r.randrange(1, 30))
        )
    if kind == 10:
        emoji = ["👩", "🏽", "\u200d", "💻", "🇩", "🇪", "❤", "\ufe0f", "1", "\u20e3", "#", "☺", " "]
        return "".join(r.choices(emoji, k=r.randrange(1, 12)))
    return "".join(
        r.choice(DECOMPOSABLE) if r.random() < 0.4 else r.choice(LETTERS + "  ")
        for _ in range(r.randrange(1, 30))
    )


def settings(vocab: dict[str, int]) -> list[tuple[str, str, Any]]:
    """(name, tokenizer.json, the same as a tokenizers.Tokenizer) for each set of settings."""
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

    made = []
    cases: list[tuple[str, tuple[bool, bool, bool | None, bool] | None, list[dict[str, Any]]]] = [
        ("uncased", (True, True, None, True), []),
        ("cased", (True, True, None, False), []),
        ("accents kept", (True, True, False, True), []),
        ("cased, accents stripped", (True, True, True, False), []),
        ("ideographs not split", (True, False, None, True), []),
        ("not cleaned", (False, True, None, True), []),
        ("not normalized", None, []),
        (
            "added tokens",
            (True, True, None, True),
            [
                {"content": "foo"},
                {"content": "New York", "single_word": True},
                {"content": "@@", "lstrip": True, "rstrip": True},
                {"content": "中国"},
            ],
        ),
        (
            "raw tokens",
            (True, True, None, True),
            [
                {"content": "foo", "normalized": False, "single_word": True},
                {"content": "foobar", "normalized": False},
                {"content": "É", "normalized": False, "rstrip": True},
                {"content": "x", "normalized": False, "lstrip": True},
            ],
        ),
        (
            "both",
            (True, True, None, True),
            [
                {"content": "foo", "lstrip": True},
                {"content": "foobar", "rstrip": True, "single_word": True},
                {"content": "bar"},
                {"content": "Foo", "normalized": False},
                {"content": "a", "single_word": True},
            ],
        ),
    ]
    for name, rules, added in cases:
        reference = tokenizers.Tokenizer(
            models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100)
        )
        if rules:
            reference.normalizer = normalizers.BertNormalizer(
                clean_text=rules[0],
                handle_chinese_chars=rules[1],
                strip_accents=rules[2],
                lowercase=rules[3],
            )
        reference.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        reference.post_processor = processors.TemplateProcessing(
            single="[CLS]:0 $A:0 [SEP]:0",
            pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
            special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])],
        )
        reference.decoder = decoders.WordPiece(prefix="##")
        reference.add_special_tokens(
            [tokenizers.AddedToken(t, special=True, normalized=False) for t in SPECIALS]
        )
        if added:
            reference.add_tokens([tokenizers.AddedToken(**token) for token in added])
        made.append((name, reference.to_str(), reference))
    return made


def differences(
    ours: Any, reference: Any, text: str, pair: str | None = None
) -> dict[str, tuple[Any, Any]]:
    """Where the two encodings of a text differ: {attribute: (ours, theirs)}."""
    a = ours(text, pair).encodings[0]
    b = reference.encode(text, pair)
    names = (
        "ids",
        "tokens",
        "offsets",
        "word_ids",
        "type_ids",
        "special_tokens_mask",
        "attention_mask",
        "sequence_ids",
    )
    return {
        name: (getattr(a, name), getattr(b, name))
        for name in names
        if getattr(a, name) != getattr(b, name)
    }


def shortest(ours: Any, reference: Any, text: str) -> str:
    """The text, shortened as far as it still shows a difference."""
    step = max(1, len(text) // 2)
    while True:
        for at in range(0, len(text), step):
            less = text[:at] + text[at + step :]
            if less and differences(ours, reference, less):
                text = less
                break
        else:
            if step == 1:
                return text
            step = max(1, step // 2)


def compare(lines: int, seed: int, vocab: dict[str, int], report: bool = False) -> int:
    """Compare `lines` random texts; print each difference and return how many there are."""
    r = random.Random(seed)
    pairs = [
        (name, Tokenizer(text.encode(), json=True), reference)
        for name, text, reference in settings(vocab)
    ]
    words = [
        p.removeprefix("##") for p in vocab if p not in SPECIALS and "[" not in p and p != "##"
    ]
    found = 0
    start = time.monotonic()
    for i in range(lines):
        text = random_text(r, words)
        name, ours, reference = pairs[i % len(pairs)]
        if (i // len(pairs)) % 16 == 0:
            different: Any = differences(ours, reference, text, random_text(r, words))
        else:  # encode() has a faster path than calling the tokenizer; compare both
            ids = reference.encode(text).ids
            different = ours.encode(text) != ids or differences(ours, reference, text)
            if ours.decode(ids) != reference.decode(ids, skip_special_tokens=False):
                different = {
                    "decode": (ours.decode(ids), reference.decode(ids, skip_special_tokens=False))
                }
        if different:
            found += 1
            less = shortest(ours, reference, text) if differences(ours, reference, text) else text
            print(f"{name}: {less!r}: {differences(ours, reference, less) or different}")
            if found >= 20:
                break
        if report and i % 100000 == 99999:
            print(
                f"{i + 1} texts, {found} differences, {time.monotonic() - start:.0f} s", flush=True
            )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument(
        "--vocab", type=Path, help="a vocab.txt, instead of a small generated vocabulary"
    )
    args = parser.parse_args()
    import tokenizers

    seed = random.SystemRandom().randrange(1 << 32) if args.seed is None else args.seed
    vocab = (
        {line: i for i, line in enumerate(args.vocab.read_text(encoding="utf-8").split("\n")[:-1])}
        if args.vocab
        else vocabulary()
    )
    print(
        f"tokenizers {tokenizers.__version__}, {len(vocab)} tokens in the vocabulary, seed {seed}"
    )
    found = compare(args.lines, seed, vocab, report=True)
    print(json.dumps({"lines": args.lines, "seed": seed, "differences": found}))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
