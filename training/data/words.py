"""A sentence's words: which are names, numbers, dates, or only grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass

WORD = re.compile(r"\w+(?:['\u2019.\-]\w+)*|[^\w\s]")
YEAR = re.compile(r"^(1[0-9]|20)\d\d$")
NUMBERS = frozenset(
    """two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred
    thousand million billion half""".split()
)
MONTHS = frozenset(
    """january february march april june july august september october november december""".split()
)
DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday
    tonight""".split()
)
GRAMMAR = frozenset(
    """a an the this that these those and or but nor so yet if then than as at by for from in into
    of off on onto out over to under up with within without about after again against along also
    although always am among any are around because been before being between both can cannot could
    did do does doing during each either else ever every few had has have having he her here hers
    him himself his how however i is it its itself just let may me might more most much must my
    neither never no not now often once one only other our ours own per perhaps rather same shall
    she should since some such their them themselves there therefore they though through thus too
    until upon us very was we were what when where whether which while who whom whose why will would
    you your""".split()
)
ARTICLES = frozenset("a an the this his her its their".split())


@dataclass
class Word:
    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit() or self.low in NUMBERS

    @property
    def is_name(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_content(self) -> bool:
        return self.is_word and self.low not in GRAMMAR

    @property
    def is_date(self) -> bool:
        return bool(YEAR.match(self.text)) or self.low in MONTHS or self.low in DAYS


def words_of(text: str) -> list[Word]:
    return [Word(m[0], m.start(), m.end()) for m in WORD.finditer(text)]


def phrases(words: list[Word]) -> list[tuple[int, int]]:
    """Runs of content words: [first, last)."""
    found, begun = [], None
    for i, word in enumerate([*words, Word(".", 0, 0)]):
        if word.is_content:
            begun = i if begun is None else begun
        elif begun is not None:
            found.append((begun, i))
            begun = None
    return found
