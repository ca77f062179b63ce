"""Mistakes of fingers and of speech recognizers."""

from __future__ import annotations

import random
import re
from typing import Callable

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
LEAST = 4  # letters of a word that a mistake is made in: a shorter one may become another word
TRIES = 40
ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""".split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
CAPITALS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.title,
    str.capitalize,
    lambda text: " ".join(w.upper() if i % 2 else w for i, w in enumerate(text.split())),
    lambda text: text[:1].lower() + text[1:].swapcase(),
)
LEFT_OUT = frozenset("a an the my some of at please".split())
MARKS = ("", "!", "!!!", "...", " ?", ".", "!?")


def neighbors() -> dict[str, str]:
    """The keys beside each key: in its row, and in the rows above and below."""
    found = {}
    for y, row in enumerate(ROWS):
        for x, key in enumerate(row):
            near = row[max(0, x - 1) : x] + row[x + 1 : x + 2]
            near += ROWS[y - 1][x : x + 2] if y else ""
            near += ROWS[y + 1][max(0, x - 1) : x + 1] if y + 1 < len(ROWS) else ""
            found[key] = near
    return found


NEIGHBORS = neighbors()


def near_key(word: str, at: int, r: random.Random) -> str:
    return word[:at] + r.choice(NEIGHBORS.get(word[at], word[at])) + word[at + 1 :]


def missing(word: str, at: int, r: random.Random) -> str:
    return word[:at] + word[at + 1 :]


def doubled(word: str, at: int, r: random.Random) -> str:
    return word[: at + 1] + word[at:]


def swapped(word: str, at: int, r: random.Random) -> str:
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


Mistake = Callable[[str, int, random.Random], str]
MISTAKES: dict[str, Mistake] = {
    "neighboring key": near_key,
    "missing letter": missing,
    "doubled letter": doubled,
    "swapped letters": swapped,
}


def mistyped(text: str, mistake: Mistake, known: frozenset[str], r: random.Random) -> str | None:
    """A text with one mistake, two if it is long; never one that makes a word of another."""
    words = text.split()
    places = [i for i, word in enumerate(words) if len(re.sub(r"\W", "", word)) >= LEAST]
    r.shuffle(places)
    made = 0
    for place in places[: 1 + (len(words) > 6)]:
        for _ in range(TRIES):
            word = words[place].lower()
            new = mistake(word, r.randrange(len(word)), r)
            if new != word and new.strip(".,'") not in known:
                words[place] = new
                made += 1
                break
    return " ".join(words) if made else None


def joined(text: str, r: random.Random) -> str:
    """A text without one of its spaces."""
    words = text.split()
    at = r.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])


def respelled(text: str, spellings: dict[str, list[str]], most: int, r: random.Random) -> str:
    """A text with up to so many words written as the list says."""
    words = text.split()
    found = [i for i, word in enumerate(words) if word.lower().strip(",.?!") in spellings]
    for at in r.sample(found, min(most, len(found))):
        core = words[at].lower().strip(",.?!")
        words[at] = words[at].lower().replace(core, r.choice(spellings[core]))
    return " ".join(words)


def telegraphed(text: str) -> str:
    """A text without the words that people leave out when they are in a hurry."""
    words = re.sub(r"[,.?!]", "", text.lower()).split()
    return " ".join(word for word in words if word not in LEFT_OUT)


def stuttered(text: str, r: random.Random) -> str:
    """A text in which a word, or its beginning, is said twice; as recognizers write it."""
    words = re.sub(r"[^\w\s':]", "", text.lower()).split()
    kind = r.randrange(4)
    if kind == 0:
        return " ".join(words[:2] + words)
    if kind == 1:
        return " ".join([words[0], "uh", *words])
    at = r.randrange(len(words))
    pause = [] if kind == 2 else ["um"]
    return " ".join([*words[: at + 1], *pause, *words[at:]])


def bare(text: str) -> str:
    """A text as speech recognizers write it: lower case, without punctuation."""
    return re.sub(r"[^\w\s:]", "", text.lower())


def number_words(number: int) -> str:
    if number < len(ONES):
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f" {ONES[number % 10]}" if number % 10 else "")
    rest = f" {number_words(number % 100)}" if number % 100 else ""
    return f"{ONES[number // 100]} hundred{rest}"
