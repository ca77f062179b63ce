"""The scored sets, and the scores of all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Callable

from ..data import held_out
from ..data.sets import Data, Item, items
from . import metrics
from .baselines import baselines
from .metrics import Metric, Scores
from .models import Open


@dataclass(frozen=True)
class ScoredSet:
    metric: Metric
    model: str = ""  # the embedded model it tells of; none for a model of its own


SETS = {
    "fill-mask": ScoredSet(metrics.words, "base"),
    "home": ScoredSet(metrics.words, "base"),
    "clinc150": ScoredSet(metrics.clinc150),
    "snips": ScoredSet(metrics.accuracy_of("snips")),
    "hwu_slurp_home_subset": ScoredSet(metrics.accuracy_of("hwu_slurp_home_subset")),
    "uci_sentiment_sentences": ScoredSet(metrics.accuracy_of("sentiment"), "sentiment"),
    "nltk_pros_cons": ScoredSet(metrics.accuracy_of("sentiment"), "sentiment"),
    "goemotions": ScoredSet(metrics.accuracy_of("emotion"), "emotion"),
    "ud_ewt": ScoredSet(metrics.parts_of_speech, "pos"),
    "uner_ewt": ScoredSet(metrics.entities, "ner"),
    "wikigold": ScoredSet(metrics.entities, "ner"),
    "hwu64_slots": ScoredSet(metrics.slots, "slots"),
    "stsb_en": ScoredSet(metrics.similarity, "vectors"),
    "qamr": ScoredSet(metrics.answers, "qa"),
    "squadshifts_new_wiki": ScoredSet(metrics.answers, "qa"),
}
# The sets that come with the project.
FILES = {"fill-mask": held_out.ANNOUNCED, "home": held_out.HOMES}


def validation(name: str, data: Data | None) -> list[Item]:
    if name in FILES:
        return items(FILES[name])
    return data.read(name, "validation") if data else []


def line_of(name: str, scores: Scores) -> str:
    return f"{name}: {json.dumps({k: round(v, 1) for k, v in scores.items()})}"


def score_sets(
    data: Data | None,
    opened: Open,
    only: str | None,
    with_baselines: bool,
    say: Callable[[str], None],
) -> dict[str, Scores]:
    """The scores of each set's validation split; names of baselines are in brackets."""
    found: dict[str, Scores] = {}
    for name, scored in SETS.items():
        if only and name != only:
            continue
        rows = validation(name, data)
        if not rows:
            continue
        found[name] = scored.metric(rows, opened)
        if with_baselines and data and name not in FILES:
            found[name] |= {f"({k})": v for k, v in baselines(data, name, rows).items()}
        say(line_of(name, found[name]))
    if data and only in (None, "intent"):
        found["intent"] = metrics.intent(data, opened)
        say(line_of("intent", found["intent"]))
    return found
