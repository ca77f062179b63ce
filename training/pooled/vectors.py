"""Vectors of texts, learned from rows on a device.

The teacher learns first what people scored, and to keep a paraphrase nearer than a near miss;
then it says where all texts belong, and which sentences are neighbors.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .device import halved
from .kinds import VECTORS
from .lesson import Found, Given, Lesson, with_hidden
from .rows import Array, Batch
from .teacher import VectorTeacher, mean_vectors

(
    SENTENCES, PHRASES, LABELS, NAMED, NAMES, PAIRS, TRIPLES, SCORED_PAIRS, SCORED_TRIPLES
) = range(len(VECTORS))  # fmt: skip
TAUGHT = (SENTENCES, PHRASES, LABELS, PAIRS, TRIPLES)
ITSELF = 1e4  # off the logit of a text beside itself
NEIGHBORS_AT_ONCE = 2048  # rows


@dataclass
class Texts:
    """What a step learns from."""

    sentences: Batch
    others: Batch  # phrases and labels
    pairs: Batch
    triples: Batch
    named: Batch
    names: Batch  # of the labels that those may have


def scored_loss(found: Tensor, scores: Tensor, margin: float, sharpness: float) -> Tensor:
    """What people scored higher is to be closer; pairs stand behind one another."""
    cosine = (found[0::2] * found[1::2]).sum(1)
    is_higher = scores[:, None] > scores[None, :] + margin
    gaps = -sharpness * (cosine[:, None] - cosine[None, :])
    return F.softplus(gaps)[is_higher].sum() / is_higher.sum().clamp_min(1)


def opposed_loss(found: Tensor, margin: float, sharpness: float) -> Tensor:
    """By how much a paraphrase is too far, or a near miss too near."""
    said, same, other = found[0::3], found[1::3], found[2::3]
    near = (said * same).sum(1)
    gaps = torch.stack([(said * other).sum(1) - near, (same * other).sum(1) - near])
    return F.softplus(sharpness * (gaps + margin)).mean() / sharpness


def order_loss(found: Tensor, taught: Tensor, sharpness: float, is_itself: bool) -> Tensor:
    """How differently both order texts by nearness; as many rows as texts if those are the same."""
    if is_itself:
        found, taught = (x - ITSELF * torch.eye(len(x), device=x.device) for x in (found, taught))
    likely = (taught * sharpness).softmax(1)
    said = (found * sharpness).log_softmax(1)
    return (likely * (likely.clamp_min(1e-12).log() - said)).sum(1).mean()


class VectorLesson(Lesson):
    def __init__(self, given: Given) -> None:
        super().__init__(given, given.recipe.pooled.dropout)
        self.head = nn.Identity()
        self.losses, self.settings = self.recipe.losses, self.recipe.pooled.vectors
        self.r = np.random.default_rng(self.recipe.seed)

    def learn(self) -> Found:
        teacher = self._teacher()
        self._label(teacher)
        self._neighbors()
        self._turn()
        steps = self._texts()
        self.say(f"{self.name}: {self._scores(self.embedded)} before")
        found = self.learned(lambda: self.loss(next(steps)))
        self.say(f"{self.name}: {self._scores(self.embedded)} after")
        return found

    def embedded(self, batch: Batch, hidden: float = 0.0) -> Tensor:
        ids = with_hidden(batch.ids, hidden) if hidden else batch.ids
        return mean_vectors(self.encoder(ids, batch.inside), batch.inside)

    # ---- what a step takes

    def _groups(self, kind: int, each: int, count: int) -> Iterator[Batch]:
        """Without end: groups of rows behind one another, such as pairs."""
        firsts = np.flatnonzero(self.kinds == kind)[::each]
        while True:
            chosen = self.r.choice(firsts, count)
            yield self.pool.batch((chosen[:, None] + np.arange(each)).ravel())

    def _rows(self, kind: int) -> Iterator[Batch]:
        shares = [float(k == kind) for k in range(len(VECTORS))]
        return self.mix(shares, self.settings.sentences)

    def _near_rows(self) -> Iterator[Batch]:
        """Without end: sentences with their nearest."""
        count = self.settings.sentences // self.near.shape[1]
        while True:
            chosen: Array = self.near[self.r.integers(0, len(self.near), count)]
            yield self.pool.batch(np.unique(chosen))

    def _others(self) -> Iterator[Batch]:
        shares = [0.0] * len(VECTORS)
        shares[PHRASES], shares[LABELS] = 1 - self.settings.labels, self.settings.labels
        return self.mix(shares, self.settings.phrases)

    def _named(self) -> Iterator[tuple[Batch, Batch]]:
        """Without end: texts of a set, and the names of some of its labels, theirs among them."""
        of_rows = self.given.rows.of_rows
        labels, sets = of_rows["label"], of_rows["set"]
        named, names = (np.flatnonzero(self.kinds == kind) for kind in (NAMED, NAMES))
        texts = {label: named[labels[named] == label] for label in labels[names]}
        while True:
            some = names[sets[names] == self.r.choice(sets[names])]
            count = self.r.integers(2, self.settings.most_labels + 1)
            drawn = self.r.permutation(some)[:count]
            meant = self.r.choice(drawn, self.settings.named)
            chosen = np.array([self.r.choice(texts[labels[name]]) for name in meant])
            yield self.pool.batch(chosen), self.pool.batch(drawn)

    def _texts(self) -> Iterator[Texts]:
        settings = self.settings
        far, near, others = self._rows(SENTENCES), self._near_rows(), self._others()
        pairs = self._groups(PAIRS, 2, settings.pairs)
        triples = self._groups(TRIPLES, 3, settings.triples)
        turns = self._named()
        while True:
            for sentences in (far, near):
                rows = next(sentences), next(others), next(pairs), next(triples)
                yield Texts(*rows, *next(turns))

    # ---- the teacher

    def _teacher(self) -> VectorTeacher:
        """Tuned on scored pairs and near misses, and kept where it was for all else."""
        teacher = VectorTeacher(self.given.teacher)
        teacher.to(self.device)
        teacher.freeze_words()
        begun = copy.deepcopy(teacher).eval()
        settings, losses = self.settings, self.losses
        size = settings.teacher_batch
        pairs, triples = self._groups(PAIRS, 2, size), self._groups(TRIPLES, 3, size)
        shares = [0.0] * len(VECTORS)
        shares[SENTENCES] = shares[PHRASES] = 0.5
        kept = self.mix(shares, 2 * size)

        def loss() -> Tensor:
            some, three, others = next(pairs), next(triples), next(kept)
            with halved(self.device):
                vectors = [teacher(batch) for batch in (some, three, others)]
                with torch.no_grad():
                    before = begun(others)
            scored = scored_loss(
                vectors[0],
                some.of_rows("score")[::2],
                losses.pair_margin,
                losses.pair_sharpness,
            )
            opposed = opposed_loss(vectors[1], losses.contrast_margin, losses.contrast_sharpness)
            alike = (vectors[2] @ vectors[2].T - before @ before.T).square().mean()
            return scored + settings.opposites * opposed + settings.kept * alike

        self.say(f"{self.name}: {self._scores(begun)} of the teacher before")
        self.tune(teacher, loss, settings.teacher_rate)
        self.say(f"{self.name}: {self._scores(teacher)} of the teacher")
        return teacher

    @torch.no_grad()
    def _label(self, teacher: VectorTeacher) -> None:
        """Says where texts belong; those with slips belong where they do without."""
        source = self.given.rows.of_rows["source"]
        said = torch.zeros(len(source), teacher.width, dtype=torch.bfloat16, device=self.device)
        clean = np.flatnonzero(np.isin(self.kinds, TAUGHT) & (source == np.arange(len(source))))
        for batch in self.all_of(clean):
            with halved(self.device):
                said[batch.at] = teacher(batch).to(said.dtype)
        self.said = said[torch.from_numpy(source).to(self.device).long()]

    @torch.no_grad()
    def _neighbors(self) -> None:
        """Of some sentences, themselves and the nearest others."""
        source = self.given.rows.of_rows["source"]
        is_clean = (self.kinds == SENTENCES) & (source == np.arange(len(source)))
        every = np.flatnonzero(is_clean)
        some = self.r.permutation(every)[: self.settings.anchors]
        vectors = self.said[torch.from_numpy(every).to(self.device)]
        count = min(self.settings.near, len(every))
        found = []
        for at in range(0, len(some), NEIGHBORS_AT_ONCE):
            mine = self.said[torch.from_numpy(some[at : at + NEIGHBORS_AT_ONCE]).to(self.device)]
            found.append((mine @ vectors.T).topk(count, 1).indices.cpu().numpy())
        self.near: Array = every[np.concatenate(found)]

    @torch.no_grad()
    def _turn(self) -> None:
        """The teacher's main directions, turned to where the encoder's vectors are."""
        known = np.flatnonzero(np.isin(self.kinds, TAUGHT))
        sample = self.r.permutation(known)[: self.losses.vector_sample]
        some = self.said[torch.from_numpy(sample).to(self.device)].double()
        directions = torch.linalg.eigh(some.T @ some)[1].flip(1)[:, : self.recipe.shape.hidden]
        rows = np.sort(sample[: self.settings.turned])
        found = torch.cat([self.embedded(batch) for batch in self.all_of(rows)])
        order = rows[np.argsort(self.pool.lengths[rows], kind="stable")]
        taught = self.said[torch.from_numpy(order).to(self.device)].double() @ directions
        left, _, right = torch.linalg.svd(taught.T @ found.double(), full_matrices=False)
        self.turn = (directions @ left @ right).float()

    # ---- what is learned

    def loss(self, texts: Texts) -> Tensor:
        settings, losses = self.settings, self.losses
        hidden = losses.hidden_words
        sentences = self.embedded(texts.sentences)
        others = self.embedded(texts.others)
        pairs = self.embedded(texts.pairs, hidden)
        triples = self.embedded(texts.triples)
        parts = texts.sentences, texts.others, texts.pairs, texts.triples
        full = [self.said[part.at].float() for part in parts]
        found = torch.cat([sentences, others, pairs, triples])
        wanted = F.normalize(torch.cat(full) @ self.turn, dim=1)
        near = 1 - (found * wanted).sum(1).mean()
        alike = (found @ found.T - wanted @ wanted.T).square().mean()
        sharp = settings.sharpness
        order = order_loss(sentences @ others.T, full[0] @ full[1].T, sharp, False)
        order = order + order_loss(sentences @ sentences.T, full[0] @ full[0].T, sharp, True)
        opposed = opposed_loss(triples, losses.contrast_margin, losses.contrast_sharpness)
        scores = texts.pairs.of_rows("score")[::2]
        scored = scored_loss(pairs, scores, losses.pair_margin, losses.pair_sharpness)
        return (
            near
            + losses.vector_pairs * alike
            + settings.order * order
            + settings.opposites * opposed
            + settings.scored * scored
            + settings.naming * self._meant(texts)
        )

    def _meant(self, texts: Texts) -> Tensor:
        """Texts of the sets are to be nearest to the name of their own label."""
        said, names = self.embedded(texts.named), self.embedded(texts.names)
        is_own = texts.named.of_rows("label")[:, None] == texts.names.of_rows("label")[None, :]
        logits = said @ names.T * self.settings.sharpness
        return F.cross_entropy(logits, is_own.long().argmax(1))

    @torch.no_grad()
    def _scores(self, embedded: Callable[[Batch], Tensor]) -> str:
        """Spearman's correlation with people's scores, and held-out triples that are right."""
        found = {}
        for kind in (SCORED_PAIRS, SCORED_TRIPLES):
            rows = np.flatnonzero(self.kinds == kind)
            vectors = torch.zeros(len(rows), 0, device=self.device)
            for batch in self.all_of(rows):
                some = embedded(batch)
                if not vectors.shape[1]:
                    vectors = vectors.new_zeros(len(rows), some.shape[1])
                vectors[batch.at - int(rows[0])] = some.float()
            found[kind] = vectors
        pairs, triples = found[SCORED_PAIRS], found[SCORED_TRIPLES]
        cosines = (pairs[0::2] * pairs[1::2]).sum(1).cpu().numpy()
        scores = self.given.rows.of_rows["score"][self.kinds == SCORED_PAIRS][::2]
        ranks = [np.argsort(np.argsort(x, kind="stable")) for x in (cosines, scores)]
        said, same, other = triples[0::3], triples[1::3], triples[2::3]
        right = ((said * same).sum(1) > (said * other).sum(1)).float().mean()
        correlation: Array = np.asarray(np.corrcoef(ranks))
        return f"{100 * correlation[0, 1]:.1f} of pairs, {100 * float(right):.1f} % of triples"
