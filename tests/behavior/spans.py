"""Slots of a command, and several commands in one sentence."""

from __future__ import annotations

import functools
import re

from .case import Case
from .commands import dealt, verb_phrases
from .grammar import expand, generator, lines

VARIANTS = 5
SENTENCES = 160
MARKED = re.compile(r"\[(\w+) ([^\]]+)\]")
JOINTS = (
    "{a} and {b}",
    "{a} and then {b}",
    "{a}, then {b}",
    "{a} and also {b}",
    "first {a}, after that {b}",
    "please {a} and {b}",
    "can you {a} and {b}",
    "{a}. {b}",
    "{a}, {b} and {c}",
    "{a} and while you're at it {b}",
)
# Commands of their own that "and" does not divide.
SINGLE = (
    ("turn off the lamps in the den and the pantry", ("light_off",)),
    ("add walnuts and honey to the shopping list", ("list_add",)),
    ("play something by Simon and Garfunkel", ("play_music",)),
    ("call mom and dad at their house", ("call",)),
    ("what's seventy and nineteen", ("calculate",)),
    ("text Jo and Pete that we made it home safe and sound", ("message",)),
    ("remind me to sweep the porch and feed the birds", ("reminder_set",)),
    ("order a burger and fries from the diner", ("order_food",)),
    ("set an alarm for six on monday and tuesday", ("alarm_set",)),
    ("play the drum and bass station on the radio", ("play_radio",)),
    ("find a recipe for mac and cheese", ("recipe",)),
    ("dim the lights in the hall and on the stairs", ("light_dimmer",)),
)


@functools.cache
def slots() -> list[Case]:
    """right: "kind start end" of each slot."""
    found = {}
    for _, line in lines("slots"):
        for marked in expand(line, VARIANTS):
            text, spans, at = "", [], 0
            for match in MARKED.finditer(marked):
                text += marked[at : match.start()]
                spans.append(f"{match[1]} {len(text)} {len(text) + len(match[2])}")
                text += match[2]
                at = match.end()
            text += marked[at:]
            found[text] = Case(text, tuple(spans))
    return list(found.values())


@functools.cache
def several() -> list[Case]:
    """right: for each command its intents, joined by commas."""
    r = generator("several")
    found = [Case(text, right) for text, right in SINGLE]
    phrases = dealt(verb_phrases(), 3 * SENTENCES, "several")
    for number in range(SENTENCES):
        a, b, c = (next(phrases) for _ in range(3))
        joint = JOINTS[number % len(JOINTS)]
        used = [one for one, name in ((a, "{a}"), (b, "{b}"), (c, "{c}")) if name in joint]
        text = joint.format(a=a.text, b=b.text, c=c.text)
        found.append(Case(text, tuple(",".join(one.right) for one in used)))
    r.shuffle(found)
    return found
