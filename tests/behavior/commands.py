"""Commands to home devices and assistants: what has to be refused, and what understood."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from pathlib import Path

from . import noise
from .case import REFUSED, Case
from .grammar import expand, fields, generator, lines, put

Pairs = tuple[list[Case], list[Case]]
VOCABULARY = Path(__file__).resolve().parents[2] / "training/base/vocab.txt"
VARIANTS = 6  # of a line with choices
NUMBERS = 4  # put into each frame of numbers
PHRASES = 5  # put into each frame of a negation
SAID = 240  # cases of each kind of noise
LEFT = 3  # words of a command without its small ones
# How many words of a text are written otherwise.
RESPELLED = {"misspelled": 2, "texting": 9, "homophones": 1}
MENTIONS = 4  # sentences on each title
STOP, NO = "*", "!"


def labels(text: str) -> tuple[str, ...]:
    return tuple(label.strip() for label in text.split(",") if label.strip())


@functools.cache
def commands() -> list[Case]:
    """All valid commands."""
    found = []
    for _, line in lines("commands"):
        intents, _, text = line.partition(": ")
        found.append(Case(text, labels(intents)))
    return found


@functools.cache
def verb_phrases() -> list[Case]:
    found = []
    for section, line in lines("commands"):
        if not section:
            intents, _, text = line.partition(": ")
            found.append(Case(text, labels(intents)))
    return found


def dealt(items: list[Case], count: int, seed: str) -> Iterator[Case]:
    """So many items in random order, each one before any comes again."""
    r = generator(seed)
    while count > 0:
        row = r.sample(items, len(items))
        yield from row[:count]
        count -= len(row)


def pairs(name: str) -> Pairs:
    """Lines of "refused | valid | intents | intents that are right for the refused one too"."""
    refused: dict[str, Case] = {}
    valid: dict[str, Case] = {}
    for _, line in lines(name):
        for one in expand(line, VARIANTS):
            bad, good, right, *too = fields(one)
            refused[bad] = Case(bad, (REFUSED, *labels(",".join(too))))
            valid[good] = Case(good, labels(right))
    return list(refused.values()), list(valid.values())


@functools.cache
def negated() -> Pairs:
    frames = [line for _, line in lines("negations")]
    phrases = dealt(verb_phrases(), PHRASES * len(frames), "negated")
    refused, valid = [], []
    for frame in frames:
        bad, good = fields(frame.lstrip(STOP + NO))
        also = {STOP: ("stop", "no"), NO: ("no",)}.get(frame[0], ())
        for _ in range(PHRASES):
            phrase = next(phrases)
            # not to be woken means that the alarm is canceled
            mapped = ("alarm_cancel",) if "alarm_set" in phrase.right else ()
            refused.append(Case(put(bad, phrase.text), (REFUSED, *also, *mapped)))
            valid.append(Case(put(good, phrase.text), phrase.right))
    return refused, valid


@functools.cache
def from_file(name: str) -> Pairs:
    return pairs(name)


@functools.cache
def titles() -> tuple[list[Case], list[Case], list[Case]]:
    """What is said of a title, requests to play it, and commands that look like it."""
    frames = {
        name: [line for section, line in lines("titles") if section == name]
        for name in ("mentions", "plays")
    }
    mentions, plays, valid = [], [], []
    for section, line in lines("titles"):
        if section:
            continue
        title, artist, command, right = fields(line)
        r = generator(title)
        is_quoted = r.random() < 0.3
        shown = r.choice((title, title, title.lower()))
        shown = f'"{shown}"' if is_quoted else shown
        for frame in r.sample(frames["mentions"], MENTIONS):
            text = frame.replace("{T}", shown)
            mentions.append(Case(text, (REFUSED, "what_song", "definition")))
        if artist != "-":
            for frame in r.sample(frames["plays"], MENTIONS):
                text = frame.replace("{T}", shown).replace("{A}", artist)
                plays.append(Case(text, ("play_music",)))
        for frame in ("{T}", "{T} please", "would you {T}", "hey, {T} now"):
            valid.append(Case(frame.replace("{T}", command), labels(right)))
    return mentions, plays, valid


@functools.cache
def known_words() -> frozenset[str]:
    return frozenset(VOCABULARY.read_text(encoding="utf-8").split())


def mistyped(kind: str) -> list[Case]:
    r = generator(kind)
    found = []
    for case in dealt(commands(), len(commands()), kind):
        if len(case.text.split()) < 2:
            continue
        mistake = noise.MISTAKES.get(kind)
        text = (
            noise.mistyped(case.text, mistake, known_words(), r)
            if mistake
            else noise.joined(case.text, r)
        )
        if text:
            found.append(Case(text, case.right))
    return found[:SAID]


@functools.cache
def spellings(kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for section, line in lines("spellings"):
        if section == kind:
            word, written = fields(line)
            found[word] = written.split()
    return found


def respelled(kind: str) -> list[Case]:
    """Commands with words as people write them, or as recognizers mistake them."""
    r = generator(kind)
    found = []
    for case in [*commands(), *in_frames("polite")]:
        text = noise.respelled(case.text, spellings(kind), RESPELLED[kind], r)
        if text.lower() != case.text.lower():
            found.append(Case(text, case.right))
    return list(dict.fromkeys(r.sample(found, min(SAID, len(found)))))


def telegraphed() -> list[Case]:
    """Commands without their small words, if enough is left."""
    found = []
    for case in verb_phrases():
        text = noise.telegraphed(case.text)
        if text != noise.bare(case.text) and len(text.split()) >= LEFT:
            found.append(Case(text, case.right))
    return list(dict.fromkeys(found))[:SAID]


def in_frames(section: str) -> list[Case]:
    """Verb phrases in what people put around them."""
    frames = [line for name, line in lines("manners") if name == section]
    phrases = verb_phrases()
    found = []
    for i, case in enumerate(dealt(phrases, SAID, section)):
        # A phrase that comes again gets another frame.
        frame = frames[(i + i // len(phrases)) % len(frames)]
        found.append(Case(put(frame, case.text), case.right))
    return list(dict.fromkeys(found))


def capitals() -> list[Case]:
    row = enumerate(dealt(commands(), SAID, "capitals"))
    return [Case(noise.CAPITALS[i % len(noise.CAPITALS)](c.text), c.right) for i, c in row]


def repetitions() -> list[Case]:
    r = generator("repetitions")
    return [Case(noise.stuttered(c.text, r), c.right) for c in dealt(commands(), SAID, "repeat")]


def punctuation() -> list[Case]:
    row = enumerate(dealt(commands(), SAID, "punctuation"))
    marks = noise.MARKS
    return [Case(noise.bare(c.text) + marks[i % len(marks)], c.right) for i, c in row]


def _number(kind: str, r: random.Random) -> tuple[str, str]:
    """A number in digits and in words: of things, of degrees, or an hour."""
    if kind == "h":
        hour, minute = r.randint(1, 12), r.choice((10, 15, 20, 25, 30, 35, 40, 45, 50))
        words = f"{noise.number_words(hour)} {noise.number_words(minute)}"
        return f"{hour}:{minute}", words
    number = r.randint(60, 76) if kind == "d" else r.randint(3, 99)
    return str(number), noise.number_words(number)


@functools.cache
def numbers() -> list[Case]:
    """Each with digits, then with words."""
    r = generator("numbers")
    found = []
    for _, line in lines("numbers"):
        intents, _, frame = line.partition(": ")
        for _ in range(NUMBERS):
            digits = words = frame
            for kind in "nhd":
                while f"<{kind}>" in digits:
                    number, spoken = _number(kind, r)
                    digits = digits.replace(f"<{kind}>", number, 1)
                    words = words.replace(f"<{kind}>", spoken, 1)
            found += [Case(digits, labels(intents)), Case(words, labels(intents))]
    return list(dict.fromkeys(found))
