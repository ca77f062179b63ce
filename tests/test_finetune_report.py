"""The page of a training, and trainings that are interrupted, whatever the task."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf
from bertlite_fast import embedded
from bertlite_fast.cli import main
from bertlite_fast.finetune import checkpoint, loop, report

pytestmark = pytest.mark.skipif(not embedded.names(), reason="this build has no embedded models")

HOSTILE = "</script><script>alert(1)</script>@@DATA@@\u2028<b>\ud800"
MANY = [f"label {i:03}" for i in range(150)]
ANSWERS = [
    (f"text {i}", label, MANY[(i + i % 3) % 150], 0.5) for i, label in enumerate(MANY * 3)
] + [(HOSTILE, HOSTILE, "b", 0.9)]
HISTORY = [{"epoch": 1, "loss": 2.0, "score": 0.5}, {"epoch": 2, "loss": 1.0, "score": 0.75}]
LADDER = [{"trained": "ngrams", "held_out_accuracy": 0.5, "chosen": False},
          {"trained": "encoder+ngrams", "held_out_accuracy": 0.75, "chosen": True}]  # fmt: skip


def made(answers: list[tuple[str, str, str, float]] = ANSWERS) -> str:
    return report.page(
        HOSTILE, [("file", HOSTILE)], history=HISTORY, ladder=LADDER, answers=answers,
        where="validation texts", has_labels=True,
    )  # fmt: skip


def rows_of(page: str, title: str) -> list[list[str]]:
    """The cells of the table in a section."""
    body = page.split(f"<h2>{title}</h2>")[1].split("<tbody>")[1].split("</tbody>")[0]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("\n") if row]


def test_a_page_trusts_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)  # the wheel needs no chart library
    page = made(ANSWERS[-20:])  # few enough for each label to be in a chart
    page.encode("utf-8")
    assert "default-src 'none'" in page and "bertlite-fast[report]" in page
    assert "<script>alert" not in page and "<b>" not in page and "@@DATA@@" in page
    assert not re.findall(
        r"""(?:src|href)\s*=|url\(|@import|<link|<iframe""", page.split("link.h")[0]
    )
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data and [c["name"] for c in json.loads(data[1])["charts"]] == [
        "loss", "score", "ladder", "matrix",
    ]  # fmt: skip
    assert "alert(1)" in data[1] and "<" not in data[1]


def test_a_matrix_of_many_labels_has_those_that_are_confused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = made()
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data
    matrix = json.loads(data[1])["charts"][3]
    shown = matrix["spec"]["encoding"]["x"]["scale"]["domain"]
    assert len(shown) == report.MOST_IN_MATRIX
    assert {row["right"] for row in matrix["rows"]} <= set(shown)
    # each label has three texts, which are all given the same one
    assert {row["share"] for row in matrix["rows"]} == {1.0}
    labels = rows_of(page, "Labels")
    assert len(labels) == 152 and labels[0][1] == "0.0" and labels[-1][1] == "100.0"
    mistakes = rows_of(page, "The most confident mistakes")
    assert len(mistakes) == report.MOST_MISTAKES and mistakes[0][3] == "0.900"
    assert sum(int(row[2]) for row in rows_of(page, "Confusions")) == sum(
        wanted != given for _, wanted, given, _ in ANSWERS
    )


def test_every_chart_can_be_drawn() -> None:
    vl_convert = pytest.importorskip("vl_convert")
    for chart in (report._loss(HISTORY), report._score(HISTORY), report._ladder(LADDER),
                  report._matrix(ANSWERS[:60], "texts")):  # fmt: skip
        spec = {**chart.spec, "width": 400, "data": {"values": chart.rows}}
        svg = vl_convert.vegalite_to_svg(spec)
        assert svg.count("aria-roledescription=") > 2, chart.name


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_draws_the_page(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    assert CHROMIUM is not None
    page = tmp_path / "page.html"
    page.write_text(made(), encoding="utf-8")
    run = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
         f"--user-data-dir={tmp_path}/profile", "--virtual-time-budget=20000", "--dump-dom",
         page.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert 'data-drawn="4"' in run.stdout and run.stdout.count('class="marks"') == 4
    assert "could not be drawn" not in run.stdout.split("<script")[0]


# ---- the tasks ----------------------------------------------------------------------------------

WORDS = [["Ann", "went", "to", "Rome"], ["call", "Bob"], ["Rome", "is", "far"]] * 6
TAGS = [["B-who", "O", "O", "B-city"], ["O", "B-who"], ["B-city", "O", "O"]] * 6
ASKED = [("Who called?", f"{name} called at noon.") for name in ("Ann", "Bob", "Eve", "Tom")] * 3
PAIRS = [("lights off", "turn off the lamp"), ("lights off", "some jazz")] * 6
SETTINGS: dict[str, Any] = {"epochs": 3, "threads": 1, "batch_size": 6}
TASKS: list[tuple[Any, Any, Any]] = [
    (bf.TokenTagger, WORDS, TAGS),
    (bf.QuestionAnswerer, ASKED, [context.split()[0] for _, context in ASKED]),
    (bf.PairScorer, PAIRS, [1.0, 0.0] * 6),
    (bf.WordFiller, ["the lamp is red", "the lamp is blue"] * 3, None),
]


@pytest.mark.parametrize(("kind", "given", "wanted"), TASKS)
def test_every_task_has_a_page_and_goes_on_where_it_was(
    kind: Any, given: Any, wanted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    path = tmp_path / "c"
    whole = kind(**SETTINGS).fit(given, wanted)
    whole.report(tmp_path / "page.html", given, wanted)
    assert kind.__name__ in (tmp_path / "page.html").read_text(encoding="utf-8")

    def stop(error: type[BaseException]) -> Any:
        def told(stage: str, progress: loop.Progress) -> None:
            if stage == "encoder" and progress.epoch == 2:
                raise error

        return told

    with pytest.raises(MemoryError):
        kind(**SETTINGS).fit(given, wanted, watch=stop(MemoryError), checkpoint=path)
    stages: list[tuple[str, int]] = []
    resumed = kind(**SETTINGS).fit(
        given, wanted, checkpoint=path, resume=True,
        watch=lambda stage, progress: stages.append((stage, progress.epoch)),
    )  # fmt: skip
    assert resumed._file == whole._file and resumed.history_ == whole.history_
    assert stages[0] == ("encoder", 1) and not path.exists()

    with pytest.warns(UserWarning, match="interrupted"):  # Ctrl-C
        kept = kind(**SETTINGS).fit(given, wanted, watch=stop(KeyboardInterrupt), checkpoint=path)
    assert kept.interrupted_ and path.exists() and kept._file != whole._file
    for change in ({"epochs": 4}, {"base": "bertlite/base"}):
        with pytest.raises(bf.InputError, match="other texts, labels or settings"):
            kind(**{**SETTINGS, **change}).fit(given, wanted, checkpoint=path, resume=True)
    less = given[:-2], wanted[:-2] if wanted else None
    with pytest.raises(bf.InputError, match="other texts, labels or settings"):
        kind(**SETTINGS).fit(*less, checkpoint=path, resume=True)


def test_nothing_is_kept_of_nothing() -> None:
    def at_once(stage: str, progress: loop.Progress) -> None:
        progress.step = 0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bf.TokenTagger(**SETTINGS).fit(WORDS, TAGS, watch=at_once)


def test_an_interrupted_head_is_kept() -> None:
    def at_once(stage: str, progress: loop.Progress) -> None:
        raise KeyboardInterrupt

    texts = ["lights on", "lamp on", "lights off", "lamp off"] * 4
    classifier = bf.TextClassifier(trained="encoder", threads=1)
    with pytest.warns(UserWarning, match="interrupted at step 1"):
        classifier.fit(texts, ["on", "on", "off", "off"] * 4, watch=at_once)
    assert classifier.interrupted_ and len(classifier.predict(texts)) == 16


TRAIN = """
import sys
from bertlite_fast.cli import main
from bertlite_fast.finetune import checkpoint
checkpoint.EVERY = 0.0
sys.exit(main(sys.argv[1:]))
"""


def test_a_killed_training_goes_on(tmp_path: Path) -> None:
    rows = "\n\n".join("\n".join(map(" ".join, zip(w, t))) for w, t in zip(WORDS * 3, TAGS * 3))
    data = tmp_path / "names.conll"
    data.write_text(rows, encoding="utf-8")

    def arguments(out: str) -> list[str]:
        return ["finetune", "ner", str(data), "-o", str(tmp_path / out), "--epochs", "20",
                "--batch-size", "4", "--threads", "1", "--quiet"]  # fmt: skip

    kept = tmp_path / "a.checkpoint"
    process = subprocess.Popen([sys.executable, "-c", TRAIN, *arguments("a")])
    first = b""
    for _ in range(6000):  # the second epoch's, at least
        if kept.exists() and first and kept.read_bytes() != first:
            break
        first = first or (kept.read_bytes() if kept.exists() else b"")
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it ended before it could be killed"
    assert not (tmp_path / "a").exists()
    page = tmp_path / "a.html"
    assert main([*arguments("a"), "--resume", "--report", str(page)]) == 0
    assert main(arguments("b")) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert page.exists() and not kept.exists()


def test_a_page_never_takes_the_place_of_what_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "data.csv", str(tmp_path / "out")
    data.write_text("text,label\na,b\nc,d\n", encoding="utf-8")
    for target in (str(data), out, str(tmp_path / "no" / "page.html")):
        arguments = ["finetune", "classification", str(data), "-o", out, "--report", target]
        assert main(arguments) != 0
        assert target in capsys.readouterr().err
    assert data.read_text(encoding="utf-8").startswith("text,label")
