"""Commands made from commands.txt and grammar.txt, with the values that they hold.

What the lists of both files stand for is known, and so are the tags of their words; what they are
counted as follows hwu64_slots, where "the" and "my" are no part of a value, "to" and "by" are part
of a change, and "mom" is no name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .commands import Commands
from .held_out import is_held_out_or_close
from .labeled import SLOT_LABELS

WHEN, AMOUNT = "when", "amount"  # told apart by their words
KINDS = {
    "color": "color",
    "device": "appliance gadget",
    "room": "room",
    "time": "clock length",
    WHEN: "day dayparts",
    "place": "city place spot region",
    "person": "name surname",
    AMOUNT: "percent",
    "music": "artist band song tune genre mood",
    "media": "station show podcast book novel game plaything",
    "list": "list roll",
    "event": "event occasion",
    "food": "dish food cuisine",
}
SHARE_WITHOUT = 0.3  # of the requests without values are kept
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names.split()}
MARK = re.compile("\x02([^\x03]*)\x03([^\x04]*)\x04")
LEADING = frozenset(
    """a an the my our some to on by over at in of two three dinner with lunch for something large
    nearest every later call trip""".split()
)
DAYTIME = frozenset("morning afternoon evening night tonight noon midnight later today's".split())
DATES = frozenset("tomorrow today yesterday".split())
RELATED = frozenset(
    """mom mum dad wife husband brother sister boss mother father son daughter friend neighbor
    grandma grandpa uncle aunt cousin roommate landlord""".split()
)
TO = frozenset("to by".split())
# What gives light is a device where it is called by its name, and not where it is "the lights".
LAMPS = frozenset("lamp lamps chandelier lantern floodlight spotlights sconces headlights".split())
LAMP_KINDS = frozenset(
    "ceiling desk floor bedside reading table wall overhead outdoor standing salt lava".split()
)


def _bounds(words: Sequence[str], kind: str) -> tuple[int, int]:
    """Which words of a list's text are the value."""
    first, last = 0, len(words)
    while first < last - 1 and words[first] in LEADING and kind not in ("music", "media", "time"):
        first += 1
    if kind == "list" and words[last - 1] in ("list", "lists") and last - first > 1:
        last -= 1
    return first, last


def _when(words: Sequence[str]) -> list[str]:
    """The kind of each word of a date with a time of day; "" for none."""
    kinds = ["" if w in LEADING else "time" if w in DAYTIME else "date" for w in words]
    for i, word in enumerate(words[:-1]):
        if word == "this" and kinds[i + 1]:
            kinds[i] = kinds[i + 1]
        if word in ("the", "of", "to") and i and kinds[i - 1] == "date" == kinds[i + 1]:
            kinds[i] = "date"
    return kinds


def _kinds(words: Sequence[str], kind: str) -> list[str]:
    if kind == WHEN:
        return _when(words)
    first, last = _bounds(words, kind)
    kind = "change" if kind == AMOUNT else kind
    found = ["date" if kind == "time" and word in DATES else kind for word in words]
    return ["" if not first <= i < last else one for i, one in enumerate(found)]


def tagged(text: str) -> tuple[list[str], list[int]]:
    """The words of a text with marks, and the tag of each."""
    words: list[str] = []
    kinds: list[str] = []
    begins: list[bool] = []
    at = 0

    def add(part: str, kind: str) -> None:
        found = part.split()
        joined = bool(words) and bool(part) and not part[0].isspace() and not is_open
        if joined and found:  # "'s" of "john's"
            words[-1] += found.pop(0)
        some = _kinds(found, kind) if kind and found else [""] * len(found)
        for i, (word, one) in enumerate(zip(found, some)):
            words.append(word)
            begins.append(bool(one) and (not i or some[i - 1] != one))
            kinds.append(one)

    is_open = True
    for match in MARK.finditer(text):
        before = text[at : match.start()]
        add(before, "")
        is_open = not before or before[-1].isspace()
        is_open = is_open or not words
        if match[1] == AMOUNT and words and words[-1] in TO and not kinds[-1]:
            kinds[-1], begins[-1] = "change", True
            count = len(words)
            add(match[2], AMOUNT)
            begins[count:] = [False] * (len(words) - count)
        else:
            add(match[2], match[1])
        at, is_open = match.end(), False
    add(text[at:], "")
    for i, word in enumerate(words):
        if word in LAMPS and not kinds[i]:
            kinds[i], begins[i] = "device", True
            if i and words[i - 1] in LAMP_KINDS and not kinds[i - 1]:
                kinds[i - 1], begins[i - 1], begins[i] = "device", True, False
    tags = [
        0 if not kind else SLOT_LABELS.index(f"{'B' if begin else 'I'}-{kind}")
        for kind, begin in zip(kinds, begins)
    ]
    return words, tags


def made_slots(seed: int, held_out: bool = False) -> Iterator[tuple[list[str], list[int]]]:
    """Without end; only requests, which is what slots are looked for in."""
    commands = Commands(seed, held_out, marks=KIND_OF)
    while True:
        text, _, kind = commands.pair()[0]
        if kind == "saying" or is_held_out_or_close(MARK.sub(r"\2", text)):
            continue
        words, tags = tagged(re.sub('[,?"]', "", text))
        if any(tags) or commands.r.random() < SHARE_WITHOUT:
            yield [word.rstrip(".!") or word for word in words], tags
