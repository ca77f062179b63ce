"""Plain text, whose words the teacher has labeled: silver sentences for the small model.

The gold sets are small: of names 1,352 sentences of an encyclopedia and some thousand tweets, of
parts of speech 12,500 sentences.  So the teacher is tuned on them, and then says of each word of
many unlabeled sentences how probable each label is; bertlite_fast itself runs it for that, in
int8.  Only train splits are read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor
from transformers import BertForTokenClassification

from bertlite_fast import AutoModelForTokenClassification, Tokenizer
from bertlite_fast.files import AtomicFile

from ..data.entities import IGNORED
from ..data.names import KINDS, LIKELY, named_items, with_persons
from ..data.sets import Data
from ..data.words import words_of
from ..model.batches import Batches, Row, padded
from ..model.checkpoints import folder_atomically
from ..model.steps import optimizer_for, run_steps
from ..tasks.build import build_tokens
from ..tasks.learner import Task
from ..tasks.tokens import encode, tags_of, token_loss
from . import minilm

Say = Callable[[str], None]


def tune(task: Task, data: Data, out: Path, say: Say) -> None:
    """The teacher with a head for the task, tuned on the gold sets."""
    recipe = data.recipe
    torch.manual_seed(recipe.seed)
    model = BertForTokenClassification.from_pretrained(
        minilm.folder(data), num_labels=len(task.labels), id2label=dict(enumerate(task.labels))
    )
    model.bert.embeddings.requires_grad_(not recipe.silver.frozen_words)
    optimizer, parameters = optimizer_for([model], recipe.silver.rate, recipe.optimizer)
    size = recipe.data.batch["tokens"]
    stream = Batches(task.train, size, recipe.seed, recipe.data.sorted_batches).forever()
    count = int(recipe.silver.epochs * len(task.train) / size)

    def loss(_: int) -> Tensor:
        rows = next(stream)
        ids, mask, _types = padded(rows)
        logits = model(ids, attention_mask=mask).logits.float()
        return token_loss(logits, tags_of(rows, ids), recipe.losses.unsure_last_label)

    def log(step: int, average: float) -> None:
        say(f"{task.name}: {step} of {count}, loss {average:.4f}")

    every = recipe.silver.tuning_log_every
    run_steps(optimizer, parameters, count, loss, log, every, recipe.optimizer)
    with folder_atomically(out) as folder:
        model.save_pretrained(folder)


def unlabeled(tokenizer: Tokenizer, data: Data, name: str, wanted: int | None = None) -> list[Row]:
    """Sentences, with 0 at each word's first token."""
    numbers = data.recipe.silver
    wanted = wanted or numbers.sentences[name]
    shortest, longest = numbers.words
    r = random.Random(numbers.seed)
    items = []
    for source, share in numbers.shares[name].items():
        count = int(share * wanted)
        texts = data.sentences(source, count, numbers.seed)
        sentences = [[word.text for word in words_of(with_persons(text, r))] for text in texts]
        items += [
            (words, [0] * len(words)) for words in sentences if shortest <= len(words) <= longest
        ]
    random.Random(data.recipe.seed).shuffle(items)
    return encode(tokenizer, items, data.recipe.data.longest["tokens"])


def probabilities_of(model: Any, row: Row) -> Any:
    """Of each label, at each token."""
    logits = np.asarray(model([row.ids]).logits)[0]
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True)


def label(
    task: Task, folder: Path, rows: list[Row], data: Data, say: Say, earlier: Path | None
) -> list[Any]:
    """The probabilities of each label at each word's first token, as whole numbers of 0 to 255.

    All zeros at other tokens.  An earlier model of the task, if there is one, has its say beside
    the teacher: together they are right more often than either is.
    """
    numbers = data.recipe.silver
    opened: Any = AutoModelForTokenClassification.from_pretrained
    models = [(1.0, opened(str(folder)))]
    if earlier and numbers.earlier[task.name]:
        share = numbers.earlier[task.name]
        models = [(1 - share, models[0][1]), (share, opened(str(earlier)))]
    found: list[Any] = [None] * len(rows)

    def work(at: int) -> None:
        likely = sum(share * probabilities_of(model, rows[at]) for share, model in models)
        whole = np.rint(255 * likely).astype(np.uint8)
        found[at] = whole * (np.asarray(rows[at].target) != IGNORED)[:, None]
        if at % numbers.log_every == 0:
            say(f"{task.name}: {at} of {len(rows)} sentences labeled")

    minilm.in_threads(work, range(len(rows)), data.recipe.teacher.threads)
    return found


def shortened(row: Row, probabilities: Any, r: random.Random) -> tuple[Row, Any]:
    """A sentence without its end, or without its last word or mark; the labels are of the whole."""
    begins = [at for at, target in enumerate(row.target) if target != IGNORED]
    if len(begins) < 3:
        return row, probabilities
    end = begins[-1] if r.random() < 0.5 else begins[r.randrange(2, len(begins))]
    kept = np.concatenate([probabilities[:end], probabilities[-1:]])
    return Row([*row.ids[:end], row.ids[-1]], [*row.target[:end], IGNORED]), kept


@dataclass
class Silver:
    row: Row
    probabilities: Any  # of each label, at each token
    is_made: bool = False  # from names.txt, or joined with one that is


def joined(items: list[Silver], share: float, longest: int, r: random.Random) -> list[Silver]:
    """The same sentences, some of them with those that follow, as a longer text is read."""
    found: list[Silver] = []
    for one in items:
        length = len(one.probabilities)
        if found and len(found[-1].probabilities) + length <= longest and r.random() < share:
            before = found[-1]
            row = Row(
                [*before.row.ids[:-1], *one.row.ids[1:]],
                [*before.row.target[:-1], *one.row.target[1:]],
            )
            both = np.concatenate([before.probabilities[:-1], one.probabilities[1:]])
            found[-1] = Silver(row, both, before.is_made or one.is_made)
        else:
            found.append(one)
    return found


def named(tokenizer: Tokenizer, data: Data) -> list[Silver]:
    """Made sentences, whose names are known, as the teacher would have labeled them."""
    numbers = data.recipe.silver
    items = named_items(numbers.made_names, numbers.seed)
    rows = encode(tokenizer, items, data.recipe.data.longest["tokens"])
    likely = np.rint(255 * np.array([LIKELY[kind] for kind in KINDS])).astype(np.uint8)
    found = []
    for row in rows:
        target = np.asarray(row.target)
        each = likely[target.clip(0)] * (target != IGNORED)[:, None]
        found.append(Silver(row, each, is_made=True))
    return found


def silver_file(folder: Path, name: str) -> Path:
    return folder / f"silver-{name}.npz"


def write_silver(
    tokenizer: Tokenizer,
    data: Data,
    name: str,
    out: Path,
    say: Say,
    earlier: Path | None = None,
) -> None:
    numbers = data.recipe.silver
    task = build_tokens(tokenizer, data, name, with_renamed=False)
    folder = out / name
    if not (folder / "config.json").exists():
        tune(task, data, folder, say)
    rows = unlabeled(tokenizer, data, name) + task.train * numbers.own[name]
    probabilities = label(task, folder, rows, data, say, earlier)
    r = random.Random(numbers.seed)
    for at, row in enumerate(rows):
        if r.random() < numbers.shortened[name]:
            rows[at], probabilities[at] = shortened(row, probabilities[at], r)
    items = [Silver(row, each) for row, each in zip(rows, probabilities)]
    if name == "ner":
        items += named(tokenizer, data)
        r.shuffle(items)
    if numbers.joined[name]:
        items = joined(items, numbers.joined[name], numbers.joined_longest, r)
    with AtomicFile(silver_file(out, name)) as file:
        np.savez(
            file,
            ids=np.concatenate([np.asarray(one.row.ids, np.uint16) for one in items]),
            probabilities=np.concatenate([one.probabilities for one in items]),
            lengths=np.array([len(one.row.ids) for one in items], np.int32),
            made=np.array([one.is_made for one in items]),
        )
