"""bertlite_fast beside other programs: python bench/compare.py

Writes docs/benchmarks.md, its charts, and docs/benchmarks/results.json. Needs the packages of
    pip install --group bench        # pip 25.1 or newer
and goes on without those that are not there: they are listed as missing. The first run builds each
program's files from the same weights, below build/compare, which takes some minutes; --prepare does
only that. A run then takes about ten minutes on a machine without other work.
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
from bertlite_fast.files import write_atomically

MODELS = ROOT / "build/compare"
PAGE = ROOT / "docs/benchmarks.md"
FILES = PAGE.parent / page.FOLDER
ROUNDS, SECONDS, STARTS = 10, 0.1, 5
BUSY = 0.3  # runnable processes for each core, beside ours, from which on figures are doubtful


def load() -> float:
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def load_sentence(before: float) -> str:
    if before < BUSY:
        return "The machine had no other work."
    return (
        f"**Other programs were running** ({before:.1f} runnable processes for each core): the "
        "ratios, taken in turn, say more than the times."
    )


def measure(names: list[str], quick: bool) -> dict[str, Any]:
    """The results of all cases, or of those that are named."""
    before, rounds_, seconds = load(), 2 if quick else ROUNDS, 0.02 if quick else SECONDS
    found = []
    for case in cases.all_cases(MODELS):
        if names and case.name not in names:
            continue
        print(case.title, flush=True)
        one = rounds.run_case(case, MODELS, rounds_, seconds)
        if case.cold_start:
            starts.measure(case, one["rivals"], MODELS, 1 if quick else STARTS)
            for rival in one["rivals"]:
                rival["installed_mb"] = starts.room(rival["packages"])
        found.append(one)
    return {
        "machine": processor(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "version": bf.__version__,
        "isa": bf.active_isa(),
        "load": load_sentence(before),
        "rounds": rounds_,
        "tolerances": cases.TOLERANCES,
        "cases": found,
    }


def write(results: dict[str, Any]) -> None:
    """The page, its charts, and the figures that both are made of."""
    FILES.mkdir(exist_ok=True)
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
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only these, and nothing written")
    parser.add_argument("--prepare", action="store_true", help="build the files, measure nothing")
    parser.add_argument("--quick", action="store_true", help="two short rounds, to try it out")
    parser.add_argument("--page", action="store_true", help="write the page of earlier results")
    args = parser.parse_args()
    if args.page:
        draw(json.loads((FILES / "results.json").read_text(encoding="utf-8")))
        return
    rounds.prepare_environment()
    for name in model_files.SPECS:
        if not (MODELS / name).exists():
            model_files.write(name, MODELS / name)
    if args.prepare:
        for case in cases.all_cases(MODELS):
            rounds.prepare(case, MODELS)
        return
    results = measure(args.cases, args.quick)
    if args.cases:
        print(page.text(results))
    else:
        write(results)


if __name__ == "__main__":
    main()
