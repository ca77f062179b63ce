"""The page of boards, counts of emulated cores, and estimates: what is time and what is not."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tools")]

import arm_cost
import arm_python
import boards
import estimates

from bertlite_fast.bench import command, document, plan
from bertlite_fast.errors import InputError

HOSTILE = "Pi |</td><script>alert(1)</script>[x](y) `*_\n&"


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    options = plan.Options(10, quick=True)
    options.rounds, options.most, options.lengths = 1, 2, (16, 128)
    found = command.measure(options, show_progress=False)
    found["correctness"]["correct"] = True  # test_bench.py asks that; here it is the page
    return found


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def rows_of(page: str) -> list[dict[str, str]]:
    lines = [line for line in page.splitlines() if line.startswith("|")]
    return [dict(zip(cells(lines[0]), cells(line))) for line in lines[2:]]


def test_emulated_cores_have_counts_and_no_time() -> None:
    rows = [row for row in rows_of(boards.text([])) if "*emulated:*" in row["board"]]
    assert len(rows) >= 6
    for row in rows:
        assert set(row) == set(boards.HEADS)
        for name, value in row.items():
            counted = name.startswith("instructions")
            assert bool(re.fullmatch(r"[\d,]+ / [\d,]+", value)) == counted, (name, value)
            assert not (re.search(r"µs|ms|MB", name) and value != "-")


def test_a_board_has_times_and_no_counts(result: dict[str, Any]) -> None:
    first = rows_of(boards.text([result]))[0]
    assert float(first["16 tokens, µs"]) > 0 and float(first["first answer, ms"]) > 0
    assert first["instructions, 16 / 128 tokens"] == "-"
    assert "stable" in first["run"]


def test_nothing_of_a_name_is_markup(result: dict[str, Any]) -> None:
    named = json.loads(json.dumps(result))
    named["machine"]["board"] = HOSTILE
    page = boards.text([named])
    first = rows_of(page)[0]
    assert list(first) == boards.HEADS and first["set in use"] == named["settings"]["isa"]
    assert not set("<[]`|*_") & set(first["board"])
    assert "alert" in first["board"]


def test_a_wrong_or_damaged_file_is_an_error(result: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    assert boards.documents(tmp_path) == []
    document.write(str(folder / "a.json"), result)
    assert len(boards.documents(tmp_path)) == 1
    wrong = {**result, "correctness": {**result["correctness"], "correct": False}}
    document.write(str(folder / "b.json"), wrong)
    with pytest.raises(InputError, match="WRONG"):
        boards.documents(tmp_path)
    (folder / "b.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        boards.documents(tmp_path)


def test_the_pages_files_are_those_that_it_names(result: dict[str, Any]) -> None:
    pytest.importorskip("vl_convert")
    made = boards.files([result])
    page = boards.text([result])
    assert set(re.findall(r"\]\(((?:boards)[\w.-]+)\)", page)) == set(made)
    assert boards.files([]) == {} and boards.REPORT not in boards.text([])


# ---- Python on emulated cores ---------------------------------------------------------------

# Executes nothing of a core: it prints what QEMU and the plugin would.
EMULATOR = """#!/bin/sh
while [ "$1" != -c ]; do
    [ "$1" != -L ] || view=$2
    shift
done
case $2 in
    *stops*) echo "ModuleNotFoundError: no such module" >&2; echo "executed 5" >&2; exit 1 ;;
    *silent*) echo "executed 5" >&2; exit 0 ;;
    *calls=3*) count=1300 ;;
    *calls=11*) count=2100 ;;
    *) count=$(grep -c asimddp "$view/proc/cpuinfo") ;;
esac
echo 1
echo "executed $count" >&2
"""


@pytest.fixture
def python(tmp_path: Path) -> arm_python.Python:
    (tmp_path / "emulator").write_text(EMULATOR)
    (tmp_path / "emulator").chmod(0o755)
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    return arm_python.Python(
        tmp_path / "root", str(tmp_path / "emulator"), "cortex-a76", tmp_path / "plugin",
        tmp_path, [],
    )  # fmt: skip


def test_a_call_costs_the_difference_of_two_runs(python: arm_python.Python) -> None:
    assert python.per_call("calls={calls}") == 100


def test_a_program_finds_its_core_and_not_this_machine(python: arm_python.Python) -> None:
    assert python.count("which core") == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [("stops", "ended with 1: ModuleNotFoundError: no such module"), ("silent", "printed nothing")],
)
def test_a_program_that_fails_is_no_count(
    python: arm_python.Python, code: str, reason: str
) -> None:
    with pytest.raises(RuntimeError, match=reason):
        python.count(code)


def test_every_emulated_core_says_what_it_is() -> None:
    assert set(arm_python.FEATURES) == {name for name, _, _ in arm_cost.CORES}


# ---- estimates ------------------------------------------------------------------------------


def test_an_estimate_is_half_of_a_cores_width() -> None:
    assert estimates.microseconds(8000, 4, 2.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("cpuinfo", "width"),
    [
        ("cpu family\t: 25\nmodel\t\t: 17\n", 6),
        ("cpu family\t: 6\nmodel\t\t: 85\nmodel name\t: a 3 processor\n", 4),
        ("cpu family\t: 6\nmodel\t\t: 1\n", None),
        ("CPU part\t: 0xd03\n", None),
    ],
)
def test_the_error_is_said_only_where_it_is_known(cpuinfo: str, width: int | None) -> None:
    assert estimates.x86_width(cpuinfo) == width


def test_times_of_counts_appear_only_as_estimates() -> None:
    page = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    part = page.split("<!-- estimate -->")[1].split("<!-- end of estimate -->")[0]
    head = next(line for line in part.splitlines() if line.startswith("|"))
    timed = [cell for cell in cells(head) if re.search(r"\b(ms|us|µs|s)\b", cell)]
    assert timed and all("estimate" in cell for cell in timed)
    assert "On this x86" in part and "off by" in part, "the estimate's error is not said"


def test_colors_and_symbols_have_one_legend(result: dict[str, Any]) -> None:
    pytest.importorskip("vl_convert")
    import pictures

    for chart in boards.shown([result, result]):
        drawn = pictures.svg(chart)
        names = {row.get("kind", row["board"]) for row in chart.rows}
        assert drawn.count("role-legend-symbol") in (0, len(names)), chart.name
