"""bertlite-fast index: an index in a file, from files of texts."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bertlite_fast import Index, pipeline
from bertlite_fast.cli import main
from bertlite_fast.cli.commands.index import BATCH


class Shell:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        status = main(["index", *arguments])
        seen = self.capsys.readouterr()
        return status, seen.out, seen.err

    def answer(self, *arguments: str) -> Any:
        status, out, err = self.run(*arguments, "--json")
        assert not status, err
        return json.loads(out)


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    table = '\ufefftext,room\nthe lamp is broken,hall\n\nbuy milk,kitchen\n"a ""lamp"", b",\n'
    (tmp_path / "notes.csv").write_text(table, encoding="utf-8")
    (tmp_path / "more.jsonl").write_text('{"n": 1, "text": "meet at noon"}\n"plain"\n\n')
    (tmp_path / "lines.txt").write_bytes(b"play music\r\n\n\xff\xfe broken\n")
    return Shell(tmp_path, capsys)


def test_files_become_an_index_that_is_searched(shell: Shell) -> None:
    report = shell.answer("build", "n.index", "notes.csv", "more.jsonl", "lines.txt")
    assert report["added"] == report["rows"] == 7
    index = Index.load("n.index", pipeline("sentence-similarity"))
    assert index.texts[:4] == ["the lamp is broken", "buy milk", 'a "lamp", b', "meet at noon"]
    assert index[3]["metadata"] == {"n": 1} and "metadata" not in index[4]
    found = shell.answer("search", "n.index", "no light", "--top-k", "2")
    assert found["answer"] == index.search("no light", 2)
    for given in ("room=hall", "n=1"):
        name, value = given.split("=")
        found = shell.answer(
            "search", "n.index", "noon", "--filter", given, "--filter", f"{name}=x"
        )
        assert [str(row["metadata"][name]) for row in found["answer"]] == [value]
    assert "the lamp is broken\t0" in shell.run("search", "n.index", "the lamp is broken")[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_tables_as_windows_writes_them(shell: Shell, encoding: str) -> None:
    rows = "text,room\r\nthe café is closed,\u4f1a\r\nbuy milk,kitchen\r\n"
    Path("w.csv").write_bytes(rows.encode(encoding))
    Path("w.tsv").write_bytes(rows.replace(",", "\t").encode(encoding))
    Path("w.jsonl").write_bytes('{"text": "dürfen", "n": 1}\n'.encode(encoding))
    assert shell.answer("build", "n.index", "w.csv", "w.tsv", "w.jsonl")["added"] == 5
    index = Index.load("n.index", pipeline("sentence-similarity"))
    assert index.texts == ["the café is closed", "buy milk"] * 2 + ["dürfen"]
    assert index[0]["metadata"] == index[2]["metadata"] == {"room": "\u4f1a"}


def test_an_index_is_added_to_and_removed_from(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.answer("build", "n.index", "notes.csv", "--keep-floats")
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    assert shell.answer("add", "n.index")["rows"] == 5
    assert shell.answer("remove", "n.index", "0", "3")["rows"] == 3
    about = shell.answer("info", "n.index")
    assert (about["rows"], about["next_id"], about["keeps_floats"]) == (3, 5, True)
    before = Path("n.index").read_bytes()
    assert shell.run("remove", "n.index", "1", "99")[0] == 1
    assert shell.run("add", "n.index", "missing.txt")[0] == 1
    assert Path("n.index").read_bytes() == before


def test_rows_without_a_text_are_reported_and_the_others_kept(shell: Shell) -> None:
    Path("bad.jsonl").write_text('{"text": "a"}\nnope\n{"text": null}\n{"n": 2}\n[1]\n"b"\n')
    status, out, err = shell.run("build", "n.index", "bad.jsonl")
    assert status == 1 and "2 added" in out
    assert [line.split(" ")[0] for line in err.splitlines()] == [
        f"bad.jsonl:{n}:" for n in (2, 3, 4, 5)
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "lines.txt", "notes.csv"], "is no index, so it is not replaced"),
        (["build", "no/n.index", "notes.csv"], "is not a folder"),
        (["build", "n.index", "notes.csv", "--text", "x"], "no column 'x'"),
        (["build", "n.index", "two.csv"], "name that of the texts"),
        (["build", "n.index", "ragged.csv"], "expected 2 columns, found 3"),
        (["build", "n.index", "empty.txt"], "got no text"),
        (["build", "n.index", "."], "is a directory"),
        (["search", "lines.txt", "x"], "is not an index"),
        (["search", "none.index", "x"], "none.index"),
        (["info", "lines.txt"], "is not an index"),
    ],
)
def test_what_cannot_be_done_is_said(shell: Shell, arguments: list[str], message: str) -> None:
    Path("two.csv").write_text("a,b\n1,2\n")
    Path("ragged.csv").write_text("text,b\n1,2,3\n")
    Path("empty.txt").write_text("\n")
    status, out, err = shell.run(*arguments)
    assert status == 1 and message in err and not out
    assert not Path("n.index").exists()


def test_many_texts_are_each_added_once(shell: Shell) -> None:
    lines = [f"note {i}" for i in range(2 * BATCH + 5)]
    (shell.folder / "many.txt").write_text("\n".join(lines))
    report = shell.answer("build", "n.index", "many.txt")
    assert report["added"] == report["rows"] == len(lines)
