"""Forms of the verb that a command begins with."""

from __future__ import annotations

from typing import Callable

# Past and participle where they are not formed with -ed.
UNCHANGED = "put set shut let cut read hit spread reset".split()
IRREGULAR = {verb: (verb, verb) for verb in UNCHANGED} | {
    parts[0]: (parts[1], parts[-1])
    for part in """get got gotten|give gave given|make made|light lit|find found|tell told|say said
        |send sent|ring rang rung|run ran run|keep kept|wake woke woken|take took taken
        |bring brought|begin began begun|write wrote written|draw drew drawn|buy bought
        |sell sold|sweep swept|do did done|have had|go went gone|hold held
        |show showed shown|hide hid hidden|throw threw thrown|break broke broken|feed fed
        |leave left|see saw seen|hear heard|think thought|know knew known|come came come
        |build built|pay paid|steal stole stolen|fly flew flown|sing sang sung
        |drive drove driven|forgive forgave forgiven|shoot shot|dig dug|meet met|dye dyed
        |shine shone|wind wound|swing swung|fling flung|spin spun|slide slid|stick stuck
        |speak spoke spoken|teach taught|strike struck|withdraw withdrew withdrawn
        |undo undid undone|lose lost|deal dealt|lead led|beat beat beaten
        |be was been"""
    "".split("|")
    if (parts := part.split())
}
DOUBLED = frozenset(
    "put set shut let cut get run begin dim skip stop mop rip plug unplug chat jot".split()
)
DOUBLED |= frozenset("hum chop drop plan trim scan zip dig sit quit grab tag pet hug".split())
DOUBLED |= frozenset("flip snap pop step spin slap log scrap scrub prop spread reset tap".split())
VOWELS = "aeiou"


def third(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ies"
    return verb + "s"


def progressive(verb: str) -> str:
    if verb == "die":
        return "dying"
    if verb in DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")) and verb != "be":
        return verb[:-1] + "ing"
    return verb + "ing"


def past(verb: str, is_participle: bool = False) -> str:
    if verb in IRREGULAR:
        return IRREGULAR[verb][is_participle]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ied"
    if verb in DOUBLED:
        return verb + verb[-1] + "ed"
    return verb + "ed"


def participle(verb: str) -> str:
    return past(verb, is_participle=True)


def unchanged(verb: str) -> str:
    return verb


FORMS: dict[str, Callable[[str], str]] = {
    "VPING": progressive,
    "VPED": past,
    "VPEN": participle,
    "VPS": third,
    "VP": unchanged,
}


def inflected(phrase: str, form: str) -> str:
    """A command with its first word in another form."""
    verb, _, rest = phrase.partition(" ")
    return f"{FORMS[form](verb)} {rest}".rstrip()
