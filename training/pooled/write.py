"""Writes what the stages on a device learn from: rows of every task, with slips already made."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from bertlite_fast import Tokenizer

from ..data.entities import IGNORED
from ..data.lessons import LESSONS
from ..data.noise import noisy
from ..data.sets import Data
from ..data.words import words_of
from ..model.batches import Row
from ..tasks import answers, tokens
from ..tasks.build import build_answers, build_classes, build_tokens
from ..tasks.lessons import made_texts
from ..teacher.answers import asked_items
from ..teacher.silver import unlabeled
from .kinds import CLASSES
from .rows import Rows, rows_of, with_kinds
from .write_vectors import vector_rows
from .write_words import word_rows

LIKELIEST = 6  # labels that a target names; the others share what is left


def _likeliest(target: Any) -> tuple[list[int], list[int]]:
    """Labels and their probabilities, of 0 to 255, of a target of tasks/lessons.py."""
    if isinstance(target, float):
        pairs = [(0, 1 - target), (1, target)]
    elif isinstance(target, int):
        pairs = [(target, 1.0)]
    else:
        pairs = list(target)
    pairs += [(0, 0.0)] * (LIKELIEST - len(pairs))
    return [label for label, _ in pairs], [round(255 * p) for _, p in pairs]


def class_rows(tokenizer: Tokenizer, data: Data, name: str) -> Rows:
    """Own texts, made ones and those without labels, each with slips and as it is."""
    numbers = data.recipe.pooled
    task = build_classes(tokenizer, data, name)
    r = random.Random(numbers.seed)
    longest = data.recipe.losses.lesson_longest
    slips = numbers.slips[name]

    def encoded(texts: Iterable[tuple[str, Any]], times: int, clean: bool = False) -> list[Any]:
        texts = list(texts)
        drawn = [(text, target, text) for text, target in texts] if clean else []
        for _ in range(times):
            drawn += [(noisy(text, r, slips), target, text) for text, target in texts]
        ids = tokenizer([t for t, *_ in drawn], truncation=True, max_length=longest)["input_ids"]
        return [(one, *_likeliest(target), text) for one, (_, target, text) in zip(ids, drawn)]

    to_label = LESSONS[name].to_label if numbers.taught[name] else LESSONS[name].unlabeled
    parts = (
        encoded(task.texts, numbers.times),
        encoded(made_texts(task, data, numbers.made[name]), 1),
        encoded(((text, 0) for text in to_label(data)), numbers.times_unlabeled[name], clean=True),
        [(row.ids, *_likeliest(int(row.target)), "") for row in task.validation],
    )
    every, kinds = with_kinds(parts)
    first: dict[str, int] = {}  # a text without slips comes before those with them
    sources = np.arange(len(every), dtype=np.int32)
    for at in np.flatnonzero(kinds == CLASSES.index("unlabeled")):
        sources[at] = first.setdefault(every[at][3], int(at))
    return rows_of(
        [Row(ids, 0) for ids, *_ in every],
        {
            "kind": kinds,
            "where": np.array([where for _, where, *_ in every], np.uint8),
            "how": np.array([how for _, _, how, _ in every], np.uint8),
            "source": sources,
        },
        {},
    )


def _shortened(rows: list[Row], share: float, r: random.Random) -> list[tuple[Row, int]]:
    """Some without their end, or without their last word or mark; with the numbers of the whole."""
    found = []
    for at, row in enumerate(rows):
        begins = [i for i, target in enumerate(row.target) if target != IGNORED]
        if len(begins) > 2 and r.random() < share:
            end = begins[-1] if r.random() < 0.5 else begins[r.randrange(2, len(begins))]
            part = Row([*row.ids[:end], row.ids[-1]], [*row.target[:end], IGNORED])
            found.append((part, at))
    return found


def _commands(tokenizer: Tokenizer, data: Data) -> list[Row]:
    """What people ask of devices, and made commands, with 0 at each word's first token."""
    made = LESSONS["intent"].made(data, data.recipe.pooled.made["slots"])
    texts = dict.fromkeys([*data.commands(), *(text for text, _ in made)])
    sentences = [[word.text for word in words_of(text)] for text in texts]
    items = [(words, [0] * len(words)) for words in sentences if words]
    return tokens.encode(tokenizer, items, data.recipe.data.longest["tokens"])


def token_rows(tokenizer: Tokenizer, data: Data, name: str) -> Rows:
    """Gold sentences, and plain ones to be labeled, some of them in part as well."""
    numbers = data.recipe.pooled
    task = build_tokens(tokenizer, data, name)
    r = random.Random(numbers.seed)
    if name == "slots":
        plain = _commands(tokenizer, data)
    else:
        plain = unlabeled(tokenizer, data, name, numbers.tagged[name])
    parts = _shortened(plain, data.recipe.silver.shortened.get(name, 0.0), r)
    every, kinds = with_kinds((task.train, plain + [row for row, _ in parts], task.validation))
    sources = np.arange(len(every), dtype=np.int32)
    first = len(task.train)
    behind = first + len(plain)
    sources[behind : behind + len(parts)] = [first + at for _, at in parts]
    targets = np.concatenate([np.asarray(row.target, np.int16) for row in every])
    return rows_of(every, {"kind": kinds, "source": sources}, {"target": targets})


def answer_rows(tokenizer: Tokenizer, data: Data, name: str) -> Rows:
    """Real questions, made ones, those on made texts, and those for the teacher to answer."""
    task = build_answers(tokenizer, data, name, in_windows=True)
    longest = data.recipe.data.longest["answers"]
    numbers = data.recipe.pooled
    items = list(asked_items(data, tokenizer, numbers.turns, made=0))
    asked = answers.encode(tokenizer, items, longest)
    made = task.made[: numbers.made[name]]
    every, kinds = with_kinds((task.train, made, task.read, asked, task.validation))
    return rows_of(
        every,
        {
            "kind": kinds,
            "context": np.array([row.types.index(1) for row in every], np.uint16),
            "span": np.array([row.target for row in every], np.int32),
        },
        {},
    )


ROWS = {"classes": class_rows, "tokens": token_rows, "answers": answer_rows}
WITHOUT_LABELS = {"words": word_rows, "vectors": vector_rows}


def write_rows(tokenizer: Tokenizer, data: Data, name: str, corpus: Path, out: Path) -> None:
    if name in WITHOUT_LABELS:
        rows = WITHOUT_LABELS[name](tokenizer, data, corpus)
    else:
        rows = ROWS[data.recipe.tasks[name].kind](tokenizer, data, name)
    rows.save(out)
