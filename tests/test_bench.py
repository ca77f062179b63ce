"""bertlite-fast bench: what it measures, what it says of a bad run, and what its files hold."""

from __future__ import annotations

import contextlib
import copy
import getpass
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf
from bertlite_fast import selftest
from bertlite_fast.bench import (
    cases,
    charts,
    command,
    correctness,
    derived,
    document,
    limits,
    machine,
    plan,
    processes,
    report,
    sampling,
    schema,
    sensors,
    share,
    statistics,
    table,
)
from bertlite_fast.bench.progress import Progress
from bertlite_fast.bench.runner import Runner
from bertlite_fast.cli import main
from bertlite_fast.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
COMMUNITY = ROOT / "bench/community"
PATHS = {"PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """A short run on this machine."""
    options = plan.Options(30, quick=True)
    options.rounds, options.most, options.lengths = 3, 5, (16, cases.MIXTURE)
    return command.measure(options, price="35 USD", watts=2.5)


# ---- a whole run ------------------------------------------------------------------------


def test_a_run_follows_the_schema_and_is_correct(result: dict[str, Any]) -> None:
    assert schema.problems(result, document.schema()) == []
    assert result["correctness"]["correct"]
    assert set(result["correctness"]["isas"]) == set(bf.available_isas())
    assert result["given"] == {"price": "35 USD", "watts": 2.5}
    metrics = {record["metric"] for record in result["results"]}
    assert metrics >= {"latency", "cold_start", "import", "python_start", "products", "throughput"}


def test_the_schema_is_a_json_schema(result: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(document.schema())
    jsonschema.Draft202012Validator(document.schema()).validate(result)


def test_every_summary_follows_from_the_samples(result: dict[str, Any]) -> None:
    again = derived.summarize(
        [{k: v for k, v in r.items() if k != "summary"} for r in result["results"]]
    )
    assert [r["summary"] for r in again] == [r["summary"] for r in result["results"]]
    for record in result["results"]:
        s = record["summary"]
        assert s["min"] <= s["p5"] <= s["median"] <= s["p95"] <= s["p99"] <= s["max"]


def test_a_file_is_read_as_it_was_written(result: dict[str, Any], tmp_path: Path) -> None:
    path = str(tmp_path / "board.json")
    document.write(path, result)
    assert document.read(path) == result


def test_nothing_personal_is_in_a_file(result: dict[str, Any]) -> None:
    text = document.text(result).lower()
    words = {socket.gethostname(), str(Path.home()), str(ROOT), os.getcwd(), sys.executable}
    with contextlib.suppress(ImportError, KeyError, OSError):
        words.add(getpass.getuser())
    for word in words:
        # a name such as "vm" or "root" may be a part of another word
        assert not re.search(rf"(?<![\w.-]){re.escape(word.lower())}(?![\w.-])", text), word


def test_paths_in_messages_are_replaced() -> None:
    messages = {
        "why": "/home/ada/models/x.bin is missing, as C:\\Users\\Ada\\x and ~/x are",
        "others": ["bytes/s and texts/s", "1 or 2"],
    }
    assert document.without_paths(messages) == {
        "why": "(path) is missing, as (path) and (path) are",
        "others": ["bytes/s and texts/s", "1 or 2"],
    }


def test_the_table_says_what_was_measured(result: dict[str, Any]) -> None:
    lines = table.lines(result)
    assert any(line.startswith("correct; ") for line in lines)
    assert any("sentiment-analysis" in line for line in lines)
    row = table.markdown_row(result)
    assert row.count("|") == table.ROW_HEADER.split("\n")[0].count("|")


def test_a_shared_file_goes_to_its_board(
    result: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = copy.deepcopy(result)
    found["machine"]["board"] = "Orange | Pi 5"
    path = share.write(found)
    assert os.path.dirname(path) == "" and "orange-pi-5" in path
    assert "Put the file there: bench/community/orange-pi-5/" in share.pull_request(found, path)
    (tmp_path / "bench/community").mkdir(parents=True)
    path = share.write(found)
    assert path.startswith(os.path.join("bench", "community", "orange-pi-5"))
    text = share.pull_request(found, path)
    assert "Put the file" not in text and "Price: 35 USD" in text and "Orange / Pi 5" in text
    assert document.read(path) == found


# ---- wrong answers ----------------------------------------------------------------------


def test_a_machine_with_other_outputs_is_wrong_not_slow(
    result: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(selftest, "expected", lambda: {"intent": 1})
    found = command.measure(plan.Options(0.5, quick=True), show_progress=False)
    assert not found["correctness"]["correct"]
    assert table.verdict(found).startswith("WRONG")
    assert "WRONG" in table.markdown_row(found)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="answers are wrong"):
        share.write(found)
    assert list(tmp_path.iterdir()) == []


def test_digests_depend_on_every_model() -> None:
    wanted = selftest.expected()
    other = {**wanted, "qa": wanted["qa"] ^ 1}
    assert correctness.digest(other) != correctness.digest(wanted)


# ---- machines that lack something -------------------------------------------------------


class FakeFiles(sensors.Files):
    def __init__(self, root: Path, files: dict[str, str]) -> None:
        super().__init__(str(root))
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)


CORE = "sys/devices/system/cpu/cpu"
CPUINFO = "".join(
    f"processor\t: {i}\nCPU implementer\t: 0x41\nCPU part\t: {part}\n\n"
    for i, part in enumerate(["0xd05"] * 4 + ["0xd0b"] * 4)
)
ROCK = {
    "proc/device-tree/model": "Radxa ROCK 5B\0",
    "proc/cpuinfo": CPUINFO + "Serial\t\t: 0123456789abcdef\n",
    "proc/meminfo": "MemTotal:       16220724 kB\n",
    "sys/class/thermal/thermal_zone0/type": "soc-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "45307\n",
    "sys/class/thermal/thermal_zone1/type": "battery\n",
    "sys/class/thermal/thermal_zone1/temp": "99000\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
    **{f"{CORE}{i}/cpufreq/scaling_governor": "ondemand\n" for i in range(8)},
    **{f"{CORE}{i}/cpufreq/scaling_cur_freq": "1800000\n" for i in range(8)},
}


def test_a_board_is_described_by_its_system(tmp_path: Path) -> None:
    files = FakeFiles(tmp_path, ROCK)
    facts = machine.facts(files)
    assert facts["board"] == "Radxa ROCK 5B" == machine.title(facts)
    assert facts["cpu_cores"] == {"Cortex-A55": 4, "Cortex-A76": 4}
    assert facts["cpu_config"] == "ondemand"
    assert facts["mem_bytes"] == 16220724 * 1024
    state = sensors.state(files, ask=False)
    assert state["cpu_freq_mhz"] == [1800.0] * 8
    assert state["cpu_temp"] == 45.307
    assert state["throttled"] == ["undervoltage", "throttled"]
    assert "0123456789abcdef" not in json.dumps(facts)


def test_measurements_stay_on_the_fast_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = {f"{CORE}{i}/cpufreq/cpuinfo_max_freq": "2400000" if i > 3 else "1800000"
              for i in range(6)}  # fmt: skip
    files = FakeFiles(tmp_path, speeds)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 4, 5}, raising=False)
    assert machine.fastest_cores(files) == [4, 5]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {4, 5}, raising=False)
    assert machine.fastest_cores(files) is None


def test_a_machine_without_proc_and_sensors_is_measured(tmp_path: Path) -> None:
    files = FakeFiles(tmp_path, {})
    found = command.measure(plan.Options(1, quick=True), files=files, show_progress=False)
    assert found["machine"]["board"] is None and found["machine"]["cpu_cores"] == {}
    assert found["sensors"]["before"]["cpu_temp"] is None
    assert table.lines(found)


def test_damaged_files_of_the_system_are_no_error(tmp_path: Path) -> None:
    files = FakeFiles(tmp_path, {name: "\0\udcff x: :".replace("\udcff", "?") for name in ROCK})
    assert machine.facts(files) and sensors.state(files, ask=False)


def test_one_core_has_one_thread_count() -> None:
    assert plan.thread_counts(1, False) == [1]
    assert plan.thread_counts(6, False) == [1, 2, 4, 6]
    assert plan.thread_counts(8, True) == [1, 8]


def test_time_that_does_not_suffice_is_reported() -> None:
    found = command.measure(plan.Options(0.01, quick=True), show_progress=False)
    assert found["missing"] and "--seconds" in found["missing"][0]["why"]
    assert not found["stability"]["stable"]
    assert "fewer than three rounds" in found["stability"]["reasons"]
    assert table.lines(found)


# ---- noise ------------------------------------------------------------------------------


def judged(**change: Any) -> dict[str, Any]:
    """The verdict on rounds of equal medians, unless the change says otherwise."""
    rounds = change.pop("rounds", [[10.0, 11.0, 500.0]] * 5)
    records = derived.summarize(
        [{**plan.record("latency", "us", task="ner", stage="answer", length=16, isa="a"),
          "rounds": rounds}]
    )  # fmt: skip
    state = {"cpu_freq_mhz": [1000.0], "cpu_temp": 40.0, "throttled": [], "load_avg_1min": 0.0,
             "steal_ticks": [0, 100]}  # fmt: skip
    facts = {"cpu_usable": 4, "cpu_config": change.pop("governor", "performance")}
    before = {**state, **change.pop("before", {})}
    after = {**state, "steal_ticks": [0, 200], **change.pop("after", {})}
    return derived.stability(records, "a", facts, before, after, change.pop("backward", 0))


def test_equal_rounds_are_stable_whatever_their_outliers() -> None:
    assert judged() == {"stable": True, "disagreement": 0.0, "reasons": []}


@pytest.mark.parametrize(
    "change, reasons",
    [
        ({"rounds": [[10.0], [14.0], [10.0], [14.0]], "governor": "ondemand"},
         ["governor ondemand", "± 17 %"]),
        ({"rounds": [[10.0], [10.0]]}, ["fewer than three rounds"]),
        ({"after": {"cpu_freq_mhz": [600.0]}}, ["frequency 1000 to 600 MHz"]),
        ({"after": {"throttled": ["throttled"]}}, ["throttled"]),
        ({"after": {"throttled": ["undervoltage before"]}}, ["undervoltage"]),
        ({"before": {"throttled": ["undervoltage before"]},
          "after": {"throttled": ["undervoltage before"]}}, []),
        ({"before": {"load_avg_1min": 3.0}}, ["load 3.0 on 4 cores before the run"]),
        ({"after": {"steal_ticks": [20, 200]}},
         ["20 % of the time taken by other virtual machines"]),
        ({"backward": 2}, ["the clock went back 2 times"]),
    ],
)  # fmt: skip
def test_what_disturbs_a_run_is_named(change: dict[str, Any], reasons: list[str]) -> None:
    found = judged(**change)
    assert found["reasons"] == reasons
    assert found["stable"] is (not reasons)


def test_quantiles_are_those_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    values = [float(i * 37 % 101) for i in range(57)]
    for part in (0.0, 0.05, 0.5, 0.95, 0.99, 1.0):
        assert statistics.quantile(values, part) == pytest.approx(numpy.quantile(values, part))


# ---- clocks -----------------------------------------------------------------------------


def ticking(steps: list[int]) -> Iterator[int]:
    now = 0
    for step in itertools.cycle(steps):
        now += step
        yield now


@pytest.mark.parametrize(
    "steps, backward", [([1000], 0), ([1000, 1000, -5_000_000, 1000], 1), ([0], 0)]
)
def test_a_clock_may_jump_or_stand_still(steps: list[int], backward: int) -> None:
    ticks = ticking(steps)
    calls = itertools.repeat(lambda: None)
    samples, found = sampling.sample(calls, 1.0, 40, clock=lambda: next(ticks))
    assert len(samples) == 40 and min(samples) >= 0
    assert bool(found) is bool(backward)


def test_a_slice_ends_with_its_time() -> None:
    ticks = ticking([1_000_000])
    samples, _ = sampling.sample(
        itertools.repeat(lambda: None), 0.01, 1000, clock=lambda: next(ticks)
    )
    assert 3 <= len(samples) <= 6


def test_a_coarse_clock_gets_several_calls_in_a_sample() -> None:
    ticks = ticking([1000])
    per = sampling.calls_per_sample(lambda: None, 1000, lambda: next(ticks))
    assert per == sampling.COARSE
    assert sampling.clock_facts(lambda: 7)["step_ns"] is None


# ---- workers that fail ------------------------------------------------------------------

BAD_WORKERS = {
    "crashes": ("import os, sys; sys.stdin.readline(); os.abort()", r"ended with"),
    "hangs": ("import sys, time; sys.stdin.readline(); time.sleep(60)", "gave no answer in 1 s"),
    "babbles": ("import sys; sys.stdin.readline(); print('hello'); input()", "not JSON"),
    "ends": ("", "ended with exit status 0"),
}


@pytest.mark.parametrize("name", BAD_WORKERS)
def test_a_worker_that_fails_is_reported(name: str) -> None:
    code, message = BAD_WORKERS[name]
    with processes.Worker("generic", ("-c", code)) as worker:
        with pytest.raises(processes.WorkerError, match=message):
            worker.ask("clock", 1)
        assert not worker.alive


def test_the_rest_goes_on_without_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instruction set whose process always crashes costs its own items only."""
    names = ["generic", "broken"]
    options = plan.Options(4, quick=True)

    def start(isa: str) -> processes.Worker:
        broken = ("-c", BAD_WORKERS["crashes"][0])
        return processes.Worker(isa, broken if isa == "broken" else processes.WORKER)

    items = [
        plan.Item("clock", isa, {"step_ns": plan.record("read", "bytes/s", isa=isa)})
        for isa in names
    ]
    with Runner(options, Progress(4, False), start=start) as runner:
        for item in items:
            item.op = "clock"
        assert runner.run(items) == options.rounds
        assert [m["what"] for m in runner.missing] == ["read broken"]
        checked = correctness.check(runner, names)
    assert checked["isas"]["generic"]["correct"] and not checked["correct"]
    assert items[0].records["step_ns"]["rounds"] and not items[1].records["step_ns"]["rounds"]


def test_a_worker_survives_requests_it_cannot_answer() -> None:
    with processes.Worker("generic") as worker:
        for request in (
            {"op": "sing"},
            {"op": "latency"},
            {"op": "latency", "task": "x", "length": 16, "stage": "answer"},
        ):
            with pytest.raises(processes.WorkerError):
                worker.ask(timeout=60, **request)
        assert worker.ask("digest", 60)["isa"] == "generic"


# ---- what is measured -------------------------------------------------------------------


@pytest.mark.parametrize("task", cases.TASKS)
def test_texts_have_the_length_that_is_said(task: str) -> None:
    for length in cases.LENGTHS:
        case = cases.Case(task, length, cases.ANSWER)
        next(case.calls)()
        assert length == cases.MIXTURE or case.tokens == [length]


def test_the_limits_are_measured() -> None:
    for isa in bf.available_isas():
        assert min(limits.products_per_second(isa, 0.01)) > 1e6
    assert min(limits.bytes_per_second(limits.TABLE, 0.01)) > 1e6
    assert limits.large_size(256 << 20) == 16 << 20


def test_all_bytes_are_read() -> None:
    from bertlite_fast._native import read_all

    data = bytearray(1003)
    for i in range(len(data)):
        data[i] = 1
        assert read_all(data), i
        data[i] = 0
    assert read_all(data) == read_all(b"") == 0
    with pytest.raises(TypeError):
        read_all("text")  # type: ignore[arg-type]


# ---- files ------------------------------------------------------------------------------


def changed(found: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(found)
    *parts, last = path.split(".")
    target: Any = made
    for part in parts:
        target = target[int(part)] if part.isdigit() else target[part]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return made


@pytest.mark.parametrize(
    "path, value, message",
    [
        ("schemaVersion", 99, "has schemaVersion 99, and this version reads up to 1"),
        ("schemaVersion", True, "has no schemaVersion"),
        ("schemaVersion", None, "has no schemaVersion"),
        ("date", None, "'date' is missing"),
        ("date", "yesterday", "does not match"),
        ("hostname", "adas-laptop", "'hostname' is not known"),
        ("machine.bits", 16, "at machine.bits: expected one of 32, 64"),
        ("results.0.rounds", [], "at results.0.rounds: expected 1 items or more"),
        ("results.0.rounds", [[1, "2"]], "at results.0.rounds.0.1: expected number, got str"),
        ("results.0.unit", "parsecs", "expected one of us"),
        ("settings.quick", 1, "expected boolean, got int"),
        ("settings.rounds_planned", True, "expected integer, got bool"),
        ("given.watts", -1, "expected 0 or more"),
        ("machine.board", "x" * 401, "expected at most 400 characters"),
    ],
)
def test_other_documents_are_refused(
    result: dict[str, Any], path: str, value: Any, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        document.upgraded(changed(result, path, value), "it")


@pytest.mark.parametrize("text", [b"", b"[1]", b"null", b"\xff", b"[" * 100_000, b'{"a": 1}'])
def test_other_files_are_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(InputError):
        document.read(str(tmp_path / "x.json"))


def test_a_document_of_an_earlier_version_is_upgraded(
    result: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = changed(result, "schemaVersion", 1)
    later = copy.deepcopy(document.schema())
    later["properties"]["schemaVersion"] = {"const": 2}
    monkeypatch.setattr(document, "VERSION", 2)
    monkeypatch.setattr(document, "schema", lambda: later)
    monkeypatch.setitem(document.UPGRADES, 1, lambda d: {**d, "schemaVersion": 2})
    assert document.upgraded(old, "it")["schemaVersion"] == 2


COMMUNITY_FILES = sorted(COMMUNITY.rglob("*.json"))


@pytest.mark.parametrize("path", COMMUNITY_FILES, ids=lambda p: str(p.relative_to(COMMUNITY)))
def test_community_files_are_valid_and_right(path: Path) -> None:
    if path.name == "digests.json":
        return
    found = document.read(str(path))
    assert path.parent.parent == COMMUNITY
    assert path.parent.name == share.slug(machine.title(found["machine"]))
    assert path.name == share.file_name(found), "the file was changed after it was measured"
    known = json.loads((COMMUNITY / "digests.json").read_text(encoding="utf-8"))
    digests = {*known.values(), correctness.digest(selftest.expected())}
    entries = found["correctness"]
    assert entries["correct"] and entries["expected"] in digests
    assert {entry["digest"] for entry in entries["isas"].values()} == {entries["expected"]}


def test_known_digests_are_digests() -> None:
    known = json.loads((COMMUNITY / "digests.json").read_text(encoding="utf-8"))
    assert known and all(re.fullmatch("[0-9a-f]{64}", digest) for digest in known.values())


# ---- the command ------------------------------------------------------------------------


def test_the_command_writes_and_checks_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    args = ["bench", "--quick", "--seconds", "3", "--json", "a.json", "--share", "--board", "My Pi"]
    assert main(args) == 0
    shown = capsys.readouterr()
    assert "My Pi" in shown.out and "Title: Add a benchmark of My Pi" in shown.out
    assert shown.err == ""
    (shared,) = tmp_path.glob("my-pi-*.json")
    assert main(["bench", "--check", "a.json", shared.name]) == 0
    (tmp_path / "b.json").write_text("{}")
    assert main(["bench", "--check", "b.json", "a.json", "missing.json"]) == 1
    shown = capsys.readouterr()
    assert "b.json has no schemaVersion" in shown.err and "missing.json" in shown.err
    assert "a.json: My Pi" in shown.out


def test_a_folder_that_cannot_be_written_is_reported_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    assert main(["bench", "--json", str(tmp_path / "no/board.json")]) == 1
    assert time.monotonic() - begun < 5
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "nan", "x", "1e9"])
def test_seconds_have_to_be_above_0(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--seconds", value]) == 2
    assert "is not a number above 0" in capsys.readouterr().err


def test_the_package_does_not_import_its_benchmark() -> None:
    code = (
        "import sys, bertlite_fast, bertlite_fast.pipelines; "
        "print([m for m in sys.modules if 'bench' in m or m == 'subprocess'])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **PATHS},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"


# ---- the report -------------------------------------------------------------------------

HOSTILE = "</script><script>alert(1)</script>@@DATA@@\u2028<b>"


@pytest.fixture(scope="module")
def boards(result: dict[str, Any]) -> list[dict[str, Any]]:
    """This machine twice, and a board whose name is an attack."""
    other = copy.deepcopy(result)
    other["machine"]["board"] = HOSTILE
    return [result, copy.deepcopy(result), other]


def test_a_board_that_is_there_twice_has_two_names(boards: list[dict[str, Any]]) -> None:
    first, second, third = charts.labels(boards)
    assert second == f"{first} (2)" and third == HOSTILE


def test_a_page_needs_no_network_and_trusts_no_name(boards: list[dict[str, Any]]) -> None:
    page = report.page(boards, "/* library */")
    assert "default-src 'none'" in page
    assert not re.findall(
        r"""(?:src|href)\s*=|url\(|@import|<link|<iframe""", page.split("link.h")[0]
    )
    assert "<script>alert" not in page and "<b>" not in page
    assert "@@DATA@@" in page, "a place inside a name was filled in"
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data and json.loads(data[1])["names"][2] == HOSTILE


def test_every_chart_is_a_table_too(boards: list[dict[str, Any]]) -> None:
    made = charts.charts(boards)
    page = report.page(boards, "")
    assert {c.name for c in made} >= {"latency", "start", "stages", "shared", "batch", "limit"}
    for chart in made:
        assert f'data-chart="{chart.name}"' in page
        assert all(set(chart.columns) <= set(row) for row in chart.rows)
    assert page.count("<tr data-series") == len(boards) + sum(len(c.rows) for c in made)


def test_every_picture_can_be_drawn(boards: list[dict[str, Any]]) -> None:
    vl_convert = pytest.importorskip("vl_convert")
    for chart in charts.charts(boards):
        spec = {**chart.spec, "width": 400, "data": {"values": chart.rows}}
        svg = vl_convert.vegalite_to_svg(spec)
        assert svg.count("aria-roledescription=") > 2, chart.name


def test_a_wrong_machine_is_in_no_report(result: dict[str, Any], tmp_path: Path) -> None:
    path = str(tmp_path / "wrong.json")
    document.write(path, changed(result, "correctness.correct", False))
    with pytest.raises(InputError, match="cannot be in a report: WRONG"):
        report.read([path])


def test_a_missing_chart_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(InputError, match=r"pip install 'bertlite-fast\[report\]'"):
        report.library()


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_draws_every_chart(boards: list[dict[str, Any]], tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    (tmp_path / "a.json").write_text(document.text(boards[0]))
    (tmp_path / "b.json").write_text(document.text(boards[2]))
    page = tmp_path / "report.html"
    files = [str(tmp_path / name) for name in ("a.json", "b.json")]
    assert main(["bench", "--report", *files, "-o", str(page)]) == 0
    assert CHROMIUM is not None
    run = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={tmp_path}/profile", "--virtual-time-budget=20000",
         "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    drawn = len(charts.charts(report.read(files)))
    assert f'data-drawn="{drawn}"' in run.stdout
    assert run.stdout.count('class="marks"') == drawn
    assert "could not be drawn" not in run.stdout.split("<script")[0]
