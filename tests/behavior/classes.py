"""All classes of cases, with the shares that are aimed at."""

from __future__ import annotations

from functools import partial
from typing import Callable

from . import commands, judges, meanings, noise, opinions, positions, spans
from .case import DIRECTION, INVARIANCE, MINIMUM, Behavior, Case, Verdict
from .judges import Open

Judge = Callable[[Case, Open], Verdict]
# how the cases of a model are judged
JUDGES: dict[str, Judge] = {
    "intent": judges.intent,
    "several": judges.several,
    "slots": judges.slots,
    "sentiment": judges.sentiment,
    "emotion": judges.emotion,
    "vectors": judges.similarity,
    "zero-shot": judges.zero_shot,
    "qa": judges.answer,
    "ner": judges.names,
    "pos": judges.tags,
    "base": judges.masks,
}
ACCEPTED, REFUSED, CHAT, TYPED, SPOKEN, OPINION, MEANING = 95.0, 92.0, 88.0, 85.0, 94.0, 88.0, 60.0
MASKED = 70.0
# The shipped model of what is judged otherwise than its other classes.
MODEL_OF = {"zero-shot": "vectors", "several": "intent"}
# By how many points a score may fall from the first positions to the last.
FALLS = {"names": 3.0, "tags": 3.0, "masks": 3.0, "answers by position": 10.0}
ERROR_OF_CALIBRATION = 0.08

Cases = Callable[[], list[Case]]


def _intents(title: str, test: str, cases: Cases, aim: float, beside: str = "") -> Behavior:
    return Behavior(title, test, "intent", cases, aim, beside)


def _refused(found: dict[str, Behavior]) -> None:
    """What has to be refused, each beside valid commands that look like it."""

    def both(name: str, title: str, pair: Callable[[], tuple[list[Case], ...]], aim: float) -> None:
        found[name] = _intents(title, MINIMUM, lambda: pair()[0], aim)
        found[f"{name}, valid"] = _intents(
            f"valid, beside {title}", MINIMUM, lambda: pair()[-1], ACCEPTED, name
        )

    def negated() -> tuple[list[Case], ...]:
        framed, own = commands.negated(), commands.from_file("left")
        return framed[0] + own[0], framed[1] + own[1]

    both("negated", "negated commands", negated, REFUSED)
    for name, title, aim in (
        ("reports", "statements about devices", REFUSED),
        ("past", "questions about the past", REFUSED),
        ("chat", "chit-chat", CHAT),
        ("unknown", "requests outside the label set", CHAT),
    ):
        both(name, title, partial(commands.from_file, name), aim)
    both("titles", "remarks on titles that look like commands", commands.titles, REFUSED)
    found["titles, played"] = _intents(
        "requests to play such titles", MINIMUM, lambda: commands.titles()[1], REFUSED
    )


def _understood(found: dict[str, Behavior]) -> None:
    """What has to be understood, whatever its form."""
    found["clean"] = _intents("commands as they are", MINIMUM, commands.commands, SPOKEN)
    for kind in (*noise.MISTAKES, "missing space"):
        found[kind] = _intents(
            f"typing: {kind}",
            INVARIANCE,
            partial(commands.mistyped, kind),
            TYPED,
        )
    for kind, title, aim in (
        ("misspelled", "typing: common misspellings", TYPED),
        ("texting", "typing: the style of text messages", TYPED),
        ("homophones", "speech: words that sound alike", TYPED),
    ):
        found[kind] = _intents(
            title,
            INVARIANCE,
            partial(commands.respelled, kind),
            aim,
        )
    rows: tuple[tuple[str, str, Cases], ...] = (
        ("small words", "typing: small words left out", commands.telegraphed),
        ("capitals", "capitals", commands.capitals),
        ("punctuation", "no or other punctuation", commands.punctuation),
        ("repetitions", "speech: repetitions", commands.repetitions),
        ("fillers", "speech: fillers", lambda: commands.in_frames("fillers")),
        ("numbers", "digits and number words", commands.numbers),
        ("polite", "politeness", lambda: commands.in_frames("polite")),
        ("wake", "wake words", lambda: commands.in_frames("wake")),
    )
    for name, title, cases in rows:
        found[name] = _intents(title, INVARIANCE, cases, SPOKEN)


def _by_position(found: dict[str, Behavior]) -> None:
    rows: tuple[tuple[str, str, Callable[[tuple[int, int]], list[Case]]], ...] = (
        ("names", "ner", positions.names),
        ("tags", "pos", positions.tags),
        ("masks", "base", positions.masks),
        ("answers by position", "qa", positions.answers),
    )
    for name, model, cases in rows:
        for bucket in positions.BUCKETS:
            part = positions.bucket_name(bucket)
            found[f"{name} {part}"] = Behavior(
                f"{name}, after {part} tokens",
                INVARIANCE,
                model,
                partial(cases, bucket),
            )


def classes() -> dict[str, Behavior]:
    found: dict[str, Behavior] = {}
    _refused(found)
    _understood(found)
    found["several"] = Behavior(
        "several commands in one sentence", MINIMUM, "several", spans.several
    )
    found["slots"] = Behavior("slots of commands", MINIMUM, "slots", spans.slots)
    for name in opinions.opinions():
        found[f"sentiment: {name}"] = Behavior(
            f"sentiment: {name}",
            MINIMUM,
            "sentiment",
            lambda name=name: opinions.opinions()[name],  # type: ignore[misc]
            OPINION,
        )
    found["emotions"] = Behavior("emotions", MINIMUM, "emotion", opinions.feelings)
    found["near misses"] = Behavior(
        "a paraphrase above a near miss",
        DIRECTION,
        "vectors",
        lambda: [case for group in meanings.near_misses().values() for case in group],
        MEANING,
    )
    found["zero-shot"] = Behavior(
        "zero-shot: topics and requests", MINIMUM, "zero-shot", meanings.topics
    )
    found["answers"] = Behavior("questions on a text", MINIMUM, "qa", positions.answerable)
    found["no answer"] = Behavior(
        "questions that the text does not answer", MINIMUM, "qa", positions.unanswerable
    )
    found["masks alone"] = Behavior(
        "masked words in single sentences", MINIMUM, "base", positions.masks_alone, MASKED
    )
    _by_position(found)
    return found


CLASSES = classes()
