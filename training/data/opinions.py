"""Opinions made from opinions.txt and verdicts.txt, long reviews with what is said somewhere in
them, remarks whose emotion is known, and facts."""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .labeled import CLASSIFIED
from .sets import Data
from .templates import filled
from .written import is_wanted, lines_of

FILE = Path(__file__).parent / "opinions.txt"
VERDICTS = Path(__file__).parent / "verdicts.txt"
PLAIN, OF_REAL = "plain", "real"  # the lines of opinions.txt; those that hold texts of the sets
PLAIN_SHARE = 50.0  # beside those that verdicts.txt names
# Lists that change places in a line's twin.
PAIRS = """pos neg, love hate, loved hated, posn negn, posfact negfact, please annoy, good bad,
    good1 bad1, good2 bad2, good3 bad3, agood abad, goodly badly, lovev hatev, lovedv hatedv,
    lovesv hatesv, lovew hatew, praise blame, liked disliked, glad sadw, gooddo baddo,
    goodn badn, goodnoun badnoun"""
TWIN_LISTS = {"unpos": "badless", "goodless": "badless", "badless": "goodless"}
for _pair in PAIRS.split(","):
    _one, _other = _pair.split()
    TWIN_LISTS |= {_one: _other, _other: _one}
SIDES = re.compile(r"\(([^()/]*)/([^()/]*)\)|<(\w+)>")
# Names of the lists of what people wrote, by label: sentences of all sets, and of the first.
REAL, FIRST_REAL = {"positive": "praise", "negative": "blame"}, ("liked", "disliked")
MOST_REAL = 14  # words
DECORATED = 0.15  # of the made texts begin, and as many end, with what tells nothing
ENDED = 0.5  # of them end with a mark
# What GoEmotions' labels tell of an opinion; the others tell nothing.
PLEASED = (
    "admiration approval amusement excitement gratitude joy love optimism pride relief".split()
)
DISPLEASED = """anger annoyance disappointment disapproval disgust embarrassment grief remorse
    sadness""".split()
EMOTION_WEIGHTS = {**dict.fromkeys(PLEASED, 0.9), **dict.fromkeys(DISPLEASED, 0.1), "neutral": 0.5}
EMOTION_SHARES = {0.9: 9, 0.1: 9, 0.5: 2}
JUDGING = """pos neg love loved hate hated posn negn good1 good2 good3 bad1 bad2 bad3 agood abad
    lovev hatev glad sadw goodnoun badnoun""".split()  # lists that praise or blame
# Words that tell that somebody is pleased or not, beside those.
FEELING = set(
    """best better worse worst love loved hate fun thank thanks please sorry sadly hope hoped wish
    luck lucky well nice kill killed death died dead war attack victims crime pain lost loss lose
    fail failure success successful won win winner award awards favorite popular like liked dear
    trouble problem problems damage destroyed murder violence illness disease injured
    suffer""".split()
)
SHORTEST_JUDGING = 4  # letters
PARTS = ((0.72, "made"), (0.86, "emotions"), (0.93, "long"), (1.0, "facts"))
LONG_OPINIONS, LONG_OTHERS = (1, 6), (0, 14)  # sentences of a long review
SURE = (0.05, 0.95)
NEUTRAL_EVERY = 4  # a long text in so many holds no opinion

Opinion = tuple[str, float]


@dataclass(frozen=True)
class Lines:
    """Lines of a phenomenon, with how probable it is that readers call them positive."""

    share: float
    lines: list[tuple[str, float]]


def side(line: str, twin: bool) -> str:
    """A line of verdicts.txt, or its twin: the second of what is in parentheses, and the other
    lists."""

    def chosen(found: re.Match[str]) -> str:
        if found[3] is None:
            return found[2] if twin else found[1]
        return f"<{TWIN_LISTS.get(found[3], found[3]) if twin else found[3]}>"

    return SIDES.sub(chosen, line)


def sides(line: str, weight: float) -> list[tuple[str, float]]:
    if line.startswith("! "):
        return [(side(line[2:], twin=False), weight)]
    return [(side(line, twin=False), weight), (side(line, twin=True), round(1 - weight, 2))]


@functools.cache
def opinions(held_out: bool | None) -> tuple[dict[str, str], dict[str, Lines]]:
    """The lists, and the lines by phenomenon."""
    lists: dict[str, str] = {}
    found = {PLAIN: Lines(PLAIN_SHARE, [])}
    kind = PLAIN
    for section, line in itertools.chain(lines_of(FILE, lists), lines_of(VERDICTS, lists)):
        if line.startswith("== "):
            _, kind, share = line.split()
            found[kind] = Lines(float(share), [])
        elif is_wanted(line, held_out):
            weight = float(section)
            both = [(line, weight)] if kind == PLAIN else sides(line, weight)
            found[kind].lines.extend(both)
    return lists, found


def decorated(text: str, lists: dict[str, str], r: random.Random) -> str:
    """With names, addresses and marks around it, which tell nothing."""
    if r.random() < ENDED and not text.endswith((".", "!", "?")):
        text += r.choice("..!")
    if r.random() < DECORATED:
        text = f"{filled('<before>', lists, r)} {text}"
    if r.random() < DECORATED:
        text = f"{text} {filled('<after>', lists, r)}"
    return text


@functools.cache
def real_lists(data: Data) -> dict[str, str]:
    """What people wrote, for the lines that put it into other words."""
    found: dict[str, list[str]] = {name: [] for name in (*REAL.values(), *FIRST_REAL)}
    for number, name in enumerate(CLASSIFIED["sentiment"]):
        for item in data.read(name, "train"):
            text = " ".join(item["text"].lower().split()).rstrip(" .!,;")
            if set("{}|<>") & set(text) or not 0 < len(text.split()) <= MOST_REAL:
                continue
            found[REAL[item["label"]]].append(text)
            if not number:
                found[FIRST_REAL[item["label"] == "negative"]].append(text)
    return {name: "{" + "|".join(texts) + "}" for name, texts in found.items()}


def made_opinions(
    seed: int, held_out: bool | None, data: Data | None = None
) -> Iterator[tuple[str, float, str]]:
    """Without end: a text, its weight, and its phenomenon; with `data`, of its texts as well."""
    r = random.Random(seed)
    lists, found = opinions(held_out)
    lists = lists | (real_lists(data) if data else {})
    kinds = [kind for kind, some in found.items() if some.lines and (data or kind != OF_REAL)]
    shares = [found[kind].share for kind in kinds]
    weights = {
        kind: [2.0 if kind == PLAIN and 0.05 < w < 0.95 else 1.0 for _, w in found[kind].lines]
        for kind in kinds
    }
    while True:
        kind = r.choices(kinds, shares)[0]
        line, weight = r.choices(found[kind].lines, weights[kind])[0]
        text = filled(line, lists, r)
        yield text if kind == PLAIN else decorated(text, lists, r), weight, kind


def facts(data: Data, r: random.Random) -> Iterator[Opinion]:
    """Without end: sentences of plain text that hold no word that judges."""
    found = data.sentences("modern", 8000, 7) + data.sentences("wikipedia", 8000, 8)
    words = judging_words() | FEELING
    plain = [text for text in found if not words & set(re.findall(r"[a-z']+", text.lower()))]
    while True:
        yield r.choice(plain or found), 0.5


def long_reviews(data: Data, r: random.Random) -> Iterator[Opinion]:
    """Without end: opinions of one kind among sentences that hold none, at any place."""
    labeled: dict[str, list[str]] = {"negative": [], "positive": []}
    for name in CLASSIFIED["sentiment"]:
        for item in data.read(name, "train"):
            labeled[item["label"]].append(item["text"])
    plain = data.sentences("modern", 6000, 5) + data.sentences("books", 6000, 6)
    made = made_opinions(r.randrange(1 << 30), held_out=False)
    pools: dict[float, list[str]] = {SURE[0]: [], 0.5: [], SURE[1]: []}
    for text, weight, _ in (next(made) for _ in range(20_000)):
        at = (
            SURE[0] if weight < 0.1 else SURE[1] if weight > 0.9 else 0.5 if weight == 0.5 else None
        )
        if at is not None:
            pools[at].append(text)
    while True:
        weight = r.choice(SURE)
        others = [
            r.choice(plain if r.random() < 0.5 else pools[0.5])
            for _ in range(r.randint(*LONG_OTHERS))
        ]
        if not r.randrange(NEUTRAL_EVERY):
            yield " ".join(f"{text}." for text in others), 0.5
            continue
        real = labeled["positive" if weight > 0.5 else "negative"]
        said = [
            r.choice(real if r.random() < 0.6 else pools[weight])
            for _ in range(r.randint(*LONG_OPINIONS))
        ]
        texts = others + said
        if r.random() < 0.5:
            r.shuffle(texts)
        elif r.random() < 0.5:
            texts = said + others
        yield (
            " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts),
            weight,
        )


def balanced_emotions(data: Data, r: random.Random) -> Iterator[Opinion]:
    """Without end: remarks whose emotion tells whether somebody is pleased, as many of both."""
    found: dict[float, list[str]] = {}
    for item in data.read("goemotions", "train"):
        if item["label"] in EMOTION_WEIGHTS:
            found.setdefault(EMOTION_WEIGHTS[item["label"]], []).append(item["text"])
    weights, counts = list(found), [EMOTION_SHARES[weight] for weight in found]
    while True:
        weight = r.choices(weights, counts)[0]
        yield r.choice(found[weight]), weight


def judging_words() -> set[str]:
    """Words that opinions are made of: those that praise or blame by themselves."""
    lists, _ = opinions(None)
    texts = " ".join(lists[name] for name in JUDGING)
    return {word for word in re.findall(r"[a-z']+", texts) if len(word) >= SHORTEST_JUDGING}


def sentiment_texts(data: Data, count: int) -> Iterator[Opinion]:
    """Texts to learn from, of all three kinds."""
    r = random.Random(data.recipe.seed)
    made = ((text, weight) for text, weight, _ in made_opinions(data.recipe.seed, False, data))
    kinds = {
        "made": made,
        "emotions": balanced_emotions(data, r),
        "long": long_reviews(data, r),
        "facts": facts(data, r),
    }
    for _ in range(count):
        drawn = r.random()
        yield next(kinds[next(kind for end, kind in PARTS if drawn < end)])
