"""bench/compare.py: rivals that crash, hang, lie or are not there, and the page of the rest."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tools")]

import compare
from rivals import cases, model_files, page, rounds, starts, texts

from bertlite_fast.bench.processes import Worker

RIVALS = """
import ctypes, os, sys, time

def length(text):
    return [float(len(text)), float(text.count("e"))]

def _many(one):
    return lambda texts: one(texts) if isinstance(texts, str) else [one(t) for t in texts]

def good(folder, noise=0.0):
    print("a line that is no answer")
    os.write(1, b"nor is this one\\n")
    return _many(lambda text: [x * (1 + noise) for x in length(text)])

def other(folder):
    return _many(lambda text: length(text[::2]))

def short(folder):
    return _many(lambda text: length(text)[:1])

def undefined(folder):
    return _many(lambda text: [float("nan"), 1.0])

def missing(folder):
    import a_package_that_nobody_has

def says_nothing(folder):
    os._exit(0)

def leaves(folder):
    sys.exit("no")

def refuses(folder):
    raise ValueError("a file\\nof another version")

def crashes_later(folder):
    calls = []
    def answer(text):
        calls.append(text)
        if len(calls) > 8:
            os.kill(os.getpid(), 11)
        return length(text)
    return _many(answer)

def crashes(folder):
    os.kill(os.getpid(), 11)

def hangs(folder):
    time.sleep(600)

def build(folder):
    (folder / "built").open("a").write("x")

def build_fails(folder):
    raise RuntimeError("no converter")
"""
INPUTS = [
    cases.Input("short", ["one", "two of these", "three", "and a fourth one here"]),
    cases.Input("all", ["one", "two of these"], together=True),
]


@pytest.fixture(scope="module", autouse=True)
def fakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("fakes")
    (folder / "fake_rivals.py").write_text(RIVALS)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in rounds.SURROUNDINGS.items():
            patch.setenv(name, value)
        patch.setenv("PYTHONPATH", f"{ROOT / 'bench'}:{folder}")
        yield


def rival(function: str, precision: str | None = "fp32", **more: Any) -> cases.Rival:
    name = more.pop("name", function)
    return cases.Rival(name, f"fake_rivals:{function}", ("no-such-package",), precision, **more)


def run(models: Path, *rivals: cases.Rival, **longest: float) -> dict[str, dict[str, Any]]:
    (models / "m").mkdir(exist_ok=True)
    case = cases.Case("c", "Case", "A note.", "m", INPUTS, list(rivals))
    found = rounds.run_case(case, models, 3, 0.001, say=lambda _: None, longest=longest)
    return {one["name"]: one for one in found["rivals"]} | {"": found}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """One run in which everything goes wrong that can."""
    names = ("other", "short", "undefined", "missing", "leaves", "refuses", "crashes_later",
             "crashes", "hangs")  # fmt: skip
    return run(
        tmp_path_factory.mktemp("models"),
        rival("good", "int8", name="bertlite_fast int8", settings={"noise": 0.01}),
        rival("good", name="exact"),
        *map(rival, names),
        rival("good", name="cannot be built", build="fake_rivals:build_fails"),
        start=2.0,
    )


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("other", "other outputs", "away from those of exact; at most 0.002 is allowed for fp32."),
        ("short", "other outputs", "outputs are inf away"),
        ("undefined", "other outputs", "outputs are inf away"),
        ("missing", "missing", "a_package_that_nobody_has"),
        ("leaves", "failed", "SystemExit: no"),
        ("refuses", "failed", "ValueError: a file of another version"),
        ("crashes_later", "crashed", "ended with signal 11."),
        ("crashes", "crashed", "ended with signal 11."),
        ("hangs", "hung", "gave no answer in 2 s."),
        ("cannot be built", "failed", "RuntimeError: no converter"),
    ],
)
def test_what_goes_wrong_is_named(
    result: dict[str, dict[str, Any]], name: str, state: str, reason: str
) -> None:
    assert result[name]["state"] == state
    assert reason in result[name]["reason"]


def test_the_rest_goes_on(result: dict[str, dict[str, Any]]) -> None:
    for name in ("bertlite_fast int8", "exact"):
        assert result[name]["state"] == "ready"
        assert [len(result[name]["times"][entry.name]) for entry in INPUTS] == [3, 3]
        assert result[name]["summary"]["short"]["median"] > 0
    assert result[""]["reference"] == "exact"
    assert 0 < result["bertlite_fast int8"]["error"] < cases.TOLERANCES["int8"]
    assert result["bertlite_fast int8"]["summary"]["short"]["ratio"] == [1, 1, 1]
    assert not result["other"]["times"], "a program with other outputs was timed"


def test_the_page_says_what_happened(result: dict[str, dict[str, Any]]) -> None:
    measured = {**result[""], "measured": surroundings()}
    made = page.text({"tolerances": cases.TOLERANCES, "cases": [measured]})
    for name, one in result.items():
        if name and one["state"] != "ready":
            assert f"- {name} (case): {one['state']}: {one['reason']}" in made
    assert made.count("| exact |") == 2 and "| reference |" in made
    assert "(benchmarks/c.svg)" in made


def test_files_are_built_once(tmp_path: Path) -> None:
    built = rival("good", build="fake_rivals:build")
    for _ in range(2):
        assert run(tmp_path, built, rival("good", name="b", build=built.build))["b"]["summary"]
    assert (tmp_path / "m/built").read_text() == "x"


def test_every_second_round_runs_backward(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    order: list[str] = []

    def measure(self: rounds.Contender, *_: Any) -> dict[str, Any]:
        order.append(self.rival.name)
        return {"samples": [1.0], "core": 1.0}

    monkeypatch.setattr(rounds.Contender, "measure", measure)
    made = [rounds.Contender(rival(n), tmp_path, rounds.new_worker, {}) for n in ("a", "b", "c")]
    rounds.in_turn(made, INPUTS[:1], 2, 0.0)
    assert order == ["a", "b", "c", "c", "b", "a"]


def test_a_program_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    case = cases.Case("c", "Case", "", "m", INPUTS, [rival("good")])
    (tmp_path / "m").mkdir()

    def broken() -> Worker:
        return Worker("generic", ("-c", "print('no JSON', flush=True); input()"))

    found = rounds.run_case(case, tmp_path, 1, 0.001, broken, lambda _: None)
    assert found["rivals"][0]["reason"] == "gave an answer that is not JSON."


def test_distances_ignore_what_all_texts_have_in_common() -> None:
    expected = [[100.0, 1.0], [100.0, 2.0], [100.0, 3.0]]
    assert rounds.distance(expected, expected) == 0
    swapped = [expected[1], expected[2], expected[0]]
    assert rounds.distance(swapped, expected) > 1.2
    near = [[a, b + 0.001] for a, b in expected]
    assert 0.001 < rounds.distance(near, expected) < 0.002
    assert rounds.distance([[1.0]], [[1.0, 2.0]]) == math.inf
    assert rounds.distance([[2.0]], [[1.0]]) == math.inf
    ids = [[1.0, 2.0, 3.0], [1.0]]
    assert rounds.distance(ids, ids) == 0 and rounds.distance([[1.0, 2.0, 4.0], [1.0]], ids) > 0


def times(ours: bool, *medians: float) -> dict[str, Any]:
    turns = [{"median": m, "min": m, "samples": 1} for m in medians]
    name = "bertlite_fast" if ours else "theirs"
    return {"name": name, "ours": ours, "times": {"x": turns}, "state": "ready"}


@pytest.mark.parametrize(
    ("theirs", "line"),
    [
        ((1.0, 4.0, 3.0), "- Case, theirs is faster. x: 0.50 (0.50 to 0.75)."),
        ((4.0, 8.0, 2.0), "- Case, theirs is about as fast. x: 1.00 (0.50 to 2.00)."),
        ((9.0, 9.0, 9.0), "In none of the cases below."),
    ],
)
def test_where_others_are_faster_is_said(theirs: tuple[float, ...], line: str) -> None:
    rows = [times(True, 2.0, 8.0, 4.0), times(False, *theirs)]
    rounds.summarize(rows)
    case = {"title": "Case", "inputs": ["x"], "rivals": rows}
    assert line in page.slower([case])


@pytest.mark.parametrize(
    ("others", "core", "sentence"),
    [
        (0.01, 0.6, "no other work"),
        (0.5, 0.998, "on 50% of all cores, but not on the core"),
        (0.5, 0.8, "on 50% of all cores: the ratios"),
        (None, 1.0, "is not known"),
    ],
)
def test_other_work_is_said(others: float | None, core: float, sentence: str) -> None:
    assert sentence in page.other_work({"measured": surroundings(others, core)})


def test_other_work_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this program and its children use is none."""
    moments = iter([(100.0, 10.0, 1.0), (104.0, 14.0, 3.0)])  # busy, clock, own
    now = [next(moments)]
    monkeypatch.setattr(compare, "busy_seconds", lambda: now[0][0])
    monkeypatch.setattr("compare.time.monotonic", lambda: now[0][1])
    monkeypatch.setattr("compare.os.times", lambda: (0.0, 0.0, now[0][2], 0.0, 0.0))
    monkeypatch.setattr("compare.os.cpu_count", lambda: 2)
    before = compare.OtherWork()
    now[0] = next(moments)
    assert before.share() == 0.25
    monkeypatch.setattr(compare, "busy_seconds", lambda: None)
    assert compare.OtherWork().share() is None


def surroundings(
    others: float | None = 0.0, core: float = 1.0, machine: str = "M"
) -> dict[str, Any]:
    return {**compare.surroundings(others), "core": core, "machine": machine}


def test_a_case_measured_later_takes_the_place_of_the_earlier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "FILES", tmp_path / "benchmarks")
    monkeypatch.setattr(compare, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(compare, "MODELS", tmp_path)
    monkeypatch.setattr(compare, "draw", lambda results: None)
    made = [cases.Case(name, name, "", "m", INPUTS, []) for name in ("a", "b", "c")]
    monkeypatch.setattr(cases, "all_cases", lambda models, data=None: made)
    assert compare.earlier() == {}
    for name, value in (("c", 1), ("a", 2), ("c", 3)):
        compare.write(compare.earlier() | {name: {"name": name, "value": value}})
    assert [(n, one["value"]) for n, one in compare.earlier().items()] == [("a", 2), ("c", 3)]


def test_missing_goes_on_where_a_run_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []

    def measure(case: cases.Case, quick: bool) -> dict[str, Any]:
        measured.append(case.name)
        if case.name == "b" and len(measured) == 2:
            raise KeyboardInterrupt
        return {"name": case.name}

    made = [cases.Case(name, name, "", "m", INPUTS, []) for name in ("a", "b", "c")]
    monkeypatch.setattr(cases, "all_cases", lambda models, data=None: made)
    monkeypatch.setattr(model_files, "SPECS", {})
    monkeypatch.setattr(compare, "measure", measure)
    monkeypatch.setattr(compare, "draw", lambda results: None)
    monkeypatch.setattr(compare, "FILES", tmp_path / "benchmarks")
    monkeypatch.setattr(rounds, "prepare_environment", lambda: None)
    monkeypatch.setattr(sys, "argv", ["compare.py"])
    with pytest.raises(KeyboardInterrupt):
        compare.main()
    monkeypatch.setattr(sys, "argv", ["compare.py", "--missing"])
    compare.main()
    assert measured == ["a", "b", "b", "c"] and [*compare.earlier()] == ["a", "b", "c"]


def test_cases_of_several_machines_name_their_own() -> None:
    found = [
        {"name": name, "title": name, "note": "", "rivals": [], "inputs": ["x"], "rounds": 2,
         "measured": surroundings(machine=name)}
        for name in ("one", "two")
    ]  # fmt: skip
    both = page.text({"tolerances": cases.TOLERANCES, "cases": found})
    assert "Measured on one" in both and "Measured on two" in both
    assert both.count("The machine had no other work.") == 1
    alone = page.text({"tolerances": cases.TOLERANCES, "cases": [found[0], found[0]]})
    assert alone.count("Measured on one") == 1


def test_a_case_has_what_the_page_needs(tmp_path: Path) -> None:
    for name in model_files.SPECS:
        (tmp_path / name).mkdir()
        words = "\n".join(model_files.vocabulary())
        (tmp_path / name / "vocab.txt").write_text(words, encoding="utf-8")
    made = cases.all_cases(tmp_path)
    assert len({case.name for case in made}) == len(made)
    for case in made:
        names = [one.name for one in case.rivals]
        assert len(set(names)) == len(names) > 1 and case.rivals[0].ours
        assert case.model in model_files.SPECS
        for one in case.rivals:
            for function in filter(None, (one.function, one.build)):
                assert callable(_imported(function))


def _imported(function: str) -> Callable[..., Any]:
    from rivals import worker

    return worker.function(function)


def test_texts_have_their_length_and_differ(tmp_path: Path) -> None:
    bf = pytest.importorskip("bertlite_fast")
    (tmp_path / "vocab.txt").write_text("\n".join(model_files.vocabulary()), encoding="utf-8")
    tokenizer = bf.Tokenizer(tmp_path / "vocab.txt")
    for tokens in (16, 128):
        made = texts.of_length(tmp_path, tokens, 6)
        assert [len(tokenizer.encode(text)) for text in made] == [tokens] * 6
        assert len(set(made)) == 6 and made == texts.of_length(tmp_path, tokens, 6)
    masked = [tokenizer.encode(text) for text in texts.masked(tmp_path, 16, 3)]
    assert all(ids.count(tokenizer.mask_token_id) == 1 and len(ids) == 16 for ids in masked)


def test_a_cold_start_is_measured_or_not_there(tmp_path: Path) -> None:
    found = starts.fresh(rival("good"), tmp_path, "a text")
    assert found is not None and found["ms"] > 1 and found["peak_mb"] > 1
    for name in ("crashes", "says_nothing"):
        assert starts.fresh(rival(name), tmp_path, "a text") is None


def test_room_on_the_disk_counts_what_is_required() -> None:
    assert starts.room(("a-package-that-nobody-has",)) is None
    alone = starts.room(("iniconfig",))  # which pytest requires
    both = starts.room(("pytest",))
    assert alone and both and both > alone
    ours = starts.room(starts.OURS)
    assert ours and ours > 1


def test_charts_can_be_drawn(result: dict[str, dict[str, Any]]) -> None:
    pytest.importorskip("vl_convert")
    import pictures

    drawn = pictures.svg(page.chart(result[""]))
    assert "prefers-color-scheme: dark" in drawn and "exact" in drawn
    assert "crashes" not in drawn
