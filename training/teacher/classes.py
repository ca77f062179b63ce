"""Texts labeled by the teacher, as a lesson for a small model that classifies texts.

The sets are small, and made texts show how something is put, not all that is said.  So the teacher
is tuned on both, and then says how probable each label is of many texts without labels, which
bertlite_fast itself runs in int8.  The result is a line of JSON for each text: the text and pairs
of a label's index and its probability, the likeliest first.  Only train splits are read.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable, cast

import torch
from torch import Tensor
from transformers import BertForSequenceClassification

from bertlite_fast import Tokenizer, pipeline
from bertlite_fast.files import write_atomically

from ..data.lessons import LESSONS
from ..data.sets import Data
from ..model.batches import padded
from ..model.steps import optimizer_for, run_steps
from ..tasks.learner import Task
from ..tasks.lessons import OWN, TextBatches, made_texts, smoothed, targets
from . import minilm

Say = Callable[[str], None]


def tune(task: Task, tokenizer: Tokenizer, data: Data, out: Path, say: Say) -> None:
    """The teacher with a head for the task, in as many steps as the recipe says."""
    numbers, losses = data.recipe.taught, data.recipe.losses
    smoothing = losses.label_smoothing
    torch.manual_seed(data.recipe.seed)
    model = BertForSequenceClassification.from_pretrained(
        minilm.folder(data), num_labels=len(task.labels), id2label=dict(enumerate(task.labels))
    )
    optimizer, parameters = optimizer_for([model], numbers.rate, data.recipe.optimizer)
    texts = (task.texts, made_texts(task, data))
    stream = TextBatches(
        texts,
        numbers.shares,
        tokenizer,
        data,
        numbers.batch,
        numbers.longest,
        losses.lesson_noise,
    ).forever()
    scored = random.Random(data.recipe.seed).sample(
        task.validation, min(numbers.scored, len(task.validation))
    )

    def loss(_: int) -> Tensor:
        rows = next(stream)
        ids, mask, _types = padded(rows)
        wanted = targets([row.target[1] for row in rows], len(task.labels))
        own = torch.tensor([row.target[0] == OWN for row in rows])
        wanted[own] = smoothed(wanted[own], smoothing)
        logits = model(ids, attention_mask=mask).logits.float()
        found: Tensor = -(wanted * logits.log_softmax(1)).sum(1).mean()
        return found

    @torch.no_grad()
    def accuracy() -> float:
        model.eval()
        best = (int(model(torch.tensor([row.ids])).logits.argmax()) for row in scored)
        right = sum(int(one == row.target) for one, row in zip(best, scored))
        model.train()
        return 100 * right / max(1, len(scored))

    def log(step: int, average: float) -> None:
        say(f"{task.name}: {step} of {count}, loss {average:.4f}, right {accuracy():.1f}")

    count = numbers.steps[task.name]
    run_steps(optimizer, parameters, count, loss, log, numbers.log_every, data.recipe.optimizer)
    minilm.save(model, out, data)


def label(task: Task, folder: Path, texts: Sequence[str], data: Data, say: Say) -> list[Any]:
    """The likeliest labels of each text."""
    numbers = data.recipe.taught
    pipe = cast(Any, pipeline)("text-classification", str(folder))
    index = {name: i for i, name in enumerate(task.labels)}
    found: list[Any] = [None] * len(texts)

    def work(at: int) -> None:
        answers = pipe(texts[at], top_k=numbers.kept, truncation=True, max_length=128)
        found[at] = [(index[one["label"]], round(one["score"], 4)) for one in answers]
        if at % numbers.label_log_every == 0:
            say(f"{task.name}: {at} of {len(texts)} texts labeled")

    minilm.in_threads(work, range(len(texts)), data.recipe.teacher.threads)
    return found


def write_taught(task: Task, tokenizer: Tokenizer, data: Data, out: Path, say: Say) -> None:
    folder = out / task.name
    if not (folder / "config.json").exists():
        tune(task, tokenizer, data, folder, say)
    texts = list(LESSONS[task.name].to_label(data))
    found = label(task, folder, texts, data, say)
    lines = (json.dumps(pair) for pair in zip(texts, found))
    write_atomically(out / f"{task.name}.jsonl", "\n".join(lines) + "\n")
