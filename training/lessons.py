"""What the encoder is taught, each as a loss: a task's labels, a teacher's vectors and what they say, masked words."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from batches import SEED, SIZES, Batches, padded, tagged
from home import singles
from labelled import IGNORED, UNSURE, Row, Task
from network import CLS, MASK, PAD, SEP, Encoder, Linear, WordHead
from pretrain import SHARES, Corpus, masked, sampled_loss
from sets import read
from torch import Tensor, nn
from torch.nn import functional as F

from bertlite_fast import Tokenizer

FIRST_CONTENT = (
    2060  # the vocabulary's words stand by frequency: those before are nearly all grammar
)
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


def mean(hidden: Tensor, mask: Tensor) -> Tensor:
    m = mask[:, :, None].to(hidden.dtype)
    return (hidden * m).sum(1) / m.sum(1)


def token_loss(logits: Tensor, target: Tensor) -> Tensor:
    """A target of UNSURE means O or the last label, which counts for a fifth, or it would become the answer to every doubt."""
    chances = logits.log_softmax(-1).flatten(0, 1)
    target = target.flatten()
    chances, target = chances[target != IGNORED], target[target != IGNORED]
    if chances.shape[1] != UNSURE:
        return F.nll_loss(chances, target)
    either = torch.logaddexp(chances[:, 0], chances[:, -1] + math.log(0.2))
    sure = chances.gather(1, target.masked_fill(target == UNSURE, 0)[:, None])[:, 0]
    return -torch.where(target == UNSURE, either, sure).mean()


def repeated(scores: Tensor, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
    """A lesson in attention: a word of the question or the context is to look at the same word in the other.

    Left to themselves the layers find that out after far more questions than there are.
    """
    same = (
        (ids[:, :, None] == ids[:, None, :])
        & (types[:, :, None] != types[:, None, :])
        & (mask[:, None, :] == 1)
        & (ids >= FIRST_CONTENT)[:, :, None]
    )
    chances = scores.log_softmax(2).masked_fill(~same, -1e9).logsumexp(2)[same.any(2)]
    return -chances.sum() / max(1, len(chances))


def hidden_words(ids: Tensor, r: torch.Generator) -> Tensor:
    chance = torch.rand(ids.shape, generator=r)
    return torch.where(
        (chance < HIDDEN_WORDS) & (ids != CLS) & (ids != SEP) & (ids != PAD), MASK, ids
    )


class Learner:
    """A task with its layers and head."""

    def __init__(self, task: Task, encoder: Encoder, head: Head) -> None:
        self.task, self.encoder, self.head = task, encoder, head
        self.guide: Guide | None = None
        self.silver: Silver | None = None
        self.random = torch.Generator().manual_seed(SEED)
        self.batches = Batches(task.train, SIZES[task.kind], SEED)
        self.extra = Batches(task.extra, SIZES[task.kind], SEED).forever() if task.extra else None
        self.draw, self.made = random.Random(SEED), 0.6
        encoder.layers[0].watched = task.kind == "answers"
        self.judges = random.Random(SEED).sample(
            task.validation, min(len(task.validation), 1000 if task.kind == "answers" else 5000)
        )

    def loss(self, rows: Sequence[Row]) -> Tensor:
        if self.extra is not None and self.draw.random() < self.made:
            rows = next(self.extra)
        return {"classes": self.classes, "tokens": self.tokens, "answers": self.answers}[
            self.task.kind
        ](rows)

    def of_text(self, rows: Sequence[Row]) -> Tensor:
        """Logits of the [CLS] of rows in which words are hidden."""
        ids, mask, types = padded(rows)
        logits: Tensor = self.head(
            self.encoder(
                hidden_words(ids, self.random),
                mask,
                types,
                wanted=torch.zeros(len(rows), 1, dtype=torch.long),
            )
        )
        return logits

    def of_tokens(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """Ids, and logits of each, in rows in which words are hidden."""
        ids, mask, types = padded(rows)
        return ids, self.head(self.encoder(hidden_words(ids, self.random), mask, types))

    def classes(self, rows: Sequence[Row]) -> Tensor:
        loss = F.cross_entropy(
            self.of_text(rows), torch.tensor([r.target for r in rows]), label_smoothing=0.05
        )
        return loss if self.guide is None else loss + self.guided()

    def tokens(self, rows: Sequence[Row]) -> Tensor:
        ids, logits = self.of_tokens(rows)
        loss = token_loss(logits, tagged(rows, ids))
        # Gold sentences are few, and learned by heart when they count as much.
        return loss if self.silver is None else 0.5 * loss + self.marked()

    def answers(self, rows: Sequence[Row]) -> Tensor:
        ids, mask, types = padded(rows)
        logits = self.head(self.encoder(ids, mask, types))
        logits = logits.masked_fill(mask[:, :, None] == 0, -1e4)
        start, end = (torch.tensor([r.target[i] for r in rows]) for i in (0, 1))
        loss = (F.cross_entropy(logits[:, :, 0], start) + F.cross_entropy(logits[:, :, 1], end)) / 2
        return (
            loss
            if self.encoder.quantised
            else loss
            + 0.3 * repeated(self.encoder.layers[0].attended[:, 0].float(), ids, mask, types)
        )

    def guided(self) -> Tensor:
        assert self.guide is not None
        rows = next(self.guide.stream)
        return F.kl_div(
            self.of_text(rows).log_softmax(1), self.guide.chances(rows), reduction="batchmean"
        )

    def marked(self) -> Tensor:
        assert self.silver is not None
        rows = next(self.silver.stream)
        ids, logits = self.of_tokens(rows)
        chances = torch.zeros(*ids.shape, len(self.task.labels))
        for i, row in enumerate(rows):
            chances[i, : len(row.target)] = torch.from_numpy(row.target / np.float32(255))
        told = chances.sum(2) > 0
        return F.kl_div(
            logits[told].log_softmax(1),
            chances[told] / chances[told].sum(1, keepdim=True),
            reduction="batchmean",
        )

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
                        if want == IGNORED:
                            continue
                        if self.task.name in ("ner", "slots"):
                            wanted = 0 < want < len(self.task.labels)
                            guessed = guess > 0 and not (
                                want == UNSURE and guess == len(self.task.labels) - 1
                            )
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
        self.rows = [
            Row(ids, i)
            for i, ids in enumerate(tokenizer(texts, truncation=True, max_length=64)["input_ids"])
        ]
        self.pairs = {}
        for split, names in (
            ("train", ("stsb_en", "semeval_sts_2012_16")),
            ("validation", ("stsb_en",)),
        ):
            items = [i for n in names for i in read(data, n, split)]
            a, b = (
                tokenizer([i[side] for i in items], truncation=True, max_length=96)["input_ids"]
                for side in ("text_a", "text_b")
            )
            self.pairs[split] = [
                (Row(x, 0), Row(y, 0), float(i["score"]) / 5) for x, y, i in zip(a, b, items)
            ]

    def targets(self, rows: Sequence[Row]) -> Tensor:
        return F.normalize(
            torch.from_numpy(
                np.asarray(self.vectors[[r.target for r in rows]], np.float32) @ self.turn
            ),
            dim=1,
        )

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
        ranks = [
            np.argsort(np.argsort(x))
            for x in (cosines, [p[2] + 1e-9 * i for i, p in enumerate(pairs)])
        ]
        return 100 * float(np.asarray(np.corrcoef(ranks))[0, 1])


class Guide:
    """A classifier on the teacher's vectors, which are far better than ours, fitted to a task's labels: what it says
    of any sentence that has a vector is a lesson for the small model, most of all on what is none of the labels."""

    def __init__(self, vectors: Vectors, task: Task) -> None:
        where = {tuple(row.ids): i for i, row in enumerate(vectors.rows)}
        known = [
            (where[tuple(row.ids)], row.target) for row in task.train if tuple(row.ids) in where
        ]
        x = torch.from_numpy(np.asarray(vectors.vectors[[i for i, _ in known]], np.float32)) * 10
        y = torch.tensor([label for _, label in known])
        self.weight = torch.zeros(x.shape[1], len(task.labels), requires_grad=True)
        self.bias = torch.zeros(len(task.labels), requires_grad=True)
        optimiser = torch.optim.LBFGS([self.weight, self.bias], lr=1, max_iter=60)

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = (
                F.cross_entropy(x @ self.weight + self.bias, y) + 1e-4 * self.weight.square().sum()
            )
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
        x = (
            torch.from_numpy(np.asarray(self.vectors[[row.target for row in rows]], np.float32))
            * 10
        )
        return (x @ self.weight + self.bias).softmax(1)


class Silver:
    """Sentences whose words a larger model has told the kinds of (silver.py)."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as found:
            ids, chances, ends = found["ids"], found["chances"], np.cumsum(found["lengths"])
        rows = [Row(ids[a:b], chances[a:b]) for a, b in zip([0, *ends[:-1]], ends)]
        self.stream = Batches(rows, 64, SEED).forever()


def gaps(ids: Tensor, r: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Rows with one word in eight hidden, as fill-mask is asked: always by [MASK], and seldom a word of mere grammar; and the places."""
    chance = r.random(ids.shape) ** np.where(ids.numpy() < FIRST_CONTENT, 3.0, 1.0)
    chance[((ids == CLS) | (ids == SEP) | (ids == PAD)).numpy()] -= 1  # last
    places = np.sort(np.argsort(-chance, axis=1)[:, : max(1, ids.shape[1] // 8)], axis=1)
    at = torch.from_numpy(places)
    real = (ids.gather(1, at) != PAD) & (ids.gather(1, at) != SEP)
    return ids.scatter(1, at, torch.where(real, MASK, ids.gather(1, at))), at


class Guesses:
    """Single sentences with gaps, and what a larger model guesses to stand there (guesses.py)."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as found:
            ids, self.likeliest, self.chances = found["ids"], found["likeliest"], found["chances"]
            places, ends, gap_ends = (
                found["places"],
                np.cumsum(found["lengths"], dtype=np.int64),
                np.cumsum(found["counts"], dtype=np.int64),
            )
        # A target is where a row's gaps are, and the number of its first.
        rows = [
            Row(ids[a:b], (places[c:d], c))
            for a, b, c, d in zip([0, *ends[:-1]], ends, [0, *gap_ends[:-1]], gap_ends)
        ]
        self.stream = Batches(rows, 128, SEED).forever()

    def loss(self, encoder: Encoder, head: WordHead) -> Tensor:
        rows = next(self.stream)
        ids, mask, _ = padded(rows)
        most = max(len(row.target[0]) for row in rows)
        at = torch.zeros(len(rows), most, dtype=torch.long)
        real = torch.zeros(len(rows), most, dtype=torch.bool)
        for i, row in enumerate(rows):
            at[i, : len(row.target[0])] = torch.from_numpy(row.target[0].astype(np.int64))
            real[i, : len(row.target[0])] = True
        stood = ids.gather(1, at)[real]
        ids = ids.scatter(1, at, torch.where(real, MASK, CLS))
        chances = (
            (head(encoder(ids, mask, wanted=at))[real] @ encoder.table.T).float() + head.bias
        ).log_softmax(1)
        numbers = np.concatenate(
            [np.arange(row.target[1], row.target[1] + len(row.target[0])) for row in rows]
        )
        likeliest = torch.from_numpy(self.likeliest[numbers].astype(np.int64))
        wanted = torch.from_numpy(self.chances[numbers].astype(np.float32))
        return -(wanted * chances.gather(1, likeliest)).sum(1).mean() + 0.3 * F.nll_loss(
            chances, stood
        )


class Words:
    """Masked words: the texts of pre-training, and single sentences as fill-mask is asked about."""

    def __init__(self, tokenizer: Tokenizer, corpus: Path, data: Path) -> None:
        self.corpus = Corpus(corpus, SHARES)
        self.r = np.random.default_rng(SEED)
        rows = [
            Row(ids, 0)
            for ids in tokenizer(list(singles(data)), truncation=True, max_length=40)["input_ids"]
            if len(ids) > 5
        ]
        self.single = Batches(rows, 128, SEED).forever()
        chances = torch.from_numpy(self.corpus.frequencies() ** 0.75).float()
        self.chances = 0.8 * chances / chances.sum() + 0.2 / len(chances)
        self.correction = torch.log(self.chances * 4096)

    def loss(self, encoder: Encoder, head: WordHead, single: bool, full: bool) -> Tensor:
        if single:
            ids, mask, _ = padded(next(self.single))
            noisy, places = masked(
                np.where(ids.numpy() == PAD, SEP, ids.numpy()), max(1, ids.shape[1] // 7), self.r
            )
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
