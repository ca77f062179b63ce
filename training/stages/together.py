"""All tasks by turns on one table of embeddings, twice.

`together` begins with what `vectors` left.  `again` begins with what the tunings on that table
left, and adds the teacher's guesses to the turns.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from ..model import checkpoints
from ..model.batches import Batches
from ..model.network import Encoder, Head, Layer
from ..model.steps import optimizer_for, run_steps
from ..recipe import MADE_QUESTIONS
from ..tasks.build import build, learner_for
from ..tasks.classes import ClassLearner
from ..tasks.guide import Guide
from ..tasks.learner import Learner
from ..tasks.tokens import TokenLearner
from ..tasks.words import Guesses, Words
from ..teacher.silver import silver_file
from .run import Run


def new_learner(
    run: Run,
    words: Encoder,
    meaning: Encoder,
    name: str,
    dropout: float,
    shares: tuple[float, float],
    in_windows: bool = False,
) -> Learner:
    """A task's learner with layers copied from one of the two encoders.

    `shares` are of questions made from plain text, and of those on made texts; `in_windows`: their
    contexts are those that the engine reads.
    """
    recipe = run.recipe
    task = build(run.tokenizer, run.data, name, in_windows)
    torch.manual_seed(recipe.seed)
    encoder = (meaning if task.kind == "classes" else words).shared()
    encoder.set_depth(recipe.tasks[name].layers)
    for layer in encoder.layers:
        assert isinstance(layer, Layer)
        layer.dropout = dropout
    head = Head(task.kind, recipe.shape, len(task.labels) or 2)
    return learner_for(task, encoder, head, recipe, shares)


def add_teacher(run: Run, learner: Learner, made_names: float = 1.0) -> None:
    """The teacher's part of a task's lessons: a guide, or silver sentences.

    `made_names` is the share of the made ones among these that are kept.
    """
    task = learner.task
    if isinstance(learner, ClassLearner) and run.recipe.tasks[task.name].guided:
        learner.guide = Guide(run.vectors, task, run.recipe)
        count = len(learner.guide.labeled)
        run.say(f"{task.name}: a guide from {count} of {len(task.train)} texts")
    if isinstance(learner, TokenLearner) and run.recipe.tasks[task.name].silver:
        learner.use_silver(silver_file(run.teacher, task.name), made_names)


class Turns:
    """The losses of all tasks, in rounds of another order each."""

    def __init__(self, run: Run, again: bool) -> None:
        self.run, recipe = run, run.recipe
        self.numbers = recipe.again if again else recipe.together
        torch.manual_seed(recipe.seed)
        self.words, self.word_head = run.base()
        self.meaning = self.words.shared()
        self._load_stage("together" if again else "vectors")
        self.learners = {
            name: new_learner(
                run, self.words, self.meaning, name, recipe.dropout(name), (MADE_QUESTIONS, 0.0)
            )
            for name in recipe.tasks
        }
        if again:
            self._load_tuned()
        self.text = Words(run.tokenizer, run.corpus, run.data)
        self.guesses = Guesses(run.teacher / "guesses.npz", recipe) if again else None
        for learner in self.learners.values():
            add_teacher(run, learner)
        size, sorted_batches = recipe.losses.sentence_batch, recipe.data.sorted_batches
        batches = Batches(run.vectors.rows, size, recipe.seed, sorted_batches)
        self.sentences = batches.forever()
        self.r = random.Random(recipe.seed)
        self.streams = {name: one.batches.forever() for name, one in self.learners.items()}
        turns: Iterable[tuple[str, int]] = self.numbers.turns.items()
        self.order = [name for name, count in turns for _ in range(count)]

    def _load_stage(self, stage: str) -> None:
        state = checkpoints.load(self.run.stage_file(stage))
        self.words.load_state_dict(state["words"])
        self.word_head.load_state_dict(state["head"])
        self.meaning.load_state_dict(state["meaning"])

    def _load_tuned(self) -> None:
        """What the tunings on the first table left."""
        self.words.set_depth(self.run.recipe.shape.word_layers)
        tuned = self.run.last_tuned("together")
        state = checkpoints.load(self.run.tuned_file(tuned["vectors"]))
        self.meaning.load_state_dict(state["encoder"])
        for name, learner in self.learners.items():
            state = checkpoints.load(self.run.tuned_file(tuned[name]))
            learner.encoder.load_state_dict(state["encoder"])
            learner.head.load_state_dict(state["head"])

    def modules(self) -> list[torch.nn.Module]:
        learned = [m for one in self.learners.values() for m in (one.encoder, one.head)]
        return [self.words, self.meaning, self.word_head, *learned]

    def loss(self, step: int) -> Tensor:
        if step % len(self.order) == 0:
            self.r.shuffle(self.order)
        name = self.order[step % len(self.order)]
        vectors = self.run.vectors
        if name == "guesses":
            assert self.guesses is not None
            return self.numbers.guesses * self.guesses.loss(self.words, self.word_head)
        if name in ("words", "single"):
            is_single = name == "single"
            loss = self.text.loss(self.words, self.word_head, is_single, full=False)
            return self.numbers.words * loss
        if name == "vectors":
            return vectors.loss(self.meaning, next(self.sentences), None)
        if name == "pairs":
            pairs = self.r.sample(vectors.pairs["train"], self.run.recipe.losses.pair_batch)
            return vectors.pair_loss(self.meaning, pairs)
        return self.learners[name].loss(next(self.streams[name]))

    def scores(self) -> dict[str, float]:
        found = {name: learner.score() for name, learner in self.learners.items()}
        return {"stsb": self.run.vectors.score(self.meaning), **found}

    def state(self) -> dict[str, Any]:
        state = {
            "words": self.words.state_dict(),
            "head": self.word_head.state_dict(),
            "meaning": self.meaning.state_dict(),
        }
        for name, learner in self.learners.items():
            state[f"{name}.encoder"] = learner.encoder.state_dict()
            state[f"{name}.head"] = learner.head.state_dict()
        return state


def train_together(run: Run, again: bool) -> None:
    stage = "again" if again else "together"
    turns = Turns(run, again)
    numbers, recipe = turns.numbers, run.recipe
    optimizer, parameters = optimizer_for(turns.modules(), numbers.rate, recipe.optimizer)

    def log(step: int, average: float) -> None:
        run.log(stage=stage, step=step, loss=average, **turns.scores())

    run_steps(
        optimizer, parameters, numbers.steps, turns.loss, log, numbers.log_every, recipe.optimizer
    )
    checkpoints.save(turns.state(), run.stage_file(stage))
