"""Names in EWT's training sentences.

Parts of speech tell where names may be; ewt-names.txt, written for this project, what they are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

DATES = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may
    june july august september october november december mon tue tues wed thu thurs fri sat sun jan
    feb mar apr jun jul aug sep sept oct nov dec am pm christmas easter""".split()
)
TITLES = frozenset(
    """mr mrs ms dr drs prof president vice minister secretary senator sen governor gov sheikh
    ayatollah king queen prince sir rep""".split()
)
# Those that may also be part of the name of an organization.
RANKS = TITLES | frozenset(
    """general gen lt lieutenant col colonel judge professor professors doctor rev captain chairman
    congressman senators attorney director""".split()
)
WEB = re.compile(r"@|https?:|www\.|\.(com|org|net|edu|gov)\b|\.\.\.", re.IGNORECASE)
BESIDE = ("ADJ", "NOUN", "NUM", "VERB")  # capitalized, part of a name beside proper nouns
LIST = Path(__file__).parent / "ewt-names.txt"


def plain(word: str) -> str:
    return word.lower().rstrip(".")


def runs(words: Sequence[str], tags: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where proper nouns are, with what belongs to their names.

    United States; Ministry of the Interior; al - Qaeda.
    """
    proper = [
        tag == "PROPN" and plain(word) not in DATES | TITLES and not WEB.search(word)
        for word, tag in zip(words, tags)
    ]

    def capital(at: int, of: Sequence[str]) -> bool:
        return tags[at] in of and words[at][0].isupper()

    end, count = 0, len(words)
    for at in range(count):
        if at < end or not proper[at]:
            continue
        start, end = at, at + 1
        while start > 0 and capital(start - 1, ("ADJ", "NUM")):
            start -= 1
        while True:
            while end < count and (proper[end] or capital(end, BESIDE)):
                end += 1
            after = end + 1
            if end < count and words[end].lower() in ("of", "&", "for"):
                after += after < count and words[after].lower() == "the"
                if after >= count or not (proper[after] or capital(after, ("ADJ", "NOUN"))):
                    break
            elif after >= count or words[end] not in ("'s", "-") or not proper[after]:
                break
            end = after + 1
        yield start, end


@functools.cache
def known() -> dict[str, str]:
    """Runs, and a letter for each of their words: P, L, O, or N for none."""
    found: dict[str, str] = {}
    kind = ""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif kind == "each":
            pairs = [part.rpartition("/") for part in line.split()]
            found[" ".join(word for word, _, _ in pairs)] = "".join(
                letter for _, _, letter in pairs
            )
        elif not line.startswith("#"):
            found |= {run: kind[0] * len(run.split()) for run in line.split("; ")}
    return found


def kinds(words: Sequence[str], tags: Sequence[str]) -> list[str]:
    """A letter for each word, as in `known`, or ? where nothing is known.

    A word outside every run is not a name, unless it is a date.
    """
    found = [
        "?" if tag == "PROPN" and plain(word) in DATES else "N" for word, tag in zip(words, tags)
    ]
    for start, end in runs(words, tags):
        found[start:end] = known().get(" ".join(words[start:end]), "?" * (end - start))
        for at in range(start, end):  # General Powell is Powell
            if plain(words[at]) not in RANKS or found[at] != "P":
                break
            found[at] = "N"
    return found
