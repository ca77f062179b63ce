"""Write a DATA folder of random sentences, just large enough for the miniature recipe."""

from __future__ import annotations

import json
import lzma
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from training.data.entities import CROSSNER
from training.data.intents import SETS as INTENT_SETS
from training.data.labeled import CLASSIFIED

VOCABULARY = Path(__file__).resolve().parent.parent / "training/base/vocab.txt"
SUBJECTS = "Mary Smith|The old farmer|A young teacher|Peter|The Red Cross|Our neighbor".split("|")
VERBS = "visited|painted|repaired|described|crossed|remembered".split("|")
OBJECTS = "a wooden bridge|the long river|three small boats|the stone church".split("|")
ENDS = "in Paris|near the harbor|on Monday|in 1987|with great care|for many years".split("|")
SLOTS = ("device_type", "house_place", "time")
COUNTS = {"train": 30, "validation": 12}

Item = dict[str, Any]


def sentence(r: random.Random) -> str:
    return " ".join(r.choice(part) for part in (SUBJECTS, VERBS, OBJECTS, ENDS)) + "."


def tagged(r: random.Random, tags: list[str]) -> Item:
    words = sentence(r).split()
    return {"tokens": words, "tags": [r.choice(tags) for _ in words]}


def question(r: random.Random) -> Item:
    context = f"{sentence(r)} {sentence(r)}"
    answer = r.choice([part for part in OBJECTS if part in context])
    answers = {"text": [answer], "answer_start": [context.index(answer)]}
    text = f"What was {r.choice(VERBS)}?"
    return {"question": text, "context": context, "answers": answers, "title": context[:12]}


def labeled(r: random.Random, labels: list[str]) -> Item:
    return {"text": sentence(r), "label": r.choice(labels)}


def pair(r: random.Random) -> Item:
    return {"text_a": sentence(r), "text_b": sentence(r), "score": r.randint(0, 5)}


def items(kind: str, name: str, r: random.Random, count: int) -> Iterator[Item]:
    intents = "alarm_set weather time play_music".split()
    makers: dict[str, Callable[[], Item]] = {
        "similarity": lambda: pair(r),
        "qa": lambda: question(r),
        "pos": lambda: tagged(r, ["NOUN", "VERB", "PROPN", "DET"]),
        "ner": lambda: tagged(r, ["O", "O", "B-PER", "B-LOC", "B-ORG", "B-MISC"]),
        "slots": lambda: tagged(r, ["O", *("B-" + slot for slot in SLOTS)]),
        "goemotions": lambda: labeled(r, ["joy", "anger", "neutral"]),
        "clinc150": lambda: labeled(r, [*intents, "oos"]),
        "sentiment": lambda: labeled(r, ["negative", "positive"]),
    }
    maker = makers.get(name, makers.get(kind, lambda: labeled(r, intents)))
    return (maker() for _ in range(count))


SETS = {
    "intent": ["clinc150", "hwu64", "snips", "sgd_intent_turns"],
    "iot": [name for name in INTENT_SETS if name not in ("clinc150", "hwu64", "snips")],
    "slots": ["hwu64_slots"],
    "classify": ["goemotions"],
    "sentiment": list(CLASSIFIED["sentiment"]),
    "ner": ["wikigold", "wnut17", "broad_twitter_corpus", "wikiann_en", "uner_ewt"]
    + [f"crossner_{field}" for field in CROSSNER],
    "pos": ["ud_ewt"],
    "qa": ["qamr", "squadshifts_new_wiki", "fairytaleqa_extractive"],
    "similarity": ["stsb_en", "semeval_sts_2012_16"],
}


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8", preset=0) as file:
        file.write("".join(f"{line}\n" for line in lines))


def write_data(folder: Path) -> None:
    """All data sets and texts, and a teacher with random parameters."""
    r = random.Random(1)
    folder.mkdir(parents=True)
    shutil.copy(VOCABULARY, folder / "vocab.txt")
    for source in ("wikipedia", "books", "modern"):
        texts = [" ".join(sentence(r) for _ in range(3)) for _ in range(60)]
        write_lines(folder / f"text/{source}.txt.xz", texts)
    for kind, names in SETS.items():
        for name in names:
            for split, count in COUNTS.items():
                lines = [json.dumps(item) for item in items(kind, name, r, count)]
                write_lines(folder / kind / name / f"{split}.jsonl.xz", lines)
    write_teacher(folder / "teacher", folder / "vocab.txt")


def write_teacher(folder: Path, vocabulary: Path) -> None:
    import torch

    from training.model.network import new_encoder
    from training.recipe import Shape
    from training.release.huggingface import write_folder

    torch.manual_seed(1)
    shape = Shape(hidden=32)
    state = {"encoder": new_encoder(shape).state_dict(), "kind": "vectors"}
    write_folder(folder, vocabulary, shape, state, {"pooling": "mean"})
