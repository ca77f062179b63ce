"""Sentences, others that mean the same, and others in nearly the same words that mean the opposite.

A line in eight of opposites.txt is held out of training.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from pathlib import Path

from .commands import Commands
from .verbs import inflected
from .written import is_wanted, lines_of

FILE = Path(__file__).parent / "opposites.txt"
Triple = tuple[str, str, str]
Words = list[list[str]]

ORDERS = (
    "{}",
    "please {}",
    "can you {}",
    "could you {} please",
    "{} now",
    "you should {}",
    "i would like you to {}",
)
NEGATED_ORDERS = (
    "don't {}",
    "please don't {}",
    "do not {}",
    "never {}",
    "you should not {}",
    "i would not like you to {}",
)
TOLD = (
    "he {}",
    "she {} yesterday",
    "my father {}",
    "they {} last week",
    "the man {}",
    "we {} again",
)
STATES = (
    "{} is {}",
    "{} was {}",
    "{} is very {}",
    "i think {} is {}",
    "{} seems {}",
    "{} has been {} for days",
)
NEGATED_STATES = (
    "{} is not {}",
    "{} isn't {}",
    "{} was never {}",
    "i don't think {} is {}",
    "{} is no longer {}",
)
DEEDS = (
    "{one} {verb} {two}",
    "{two} was {verb} by {one}",
    "it was {one} who {verb} {two}",
    "the one who {verb} {two} was {one}",
)
PEOPLE_FRAMES = ("{}", "{} yesterday", "i heard that {}", "{} in the garden", "they say {}")


def _split(part: str) -> list[str]:
    return [word.strip() for word in part.split(",")]


@functools.cache
def opposites(held_out: bool | None) -> dict[str, list[Words]]:
    """The lines of each section, as lists of words by their parts."""
    found: dict[str, list[Words]] = {}
    for section, line in lines_of(FILE, {}):
        parts = [_split(part) for part in line.split("|")]
        for each in [[part] for part in parts] if section == "doings" else [parts]:
            if section == "people" or is_wanted(each[0][0], held_out):
                found.setdefault(section, []).append(each)
    return found


class Triples:
    """Draws (sentence, paraphrase, near miss)."""

    def __init__(self, seed: int, held_out: bool | None) -> None:
        self.r = random.Random(seed)
        self.lines = opposites(held_out)
        self.commands = Commands(seed, held_out)

    def _two(self, words: list[str]) -> tuple[str, str]:
        return self.r.choice(words), self.r.choice(words)

    def verbs(self) -> Triple:
        r = self.r
        same, other, things = r.choice(self.lines["verbs"])
        if r.random() < 0.5:
            same, other = other, same
        (a, b), thing = self._two(same), r.choice(things)
        if r.random() < 0.4:
            frame = r.choice(TOLD)
            say = [
                frame.format(f"{inflected(verb, 'VPED')} {thing}")
                for verb in (a, b, r.choice(other))
            ]
            return say[0], say[1], say[2]
        first, second = r.choice(ORDERS), r.choice(ORDERS)
        if r.random() < 0.5:
            near_miss = r.choice(NEGATED_ORDERS).format(f"{a} {thing}")
        else:
            near_miss = first.format(f"{r.choice(other)} {thing}")
        return first.format(f"{a} {thing}"), second.format(f"{b} {thing}"), near_miss

    def adjectives(self) -> Triple:
        r = self.r
        same, other, things = r.choice(self.lines["adjectives"])
        if r.random() < 0.5:
            same, other = other, same
        (a, b), thing, frame = self._two(same), r.choice(things), r.choice(STATES)
        again = frame if a != b else r.choice(STATES)
        paraphrase = again.format(thing, b)
        if r.random() < 0.15:
            paraphrase = r.choice(NEGATED_STATES).format(thing, r.choice(other))
        if r.random() < 0.5:
            return frame.format(thing, a), paraphrase, r.choice(NEGATED_STATES).format(thing, a)
        return frame.format(thing, a), paraphrase, frame.format(thing, r.choice(other))

    def moves(self) -> Triple:
        r = self.r
        same, other, things = r.choice(self.lines["moves"])
        if r.random() < 0.5:
            same, other = other, same
        (a, b), thing = self._two(same), r.choice(things)
        when = r.choice(("", " today", " last year", " again", " at noon", " in the end"))
        return f"{thing} {a}{when}", f"{thing} {b}{when}", f"{thing} {r.choice(other)}{when}"

    def doings(self) -> Triple:
        r = self.r
        words = r.choice(self.lines["doings"])[0]
        one, two = r.sample(self.lines["people"][0][0], 2)
        frame = r.choice(PEOPLE_FRAMES)
        ways = r.sample(DEEDS, 2)
        verbs = [words[0] if " by " in way else r.choice(words) for way in ways]
        first, second = (
            frame.format(way.format(one=one, verb=verb, two=two)) for way, verb in zip(ways, verbs)
        )
        miss = ways[0].format(one=two, verb=verbs[0], two=one)
        return first, second, frame.format(miss)

    def requests(self) -> Triple:
        """A command as it is asked for in two ways, and negated or reported."""
        (wanted, _, kind), (other, _, section) = self.commands.pair()
        while kind != "command" or section in ("chat", "other"):
            (wanted, _, kind), (other, _, section) = self.commands.pair()
        return wanted, self.commands.again(), other

    def slots(self) -> Triple:
        """Two ways to say the same, and the first of them with something else in its place."""
        r = self.r
        ways, values = r.choice(self.lines["slots"])
        first, second = r.sample(ways, 2) if len(ways) > 1 else ways * 2
        value, other = r.sample(values, 2)
        said = value.split("/")
        other = r.choice(other.split("/"))
        miss = first if r.random() < 0.8 else second
        return first.format(said[0]), second.format(r.choice(said)), miss.format(other)

    def roles(self) -> Triple:
        """Two ways to say the same, and one of them with those who do it exchanged."""
        r = self.r
        ways, values = r.choice(self.lines["roles"])
        first, second = r.sample(ways, 2)
        a, b = r.sample(values, 2)
        miss = first if r.random() < 0.7 else second
        return first.format(a=a, b=b), second.format(a=a, b=b), miss.format(a=b, b=a)

    def sentences(self) -> Triple:
        r = self.r
        ways, others = r.choice(self.lines["sentences"])
        first, second = r.sample(ways, 2)
        return first, second, r.choice(others)

    def triples(self) -> Iterator[Triple]:
        weights = {
            self.verbs: 4,
            self.adjectives: 2,
            self.moves: 2,
            self.doings: 3,
            self.requests: 2,
            self.slots: 3,
            self.roles: 3,
            self.sentences: 2,
        }
        kinds = list(weights)
        while True:
            yield self.r.choices(kinds, list(weights.values()))[0]()
