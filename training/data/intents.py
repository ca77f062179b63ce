"""Intents: what devices of the home and assistants are asked for, gathered from several sets."""

from __future__ import annotations

import random
import re

from ..recipe import TaskData
from .sets import Data

INTENTS = {
    # our label: labels of the sets
    "light_on": "iot_hue_lighton light.turn_on",
    "light_off": "iot_hue_lightoff light.turn_off",
    "light_brighter": "iot_hue_lightup",
    "light_dimmer": "iot_hue_lightdim",
    "light_change": "iot_hue_lightchange HassLightSet",
    "turn_on": """iot_wemo_on HassTurnOn switch.turn_on fan.turn_on media_player.turn_on TurnOn
        TurnAllOn""",
    "turn_off": """iot_wemo_off HassTurnOff switch.turn_off fan.turn_off media_player.turn_off
        TurnOff TurnAllOff""",
    "open": "blinds.open_cover garage_door.open_cover",
    "close": "blinds.close_cover garage_door.close_cover",
    "lock": "lock.lock",
    "unlock": "lock.unlock",
    "device_state": """HassGetState status.fan status.light status.lock status.garage_door
        status.blinds status.media_player status.vacuum""",
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
NONE = "none"
# Requests that none of these is, to be refused; labels that are neither are left out.
REFUSED = {
    "clinc150": """oos balance bill_due book_flight book_hotel car_rental card_declined credit_score
    direct_deposit expiration_date flight_status gas_type how_old_are_you improve_credit_score
    income insurance interest_rate international_visa jump_start last_maintenance lost_luggage
    meaning_of_life mpg new_card next_holiday nutrition_info oil_change_how order_checks
    pay_bill payday pin_change plug_type pto_balance report_fraud restaurant_reviews
    rewards_balance rollover_401k routing spelling taxes tire_change transfer
    travel_suggestion user_name vaccines w2 where_are_you_from who_made_you""".split(),
    "snips": ["RateBook", "SearchCreativeWork"],
}
# To play something is to be done; snips calls it a search where a film or a book is meant.
PLAYING = re.compile(r"\b(?:play|listen|hear|watch)\b")
SETS = (
    "hwu64",
    "clinc150",
    "snips",
    "home_assistant_en",
    "home_llm_actions",
    "home_llm_templated",
    "luis_home_automation",
    "hwu_slurp_home_subset",
)
TEXTS = ("wikipedia", "books", "modern")
LABELS = [*INTENTS, NONE]
# Some sets turn on a light, or open a curtain, as they turn on anything.
LIGHT = re.compile(r"\b(lights?|lamps?|bulbs?)\b")
OPENING = re.compile(
    r"\b(open|close|shut|raise|lower)\b.*\b(doors?|windows?|curtains?|blinds?|shades?|shutters?|"
    r"garage|gate|awning|covers?|skylight)\b"
)
# Emoji, scripts that the vocabulary lacks, letters of other languages, punctuation, arrows.
NO_LANGUAGE = (
    (0x1F300, 0x1F64F),
    (0x0E01, 0x0E2E),
    (0x13A0, 0x13F4),
    (0x4E00, 0x9FA5),
    (0x0410, 0x044F),
    (0x0391, 0x03C9),
    (0x21, 0x2F),
    (0x2190, 0x21FF),
)

LabeledText = tuple[str, str]


def no_language(numbers: TaskData) -> list[str]:
    """What cannot be a request: texts in no language, and nothing at all."""
    r = random.Random(numbers.no_language_seed)
    count = numbers.no_language
    found = [""] * (count // numbers.no_language_empty)
    for _ in range(count):
        low, high = r.choice(NO_LANGUAGE)
        words = [
            "".join(chr(r.randint(low, high)) for _ in range(r.randint(1, 6)))
            for _ in range(r.choice((1, 1, 1, 2, 4)))
        ]
        found.append(" ".join(words))
    return found


def _label(name: str, theirs: str, text: str, ours: dict[str, str]) -> str | None:
    """Our label of an item, or None if it is left out."""
    label = ours.get(theirs, NONE if theirs in REFUSED.get(name, ()) else None)
    if theirs == "SearchCreativeWork" and PLAYING.search(text.lower()):
        return None
    if label in ("turn_on", "turn_off"):
        if LIGHT.search(text.lower()):
            return label.replace("turn", "light")
        if OPENING.search(text.lower()):
            return "open" if label == "turn_on" else "close"
    return label


def labeled_requests(data: Data, split: str) -> list[LabeledText]:
    """Items of the sets, no more of a label than the recipe says."""
    numbers = data.recipe.data
    ours = {label: intent for intent, labels in INTENTS.items() for label in labels.split()}
    found = []
    for name in SETS:
        items = data.read(name, split)
        random.Random(numbers.intent_seed).shuffle(items)
        seen: dict[str, int] = {}
        for item in items:
            label = _label(name, item["label"], item["text"], ours)
            most = numbers.intent_most_none if label == NONE else numbers.intent_most
            if label and seen.get(label, 0) < most:
                seen[label] = seen.get(label, 0) + 1
                found.append((item["text"], label))
    return found


def intent_items(data: Data, split: str) -> list[LabeledText]:
    """Requests with their intents, and texts that are not requests."""
    numbers = data.recipe.data
    found = labeled_requests(data, split)
    if split == "train":
        found += [(text, NONE) for text in no_language(numbers)]
    r = random.Random(numbers.intent_order_seed)
    count, seed = numbers.intent_texts[split], numbers.intent_text_seeds[split]
    for source in TEXTS:
        extra = data.sentences(source, 3 * count, seed)
        r.shuffle(extra)
        if source == "modern":  # its questions may well be requests
            extra = extra[: count // numbers.intent_modern]
            extra = [text for text in extra if not text.endswith("?")]
        found += [(text, NONE) for text in extra[:count]]
    return found
