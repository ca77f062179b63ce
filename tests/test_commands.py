"""Intents with the values in a text, and several commands in one text."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import pytest
import test_tasks

from bertlite_fast import InputError, ModelConfigError, pipeline
from bertlite_fast._native import affirmed

SEVERAL = (
    ("turn off the lights and play some jazz", ["light_off", "play_music"]),
    ("set an alarm for seven and tell me the weather", ["alarm_set", "weather"]),
    ("heating off and lights on", ["turn_off", "light_on"]),
    ("open the garage then close the front door", ["open", "close"]),
    ("What time is it? And will it rain tomorrow?", ["time", "weather"]),
    ("please turn up the volume and then tell me a joke", ["volume_up", "joke"]),
    ("start a timer for ten minutes and play rock and roll", ["timer_start", "play_music"]),
    ("call mom and order a pizza", ["call", "order_food"]),
    ("wake me up at six and make some coffee", ["alarm_set", "coffee"]),
    ("play some piano music also dim the lights", ["play_music", "light_dimmer"]),
    ("turn off the lights & play some soul", ["light_off", "play_music"]),
    ("order some sushi plus tell me the time", ["order_food", "time"]),
    ("turn off the tv after that lock the doors", ["turn_off", "lock"]),
    ("lock the gate, while you're at it close the garage door", ["lock", "close"]),
    ("turn off the tv and in addition set a reminder to feed the cat",
     ["turn_off", "reminder_set"]),
    ("first turn off the tv, second close the blinds", ["turn_off", "close"]),
    ("lock the door turn on the porch light and set the heating to 19",
     ["lock", "light_on", "temperature_set"]),
    ("turn off the lamp close the curtains", ["light_off", "close"]),
    ("add butter to my list remind me to pay the rent", ["list_add", "reminder_set"]),
    ("close the garage what time is it", ["close", "time"]),
    ("unlock the door turn the hall light on", ["unlock", "light_on"]),
    ("what's the weather set an alarm for eight", ["weather", "alarm_set"]),
    ("lights off, doors locked, music off", ["light_off", "lock", "pause"]),
    ("play some reggae, volume at 40", ["play_music", "volume_set"]),
)  # fmt: skip
ONE = (
    "play rock and roll",
    "add salt and pepper to the list",
    "call mom and dad",
    "set the heating from monday to friday",
    "play music by simon and garfunkel",
    "turn on the lamp in the kitchen and the bedroom",
    "turn off the kitchen and bedroom lights",
    "set a timer for one hour and thirty minutes",
    "remind me to buy milk and call mom",
    "tell mom that i am late and that dinner is ready",
    "play shut up and dance",
    "order fish and chips",
    "add bread, butter and jam to my shopping list",
    "hey jarvis, turn on the light",
    "what is two and two",
    "turn off the lights, please",
    "turn on the light in the kitchen please, thanks a lot",
    "turn on turn on the light",
    "add brown bread, green tea and white rice to my list",
    "set an alarm for seven, in the morning",
    "set a reminder tomorrow call the doctor",
    "play all day turn up the radio",
    "add dish soap plus sponges to my shopping list",
    "and",
    "",
)

# Of what is denied nothing is done; what looks like it is a command.
DENIED = (
    "play no music", "no tango in the sauna please", "set no alarm for saturday",
    "make no espresso", "open no shutters",
    "turn on neither heater", "play nothing", "call nobody", "close none of the gates",
    "but no taxi tonight", "no more riddles for now", "no playing jazz now",
    "don't wake me at eight", "dont start the dishwasher", "you mustn't open the garage",
    "i don't want you to call Greta", "i don't feel like having you call Greta",
    "i don't feel like having you play jazz",
    "don't unlock the gate, i'm in the cellar", "play some polka... no wait, don't",
    "turn the boiler on, actually no, leave it", "call Greta - no, sorry, forget it",
    "it's too late to play jazz so please don't", "open the garage, never mind",
)  # fmt: skip
# To have less of something is asked for too: it is refused, or what is meant is done.
LESS = (
    ("no music in the sauna please", ("volume_mute", "pause")),
    ("please no podcast now", ("pause",)),
    ("no alarm on sunday", ("alarm_cancel",)),
)
ALLOWED = (
    ("no, turn on the light in the sauna", "light_on"),
    ("no problem, play some polka", "play_music"),
    ("no worries, set an alarm for eight", "alarm_set"),
    ("no rush, make some espresso", "coffee"),
    ("no, lights off", "light_off"),
    ("no lights off", "light_off"),
    ("set an alarm for no later than eight", "alarm_set"),
    ("set the heat to no more than 21 degrees", "temperature_set"),
    ("play the song no scrubs", "play_music"),
    ("play no doubt", "play_music"),
    ("add no salt pretzels to the shopping list", "list_add"),
    ("don't forget to set an alarm for eight", "alarm_set"),
    ("is there no news about Peru", "news"),
    ("don't wait, make some espresso", "coffee"),
    ("hey, don't be shy, make some espresso", "coffee"),
    ("no, don't do that", "no"),
)

# One thing is asked for, another is not to be done, or to stay: the labels of the parts.
BESIDE = (
    ("turn on the lamp, don't open the door", ["light_on", None]),
    ("open the gate, don't turn on the lamp", ["open", None]),
    ("don't turn on the lamp, open the door instead", [None, "open"]),
    ("don't open the door, turn on the lamp", [None, "light_on"]),
    ("turn off the tv but leave the lights on", ["turn_off", None]),
    ("dim the lights but keep the tv on", ["light_dimmer", None]),
    ("close the garage, keep the front door open", ["close", None]),
    ("lock the front door but don't close the blinds", ["lock", None]),
    ("set an alarm for seven, don't set a timer", ["alarm_set", None]),
    ("order a pizza, no need to call mom", ["order_food", None]),
    ("Close the curtains. Don't lock the door.", ["close", None]),
    ("what's the weather tomorrow? don't set an alarm", ["weather", None]),
    ("i don't want you to play jazz, turn off the lights", [None, "light_off"]),
    ("turn on the lamp and play music, actually don't play music", ["light_on", None, None]),
    ("turn on the lamp and play music, don't turn on the lamp", [None, "play_music", None]),
)
BESIDE_SEVERAL = (
    ("turn on the porch light and lock the door, don't open the garage",
     ["light_on", "lock", None]),
    ("open the blinds, don't turn on the lamp and make some coffee", ["open", None, "coffee"]),
)  # fmt: skip
# Nothing is left of what is taken back, nor of what only says why something is not to be done.
TAKEN_BACK = (
    "turn on the lamp - don't", "set an alarm, don't set it", "play jazz, please don't play it",
    "open the blinds, hmm, don't open them", "open the door, don't do it",
    "start the vacuum, no don't do that", "make coffee... don't make any coffee",
    "order a pizza. Never mind, don't order it", "close the garage, don't close the garage",
    "i turned on the lamp, don't worry", "the lamp is on, don't open the door",
    "it's cold in here, don't open the window", "my brother locked the door, don't ask me why",
    "don't play music and don't turn on the lamp",
    "start the dishwashing-machine, don't start the dishwashing-machine",
)  # fmt: skip


@pytest.fixture(scope="module")
def intents() -> Any:
    return pipeline("intent-classification")


@pytest.mark.parametrize(
    "text",
    [
        "1. turn on the light\n2. play jazz\n3. lock the door",
        "turn on the light\n 2) play jazz\n 3) lock the door",
        "- turn on the light\n- play jazz\n- lock the door",
    ],
)
def test_commands_of_a_list(intents: Any, text: str) -> None:
    found = intents(text, several=True)
    assert [command["label"] for command in found] == ["light_on", "play_music", "lock"]
    assert all(text[c["start"] : c["end"]] == c["text"] for c in found)
    assert [c["text"] for c in found][1:] == ["play jazz", "lock the door"]


@pytest.mark.parametrize(("text", "labels"), SEVERAL)
def test_several_commands(intents: Any, text: str, labels: list[str]) -> None:
    found = intents(text, several=True)
    assert [command["label"] for command in found] == labels
    for command in found:
        assert text[command["start"] : command["end"]] == command["text"]
        alone = intents(command["text"])
        assert (command["label"], command["score"]) == (alone["label"], alone["score"])
        assert command["margin"] == pytest.approx(alone["margin"], abs=1e-6)
    assert all(a["end"] < b["start"] for a, b in zip(found, found[1:]))


@pytest.mark.parametrize("text", ONE)
def test_one_command_stays_whole(intents: Any, text: str) -> None:
    (found,) = intents(text, several=True)
    alone = intents(text)
    assert (found["label"], found["score"]) == (alone["label"], alone["score"])
    assert found["text"] == text and (found["start"], found["end"]) == (0, len(text))


@pytest.mark.parametrize("text", DENIED)
def test_what_is_denied_is_not_done(intents: Any, text: str) -> None:
    assert intents(text)["label"] is None
    assert intents([text, "lights on"])[0] == intents(text)
    (found,) = intents(text, several=True)
    assert found["label"] is None and found["text"] == text
    assert intents(text, slots=True)["label"] is None


@pytest.mark.parametrize(("text", "labels"), BESIDE)
def test_what_is_asked_for_beside_a_denial_is_done(
    intents: Any, text: str, labels: list[str | None]
) -> None:
    (meant,) = [label for label in labels if label]
    assert intents(text)["label"] == meant
    assert intents([text, "lights on"])[0] == intents(text)
    assert intents(text, slots=True)["label"] == meant


@pytest.mark.parametrize(("text", "labels"), BESIDE + BESIDE_SEVERAL)
def test_what_is_denied_is_a_part_without_a_label(
    intents: Any, text: str, labels: list[str | None]
) -> None:
    found = intents(text, several=True)
    assert [part["label"] for part in found] == labels
    assert all(text[part["start"] : part["end"]] == part["text"] for part in found)
    assert intents([text, "lights on"], several=True)[0] == found


@pytest.mark.parametrize("text", TAKEN_BACK)
def test_what_is_taken_back_is_not_done(intents: Any, text: str) -> None:
    assert intents(text)["label"] is None
    (found,) = intents(text, several=True)
    assert found["label"] is None and found["text"] == text


def test_what_a_thing_is_to_be_without_is_no_part(intents: Any) -> None:
    (found,) = intents("add milk but no sugar to my shopping list", several=True)
    assert found["label"] == "list_add"


@pytest.mark.parametrize(
    ("text", "meant"),
    [("no music", ("volume_mute", "pause")), ("no lights please", ("light_off",))],
)
def test_what_is_denied_may_be_a_command_of_its_own(
    intents: Any, text: str, meant: tuple[str, ...]
) -> None:
    assert intents(text)["label"] in (None, *meant)


@pytest.mark.parametrize(("text", "labels"), LESS)
def test_what_there_is_to_be_less_of_is_not_begun(
    intents: Any, text: str, labels: tuple[str, ...]
) -> None:
    assert intents(text)["label"] in (None, *labels)


@pytest.mark.parametrize(("text", "label"), ALLOWED)
def test_what_only_looks_denied_is_done(intents: Any, text: str, label: str) -> None:
    assert intents(text)["label"] == label
    assert intents([text, "lights on"])[0] == intents(text)
    assert intents(text, slots=True)["label"] == label


def test_models_without_refused_labels_read_denials_as_they_are(tmp_path: Path) -> None:
    path = test_tasks.make(tmp_path / "m", "sequence-classification", ["a", "b"])
    own: Any = pipeline("intent-classification", path)
    assert not own.heeds_denials
    assert own("don't turn on the light", threshold=0.0)["label"] is not None


def test_a_part_that_is_refused_is_not_split_off(intents: Any) -> None:
    text = "turn off the lights and play some jazz"
    assert len(intents(text, several=True)) == 2
    (found,) = intents(text, several=True, threshold=0.999)
    assert found["label"] is None and found["text"] == text


def test_values_of_a_command(intents: Any) -> None:
    text = "Turn on the Lamp in the bedroom at nine"
    answer = intents(text, slots=True)
    assert list(answer) == ["label", "score", "margin", "slots"]
    alone: Any = pipeline("token-classification", "bertlite/slots")
    assert answer["slots"] == alone(text)
    values = [(slot["entity"], slot["word"]) for slot in answer["slots"]]
    assert ("device", "Lamp") in values and ("room", "bedroom") in values
    text = "Okay… turn on the lamp in the kitchen and play some jazz"
    first, second = intents(text, slots=True, several=True, top_k=2)
    words = [slot["word"] for slot in (*first["slots"], *second["slots"])]
    assert words == ["lamp", "kitchen", "jazz"]
    for slot in (*first["slots"], *second["slots"]):
        assert text[slot["start"] : slot["end"]] == slot["word"]
    assert len(second["candidates"]) == 2 and second["candidates"][0]["label"] == "play_music"


def test_settings(intents: Any, tmp_path: Path) -> None:
    ours: Any = pipeline("intent-classification", slots=True, several=True)
    text = "dim the lamp and play some jazz"
    assert ours(text) == intents(text, slots=True, several=True)
    assert pickle.loads(pickle.dumps(ours))(text) == ours(text)
    assert ours([text, "stop"]) == [ours(text), ours("stop")]
    slots = pipeline("token-classification", "bertlite/slots")
    assert intents(text, slots=slots) == intents(text, slots="bertlite/slots")
    own = test_tasks.make(tmp_path / "s", "token-classification", test_tasks.TAGS)
    assert isinstance(intents("light", slots=own)["slots"], list)
    odd: tuple[Any, ...] = (3, 1.5, [], intents)
    for wrong in odd:
        with pytest.raises(InputError, match="slots is"):
            intents(text, slots=wrong)
    with pytest.raises(ModelConfigError, match="token-classification"):
        intents(text, slots="bertlite/qa")
    with pytest.raises(InputError, match="no text_pair"):
        intents({"text": "a", "text_pair": "b"}, slots=True)
    with pytest.warns(UserWarning, match="the rest was not read"):
        assert len(intents("light " * 600, several=True)) == 1


@pytest.mark.parametrize(
    "part",
    [
        "no, ", "and ", "so ", "then ", "and also ", "well, ", "just, just ", "please, ", "oh; ",
        "no milk so ", "play no, ", "keep it on, ", "never mind, ", "add it, don't add it, ",
    ],
)  # fmt: skip
def test_clauses_are_read_in_linear_time(part: str) -> None:
    text = "don't go, " + part * (30_000 // len(part.split()))
    begun = time.process_time()
    affirmed(text)
    assert time.process_time() - begun < 5


@pytest.mark.filterwarnings("ignore:.*the rest was not read")
def test_any_number_of_commands(intents: Any) -> None:
    """In linear time, whatever the text is made of."""
    text = "turn on the light and play some jazz. " * 300
    found = intents(text, several=True)
    assert len(found) > 400 and found[-1]["end"] >= len(text) - 2
    odd_ones = ("and " * 3000, "." * 5000, "play and " * 3000, "a" * 50_000, "\n,and play" * 900,
                "and no x " * 900, "play it, don't play it, " * 400, "don't " * 1500,
                "play, don't " + "set it " * 1200)  # fmt: skip
    for odd in odd_ones:
        found = intents(odd[:9000], several=True)
        assert all(odd[c["start"] : c["end"]] == c["text"] for c in found)
