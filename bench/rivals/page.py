"""docs/benchmarks.md from the results of a comparison, and a chart for each case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bertlite_fast.bench.charts import TIME
from bertlite_fast.pages import Chart, axis, tooltip

Found = dict[str, Any]
ALONE = 0.99  # the share of a core from which on nothing else ran on it
FOLDER = "benchmarks"  # beside the page: charts and results.json

BEGINNING = """# Benchmarks

bertlite_fast beside other programs that run on a processor: the same weights where a program
takes them, the same texts, one thread, from a Python `str` to the answer. Before anything is
timed, answers are compared; a program with other answers is not measured. `python
bench/compare.py` writes this page; how a single board does, `bertlite-fast bench` tells
([Benchmark your board](benchmark-your-board.md)).
"""

METHOD = """## How it is measured

- Every program has a process of its own, on one core, with one thread. In each of {rounds} rounds
  all programs take turns, every second round backward, so that heat and other work disturb all
  alike.
- A figure is the median of the rounds' medians, in microseconds of a text. Below it is the ratio
  to the first row of bertlite_fast in the same round: its median, and the least and the most of
  all rounds.
- Texts vary, as a program that is always asked the same learns it: its caches and the processor's
  predictions are then better than in use. Texts of 16 and 128 tokens are words of Python's
  documentation that are one token each; the mixture are 16 texts of 3 to 74 tokens, one call for
  each; 16 texts of 32 tokens are one call. Where there are requests and sentences (`--data`),
  300 are requests to an assistant (Snips), 300 sentences of the English Web Treebank, each of at
  most 60 words.
- Before timing, outputs are compared with those of the most exact program that is not ours. The
  distance is a share of how far the outputs for different texts are from their mean: outputs for
  other texts would be about 1.4 away. Allowed are {tolerances}.
- Not measured: several threads, accelerators, and how good answers are (for ours:
  [Models](models.md)).
"""


def text(results: Found) -> str:
    """The page."""
    cases = results["cases"]
    together, each = surroundings(cases)
    parts = [
        BEGINNING,
        *([together + "\n"] if together else []),
        "## Where bertlite_fast is slower\n",
        slower(cases),
    ]
    for case, own in zip(cases, each):
        parts += [f"## {case['title']}\n", case["note"] + "\n"]
        if own:
            parts.append(own + "\n")
        if any(one.get("summary") for one in case["rivals"]):
            parts.append(f"![{alternative(case)}]({FOLDER}/{case['name']}.svg)\n")
        parts.append(times(case))
        if any("start" in one for one in case["rivals"]):
            parts += [f"### {case['title']}: cold start\n", starts(case)]
    tolerances = ", ".join(f"{value:g} for {name}" for name, value in results["tolerances"].items())
    method = METHOD.format(rounds=max(case["rounds"] for case in cases), tolerances=tolerances)
    parts += ["## What was not measured\n", missing(cases), method]
    parts += ["## Configurations\n", configurations(cases)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def place(case: Found) -> str:
    """Where, when, and with what a case was measured."""
    at = case["measured"]
    return (
        f"Measured on {at['machine']}, {at['date']}, with bertlite_fast {at['version']} on "
        f"{at['isa']}."
    )


def other_work(case: Found) -> str:
    """What else the machine did."""
    at = case["measured"]
    if at["others"] is None:
        return "What other programs did meanwhile is not known."
    if not at["busy"]:
        return "The machine had no other work."
    others = f"**Other programs were running**, on {at['others']:.0%} of all cores"
    if at["core"] >= ALONE:
        return f"{others}, but not on the core measured with, which each program had for itself."
    return f"{others}: the ratios, taken in turn, say more than the times."


def surroundings(cases: list[Found]) -> tuple[str, list[str]]:
    """What is said once, of all cases, and what of each."""
    places, others = [place(case) for case in cases], [other_work(case) for case in cases]
    same_place, same_work = len(set(places)) == 1, len(set(others)) == 1
    together = [places[0]] * same_place + [others[0]] * same_work
    each = [
        " ".join([one] * (not same_place) + [other] * (not same_work))
        for one, other in zip(places, others)
    ]
    return " ".join(together), each


def table(heads: list[str], rows: list[list[str]], left: int = 1) -> str:
    line = ["---"] * left + ["---:"] * (len(heads) - left)
    lines = [heads, line, *[[cell.replace("|", "\\|") for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def microseconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def ratio(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def cell(one: Found, name: str) -> str:
    summary = one.get("summary", {}).get(name)
    if summary is None:
        return "-"
    found = microseconds(summary["median"])
    if summary.get("ratio") in (None, [1, 1, 1]):  # the row that others are compared with
        return found
    middle, least, most = map(ratio, summary["ratio"])
    return f"{found}<br>{middle} ({least} to {most})"


def in_order(case: Found) -> list[Found]:
    """Ours first, then the others from the fastest on."""
    first = case["inputs"][0]
    measured = [one for one in case["rivals"] if one.get("summary")]
    return sorted(
        measured, key=lambda o: (not o["ours"], o["summary"].get(first, {}).get("median", 1e30))
    )


def times(case: Found) -> str:
    heads = ["µs of a text<br>ratio (least to most)", *case["inputs"], "distance"]
    rows = []
    for one in in_order(case):
        name = f"**{one['name']}**" if one["ours"] else one["name"]
        error = one["error"]
        away = "reference" if one["name"] == case["reference"] else (
            "other method" if error is None else f"{error:.1g}"
        )  # fmt: skip
        rows.append([name, *[cell(one, name) for name in case["inputs"]], away])
    return table(heads, rows)


def starts(case: Found) -> str:
    heads = ["from the start of `python` to the first answer", "ms", "least, ms",
             "processor, ms", "peak memory, MB", "installed, MB"]  # fmt: skip
    rows = []
    for one in in_order(case):
        start = one.get("start")
        if start is not None:
            disk = one.get("installed_mb")
            values = [start[key] for key in ("ms", "least_ms", "cpu_ms", "peak_mb")]
            rows.append(
                [
                    one["name"],
                    *[f"{value:,.0f}" for value in values],
                    "-" if disk is None else f"{disk:,.0f}" if disk >= 10 else f"{disk:.1f}",
                ]
            )
    return (
        table(heads, rows) + "\nThe files are in the system's cache. Installed is what the "
        "packages take with all that they require, without Python and without models.\n"
    )  # fmt: skip


def comparisons(cases: list[Found]) -> Iterator[tuple[Found, Found, str, list[float]]]:
    """Each rival's ratio in each case and input."""
    for case in cases:
        for one in case["rivals"]:
            for name, summary in one.get("summary", {}).items():
                if not one["ours"] and "ratio" in summary:
                    yield case, one, name, summary["ratio"]


def slower(cases: list[Found]) -> str:
    """A line for each rival that is faster, or not surely slower, than ours, and where."""
    lines: dict[str, list[str]] = {}
    for case, one, name, (middle, least, most) in comparisons(cases):
        if least >= 1:
            continue
        sure = "faster" if most < 1 else "about as fast"
        share = f"{name}: {ratio(middle)} ({ratio(least)} to {ratio(most)})"
        lines.setdefault(f"- {case['title']}, {one['name']} is {sure}", []).append(share)
    if not lines:
        return "- In none of the cases below.\n"
    found = "\n".join(f"{start}. {'; '.join(shares)}." for start, shares in lines.items())
    return (
        f"Shares of our time: the median, and the least and the most, of all rounds.\n\n{found}\n"
    )


def missing(cases: list[Found]) -> str:
    """A line for each rival without figures, with what happened."""
    lines = [
        f"- {one['name']} ({case['title'].lower()}): {one['state']}: {one['reason']}"
        for case in cases
        for one in case["rivals"]
        if one["state"] != "ready"
    ]
    return "\n".join(lines or ["- Nothing: every program answered."]) + "\n"


def configurations(cases: list[Found]) -> str:
    rows: dict[str, list[str]] = {}
    for case in cases:
        for one in case["rivals"]:
            versions = ", ".join(f"{k} {v}" for k, v in one["versions"].items() if v)
            row = [one["name"], one["configuration"], versions or "-"]
            rows.setdefault(" ".join(row[:2]), row)
    return table(["program", "configuration", "versions"], list(rows.values()), left=3)


# ---- charts ---------------------------------------------------------------------------------


def alternative(case: Found) -> str:
    """What the chart shows, for those who do not see it; the table has its figures."""
    ordered = in_order(case)
    fastest = min(ordered, key=lambda one: one["summary"][case["inputs"][0]]["median"])
    return (
        f"Chart: microseconds of a text for {len(ordered)} programs on a logarithmic scale; "
        f"{fastest['name']} is the fastest at {case['inputs'][0]}. The table has the figures."
    )


def chart(case: Found) -> Chart:
    ordered = in_order(case)
    rows = [
        {"program": one["name"], "input": name, "median": one["summary"][name]["median"],
         "least": min(t["median"] for t in one["times"][name]),
         "most": max(t["median"] for t in one["times"][name])}
        for one in ordered
        for name in case["inputs"]
        if name in one["summary"]
    ]  # fmt: skip
    bold = {"condition": {"test": "indexof(datum.label, 'bertlite_fast') == 0", "value": "bold"},
            "value": "normal"}  # fmt: skip
    program = {"field": "program", "type": "nominal", "title": None, "axis":
               {"labelLimit": 230, "minExtent": 215, "grid": True, "labelFontWeight": bold},
               "sort": [one["name"] for one in ordered]}  # fmt: skip
    kind = {"field": "input", "type": "nominal", "title": None, "sort": case["inputs"],
            "legend": {"orient": "top", "columns": 3, "columnPadding": 24,
                       "labelLimit": 260}}  # fmt: skip
    spec = {
        "height": {"step": 26},
        "encoding": {"y": program, "color": kind},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 2},
             "encoding": {"x": axis("least", "time of a text", **TIME), "x2": {"field": "most"}}},
            {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
             "encoding": {"x": axis("median", "time of a text", **TIME), "shape": kind,
                          "tooltip": tooltip(("program", "program", ""), ("input", "input", ""),
                                              ("median", "median, µs", ".3~r"))}},
        ],
    }  # fmt: skip
    columns = {"program": "program", "input": "input", "median": "median, µs"}
    return Chart(case["name"], case["title"], case["note"], rows, columns, spec)
