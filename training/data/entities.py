"""Names of persons, places and organizations: the sets that mark them, brought to one scheme."""

from __future__ import annotations

import itertools
import random

from .ewt import TITLES, kinds, plain
from .sets import Data

IGNORED = -100  # the tag of a word that is not learned
ENTITIES = ["O", "PERSON", "LOCATION", "ORGANIZATION", "MISC"]
LABELS = ["O", *("I-" + kind for kind in ENTITIES[1:])]
# O or MISC: the set does not mark what is neither person, place nor organization.
UNSURE = len(ENTITIES)
# Labels as the sets spell them.
KINDS = {
    "PERSON": "per person researcher politician writer musicalartist scientist",
    "LOCATION": "loc location country",
    "ORGANIZATION": "org organisation university politicalparty band "  # codespell:ignore
    "corporation group",
}
GOLD = ("wikigold", "wnut17", "broad_twitter_corpus", "wikiann_en")
CROSSNER = ("ai", "literature", "music", "politics", "science")
VALIDATION = ("wikigold", "uner_ewt")

TaggedWords = list[tuple[list[str], list[int]]]


def entity(tag: str, complete: bool) -> int:
    """Our tag of a set's; `complete` sets mark every name."""
    if tag == "O":
        return 0 if complete else UNSURE
    name = tag[2:].lower()
    for kind, names in KINDS.items():
        if name in names.split():
            return ENTITIES.index(kind)
    return ENTITIES.index("MISC")


def entity_items(data: Data, name: str, split: str) -> TaggedWords:
    complete = name == "wikigold" or name.startswith("crossner")
    return [
        (item["tokens"], [entity(tag, complete) for tag in item["tags"]])
        for item in data.read(name, split)
    ]


def ewt_items(data: Data) -> TaggedWords:
    """EWT's training sentences.

    What the list calls none, and any adjective, may be a name of another kind, as of a people.
    """
    tag_of = {
        "P": ENTITIES.index("PERSON"),
        "L": ENTITIES.index("LOCATION"),
        "O": ENTITIES.index("ORGANIZATION"),
        "?": IGNORED,
    }
    found = []
    for item in data.read("ud_ewt", "train"):
        words, tags = item["tokens"], item["tags"]
        other = [
            UNSURE
            if word[0].isupper() and tag in ("PROPN", "ADJ") and plain(word) not in TITLES
            else 0
            for word, tag in zip(words, tags)
        ]
        found.append((words, [tag_of.get(kind, no) for kind, no in zip(kinds(words, tags), other)]))
    return found


def renamed(items: TaggedWords, r: random.Random, share: float) -> TaggedWords:
    """The same sentences with other persons, places and organizations in them.

    The words around a name tell its kind.
    """
    runs = [
        [
            (tag, [word for word, _ in run])
            for tag, run in itertools.groupby(zip(words, tags), lambda pair: pair[1])
        ]
        for words, tags in items
    ]
    named = [ENTITIES.index(name) for name in ("PERSON", "LOCATION", "ORGANIZATION")]
    names = {kind: [words for item in runs for tag, words in item if tag == kind] for kind in named}
    found = []
    for item in runs:
        others = [
            (tag, r.choice(names[tag]) if tag in names and r.random() < share else words)
            for tag, words in item
        ]
        new_words = [word for _, words in others for word in words]
        found.append((new_words, [tag for tag, words in others for _ in words]))
    return found


def training_items(data: Data, with_renamed: bool) -> TaggedWords:
    """All sets, WikiGold once more, and either all of it renamed or WikiGold a third time."""
    numbers = data.recipe.data
    items: TaggedWords = []
    for name in GOLD:
        items += entity_items(data, name, "train")[: numbers.names_most[name]]
    items += ewt_items(data)
    wikigold = entity_items(data, "wikigold", "train")
    if with_renamed:
        more = renamed(items, random.Random(numbers.renamed_seed), numbers.renamed)
    else:
        more = wikigold
    more = wikigold + more
    for field in CROSSNER:
        more += entity_items(data, f"crossner_{field}", "train")
    return items + more


def validation_items(data: Data) -> TaggedWords:
    return [item for name in VALIDATION for item in entity_items(data, name, "validation")]
