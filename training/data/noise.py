"""What happens to words on the way: slips of the finger, and what speech recognition writes."""

from __future__ import annotations

import random
import re
from typing import Callable

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
    "be": ("bee", "b"), "see": ("sea", "c"), "you": ("u", "ewe"), "are": ("r", "our"),
    "why": ("y",), "no": ("know",), "now": ("know",), "not": ("knot",), "need": ("kneed", "knead"),
    "some": ("sum",), "sun": ("son",), "son": ("sun",), "dear": ("deer",), "mom": ("mum",),
    "male": ("mail",), "made": ("maid",), "sale": ("sail",), "tail": ("tale",), "rain": ("reign",),
    "rains": ("reins",), "which": ("witch",), "what": ("watt",), "where": ("wear", "ware"),
    "when": ("wen",), "ring": ("wring",), "set": ("sat", "said"), "start": ("tart",),
    "pause": ("paws", "pours"), "song": ("sung",), "songs": ("sungs",), "tune": ("toon",),
    "music": ("muse ick",), "volume": ("volumes",), "raise": ("rays", "raze"), "lower": ("lore",),
    "louder": ("lauder",), "mute": ("moot",), "skip": ("skipped",), "next": ("necks",),
    "call": ("caul", "col"), "text": ("tax", "texts"), "send": ("sent", "cent"), "tell": ("tel",),
    "find": ("fined",), "phone": ("fone",), "locked": ("lockt",), "lock": ("loch", "locke"),
    "unlock": ("unlocked",), "key": ("quay",), "gate": ("gait",), "door": ("dore", "dor"),
    "blind": ("blinds",), "curtains": ("curtain",), "heat": ("heed",),
    "heater": ("heather", "header"), "cool": ("cruel",), "warm": ("worm",), "air": ("heir",),
    "mail box": ("male box",),
    "floor": ("flaw",), "stairs": ("stares",), "bed": ("bad",), "bedroom": ("bad room",),
    "kitchen": ("kitten",), "fridge": ("ridge",), "oven": ("of in",), "lamp": ("lamb",),
    "lamps": ("lambs",), "plug": ("plugged",), "coffee": ("coffey",), "tea": ("tee", "t"),
    "brew": ("brough",), "milk": ("milked",), "bread": ("bred",), "flour": ("flower",),
    "flower": ("flour",), "meat": ("meet",), "leek": ("leak",), "pear": ("pair",),
    "cereal": ("serial",), "time": ("thyme",), "timer": ("time her",), "hours": ("ours",),
    "minute": ("minuet",), "minutes": ("minuets",), "day": ("dey",), "days": ("daze",),
    "date": ("dated",), "night": ("knight",), "morning": ("mourning",), "noon": ("nun",),
    "sunday": ("sundae",), "monday": ("mundane",), "wake": ("wik",), "alarm": ("a lamb",),
    "reminder": ("remainder",), "remind": ("rewind",), "weigh": ("way",), "way": ("weigh",),
    "road": ("rode",), "route": ("root",), "rout": ("route",), "plane": ("plain",),
    "fare": ("fair",), "cab": ("cap",), "taxi": ("tax e",), "order": ("odor",), "add": ("ad",),
    "list": ("lest",), "item": ("atom",), "check": ("cheque", "czech"), "show": ("shoe",),
    "news": ("gnus",), "joke": ("yoke",), "word": ("ward",), "mean": ("mien",), "means": ("meens",),
    "define": ("de fine",), "in": ("inn",), "on": ("own",), "or": ("oar", "ore"),
    "do": ("due", "dew"),
    "don't": ("dont", "don t"), "i": ("eye",), "i'll": ("aisle",), "we'll": ("wheel",),
    "we": ("wee",), "he": ("hee",), "him": ("hymn",), "her": ("hur",), "so": ("sew", "sow"),
    "please": ("pleas",), "can": ("ken",), "could": ("cud",), "make": ("mike",), "take": ("tick",),
    "bring": ("brink",), "put": ("pud",), "pull": ("pool",), "poll": ("pole",), "cut": ("cot",),
    "shut": ("shot",), "hit": ("heat",), "it": ("hit",), "that's": ("thats",), "back": ("bag",),
    "down": ("don",), "up": ("app",), "out": ("oat",), "over": ("ova",), "all": ("awl",),
    "none": ("nun",), "whole": ("hole",), "hi": ("high",), "high": ("hi",), "low": ("lo",),
    "bright": ("bride",), "dimmer": ("dinner",), "green": ("grean",), "white": ("wight",),
    "temperature": ("temp richer",), "thermostat": ("thermo stat",), "degrees": ("decrease",),
    "of": ("off",), "weak": ("week",), "weight": ("wait",), "knight": ("night",),
    "knot": ("not",), "clothes": ("close",), "paws": ("pause",), "cell": ("sell",),
    "sell": ("cell",), "tale": ("tail",), "ate": ("eight",), "won": ("one",), "knew": ("new",),
    "sea": ("see",), "bear": ("bare",), "board": ("bored",), "bored": ("board",), "cent": ("sent",),
    "fair": ("fare",), "hair": ("hare",), "heal": ("heel",), "leak": ("leek",), "maid": ("made",),
    "main": ("mane",), "pail": ("pale",), "pale": ("pail",), "pair": ("pear",), "peak": ("peek",),
    "plain": ("plane",), "pole": ("poll",), "pour": ("poor",), "poor": ("pour",), "role": ("roll",),
    "roll": ("role",), "sail": ("sale",), "scene": ("seen",), "seen": ("scene",),
    "sight": ("site",), "site": ("sight",), "steal": ("steel",), "steel": ("steal",),
    "sweet": ("suite",),
    "suite": ("sweet",), "tide": ("tied",), "waist": ("waste",), "waste": ("waist",),
    "wear": ("where",), "wood": ("would",), "peace": ("piece",), "pray": ("prey",),
    "heard": ("herd",), "passed": ("past",), "past": ("passed",), "wrap": ("rap",),
    "rose": ("rows",), "sauce": ("source",), "saw": ("sore",), "tax": ("tacks",),
    "threw": ("through",), "rode": ("road",), "aloud": ("allowed",), "allowed": ("aloud",),
    "course": ("coarse",), "dye": ("die",), "shade": ("shaded",),
    "shades": ("shaves",), "stove": ("strove",), "kettle": ("cattle",), "garden": ("guard in",),
    "guest": ("guessed",), "fur": ("fir",), "beat": ("beet",), "bean": ("been",), "been": ("bin",),
    "berry": ("bury",), "blew": ("blue",), "bye": ("by", "buy"), "queue": ("cue", "q"),
    "cue": ("queue",), "sent": ("cent", "scent"), "story": ("storey",), "bass": ("base",),
    "base": ("bass",), "band": ("banned",), "chord": ("cord",), "cord": ("chord",),
    "idle": ("idol",), "ours": ("hours",), "who's": ("whose",),
    "whose": ("who's",), "they're": ("there", "their"), "we're": ("were",), "were": ("we're",),
    "i'd": ("eyed",), "let's": ("lets",), "lets": ("let's",), "switch": ("which",),
    "garage": ("garbage",), "shutters": ("shudders",), "vacuum": ("back you",), "vent": ("went",),
    "ceiling": ("sealing",), "cellar": ("seller",), "tire": ("tyre",),
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
# Of all texts, beside those with slips and those that are spoken.
SHORT_TEXTS, TELEGRAMS = 0.08, 0.07
LEAST = 4  # letters of a word in which slips are made
SOUND = 0.15  # of the words that sound like others are written like them
# What people write short who type on a phone: what is meant, and how it is written.
SHORTS = """you = u ya|your = ur yr|are = r|please = pls plz plss pleez|thanks = thx tnx thanx ty
    |tomorrow = tmrw tmr 2moro tomo|tonight = 2nite tonite|today = 2day tdy|message = msg
    |text = txt|because = cuz bc coz|want = wnt wan|to = 2|too = 2|for = 4|four = 4|two = 2
    |before = b4|great = gr8|late = l8|later = l8r|wait = w8|night = nite nt
    |light = lite lyt lght|lights = lites lyts lghts|minutes = mins|minute = min|hour = hr
    |hours = hrs|second = sec|seconds = secs|week = wk|temperature = temp|volume = vol
    |appointment = appt|meeting = mtg|birthday = bday|should = shud shld|could = cud cld
    |would = wud wld|about = abt|and = n nd|at = @|be = b|see = c|why = y|what = wat wut wht
    |what's = wats whats|when = wen whn|where = wher|how = hw|have = hv hav|the = da th d
    |that = dat tht|this = dis|with = w wit|from = frm|room = rm|bedroom = bdrm bedrm
    |bathroom = bthrm|kitchen = kitchn ktchn|turn = trn tn|switch = swtch|open = opn
    |close = cls|lock = lck|play = ply|music = musik mus|song = sng|set = st|alarm = alrm
    |remind = rmnd|call = cal|phone = fone fon|find = fnd|tell = tel|give = giv gv|get = gt
    |make = mak mk|good = gd gud|know = kno|right = rite|something = smth sth|someone = sum1
    |people = ppl|picture = pic|calendar = cal|okay = k kk ok|my = ma|going = goin
    |doing = doin|nothing = nuthin|love = luv|cool = kewl|weather = wether wthr
    |percent = pct|degrees = deg degs|down = dwn|back = bk bck|off = of ff|living = livin
    |next = nxt|previous = prev|house = hse|home = hme|friday = fri|monday = mon
    |tuesday = tue tues|wednesday = wed|thursday = thu thurs|saturday = sat|sunday = sun
    |doctor = dr doc|list = lst|need = ned nd|just = jus jst|like = lyk|coffee = coffe cofee
    |going to = gonna|want to = wanna|give me = gimme|let me = lemme|do not = dont
    |don't = dont dnt|i'm = im|it's = its"""
SHORT = {
    word.strip(): tuple(shorts.split())
    for word, _, shorts in (part.partition(" = ") for part in SHORTS.split("|"))
}
SHORT_SHARE = 0.45  # of such words, in a text that has them
NEEDLESS = frozenset("a an the my our me to of in for at please some it".split())
NEEDLESS_SHARE = 0.6  # of them are left out, in a text where they are


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
        if word in SOUNDS_LIKE and r.random() < SOUND:
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


def shortened(text: str, r: random.Random) -> str:
    """As in text messages: words written short, letters repeated, vowels left out."""
    text = re.sub(r"\b(going to|want to|give me|let me)\b", _short_of_two(r), text.lower())
    words = text.split()
    for at, word in enumerate(words):
        if word in SHORT and r.random() < SHORT_SHARE:
            words[at] = r.choice(SHORT[word])
        elif len(word) > LEAST and word.isalpha() and r.random() < 0.06:
            words[at] = word[0] + re.sub("[aeiou]", "", word[1:-1]) + word[-1]
        elif len(word) > 2 and word.isalpha() and r.random() < 0.02:
            words[at] = word + word[-1] * r.choice((1, 2))
    if r.random() < 0.15:
        words.append(
            r.choice(("lol", "plz", "pls", "thx", "haha", "asap", "rn", "xx", "ok", "bro"))
        )
    return " ".join(words)


def _short_of_two(r: random.Random) -> Callable[[re.Match[str]], str]:
    return lambda match: r.choice(SHORT[match[0]]) if r.random() < SHORT_SHARE else match[0]


def telegraphed(text: str, r: random.Random) -> str:
    """Without small words that say little."""
    words = text.split()
    kept = [w for w in words if w.lower() not in NEEDLESS or r.random() >= NEEDLESS_SHARE]
    return " ".join(kept if len(kept) > 1 else words)


def noisy(text: str, r: random.Random, share: float) -> str:
    """A share of texts with slips, half as many as they are spoken, and all as people write."""
    kind = r.random()
    if kind < share:
        return typed(written(text, r), r)
    if kind < 1.5 * share:
        return spoken(text, r)
    if kind < 1.5 * share + SHORT_TEXTS:
        return shortened(text, r)
    if kind < 1.5 * share + SHORT_TEXTS + TELEGRAMS:
        return written(telegraphed(text, r), r)
    return written(text, r)
