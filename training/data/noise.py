"""What happens to words on the way: slips of the finger, and what speech recognition writes."""

from __future__ import annotations

import random
import re

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {
    letter: [
        other
        for y, row in enumerate(ROWS)
        for x, other in enumerate(row)
        if other != letter and abs(y - at_y) <= 1 and abs(x - at_x) <= 1
    ]
    for at_y, keys in enumerate(ROWS)
    for at_x, letter in enumerate(keys)
}
FILLERS = "uh|um|er|like|you know|hmm|uhm|well|eh|ah|so|i mean|kind of|basically|okay".split("|")
SOUNDS_LIKE = {
    # what is heard: what is written
    "to": ("two", "too"), "two": ("to", "too"), "too": ("to",), "for": ("four", "fore"),
    "four": ("for",), "one": ("won",), "eight": ("ate",), "right": ("write",), "write": ("right",),
    "off": ("of",), "hall": ("hole", "haul"), "room": ("rum",), "light": ("lite",),
    "lights": ("lites",), "weather": ("whether",), "whether": ("weather",), "read": ("red",),
    "red": ("read",), "blue": ("blew",), "by": ("buy",), "buy": ("by",), "their": ("there",),
    "there": ("their",), "your": ("you're",), "you're": ("your",), "its": ("it's",),
    "it's": ("its",),
    "hour": ("our",), "our": ("hour", "are"), "close": ("clothes",), "doors": ("drawers",),
    "turn": ("tern",), "play": ("lay",), "know": ("no",), "new": ("knew",), "week": ("weak",),
    "would": ("wood",), "mail": ("male",), "brake": ("break",), "break": ("brake",),
    "through": ("threw",), "wait": ("weight",), "blinds": ("blind",), "fan": ("van",),
    "dim": ("dem",), "and": ("an",), "than": ("then",), "then": ("than",), "here": ("hear",),
    "hear": ("here",), "great": ("grate",), "piece": ("peace",), "meet": ("meat",),
}  # fmt: skip
SPLIT = tuple(
    """bed bath living down up dish air sun key birth lap head book cook volume alarm play flash
    out in some every any""".split()
)
NUMBERS = """0 zero|1 one|2 two|3 three|4 four|5 five|6 six|7 seven|8 eight|9 nine|10 ten
    |11 eleven|12 twelve|15 fifteen|20 twenty|25 twenty five|30 thirty|40 forty|45 forty five
    |50 fifty|60 sixty"""
WORD_OF = {
    digits: word for part in NUMBERS.split("|") for digits, _, word in [part.strip().partition(" ")]
}
LEAST = 4  # letters of a word in which slips are made


def slip(word: str, r: random.Random) -> str:
    """A word with one slip: the key beside, a letter missing, doubled, or swapped with the next."""
    at = r.randrange(len(word))
    kind = r.randrange(5)
    if kind == 0:
        near = BESIDE.get(word[at].lower())
        return word[:at] + r.choice(near) + word[at + 1 :] if near else word
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[: at + 1] + word[at:]
    if kind == 3:
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    near = BESIDE.get(word[at].lower())
    return word[:at] + r.choice(near) + word[at:] if near else word


def typed(text: str, r: random.Random) -> str:
    """With slips in a word or two, or a space left out or set too early."""
    words = text.split()
    for _ in range(r.choice((1, 1, 1, 2, 2, 3))):
        at = r.randrange(len(words)) if words else 0
        kind = r.random()
        if kind < 0.14 and len(words) > 1:
            at = min(at, len(words) - 2)
            words[at : at + 2] = [words[at] + words[at + 1]]
        elif kind < 0.18 and words and len(words[at]) > LEAST:
            cut = r.randrange(1, len(words[at]))
            words[at : at + 1] = [words[at][:cut], words[at][cut:]]
        else:
            long = [i for i, word in enumerate(words) if len(word) >= LEAST and word.isalpha()]
            if long:
                at = r.choice(long)
                words[at] = slip(words[at], r)
    return " ".join(words)


def spoken(text: str, r: random.Random) -> str:
    """As speech is recognized: no punctuation, fillers, repetitions, words that sound alike."""
    words = re.sub(r"[.,!?;:\"]", "", text).lower().split()
    out: list[str] = []
    for at, word in enumerate(words):
        if r.random() < 0.06:
            out.append(r.choice(FILLERS))
        if r.random() < 0.05:
            out += words[
                at : at + r.choice((1, 1, 2))
            ]  # a stutter, or a start that is taken up again
        if word in SOUNDS_LIKE and r.random() < 0.12:
            word = r.choice(SOUNDS_LIKE[word])
        elif word in WORD_OF and r.random() < 0.7:
            word = WORD_OF[word]
        elif r.random() < 0.15:
            for start in SPLIT:
                if word.startswith(start) and len(word) > len(start) + 2:
                    word = f"{start} {word[len(start) :]}"
                    break
        out.append(word)
    if r.random() < 0.1:
        out.append(r.choice(FILLERS))
    return " ".join(out)


def written(text: str, r: random.Random) -> str:
    """Apostrophes, capitals and punctuation as people set them, or do not."""
    kind = r.random()
    if kind < 0.2:
        text = text.replace("'", "")
    elif kind < 0.25:
        text = text.replace("'", "\u2019")
    if r.random() < 0.3:
        text = re.sub(
            r"(?<=[a-z]) (please|can you|could you|would you|thanks|thank you)\b", r", \1", text
        )
    if r.random() < 0.3:
        text += r.choice(("!", ".", ".", "!!", "...", "?"))
    return text


def noisy(text: str, r: random.Random, share: float) -> str:
    """A share of texts with slips, half as many as they are spoken, and all as people write."""
    kind = r.random()
    if kind < share:
        return typed(written(text, r), r)
    if kind < 1.5 * share:
        return spoken(text, r)
    return written(text, r)
