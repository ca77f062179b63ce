"""bertlite_fast beside other programs: python bench/compare.py

Writes docs/benchmarks.md, its charts, and docs/benchmarks/results.json. Needs the packages of
    pip install --group bench        # pip 25.1 or newer
and goes on without those that are not there: they are listed as missing. The first run builds each
program's files from the same weights, below build/compare, which takes some minutes; --prepare does
only that. A run then takes about a quarter of an hour. Each case is written
as soon as it is measured: named cases are measured anew, and --missing goes on where a run ended.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import pictures
from rivals import cases, model_files, page, rounds, starts
from turns import processor

import bertlite_fast as bf
from bertlite_fast.bench.statistics import median
from bertlite_fast.files import write_atomically

MODELS = ROOT / "build/compare"
PAGE = ROOT / "docs/benchmarks.md"
FILES = PAGE.parent / page.FOLDER
ROUNDS, SECONDS, STARTS = 10, 0.1, 5
BUSY = 0.05  # cores that other programs used, for each core, from which on figures are doubtful


def busy_seconds() -> float | None:
    """Of all cores, since the system's start; None where it does not say."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


class OtherWork:
    """What other programs use of the processor between two moments."""

    def __init__(self) -> None:
        self.began, self.busy, self.own = time.monotonic(), busy_seconds(), sum(os.times()[:4])

    def share(self) -> float | None:
        """Cores in use, for each core, without this program and its children that have ended."""
        busy, elapsed = busy_seconds(), time.monotonic() - self.began
        if busy is None or self.busy is None or elapsed <= 0:
            return None
        others = busy - self.busy - (sum(os.times()[:4]) - self.own)
        return max(0.0, others / elapsed / (os.cpu_count() or 1))


def surroundings(others: float | None) -> dict[str, Any]:
    """Where and when a case is measured, and what else ran."""
    return {
        "machine": processor(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "version": bf.__version__,
        "isa": bf.active_isa(),
        "others": others,
        "busy": others is not None and others >= BUSY,
    }


def core_share(found: dict[str, Any]) -> float:
    """The share of the time in which programs had their core: the median of all measurements."""
    turns = [turn for one in found["rivals"] for turns in one["times"].values() for turn in turns]
    return median([turn["core"] for turn in turns]) if turns else 0.0


def measure(case: cases.Case, quick: bool) -> dict[str, Any]:
    others, rounds_, seconds = OtherWork(), 2 if quick else ROUNDS, 0.02 if quick else SECONDS
    print(case.title, flush=True)
    found = rounds.run_case(case, MODELS, rounds_, seconds)
    if case.cold_start:
        starts.measure(case, found["rivals"], MODELS, 1 if quick else STARTS)
        for rival in found["rivals"]:
            rival["installed_mb"] = starts.room(rival["packages"])
    return {**found, "measured": {**surroundings(others.share()), "core": core_share(found)}}


def earlier() -> dict[str, dict[str, Any]]:
    """The results of cases that are written already."""
    try:
        results = json.loads((FILES / "results.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {one["name"]: one for one in results["cases"]}


def write(found: dict[str, dict[str, Any]]) -> None:
    """The page, its charts, and the figures that both are made of, in the order of the cases."""
    FILES.mkdir(exist_ok=True)
    order = [case.name for case in cases.all_cases(MODELS)]
    results = {
        "tolerances": cases.TOLERANCES,
        "cases": [found[name] for name in order if name in found],
    }
    figures = json.dumps(results, indent=1, ensure_ascii=True, allow_nan=False)
    write_atomically(str(FILES / "results.json"), figures + "\n")
    draw(results)


def draw(results: dict[str, Any]) -> None:
    for case in results["cases"]:
        if any(one.get("summary") for one in case["rivals"]):
            write_atomically(str(FILES / f"{case['name']}.svg"), pictures.svg(page.chart(case)))
    write_atomically(str(PAGE), page.text(results))
    print(f"{PAGE.relative_to(ROOT)}: written")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only these; default: all")
    parser.add_argument("--missing", action="store_true", help="only cases without figures")
    parser.add_argument("--data", type=Path, help="labeled sets (training/README.md): answer "
                        "600 texts of theirs, too")  # fmt: skip
    parser.add_argument("--prepare", action="store_true", help="build the files, measure nothing")
    parser.add_argument("--quick", action="store_true", help="try it out: print, write nothing")
    parser.add_argument("--page", action="store_true", help="write the page of earlier results")
    args = parser.parse_args()
    if args.page:
        draw(json.loads((FILES / "results.json").read_text(encoding="utf-8")))
        return
    rounds.prepare_environment()
    for name in model_files.SPECS:
        if not (MODELS / name).exists():
            model_files.write(name, MODELS / name)
    chosen = cases.all_cases(MODELS, args.data)
    if unknown := set(args.cases) - {case.name for case in chosen}:
        known = ", ".join(case.name for case in chosen)
        parser.error(f"no case is called {', '.join(sorted(unknown))}; there are {known}.")
    if args.cases:
        chosen = [case for case in chosen if case.name in args.cases]
    found = earlier()
    if args.missing:
        chosen = [case for case in chosen if case.name not in found]
    for case in chosen:
        if args.prepare:
            rounds.prepare(case, MODELS)
        elif args.quick:
            one = measure(case, True)
            print(page.text({"tolerances": cases.TOLERANCES, "cases": [one]}))
        else:
            write(found | {case.name: measure(case, False)})
            found = earlier()


if __name__ == "__main__":
    main()
