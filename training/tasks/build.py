"""The tasks by name: their sets, encoded, and what learns them."""

from __future__ import annotations

import itertools
import random

import numpy as np

from bertlite_fast import Tokenizer

from ..data import entities, intents, labeled
from ..data.noise import noisy
from ..data.questions import questions
from ..data.reading import reading_items
from ..data.sets import Data, Item
from ..data.slots import made_slots
from ..data.unanswerable import unanswerable
from ..data.windows import Windows
from ..model.batches import Row
from ..model.network import Encoder, Head
from ..recipe import Recipe
from . import answers, classes, tokens
from .learner import Learner, Task

SPLITS = ("train", "validation")


def build_classes(tokenizer: Tokenizer, data: Data, name: str) -> Task:
    if name == "intent":
        items = {split: intents.intent_items(data, split) for split in SPLITS}
        labels, repeated = intents.LABELS, items["train"]
    else:
        items = {split: labeled.classified_items(data, name, split) for split in SPLITS}
        labels = sorted({label for _, label in items["train"]})
        repeated = labeled.repeated_items(data, name)
    longest = data.recipe.data.longest["classes"]
    rows = {s: classes.encode(tokenizer, items[s], labels, longest) for s in SPLITS}
    index = {label: i for i, label in enumerate(labels)}
    texts = [(text, index[label]) for text, label in repeated]
    return Task(name, "classes", labels, rows["train"], rows["validation"], texts=texts)


def build_tokens(tokenizer: Tokenizer, data: Data, name: str, with_renamed: bool = True) -> Task:
    if name == "ner":
        labels = entities.LABELS
        train = entities.training_items(data, with_renamed)
        validation = entities.validation_items(data)
    elif name == "pos":
        labels = labeled.PARTS_OF_SPEECH
        train, validation = (labeled.part_of_speech_items(data, split) for split in SPLITS)
    else:
        labels = labeled.SLOT_LABELS
        numbers = data.recipe.data
        own, validation = (labeled.slot_items(data, split) for split in SPLITS)
        made = itertools.islice(made_slots(numbers.slots_seed), numbers.slots_made)
        train = [*own * numbers.slots_repeated, *made]
    longest = data.recipe.data.longest["tokens"]
    taught, asked = (tokens.encode(tokenizer, items, longest) for items in (train, validation))
    return Task(name, "tokens", labels, taught, asked)


def reading_rows(tokenizer: Tokenizer, data: Data, held_out: bool) -> list[Row]:
    """Questions on made texts; those to learn from have slips."""
    numbers = data.recipe.reading
    count = numbers.scored if held_out else numbers.count
    r = random.Random(numbers.seed)
    around = [
        text
        for text in data.sentences("modern", 2 * numbers.around, numbers.seed)
        if len(text.split()) <= numbers.around_words
    ]
    items = reading_items(count, numbers.seed, held_out, around[: numbers.around], numbers.astray)
    if not held_out:
        items = [item | {"question": noisy(item["question"], r, numbers.noise)} for item in items]
    return answers.encode(tokenizer, items, data.recipe.data.longest["answers"])


def build_answers(tokenizer: Tokenizer, data: Data, name: str, in_windows: bool = False) -> Task:
    """Questions with their contexts, or with the windows in which the engine reads these."""
    longest = data.recipe.data.longest["answers"]
    numbers = data.recipe.data

    def encoded(items: list[Item], share: float) -> list[Row]:
        every = [*items, *unanswerable(items, share, numbers.unanswerable_seed)]
        if in_windows:
            windows = Windows(tokenizer, numbers.answer_window, numbers.unanswerable_seed)
            every = list(windows.of(every, numbers.answer_elsewhere))
        return answers.encode(tokenizer, every, longest)

    train, validation = (
        encoded(labeled.question_items(data, split), numbers.unanswerable[split])
        for split in SPLITS
    )
    made = encoded(list(questions(data)), numbers.unanswerable["train"])
    read = reading_rows(tokenizer, data, held_out=False)
    validation += reading_rows(tokenizer, data, held_out=True)
    for row in [*made, *read]:  # many: kept in two bytes an id
        row.ids = np.asarray(row.ids, np.uint16)
    return Task(name, "answers", [], train, validation, made, read)


BUILDERS = {"classes": build_classes, "tokens": build_tokens, "answers": build_answers}


def build(tokenizer: Tokenizer, data: Data, name: str, in_windows: bool = False) -> Task:
    if in_windows:
        return build_answers(tokenizer, data, name, in_windows)
    return BUILDERS[data.recipe.tasks[name].kind](tokenizer, data, name)


def learner_for(
    task: Task, encoder: Encoder, head: Head, recipe: Recipe, shares: tuple[float, float]
) -> Learner:
    if task.kind == "classes":
        return classes.ClassLearner(task, encoder, head, recipe)
    if task.kind == "tokens":
        return tokens.TokenLearner(task, encoder, head, recipe)
    return answers.AnswerLearner(task, encoder, head, recipe, shares)
