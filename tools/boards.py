"""The page of bench/community: all boards in one table, charts, and the interactive report.

    python tools/boards.py      # prints the page

A file that is damaged, of another schema, or of a machine with wrong answers is an error, so the
documentation is not built with it. Emulated cores are there as counts of instructions, in columns
of their own: emulation has no time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench"), str(Path(__file__).resolve().parent)]

import pictures
from arm_cost import CORES

from bertlite_fast.bench import cases, charts, report, table
from bertlite_fast.bench.derived import find
from bertlite_fast.pages import Chart

COMMUNITY = ROOT / "bench/community"
INSTRUCTIONS = ROOT / "bench/instructions.json"
TASK = "sentiment-analysis"
LENGTHS = (16, 128)
PAGE, REPORT = "boards.md", "boards.html"
SHOWN = ("latency", "start", "memory")  # the charts beside the table; the report has all

BEGINNING = """# Boards

Every board that somebody has measured with [`bertlite-fast bench`](benchmark-your-board.md), one
row for each run. A board's answers were compared with those of all other machines, byte for byte,
before it was measured.
"""
EMULATED = """
Rows marked *emulated* are cores that QEMU executes: the instructions of a forward pass through 2
layers x 64 were counted (`python bench/arm_cost.py`), which is exact and says nothing about time,
as cores differ in how many they execute at once.
"""
HEADS = [
    "board", "set in use", *(f"{n} tokens, µs" for n in LENGTHS), "first answer, ms",
    "memory, MB", "instructions, 16 / 128 tokens", "run",
]  # fmt: skip


def documents(folder: Path = COMMUNITY) -> list[dict[str, Any]]:
    """All files, by their paths; InputError for one that cannot be shown."""
    return report.read([str(path) for path in sorted(folder.glob("*/*.json"))])


def plain(text: str) -> str:
    """Somebody's text as text: nothing of it is markup, and it stays in its cell."""
    escaped = "".join(f"&#{ord(c)};" if not (c.isalnum() or c in " .,-+") else c for c in text)
    return " ".join(escaped.split())


def row(name: str, found: dict[str, Any]) -> list[str]:
    facts, isa = found["machine"], found["settings"]["isa"]
    cores = ", ".join(f"{n} x {kind}" for kind, n in facts["cpu_cores"].items())
    where = {"metric": "latency", "task": TASK, "stage": cases.ANSWER, "isa": isa}
    values = [find(found["results"], **where, length=length) for length in LENGTHS]
    values.append(find(found["results"], metric="cold_start"))
    memory = find(found["results"], metric="memory")
    values.append(None if memory is None else memory / 1e6)
    shown = ["-" if value is None else table.number(value) for value in values]
    board = name if not cores or name.startswith(cores) else f"{name}, {cores}"
    run = table.verdict(found).removeprefix("correct; ")
    return [plain(board), isa, *shown, "-", plain(run)]


def emulated() -> list[list[str]]:
    """The counts that bench/instructions.json keeps, without a time."""
    kept = json.loads(INSTRUCTIONS.read_text(encoding="utf-8"))
    rows = []
    for core, _, boards in CORES:
        if core in kept:
            counts = " / ".join(f"{kept[core][str(n)]:,}" for n in LENGTHS)
            nothing = ["-"] * (len(HEADS) - 3)
            name = core.partition(",")[0].replace("max", "QEMU's max")
            rows.append([f"*emulated:* {name} ({boards})", *nothing, counts, "counted"])
    return rows


def text(found: list[dict[str, Any]]) -> str:
    """The page as Markdown."""
    rows = [row(name, one) for name, one in zip(charts.labels(found), found)]
    lines = [HEADS, ["---"] * 2 + ["---:"] * (len(HEADS) - 3) + ["---"], *rows, *emulated()]
    pictures = [
        f"## {chart.title}\n\n{chart.note}\n\n![{chart.title}. [The report]({REPORT}) has the "
        f"figures as a table.]({picture(chart)})\n"
        for chart in shown(found)
    ]
    interactive = (
        f"[The report]({REPORT}) has more: every task, instruction sets, stages, threads and the "
        "share of the hardware's limit, for the boards that you choose.\n"
    )
    return "\n".join(
        [
            BEGINNING,
            "\n".join("| " + " | ".join(cells) + " |" for cells in lines),
            f"\nTimes are those of a call of `{TASK}`, from a text to the answer.\n{EMULATED}",
            *([interactive] if found else []),
            *pictures,
        ]
    )


def picture(chart: Chart) -> str:
    return f"boards-{chart.name}.svg"


def shown(found: list[dict[str, Any]]) -> list[Chart]:
    """The charts that are on the page, of one task where there are several."""
    made = [chart for chart in charts.charts(found) if chart.name in SHOWN]
    for chart in made:
        chart.rows = [one for one in chart.rows if one.get("task", TASK) == TASK]
    return made


def files(found: list[dict[str, Any]]) -> dict[str, str]:
    """What is beside the page, by name: charts, and the report. Needs vl-convert-python."""
    made = {picture(chart): pictures.svg(chart) for chart in shown(found)}
    return {**made, REPORT: report.page(found, report.library())} if found else {}


if __name__ == "__main__":
    sys.stdout.write(text(documents()))
