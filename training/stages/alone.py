"""Each task alone on frozen embeddings, which are stored once for all.

In the last part of a tuning weights and activations are rounded as the engine rounds them, and
validation chooses there.
"""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..model import checkpoints
from ..model.batches import Batches
from ..model.network import Encoder, Layer, State, WordHead, first_layers
from ..model.steps import optimizer_for, run_steps
from ..recipe import Pass, Tuning
from ..tasks.answers import AnswerLearner
from ..tasks.classes import ClassLearner
from ..tasks.contrasts import Contrasts
from ..tasks.learner import Learner
from ..tasks.lessons import Lessons
from ..tasks.meanings import Meanings
from ..tasks.tokens import TokenLearner
from ..tasks.words import Guesses, Words
from ..teacher.answers import answers_file
from .run import Run, tuning_name
from .together import add_teacher, new_learner


def tune(run: Run, one: Pass, tuning: Tuning) -> None:
    """One tuning, from what the stage of its table left."""
    state = checkpoints.load(run.stage_file(one.table))
    shape = run.recipe.shape
    torch.manual_seed(run.recipe.seed)
    words, word_head = run.base()
    meaning = words.shared()
    meaning.load_state_dict(state["meaning"])
    words.set_depth(shape.word_layers if one.table == "again" else shape.layers)
    words.load_state_dict(state["words"])
    words.set_depth(shape.word_layers)
    word_head.load_state_dict(state["head"])
    words.freeze_embeddings()
    name = tuning_name(one, tuning)
    if tuning.task == "words":
        found = tune_words(run, tuning, name, words, word_head)
    elif tuning.task == "vectors":
        tuned = tune_vectors if tuning.teacher else tune_contrasts
        tuned = tune_meanings if tuning.taught else tuned
        found = tuned(run, tuning, name, meaning)
    else:
        task = tuning.task
        shares = tuning.made_questions, tuning.read_questions
        learner = new_learner(run, words, meaning, task, tuning.dropout, shares, tuning.in_windows)
        if tuning.layers:
            learner.encoder.set_depth(tuning.layers)
            for layer in learner.encoder.layers:
                assert isinstance(layer, Layer)
                layer.dropout = tuning.dropout
        learner.encoder.start_from(state[f"{task}.encoder"])
        learner.head.load_state_dict(state[f"{task}.head"])
        found = TaskTuning(run, tuning, name, learner).train()
    checkpoints.save(found, run.tuned_file(name))


def tune_words(run: Run, tuning: Tuning, name: str, words: Encoder, head: WordHead) -> State:
    """Fill-mask: the teacher's guesses, and now and then running text, by the full softmax."""
    recipe = run.recipe
    text = Words(run.tokenizer, run.corpus, run.data)
    guesses = Guesses(run.teacher / "guesses.npz", recipe)
    optimizer, parameters = optimizer_for([words, head], tuning.rate, recipe.optimizer)

    def loss(step: int) -> Tensor:
        if step % recipe.logs.words_text_every == 0:
            return text.loss(words, head, single=False, full=True)
        return guesses.loss(words, head)

    def log(step: int, average: float) -> None:
        run.log(stage=name, step=step, loss=average)

    every = recipe.logs.words_every
    numbers = recipe.optimizer
    run_steps(optimizer, parameters, tuning.steps, loss, log, every, numbers, [words, head])
    return {"encoder": words.state_dict(), "head": head.state_dict(), "kind": "words"}


def tune_contrasts(run: Run, tuning: Tuning, name: str, meaning: Encoder) -> dict[str, Any]:
    """Vectors again, without a teacher: opposites apart, and all else where it was."""
    recipe, losses = run.recipe, run.recipe.losses
    if tuning.start is None:
        raise ValueError(f"{name}: the recipe wants no teacher, but names no start.")
    meaning.load_state_dict(checkpoints.load(run.tuned_file(tuning.start))["encoder"])
    contrasts = Contrasts(run.tokenizer, run.data, meaning)
    scored = contrasts.scored
    optimizer, parameters = optimizer_for([meaning], tuning.rate, recipe.optimizer)
    r = random.Random(recipe.seed)

    def loss(_: int) -> Tensor:
        pairs = r.sample(scored.pairs["train"], losses.pair_batch)
        found = scored.pair_loss(meaning, pairs) + losses.contrast_kept * contrasts.kept(meaning)
        return found + losses.contrast_weight * contrasts.loss(meaning)

    def log(step: int, average: float) -> None:
        score, right = scored.score(meaning), contrasts.score(meaning)
        run.log(stage=name, step=step, loss=average, score=score, opposites=right)

    log(0, 0.0)
    every = recipe.logs.vectors_every
    run_steps(optimizer, parameters, tuning.steps, loss, log, every, recipe.optimizer, [meaning])
    return {"encoder": meaning.state_dict(), "kind": "vectors"}


def tune_meanings(run: Run, tuning: Tuning, name: str, meaning: Encoder) -> dict[str, Any]:
    """Vectors again, by the teacher's of sentences and phrases; opposites stay apart."""
    recipe, losses, numbers = run.recipe, run.recipe.losses, run.recipe.meanings
    if tuning.start is None:
        raise ValueError(f"{name}: the recipe names no start.")
    meaning.load_state_dict(checkpoints.load(run.tuned_file(tuning.start))["encoder"])
    meanings = Meanings(run.tokenizer, run.teacher, run.data, meaning)
    scored = meanings.scored
    by_length = sorted(scored.pairs["train"], key=lambda pair: len(pair[0].ids))
    optimizer, parameters = optimizer_for([meaning], tuning.rate, recipe.optimizer)
    r = random.Random(recipe.seed)

    def loss(step: int) -> Tensor:
        found = numbers.weight * meanings.taught(meaning)
        if step % numbers.turns:
            return found + numbers.turns * numbers.naming * meanings.meant(meaning)
        at = r.randrange(max(1, len(by_length) - tuning.alike_pairs))
        pairs = r.sample(by_length[at : at + tuning.alike_pairs], losses.pair_batch)
        others = tuning.scored * scored.pair_loss(meaning, pairs)
        return found + numbers.turns * (others + tuning.opposites * meanings.loss(meaning))

    def log(step: int, average: float) -> None:
        score, right = scored.score(meaning), meanings.score(meaning)
        run.log(stage=name, step=step, loss=average, score=score, opposites=right)

    log(0, 0.0)
    every = numbers.log_every
    run_steps(optimizer, parameters, tuning.steps, loss, log, every, recipe.optimizer, [meaning])
    state = meaning.state_dict()
    if tuning.mixed is not None:
        other, share = tuning.mixed
        earlier = checkpoints.load(run.tuned_file(other))["encoder"]
        state = mean_of(earlier, state, share)
        meaning.load_state_dict(state)
        score, right = scored.score(meaning), meanings.score(meaning)
        run.log(stage=name, mixed=share, score=score, opposites=right)
    return {"encoder": state, "kind": "vectors"}


def tune_vectors(run: Run, tuning: Tuning, name: str, meaning: Encoder) -> dict[str, Any]:
    recipe, vectors = run.recipe, run.vectors
    size, sorted_batches = recipe.losses.sentence_batch, recipe.data.sorted_batches
    sentences = Batches(vectors.rows, size, recipe.seed, sorted_batches).forever()
    optimizer, parameters = optimizer_for([meaning], tuning.rate, recipe.optimizer)
    r = random.Random(recipe.seed)

    def loss(_: int) -> Tensor:
        near = vectors.loss(meaning, next(sentences), None)
        pairs = r.sample(vectors.pairs["train"], recipe.losses.pair_batch)
        return near + vectors.pair_loss(meaning, pairs)

    def log(step: int, average: float) -> None:
        run.log(stage=name, step=step, loss=average, score=vectors.score(meaning))

    every = recipe.logs.vectors_every
    numbers = recipe.optimizer
    run_steps(optimizer, parameters, tuning.steps, loss, log, every, numbers, [meaning])
    return {"encoder": meaning.state_dict(), "kind": "vectors"}


class TaskTuning:
    """Keeps the best of a task's states in the engine's arithmetic."""

    def __init__(self, run: Run, tuning: Tuning, name: str, learner: Learner) -> None:
        self.run, self.tuning, self.name, self.learner = run, tuning, name, learner
        self.best = -1.0
        self.kept: tuple[State, State] | None = None
        if tuning.start:
            self._begin_with(tuning.start)
        self.begun = copy.deepcopy((learner.encoder.state_dict(), learner.head.state_dict()))
        if tuning.teacher:
            add_teacher(run, learner, tuning.made_names)
        if tuning.gold is not None and isinstance(learner, TokenLearner):
            learner.gold = tuning.gold
        if tuning.taught and isinstance(learner, AnswerLearner):
            learner.use_taught(answers_file(run.teacher, learner.task.name))
        if tuning.earlier and isinstance(learner, ClassLearner):
            encoder, head = copy.deepcopy((learner.encoder, learner.head))
            taught = run.teacher / f"{learner.task.name}.jsonl" if tuning.taught else None
            learner.lessons = Lessons(
                learner.task, run.tokenizer, run.data, encoder, head, tuning, taught
            )

    def _begin_with(self, start: str) -> None:
        """Takes over the layers of another tuning, and the head too if the task is the same."""
        found = checkpoints.load(self.run.tuned_file(start))
        self.learner.encoder.start_from(found["encoder"])
        if start.split("/")[1] == self.tuning.task:
            self.learner.head.load_state_dict(found["head"])

    def train(self) -> dict[str, Any]:
        learner, recipe = self.learner, self.run.recipe
        modules = [learner.encoder, learner.head]
        optimizer, parameters = optimizer_for(modules, self.tuning.rate, recipe.optimizer)
        self.optimizer = optimizer
        first = self._resumed() if self._unfinished.exists() else 0
        self.run.log(stage=self.name, step=first, score=learner.score())
        stream = learner.batches.forever()
        run_steps(
            optimizer,
            parameters,
            self.tuning.steps,
            lambda _: learner.loss(next(stream)),
            self._log,
            max(1, self.tuning.steps // recipe.logs.scores),
            recipe.optimizer,
            modules,
            first,
        )
        self._unfinished.unlink(missing_ok=True)
        encoder, head = self._kept()
        self.run.log(stage=self.name, best=self.best)
        task = learner.task
        return {"encoder": encoder, "head": head, "labels": task.labels, "kind": task.kind}

    def _log(self, step: int, average: float) -> None:
        learner = self.learner
        score = learner.score()
        self.run.log(stage=self.name, step=step, loss=average, score=score)
        if learner.encoder.quantized and score > self.best:
            self.best = score
            self.kept = copy.deepcopy((learner.encoder.state_dict(), learner.head.state_dict()))
        states = {"encoder": learner.encoder.state_dict(), "head": learner.head.state_dict()}
        states |= {"optimizer": self.optimizer.state_dict(), "kept": self.kept, "best": self.best}
        checkpoints.save(states | {"step": step}, self._unfinished)

    @property
    def _unfinished(self) -> Path:
        """What an interrupted tuning goes on from."""
        return self.run.tuned_file(f"{self.name}.unfinished")

    def _resumed(self) -> int:
        state = checkpoints.load(self._unfinished)
        self.learner.encoder.load_state_dict(state["encoder"])
        self.learner.head.load_state_dict(state["head"])
        rates = [group["lr"] for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])
        for group, rate in zip(self.optimizer.param_groups, rates):
            group["lr"] = rate
        self.kept, self.best = state["kept"], state["best"]
        return int(state["step"])

    def _kept(self) -> tuple[State, State]:
        """The best state, its first label shifted; or its mean with earlier tunings."""
        if self.kept is None:
            raise RuntimeError(f"{self.name} was never scored in the engine's arithmetic.")
        encoder, head = self.kept
        shift = self.tuning.first_label_shift
        if shift is None:
            shift = self.run.recipe.tasks[self.tuning.task].first_label_shift
        if shift:
            head = shift_label(head, 0, shift)
            self.run.log(stage=self.name, first_label_shift=shift)
        if self.tuning.mean and self.tuning.start is None:
            raise ValueError(f"{self.name}: the recipe asks for a mean, but names no start.")
        if self.tuning.mean:
            begun, begun_head = self.begun  # with layers that the start has not
            encoder = mean_of(begun, encoder, self.tuning.mean_share)
            head = mean_of(begun_head, head, self.tuning.mean_share)
        if self.tuning.mean_with:
            state = checkpoints.load(self.run.tuned_file(self.tuning.mean_with))
            encoder = mean_of(state["encoder"], encoder)
            head = mean_of(state["head"], head)
        if self.tuning.kept_layers:
            encoder = first_layers(encoder, self.tuning.kept_layers)
        if self.tuning.mixed:
            other, share = self.tuning.mixed
            state = checkpoints.load(self.run.tuned_file(other))
            encoder = mean_of(state["encoder"], encoder, share)
            head = mean_of(state["head"], head, share)
        return encoder, head


def shift_label(head: State, label: int, shift: float) -> State:
    """A head that says a label more often, or less, as the recipe says of the task."""
    bias = head["out.bias"].clone()
    bias[label] += shift
    return head | {"out.bias": bias}


def mean_of(a: State, b: State, share: float = 0.5) -> State:
    """What both agree on, as the table of embeddings, stays as it is."""
    return {name: torch.lerp(b[name], a[name], share) for name in b}
