"""Trains all tasks: first together on one table of embeddings, then each alone in the engine's arithmetic.

    python training/train.py DATA CORPUS TEACHER BASE.pt RUN vectors     the encoder learns the teacher's vectors
    python training/train.py DATA CORPUS TEACHER BASE.pt RUN together    all tasks, words and vectors on one table
    python training/train.py DATA CORPUS TEACHER BASE.pt RUN alone [TASK ...]

Each step reads what the one before left in RUN, and writes to RUN/log.jsonl.  `alone` freezes the embeddings, which
are stored once; in its last part weights and activations are rounded as the engine does, and validation chooses there.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from home import at_home, common_words
from home import sentences as home_sentences
from labelled import IGNORED, NAMED, UNSURE, Row, Task, every
from network import CLS, MASK, PAD, SEP, Encoder, Layer, Linear, WordHead, new_table, parameter_groups
from pretrain import SHARES, Corpus, masked, sampled_loss
from sets import read
from torch import Tensor, nn
from torch.nn import functional as F

from bertlite_fast import Tokenizer

SEED = 1
BATCH = {"classes": 64, "tokens": 32, "answers": 32}
EXACT = 0.8  # of the steps that a task is trained alone are in bf16; then comes the engine's arithmetic
FIRST_CONTENT = 2060  # the vocabulary's words stand by frequency: those before are nearly all grammar
HIDDEN_WORDS = 0.1  # of a text's words when it or its words are classified: the rest has to do


class Head(nn.Module):
    """Hugging Face's heads: a pooler and a classifier on [CLS], or one linear layer on every token."""

    def __init__(self, kind: str, hidden: int, labels: int) -> None:
        super().__init__()
        self.pooler = Linear(hidden, hidden) if kind == "classes" else None
        self.out = nn.Linear(hidden, labels)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.8 / math.sqrt(hidden))
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(x if self.pooler is None else torch.tanh(self.pooler(x[:, 0])))
        return out.float()


class Batches:
    """Rows of about the same length together, in another order each time."""

    def __init__(self, rows: Sequence[Row], size: int, seed: int) -> None:
        self.rows, self.size, self.r = rows, size, random.Random(seed)

    def __iter__(self) -> Iterator[list[Row]]:
        order = list(range(len(self.rows)))
        self.r.shuffle(order)
        parts = []
        for at in range(0, len(order), 50 * self.size):
            near = sorted(order[at : at + 50 * self.size], key=lambda i: len(self.rows[i].ids))
            parts += [near[i : i + self.size] for i in range(0, len(near), self.size)]
        self.r.shuffle(parts)
        return ([self.rows[i] for i in part] for part in parts)

    def forever(self) -> Iterator[list[Row]]:
        while True:
            yield from self


def padded(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
    length = max(len(r.ids) for r in rows)
    ids = torch.full((len(rows), length), PAD)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, row in enumerate(rows):
        n = len(row.ids)
        ids[i, :n] = torch.from_numpy(np.asarray(row.ids, np.int64))
        mask[i, :n] = 1
        if row.types:
            types[i, :n] = torch.tensor(row.types)
    return ids, mask, types


def mean(hidden: Tensor, mask: Tensor) -> Tensor:
    m = mask[:, :, None].to(hidden.dtype)
    return (hidden * m).sum(1) / m.sum(1)


def token_loss(logits: Tensor, target: Tensor) -> Tensor:
    """A target of UNSURE means O or the last label, and one of NAMED anything but O.

    The last label counts for a fifth in both, or it would become the answer to every doubt.
    """
    chances = logits.log_softmax(-1).flatten(0, 1)
    target = target.flatten()
    chances, target = chances[target != IGNORED], target[target != IGNORED]
    if chances.shape[1] != UNSURE:
        return F.nll_loss(chances, target)
    last = chances[:, -1] + math.log(0.2)
    either, name = torch.logaddexp(chances[:, 0], last), torch.logaddexp(chances[:, 1:-1].logsumexp(1), last)
    sure = chances.gather(1, target.masked_fill(target >= UNSURE, 0)[:, None])[:, 0]
    return -torch.where(target == UNSURE, either, torch.where(target == NAMED, name, sure)).mean()


def repeated(scores: Tensor, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
    """A lesson in attention: a word of the question or the context is to look at the same word in the other.

    Left to themselves the layers find that out after far more questions than there are.
    """
    same = (ids[:, :, None] == ids[:, None, :]) & (types[:, :, None] != types[:, None, :]) & (mask[:, None, :] == 1) & (ids >= FIRST_CONTENT)[:, :, None]
    chances = scores.log_softmax(2).masked_fill(~same, -1e9).logsumexp(2)
    return -chances[same.any(2)].mean()


def hidden_words(ids: Tensor, r: torch.Generator) -> Tensor:
    chance = torch.rand(ids.shape, generator=r)
    return torch.where((chance < HIDDEN_WORDS) & (ids != CLS) & (ids != SEP) & (ids != PAD), MASK, ids)


class Learner:
    """A task with its layers and head."""

    def __init__(self, task: Task, encoder: Encoder, head: Head) -> None:
        self.task, self.encoder, self.head = task, encoder, head
        self.guide: Guide | None = None
        self.silver: Silver | None = None
        self.random = torch.Generator().manual_seed(SEED)
        self.batches = Batches(task.train, BATCH[task.kind], SEED)
        self.extra = Batches(task.extra, BATCH[task.kind], SEED).forever() if task.extra else None
        self.draw, self.made = random.Random(SEED), 0.6
        encoder.layers[0].watched = task.kind == "answers"
        self.judges = random.Random(SEED).sample(task.validation, min(len(task.validation), 1000 if task.kind == "answers" else 5000))

    def loss(self, rows: Sequence[Row]) -> Tensor:
        if self.extra is not None and self.draw.random() < self.made:
            rows = next(self.extra)
        ids, mask, types = padded(rows)
        if self.task.kind == "classes":
            ids = hidden_words(ids, self.random)
            first = torch.zeros(len(rows), 1, dtype=torch.long)
            logits = self.head(self.encoder(ids, mask, types, wanted=first))
            loss = F.cross_entropy(logits, torch.tensor([r.target for r in rows]), label_smoothing=0.05)
            return loss if self.guide is None else loss + self.guided()
        if self.task.kind == "tokens":
            ids = hidden_words(ids, self.random)
        logits = self.head(self.encoder(ids, mask, types))
        if self.task.kind == "tokens":
            target = torch.full(ids.shape, IGNORED)
            for i, row in enumerate(rows):
                target[i, : len(row.target)] = torch.tensor(row.target)
            loss = token_loss(logits, target)
            return loss if self.silver is None else loss + self.marked()
        logits = logits.masked_fill(mask[:, :, None] == 0, -1e4)
        start, end = (torch.tensor([r.target[i] for r in rows]) for i in (0, 1))
        loss = (F.cross_entropy(logits[:, :, 0], start) + F.cross_entropy(logits[:, :, 1], end)) / 2
        return loss if self.encoder.quantised else loss + 0.3 * repeated(self.encoder.layers[0].attended[:, 0].float(), ids, mask, types)

    def guided(self) -> Tensor:
        assert self.guide is not None
        rows = next(self.guide.stream)
        ids, mask, types = padded(rows)
        logits = self.head(self.encoder(hidden_words(ids, self.random), mask, types, wanted=torch.zeros(len(rows), 1, dtype=torch.long)))
        return F.kl_div(logits.log_softmax(1), self.guide.chances(rows), reduction="batchmean")

    def marked(self) -> Tensor:
        assert self.silver is not None
        rows = next(self.silver.stream)
        ids, mask, types = padded(rows)
        chances = torch.zeros(*ids.shape, len(self.task.labels))
        for i, row in enumerate(rows):
            chances[i, : len(row.target)] = torch.from_numpy(row.target / np.float32(255))
        told = chances.sum(2) > 0
        logits = self.head(self.encoder(hidden_words(ids, self.random), mask, types))[told]
        return F.kl_div(logits.log_softmax(1), chances[told] / chances[told].sum(1, keepdim=True), reduction="batchmean")

    @torch.no_grad()
    def score(self) -> float:
        """Accuracy of classes and tokens; F1 of entities; overlap of answers: to choose by, not to publish."""
        self.encoder.eval()
        self.head.eval()
        right = total = found = 0.0
        for at in range(0, len(self.judges), 128):
            rows = self.judges[at : at + 128]
            ids, mask, types = padded(rows)
            logits = self.head(self.encoder(ids, mask, types))
            if self.task.kind == "answers":
                logits = logits.masked_fill((mask * types)[:, :, None] == 0, -1e4)
                scores = logits[:, :, 0, None] + logits[:, None, :, 1]
                n = scores.shape[1]
                allowed = torch.ones(n, n).triu() - torch.ones(n, n).triu(16)
                best = scores.masked_fill(allowed == 0, -1e9).flatten(1).argmax(1)
            else:
                best = logits.argmax(-1)
            for i, row in enumerate(rows):
                if self.task.kind == "classes":
                    right += float(best[i] == row.target)
                    total += 1
                elif self.task.kind == "answers":
                    a, b = divmod(int(best[i]), scores.shape[1])
                    c, d = row.target
                    common = max(0, min(b, d) - max(a, c) + 1)
                    right += 2 * common / (b - a + d - c + 2)
                    total += 1
                else:
                    for guess, want in zip(best[i].tolist(), row.target):
                        if want in (IGNORED, NAMED):
                            continue
                        if self.task.name in ("ner", "slots"):
                            wanted = 0 < want < len(self.task.labels)
                            guessed = guess > 0 and not (want == UNSURE and guess == len(self.task.labels) - 1)
                            right += wanted and guess == want
                            total += wanted
                            found += guessed
                        else:
                            right += guess == want
                            total += 1
        self.encoder.train()
        self.head.train()
        if found:
            return 200 * right / (total + found)
        return 100 * right / max(total, 1)


class Vectors:
    """Sentences and their teacher's vectors, turned into as few dimensions as the encoder is wide."""

    def __init__(self, tokenizer: Tokenizer, folder: Path, data: Path, hidden: int) -> None:
        texts = (folder / "sentences.txt").read_text(encoding="utf-8").split("\n")[:-1]
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        sample: Any = np.asarray(vectors[:: max(1, len(vectors) // 100_000)], np.float64)
        directions: Any = np.linalg.eigh(sample.T @ sample)[1]
        self.turn = directions[:, : -hidden - 1 : -1].astype(np.float32)
        self.vectors = vectors
        self.rows = [Row(ids, i) for i, ids in enumerate(tokenizer(texts, truncation=True, max_length=64)["input_ids"])]
        self.pairs = {}
        for split, names in (("train", ("stsb_en", "semeval_sts_2012_16")), ("validation", ("stsb_en",))):
            items = [i for n in names for i in read(data, n, split)]
            a, b = (tokenizer([i[side] for i in items], truncation=True, max_length=96)["input_ids"] for side in ("text_a", "text_b"))
            self.pairs[split] = [(Row(x, 0), Row(y, 0), float(i["score"]) / 5) for x, y, i in zip(a, b, items)]

    def targets(self, rows: Sequence[Row]) -> Tensor:
        return F.normalize(torch.from_numpy(np.asarray(self.vectors[[r.target for r in rows]], np.float32) @ self.turn), dim=1)

    def loss(self, encoder: Encoder, rows: Sequence[Row], first: nn.Linear | None) -> Tensor:
        ids, mask, types = padded(rows)
        wanted = self.targets(rows)
        hidden = encoder(ids, mask, types)
        found = F.normalize(mean(hidden, mask), dim=1)
        near = 1 - (found * wanted).sum(1).mean()
        alike = (found @ found.T - wanted @ wanted.T).square().mean()
        loss = near + 3 * alike
        if first is not None:  # [CLS] is to know the same
            loss = loss + 0.5 * (1 - F.cosine_similarity(first(hidden[:, 0]), wanted).mean())
        return loss

    def pair_loss(self, encoder: Encoder, pairs: Sequence[tuple[Row, Row, float]]) -> Tensor:
        ids, mask, types = padded([p[0] for p in pairs] + [p[1] for p in pairs])
        found = F.normalize(mean(encoder(ids, mask, types), mask), dim=1)
        cosine = (found[: len(pairs)] * found[len(pairs) :]).sum(1)
        score = torch.tensor([p[2] for p in pairs])
        # The order of scores is what counts: for each two pairs, the one people scored higher is to be closer.
        higher = score[:, None] > score[None, :] + 0.05
        order = F.softplus(-20 * (cosine[:, None] - cosine[None, :]))[higher].mean()
        return order + 0.5 * (cosine - score).square().mean()

    @torch.no_grad()
    def score(self, encoder: Encoder) -> float:
        """Spearman's correlation with people's scores."""
        encoder.eval()
        cosines: list[float] = []
        pairs = self.pairs["validation"]
        for at in range(0, len(pairs), 256):
            part = pairs[at : at + 256]
            ids, mask, types = padded([p[0] for p in part] + [p[1] for p in part])
            found = F.normalize(mean(encoder(ids, mask, types), mask), dim=1)
            cosines += (found[: len(part)] * found[len(part) :]).sum(1).tolist()
        encoder.train()
        ranks = [np.argsort(np.argsort(x)) for x in (cosines, [p[2] + 1e-9 * i for i, p in enumerate(pairs)])]
        return 100 * float(np.asarray(np.corrcoef(ranks))[0, 1])


class Guide:
    """A classifier on the teacher's vectors, which are far better than ours, fitted to a task's labels: what it says
    of any sentence that has a vector is a lesson for the small model, most of all on what is none of the labels."""

    def __init__(self, vectors: Vectors, task: Task) -> None:
        where = {tuple(row.ids): i for i, row in enumerate(vectors.rows)}
        known = [(where[tuple(row.ids)], row.target) for row in task.train if tuple(row.ids) in where]
        x = torch.from_numpy(np.asarray(vectors.vectors[[i for i, _ in known]], np.float32)) * 10
        y = torch.tensor([label for _, label in known])
        self.weight = torch.zeros(x.shape[1], len(task.labels), requires_grad=True)
        self.bias = torch.zeros(len(task.labels), requires_grad=True)
        optimiser = torch.optim.LBFGS([self.weight, self.bias], lr=1, max_iter=60)

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = F.cross_entropy(x @ self.weight + self.bias, y) + 1e-4 * self.weight.square().sum()
            loss.backward()
            return loss

        optimiser.step(closure)
        self.vectors = vectors.vectors
        r = random.Random(SEED)
        short = [row for row in vectors.rows if 4 <= len(row.ids) <= 22]
        pool = r.sample(short, min(len(short), 120_000)) + [vectors.rows[i] for i, _ in known] * 2
        self.stream = Batches(pool, 64, SEED).forever()
        print(f"{task.name}: a guide from {len(known)} of {len(task.train)} texts", flush=True)

    @torch.no_grad()
    def chances(self, rows: Sequence[Row]) -> Tensor:
        x = torch.from_numpy(np.asarray(self.vectors[[row.target for row in rows]], np.float32)) * 10
        return (x @ self.weight + self.bias).softmax(1)


class Silver:
    """Sentences whose words a larger model has told the kinds of (silver.py)."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as found:
            ids, chances, ends = found["ids"], found["chances"], np.cumsum(found["lengths"])
        rows = [Row(ids[a:b], chances[a:b]) for a, b in zip([0, *ends[:-1]], ends)]
        self.stream = Batches(rows, 64, SEED).forever()


class Words:
    """Masked words: the texts of pre-training, and single sentences as fill-mask is asked about."""

    def __init__(self, tokenizer: Tokenizer, corpus: Path, data: Path) -> None:
        import sets

        self.corpus = Corpus(corpus, SHARES)
        self.r = np.random.default_rng(SEED)
        texts = list(home_sentences(60_000, 9))
        common = common_words()
        for source, count in (("modern", 500_000), ("books", 600_000), ("wikipedia", 600_000)):
            found = [t for t in sets.sentences(data, source, count, 21) if len(t.split()) < 25]
            texts += found[:20_000] + [t for t in found[20_000:] if at_home(t, common)][:60_000]
        print(f"{len(texts)} single sentences", flush=True)
        rows = [Row(ids, 0) for ids in tokenizer(texts, truncation=True, max_length=40)["input_ids"] if len(ids) > 5]
        self.single = Batches(rows, 128, SEED).forever()
        chances = torch.from_numpy(self.corpus.frequencies() ** 0.75).float()
        self.chances = 0.8 * chances / chances.sum() + 0.2 / len(chances)
        self.correction = torch.log(self.chances * 4096)

    def loss(self, encoder: Encoder, head: WordHead, single: bool, full: bool) -> Tensor:
        if single:
            ids, mask, _ = padded(next(self.single))
            noisy, places = masked(np.where(ids.numpy() == PAD, SEP, ids.numpy()), max(1, ids.shape[1] // 7), self.r)
            noisy[mask.numpy() == 0] = PAD
        else:
            ids, mask = torch.from_numpy(self.corpus.rows(64, 64, self.r)), None
            noisy, places = masked(ids.numpy(), 12, self.r)
        at = torch.from_numpy(places)
        targets = ids.gather(1, at).reshape(-1)
        hidden = head(encoder(torch.from_numpy(noisy), mask, wanted=at)).reshape(len(targets), -1)
        real = (targets != PAD) & (targets != SEP) & (targets != CLS)
        hidden, targets = hidden[real], targets[real]
        table = encoder.table
        if full:
            return F.cross_entropy((hidden @ table.T).float() + head.bias, targets)
        drawn = torch.multinomial(self.chances, 4096, replacement=True)
        return sampled_loss(hidden, table, head.bias, targets, drawn, self.correction)


class Run:
    def __init__(self, args: argparse.Namespace) -> None:
        self.folder: Path = args.run
        self.folder.mkdir(parents=True, exist_ok=True)
        self.args = args
        self.tokenizer = Tokenizer(args.data / "vocab.txt")
        self.begun = time.monotonic()

    def log(self, **what: Any) -> None:
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in what.items()} | {"seconds": round(time.monotonic() - self.begun)})
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(line + "\n")

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
    for linear, size in ((layer.qkv, 0.1), (layer.wide, 0.1), (layer.out, 0.02), (layer.narrow, 0.02)):
        nn.init.normal_(linear.weight, std=size)
        nn.init.zeros_(linear.bias)
    return layer


def one_cycle(part: float) -> float:
    return min(part / 0.06, (1 - part) / 0.94 + 0.003)


def steps(
    optimiser: torch.optim.Optimizer,
    parameters: Sequence[Tensor],
    count: int,
    loss_of: Callable[[int], Tensor],
    say: Callable[[int, float], None],
    every_steps: int,
    modules: Sequence[nn.Module] = (),
) -> None:
    """In bf16; if there are modules to be rounded, the last part is in the engine's arithmetic."""
    exact_from = int(EXACT * count) if modules else count
    peaks = [group["lr"] for group in optimiser.param_groups]
    total, seen = 0.0, 0
    for step in range(count):
        for group, peak in zip(optimiser.param_groups, peaks):
            group["lr"] = peak * one_cycle(step / count)
        optimiser.zero_grad(set_to_none=True)
        if step == exact_from:
            quantise(modules)
        with torch.autocast("cpu", torch.bfloat16, enabled=step < exact_from):
            loss = loss_of(step)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        total, seen = total + float(loss.detach()), seen + 1
        if (step + 1) % every_steps == 0 or step + 1 == count:
            say(step + 1, total / seen)
            total, seen = 0.0, 0


def optimiser_for(modules: Sequence[nn.Module], rate: float, decay: float = 0.01) -> tuple[torch.optim.AdamW, list[Tensor]]:
    groups = parameter_groups(modules, decay)
    parameters: list[Tensor] = [p for g in groups for p in g["params"]]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-6, fused=True), parameters


def train_vectors(run: Run) -> None:
    words, word_head = run.base()
    meaning = turned(words)
    first = nn.Linear(64, 64)
    vectors = Vectors(run.tokenizer, run.args.teacher, run.args.data, 64)
    text = Words(run.tokenizer, run.args.corpus, run.args.data)
    rows = Batches(vectors.rows, 256, SEED).forever()
    optimiser, parameters = optimiser_for([words, meaning, word_head, first], 2e-3)

    def loss(step: int) -> Tensor:
        return vectors.loss(meaning, next(rows), first) + (0.1 * text.loss(words, word_head, single=step % 8 == 0, full=False) if step % 4 == 0 else 0)

    def say(step: int, average: float) -> None:
        run.log(stage="vectors", step=step, loss=average, stsb=vectors.score(meaning))

    steps(optimiser, parameters, run.args.steps or 4000, loss, say, 1000)
    torch.save(
        {"words": words.state_dict(), "head": word_head.state_dict(), "meaning": meaning.state_dict(), "first": first.state_dict()}, run.folder / "vectors.pt"
    )


# How often a task comes in turn when all are trained together.
TURNS = {
    "words": 5, "single": 3, "vectors": 6, "pairs": 1, "intent": 4, "sentiment": 4, "emotion": 4, "pos": 4, "ner": 5, "slots": 2, "qa": 8,
    "clinc150": 4, "snips": 2, "hwu_slurp_home_subset": 1,
}  # fmt: skip


GUIDED = ("intent", "clinc150", "hwu_slurp_home_subset", "emotion", "sentiment")


def learners(run: Run, words: Encoder, meaning: Encoder, only: Sequence[str] | None = None) -> dict[str, Learner]:
    found = {}
    for task in every(run.tokenizer, run.args.data, only):
        torch.manual_seed(SEED)
        encoder = turned(meaning if task.kind == "classes" else words)
        while len(encoder.layers) < task.layers:
            encoder.layers.append(nearly_nothing(Layer(64, 2, 0.0)))
        for layer in encoder.layers:
            layer.dropout = task.dropout if run.args.dropout is None else run.args.dropout
        found[task.name] = Learner(task, encoder, Head(task.kind, 64, len(task.labels) or 2))
        found[task.name].made = run.args.made
    return found


def train_together(run: Run) -> None:
    words, word_head = run.base()
    state = torch.load(run.folder / "vectors.pt", weights_only=True)
    words.load_state_dict(state["words"])
    word_head.load_state_dict(state["head"])
    meaning = turned(words)
    meaning.load_state_dict(state["meaning"])
    vectors = Vectors(run.tokenizer, run.args.teacher, run.args.data, 64)
    text = Words(run.tokenizer, run.args.corpus, run.args.data)
    tasks = learners(run, words, meaning)
    for name in GUIDED:
        tasks[name].guide = Guide(vectors, tasks[name].task)
    tasks["ner"].silver = Silver(run.args.teacher / "silver.npz")
    sentences = Batches(vectors.rows, 128, SEED).forever()
    r = random.Random(SEED)
    streams = {name: learner.batches.forever() for name, learner in tasks.items()}
    modules = [words, meaning, word_head, *(m for t in tasks.values() for m in (t.encoder, t.head))]
    optimiser, parameters = optimiser_for(modules, 1.5e-3)
    order = [name for name, count in TURNS.items() for _ in range(count)]

    def loss(step: int) -> Tensor:
        if step % len(order) == 0:
            r.shuffle(order)
        name = order[step % len(order)]
        if name in ("words", "single"):
            return 0.3 * text.loss(words, word_head, single=name == "single", full=False)
        if name == "vectors":
            return vectors.loss(meaning, next(sentences), None)
        if name == "pairs":
            return vectors.pair_loss(meaning, r.sample(vectors.pairs["train"], 64))
        return tasks[name].loss(next(streams[name]))

    def say(step: int, average: float) -> None:
        run.log(stage="together", step=step, loss=average, stsb=vectors.score(meaning), **{name: t.score() for name, t in tasks.items()})

    steps(optimiser, parameters, run.args.steps or 14000, loss, say, 4000)
    state = {"words": words.state_dict(), "head": word_head.state_dict(), "meaning": meaning.state_dict()}
    for name, learner in tasks.items():
        state[f"{name}.encoder"], state[f"{name}.head"] = learner.encoder.state_dict(), learner.head.state_dict()
    torch.save(state, run.folder / "together.pt")


def freeze(encoder: Encoder) -> None:
    """The embeddings are stored once, for all."""
    for p in (encoder.table, encoder.places, encoder.types, *encoder.norm.parameters()):
        p.requires_grad_(False)


def quantise(modules: Sequence[nn.Module]) -> None:
    for module in modules:
        if isinstance(module, Encoder):
            module.quantised = True
        for m in module.modules():
            if isinstance(m, Linear):
                m.quantised = True


def words_alone(run: Run, words: Encoder, head: WordHead) -> None:
    if run.args.init == "words":  # go on
        before = torch.load(run.folder / "words.pt", weights_only=True)
        words.load_state_dict(before["encoder"])
        head.load_state_dict(before["head"])
    text = Words(run.tokenizer, run.args.corpus, run.args.data)
    optimiser, parameters = optimiser_for([words, head], run.args.rate or 1e-3)

    def loss(step: int) -> Tensor:
        return text.loss(words, head, single=step % 4 != 0, full=True)

    def say(step: int, average: float) -> None:
        run.log(stage="alone", task="words", step=step, loss=average)

    steps(optimiser, parameters, run.args.steps or 8000, loss, say, 1000, [words, head])
    torch.save({"encoder": words.state_dict(), "head": head.state_dict()}, run.folder / "words.pt")


def vectors_alone(run: Run, meaning: Encoder) -> None:
    vectors = Vectors(run.tokenizer, run.args.teacher, run.args.data, 64)
    sentences = Batches(vectors.rows, 128, SEED).forever()
    optimiser, parameters = optimiser_for([meaning], run.args.rate or 7e-4)
    r = random.Random(SEED)

    def loss(_: int) -> Tensor:
        return vectors.loss(meaning, next(sentences), None) + vectors.pair_loss(meaning, r.sample(vectors.pairs["train"], 64))

    def say(step: int, average: float) -> None:
        run.log(stage="alone", task="vectors", step=step, loss=average, score=vectors.score(meaning))

    steps(optimiser, parameters, run.args.steps or 4000, loss, say, 500, [meaning])
    torch.save({"encoder": meaning.state_dict()}, run.folder / "vectors-alone.pt")


def task_alone(run: Run, learner: Learner) -> None:
    name = learner.task.name
    init = run.args.init or learner.task.init
    if init:
        before = torch.load(run.folder / f"{init}.pt", weights_only=True)["encoder"]
        learner.encoder.load_state_dict(before, strict=False)  # which may have fewer layers
    if name in GUIDED:
        learner.guide = Guide(Vectors(run.tokenizer, run.args.teacher, run.args.data, 64), learner.task)
    if name == "ner":
        learner.silver = Silver(run.args.teacher / "silver.npz")
    run.log(stage="alone", task=name, step=0, score=learner.score())
    optimiser, parameters = optimiser_for([learner.encoder, learner.head], run.args.rate or learner.task.rate)
    stream = learner.batches.forever()
    count = run.args.steps or learner.task.steps
    best, kept = -1.0, None

    def say(step: int, average: float) -> None:
        nonlocal best, kept
        score = learner.score()
        run.log(stage="alone", task=name, step=step, loss=average, score=score)
        if learner.encoder.quantised and score > best:
            best, kept = score, copy.deepcopy((learner.encoder.state_dict(), learner.head.state_dict()))

    steps(optimiser, parameters, count, lambda _: learner.loss(next(stream)), say, max(1, count // 16), [learner.encoder, learner.head])
    if kept is None:
        raise RuntimeError(f"{name} was not trained")
    torch.save({"encoder": kept[0], "head": kept[1], "labels": learner.task.labels, "kind": learner.task.kind}, run.folder / f"{name}.pt")
    run.log(stage="alone", task=name, best=best)


def train_alone(run: Run) -> None:
    state = torch.load(run.folder / "together.pt", weights_only=True)
    for name in run.args.tasks or ["words", "vectors", *(n for n in TURNS if n not in ("words", "single", "vectors", "pairs"))]:
        torch.manual_seed(SEED)
        words, word_head = run.base()
        words.load_state_dict(state["words"])
        word_head.load_state_dict(state["head"])
        meaning = turned(words)
        meaning.load_state_dict(state["meaning"])
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "corpus", "teacher", "base", "run"):
        parser.add_argument(name, type=Path)
    parser.add_argument("stage", choices=("vectors", "together", "alone"))
    parser.add_argument("tasks", nargs="*", help="for `alone`: these only")
    parser.add_argument("--steps", type=int, help="instead of the usual number")
    parser.add_argument("--init", help="for `alone`: begin with the layers of this task")
    parser.add_argument("--rate", type=float, help="for `alone`: the peak, instead of the task's own")
    parser.add_argument("--dropout", type=float, help="instead of the task's own")
    parser.add_argument("--made", type=float, default=0.6, help="this share of the questions is made from plain text")
    args = parser.parse_args()
    torch.manual_seed(SEED)
    {"vectors": train_vectors, "together": train_together, "alone": train_alone}[args.stage](Run(args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
