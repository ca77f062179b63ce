"""Short texts and questions on them, made from the blocks of reading.txt.

What counts is who did what, which of two, what was before and what is now, and that some questions
have no answer; what surrounds them is other blocks' texts and ordinary sentences.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .sets import Item
from .templates import filled
from .written import is_wanted

FILE = Path(__file__).parent / "reading.txt"
BOUND = re.compile(r"\[(\w+)\.(\d)(?:\.([a-c]))?\]")
CHOICE = re.compile(r"\{([^{}]*)\}")
ARTICLE = re.compile(r"\b(?:a|an) (?=(\w+))")
GOES_ON = "... "
VOWEL = re.compile(r"(?!uni|use|euro|one)[aeiou]|8|11|hour|honest")


@dataclass(frozen=True)
class Block:
    texts: tuple[str, ...]
    questions: tuple[tuple[str, tuple[str, ...]], ...]  # and ways to write the answer; none for "-"
    goes_on: bool  # what the texts speak of was named in a text before, which the reader has not


@functools.cache
def blocks() -> tuple[dict[str, list[str]], dict[str, str], tuple[Block, ...]]:
    """Lists for bound entries, lists of modifiers for choices, and the blocks."""
    bound: dict[str, list[str]] = {}
    found: list[Block] = []
    texts: list[str] = []
    questions: list[tuple[str, tuple[str, ...]]] = []
    for line in [*FILE.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("#"):
            continue
        if line.startswith("@"):
            name, _, entries = line[1:].partition(" = ")
            bound[name] = entries.split("|")
        elif line.startswith("? "):
            question, _, answer = line[2:].rpartition(" = ")
            ways = () if answer == "-" else tuple(answer.split(" ; "))
            questions.append((question, ways))
        elif line:
            texts.append(line)
        elif texts:
            goes_on = texts[0].startswith(GOES_ON)
            plain = tuple(text.removeprefix(GOES_ON) for text in texts)
            found.append(Block(plain, tuple(questions), goes_on))
            texts, questions = [], []
    choices = {name: "{" + "|".join(entries) + "}" for name, entries in bound.items()}
    return bound, choices, tuple(found)


def options(expression: str) -> list[str]:
    """All that an expression with choices may read."""
    choice = CHOICE.search(expression)
    if choice is None:
        return [" ".join(expression.split())]
    before, after = expression[: choice.start()], expression[choice.end() :]
    return [text for one in choice[1].split("|") for text in options(before + one + after)]


def with_articles(text: str) -> str:
    return ARTICLE.sub(lambda m: "an " if VOWEL.match(m[1]) else "a ", text)


class Reader:
    """Draws texts with questions; a block in eight is held out of training."""

    def __init__(
        self, seed: int, held_out: bool, surroundings: Sequence[str] = (), astray: float = 0.0
    ) -> None:
        self.r = random.Random(seed)
        self.bound, self.choices, every = blocks()
        self.all = every
        self.blocks = [one for one in every if is_wanted(one.texts[0], held_out)]
        self.surroundings, self.astray = surroundings, astray

    def _opened(self, expression: str, drawn: dict[tuple[str, str], str]) -> str:
        def entry(match: re.Match[str]) -> str:
            name, number, form = match.groups()
            key = (name, number)
            if key not in drawn:
                taken = {value for (other, _), value in drawn.items() if other == name}
                left = [one for one in self.bound[name] if one not in taken]
                drawn[key] = self.r.choice(left)
            forms = drawn[key].split("/")
            return forms["abc".index(form)] if form else forms[0]

        return BOUND.sub(entry, expression)

    def _text(self, block: Block, drawn: dict[tuple[str, str], str]) -> str:
        text = self._opened(self.r.choice(block.texts), drawn)
        return with_articles(filled(text, self.choices, self.r))

    def _place(self, ways: Sequence[str], text: str, drawn: dict[tuple[str, str], str]) -> str:
        for way in ways:
            for one in options(self._opened(way, drawn)):
                one = with_articles(one)
                if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text):
                    return one
        return ""

    def _others(self, drawn: dict[tuple[str, str], str]) -> list[str]:
        """Texts to stand around one; they speak of other people and things."""
        found: list[str] = []
        used = set(drawn.values())
        for _ in range(self.r.choice((0, 0, 0, 0, 1, 1, 1, 2, 3))):
            if self.surroundings and self.r.random() < 0.5:
                found.append(self.r.choice(self.surroundings))
                continue
            other: dict[tuple[str, str], str] = {}
            another = self.r.choice(self.blocks)
            text = self._text(another, other)
            if another.goes_on:
                continue  # it would be read as being of what stands before
            if not used & set(other.values()):
                used |= set(other.values())
                found.append(text)
        return found

    def _question(self, question: str, drawn: dict[tuple[str, str], str]) -> str:
        asked = filled(self._opened(question, drawn), self.choices, self.r).strip()
        return with_articles(asked) + self.r.choice(("?", "?", "?", ""))

    def _question_astray(self, block: Block, context: str) -> str | None:
        """A question, often of the same kind, about what the context does not speak of."""
        other = block if self.r.random() < 0.7 else self.r.choice(self.blocks)
        drawn: dict[tuple[str, str], str] = {}
        self._text(other, drawn)
        question = self._question(self.r.choice(other.questions)[0], drawn)
        about = [v.split("/")[0] for v in drawn.values() if v.split("/")[0] in question]
        is_strange = about and not any(re.search(rf"\b{re.escape(v)}\b", context) for v in about)
        return question if is_strange else None

    def items(self) -> Iterator[Item]:
        while True:
            block = self.r.choice(self.blocks)
            drawn: dict[tuple[str, str], str] = {}
            text = self._text(block, drawn)
            before = self._others(drawn) if not block.goes_on else []
            after = self._others(drawn) if not before else []
            start = sum(len(one) + 1 for one in before)
            context = " ".join([*before, text, *after])
            wanted = [q for q in block.questions if q[1] or self.r.random() < 0.5]
            for question, ways in self.r.sample(wanted, min(3, len(wanted))):
                if self.r.random() < self.astray and not block.goes_on:
                    other = self._question_astray(block, context)
                    if other:
                        yield {"question": other, "context": context, "answers": None}
                    continue
                asked = self._question(question, drawn)
                answer = self._place(ways, text, drawn)
                if ways and not answer:
                    continue  # this way of saying it does not hold the answer
                if not ways:
                    yield {"question": asked, "context": context, "answers": None}
                    continue
                place = re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text)
                assert place is not None
                at = start + place.start()
                answers = {"text": [context[at : at + len(answer)]], "answer_start": [at]}
                yield {"question": asked, "context": context, "answers": answers}


def reading_items(
    count: int, seed: int, held_out: bool, around: Sequence[str], astray: float
) -> list[Item]:
    return list(itertools.islice(Reader(seed, held_out, around, astray).items(), count))
