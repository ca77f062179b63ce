"""Texts from lines with choices: {a|b}, <name>."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

FOLDER = Path(__file__).parent / "texts"
CHOICE = re.compile(r"\{([^{}]*)\}")
NAMED = re.compile(r"<(\w+)>")
VOWELS = "aeiou"
# Verbs that double their last letter before "ing"; those of one syllable follow a rule.
NOT_DOUBLED = ("w", "x", "y")


def lines(name: str) -> Iterator[tuple[str, str]]:
    """The lines of a file of texts, each with the section that it stands in."""
    section = ""
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and "|" not in line:
            section = line[1:-1]
        elif line and not line.startswith("#"):
            yield section, line


def fields(line: str) -> list[str]:
    """The parts of a line between bars that are not inside of a choice."""
    return [part.strip() for part in re.split(r"\s\|\s", f"{line} ")]


def generator(seed: str) -> random.Random:
    """Random numbers that are the same on every machine."""
    return random.Random(crc32(seed.encode()))


def sample(items: list[str], count: int, seed: str) -> list[str]:
    return items if len(items) <= count else generator(seed).sample(items, count)


def expand(line: str, most: int) -> list[str]:
    """Up to so many texts of a line. The same choice is made wherever {a|b} is repeated, and at the
    same position in choices of another text but the same number of options."""
    groups = list(dict.fromkeys(CHOICE.findall(line)))
    options = [group.split("|") for group in groups]
    found = []
    for picked in itertools.product(*options):
        made = dict(zip(groups, picked))
        found.append(CHOICE.sub(lambda m, made=made: made[m[1]], line))  # type: ignore[misc]
    return sample(found, most, line)


def expand_named(line: str, lists: dict[str, list[str]], most: int) -> list[str]:
    """Up to so many texts of a line with <name>: every name is one choice of its list."""
    names = list(dict.fromkeys(NAMED.findall(line)))
    made = itertools.product(*(lists[name] for name in names))
    found = []
    for picked in made:
        chosen = dict(zip(names, picked))
        found.append(NAMED.sub(lambda m, chosen=chosen: chosen[m[1]], line))  # type: ignore[misc]
    return sample(found, most, line)


def gerund(phrase: str) -> str:
    """ "turn it off" becomes "turning it off"."""
    verb, space, rest = phrase.partition(" ")
    if verb.endswith("ie"):
        verb = verb[:-2] + "y"
    elif verb.endswith("e") and not verb.endswith("ee"):
        verb = verb[:-1]
    elif (
        len(verb) > 2
        and verb[-1] not in VOWELS
        and verb[-1] not in NOT_DOUBLED
        and verb[-2] in VOWELS
        and verb[-3] not in VOWELS
        and sum(letter in VOWELS for letter in verb) == 1
    ):
        verb += verb[-1]
    return f"{verb}ing{space}{rest}"


def put(frame: str, phrase: str) -> str:
    """A verb phrase in a frame with DO or DOING."""
    text = frame.replace("DOING", gerund(phrase)) if "DOING" in frame else frame
    return re.sub(r"\bDO\b", lambda _: phrase, text)
