"""The command line, run as a program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import test_tasks

from bertlite_fast import cli


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("cli")
    made = {
        "classify": test_tasks.make(root / "c", "sequence-classification", ["on", "off", "play"]),
        "ner": test_tasks.make(root / "t", "token-classification", test_tasks.TAGS),
        "fill-mask": test_tasks.make(root / "w", "masked-lm", []),
        "ask": test_tasks.make(root / "q", "question-answering", ["start", "end"]),
        "embed": test_tasks.make(root / "e", "encoder", []),
    }
    found = {name: str(path) for name, path in made.items()}
    return found | {
        "sentiment": found["classify"],
        "intent": found["classify"],
        "tag": found["ner"],
        "similar": found["embed"],
        "search": found["embed"],
    }


def cli_run(*words: str, stdin: str = "", status: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "bertlite_fast", *words], input=stdin, capture_output=True, text=True
    )
    assert run.returncode == status, (words, run.stderr)
    return run.stdout if status == 0 else run.stderr


CALLS: dict[str, list[str]] = {
    "fill-mask": ["turn [MASK] the light"],
    "ask": ["the light", "--context", "music in the kitchen of istanbul"],
    "ner": ["hello istanbul world"],
    "tag": ["hello istanbul world"],
    "classify": ["turn on the light", "--top-k", "2"],
    "sentiment": ["happy"],
    "intent": ["turn on the light", "--threshold", "0.1"],
    "similar": ["light", "lights", "music"],
    "embed": ["light"],
}


@pytest.mark.parametrize("command", list(CALLS))
def test_every_task(models: dict[str, str], command: str) -> None:
    words = [command, *CALLS[command], "--model", models[command]]
    assert cli_run(*words).strip()
    for line in cli_run(*words, "--json").splitlines():
        assert set(json.loads(line)) == {"text", "answer"}


def test_texts_from_standard_input_and_files(models: dict[str, str], tmp_path: Path) -> None:
    texts = "light on\n\nmusic\n"
    piped = cli_run("classify", "--model", models["classify"], "--json", stdin=texts)
    assert [json.loads(line)["text"] for line in piped.splitlines()] == ["light on", "music"]
    (tmp_path / "texts").write_text(texts)
    assert (
        cli_run(
            "classify", "--model", models["classify"], "--json", "--file", str(tmp_path / "texts")
        )
        == piped
    )
    found = cli_run(
        "search", "music", "--model", models["search"], "--json", "--top-k", "1", stdin=texts
    )
    assert json.loads(found)["text"] == "music"
    (tmp_path / "context").write_text("music in the kitchen")
    assert cli_run(
        "ask", "the light", "--context", f"@{tmp_path / 'context'}", "--model", models["ask"]
    ) == cli_run("ask", "the light", "--context", "music in the kitchen", "--model", models["ask"])


def test_convert_and_info(models: dict[str, str], tmp_path: Path) -> None:
    out = str(tmp_path / "file")
    assert "cosine" in cli_run("convert", models["classify"], out)
    report = json.loads(cli_run("convert", models["classify"], out, "--json"))
    assert (
        report["mean_cosine"] > 0.99
        and report["bytes"] == Path(out).stat().st_size < report["bytes_before"]
        and report["tokenizer"]
    )
    assert cli_run("classify", "light", "--model", out) == cli_run(
        "classify", "light", "--model", models["classify"]
    )
    facts = json.loads(cli_run("info", "--json"))
    assert facts["instruction_set"] in facts["available"]
    assert "instruction set" in cli_run("info")
    for shell in cli.COMPLETION:
        assert "fill-mask" in cli_run("completion", shell)


def test_wrong_use_is_told(models: dict[str, str]) -> None:
    assert "there is no embedded model" in cli_run(
        "fill-mask", "a [MASK]", "--model", "bertlite/nothing", status=1
    )
    assert "no [MASK]" in cli_run("fill-mask", "nothing", "--model", models["fill-mask"], status=1)
    assert "--context" in cli_run("ask", "who", "--model", models["ask"], status=1)
    assert "cannot be read" in cli_run(
        "classify", "--file", "/absent", "--model", models["classify"], status=1
    )
    assert "two texts" in cli_run("similar", "one", "--model", models["similar"], status=1)
    assert "usage" in cli_run("dance", status=2)
    assert "usage" in cli_run(status=2)


def test_a_broken_pipe_is_no_trouble(models: dict[str, str]) -> None:
    command = f"yes light | head -5000 | {sys.executable} -m bertlite_fast classify --model {models['classify']} --json | head -1"
    run = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert json.loads(run.stdout)["text"] == "light" and run.stderr == ""


def test_every_help_has_an_example() -> None:
    for command in [*cli.COMMANDS, "convert", "info", "completion"]:
        assert f"bertlite-fast {command}" in cli_run(command, "--help").split("example:")[
            1
        ].replace("\n ", "").replace("\n", " ")


def test_entities_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    screen: Any = cli.Screen(False)
    entity = {"entity_group": "PER", "start": 0, "end": 3}
    assert cli.show_entities(screen, "Ada codes", [entity]) == "[Ada](PER) codes"
    screen.colors = True
    assert "\033[36mAda\033[0m" in cli.show_entities(screen, "Ada codes", [entity])
