"""Names in plain text, labeled by the teacher: silver sentences for the small model.

The gold sets hold 1,352 sentences of an encyclopedia and some thousand tweets: far too little for
small layers that know few names.  So the teacher is tuned on them, and then says of each word of
many unlabeled sentences how probable each kind of name is; bertlite_fast itself runs it for that,
in int8.  Only train splits are read.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor
from transformers import BertForTokenClassification

from bertlite_fast import AutoModelForTokenClassification, Tokenizer
from bertlite_fast.files import AtomicFile

from ..data.entities import ENTITIES, IGNORED
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
    """The teacher with a head for names, tuned on the gold sets."""
    recipe = data.recipe
    torch.manual_seed(recipe.seed)
    model = BertForTokenClassification.from_pretrained(
        minilm.folder(data), num_labels=len(ENTITIES), id2label=dict(enumerate(task.labels))
    )
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
        say(f"names: {step} of {count}, loss {average:.4f}")

    every = recipe.silver.tuning_log_every
    run_steps(optimizer, parameters, count, loss, log, every, recipe.optimizer)
    with folder_atomically(out) as folder:
        model.save_pretrained(folder)


def unlabeled(tokenizer: Tokenizer, data: Data) -> list[Row]:
    """Sentences, with 0 at each word's first token."""
    numbers = data.recipe.silver
    shortest, longest = numbers.words
    items = []
    for source, share in numbers.shares.items():
        texts = data.sentences(source, int(share * numbers.sentences), numbers.seed)
        sentences = [[word.text for word in words_of(text)] for text in texts]
        items += [
            (words, [0] * len(words)) for words in sentences if shortest <= len(words) <= longest
        ]
    random.Random(data.recipe.seed).shuffle(items)
    return encode(tokenizer, items, data.recipe.data.longest["tokens"])


def label(folder: Path, rows: list[Row], data: Data, say: Say) -> list[Any]:
    """The probabilities of each kind at each word's first token, as whole numbers of 0 to 255.

    All zeros at other tokens.
    """
    model: Any = AutoModelForTokenClassification.from_pretrained(str(folder))
    found: list[Any] = [None] * len(rows)

    def work(at: int) -> None:
        logits = np.asarray(model([rows[at].ids]).logits)[0]
        weights = np.exp(logits - logits.max(1, keepdims=True))
        whole = np.rint(255 * weights / weights.sum(1, keepdims=True)).astype(np.uint8)
        found[at] = whole * (np.asarray(rows[at].target) != IGNORED)[:, None]
        if at % data.recipe.silver.log_every == 0:
            say(f"names: {at} of {len(rows)} sentences labeled")

    minilm.in_threads(work, range(len(rows)), data.recipe.teacher.threads)
    return found


def write_silver(tokenizer: Tokenizer, data: Data, out: Path, say: Say) -> None:
    folder = out / "names"
    if not (folder / "config.json").exists():
        tune(build_tokens(tokenizer, data, "ner", with_renamed=False), data, folder, say)
    rows = unlabeled(tokenizer, data)
    probabilities = label(folder, rows, data, say)
    with AtomicFile(out / "silver.npz") as file:
        np.savez(
            file,
            ids=np.concatenate([np.asarray(row.ids, np.uint16) for row in rows]),
            probabilities=np.concatenate(probabilities),
            lengths=np.array([len(row.ids) for row in rows], np.int32),
        )
