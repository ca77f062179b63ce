"""The other labeled sets: emotions, slots, parts of speech, and sets with labels of their own."""

from __future__ import annotations

from typing import Callable

from .entities import IGNORED, TaggedWords
from .sets import Data, Item

EMOTIONS = {
    "anger": "anger annoyance disapproval",
    "disgust": "disgust",
    "fear": "fear nervousness",
    "joy": """joy amusement approval excitement gratitude love optimism relief pride admiration
        desire caring""",
    "sadness": "sadness disappointment embarrassment grief remorse",
    "surprise": "surprise realization confusion curiosity",
    "neutral": "neutral",
}
EMOTION_OF = {theirs: ours for ours, labels in EMOTIONS.items() for theirs in labels.split()}

SLOTS = {
    "device": "device_type",
    "room": "house_place",
    "color": "color_type",
    "time": "time timeofday",
    "date": "date",
    "place": "place_name",
    "person": "person",
    "change": "change_amount",
    "music": "song_name artist_name music_genre playlist_name player_setting",
    "media": "media_type radio_name podcast_name audiobook_name game_name",
    "list": "list_name",
    "event": "event_name",
    "food": "food_type coffee_type drink_type",
}
SLOT_OF = {theirs: ours for ours, names in SLOTS.items() for theirs in names.split()}
SLOT_LABELS = ["O", *(f"{edge}-{kind}" for kind in SLOTS for edge in "BI")]

PARTS_OF_SPEECH = """ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB
    X""".split()

# Sets whose own labels, or emotions, are a model's: by the model's name.
CLASSIFIED = {
    "sentiment": ("uci_sentiment_sentences", "nltk_pros_cons"),
    "emotion": ("goemotions",),
    "clinc150": ("clinc150",),
    "snips": ("snips",),
    "hwu_slurp_home_subset": ("hwu_slurp_home_subset",),
}
# One-sentence contexts come twice.
QUESTIONS = ("qamr", "qamr", "squadshifts_new_wiki", "fairytaleqa_extractive")


def label_of(name: str) -> Callable[[Item], str]:
    """How the label of a model's item is told."""
    if name == "emotion":
        return lambda item: EMOTION_OF[item["label"]]
    if name == "sentiment":
        return lambda item: str(item["label"]).upper()
    return lambda item: str(item["label"])


def classified_items(data: Data, name: str, split: str) -> list[tuple[str, str]]:
    label = label_of(name)
    return [(item["text"], label(item)) for s in CLASSIFIED[name] for item in data.read(s, split)]


def repeated_items(data: Data, name: str) -> list[tuple[str, str]]:
    """A model's texts of training, those of small sets several times."""
    label = label_of(name)
    return [
        (item["text"], label(item))
        for s in CLASSIFIED[name]
        for item in data.read(s, "train") * data.recipe.data.repeated.get(s, 1)
    ]


def slot_tag(theirs: str) -> str:
    """Our tag of a tag of hwu64_slots."""
    return theirs[:2] + SLOT_OF[theirs[2:]] if theirs[2:] in SLOT_OF else "O"


def without_punctuation(words: list[str]) -> list[str]:
    return [word.rstrip(".,?!") or word for word in words]


def slot_items(data: Data, split: str) -> TaggedWords:
    return [
        (
            without_punctuation(item["tokens"]),
            [SLOT_LABELS.index(slot_tag(tag)) for tag in item["tags"]],
        )
        for item in data.read("hwu64_slots", split)
    ]


def part_of_speech_items(data: Data, split: str) -> TaggedWords:
    index = {label: i for i, label in enumerate(PARTS_OF_SPEECH)}
    return [
        (item["tokens"], [index.get(tag, IGNORED) for tag in item["tags"]])
        for item in data.read("ud_ewt", split)
    ]


def question_items(data: Data, split: str) -> list[Item]:
    names = QUESTIONS if split == "train" else QUESTIONS[1:]
    return [item for name in names for item in data.read(name, split)]
