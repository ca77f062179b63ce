"""The charts of a report: their rows, from documents, and how each is drawn, in Vega-Lite."""

from __future__ import annotations

from ..pages import LEGEND, Chart, axis, tooltip
from . import cases, machine
from .derived import find
from .table import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Document = dict[str, Any]
    Row = dict[str, Any]


def labels(documents: list[Document]) -> list[str]:
    """A name for each document; a board's second one has a number."""
    seen: dict[str, int] = {}
    found = []
    for document in documents:
        name = machine.title(document["machine"])
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def charts(documents: list[Document]) -> list[Chart]:
    """All charts that have something to show."""
    pairs = list(zip(labels(documents), documents))
    made = [
        _latency(pairs),
        _instruction_sets(pairs),
        _start(pairs),
        _memory(pairs),
        _stages(pairs),
        _threads(pairs, "shared", cases.SHARED, "Python threads that share a sentiment pipeline."),
        _threads(pairs, "batch", cases.ONE_CALL, "One call that makes vectors of 64 texts."),
        _limit(pairs),
    ]
    return [chart for chart in made if chart.rows]


def _answers(document: Document) -> list[Row]:
    return [
        record
        for record in document["results"]
        if record["metric"] == "latency" and record["stage"] == cases.ANSWER
    ]


# ---- encodings that several charts share ----------------------------------------------------


BOARD = {"field": "board", "type": "nominal", "title": None, "legend": LEGEND}
BY_BOARD = {"color": BOARD, "shape": BOARD}
# A time in microseconds, as people say it.
TIME_LABEL = (
    "datum.value < 1000 ? datum.value + ' µs' : datum.value < 1e6 ? datum.value / 1e3 + ' ms' "
    ": datum.value / 1e6 + ' s'"
)
TIME = {
    "scale": {"type": "log"},
    "axis": {"labelExpr": TIME_LABEL, "tickCount": 4, "labelSeparation": 10},
}
TOKENS = axis(
    "length",
    "tokens",
    scale={"type": "log", "base": 2, "nice": False, "padding": 10},
    axis={"values": [16, 32, 64, 128, 512], "grid": False},
)
BOARD_ROWS = {
    "field": "board", "type": "nominal", "title": None, "axis": {"labelLimit": 200},
}  # fmt: skip


def _bars(value: dict[str, Any], kind: str, title: str) -> dict[str, Any]:
    """A bar for each kind, grouped by board."""
    return {
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "height": {"step": 18},
        "encoding": {
            "y": BOARD_ROWS,
            "yOffset": {"field": kind, "sort": None},
            "x": value,
            "color": {
                "field": kind,
                "type": "nominal",
                "title": None,
                "sort": None,
                "legend": {"orient": "top", "columns": 2},
            },
            "tooltip": tooltip(
                ("board", "board", ""), (kind, title, ""), (value["field"], value["title"], ".3~s")
            ),
        },
    }


# ---- the charts -----------------------------------------------------------------------------


def _latency(pairs: list[tuple[str, Document]]) -> Chart:
    rows = [
        {
            "board": board,
            "task": record["task"],
            "length": record["length"],
            **{name: record["summary"][name] for name in ("p5", "median", "p95", "p99")},
        }
        for board, document in pairs
        for record in _answers(document)
        if record["isa"] == document["settings"]["isa"] and record["length"] != cases.MIXTURE
    ]
    spec = {
        "height": 320,
        "encoding": {"x": TOKENS, "color": BOARD},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.35},
                "encoding": {
                    "y": axis("p5", "time of a call", **TIME),
                    "y2": {"field": "p95"},
                },
            },
            {
                "mark": {"type": "line", "point": {"size": 60, "filled": True}},
                "encoding": {
                    "y": axis("median", "time of a call", **TIME),
                    "shape": BOARD,
                    "tooltip": tooltip(
                        ("board", "board", ""), ("length", "tokens", ""),
                        ("median", "median, µs", ".3~r"), ("p5", "5 %, µs", ".3~r"),
                        ("p95", "95 %, µs", ".3~r"), ("p99", "99 %, µs", ".3~r"),
                    ),
                },
            },
        ],
    }  # fmt: skip
    columns = {"board": "board", "task": "task", "length": "tokens", "p5": "5 %, µs",
               "median": "median, µs", "p95": "95 %, µs", "p99": "99 %, µs"}  # fmt: skip
    note = "One call from a text to the answer. Both scales are logarithmic; lines are 5 to 95 %."
    return Chart("latency", "Latency by length", note, rows, columns, spec, wide=True)


def _instruction_sets(pairs: list[tuple[str, Document]]) -> Chart:
    rows = [
        {
            "board": board,
            "task": record["task"],
            "isa": record["isa"],
            "where": f"{record['isa']}, {board}",
            "median": record["summary"]["median"],
        }
        for board, document in pairs
        if len({r["isa"] for r in _answers(document)}) > 1
        for record in _answers(document)
        if record["length"] == 128
    ]
    columns = {"board": "board", "task": "task", "isa": "instruction set", "median": "median, µs"}
    note = "The same answer for 128 tokens on each instruction set that the machine has."
    spec = {
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "height": {"step": 24},
        "encoding": {
            "y": {"field": "where", "type": "nominal", "title": None, "sort": None,
                  "axis": {"labelLimit": 200, "grid": True}},
            "x": axis("median", "time of a call", **TIME),
            **BY_BOARD,
            "tooltip": tooltip(("where", "on", ""), ("median", "median, µs", ".3~r")),
        },
    }  # fmt: skip
    return Chart("isas", "Instruction sets", note, rows, columns, spec)


def _start(pairs: list[tuple[str, Document]]) -> Chart:
    kinds = {
        "python_start": "Python alone",
        "import": "import",
        "cold_start": "process to first answer",
    }
    rows = [
        {"board": board, "kind": words, "value": value}
        for board, document in pairs
        for metric, words in kinds.items()
        if (value := find(document["results"], metric=metric)) is not None
    ]
    columns = {"board": "board", "kind": "what", "value": "median, ms"}
    note = "A fresh process, from its start to the first answer."
    spec = _bars(axis("value", "milliseconds"), "kind", "what")
    return Chart("start", "Cold start", note, rows, columns, spec)


def _memory(pairs: list[tuple[str, Document]]) -> Chart:
    rows = [
        {"board": board, "kind": "after the first answer", "value": value / 1e6}
        for board, document in pairs
        if (value := find(document["results"], metric="memory")) is not None
    ]
    columns = {"board": "board", "kind": "what", "value": "MB"}
    note = "Resident memory of that process, Python included."
    spec = _bars(axis("value", "MB"), "kind", "what")
    spec["encoding"]["color"]["legend"] = None  # there is one kind
    return Chart("memory", "Memory", note, rows, columns, spec)


def _stages(pairs: list[tuple[str, Document]]) -> Chart:
    words = {"ids": "tokenizer", "model": "model", "rest": "answer and Python"}
    rows = [
        {
            "board": board,
            "task": entry["task"],
            "length": entry["length"],
            "where": f"{entry['length']} tokens, {board}",
            "stage": words[stage],
            "share": entry[stage],
            "order": order,
        }
        for board, document in pairs
        for entry in document["derived"]["stages"]
        for order, stage in enumerate(words)
    ]
    spec = {
        "mark": {"type": "bar"},
        "height": {"step": 20},
        "encoding": {
            "y": {"field": "where", "type": "nominal", "title": None, "sort": None,
                  "axis": {"labelLimit": 190}},
            "x": axis("share", "share of an answer's time", stack="zero",
                       axis={"format": "%"}, scale={"domain": [0, 1]}),
            "order": {"field": "order"},
            "color": {"field": "stage", "type": "nominal", "title": None,
                      "sort": list(words.values()), "legend": {"orient": "top", "columns": 2}},
            "tooltip": tooltip(("where", "board", ""), ("stage", "stage", ""),
                                ("share", "share", ".1%")),
        },
    }  # fmt: skip
    columns = {"board": "board", "task": "task", "length": "tokens", "stage": "stage",
               "share": "share"}  # fmt: skip
    note = "Where the time of an answer goes. Stages are measured apart."
    return Chart("stages", "Stages", note, rows, columns, spec)


def _threads(pairs: list[tuple[str, Document]], name: str, caller: str, note: str) -> Chart:
    rows = [
        {"board": board, "threads": record["threads"], "value": record["summary"]["median"]}
        for board, document in pairs
        for record in document["results"]
        if record["metric"] == "throughput" and record["caller"] == caller
    ]
    counts = sorted({row["threads"] for row in rows})
    spec = {
        "height": 260,
        "mark": {"type": "line", "point": {"size": 60, "filled": True}},
        "encoding": {
            "x": axis("threads", "threads", axis={"values": counts, "format": "d"},
                       scale={"zero": False, "padding": 10}),
            "y": axis("value", "texts a second", axis={"format": "~s"}),
            **BY_BOARD,
            "tooltip": tooltip(("board", "board", ""), ("threads", "threads", ""),
                                ("value", "texts a second", ".3~s")),
        },
    }  # fmt: skip
    columns = {"board": "board", "threads": "threads", "value": "texts a second"}
    return Chart(name, f"Throughput, {caller}", f"{note} A mixture of 16 texts.", rows, columns,
                 spec)  # fmt: skip


def _limit(pairs: list[tuple[str, Document]]) -> Chart:
    rows = [
        {"board": board, "length": entry["length"], "share": entry["share"],
         "rate": entry["products_per_s"] / 1e9}
        for board, document in pairs
        for entry in document["derived"]["limit"]
    ]  # fmt: skip
    spec = {
        "height": 260,
        "mark": {"type": "line", "point": {"size": 60, "filled": True}},
        "encoding": {
            "x": TOKENS,
            "y": axis("share", "share of the limit", axis={"format": "%"},
                       scale={"domainMin": 0}),
            **BY_BOARD,
            "tooltip": tooltip(("board", "board", ""), ("length", "tokens", ""),
                                ("share", "share", ".0%"),
                                ("rate", "G products a second", ".3~r")),
        },
    }  # fmt: skip
    columns = {"board": "board", "length": "tokens", "share": "share",
               "rate": "G products a second"}  # fmt: skip
    note = "The encoder's products a second, of those that its kernel reaches in the cache."
    return Chart("limit", "Share of the limit", note, rows, columns, spec)


def cell(field: str, value: Any) -> str:
    """A value in a table."""
    if isinstance(value, float):
        return f"{100 * value:.0f} %" if field == "share" else number(value)
    return str(value)
