"""Writes the measured parts of docs/performance.md: python bench/performance.py [PART...]

    lengths   what a text costs at each length, on every instruction set (bench/lengths.py)
    counts    the instructions that bench/instructions.json keeps
    threads   lists on two threads (bench/threads.py)

Without a PART, all. Each part names the machine and its load; what else the page says is written by
hand.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import lengths
import threads
from kept_counts import FILE
from turns import processor

SHOWN = [1, 7, 14, 16, 17, 31, 32, 33, 64, 80]


def machine() -> str:
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return f"{processor()}, {date.today()}; {load:.1f} runnable processes for each core."


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def lengths_part(_: int) -> str:
    rows = []
    chosen = list(range(1, 81))
    with tempfile.TemporaryDirectory() as folder:
        program = lengths.Program(Path(folder))
        for isa in program.isas():
            costs = program.times(isa, chosen, rounds=60)
            over = max(costs[n] / min(costs[m] for m in chosen if m >= n) for n in chosen)
            line = max(lengths.over_line(costs, n) for n in chosen)
            shown = [f"{costs[n] / 1000:.1f}" for n in SHOWN]
            rows.append([isa, f"{over:.3f}", f"{line:.3f}", *shown])
    head = ["", "over a longer text", "over the line", *[f"{n} tokens" for n in SHOWN]]
    return f"{machine()}\n\n{table(head, rows)}"


def counts_part(_: int) -> str:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    keys = [str(n) for n in (1, 7, 14, 16, 31, 33, 128)]
    rows = [[name, *[f"{counts[key]:,}" for key in keys]] for name, counts in kept.items()]
    return table(["", *[f"{key} tokens" for key in keys]], rows)


def threads_part(texts: int) -> str:
    rows = []
    for task, settings in threads.TASKS:
        for kind, text, count in (
            ("short", threads.SHORT, texts),
            ("paragraphs", threads.PARAGRAPH, texts // 10),
        ):
            call = threads.caller_of(task, threads.inputs_of(task, text, count), settings)
            one, two, possible = threads.measure(call, 2, 5)
            times = [f"{seconds / count * 1e6:.1f}" for seconds in (one, two)]
            rows.append([f"{task}, {kind}", *times, f"{one / two:.2f}", f"{possible:.2f}"])
    head = ["microseconds of a text", "1 thread", "2 threads", "ratio", "at most"]
    return f"{machine()} {texts:,} short texts, {texts // 10:,} paragraphs.\n\n{table(head, rows)}"


PARTS: dict[str, Callable[[int], str]] = {
    "lengths": lengths_part,
    "counts": counts_part,
    "threads": threads_part,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=[*PARTS], metavar="PART")
    parser.add_argument(
        "--texts", type=int, default=10000, help="short ones; a tenth of paragraphs"
    )
    args = parser.parse_args()
    for name in args.parts:
        if name not in PARTS:
            parser.error(f"{name} is not a part: {', '.join(PARTS)}")
        text = PARTS[name](args.texts)
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(f"<!-- {name} -->\n", 1)
        end = f"<!-- end of {name} -->\n"
        _, after = rest.split(end, 1)
        page = f"{before}<!-- {name} -->\n\n{text}\n\n{end}{after}"
        PAGE.write_text(page, encoding="utf-8")
        print(f"{name}: written")


if __name__ == "__main__":
    main()
