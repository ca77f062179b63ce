"""What is likely meant by misspelled words: lists for a model of short typed texts.

Words that are meant, the most frequent first; tokens and, in a Bloom filter, words of several
tokens that are known and stay as they are.
"""

from __future__ import annotations

import collections
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bertlite_fast import Tokenizer

from .sets import Data

FILE = Path(__file__).parent / "abbreviations.txt"
WORD = re.compile(r"(?<![a-z'-])[a-z]{2,20}(?![a-z'-])")
NOTHING = "-"  # what words mean that are only heard as a laugh or a sigh
LONGEST, SHORTEST_MEANT = 20, 2
JOINS = 0x80
FILTER_BITS = 5
SOURCE_WEIGHTS = {"modern": 3, "wikipedia": 1, "books": 3}

Counts = collections.Counter[str]


def abbreviations(with_symbols: bool = True) -> dict[str, str]:
    """What is meant by what is written short; by symbols, for texts that are no commands."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(" = ")[::2] for line in lines if line and not line.startswith("#"))
    return {
        word if word.isascii() else f"u{ord(word):04x}": " " if meant == NOTHING else meant
        for word, meant in pairs
        if with_symbols or word.isascii()
    }


def counted(texts: Iterable[str], pattern: re.Pattern[str]) -> Counts:
    found: Counts = collections.Counter()
    for text in texts:
        found.update(pattern.findall(text.lower()))
    return found


def general_words(data: Data) -> Counts:
    """Words of running text."""
    found: Counts = collections.Counter()
    for source, weight in SOURCE_WEIGHTS.items():
        for word, count in counted(data.paragraphs(source), WORD).items():
            found[word] += weight * count
    return found


def is_near(a: str, b: str) -> bool:
    """Whether two words are one slip apart, as csrc/answers/spelling.c has it."""
    if abs(len(a) - len(b)) > 1:
        return False
    shorter = min(len(a), len(b))
    front = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    rest = shorter - front
    back = next((i for i in range(rest) if a[-1 - i] != b[-1 - i]), rest)
    x, y = a[front : len(a) - back], b[front : len(b) - back]
    return max(len(x), len(y)) <= 1 or (len(x) == len(y) == 2 and x == y[::-1])


def without_slips(words: Iterable[str], own: Counts, times: int) -> set[str]:
    """Words that are not a slip away from a far more frequent one."""
    by_length: dict[int, list[str]] = collections.defaultdict(list)
    for word in own:
        by_length[len(word)].append(word)

    def is_slip(word: str) -> bool:
        near = itertools.chain(*(by_length[len(word) + d] for d in (-1, 0, 1)))
        return any(own[other] > times * own[word] and is_near(word, other) for other in near)

    return {word for word in words if not is_slip(word)}


def swapped(word: str) -> Iterator[str]:
    """The word with two neighboring letters exchanged, in every way."""
    for i in range(len(word) - 1):
        yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def hashed(word: str) -> int:
    value = 0xCBF29CE484222325
    for byte in word.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def filter_of(words: Iterable[str], bits_each: int) -> Any:
    """A Bloom filter, as csrc/model/spelling.c reads it."""
    kept = sorted(words)
    bits = -(-len(kept) * bits_each // 8) * 8 or 8
    found = np.zeros(bits // 8, np.uint8)
    for word in kept:
        value = hashed(word)
        first, step = value >> 32, value & 0xFFFFFFFF | 1
        for i in range(FILTER_BITS):
            at = (first + i * step & 0xFFFFFFFF) % bits
            found[at // 8] |= 1 << at % 8
    return found


def entry(word: str, meant: str = "", joins: bool = False) -> bytes:
    return bytes([len(word) | JOINS * joins]) + word.encode() + bytes([len(meant)]) + meant.encode()


def spelling_of(
    data: Data, tokenizer: Tokenizer, texts: Iterable[str], with_symbols: bool
) -> dict[str, Any]:
    """The tensors for a model of such texts."""
    numbers = data.recipe.spelling
    own = counted(texts, re.compile("[a-z]+"))
    general = general_words(data)
    vocabulary = tokenizer.get_vocab()
    short = abbreviations(with_symbols)
    frequent = {word for word, count in own.items() if count >= numbers.own_known}
    tokens = {
        word
        for word, i in vocabulary.items()
        if word not in short
        and (
            not word.isascii()
            or not word.isalpha()
            or i < numbers.frequent_ids
            or general[word] >= numbers.token_known
            or word in frequent
        )
    }
    several = {
        word
        for word, count in general.items()
        if word not in vocabulary
        and count >= numbers.word_known
        # "liek" stands in conversations that were typed
        and not any(general[other] > numbers.swap_times * count for other in swapped(word))
    }
    several |= without_slips(frequent - set(vocabulary), own, numbers.slip_times)
    meant = [
        (word, count)
        for word, count in own.most_common()
        if count >= numbers.meant
        and SHORTEST_MEANT <= len(word) <= LONGEST
        and (word in tokens or word in several)
    ]
    ids = np.zeros(-(-len(vocabulary) // 8), np.uint8)
    for word in tokens:
        ids[vocabulary[word] // 8] |= 1 << vocabulary[word] % 8
    words = b"".join(entry(a, b) for a, b in short.items())
    words += b"".join(
        entry(word, joins=count >= numbers.joins and word in vocabulary) for word, count in meant
    )
    return {
        "spelling.words": np.frombuffer(words, np.int8).reshape(-1, 1),
        "spelling.ids": ids.view(np.int8).reshape(-1, 1),
        "spelling.known": filter_of(several, numbers.filter_bits).view(np.int8).reshape(-1, 1),
    }
