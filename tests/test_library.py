"""The C library as a packager installs it: files, exported names, and programs built with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INTENT = ROOT / "bertlite_fast/weights/intent.bertlite"
COMPILER = os.environ.get("CC", "cc").split()[0]

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which(COMPILER) is None or shutil.which("make") is None,
    reason="needs make and a C compiler",
)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the library is installed, by a Python that has only its standard library."""
    folder = tmp_path_factory.mktemp("installed")
    command = ["make", "install", f"PREFIX={folder}", f"PYTHON={sys.executable} -S"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def flags(prefix: Path, *which: str) -> list[str]:
    """What pkg-config prints for the library; without pkg-config, what it would print."""
    if shutil.which("pkg-config") is None:
        known = {"--cflags": f"-I{prefix}/include", "--libs": f"-L{prefix}/lib -lbertlite"}
        return " ".join(known.get(name, "") for name in which).split()
    environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    command = ["pkg-config", *which, "bertlite"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return found.stdout.split()


def compile_program(prefix: Path, source: Path, target: Path) -> None:
    options = ["-std=c11", "-Wall", "-Wextra", "-Werror"]
    linked = [*flags(prefix, "--cflags", "--libs"), f"-Wl,-rpath,{prefix}/lib"]
    subprocess.run([COMPILER, *options, str(source), *linked, "-o", str(target)], check=True)


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("source", sorted((ROOT / "examples").glob("*.c")), ids=lambda p: p.stem)
def test_examples_compile_with_the_installed_library(
    prefix: Path, tmp_path: Path, source: Path
) -> None:
    compile_program(prefix, source, tmp_path / source.stem)


def test_an_example_answers(prefix: Path, tmp_path: Path) -> None:
    compile_program(prefix, ROOT / "examples/classify.c", tmp_path / "classify")
    answer = run(tmp_path / "classify", INTENT, "turn on the light in the kitchen")
    assert answer.strip()
    failed = subprocess.run([tmp_path / "classify", tmp_path / "absent", "text"])
    assert failed.returncode != 0


def test_the_static_library_suffices(prefix: Path, tmp_path: Path) -> None:
    source, target = ROOT / "examples/classify.c", tmp_path / "classify"
    archive = str(prefix / "lib/libbertlite.a")
    included = flags(prefix, "--cflags")
    command = [COMPILER, *included, str(source), archive, "-lm", "-lpthread", "-o", str(target)]
    subprocess.run(command, check=True)
    assert run(target, INTENT, "hello").strip()


def test_versions_agree(prefix: Path, tmp_path: Path) -> None:
    (tmp_path / "version.c").write_text(
        """
#include <stdio.h>
#include "bertlite.h"
int main(void)
{
    printf("%s %s %d.%d.%d", bl_version(), BL_VERSION, BL_VERSION_MAJOR, BL_VERSION_MINOR,
           BL_VERSION_PATCH);
}
"""
    )
    compile_program(prefix, tmp_path / "version.c", tmp_path / "version")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.+)"$', project, re.M)
    assert found
    assert run(tmp_path / "version").split() == [found[1]] * 3
    if shutil.which("pkg-config") is not None:
        assert flags(prefix, "--modversion") == [found[1]]


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("nm") is None, reason="needs Linux and nm"
)
def test_exactly_the_public_functions_are_exported(prefix: Path) -> None:
    header = (prefix / "include/bertlite.h").read_text(encoding="utf-8")
    header = re.sub(r"/\*.*?\*/|^\s*#.*?$", "", header, flags=re.M | re.S)
    declared = set(re.findall(r"BL_API[^;(]*?\b(bl_\w+)\(", header))
    table = run("nm", "-D", "--defined-only", prefix / "lib/libbertlite.so")
    exported = {line.split()[2] for line in table.splitlines()}
    assert exported - declared == set()
    assert declared - exported == set()


def test_destdir_is_not_in_the_files(tmp_path: Path) -> None:
    """Packagers install into a staging directory, which does not exist when programs run."""
    arguments = ["PREFIX=/usr", f"DESTDIR={tmp_path}", f"PYTHON={sys.executable} -S"]
    subprocess.run(["make", "install", *arguments], cwd=ROOT, check=True, capture_output=True)
    description = (tmp_path / "usr/lib/pkgconfig/bertlite.pc").read_text(encoding="utf-8")
    assert "prefix=/usr\n" in description
    assert str(tmp_path) not in description
