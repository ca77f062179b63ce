"""The sentences that fill-mask is scored by.

Neither they nor what is close to them are ever trained on.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from ..recipe import RECIPE

# The ten sentences of the announcement, and forty of homes and wrists, written for this project.
ANNOUNCED = Path(__file__).parent / "announced.jsonl"
HOMES = Path(__file__).parent / "held-out-home.jsonl"

# A text with all words of a line is held out: these describe the ten sentences and close ones.
DESCRIPTIONS = (
    ("nurse", "hospital"),
    ("door", "before", "leav"),
    ("shut", "before", "leav"),
    ("drone", "sensor"),
    ("drone", "data"),
    ("onboard", "sensor"),
    ("on board", "sensor"),
    ("fan ", "empty"),
    ("fan ", "nobody"),
    ("coffee ma", "7"),
    ("coffee ma", "seven"),
    ("hall", "night"),
    ("purifier", "quality"),
    ("poor", "air quality"),
    ("air condition", "open"),
    ("ac ", "is open"),
    ("light", "off", "minutes"),
    ("light", "after", "minute"),
    ("lamp", "off", "minutes"),
    ("music", "enter"),
    ("music", "comes in"),
    ("pause", "enter"),
)


def is_held_out(text: str) -> bool:
    """Whether a text matches a description; quick enough for every paragraph of every source."""
    low = text.lower()
    return any(all(part in low for part in parts) for parts in DESCRIPTIONS)


def word_set(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.lower()))


@functools.cache
def held_out_words() -> list[frozenset[str]]:
    """The words of each held-out sentence."""
    lines = [line for path in (ANNOUNCED, HOMES) for line in path.read_text("utf-8").splitlines()]
    return [
        word_set(item["text"].replace("[MASK]", item["word"])) for item in map(json.loads, lines)
    ]


def is_close(text: str) -> bool:
    """Whether a sentence has half its words in common with a held-out one."""
    words = word_set(text)
    least = RECIPE.held_out.overlap
    return any(len(words & other) >= least * len(words | other) for other in held_out_words())


def is_held_out_or_close(text: str) -> bool:
    return is_held_out(text) or is_close(text)
