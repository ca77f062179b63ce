"""Decisions beside what people meant: python bench/decisions.py DATA [--fit] [--model MODEL]

DATA has intent/SET/{train,validation}.jsonl.xz, lines with "text" and "label". Options are drawn
from a set's labels, by their names or by a few examples of the training part; texts are those of
the validation part (of banking77, which has none, a part of the training part is set apart), one
in four of which belongs to no option: half of these have another label of the set, half are of
another set.

The table has: how often the right option is chosen when one has to be, of texts that have one; the
expected calibration error of "score", in ten bins; with abstain=True, how many texts are decided,
how often rightly, and how many of those without an option are refused; and how many of the right
answers have a score of 0.9 and more, and how many answers with such a score are right. "typed" is
for the same texts with slips of the finger in a word or two, "as it is" without their correction.

--fit, with texts as they are, with slips, and some that are an option's own, finds the constants of
bertlite_fast.decisions.SCALE, and shows each set's error with the constants that the others give.
It needs NumPy and SciPy.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bertlite_fast import Decider, pipeline
from bertlite_fast.decisions import SCALE, words_in, words_of
from training.data.noise import typed

SETS = ("clinc150", "hwu64", "snips", "banking77", "sgd_intent_turns")
ALIKE = {frozenset(("clinc150", "hwu64")), frozenset(("clinc150", "banking77"))}
EXAMPLES = (0, 1, 3, 10)
SIZES = (1, 2, 5, 20, 150)
TEXTS = 120  # of a draw
MOST = 3000  # texts of a set
OUTSIDE = 0.25
OWN = 6  # options of a draw of which one of their own texts is asked, too, to find the constants
SURE = 0.9


class Labeled:
    """A set: its texts by their labels, for examples and for questions."""

    def __init__(self, data: Path, name: str) -> None:
        draw = random.Random(1)
        rows = self._read(data / name / "train.jsonl.xz")
        draw.shuffle(rows)
        validation = data / name / "validation.jsonl.xz"
        asked = self._read(validation) if validation.is_file() else rows[:MOST]
        rows = rows if validation.is_file() else rows[MOST:]
        draw.shuffle(asked)
        self.name = name
        self.examples: dict[str, list[str]] = defaultdict(list)
        for text, label in rows:
            if label != "oos":
                self.examples[label].append(text)
        self.asked = [(t, label) for t, label in asked if label in self.examples or label == "oos"]
        del self.asked[MOST:]

    @staticmethod
    def _read(path: Path) -> list[tuple[str, str]]:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            return [(row["text"], row["label"]) for row in map(json.loads, file)]


class Draw:
    """Some options of a set, and texts with the option that each means, or None."""

    def __init__(
        self, sets: list[Labeled], of: Labeled, size: int, examples: int, draw: random.Random
    ) -> None:
        self.set, self.examples = of.name, examples
        labels = draw.sample(sorted(of.examples), min(size, len(of.examples)))
        self.options = {
            label: draw.sample(of.examples[label], min(examples, len(of.examples[label])))
            if examples
            else None
            for label in labels
        }
        inside = [(text, label) for text, label in of.asked if label in self.options]
        near = [(text, None) for text, label in of.asked if label not in self.options]
        others = [
            other
            for other in sets
            if other is not of and frozenset((other.name, of.name)) not in ALIKE
        ]
        far = [(text, None) for text, _ in draw.choice(others).asked]
        inside = draw.sample(inside, min(len(inside), int(TEXTS * (1 - OUTSIDE))))
        outside = int(len(inside) * OUTSIDE / (1 - OUTSIDE))
        near = draw.sample(near, min(len(near), outside // 2))
        self.texts: list[tuple[str, str | None]] = [
            *inside, *near, *draw.sample(far, outside - len(near))
        ]  # fmt: skip
        self.typed = [(typed(text, draw), meant) for text, meant in self.texts]
        self.own = [
            (draw.choice(self.options[label] or [words_of(label)]), label)
            for label in draw.sample(labels, min(OWN, len(labels)))
        ]


def error(scores: list[tuple[float, bool]]) -> float:
    """The expected calibration error in ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for score, right in scores:
        bins[min(9, int(score * 10))].append((score, right))
    return sum(
        abs(sum(s for s, _ in some) - sum(right for _, right in some)) for some in bins.values()
    ) / max(1, len(scores))


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}" if whole else ""


def measure(draws: list[Draw], model: Any, slips: bool = False) -> list[str]:
    inside = right = decided = decided_right = outside = refused = 0
    scores = []
    for draw in draws:
        decider = Decider(draw.options, **model)
        asked = draw.typed if slips else draw.texts
        texts = [text for text, _ in asked]
        for (_, meant), free, forced in zip(asked, decider(texts), decider(texts, abstain=None)):
            scores.append((free["score"], free["best"] == meant))
            decided += free["label"] is not None
            decided_right += free["label"] is not None and free["label"] == meant
            if meant is None:
                outside += 1
                refused += free["label"] is None
            else:
                inside += 1
                right += forced["label"] == meant
    sure = [is_right for score, is_right in scores if score >= SURE]
    return [percent(right, inside), f"{error(scores):.3f}", percent(decided, inside + outside),
            percent(decided_right, decided), percent(refused, outside),
            percent(sum(sure), sum(is_right for _, is_right in scores)),
            percent(sum(sure), len(sure))]  # fmt: skip


def table(sets: list[Labeled], model: Any, rounds: int) -> None:
    print("| set | options | examples | right, of those with one | calibration error | "
          "decided | decided rightly | refused, of those without | sure, of the right ones | "
          "right, of the sure ones |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    everything: list[Draw] = []
    draw = random.Random(7)
    for of in sets:
        for examples in EXAMPLES:
            for size in SIZES:
                if size > 2 * len(of.examples):
                    continue
                draws = [Draw(sets, of, size, examples, draw) for _ in range(rounds)]
                everything += draws
                row = [of.name, str(len(draws[0].options)), str(examples or "name")]
                print(f"| {' | '.join(row + measure(draws, model))} |", flush=True)
    for size in SIZES[1:]:
        some = [d for d in everything if len(d.options) == size]
        if some:
            print(f"| all | {size} | | {' | '.join(measure(some, model))} |", flush=True)
    print(f"| all | | | {' | '.join(measure(everything, model))} |")
    print(f"| all, typed | | | {' | '.join(measure(everything, model, True))} |")
    if not model:
        same = {"model": pipeline("feature-extraction"), "scale": SCALE}  # which corrects nothing
        print(f"| all, typed, as it is | | | {' | '.join(measure(everything, same, True))} |")


def fit(sets: list[Labeled], pipe: Any, rounds: int, embedded: bool) -> None:
    import numpy as np
    from scipy.optimize import minimize

    def rows(texts: list[str]) -> Any:
        return np.array(pipe.embed(texts))

    spelling = pipeline("intent-classification").text_model if embedded else None
    draw = random.Random(3)
    points = []
    for of in sets:
        for examples in (0, 1, 2, 4, 10):
            for size in (1, 2, 3, 5, 10, 20, 50, 150):
                if size > 1.5 * len(of.examples):
                    continue
                for _ in range(rounds):
                    one = Draw(sets, of, size, examples, draw)
                    chosen = [rows(e or [words_of(label)]) for label, e in one.options.items()]
                    asked = [*one.texts, *one.typed, *one.own]
                    given = [text for text, _ in asked]
                    if spelling is not None:
                        own = [e or [words_of(label)] for label, e in one.options.items()]
                        words = words_in([text for some in own for text in some])
                        given = [spelling.corrected(text, words) for text in given]
                    texts = rows(given)
                    centers = np.stack([c.mean(0) / np.linalg.norm(c.mean(0)) for c in chosen])
                    best = np.stack([(texts @ c.T).max(1) for c in chosen], 1)
                    names = list(one.options)
                    meant = [names.index(m) if m is not None else -1 for _, m in asked]
                    points.append((of.name, examples, best / 2 + texts @ centers.T / 2, meant))

    def probabilities(p: Any, examples: int, fits: Any) -> Any:
        few, many = 1 - 1 / max(1, examples), np.log(fits.shape[1])
        lack = np.exp(p[8]) + np.maximum(0, 1 - fits)
        scaled = -(p[0] + p[1] * few + p[2] * many) * np.log(lack)
        scaled -= scaled.max(1, keepdims=True)
        share = np.exp(scaled) / np.exp(scaled).sum(1, keepdims=True)
        beyond = fits.max(1, keepdims=True) - (p[5] + p[6] * few + p[7] * many)
        meant = 1 / (1 + np.exp(-(p[3] + p[4] * few) * beyond))
        return np.concatenate([meant * share, 1 - meant], 1)

    def loss(p: Any, some: list[Any]) -> float:
        sums = [-np.log(np.maximum(1e-9, probabilities(p, e, f)[range(len(m)), m])).sum()
                for _, e, f, m in some]  # fmt: skip
        return float(sum(sums) / sum(len(m) for *_, m in some))

    def found(some: list[Any]) -> Any:
        start = [7.1, 3.5, 0.5, 6.9, 2.0, 0.3, 0.15, 0.04, -1.46]
        return minimize(loss, start, args=(some,), method="BFGS", options={"maxiter": 30}).x

    for of in sets:
        p = found([point for point in points if point[0] != of.name])
        scores = []
        for name, examples, fits, meant in points:
            if name == of.name:
                chances = probabilities(p, examples, fits)[:, :-1]
                best = chances.argmax(1)
                scores += list(zip(chances.max(1).tolist(), (best == meant).tolist()))
        print(f"{of.name}, by the others: calibration error {error(scores):.3f}", flush=True)
    p = [round(float(x), 3) for x in found(points)]
    softness = round(float(np.exp(p[8])), 3)
    print(f"SCALE = (({p[0]}, {p[1]}, {p[2]}), ({p[3]}, {p[4]}, 0.0), ({p[5]}, {p[6]}, {p[7]}), "
          f"({softness}, 0.0, 0.0))")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--model", help="instead of the embedded vectors")
    parser.add_argument("--rounds", type=int, default=3, help="draws of options of each kind")
    args = parser.parse_args()
    sets = [Labeled(args.data / "intent", name) for name in SETS]
    pipe: Any = pipeline("feature-extraction", args.model)
    if args.fit:
        fit(sets, pipe, args.rounds, args.model is None)
    else:
        table(sets, {"model": pipe} if args.model else {}, args.rounds)


if __name__ == "__main__":
    main()
