"""Instructions above a platform's baseline are only in dispatched files (tools/baseline.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import baseline
import emulate

MACHINES = [m for m in emulate.COMPILERS if baseline.has_tools(m)]
SOURCE = """
int dot(const signed char *a, const signed char *b, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}
int count(int *p) { return __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST); }
"""


@pytest.mark.skipif(not MACHINES, reason="needs objdump or readelf")
@pytest.mark.parametrize("machine", MACHINES)
def test_no_instruction_is_above_the_baseline(machine: str) -> None:
    assert baseline.check(machine) == 0


@pytest.mark.parametrize(
    ("machine", "flags"),
    [
        ("x86_64", ["-mavx2"]),
        ("x86_64", ["-msse4.1"]),
        ("aarch64", ["-march=armv8.2-a+dotprod+lse"]),
        ("armv7", ["-mfpu=neon"]),
        ("armv6", ["-march=armv7-a"]),
    ],
)
def test_the_check_can_fail(machine: str, flags: list[str], tmp_path: Path) -> None:
    if machine not in MACHINES:
        pytest.skip("no such compiler here")
    source, target = tmp_path / "plain.c", tmp_path / "plain.o"
    source.write_text(SOURCE)
    compiler = emulate.COMPILERS[machine]
    subprocess.run([*compiler, *flags, "-O3", "-c", str(source), "-o", str(target)], check=True)
    assert baseline.above(target, machine, "")
