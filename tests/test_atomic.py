"""Converting writes a file that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import bertlite_fast as bf

ROOT = Path(__file__).resolve().parent.parent
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def output(model: bf.Model) -> bytes:
    return np.asarray(model([[1, 2, 3, 4]]).tensor).tobytes()


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]


def test_an_old_file_is_replaced(tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "m"
    bf.convert(tiny, tmp_path / "want")
    target.write_bytes(b"old")
    bf.convert(tiny, target)
    assert target.read_bytes() == (tmp_path / "want").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["m", "want"]


@POSIX
def test_a_mapped_old_file_keeps_answering(
    tiny: Path, folders: dict[str, Path], tmp_path: Path
) -> None:
    target = tmp_path / "m"
    bf.convert(tiny, target)
    model = bf.Model(target)
    want = output(model)
    bf.convert(folders["narrow"], target)
    assert output(model) == want
    assert output(bf.Model(target, "encoder")) != want


@POSIX
def test_a_full_disk_leaves_the_old_file(tiny: Path, tmp_path: Path) -> None:
    """A limit on the size of files fails in the same place as a full disk."""
    target = tmp_path / "m"
    target.write_bytes(b"old")
    program = (
        "import resource, signal, sys, bertlite_fast as bf\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n"
        "try: bf.convert(sys.argv[1], sys.argv[2])\n"
        "except bf.ModelFileError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tiny, target], cwd=ROOT, capture_output=True, text=True
    )
    assert "cannot be written: File too large" in done.stdout, done.stderr
    assert target.read_bytes() == b"old"
    assert not leftovers(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_an_error(tiny: Path) -> None:
    with pytest.raises(bf.ModelFileError, match="No space left"):
        bf.convert(tiny, "/dev/full")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@POSIX
def test_a_kill_at_any_moment_leaves_a_whole_file(
    tiny: Path, folders: dict[str, Path], tmp_path: Path
) -> None:
    target = tmp_path / "m"
    whole = []
    for folder in (tiny, folders["narrow"]):
        bf.convert(folder, target)
        whole.append(target.read_bytes())
    program = (
        "import sys, bertlite_fast as bf\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for folder in sys.argv[2:]: bf.convert(folder, sys.argv[1])\n"
    )
    for delay in (0.005, 0.011, 0.017, 0.023, 0.029):
        paths = [str(path) for path in (target, tiny, folders["narrow"])]
        command = [sys.executable, "-c", program, *paths]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout
        assert process.stdout.readline() == b"\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert target.read_bytes() in whole


@POSIX
def test_a_symbolic_link_stays(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link, real = tmp_path / "link", tmp_path / "real/m"
    link.symlink_to("real/m")
    bf.convert(tiny, link)  # to a file that is not there yet
    first = real.read_bytes()
    real.write_bytes(b"old")
    bf.convert(tiny, link)
    assert link.is_symlink() and real.read_bytes() == first
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(bf.ModelFileError, match="symbolic links"):
        bf.convert(tiny, tmp_path / "loop")


@POSIX
def test_permissions_are_those_of_a_plain_file(tiny: Path, tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        bf.convert(tiny, tmp_path / "new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    bf.convert(tiny, tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere"
)
def test_a_read_only_folder_or_file_is_an_error(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "m").write_bytes(b"old")
    (folder / "m").chmod(0o444)
    with pytest.raises(bf.ModelFileError, match="Permission denied"):
        bf.convert(tiny, folder / "m")
    folder.chmod(0o555)
    with pytest.raises(bf.ModelFileError, match="Permission denied"):
        bf.convert(tiny, folder / "n")
    folder.chmod(0o755)
    assert (folder / "m").read_bytes() == b"old" and os.listdir(folder) == ["m"]


@POSIX
def test_a_pipe_is_written_directly(tiny: Path, tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    bf.convert(tiny, pipe)
    reader.join()
    bf.convert(tiny, tmp_path / "m")
    assert read == [(tmp_path / "m").read_bytes()]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_in_place_of_a_file(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(bf.ModelFileError, match="is a folder"):
        bf.convert(tiny, tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "vocab.txt"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_conversion_does_not_write_over_what_it_reads(
    tiny: Path, tmp_path: Path, name: str, linked: bool
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    (folder / "vocab.txt").write_text("".join(f"{i}\n" for i in ("[UNK]", *range(999))))
    target = folder / name
    if linked:
        os.link(target, tmp_path / "link")
        target = tmp_path / "link"
    before = target.read_bytes()
    with pytest.raises(bf.ModelFileError, match="is a file that the conversion reads"):
        bf.convert(folder, target)
    assert target.read_bytes() == before
    assert not leftovers(folder)


def test_a_delta_file_does_not_replace_its_base(tiny: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    bf.convert(tiny, base)
    before = base.read_bytes()
    with pytest.raises(bf.ModelFileError, match="is a file that the conversion reads"):
        bf.convert(tiny, base, base=base)
    assert base.read_bytes() == before
    bf.convert(tiny, tmp_path / "delta", base=base)
