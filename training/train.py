"""Trains all tasks: together on one table of embeddings, then each alone in the engine's arithmetic; and both again.

    python training/train.py DATA CORPUS TEACHER BASE.pt RUN vectors     the encoder learns the teacher's vectors
    python training/train.py DATA CORPUS TEACHER BASE.pt RUN together    all tasks, words and vectors on one table
    python training/train.py DATA CORPUS TEACHER BASE.pt RUN alone [TASK ...]
    python training/train.py DATA CORPUS TEACHER BASE.pt RUN again       as `together`, from what `alone` left
    python training/train.py DATA CORPUS TEACHER BASE.pt RUN finish [TASK ...]       as `alone`, after that, and shorter

Each step reads what the one before left in RUN, and writes to RUN/log.jsonl.  `alone` freezes the embeddings, which
are stored once; in its last part weights and activations are rounded as the engine does, and validation chooses there.
"""

from __future__ import annotations

import argparse
import copy
import functools
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from batches import SEED, Batches
from labelled import every
from lessons import Guesses, Guide, Head, Learner, Silver, Vectors, Words
from network import Encoder, Layer, WordHead, new_table
from steps import optimiser_for, steps
from torch import Tensor, nn

from bertlite_fast import Tokenizer


class Run:
    def __init__(self, args: argparse.Namespace) -> None:
        self.folder: Path = args.run
        self.folder.mkdir(parents=True, exist_ok=True)
        self.args = args
        self.tokenizer = Tokenizer(args.data / "vocab.txt")
        self.begun = time.monotonic()
        self.second = args.stage == "finish"

    def log(self, **what: Any) -> None:
        line = json.dumps(
            {k: round(v, 4) if isinstance(v, float) else v for k, v in what.items()}
            | {"seconds": round(time.monotonic() - self.begun)}
        )
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    @functools.cached_property
    def vectors(self) -> Vectors:
        return Vectors(self.tokenizer, self.args.teacher, self.args.data, 64)

    def base(self) -> tuple[Encoder, WordHead]:
        state = torch.load(self.args.base, weights_only=True)
        encoder, head = Encoder(new_table()), WordHead(64)
        encoder.load_state_dict(state["encoder"])
        head.load_state_dict(state["head"])
        return encoder, head


def turned(encoder: Encoder) -> Encoder:
    """A copy with layers of its own that shares the embeddings."""
    other = copy.copy(encoder)
    other._modules = dict(encoder._modules)
    other.layers = copy.deepcopy(encoder.layers)
    return other


def nearly_nothing(layer: Layer) -> Layer:
    """A layer that passes on what it is given, to be put on top of trained ones."""
    for linear, size in (
        (layer.qkv, 0.1),
        (layer.wide, 0.1),
        (layer.out, 0.02),
        (layer.narrow, 0.02),
    ):
        nn.init.normal_(linear.weight, std=size)
        nn.init.zeros_(linear.bias)
    return layer


def train_vectors(run: Run) -> None:
    words, word_head = run.base()
    meaning = turned(words)
    first = nn.Linear(64, 64)
    vectors = run.vectors
    text = Words(run.tokenizer, run.args.corpus, run.args.data)
    rows = Batches(vectors.rows, 256, SEED).forever()
    optimiser, parameters = optimiser_for([words, meaning, word_head, first], 2e-3)

    def loss(step: int) -> Tensor:
        return vectors.loss(meaning, next(rows), first) + (
            0.1 * text.loss(words, word_head, single=step % 8 == 0, full=False)
            if step % 4 == 0
            else 0
        )

    def say(step: int, average: float) -> None:
        run.log(stage="vectors", step=step, loss=average, stsb=vectors.score(meaning))

    steps(optimiser, parameters, run.args.steps or 4000, loss, say, 1000)
    torch.save(
        {
            "words": words.state_dict(),
            "head": word_head.state_dict(),
            "meaning": meaning.state_dict(),
            "first": first.state_dict(),
        },
        run.folder / "vectors.pt",
    )


# How often a task comes in turn when all are trained together.
TURNS = {
    "words": 5, "single": 3, "vectors": 6, "pairs": 1, "intent": 4, "sentiment": 4, "emotion": 4, "pos": 4, "ner": 5, "slots": 2, "qa": 8,
    "clinc150": 4, "snips": 2, "hwu_slurp_home_subset": 1,
}  # fmt: skip
# The second time the table is to learn what it lacks: names, and words in their sentences.
TURNS_AGAIN = TURNS | {
    "words": 3,
    "single": 0,
    "guesses": 18,
    "vectors": 5,
    "intent": 3,
    "sentiment": 3,
    "emotion": 2,
    "ner": 18,
    "qa": 6,
    "clinc150": 3,
}
SHORTER = 4  # `finish` takes a fourth of the steps of `alone`
WORD_LAYERS = 5  # of fill-mask, but for the encoder that all begin with
GUIDED = ("intent", "clinc150", "hwu_slurp_home_subset", "emotion", "sentiment")


def with_layers(encoder: Encoder, count: int) -> Encoder:
    """Cut to the first ones, or with more that do nearly nothing yet."""
    encoder.layers = encoder.layers[:count]
    while len(encoder.layers) < count:
        encoder.layers.append(nearly_nothing(Layer(64, 2, 0.0)))
    return encoder


def learners(
    run: Run, words: Encoder, meaning: Encoder, only: Sequence[str] | None = None
) -> dict[str, Learner]:
    found = {}
    for task in every(run.tokenizer, run.args.data, only):
        torch.manual_seed(SEED)
        encoder = with_layers(turned(meaning if task.kind == "classes" else words), task.layers)
        for layer in encoder.layers:
            layer.dropout = task.dropout if run.args.dropout is None else run.args.dropout
        found[task.name] = Learner(task, encoder, Head(task.kind, 64, len(task.labels) or 2))
        found[task.name].made = run.args.made
    return found


def train_together(run: Run, again: bool) -> None:
    words, word_head = run.base()
    state = torch.load(run.folder / ("together.pt" if again else "vectors.pt"), weights_only=True)
    meaning = turned(words)
    words.load_state_dict(state["words"])
    word_head.load_state_dict(state["head"])
    meaning.load_state_dict(state["meaning"])
    tasks = learners(run, words, meaning)
    if again:
        with_layers(words, WORD_LAYERS)
        meaning.load_state_dict(
            torch.load(run.folder / "vectors-alone.pt", weights_only=True)["encoder"]
        )
        for name, learner in tasks.items():
            before = torch.load(run.folder / f"{name}.pt", weights_only=True)
            learner.encoder.load_state_dict(before["encoder"])
            learner.head.load_state_dict(before["head"])
    vectors = run.vectors
    text = Words(run.tokenizer, run.args.corpus, run.args.data)
    guesses = Guesses(run.args.teacher / "guesses.npz") if again else None
    for name in GUIDED:
        tasks[name].guide = Guide(vectors, tasks[name].task)
    tasks["ner"].silver = Silver(run.args.teacher / "silver.npz")
    sentences = Batches(vectors.rows, 128, SEED).forever()
    r = random.Random(SEED)
    streams = {name: learner.batches.forever() for name, learner in tasks.items()}
    modules = [words, meaning, word_head, *(m for t in tasks.values() for m in (t.encoder, t.head))]
    optimiser, parameters = optimiser_for(modules, run.args.rate or 1.5e-3)
    order = [
        name for name, count in (TURNS_AGAIN if again else TURNS).items() for _ in range(count)
    ]

    def loss(step: int) -> Tensor:
        if step % len(order) == 0:
            r.shuffle(order)
        name = order[step % len(order)]
        if name == "guesses" and guesses is not None:
            return 0.5 * guesses.loss(words, word_head)
        if name in ("words", "single"):
            return 0.3 * text.loss(words, word_head, single=name == "single", full=False)
        if name == "vectors":
            return vectors.loss(meaning, next(sentences), None)
        if name == "pairs":
            return vectors.pair_loss(meaning, r.sample(vectors.pairs["train"], 64))
        return tasks[name].loss(next(streams[name]))

    def say(step: int, average: float) -> None:
        run.log(
            stage=run.args.stage,
            step=step,
            loss=average,
            stsb=vectors.score(meaning),
            **{name: t.score() for name, t in tasks.items()},
        )

    steps(optimiser, parameters, run.args.steps or 14000, loss, say, 4000)
    state = {
        "words": words.state_dict(),
        "head": word_head.state_dict(),
        "meaning": meaning.state_dict(),
    }
    for name, learner in tasks.items():
        state[f"{name}.encoder"], state[f"{name}.head"] = (
            learner.encoder.state_dict(),
            learner.head.state_dict(),
        )
    torch.save(state, run.folder / f"{run.args.stage}.pt")


def freeze(encoder: Encoder) -> None:
    """The embeddings are stored once, for all."""
    for p in (encoder.table, encoder.places, encoder.types, *encoder.norm.parameters()):
        p.requires_grad_(False)


def words_alone(run: Run, words: Encoder, head: WordHead) -> None:
    if run.args.init == "words":  # go on
        before = torch.load(run.folder / "words.pt", weights_only=True)
        words.load_state_dict(before["encoder"])
        head.load_state_dict(before["head"])
    text = Words(run.tokenizer, run.args.corpus, run.args.data)
    guesses = Guesses(run.args.teacher / "guesses.npz")
    optimiser, parameters = optimiser_for([words, head], run.args.rate or 2e-3)

    def loss(step: int) -> Tensor:
        return (
            text.loss(words, head, single=False, full=True)
            if step % 8 == 0
            else guesses.loss(words, head)
        )

    def say(step: int, average: float) -> None:
        run.log(stage="alone", task="words", step=step, loss=average)

    steps(optimiser, parameters, run.args.steps or 26000, loss, say, 1000, [words, head])
    torch.save({"encoder": words.state_dict(), "head": head.state_dict()}, run.folder / "words.pt")


def vectors_alone(run: Run, meaning: Encoder) -> None:
    vectors = run.vectors
    sentences = Batches(vectors.rows, 128, SEED).forever()
    optimiser, parameters = optimiser_for([meaning], run.args.rate or 7e-4)
    r = random.Random(SEED)

    def loss(_: int) -> Tensor:
        return vectors.loss(meaning, next(sentences), None) + vectors.pair_loss(
            meaning, r.sample(vectors.pairs["train"], 64)
        )

    def say(step: int, average: float) -> None:
        run.log(
            stage="alone", task="vectors", step=step, loss=average, score=vectors.score(meaning)
        )

    steps(
        optimiser,
        parameters,
        run.args.steps or 4000 // (SHORTER if run.second else 1),
        loss,
        say,
        500,
        [meaning],
    )
    torch.save({"encoder": meaning.state_dict()}, run.folder / "vectors-alone.pt")


def begin_with(encoder: Encoder, state: dict[str, Tensor]) -> None:
    """Takes over trained layers; those above them pass on what they are given."""
    count = sum(name.endswith("qkv.weight") for name in state)
    for layer in encoder.layers[count:]:
        assert isinstance(layer, Layer)
        nearly_nothing(layer)
    encoder.load_state_dict(state, strict=count == len(encoder.layers))


def mean_of(a: dict[str, Tensor], b: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: (a[name] + b[name]) / 2 for name in b}


def task_alone(run: Run, learner: Learner) -> None:
    name = learner.task.name
    init = run.args.init or (None if run.second else learner.task.init)
    before: dict[str, Any] = {}
    if init:
        before = torch.load(run.folder / f"{init}.pt", weights_only=True)
        begin_with(learner.encoder, before["encoder"])
        if init == name:  # go on
            learner.head.load_state_dict(before["head"])
    if name in GUIDED:
        learner.guide = Guide(run.vectors, learner.task)
    if name == "ner":
        learner.silver = Silver(run.args.teacher / "silver.npz")
    run.log(stage="alone", task=name, step=0, score=learner.score())
    optimiser, parameters = optimiser_for(
        [learner.encoder, learner.head], run.args.rate or learner.task.rate
    )
    stream = learner.batches.forever()
    count = run.args.steps or learner.task.steps // (SHORTER if run.second else 1)
    best, kept = -1.0, None

    def say(step: int, average: float) -> None:
        nonlocal best, kept
        score = learner.score()
        run.log(stage="alone", task=name, step=step, loss=average, score=score)
        if learner.encoder.quantised and score > best:
            best, kept = (
                score,
                copy.deepcopy((learner.encoder.state_dict(), learner.head.state_dict())),
            )

    steps(
        optimiser,
        parameters,
        count,
        lambda _: learner.loss(next(stream)),
        say,
        max(1, count // 16),
        [learner.encoder, learner.head],
    )
    if kept is None:
        raise RuntimeError(f"{name} was not trained")
    kept[1]["out.bias"][0] += learner.task.doubt
    if run.args.mean:
        kept = mean_of(before["encoder"], kept[0]), mean_of(before["head"], kept[1])
    torch.save(
        {
            "encoder": kept[0],
            "head": kept[1],
            "labels": learner.task.labels,
            "kind": learner.task.kind,
        },
        run.folder / f"{name}.pt",
    )
    run.log(stage="alone", task=name, best=best)


def train_alone(run: Run) -> None:
    state = torch.load(
        run.folder / ("again.pt" if run.second else "together.pt"), weights_only=True
    )
    for name in run.args.tasks or [
        "words",
        "vectors",
        *(n for n in TURNS if n not in ("words", "single", "vectors", "pairs")),
    ]:
        torch.manual_seed(SEED)
        words, word_head = run.base()
        meaning = turned(words)
        meaning.load_state_dict(state["meaning"])
        with_layers(words, WORD_LAYERS if run.second else 2).load_state_dict(state["words"])
        with_layers(words, WORD_LAYERS)
        word_head.load_state_dict(state["head"])
        freeze(words)
        if name == "words":
            words_alone(run, words, word_head)
        elif name == "vectors":
            vectors_alone(run, meaning)
        else:
            learner = learners(run, words, meaning, [name])[name]
            learner.encoder.load_state_dict(state[f"{name}.encoder"])
            learner.head.load_state_dict(state[f"{name}.head"])
            task_alone(run, learner)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("data", "corpus", "teacher", "base", "run"):
        parser.add_argument(name, type=Path)
    parser.add_argument("stage", choices=("vectors", "together", "alone", "again", "finish"))
    parser.add_argument("tasks", nargs="*", help="for `alone` and `finish`: these only")
    parser.add_argument("--steps", type=int, help="instead of the usual number")
    parser.add_argument("--init", help="for `alone`: begin with the layers of this task")
    parser.add_argument(
        "--mean",
        action="store_true",
        help="with --init of the task itself: keep the mean of that and what it became",
    )
    parser.add_argument("--rate", type=float, help="the peak, instead of the usual one")
    parser.add_argument("--dropout", type=float, help="instead of the task's own")
    parser.add_argument(
        "--made",
        type=float,
        default=0.6,
        help="this share of the questions is made from plain text",
    )
    args = parser.parse_args()
    if args.mean and [args.init] != args.tasks:
        parser.error("--mean needs one task, and --init of that task")
    torch.manual_seed(SEED)
    run = Run(args)
    if args.stage in ("together", "again"):
        train_together(run, again=args.stage == "again")
    else:
        {"vectors": train_vectors, "alone": train_alone, "finish": train_alone}[args.stage](run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
