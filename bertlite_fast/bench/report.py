"""Documents of several boards as one page."""

from __future__ import annotations

from html import escape

from ..errors import InputError
from ..pages import library as library
from ..pages import page as page_of
from ..pages import table as table_of
from . import charts, document, machine, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INTRO = """<p>Every figure comes from <code>bertlite-fast bench</code> on the board itself, after \
its answers were
compared with those of all other machines, byte for byte.</p>
"""
CONTROLS = """<form class="controls" aria-label="What is shown">
<fieldset><legend>Boards</legend>
{boards}
</fieldset>
<label>Task <select name="task">
{tasks}
</select></label>
</form>"""


def page(documents: list[dict[str, Any]], script: str) -> str:
    """The HTML of a report."""
    made = charts.charts(documents)
    names = charts.labels(documents)
    return page_of(
        "bertlite_fast on boards", INTRO + _summary(names, documents), made, script,
        cell=charts.cell, series="board", names=names,
        controls=CONTROLS.format(
            boards="\n".join(_choice(i, name) for i, name in enumerate(names)),
            tasks="\n".join(f"<option>{escape(t)}</option>" for t in _tasks(made)),
        ),
    )  # fmt: skip


def _tasks(made: list[Any]) -> list[str]:
    """The tasks of all charts, in the order of the first."""
    return list(dict.fromkeys(row["task"] for c in made for row in c.rows if "task" in row))


def _choice(index: int, name: str) -> str:
    return (
        f'<label><input type="checkbox" name="series" value="{index}" checked> '
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
        rows.append(cells)
    return table_of(heads, rows, names)


def read(paths: list[str]) -> list[dict[str, Any]]:
    """The documents of files; those whose answers are wrong have no place in a comparison."""
    found = []
    for path in paths:
        one = document.read(path)
        if not one["correctness"]["correct"]:
            raise InputError(f"{path} cannot be in a report: {table.verdict(one)}")
        found.append(one)
    return found
