"""What `bertlite-fast firmware` writes, compiled for this machine; tools/firmware_check.py has
emulated microcontrollers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import bertlite_fast as bf
from bertlite_fast import firmware
from bertlite_fast.cli import main

COMPILER = os.environ.get("CC", "cc").split()[-1]
FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Werror", "-Wno-unused-function"]

pytestmark = pytest.mark.skipif(shutil.which(COMPILER) is None, reason="needs a C compiler")


def compiled(folder: Path, core: Path | None = None) -> tuple[Path, Path]:
    """The program of a folder, and the core's object in it, or that of another folder."""
    core = core or folder / "bertlite.o"
    if not core.exists():
        subprocess.run(
            [COMPILER, *FLAGS, "-c", "bertlite.c", "-o", str(core)], cwd=folder, check=True
        )
    parts = ["main.c", "model.S", str(core), "-I.", "-lm", "-o", "program"]
    subprocess.run([COMPILER, *FLAGS, *parts], cwd=folder, check=True)
    return folder / "program", core


def answers(program: Path, *texts: str) -> list[str]:
    lines = "".join(text + "\n" for text in texts).encode()
    return subprocess.run([program], input=lines, capture_output=True).stdout.decode().splitlines()


def test_the_program_answers_as_pipelines_do(tmp_path: Path) -> None:
    made = firmware.write("intent", str(tmp_path / "a"), target="any")
    program, core = compiled(tmp_path / "a")
    texts = ["turn on the lights", "café, ZÜRICH and 中文?", "set an alarm for six " * 30, ""]
    intents = bf.pipeline("text-classification", model="bertlite/intent")
    expected = [intents(text, max_length=32, truncation=True)[0] for text in texts]
    assert answers(program, *texts) == [
        f"{one['label']} {int(100 * one['score'])}%" for one in expected
    ]
    assert made["memory_bytes"] < 44_000

    made = firmware.write("ner", str(tmp_path / "b"), target="any", most_bytes=1000)
    program, _ = compiled(tmp_path / "b", core)
    assert answers(program, "Angela Merkel lives in Zürich.") == [
        "PERSON: Angela Merkel",
        "LOCATION: Zürich",
    ]
    long = answers(program, "Angela Merkel met Tim Cook. " * 300)
    assert long[0] == "PERSON: Angela Merkel" and len(long) > 60

    model = tmp_path / "b/model.h"
    header = model.read_text()
    memory = str(made["memory_bytes"])
    for size, answer in ((30_000, "no answer: 4"), (1_000, "the model cannot be opened: 4")):
        model.write_text(header.replace(memory, str(size)))
        program, _ = compiled(tmp_path / "b", core)
        assert answers(program, "Angela Merkel lives in Zürich. " * 8) == [answer]

    task = tmp_path / "b/task.bin"
    whole = task.read_bytes()
    for data, code in (
        (whole[:-1], 1),
        (whole[:20_000] + bytes([whole[20_000] ^ 1]) + whole[20_001:], 1),
        (b"\0" * len(whole), 1),
        (whole[:8] + b"\2" + whole[9:], 2),
        ((tmp_path / "b/base.bin").read_bytes(), 2),
    ):
        task.write_bytes(data)
        model.write_text(header.replace("MODEL_TASK_SIZE ", f"MODEL_TASK_SIZE {len(data)} //"))
        program, _ = compiled(tmp_path / "b", core)
        assert answers(program, "x") == [f"the model cannot be opened: {code}"]


def test_what_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    command = ["firmware", "--target", "any", "-o", out]
    assert main([*command, "--model", "no-such-model"]) != 0
    assert "no-such-model is not a file" in capsys.readouterr().err
    assert main([*command, "--model", "intent", "--sources", str(tmp_path)]) != 0
    assert "has no C sources" in capsys.readouterr().err
    assert main([*command, "--model", "intent", "--length", "1000"]) != 0
    assert "at most 512" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["firmware", "--target", "any", "-o", str(tmp_path / "file"), "--model", "ner"])
    assert "cannot be made a folder" in capsys.readouterr().err
    assert not os.path.exists(out)
