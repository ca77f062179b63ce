"""Long contexts are read in windows of whole sentences; the question's words tell which count."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest

from bertlite_fast import AutoModelForQuestionAnswering, AutoTokenizer, embedded, pipeline

SENTENCES = (
    "The bakery on Mill Street opens at six.",
    "Anton repaired the roof of the barn in April.",
    "A heavy storm had torn off most of its shingles!",
    "Who would have thought that the harbor freezes over?",
    "Two tugboats pulled the ferry back to its berth.",
    "The mayor, Lucia Ferro, planted forty chestnut trees along the canal.",
    "They bloom in the second week of spring.",
    "Rain is expected.",
    "Her brother keeps bees, geese and a very old donkey behind the chapel.",
    "The library lends telescopes to anybody who asks for one.",
)
HEADINGS = ("Opening hours", "Trees along the canal", "Dear Lucia", "Room 12", "of the chapel")
QUESTIONS = (
    "Who planted trees along the canal?",
    "What did Anton repair?",
    "When do they bloom?",
    "What is behind the chapel?",
    "Who is it?",
    "What do telescopes cost in Antananarivo?",
    "which trees does Lucia Ferro keep, and where do they bloom?",
    "Telescopes are lent by whom?",  # a capital that begins a sentence is no name's
    "Where is the harp?",  # of which "harbor" is no form
    "What is Ferroing, in the library?",  # whose first piece is rarer than its last
    "Which of all " + "the many old and new " * 15 + "boats is pulled?",
)
LONGEST, FIRST_CONTENT, LEAST = 128, 2060, 1 / 128  # as in csrc/answers
WRAPPED = 40  # bytes of a line that may go on with the next one


@pytest.fixture(scope="module")
def ours() -> Any:
    return pipeline("question-answering")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(embedded.path_of("qa"))


@pytest.fixture(scope="module")
def model() -> Any:
    return AutoModelForQuestionAnswering.from_pretrained(embedded.path_of("qa"))


def weight_of(token: int) -> int:
    return 0 if token < FIRST_CONTENT else (token >> 10).bit_length()


def same_word(a: str, b: str) -> bool:
    same = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return a == b or (same >= 4 and same + 3 >= max(len(a), len(b)))


def places(sentences: list[str], gaps: list[str]) -> list[int]:
    """Where each sentence begins."""
    found, at = [], 0
    for gap, sentence in zip(gaps, sentences):
        found.append(at + len(gap))
        at += len(gap) + len(sentence)
    return found


def wrapped(sentence: str, r: random.Random) -> str:
    """With a line's end instead of some of its spaces."""
    return re.sub(" ", lambda _: r.choice((" ", " ", " ", "\n", " \r\n")), sentence)


def part_ends(context: str) -> list[int]:
    """Where a line ends that was not wrapped: no answer crosses that place."""
    found = []
    for gap in re.finditer(r"\s*\n\s*", context):
        before, next_one = context[: gap.start()], context[gap.end() :][:1]
        is_short = len(before.rsplit("\n", 1)[-1].encode()) < WRAPPED
        is_blank, is_stopped = gap.group().count("\n") > 1, before[-1:] in (".", "!", "?")
        if is_blank or is_stopped or next_one == "-" or (is_short and not next_one.islower()):
            found.append(gap.start() + 1)
    return found


class Reference:
    """The same windows, weights and scores, from the model's own logits."""

    def __init__(self, tokenizer: Any, model: Any, size: int) -> None:
        self.tokenizer, self.model, self.size = tokenizer, model, size

    def tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))

    def words(self, text: str) -> list[tuple[str, int]]:
        """Words as they are written, each with the weight of its rarest piece."""
        row = self.tokenizer(text, add_special_tokens=False)
        found: dict[int, int] = {}
        for token, word in zip(row["input_ids"], row.word_ids()):
            found[word] = max(found.get(word, 0), weight_of(token))
        spans = [row.word_to_chars(word) for word in found]
        return [(text[s.start : s.end], found[w]) for s, w in zip(spans, found)]

    def windows(self, sentences: list[str]) -> list[tuple[int, int]]:
        counts = [self.tokens(sentence) for sentence in sentences]
        found, core = [], 0
        while core < len(sentences):
            first = core
            if core and counts[core - 1] <= self.size // 2:
                first -= counts[core - 1] + counts[core] <= self.size
            last = core
            while last < len(sentences) and sum(counts[first : last + 1]) <= self.size:
                last += 1
            core = max(last, core + 1)  # a longer sentence has a window of its own
            found.append((first, core))
        return found

    def answers(
        self, question: str, sentences: list[str], gaps: list[str]
    ) -> list[tuple[str, float]]:
        """The best answers, of which an empty one stands for none. gaps: before each sentence."""
        context = "".join(gap + sentence for gap, sentence in zip(gaps, sentences))
        starts = places(sentences, gaps)
        taken = len(self.tokenizer.encode(question)) + 1
        size, self.size = self.size, max(self.size, taken // 2)
        words = self.words(question)
        asked = [(i, word, weight) for i, (word, weight) in enumerate(words) if weight]
        spans = [
            (starts[a], starts[b - 1] + len(sentences[b - 1])) for a, b in self.windows(sentences)
        ]
        parts = [context[start:end] for start, end in spans]
        shared, named = [], set()
        for part in parts:
            read = [word for word, _ in self.words(part)]
            total, seen = 0, set()
            for i, word, weight in asked:
                first = next((one for one in read if same_word(word.lower(), one.lower())), None)
                if first is not None:
                    total += 5 * weight
                    is_name = (i > 0 and word[0].isupper()) or word[0].isdigit()
                    if is_name or first[0].isupper():
                        seen.add(word)
                elif word in named:
                    total += 4 * weight
            named |= seen
            shared.append(total)
        total = 5 * sum(weight for _, _, weight in asked)
        self.size = size
        best = {"": 1.0}
        stops = part_ends(context)
        for part, (start, _), weight in zip(parts, spans, shared):
            trust = (1 - (max(shared) - weight) / total) ** 8 if total else 1.0
            if trust < LEAST:
                continue
            found = self.scores(question, part, [stop - start for stop in stops])
            best[""] = min(best[""], 1 - trust * (1 - found.pop("")))
            for text, score in found.items():
                best[text] = max(best.get(text, 0), trust * score)
        return sorted(best.items(), key=lambda one: -one[1])

    def scores(self, question: str, part: str, stops: list[int]) -> dict[str, float]:
        row = self.tokenizer(question, part, return_offsets_mapping=True)
        output = self.model([row["input_ids"]], token_type_ids=[row["token_type_ids"]])
        among = [0, *(i for i, side in enumerate(row.sequence_ids()) if side == 1)]
        starts, ends = (
            np.exp(one[0][among]) / np.exp(one[0][among]).sum()
            for one in (np.asarray(output.start_logits), np.asarray(output.end_logits))
        )
        offsets = [row["offset_mapping"][i] for i in among]
        found = {"": float(starts[0] * ends[0])}
        for a in range(1, len(among)):
            for b in range(a, min(a + 15, len(among))):
                if any(offsets[a][0] < stop < offsets[b][1] for stop in stops):
                    break
                text = part[offsets[a][0] : offsets[b][1]].lower()
                found[text] = found.get(text, 0) + float(starts[a] * ends[b])
        return found


@pytest.mark.parametrize("seed", range(18))
def test_answers_are_those_of_the_windows(ours: Any, tokenizer: Any, model: Any, seed: int) -> None:
    r = random.Random(seed)
    sentences = [r.choice(SENTENCES) for _ in range(r.randint(1, 14))]
    if seed % 3 == 0:  # longer than a window, and shorter than the longest sentence
        long = ", ".join(
            f"the {word}" for word in r.sample(re.findall("[a-z]{4,}", str(SENTENCES)), 36)
        )
        sentences.insert(r.randrange(len(sentences) + 1), f"He saw {long}.")
    gaps = [" "] * len(sentences)
    if seed % 2:  # lines: wrapped and not, with headings between blank lines
        sentences = [wrapped(sentence, r) for sentence in sentences]
        gaps = [r.choice((" ", "\n", "\r\n", "\n\n", " \r\n \r\n")) for _ in sentences]
        for _ in range(r.randint(0, 3)):
            at = r.randrange(len(sentences) + 1)
            sentences.insert(at, r.choice(HEADINGS))
            gaps.insert(at, "\n\n")
            gaps[at + 1 : at + 2] = ["\n\n"] * (at + 1 < len(gaps))
    gaps[0] = ""
    size = ours.config.to_dict()["window"] - 2
    for question in QUESTIONS:
        wanted = Reference(tokenizer, model, size).answers(question, sentences, gaps)
        context = "".join(gap + sentence for gap, sentence in zip(gaps, sentences))
        settings = {"align_to_words": False, "handle_impossible_answer": True}
        found = ours(question, context, top_k=10**6, **settings)
        (none,) = [answer for answer in found if not answer["answer"]]
        assert none["score"] == pytest.approx(dict(wanted)[""], rel=1e-4, abs=1e-6)
        assert [answer["answer"].lower() for answer in found[:3]] == [t for t, _ in wanted[:3]]
        for answer, (_, score) in zip(found[:3], wanted):
            assert answer["score"] == pytest.approx(score, rel=1e-4)
            assert context[answer["start"] : answer["end"]] == answer["answer"]


def test_what_stands_around_an_answer_does_not_hide_it(ours: Any) -> None:
    r = random.Random(3)
    told = (
        ("Who painted the ceiling?", "Marta Oliveira painted the ceiling of the chapel."),
        ("Where does the night train stop?", "The night train stops in Bergamo."),
        ("How many pupils passed the exam?", "In June, 212 pupils passed the exam."),
    )
    right = total = 0
    for question, sentence in told:
        alone = ours(question, sentence)
        for _ in range(20):
            others = r.sample(SENTENCES, r.randint(1, 10))
            others.insert(r.randrange(len(others) + 1), sentence)
            context = " ".join(others)
            found, at = ours(question, context), context.index(sentence)
            words = set(found["answer"].split()) & set(alone["answer"].split())
            right += at <= found["start"] < found["end"] <= at + len(sentence) and bool(words)
            total += 1
    print(f"right among other sentences: {right} of {total}")
    assert right >= 0.9 * total


# What is said ends with its line, unless that was wrapped.
LINES = (
    ("Your table is on floor 3\n\nHi, the ceiling leaks", "3\n\nHi"),
    ("Checkout is at 11 am\r\n \r\nBreakfast is served at nine", "am\r\n \r\nBreakfast"),
    ("Dear Anna,\n\nthe meeting is moved to Friday\n\nBest regards\nTom", "Friday\n\nBest"),
    ("Pool hours\nMonday 9 to 5\nTuesday 10 to 6\nSunday 1 to 3", "5\nTuesday"),
    ("Anna: where are you\nBen: at the station\nAnna: which one", "station\nAnna"),
    ("We need two liters of milk from the farm shop\n- six eggs\n- bread", "shop\n- six"),
    ("The show in the big hall begins at nine o'clock.\nTickets at the door", "clock.\nTickets"),
    ("The map (floor 3\n\nHi) hangs in the hall", "3\n\nHi"),
    ("Room 4\nMaria Lopez\nRoom 5\nKenji Sato", "4\nMaria Lopez\nRoom"),
)
WRAPS = (
    ("Where does the train leave?", "The train to the coast leaves from the old\nstation."),
    ("Where does the bus wait?", "At ten past nine the bus waits in front of the\r\ncity hall."),
    ("Who painted the house?", "The old house on the hill was painted by Marta\nOliveira in May."),
    ("Where does the train leave?", "It leaves from the old\nstation at nine."),
)


@pytest.mark.parametrize(("context", "crossing"), LINES)
def test_no_answer_crosses_the_end_of_what_is_said(ours: Any, context: str, crossing: str) -> None:
    at = context.index(crossing) + crossing.index("\n")
    for question in (context.split("\n")[-1] + "?", "What?", "When is it?", "Who is where?"):
        for words in (True, False):
            for one in ours(question, context, top_k=10**4, align_to_words=words):
                assert not one["start"] < at < one["end"], one["answer"]
    whole = ours("What?", context, top_k=10**4, max_seq_len=384)  # as in transformers
    assert any(one["start"] < at < one["end"] for one in whole)


@pytest.mark.parametrize(("question", "context"), WRAPS)
def test_answers_go_on_in_wrapped_lines(ours: Any, question: str, context: str) -> None:
    assert "\n" in ours(question, context)["answer"]


def test_windows_that_are_asked_for_are_those_of_transformers(ours: Any) -> None:
    """With max_seq_len or doc_stride, a window's length is counted in tokens."""
    context = " ".join(SENTENCES * 3)
    for settings in (
        {"max_seq_len": 384},
        {"doc_stride": 128},
        {"max_seq_len": 384, "doc_stride": 128},
    ):
        found = [ours(question, context, **settings) for question in QUESTIONS]
        assert found == [
            ours(question, context, max_seq_len=384, doc_stride=128) for question in QUESTIONS
        ]
    assert found != [ours(question, context) for question in QUESTIONS]


def test_any_text_is_read(ours: Any) -> None:
    """Sentences without an end, of one word, of marks, or of nothing that is a word."""
    r = random.Random(7)
    parts = (
        *SENTENCES,
        "x" * 300,
        "one two three " * 90,
        "?!",
        "\n\n",
        "\u3002",
        "\U0001f600",
        "a. " * 50,
    )
    for _ in range(150):
        context = " ".join(r.choices(parts, k=r.randint(1, 9)))
        question = " ".join(r.choices((*QUESTIONS, "word " * 130, "?"), k=r.randint(1, 3)))
        for answer in ours(question, context, top_k=4) if context.strip() else []:
            if isinstance(answer, dict):
                assert context[answer["start"] : answer["end"]] == answer["answer"]
                assert 0 < answer["score"] <= 1
