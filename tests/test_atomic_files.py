"""Atomic writing: a path holds the old file or the whole new one, whatever happens."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import test_tasks

import bertlite_fast as bf
from bertlite_fast.errors import ModelFileError
from bertlite_fast.files import AtomicFile, write_atomically

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    write_atomically(path, b"one")
    assert path.read_bytes() == b"one"
    write_atomically(os.fspath(path), "zwölf")
    assert path.read_text(encoding="utf-8") == "zwölf"
    assert os.listdir(tmp_path) == ["notes"]


def test_the_old_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"old")
    with AtomicFile(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), AtomicFile(path) as file:
        file.write(b"new")
        raise KeyError("x")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["notes"]


FULL_DISK = """
import resource, signal, sys
from bertlite_fast.errors import ModelFileError
from bertlite_fast.files import AtomicFile, write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(sys.argv[1], b"x" * int(sys.argv[2]))
except ModelFileError as error:
    print(error)
    sys.exit(3)
"""


@POSIX
@pytest.mark.parametrize("size", [1001, 100_000])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, size: int) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"old")
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), str(size)], capture_output=True, text=True
    )
    assert run.returncode == 3, run.stderr
    assert "cannot be written" in run.stdout and "unchanged" in run.stdout
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["notes"]


KILLED = """
import os, signal, sys
from bertlite_fast.files import AtomicFile
with AtomicFile(sys.argv[1]) as file:
    file.write(b"x" * 100_000)
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@POSIX
def test_a_kill_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"old")
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)]).returncode == -9
    assert path.read_bytes() == b"old"


@POSIX
def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "notes", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to("notes")
    write_atomically(link, b"new")
    assert link.is_symlink() and path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@POSIX
def test_a_device_is_written_directly(tmp_path: Path) -> None:
    write_atomically("/dev/null", b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("name", ["absent/notes", "", "folder"])
def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelFileError, match="cannot be written"):
        write_atomically(tmp_path / name, b"x")
    assert os.listdir(tmp_path) == ["folder"] and not os.listdir(tmp_path / "folder")


def full(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_saves_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = test_tasks.make(tmp_path / "model", "encoder", [])
    pipe = bf.pipeline("zero-shot-classification", folder)
    pipe.add_examples("lamp", "turn on the light")
    saved, examples = tmp_path / "saved", tmp_path / "examples.json"
    pipe.tokenizer.save_pretrained(saved)
    pipe.save(examples)
    before = {path: path.read_bytes() for path in [*saved.iterdir(), examples]}
    assert len(before) == 4
    pipe.add_examples("sound", "play some music")
    monkeypatch.setattr(os, "fsync", full)
    for save in (partial(pipe.tokenizer.save_pretrained, saved), partial(pipe.save, examples)):
        with pytest.raises(ModelFileError, match="No space left"):
            save()
    assert before == {path: path.read_bytes() for path in [*saved.iterdir(), examples]}


@pytest.mark.parametrize("path", [None, 3, "", "a\0b", "\ud800\udfff"])
def test_what_cannot_be_a_path_is_an_error(path: Any) -> None:
    with pytest.raises(bf.BertliteError):
        write_atomically(path, b"x")


@POSIX
def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the superuser may write
    with pytest.raises(ModelFileError, match="Permission denied; the file that is there"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["notes"]
