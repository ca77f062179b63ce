"""Misspelled words are read as what is likely meant, by the models that have a list of words."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from bertlite_fast import Decider, SentenceTransformer, decide, embedded, pipeline
from bertlite_fast.decisions import SCALE, words_in
from bertlite_fast.errors import BertliteError, InputError
from training.data.spelling import filter_of, hashed, is_near

SAME = (  # as it should be, and as it is typed
    ("turn on the kitchen light", "trun on the kitchen light"),
    ("turn on the kitchen light", "turn on the ktchen light"),
    ("turn on the kitchen lamp", "turn on the kitchen lampp"),
    ("turn on the kitchen light", "tirn on the kitchen light"),
    ("turn on the kitchen light", "turnon the kitchen light"),
    ("turn on the kitchen light", "trun on hte kitchen light"),
    ("turn on the kitchen light", "trn on the ktchn light"),
    ("please wake me tomorrow at 6", "pls wake me tmrw at 6"),
)


@pytest.fixture(scope="module")
def intents() -> Any:
    return pipeline("intent-classification")


@pytest.mark.parametrize(("meant", "typed"), SAME)
def test_a_slip_changes_nothing(intents: Any, meant: str, typed: str) -> None:
    assert intents(typed) == intents(meant)
    assert intents([typed, meant]) == [intents(meant)] * 2
    found, wanted = (intents(text, slots=True) for text in (typed, meant))
    assert (found["label"], found["score"]) == (wanted["label"], wanted["score"])


@pytest.mark.parametrize("word", ["lol", "LOL", "haha", "omg", "um", "hmm", "tbh", "rofl"])
def test_words_that_say_nothing_are_not_read(intents: Any, word: str) -> None:
    assert intents(word)["label"] is None
    text = f"{word} turn on the lamp in the hall"
    assert intents(text) == intents("turn on the lamp in the hall")
    found = {s["entity"]: text[s["start"] : s["end"]] for s in intents(text, slots=True)["slots"]}
    assert found["room"] == "hall"


def test_abbreviations_of_conversations(intents: Any) -> None:
    """They stand in the texts that the known words come from, too."""
    for word, label in (("gm", "hello"), ("gn", "goodbye"), ("ty", "thanks")):
        assert intents(word)["label"] == label


def test_abbreviations_are_read_where_they_are_known_words(intents: Any) -> None:
    opinions: Any = pipeline("sentiment-analysis")
    for typed, meant in (("gimme that soup", "give me that soup"), ("lemme eat", "let me eat")):
        assert opinions(typed) == opinions(meant) and intents(typed) == intents(meant)
    assert intents("play jazz asap") == intents("play jazz as soon as possible")


def test_symbols_are_read_as_words() -> None:
    """The word beside one, too, which would be unknown with it; those that are not listed go."""
    opinions: Any = pipeline("sentiment-analysis")
    for text, meant in (
        ("👍", "good"),
        ("👎🏽", "bad"),
        ("❤️ it", "love it"),
        ("the soup was cold😡!", "the soup was cold angry !"),
        ("🔥🔥", "great great"),
        ("pizza🍕 and\tcola", "pizza and cola"),
        ("é漢\ufffd☃", "é漢\ufffd"),
        ("\ufe0f", ""),
    ):
        assert opinions(text) == opinions(meant), text
        assert opinions([text, meant]) == opinions(meant) * 2
    assert opinions("👎")[0]["label"] == "NEGATIVE" and opinions("👍")[0]["label"] == "POSITIVE"
    assert opinions("🔥" * 2000)[0]["score"] == opinions("great " * 510)[0]["score"]


def test_symbols_are_no_commands(intents: Any) -> None:
    for text in ("👍", "🙏🙏", "👏", "😂"):
        assert intents(text)["label"] is None
    assert intents("turn on the lamp💡👍") == intents("turn on the lamp")


def test_symbols_move_no_slot(intents: Any) -> None:
    for text in ("💡 dim the lamp in the hall", "🔥🔥 dim the lamp in the hall and play jazz 🎉"):
        for several in (False, True):
            found = intents(text, slots=True, several=several)
            slots = [s for one in (found if several else [found]) for s in one["slots"]]
            assert ("room", "hall") in [(s["entity"], text[s["start"] : s["end"]]) for s in slots]


def test_words_that_are_known_stay(intents: Any) -> None:
    """Names, rare words, numbers and what is nothing at all."""
    for text in (
        "set the heater to 7pm",
        "delete the playlist",
        "qzxv wqjk",
        "é ü 漢字",
        "x" * 999,
    ):
        before, after = intents(text), intents(text.replace("z", "z"))
        assert before == after
    assert intents("delete the playlist") != intents("deleted the play list")


def test_slots_are_where_they_were_typed(intents: Any) -> None:
    text = "trun off the lihgt in the livng room"
    found = {s["entity"]: text[s["start"] : s["end"]] for s in intents(text, slots=True)["slots"]}
    assert found["room"] == "livng room"
    text = "trun off the lihgt in the ktchen"
    found = {s["entity"]: text[s["start"] : s["end"]] for s in intents(text, slots=True)["slots"]}
    assert found["room"] == "ktchen"


def test_any_text_is_read_and_nothing_is_called_truncated(
    intents: Any, recwarn: pytest.WarningsRecorder
) -> None:
    r = random.Random(1)
    for size in (1, 2, 3, 5, 8, 20, 60):
        for _ in range(30):
            text = " ".join(
                "".join(r.choice("aeidklmnrstu") for _ in range(r.randint(1, 9)))
                for _ in range(size)
            )
            assert intents(text) == intents([text])[0]
            intents(text, slots=True, several=True)
    intents("idk", slots=True)
    assert not [str(w.message) for w in recwarn if "was not read" in str(w.message)]


def test_what_is_meant_may_be_too_long(intents: Any) -> None:
    """Then the last words are not read, which is said, as of a text that was typed so long."""
    calls: tuple[dict[str, Any], ...] = ({}, {"slots": True}, {"several": True})
    for more in calls:
        with pytest.warns(UserWarning, match="1002 tokens, but the model takes 512"):
            intents("idk " * 250, **more)
        for many, tokens in ((300, 1202), (600, 1202)):  # the latter is not corrected to its end
            with pytest.warns(UserWarning, match=f"{tokens} tokens"):
                intents("idk " * many, **more)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            intents("idk " * 127, **more)


def test_the_same_answer_from_a_list_on_threads(intents: Any) -> None:
    texts = [typed for _, typed in SAME] * 20
    assert intents(texts, threads=2) == [intents(text) for text in texts]


# ---- the file --------------------------------------------------------------------------------


def tensors_of(file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    with safe_open(file, "np") as opened:
        return {n: opened.get_tensor(n) for n in list(opened.keys())}, opened.metadata()


@pytest.fixture(scope="module")
def stored() -> tuple[dict[str, Any], dict[str, str]]:
    return tensors_of(Path(embedded.path_of("intent")))


def test_the_filter_knows_its_words(stored: tuple[dict[str, Any], dict[str, str]]) -> None:
    words = [f"{a}{b}" for a in ("under", "over", "out") for b in ("take", "come", "put", "look")]
    bits = filter_of(words, 8)
    others = [f"{word}{i}" for i in range(200) for word in words]
    assert all(has(bits, word) for word in words)
    assert sum(has(bits, word) for word in others) < len(others) / 10
    known = stored[0]["spelling.known"].view(np.uint8).ravel()
    assert all(has(known, word) for word in ("heater", "playlist", "haircut"))
    assert not any(has(known, word) for word in ("kichen", "lihgts", "bedrom"))


def has(bits: Any, word: str) -> bool:
    value = hashed(word)
    first, step = value >> 32, value & 0xFFFFFFFF | 1
    places = ((first + i * step & 0xFFFFFFFF) % (8 * len(bits)) for i in range(5))
    return all(bits[at // 8] >> at % 8 & 1 for at in places)


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("turn", "trun", True),
        ("turn", "tur", True),
        ("turn", "turnn", True),
        ("turn", "tern", True),
        ("turn", "turn", True),
        ("turn", "urnt", False),
        ("turn", "tunnr", False),
        ("turn", "t", False),
        ("on", "no", True),
    ],
)
def test_near_words(a: str, b: str, near: bool) -> None:
    assert is_near(a, b) is near and is_near(b, a) is near


def bytes_of(data: bytes) -> Any:
    return np.frombuffer(data, np.int8).reshape(-1, 1)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("spelling.words", lambda w: w[:-1]),
        ("spelling.words", lambda w: np.concatenate([w, np.array([[31]], np.int8)])),
        ("spelling.words", lambda w: np.full_like(w, 65)),
        ("spelling.words", lambda w: np.zeros_like(w)),
        ("spelling.words", lambda w: bytes_of(b"\3abc\x15" + b"a" * 21)),
        ("spelling.words", lambda w: bytes_of(b"\x15" + b"a" * 21 + b"\0")),
        ("spelling.ids", lambda w: None),
        ("spelling.known", lambda w: None),
        ("spelling.known", lambda w: w.reshape(1, -1)),
    ],
)
def test_a_damaged_list_is_refused(
    tmp_path: Path, stored: tuple[dict[str, Any], dict[str, str]], name: str, damage: Any
) -> None:
    tensors, metadata = stored
    changed = damage(tensors[name])
    left = {n: t for n, t in tensors.items() if n != name}
    if changed is not None:
        left[name] = np.ascontiguousarray(changed)
    file = tmp_path / "intent.bertlite"
    save_file(left, file, metadata)
    with pytest.raises(BertliteError, match="write it again"):
        pipeline("intent-classification", str(file))


def test_what_is_meant_may_have_many_tokens(
    tmp_path: Path, stored: tuple[dict[str, Any], dict[str, str]], intents: Any
) -> None:
    """Up to a limit; behind it words stay as they are."""
    tensors, metadata = stored
    file = tmp_path / "intent.bertlite"
    words = bytes_of(b"\4play\x13" + b" ".join([b"a"] * 10))
    none = {n: tensors[n][:1] for n in ("spelling.ids", "spelling.known")}
    save_file(tensors | none | {"spelling.words": words}, file, metadata)
    pipe: Any = pipeline("intent-classification", str(file))
    assert pipe("play now") == intents("a " * 10 + "now")
    assert pipe("play " * 20) == intents("a " * 30 + "play " * 17)


def test_a_list_may_be_short(
    tmp_path: Path, stored: tuple[dict[str, Any], dict[str, str]], intents: Any
) -> None:
    """Few ids and a filter of one byte: everything is looked up, and nothing is read out of it."""
    tensors, metadata = stored
    file = tmp_path / "intent.bertlite"
    one = {n: tensors[n][:1] for n in ("spelling.ids", "spelling.known")}
    save_file(tensors | one, file, metadata)
    pipe: Any = pipeline("intent-classification", str(file))
    for text in ("pls trun on the light", "u " * 300, "a" * 5000, ""):
        assert isinstance(pipe(text)["score"], float)


def test_slips_that_are_common_in_texts_are_not_taken_for_words() -> None:
    """ "liek" stands in conversations, of which the known words come."""
    opinions: Any = pipeline("sentiment-analysis")
    assert opinions("i dont liek it") == opinions("i dont like it")
    assert opinions("the qualty is excelent") == opinions("the quality is excellent")


@pytest.mark.parametrize("repeated", [100, 150, 250])
def test_texts_that_are_cut_are_corrected(intents: Any, repeated: int) -> None:
    """Up to the end of what is read."""
    opinions: Any = pipeline("sentiment-analysis")
    typed, meant = "the ketle is awsome and grreat ", "the kettle is awesome and great "
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for pipe in (opinions, intents):
            assert pipe(typed * repeated) == pipe(meant * repeated)
        several = {"slots": True, "several": True}
        found, wanted = (intents(text * repeated, **several)[0] for text in (typed, meant))
    assert (found["label"], found["score"]) == (wanted["label"], wanted["score"])


# ---- which word is meant ---------------------------------------------------------------------

Entry = tuple[str, str, bool]  # a word, what is meant instead, whether it joins others


def entries_of(words: bytes) -> list[Entry]:
    found, at = [], 0
    while at < len(words):
        size, joins = words[at] & 31, words[at] & 128 > 0
        word, rest = words[at + 1 : at + 1 + size], at + 1 + size
        meant = words[rest + 1 : rest + 1 + words[rest]]
        found.append((word.decode(), meant.decode(), joins))
        at = rest + 1 + len(meant)
    return found


def is_short_slip(word: str, other: str, joins: bool) -> bool:
    """Of three letters: two exchanged, or one missing, of a frequent word."""
    if word == other:
        return joins and len({*word}) < len(word) and word[0] != word[2]  # "all"
    if not joins or len(other) < 3 or not is_near(word, other):
        return False
    return len(other) == 4 or sorted(word) == sorted(other)


def meant_by(word: str, entries: list[Entry]) -> str:
    """What the rules say, by reading the whole list."""
    for other, meant, _ in entries:
        if meant and other == word:
            return meant
    if not word.isalpha() or len(word) < 3:
        return halves_of(word, entries)
    candidates = [(o, joins) for o, meant, joins in entries if not meant and len(o) >= 3]
    slips = [
        other
        for other, joins in candidates
        if (is_near(word, other) if len(word) > 3 else is_short_slip(word, other, joins))
    ]
    skeletons = [
        other
        for other, _ in candidates
        if len(other) > len(word)
        and other[0] + "".join(c for c in other[1:] if c not in "aeiou") == word
    ]
    if skeletons and (not slips or not set(word) & set("aeiouy")):
        return skeletons[0]
    return slips[0] if slips else halves_of(word, entries)


def halves_of(word: str, entries: list[Entry]) -> str:
    ranks: dict[str, int] = {}
    for rank, (other, meant, joins) in enumerate(entries):
        if joins and not meant:
            ranks.setdefault(other, rank)
    pairs = [(word[:i], word[i:]) for i in range(2, len(word) - 1)] if word.isalpha() else []
    known = [pair for pair in pairs if pair[0] in ranks and pair[1] in ranks]
    best = min(known, key=lambda pair: max(ranks[half] for half in pair), default=None)
    return " ".join(best) if best else word


def typed_words(entries: list[Entry], r: random.Random) -> list[str]:
    plain = [word for word, meant, _ in entries if not meant]
    found = [word for word, meant, _ in entries if meant]
    for word in r.sample(plain, 100):
        at = r.randrange(len(word))
        found += [
            word[:at] + word[at + 1 :],
            word[:at] + r.choice("aeinorst") + word[at:],
            word[:at] + r.choice("aeinorst") + word[at + 1 :],
            word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            word[0] + "".join(c for c in word[1:] if c not in "aeiou"),
            word + r.choice(plain),
        ]
    return [word for word in found if 0 < len(word) <= 20]


def test_the_likeliest_word_is_meant(
    tmp_path: Path, stored: tuple[dict[str, Any], dict[str, str]]
) -> None:
    tensors, metadata = stored
    files = tmp_path / "corrects.bertlite", tmp_path / "plain.bertlite"
    none = {n: np.zeros((1, 1), np.int8) for n in ("spelling.ids", "spelling.known")}
    save_file(tensors | none, files[0], metadata)  # no word is known: each is looked up
    save_file({n: t for n, t in tensors.items() if "spelling" not in n}, files[1], metadata)
    corrects, plain = (pipeline("intent-classification", str(file)) for file in files)
    entries = entries_of(tensors["spelling.words"].tobytes())
    typed = typed_words(entries, random.Random(4))
    assert len({meant_by(word, entries) for word in typed}) > 300
    for word in typed:
        meant = meant_by(word, entries)
        assert corrects(word) == plain(meant), f"{word}: {meant}"


def test_a_list_may_not_be_long(
    tmp_path: Path, stored: tuple[dict[str, Any], dict[str, str]]
) -> None:
    tensors, metadata = stored
    file = tmp_path / "intent.bertlite"
    words = bytes_of(b"\4word\0" * (2**20 // 6 + 1))
    save_file(tensors | {"spelling.words": words}, file, metadata)
    with pytest.raises(BertliteError, match=r"1048578 bytes; expected less than 1048576"):
        pipeline("intent-classification", str(file))


# ---- decisions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("trun of the ligths", "turn of the lights"),
        ("boook a flihgt to Oslo", "book a flight to Oslo"),
        ("Whats the wether like?", "Whats the weather like?"),
        ("TRUN OF THE LIGTHS", "turn OF THE lights"),
        ("play msuic \u2014 jazz", "play music \u2014 jazz"),
    ],
)
def test_a_misspelled_text_is_decided_as_the_one_that_is_meant(typed: str, meant: str) -> None:
    options = ["lights", "flight", "weather", "music"]
    found, wanted = decide(typed, options), decide(meant, options)
    assert found["evidence"].pop("read") == meant
    assert found == wanted
    assert found["label"] is not None
    assert Decider(options)([typed]) == [decide(typed, options)]


@pytest.mark.parametrize(
    "text",
    [
        "the ATM at BC, please",  # "at the moment", "because" in conversations that were typed
        "it hasn't come",
        "it hasn\u2019t come",
        "the hy-vee card",
        "na\u00efve \u65e5\u672c z\u0142oty",
        "qzxv wqjk 7pm",
        "",
        "\ud800 turn",
    ],
)
def test_what_is_no_slip_is_read_as_it_is(text: str) -> None:
    if text.startswith("\ud800"):
        with pytest.raises(InputError):
            decide(text, ["lights"])
        return
    assert "read" not in (decide(text, ["card", "lights"])["evidence"] or {})


def test_the_words_of_options_are_known_and_the_first_to_be_meant() -> None:
    options = {"chat": ["message ligths on slakc"], "ticket": ["file it in zibra"]}
    assert decide("open slakc ligths", options)["evidence"].get("read") is None
    assert decide("open zibar", options)["evidence"]["read"] == "open zibra"
    assert "read" not in decide("open zibar", ["chat", "ticket"])["evidence"]


def test_a_denial_is_found_in_spite_of_a_slip() -> None:
    assert decide("do nto book a flihgt", ["flight", "weather"])["reason"] == "denied"


def test_another_model_reads_what_was_typed() -> None:
    decider = Decider(["flight", "weather"], model=SentenceTransformer(), scale=SCALE)
    assert "read" not in decider("boook a flihgt")["evidence"]


def test_any_text_can_be_corrected() -> None:
    """Words change, and nothing else does, whatever stands between them."""
    r = random.Random(2)
    known = pipeline("intent-classification").text_model
    between = (" ", ", ", "\n", "\u3000", "\u00e9", "\U0001f600", "[SEP]", "\0", "\u0301", "'", "1")
    words = ("trun", "lihgt", "on", "tmrw", "xqzv", "\u6f22", "Kitchenlight", "TV", "za\u017c")
    for _ in range(2000):
        text = "".join(r.choice(words) + r.choice(between) for _ in range(r.randrange(9)))
        found = known.corrected(text, words_in(["xqzw"]))
        assert "\ufffd" not in found
        for kept in "\u6f22\u3000\U0001f600,\n'":
            assert found.count(kept) == text.count(kept)


def test_words_that_are_given_are_checked() -> None:
    known = pipeline("intent-classification").text_model
    assert words_in(["Caf\u00e9 x_y", "A" * 21]) == b"\x01x\0\x01y\0"
    wrong: tuple[bytes, ...] = (b"\x03ab", b"\0\0", b"\x02Ab\0", b"\x15" + b"a" * 21 + b"\0")
    for words in wrong:
        with pytest.raises(InputError, match="not entries"):
            known.corrected("turn", words)
    long = "trun on the lihgt " * 400  # longer than the model takes
    assert known.corrected(long, b"") == long
    vectors = pipeline("feature-extraction").text_model
    assert vectors.corrected("trun", b"") == "trun"  # a model without a list
