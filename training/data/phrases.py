"""Phrases cut from sentences: what stands between the words of grammar, as labels and topics do."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

GRAMMAR = frozenset(
    """a an the this that these those some any every each either neither no another such
    i you he she it we they me him her us them my your his its our their mine yours ours theirs
    myself yourself himself herself itself ourselves themselves who whom whose which what when
    where why how am is are was were be been being do does did done doing have has had having
    will would shall should can could may might must ought and or but nor so yet for of in on at by
    to from with without about into onto upon over under above below between among through during
    before after since until while as than if because although though unless whether not never
    there here then also very just too only even still again already ever up down out off away
    back more most less least much many few other others all both own same s t d ll m re ve
    don didn doesn isn wasn weren wouldn couldn shouldn said say says get got go went come came
    take took make made one two three first second like well oh yes please however therefore
    thus per via ii iii c p vol ed eg ie etc mr mrs dr st""".split()
)
LONGEST = 4  # words
SHORTEST = 3  # letters


def phrases(sentence: str) -> Iterator[str]:
    """The runs of one to four words without words of grammar, numbers and punctuation."""
    for part in re.split(r"[^\w\s'-]+", sentence):
        run: list[str] = []
        for word in [*part.split(), ""]:
            if word[:1].isalpha() and word.lower().split("'")[0] not in GRAMMAR:
                run.append(word)
                continue
            if 1 <= len(run) <= LONGEST and sum(map(len, run)) >= SHORTEST:
                yield " ".join(run)
            run = []


def some_phrases(sentences: Iterable[str], count: int, r: random.Random) -> list[str]:
    """Up to count different phrases, two at most of each sentence."""
    found: set[str] = set()
    for sentence in sentences:
        cut = list(phrases(sentence))
        found.update(r.sample(cut, min(2, len(cut))))
    return r.sample(sorted(found), min(count, len(found)))


def vocabulary_words(tokens: Iterable[str]) -> list[str]:
    """The tokens that are whole words of their own."""
    return [
        token
        for token in tokens
        if len(token) >= SHORTEST and token.isascii() and token.isalpha() and token not in GRAMMAR
    ]
