"""Questions made from plain text: a phrase of a sentence is the answer, and words around it ask for it.

    python training/cloze.py DATA 20        prints some

They teach what two layers learn last from a few thousand real questions: to find in the context the words that the
question repeats, and to answer with the phrase of the right kind that stands near them.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sets

WORD = re.compile(r"\w+(?:['\u2019.\-]\w+)*|[^\w\s]")
YEAR = re.compile(r"^(1[0-9]|20)\d\d$")
NUMBERS = frozenset(
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million billion half".split()
)
MONTHS = frozenset(
    "january february march april june july august september october november december".split()
)
DAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday tonight".split()
)
GRAMMAR = frozenset(
    "a an the this that these those and or but nor so yet if then than as at by for from in into of off on onto out over to under up with within without "
    "about after again against along also although always am among any are around because been before being between both can cannot could did do does "
    "doing during each either else ever every few had has have having he her here hers him himself his how however i is it its itself just let may me might "
    "more most much must my neither never no not now often once one only other our ours own per perhaps rather same shall she should since some such "
    "their them themselves there therefore they though through thus too until upon us very was we were what when where whether which while who whom "
    "whose why will would you your".split()
)
ARTICLES = frozenset("a an the this his her its their".split())
YEARS = ("when", "when", "what year", "in what year")
DATES = ("when", "when", "what day", "on what date")
PLACES = ("where", "where", "from where", "what place", "which city", "what country")
KINDS = ("what", "which", "what kind of", "what type of", "what sort of")
THINGS = ("what", "what", "what", "which", "what thing", "who")
LONGEST_ANSWER = 6
LONGER = 0.4  # of the contexts are more than a sentence


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


@dataclass
class Asked:
    """An answer, words [first, last), and what asks for it; `used` words behind the answer stand in the question already."""

    first: int
    last: int
    ask: list[str]
    used: int = 0


def is_date(word: Word) -> bool:
    return bool(YEAR.match(word.text)) or word.low in MONTHS or word.low in DAYS


def date(words: list[Word], first: int, last: int, at: int, r: random.Random) -> Asked:
    """A date and the numbers around it."""
    end = at + 1
    while end < last and (words[end].is_number or words[end].low in MONTHS):
        end += 1
    while at > first and (words[at - 1].is_number or words[at - 1].low in MONTHS):
        at -= 1
    year = end - at == 1 and YEAR.match(words[at].text)
    return Asked(at, end, r.choice(YEARS if year else DATES).split())


def amount(words: list[Word], last: int, at: int, r: random.Random) -> Asked:
    """A number, with or without what it counts."""
    end = at + 1
    while end < last and words[end].is_number:
        end += 1
    many = "much" if r.random() < 0.15 else "many"
    if end == last or words[end].is_name:
        return Asked(at, end, ["how", many])
    if r.random() < 0.2:
        return Asked(at, end + 1, ["how", many])
    return Asked(at, end, ["how", many, words[end].text], 1)


def name(words: list[Word], first: int, last: int, r: random.Random) -> Asked:
    before, after = words[first - 1].low, words[last].low if last < len(words) else ""
    asks: tuple[str, ...] = ("who", "who", "what", "what", "which", "what is the name of what")
    if before in ("in", "at", "near", "from", "to"):
        asks = PLACES
    elif before == "by":
        asks = ("who", "who", "by whom", "what person")
    elif before == "and" or after in ("he", "she", "who"):
        asks = ("who", "who", "what", "which person")
    return Asked(first, last, r.choice(asks).split())


def kind(words: list[Word], first: int, last: int, r: random.Random) -> Asked:
    """The first words of a phrase, asked for by the rest: what kind of thing."""
    cut = r.randint(first + 1, last - 1)
    return Asked(
        first, cut, [*r.choice(KINDS).split(), *(w.text for w in words[cut:last])], last - cut
    )


def thing(words: list[Word], first: int, last: int, r: random.Random) -> Asked:
    before = words[first - 1].low if first else ""
    if last - first == 1 and words[first].low.endswith("ly"):
        return Asked(first, last, ["how"])
    if before in ("in", "at", "on", "near", "inside", "outside") and r.random() < 0.5:
        return Asked(first - (r.random() < 0.5), last, ["where"])
    with_article = before in ARTICLES and r.random() < 0.5
    end = last
    if last < len(words) and words[last].low == "of" and r.random() < 0.4:  # "the end of the war"
        end = last + 1
        while (
            end < len(words)
            and (words[end].is_content or words[end].low in ARTICLES)
            and end - first < LONGEST_ANSWER
        ):
            end += 1
        if not words[end - 1].is_content:
            end = last
    return Asked(first - with_article, end, r.choice(THINGS).split())


def asked(words: list[Word], first: int, last: int, r: random.Random) -> Asked:
    """What to ask for in a phrase."""
    for at in range(first, last):
        if is_date(words[at]):
            return date(words, first, last, at, r)
        if words[at].is_number:
            return amount(words, last, at, r)
    if first > 0 and all(word.is_name for word in words[first:last]):
        return name(words, first, last, r)
    if last - first >= 2 and r.random() < 0.5:
        return kind(words, first, last, r)
    return thing(words, first, last, r)


def changed(word: Word, r: random.Random) -> str:
    """A word as a question might have it: "moved" is asked for by "move"."""
    low = word.low
    if word.is_name or len(low) < 5 or r.random() < 0.5:
        return low
    for ending, other in (
        ("ied", "y"),
        ("ies", "y"),
        ("ing", ""),
        ("ed", ""),
        ("es", "e"),
        ("s", ""),
    ):
        if low.endswith(ending) and not low.endswith("ss"):
            return low[: -len(ending)] + r.choice(
                [other, other, "e" if ending in ("ing", "ed") else other]
            )
    return low


def question(words: list[Word], r: random.Random) -> tuple[str, int, int] | None:
    """A question about a sentence, and where its answer begins and ends in the text."""
    runs = [(a, b) for a, b in phrases(words) if b - a <= LONGEST_ANSWER]
    if len(runs) < 2:
        return None
    found = asked(words, *r.choice(runs), r)
    first, last, ask, behind = found.first, found.last, found.ask, found.last + found.used
    low, high = max(0, first - r.randint(0, 9)), min(len(words), behind + r.randint(1, 9))
    drop_grammar, drop_content = r.choice((0.15, 0.4, 0.7)), r.choice((0.0, 0.15, 0.3))

    def kept(part: list[Word]) -> list[str]:
        return [
            changed(w, r)
            for w in part
            if w.is_word and r.random() >= (drop_content if w.is_content else drop_grammar)
        ]

    a, b = kept(words[low:first]), kept(words[behind:high])
    how = r.random()
    if how < 0.35:
        out = [*a, *ask, *b]  # the sentence with the question in its place
    elif how < 0.8:
        out = [*ask, *r.choice((["did"], ["was"], ["is"], ["does"], ["the"], [], [])), *a, *b]
    else:
        out = [*ask, *b, *a]
    if sum(w not in GRAMMAR for w in (*a, *b)) < 1:
        return None
    return " ".join(out).lower() + "?", words[first].start, words[last - 1].end


def clozes(data: Path, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Items as those of the sets of questions: most about one sentence, some about a few."""
    r = random.Random(seed)
    sources = (("wikipedia", 8), ("modern", 1), ("books", 1))
    texts = {
        name: sets.paragraphs(data / "text" / f"{name}.txt.xz", 1 if name == "modern" else 4)
        for name, _ in sources
    }
    names = [name for name, times in sources for _ in range(times)]
    made = 0
    while made < count:
        paragraph = r.choice(texts[r.choice(names)])
        if len(paragraph) > 4000:
            begin = r.randrange(len(paragraph) - 3000)
            paragraph = paragraph[begin : begin + 3000].partition(" ")[2]
        sentences = [s for s in sets.SENTENCE.split(paragraph) if 30 <= len(s) <= 350]
        if not sentences or sets.judged(paragraph):
            continue
        for _ in range(2):
            at = r.randrange(len(sentences))
            found = question(words_of(sentences[at]), r)
            if found is None:
                continue
            asking, start, end = found
            context = sentences[at]
            if r.random() < LONGER:
                begin, stop = max(0, at - r.randint(0, 4)), at + 1 + r.randint(0, 4)
                lead = "".join(s + " " for s in sentences[begin:at])
                context = lead + " ".join(sentences[at:stop])
                start, end = start + len(lead), end + len(lead)
                if len(context) > 1000:
                    continue
            yield {
                "question": asking,
                "context": context,
                "answers": {"text": [context[start:end]], "answer_start": [start]},
            }
            made += 1


if __name__ == "__main__":
    for item in clozes(Path(sys.argv[1]), int(sys.argv[2]), 1):
        print(item["question"], "|", item["answers"]["text"][0], "|", item["context"])
