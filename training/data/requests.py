"""What people really asked for, as commands and questions that stand in other sentences.

The training splits of the sets give what grammar.txt puts its sentences around, beside the
commands of commands.txt: their verbs and names are not those that somebody thought of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .intents import NONE, labeled_requests
from .sets import Data

# What may stand before a command, and is no part of it.
LEAD = re.compile(
    r"^(?:(?:please|kindly|can you|could you|would you|will you|i (?:want|need) you to|"
    r"i'd like you to|i would like you to|i (?:want|need) to|i'd like to|i would like to|"
    r"olly|ai|hey \w+|ok \w+|okay \w+|hi \w+|hey|hi|ok|okay|go ahead and|be a dear and)[, ]+)+"
)
TAIL = re.compile(r"[,]? (?:please|thanks|thank you|for me|now)$")
VERBS = frozenset(
    """activate add adjust alert announce arm ask begin book boost bring brew brighten bump buy
    calculate call cancel change check clean clear close compute connect contact convert cook cool
    count crank create cut cross deactivate decrease define delete describe determine dial dim
    disable disarm display divide draw email empty enable end engage erase explain find fix flick
    flip get give go heat hit illuminate include increase initiate inform keep kill launch let
    light list listen load locate lock look lower make mark message move multiply mute navigate
    note open order pause pay phone pick place play post power prepare provide pull pump put queue
    raise read recite recommend record reduce remind remove replay report request reserve reset
    restart resume ring roll run save say schedule search select send set share show shuffle shut
    silence skip snooze speak spell start stop submit subtract suggest switch take tell text time
    track transfer translate tune turn tweet unlock unmute update use vacuum wake warm
    write""".split()
)
QUESTIONS = re.compile(
    r"^(what|what's|whats|how|how's|when|when's|where|where's|which|who|who's|is|are|will|do i|"
    r"does|am i|should i)\b"
)
DENIES = re.compile(r"\b(not|no|never|n't|nothing|nobody|without|stop)\b|n't\b")
MOST_WORDS = 12
# Requests of these sets that the set of intents has no label for, by the set's own label.
REFUSED = {
    "hwu64": """qa_factoid qa_stock social_post social_query recommendation_locations
        recommendation_events recommendation_movies transport_ticket email_query
        email_querycontact email_addcontact email_sendemail takeaway_query""".split(),
    "sgd_intent_turns": """FindRestaurants ReserveRestaurant SearchHotel ReserveHotel SearchHouse
        BookHouse BuyEventTickets FindEvents GetEventDates FindAttractions FindMovies FindProvider
        GetTimesForMovie FindBus BuyBusTicket ReserveCar GetCarsAvailable SearchOnewayFlight
        SearchRoundtripFlights ReserveOnewayFlight ReserveRoundtripFlights CheckBalance
        TransferMoney FindApartment ScheduleVisit""".split(),
}
# Turns of dialogs that say by themselves what they are after.
TURNS = {
    "GetRide": ("taxi", re.compile(r"\b(cab|taxi|ride|uber|lyft)\b")),
    "GetWeather": (
        "weather",
        re.compile(r"\b(weather|rain|temperature|humid|wind|hot|cold|sunny|forecast|warm)"),
    ),
    "AddEvent": ("calendar_add", re.compile(r"\b(calendar|schedule|event)\b")),
    "GetEvents": ("calendar_query", re.compile(r"\b(calendar|schedule|plans|events?)\b")),
    "PlaySong": ("play_music", re.compile(r"\bplay\b")),
}
DIALOGS = "sgd_intent_turns"
# What answers somebody, and so says little by itself.
ANSWERS = re.compile(
    r"^(yes|yeah|yep|yup|ok|okay|sure|no|nope|that|it|sounds|great|thanks|thank|perfect|good|"
    r"alright|actually|cool|awesome|fine|correct|right|the|they|there|go ahead|both|any)\b"
)
MOST_OF_A_LABEL = 300
LONGEST = 25  # words


@dataclass
class Requests:
    commands: dict[str, list[str]] = field(default_factory=dict)  # by intent
    questions: dict[str, list[str]] = field(default_factory=dict)
    whole: dict[str, list[str]] = field(default_factory=dict)  # as they were said


def command_of(text: str) -> str:
    """The command that a request is, without what makes it polite; "" if it is none."""
    bare = LEAD.sub("", text.lower().strip(" .!?"))
    bare = TAIL.sub("", bare)
    words = bare.split()
    is_one = 2 <= len(words) <= MOST_WORDS and words[0] in VERBS
    return bare if is_one and not re.search(r"[.!?;]", bare) and not DENIES.search(bare) else ""


def question_of(text: str) -> str:
    bare = text.lower().strip(" .!?")
    is_one = 2 < len(bare.split()) <= MOST_WORDS and QUESTIONS.match(bare)
    return bare if is_one and not re.search(r"[.!?;,]", bare) and not DENIES.search(bare) else ""


def _more(data: Data) -> Iterator[tuple[str, str]]:
    """Requests that are not among those that the intents are learned from."""
    for name, labels in REFUSED.items():
        seen: dict[str, int] = {}
        for item in data.read(name, "train"):
            label, text = item["label"], item["text"]
            wanted, words = TURNS.get(label, ("", None)) if name == DIALOGS else ("", None)
            seen[label] = seen.get(label, 0) + 1
            is_answer = name == DIALOGS and ANSWERS.match(text.lower())
            if is_answer or len(text.split()) > LONGEST or seen[label] > MOST_OF_A_LABEL:
                continue
            if words is not None and words.search(text.lower()):
                yield text, wanted
            elif label in labels:
                yield text, NONE


def requests(data: Data) -> Requests:
    found = Requests()
    for text, label in [*labeled_requests(data, "train"), *_more(data)]:
        for kind, one in (("commands", command_of(text)), ("questions", question_of(text))):
            if one:
                getattr(found, kind).setdefault(label, []).append(one)
    for text, label in _more(data):
        found.whole.setdefault(label, []).append(text)
    return found
