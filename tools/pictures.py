"""Charts of the benchmarks as SVG for the documentation: readable on light and on dark pages.

Needs vl-convert-python. The pictures follow the reader's color scheme, so that one file is enough.
"""

from __future__ import annotations

import re
from typing import Any

from bertlite_fast.pages import Chart

# On light and on dark: page, text, lines, then the series, as in bertlite_fast/page.html.
PAGE, TEXT, LINE = ("#ffffff", "#14181d"), ("#1b1f24", "#e6edf3"), ("#d0d7de", "#343b44")
SERIES = [
    ("#0b5cad", "#6cb6ff"),
    ("#b35900", "#ffa657"),
    ("#00755a", "#7ee2b8"),
    ("#a8326f", "#f49ac1"),
    ("#6a3fb5", "#d2b3ff"),
    ("#756300", "#e6d36f"),
    ("#b3261e", "#ff8e8e"),
    ("#57606a", "#a8b3bd"),
]
WIDTH = 380  # without what is beside the axis: on a telephone, too, words can be read


def config() -> dict[str, object]:
    words = {"labelColor": TEXT[0], "titleColor": TEXT[0], "labelFontSize": 12,
             "titleFontSize": 12, "titleFontWeight": 500}  # fmt: skip
    return {
        "background": PAGE[0],
        "padding": 14,
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {**words, "gridColor": LINE[0], "domainColor": LINE[0], "tickColor": LINE[0]},
        "legend": words,
        "range": {"category": [light for light, _ in SERIES]},
    }


def with_domains(node: Any, rows: list[dict[str, Any]]) -> Any:
    """The same chart with the values of its colors and symbols named: only then do both have one
    legend."""
    if isinstance(node, list):
        return [with_domains(item, rows) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: with_domains(value, rows) for key, value in node.items()}
    for channel in ("color", "shape"):
        value = made.get(channel)
        if isinstance(value, dict) and "field" in value:
            domain = list(dict.fromkeys(row[value["field"]] for row in rows))
            made[channel] = {"scale": {"domain": domain}, **value}
    return made


def svg(chart: Chart) -> str:
    """The chart with all of its rows."""
    import vl_convert

    spec = {
        "width": WIDTH,
        **with_domains(chart.spec, chart.rows),
        "data": {"values": chart.rows},
        "config": config(),
    }
    drawn: str = vl_convert.vegalite_to_svg(spec)
    rules = "".join(
        f'[{what}="{light}"]{{{what}:{dark}}}'
        for light, dark in (PAGE, TEXT, LINE, *SERIES)
        for what in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>"
    return re.sub(r"(<svg[^>]*>)", lambda found: found[1] + style, drawn, count=1) + "\n"
