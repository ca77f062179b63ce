"""A comparison from start to end: files are built, answers compared, then all are timed in turn.

Each rival has its own process. One that is missing, crashes, hangs or answers otherwise is reported
with its reason, and the rest goes on.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from bertlite_fast.bench.processes import Worker, WorkerError
from bertlite_fast.bench.statistics import median

from .cases import TOLERANCES, Case, Input, Rival

COMMAND = ("-m", "rivals.worker")
CHECKED = 4  # texts of each input whose answers are compared
LONGEST = {"build": 1800.0, "start": 150.0, "outputs": 120.0, "measure": 180.0}
# One thread, no network, and no line of progress.
SURROUNDINGS = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "RAYON")},
    "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3",
}  # fmt: skip

Found = dict[str, Any]
Start = Callable[[], Worker]


def prepare_environment() -> None:
    """Of the processes that are started from here."""
    os.environ.update(SURROUNDINGS)
    paths = [str(ROOT / "bench"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


def new_worker() -> Worker:
    import bertlite_fast as bf

    return Worker(bf.active_isa(), COMMAND)


def state_of(error: WorkerError) -> tuple[str, str]:
    """What happened, in a word, and the reason."""
    reason = str(error)
    if reason.startswith("not installed"):
        return "missing", reason
    if reason.startswith("gave no answer"):
        return "hung", reason
    if reason.startswith(("ended", "closed")):
        return "crashed", reason
    return "failed", reason


class Contender:
    """A rival of a case, its process, and what was found of it."""

    def __init__(self, rival: Rival, folder: Path, start: Start, longest: dict[str, float]) -> None:
        self.rival, self.folder, self.start, self.longest = rival, folder, start, longest
        self.worker: Worker | None = None
        self.found: Found = {
            "name": rival.name, "ours": rival.ours, "precision": rival.precision,
            "configuration": rival.configuration, "packages": list(rival.packages),
            "state": "ready", "reason": None, "versions": {}, "error": None, "times": {},
        }  # fmt: skip

    @property
    def ready(self) -> bool:
        return bool(self.found["state"] == "ready")

    def ask(self, op: str, **request: Any) -> Found | None:
        """An answer, or None if there is none: this rival is then out, and its process ended."""
        try:
            if self.worker is None:
                self.worker = self.start()
            return self.worker.ask(op, self.longest[op], folder=str(self.folder), **request)
        except WorkerError as error:
            self.give_up(*state_of(error))
            return None

    def give_up(self, state: str, reason: str) -> None:
        self.found["state"], self.found["reason"] = state, reason
        self.stop()

    def stop(self) -> None:
        if self.worker is not None:
            self.worker.stop()
            self.worker = None

    def build(self) -> None:
        """Its files, in a process of their own: what builds them is not what runs them."""
        if self.rival.build is None or not self.ready:
            return
        mark = self.folder / f".built-{self.rival.build.replace(':', '-')}"
        if not mark.exists() and self.ask("build", function=self.rival.build) is not None:
            mark.write_text("")
        self.stop()

    def open(self) -> None:
        found = self.ask(
            "start", function=self.rival.function, settings=self.rival.settings,
            packages=self.rival.packages,
        )  # fmt: skip
        if found is not None:
            self.found["versions"] = found["versions"]

    def outputs(self, inputs: Sequence[Input]) -> list[list[float]] | None:
        chosen = [text for entry in inputs for text in entry.texts[:CHECKED]]
        found = self.ask("outputs", texts=chosen)
        return None if found is None else found["outputs"]

    def measure(self, entry: Input, seconds: float) -> Found | None:
        return self.ask("measure", texts=entry.texts, together=entry.together, seconds=seconds)


# ---- comparing answers ----------------------------------------------------------------------


def distance(found: list[list[float]], expected: list[list[float]]) -> float:
    """How far outputs are from those expected, as a share of how far those are from their mean.

    Random weights answer all texts alike: measured against the outputs' own size, the answers to
    other texts would pass.
    """
    if [len(row) for row in found] != [len(row) for row in expected]:
        return math.inf
    lengths = {len(row) for row in expected}
    count = len(expected)
    if len(lengths) == 1:
        means = [sum(column) / count for column in zip(*expected)]
    else:
        means = [0.0] * max(lengths)
    away = sum((a - b) ** 2 for x, y in zip(found, expected) for a, b in zip(x, y))
    own = sum((b - mean) ** 2 for y in expected for b, mean in zip(y, means))
    if not math.isfinite(away):
        return math.inf
    return math.sqrt(away / own) if own else (0.0 if away == 0 else math.inf)


def compare_outputs(contenders: list[Contender], inputs: Sequence[Input]) -> str | None:
    """Put those out whose answers are others; the name of the one that was expected."""
    outputs = {}
    for contender in contenders:
        if contender.ready and contender.rival.precision is not None:
            found = contender.outputs(inputs)
            if found is not None:
                outputs[contender.rival.name] = found
    reference = _reference(contenders, outputs)
    if reference is None:
        return None
    for contender in contenders:
        name, precision = contender.rival.name, contender.rival.precision
        if name not in outputs or precision is None:
            continue
        error = distance(outputs[name], outputs[reference])
        contender.found["error"] = error if math.isfinite(error) else None
        if not error <= TOLERANCES[precision]:
            contender.give_up(
                "other outputs", f"outputs are {error:.3g} away from those of {reference}; "
                f"at most {TOLERANCES[precision]:g} is allowed for {precision}."
            )  # fmt: skip
    return reference


def _reference(contenders: list[Contender], outputs: dict[str, Any]) -> str | None:
    """The most exact one that is not ours, or else the most exact one."""
    order = list(TOLERANCES)
    found = [c.rival for c in contenders if c.rival.name in outputs]
    best = min(found, key=lambda r: (order.index(str(r.precision)), r.ours), default=None)
    return best.name if best else None


# ---- timing ---------------------------------------------------------------------------------


def in_turn(
    contenders: list[Contender], inputs: Sequence[Input], rounds: int, seconds: float
) -> None:
    """All contenders on all inputs in every round; every second round runs backward."""
    for turn in range(rounds):
        for entry in inputs:
            order = [contender for contender in contenders if contender.ready]
            for contender in order if turn % 2 == 0 else order[::-1]:
                found = contender.measure(entry, seconds)
                if found and found["samples"]:
                    samples, place = found["samples"], contender.found["times"]
                    place.setdefault(entry.name, []).append(
                        {"median": median(samples), "min": min(samples), "samples": len(samples),
                         "core": found["core"]}
                    )  # fmt: skip


def summarize(contenders: list[Found]) -> None:
    """Medians, and the ratio to the first of ours in the same round: median, least and most."""
    base = next((c for c in contenders if c["ours"] and c["times"]), None)
    for contender in contenders:
        for name, turns in contender["times"].items():
            medians = [turn["median"] for turn in turns]
            summary: Found = {"median": median(medians), "min": min(t["min"] for t in turns)}
            if base is not None and name in base["times"]:
                own = [turn["median"] for turn in base["times"][name]]
                ratios = [theirs / ours for theirs, ours in zip(medians, own)]
                summary["ratio"] = [median(ratios), min(ratios), max(ratios)]
            contender.setdefault("summary", {})[name] = summary


def prepare(case: Case, models: Path, say: Callable[[str], None] = print) -> None:
    """Only the files."""
    for rival in case.rivals:
        contender = Contender(rival, models / case.model, new_worker, LONGEST)
        try:
            contender.build()
        finally:
            contender.stop()
        if not contender.ready:
            say(f"{case.title}, {rival.name}: {contender.found['reason']}")


def run_case(
    case: Case,
    models: Path,
    rounds: int,
    seconds: float,
    start: Start = new_worker,
    say: Callable[[str], None] = print,
    longest: dict[str, float] | None = None,
) -> Found:
    """What the page is made of."""
    folder = models / case.model
    contenders = [Contender(r, folder, start, {**LONGEST, **(longest or {})}) for r in case.rivals]
    begun = time.monotonic()
    try:
        for contender in contenders:
            contender.build()
        for contender in contenders:
            if contender.ready:
                contender.open()
        reference = compare_outputs(contenders, case.inputs)
        in_turn(contenders, case.inputs, rounds, seconds)
    finally:
        for contender in contenders:
            contender.stop()
    found = [contender.found for contender in contenders]
    summarize(found)
    for one in found:
        state = "measured" if one["state"] == "ready" else f"{one['state']}: {one['reason']}"
        say(f"  {one['name']}: {state}")
    say(f"  {time.monotonic() - begun:.0f} s")
    return {
        "name": case.name, "title": case.title, "note": case.note, "reference": reference,
        "inputs": [entry.name for entry in case.inputs], "rounds": rounds, "rivals": found,
    }  # fmt: skip
