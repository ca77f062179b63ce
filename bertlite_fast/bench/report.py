"""Documents of several boards as one page that needs no network and no server.

The chart library, Vega-Lite, is in the page. It comes from the extra `bertlite-fast[report]`, so
that boards need not have it.
"""

from __future__ import annotations

import json
import os
from html import escape

from ..errors import InputError
from . import charts, document, machine, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.html")


def library() -> str:
    """Vega, Vega-Lite and their embedding, as one script."""
    try:
        from vl_convert import javascript_bundle
    except ImportError:
        raise InputError(
            "the chart library is not installed; "
            "a report needs pip install 'bertlite-fast[report]'."
        ) from None
    script: str = javascript_bundle("window.vegaEmbed = vegaEmbed;")
    if "</script" in script.lower() or "<!--" in script:  # it would end where it must not
        script = script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    return script


def page(documents: list[dict[str, Any]], script: str) -> str:
    """The HTML of a report."""
    made = charts.charts(documents)
    names = charts.labels(documents)
    data = {
        "boards": names,
        "charts": [{"name": c.name, "title": c.title, "rows": c.rows, "spec": c.spec}
                   for c in made],
    }  # fmt: skip
    with open(TEMPLATE, encoding="utf-8") as file:
        template = file.read()
    parts = {
        "SUMMARY": _summary(names, documents),
        "BOARDS": "\n".join(_choice(i, name) for i, name in enumerate(names)),
        "TASKS": "\n".join(f"<option>{escape(t)}</option>" for t in _tasks(made)),
        "FIGURES": "\n".join(_figure(chart) for chart in made),
        # "<" cannot end the script element: names come from files that anybody may have written
        "DATA": json.dumps(data, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c"),
        "LIBRARY": script,
    }
    # split once, so that nothing inside a part is taken for a place of another
    pieces = template.split("@@")
    return "".join(parts[p] if i % 2 else p for i, p in enumerate(pieces))


def _tasks(made: list[charts.Chart]) -> list[str]:
    """The tasks of all charts, in the order of the first."""
    return list(dict.fromkeys(row["task"] for c in made for row in c.rows if "task" in row))


def _choice(index: int, name: str) -> str:
    return (
        f'<label><input type="checkbox" name="board" value="{index}" checked> '
        f"{escape(name)}</label>"
    )


def _summary(names: list[str], documents: list[dict[str, Any]]) -> str:
    heads = ("board", "processor", "memory", "instruction set", "system", "run")
    rows = []
    for name, found in zip(names, documents):
        facts = found["machine"]
        cores = ", ".join(f"{n} x {kind}" for kind, n in facts["cpu_cores"].items())
        memory = f"{facts['mem_bytes'] / 2**30:.1f} GB" if facts["mem_bytes"] else "-"
        cells = (
            name,
            cores or machine.title(facts),
            memory,
            found["settings"]["isa"],
            f"{facts['system']} {facts['kernel']}, {facts['bits']} bits",
            table.verdict(found),
        )
        rows.append((name, cells))
    return _table(heads, rows)


def _figure(chart: charts.Chart) -> str:
    rows = [
        (row["board"], tuple(charts.cell(f, row[f]) for f in chart.columns)) for row in chart.rows
    ]
    return (
        f'<figure id="{chart.name}">\n<figcaption><h2>{escape(chart.title)}</h2>'
        f"<p>{escape(chart.note)}</p></figcaption>\n"
        f'<div class="chart" data-chart="{chart.name}"></div>\n'
        '<p class="save"><button type="button" data-save="svg">Save as SVG</button> '
        '<button type="button" data-save="png">Save as PNG</button></p>\n'
        f"<details><summary>{escape(chart.title)} as a table</summary>"
        f"{_table(tuple(chart.columns.values()), rows)}</details>\n</figure>"
    )


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "\n".join(
        f'<tr data-board="{escape(board)}"><th scope="row">{escape(cells[0])}</th>'
        + "".join(f"<td>{escape(c)}</td>" for c in cells[1:])
        + "</tr>"
        for board, cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def read(paths: list[str]) -> list[dict[str, Any]]:
    """The documents of files; those whose answers are wrong have no place in a comparison."""
    found = []
    for path in paths:
        one = document.read(path)
        if not one["correctness"]["correct"]:
            raise InputError(f"{path} cannot be in a report: {table.verdict(one)}")
        found.append(one)
    return found
