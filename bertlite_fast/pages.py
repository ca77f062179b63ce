"""Pages of charts and tables that need no network and no server.

Charts are drawn by Vega-Lite, which is in the page; it comes from the extra
`bertlite-fast[report]`, so that boards need not have it. Each chart is also a table with the same
rows, for screen readers, for print, and for browsers without scripts.
"""

from __future__ import annotations

import json
import os
from html import escape

from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Row = dict[str, Any]

TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.html")
# The symbols of a legend are as strong as a chart's strongest marks.
LEGEND = {"orient": "top", "columns": 1, "labelLimit": 320, "symbolOpacity": 1}


class Chart:
    """A chart: its rows, its picture, and the columns of its table (field: heading).

    wide: it takes the page's whole width; least_width: in pixels; narrower screens scroll it.
    """

    def __init__(
        self, name: str, title: str, note: str, rows: list[Row], columns: dict[str, str],
        spec: dict[str, Any], *, wide: bool = False, least_width: int = 0,
    ) -> None:  # fmt: skip
        self.name, self.title, self.note = name, title, note
        self.rows, self.columns, self.spec = rows, columns, spec
        self.wide, self.least_width = wide, least_width


def axis(field: str, title: str, **more: Any) -> dict[str, Any]:
    """A quantitative encoding."""
    return {"field": field, "type": "quantitative", "title": title, **more}


def tooltip(*fields: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Fields, their titles and formats."""
    return [
        {"field": f, "title": title, **({"format": form} if form else {})}
        for f, title, form in fields
    ]


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


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], series: Sequence[str] = ()) -> str:
    """The HTML of a table; every row may belong to a series, which can be hidden."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "\n".join(
        (f'<tr data-series="{escape(series[i])}">' if series else "<tr>")
        + f'<th scope="row">{escape(cells[0])}</th>'
        + "".join(f"<td>{escape(c)}</td>" for c in cells[1:])
        + "</tr>"
        for i, cells in enumerate(rows)
    )
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def section(title: str, note: str, content: str) -> str:
    """The HTML of a panel as wide as the page. content: HTML."""
    return (
        f'<section class="wide"><h2>{escape(title)}</h2><p class="note">{escape(note)}</p>\n'
        f"{content}</section>"
    )


def _figure(chart: Chart, cell: Callable[[str, Any], str], series: str) -> str:
    rows = [tuple(cell(field, row[field]) for field in chart.columns) for row in chart.rows]
    of_series = [str(row[series]) for row in chart.rows] if series else []
    wide = ' class="wide"' if chart.wide else ""
    least = f' style="min-width: {chart.least_width}px"' if chart.least_width else ""
    return (
        f'<figure id="{chart.name}"{wide}>\n<figcaption><h2>{escape(chart.title)}</h2>'
        f'<p class="note">{escape(chart.note)}</p></figcaption>\n'
        f'<div class="scroll"><div class="chart" data-chart="{chart.name}"{least}></div></div>\n'
        '<p class="save"><button type="button" data-save="svg">Save as SVG</button> '
        '<button type="button" data-save="png">Save as PNG</button></p>\n'
        f"<details><summary>{escape(chart.title)} as a table</summary>"
        f"{table(tuple(chart.columns.values()), rows, of_series)}</details>\n</figure>"
    )


def page(
    title: str,
    intro: str,
    made: Sequence[Chart],
    script: str,
    *,
    cell: Callable[[str, Any], str],
    series: str = "",
    names: Sequence[str] = (),
    controls: str = "",
    after: str = "",
) -> str:
    """The HTML of a page.

    intro, controls, after: HTML. cell: shows a field's value in a table. series: the field whose
    values, `names`, can be hidden and keep their colors. script: library(), or "": the page then
    has tables in the place of charts.
    """
    data = {
        "series": series,
        "names": list(names),
        "charts": [{"name": c.name, "title": c.title, "rows": c.rows, "spec": c.spec}
                   for c in made],
    }  # fmt: skip
    with open(TEMPLATE, encoding="utf-8") as file:
        template = file.read()
    parts = {
        "TITLE": escape(title),
        "INTRO": intro,
        "CONTROLS": controls,
        "FIGURES": "\n".join(_figure(chart, cell, series) for chart in made),
        "AFTER": after,
        # "<" cannot end the script element: names come from files that anybody may have written
        "DATA": json.dumps(data, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c"),
        "LIBRARY": script,
    }
    # split once, so that nothing inside a part is taken for a place of another
    pieces = template.split("@@")
    return "".join(parts[p] if i % 2 else p for i, p in enumerate(pieces))
