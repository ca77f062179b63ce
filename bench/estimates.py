"""Estimates of time from counts of instructions, and how wrong the same estimate is on x86.

An estimate takes half of the instructions that a core can begin in a cycle to be begun, at the
frequency of its board. x86 is the one place where both are known: there, counts that are kept and
times that are measured, at several lengths, give the error.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from kept_counts import LENGTHS, Baseline

# From the cores' public descriptions: instructions begun in a cycle at most, and a board's GHz.
CORES = {
    "cortex-a53": (2, 1.4),
    "cortex-a72": (3, 1.5),
    "cortex-a76": (4, 2.4),
    "cortex-a7": (2, 0.9),
    "arm1176": (1, 1.0),
}
SHARE = 0.5
# The same for x86, by the processor's family and model; others have no known width here.
X86_WIDTHS = {(25, None): 6, (26, None): 8, (6, 85): 4, (6, 106): 5, (6, 143): 6}
# A loop of additions that each need the one before: one is done in a cycle. Turns are shorter than
# what the system gives to another program.
CLOCK = """
#include <stdio.h>
#include <time.h>
int main(void)
{
    double best = 0;
    for (int turn = 0; turn < 3000; turn++) {
        struct timespec a, b;
        unsigned long n = 5000, x = 0;
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (unsigned long i = 0; i < n; i++)
            __asm__ volatile("add $1, %0\\n add $1, %0\\n add $1, %0\\n add $1, %0\\n"
                             "add $1, %0\\n add $1, %0\\n add $1, %0\\n add $1, %0" : "+r"(x));
        clock_gettime(CLOCK_MONOTONIC, &b);
        double ns = (b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec);
        if (8.0 * n / ns > best)
            best = 8.0 * n / ns;
    }
    printf("%.3f\\n", best);
    return 0;
}
"""


def microseconds(instructions: int, width: int, gigahertz: float) -> float:
    return instructions / (SHARE * width) / (gigahertz * 1e3)


def x86_width(cpuinfo: str) -> int | None:
    """Instructions that this processor begins in a cycle, if it is known here."""
    found = [re.search(rf"{name}\s*: (\d+)", cpuinfo) for name in ("cpu family", "model")]
    if not all(found):
        return None
    family, model = (int(one[1]) for one in found if one)
    return X86_WIDTHS.get((family, model), X86_WIDTHS.get((family, None)))


def clock(folder: Path) -> float:
    """This core's GHz while it works."""
    source, program = folder / "clock.c", folder / "clock"
    source.write_text(CLOCK)
    subprocess.run(["cc", "-O2", str(source), "-o", str(program)], check=True)
    run = subprocess.run([str(program)], check=True, capture_output=True, text=True)
    return float(run.stdout)


def error() -> str:
    """A sentence on how far the estimate is from measured times here, or why that is not known."""
    import lengths

    counts = Baseline().kept.get("avx2", {})
    width = x86_width(Path("/proc/cpuinfo").read_text(errors="replace"))
    if width is None:
        return "The estimate's error is not known on this processor."
    with tempfile.TemporaryDirectory() as scratch:
        program = lengths.Program(Path(scratch))
        if "avx2" not in program.isas():
            return "The estimate's error is not known without AVX2."
        measured = program.times("avx2", LENGTHS, rounds=60)
        gigahertz = clock(Path(scratch))
    off = {
        n: microseconds(int(counts[str(n)]), width, gigahertz) * 1e3 / measured[n] - 1
        for n in LENGTHS
    }
    shown = ", ".join(f"{100 * share:+.0f} % at {n}" for n, share in off.items())
    return (
        f"On this x86 ({width} instructions a cycle at most, {gigahertz:.1f} GHz while measuring, "
        f"AVX2) the same estimate is off by {shown} tokens. ARM cores may differ by more."
    )
