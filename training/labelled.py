"""What each model is trained on: sets become rows of ids with targets."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sets
from cloze import clozes
from ewt import TITLES, kinds, plain

from bertlite_fast import Tokenizer

IGNORED = -100
CLOZES = 300_000
Items = list[tuple[list[str], list[int]]]  # words and their tags
LONGEST = {"classes": 96, "tokens": 128, "answers": 320}


@dataclass
class Row:
    ids: Any  # list or array
    target: Any  # a class; a class for each id; (start, end)
    types: list[int] | None = None
    weight: float = 1.0


@dataclass
class Task:
    name: str
    kind: str  # classes, tokens, answers
    labels: list[str]
    train: list[Row]
    validation: list[Row]
    extra: list[Row] = field(default_factory=list)  # taught beside: questions made from plain text
    steps: int = 4000  # when it is trained alone: batches,
    rate: float = 1e-3  # their peak,
    layers: int = 2
    dropout: float = 0.05
    init: str | None = None  # and the task whose layers are the better start
    doubt: float = 0.0  # added to the first label's logit, so that on validation as many names are found as there are


def classes(tokenizer: Tokenizer, texts: Sequence[str], labels: Sequence[int]) -> list[Row]:
    rows = tokenizer(list(texts), truncation=True, max_length=LONGEST["classes"])["input_ids"]
    return [Row(ids, label) for ids, label in zip(rows, labels)]


def tokens(tokenizer: Tokenizer, items: Sequence[tuple[Sequence[str], Sequence[int]]]) -> list[Row]:
    """Each word's tag stands at its first piece."""
    found = []
    for words, tags in items:
        encoded = tokenizer(
            list(words), is_split_into_words=True, truncation=True, max_length=LONGEST["tokens"]
        )
        target, before = [], None
        for word in encoded.word_ids():
            target.append(tags[word] if word is not None and word != before else IGNORED)
            before = word
        found.append(Row(encoded["input_ids"], target))
    return found


def answers(tokenizer: Tokenizer, items: Sequence[dict[str, Any]]) -> list[Row]:
    found = []
    for item in items:
        encoded = tokenizer(
            item["question"],
            item["context"],
            truncation="only_second",
            max_length=LONGEST["answers"],
            return_offsets_mapping=True,
        )
        start = item["answers"]["answer_start"][0]
        end = start + len(item["answers"]["text"][0])
        sides = encoded.sequence_ids()
        inside = [
            i
            for i, (a, b) in enumerate(encoded["offset_mapping"])
            if sides[i] == 1 and a < end and b > start
        ]
        if inside and encoded["offset_mapping"][inside[-1]][1] >= end:
            found.append(
                Row(encoded["input_ids"], (inside[0], inside[-1]), encoded["token_type_ids"])
            )
    return found


# ---- intents: what devices of the home and assistants need ------------------------------------

INTENTS: dict[str, str] = {
    # one of ours: labels of hwu64, clinc150, snips, home_assistant_en, home_llm_*, luis_home_automation
    "light_on": "iot_hue_lighton light.turn_on",
    "light_off": "iot_hue_lightoff light.turn_off",
    "light_brighter": "iot_hue_lightup",
    "light_dimmer": "iot_hue_lightdim",
    "light_change": "iot_hue_lightchange HassLightSet",
    "turn_on": "iot_wemo_on HassTurnOn switch.turn_on fan.turn_on media_player.turn_on TurnOn TurnAllOn",
    "turn_off": "iot_wemo_off HassTurnOff switch.turn_off fan.turn_off media_player.turn_off TurnOff TurnAllOff",
    "open": "blinds.open_cover garage_door.open_cover",
    "close": "blinds.close_cover garage_door.close_cover",
    "lock": "lock.lock",
    "unlock": "lock.unlock",
    "device_state": "HassGetState status.fan status.light status.lock status.garage_door status.blinds status.media_player status.vacuum",
    "temperature_set": "HassClimateSetTemperature climate.set_temperature",
    "temperature_get": "HassClimateGetTemperature GetCurrentTemperature",
    "vacuum": "iot_cleaning vacuum.start HassVacuumStart",
    "coffee": "iot_coffee",
    "volume_up": "audio_volume_up media_player.volume_up",
    "volume_down": "audio_volume_down media_player.volume_down",
    "volume_mute": "audio_volume_mute media_player.volume_mute",
    "volume_set": "HassSetVolume change_volume",
    "play_music": "play_music PlayMusic HassMediaSearchAndPlay media_player.media_play",
    "play_radio": "play_radio",
    "play_podcast": "play_podcasts",
    "play_audiobook": "play_audiobook",
    "play_game": "play_game",
    "next_track": "next_song HassMediaNext media_player.media_next_track",
    "previous_track": "HassMediaPrevious media_player.media_previous_track",
    "pause": "HassMediaPause media_player.media_pause media_player.media_stop",
    "what_song": "what_song music_query",
    "alarm_set": "alarm_set alarm",
    "alarm_cancel": "alarm_remove",
    "alarm_query": "alarm_query",
    "timer_start": "timer HassStartTimer",
    "timer_query": "HassTimerStatus status.timer",
    "timer_cancel": "HassCancelTimer HassCancelAllTimers timer.cancel",
    "reminder_set": "reminder_update",
    "reminder_query": "reminder",
    "weather": "weather_query weather GetWeather GetWeatherForecast GetCurrentWeather",
    "time": "datetime_query time",
    "date": "date",
    "calendar_query": "calendar_query calendar",
    "calendar_add": "calendar_set calendar_update",
    "calendar_remove": "calendar_remove",
    "list_add": "lists_createoradd shopping_list_update todo_list_update",
    "list_query": "lists_query shopping_list todo_list",
    "list_remove": "lists_remove",
    "call": "make_call",
    "message": "text",
    "find_phone": "find_phone",
    "news": "news_query",
    "joke": "general_joke tell_joke",
    "recipe": "cooking_recipe recipe",
    "traffic": "transport_traffic traffic",
    "directions": "directions",
    "taxi": "transport_taxi uber",
    "order_food": "takeaway_order",
    "definition": "qa_definition definition",
    "calculate": "qa_maths calculator",
    "translate": "translate",
    "currency": "qa_currency exchange_rate",
    "stop": "general_commandstop cancel HassNevermind",
    "repeat": "general_repeat repeat",
    "yes": "yes general_affirm",
    "no": "no general_negate",
    "hello": "greeting",
    "goodbye": "goodbye",
    "thanks": "thank_you general_praise",
}
# Requests that none of these is, for the model to learn to refuse; labels that are neither are left out.
ELSEWHERE = (
    "clinc150:oos balance bill_due book_flight book_hotel car_rental card_declined credit_score direct_deposit expiration_date flight_status gas_type "
    "how_old_are_you improve_credit_score income insurance interest_rate international_visa jump_start last_maintenance lost_luggage meaning_of_life "
    "mpg new_card next_holiday nutrition_info oil_change_how order_checks pay_bill payday pin_change plug_type pto_balance report_fraud restaurant_reviews "
    "rewards_balance rollover_401k routing spelling taxes tire_change transfer travel_suggestion user_name vaccines w2 where_are_you_from who_made_you"
)
NONE = "none"
# Some sets turn on a light, or open a curtain, as they turn on anything.
LIGHT = re.compile(r"\b(lights?|lamps?|bulbs?)\b")
OPENING = re.compile(
    r"\b(open|close|shut|raise|lower)\b.*\b(doors?|windows?|curtains?|blinds?|shades?|shutters?|garage|gate|awning|covers?|skylight)\b"
)


def no_language(count: int) -> list[str]:
    """What is no request: emoji, scripts that the vocabulary lacks, other languages' letters, punctuation, nothing at all."""
    r = random.Random(3)
    ranges = (
        (0x1F300, 0x1F64F),
        (0x0E01, 0x0E2E),
        (0x13A0, 0x13F4),
        (0x4E00, 0x9FA5),
        (0x0410, 0x044F),
        (0x0391, 0x03C9),
        (0x21, 0x2F),
        (0x2190, 0x21FF),
    )
    found = [""] * (count // 20)
    for _ in range(count):
        low, high = r.choice(ranges)
        words = [
            "".join(chr(r.randint(low, high)) for _ in range(r.randint(1, 6)))
            for _ in range(r.choice((1, 1, 1, 2, 4)))
        ]
        found.append(" ".join(words))
    return found


def intent_items(data: Path, split: str, text_count: int) -> list[tuple[str, str]]:
    ours = {label: intent for intent, labels in INTENTS.items() for label in labels.split()}
    found = []
    for name in (
        "hwu64",
        "clinc150",
        "snips",
        "home_assistant_en",
        "home_llm_actions",
        "home_llm_templated",
        "luis_home_automation",
        "hwu_slurp_home_subset",
    ):
        elsewhere = (
            set(ELSEWHERE.split(":")[1].split())
            if name == "clinc150"
            else {"RateBook", "SearchCreativeWork"}
            if name == "snips"
            else set()
        )
        items = sets.read(data, name, split)
        random.Random(5).shuffle(items)
        seen: dict[str, int] = {}
        for item in items:
            label = ours.get(item["label"], NONE if item["label"] in elsewhere else None)
            if label in ("turn_on", "turn_off") and LIGHT.search(item["text"].lower()):
                label = label.replace("turn", "light")
            elif label in ("turn_on", "turn_off") and OPENING.search(item["text"].lower()):
                label = "open" if label == "turn_on" else "close"
            if label and seen.get(label, 0) < (4000 if label == NONE else 400):
                seen[label] = seen.get(label, 0) + 1
                found.append((item["text"], label))
    if split == "train":
        found += [(text, NONE) for text in no_language(400)]
    r = random.Random(7)
    for source in ("wikipedia", "books", "modern"):
        extra = sets.sentences(data, source, 3 * text_count, 11 if split == "train" else 12)
        r.shuffle(extra)
        found += [
            (text, NONE)
            for text in extra[: text_count if source != "modern" else text_count // 4]
            if source != "modern" or not text.endswith("?")
        ]
    return found


# ---- entities -------------------------------------------------------------------------------------

ENTITIES = ["O", "PER", "LOC", "ORG", "MISC"]
UNSURE = len(
    ENTITIES
)  # O or MISC: the set does not mark what is neither person, place nor organisation
KINDS = {
    "PER": "per person researcher politician writer musicalartist scientist",
    "LOC": "loc location country",
    "ORG": "org organisation university politicalparty band corporation group",
}


def entity(tag: str, complete: bool) -> int:
    if tag == "O":
        return 0 if complete else UNSURE
    name = tag[2:].lower()
    for kind, names in KINDS.items():
        if name in names.split():
            return ENTITIES.index(kind)
    return ENTITIES.index("MISC")


def entity_items(data: Path, name: str, split: str) -> Items:
    complete = name == "wikigold" or name.startswith("crossner")
    return [
        (i["tokens"], [entity(t, complete) for t in i["tags"]])
        for i in sets.read(data, name, split)
    ]


def ewt_items(data: Path) -> Items:
    """EWT's training sentences; what the list calls none, and any adjective, may be a name of another kind, as of a people."""
    tag_of = {
        "P": ENTITIES.index("PER"),
        "L": ENTITIES.index("LOC"),
        "O": ENTITIES.index("ORG"),
        "?": IGNORED,
    }
    found = []
    for item in sets.read(data, "ud_ewt", "train"):
        words, tags = item["tokens"], item["tags"]
        other = [
            UNSURE
            if word[0].isupper() and tag in ("PROPN", "ADJ") and plain(word) not in TITLES
            else 0
            for word, tag in zip(words, tags)
        ]
        found.append((words, [tag_of.get(kind, no) for kind, no in zip(kinds(words, tags), other)]))
    return found


# ---- emotions ---------------------------------------------------------------------------------------

EMOTIONS = {
    "anger": "anger annoyance disapproval",
    "disgust": "disgust",
    "fear": "fear nervousness",
    "joy": "joy amusement approval excitement gratitude love optimism relief pride admiration desire caring",
    "sadness": "sadness disappointment embarrassment grief remorse",
    "surprise": "surprise realization confusion curiosity",
    "neutral": "neutral",
}

# ---- slots ------------------------------------------------------------------------------------------

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


def slot_items(data: Path, split: str, labels: list[str]) -> Items:
    ours = {name: kind for kind, names in SLOTS.items() for name in names.split()}
    found = []
    for item in sets.read(data, "hwu64_slots", split):
        words = [w.rstrip(".,?!") or w for w in item["tokens"]]
        tags = [
            labels.index(tag[:2] + ours[tag[2:]]) if tag != "O" and tag[2:] in ours else 0
            for tag in item["tags"]
        ]
        found.append((words, tags))
    return found


# ---- the list -----------------------------------------------------------------------------------------


def classification(
    tokenizer: Tokenizer,
    data: Path,
    name: str,
    sources: Sequence[str],
    of: Callable[[dict[str, Any]], str],
    **more: Any,
) -> Task:
    split = {
        s: [(i["text"], of(i)) for n in sources for i in sets.read(data, n, s)]
        for s in ("train", "validation")
    }
    labels = sorted({label for _, label in split["train"]})
    known = {
        s: [(text, labels.index(label)) for text, label in pairs if label in labels]
        for s, pairs in split.items()
    }
    rows = {
        s: classes(tokenizer, [t for t, _ in pairs], [label for _, label in pairs])
        for s, pairs in known.items()
    }
    return Task(name, "classes", labels, rows["train"], rows["validation"], **more)


def intent(tokenizer: Tokenizer, data: Path) -> Task:
    labels = [*INTENTS, NONE]
    pairs = {
        split: intent_items(data, split, count)
        for split, count in (("train", 3000), ("validation", 200))
    }
    rows = {
        s: classes(tokenizer, [t for t, _ in p], [labels.index(lb) for _, lb in p])
        for s, p in pairs.items()
    }
    return Task("intent", "classes", labels, rows["train"], rows["validation"], steps=6000)


def renamed(items: Items, r: random.Random) -> Items:
    """The same sentences with other persons, places and organisations in them: what stands around a name tells its kind."""
    runs = [
        [
            (tag, [word for word, _ in run])
            for tag, run in itertools.groupby(zip(words, tags), lambda pair: pair[1])
        ]
        for words, tags in items
    ]
    kinds = [ENTITIES.index(name) for name in ("PER", "LOC", "ORG")]
    names = {kind: [words for item in runs for tag, words in item if tag == kind] for kind in kinds}
    found = []
    for item in runs:
        others = [
            (tag, r.choice(names[tag]) if tag in names and r.random() < 0.8 else words)
            for tag, words in item
        ]
        found.append(
            (
                [word for _, words in others for word in words],
                [tag for tag, words in others for _ in words],
            )
        )
    return found


def ner(tokenizer: Tokenizer, data: Path, with_renamed: bool = True) -> Task:
    items: Items = []
    for name, most in (
        ("wikigold", 9999),
        ("wnut17", 9999),
        ("broad_twitter_corpus", 9999),
        ("wikiann_en", 5000),
    ):
        items += entity_items(data, name, "train")[:most]
    items += ewt_items(data)
    wikigold = entity_items(data, "wikigold", "train")
    more = wikigold + (renamed(items, random.Random(1)) if with_renamed else wikigold)
    for field_name in ("ai", "literature", "music", "politics", "science"):
        more += entity_items(data, f"crossner_{field_name}", "train")
    train = tokens(tokenizer, items + more)
    validation = tokens(
        tokenizer,
        entity_items(data, "wikigold", "validation") + entity_items(data, "uner_ewt", "validation"),
    )
    labels = ["O", *("I-" + e for e in ENTITIES[1:])]
    return Task(
        "ner",
        "tokens",
        labels,
        train,
        validation,
        steps=20000,
        rate=2e-3,
        layers=4,
        dropout=0.1,
        init="pos",
        doubt=0.7,
    )


def pos(tokenizer: Tokenizer, data: Path) -> Task:
    labels = [
        "ADJ",
        "ADP",
        "ADV",
        "AUX",
        "CCONJ",
        "DET",
        "INTJ",
        "NOUN",
        "NUM",
        "PART",
        "PRON",
        "PROPN",
        "PUNCT",
        "SCONJ",
        "SYM",
        "VERB",
        "X",
    ]
    rows = {
        split: tokens(
            tokenizer,
            [
                (i["tokens"], [labels.index(t) if t in labels else IGNORED for t in i["tags"]])
                for i in sets.read(data, "ud_ewt", split)
            ],
        )
        for split in ("train", "validation")
    }
    return Task(
        "pos", "tokens", labels, rows["train"], rows["validation"], steps=16000, rate=2e-3, layers=3
    )


def slots(tokenizer: Tokenizer, data: Path) -> Task:
    labels = ["O", *(f"{edge}-{kind}" for kind in SLOTS for edge in "BI")]
    rows = {
        split: tokens(tokenizer, slot_items(data, split, labels))
        for split in ("train", "validation")
    }
    return Task("slots", "tokens", labels, rows["train"], rows["validation"], steps=4000, rate=2e-3)


def qa(tokenizer: Tokenizer, data: Path) -> Task:
    names = ("qamr", "squadshifts_new_wiki", "fairytaleqa_extractive")
    rows = {
        split: answers(tokenizer, [i for n in names for i in sets.read(data, n, split)])
        for split in ("train", "validation")
    }
    train = (
        answers(tokenizer, sets.read(data, "qamr", "train")) + rows["train"]
    )  # one-sentence contexts twice
    made = answers(tokenizer, list(clozes(data, CLOZES, 1)))
    for row in made:
        row.ids = np.asarray(row.ids, np.uint16)
    return Task(
        "qa",
        "answers",
        [],
        train,
        rows["validation"],
        made,
        steps=28000,
        rate=2e-3,
        layers=4,
        dropout=0.0,
    )


def every(tokenizer: Tokenizer, data: Path, only: Sequence[str] | None = None) -> list[Task]:
    emotion_of = {label: kind for kind, labels in EMOTIONS.items() for label in labels.split()}
    makers: dict[str, Callable[[], Task]] = {
        "intent": lambda: intent(tokenizer, data),
        "sentiment": lambda: classification(
            tokenizer,
            data,
            "sentiment",
            ("uci_sentiment_sentences", "nltk_pros_cons"),
            lambda i: str(i["label"]),
            steps=8000,
        ),
        "emotion": lambda: classification(
            tokenizer,
            data,
            "emotion",
            ("goemotions",),
            lambda i: emotion_of[i["label"]],
            steps=3000,
        ),
        "ner": lambda: ner(tokenizer, data),
        "pos": lambda: pos(tokenizer, data),
        "slots": lambda: slots(tokenizer, data),
        "qa": lambda: qa(tokenizer, data),
        "clinc150": lambda: classification(
            tokenizer,
            data,
            "clinc150",
            ("clinc150",),
            lambda i: str(i["label"]),
            steps=8000,
            rate=1.5e-3,
        ),
        "snips": lambda: classification(
            tokenizer, data, "snips", ("snips",), lambda i: str(i["label"]), steps=2500
        ),
        "hwu_slurp_home_subset": lambda: classification(
            tokenizer,
            data,
            "hwu_slurp_home_subset",
            ("hwu_slurp_home_subset",),
            lambda i: str(i["label"]),
            steps=3000,
            rate=2e-3,
        ),
    }
    return [make() for name, make in makers.items() if only is None or name in only]
