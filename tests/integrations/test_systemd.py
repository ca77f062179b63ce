"""The units of packaging/, by systemd's own check."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bertlite_fast.cli import arguments

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "packaging").glob("*.service"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_accepts_it(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    text = unit.read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/bertlite/bin/bertlite-fast", "/bin/true"))
    found = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True)
    assert found.returncode == 0 and not found.stderr, found.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_command_has_its_arguments(unit: Path) -> None:
    lines = [
        line.lstrip("#").removeprefix("ExecStart=").split()
        for line in unit.read_text(encoding="utf-8").splitlines()
        if line.lstrip("#").startswith("ExecStart=/")
    ]
    assert lines
    for line in lines:
        assert arguments.parse(line[1:])[0].name == unit.stem.removeprefix("bertlite-")
