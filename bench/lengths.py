"""What a forward pass costs at each number of tokens: python bench/lengths.py [--isa NAME...]

Times BERT-Lite's shape in C, on one thread, at every length from 1 to 80 and around the multiples
of 16 after that (--all: at every length to 512), the lengths taking turns, and says where the cost
breaks one of two rules:

    longer   a text costs at most 3 % more than any longer one
    line     a text costs at most 1.1 times the straight line between its neighboring multiples of
             16 (below 16: between 1 and 16)

The minimum of many rounds is judged, since other work on the machine can only add to it. With
--count, instructions are counted by valgrind instead of time being measured; they are the same in
every run, but valgrind knows no AVX-512 and no AVX-VNNI. --gate counts AVX2's, compares them with
bench/instructions.json and fails where they are more than 3 % above; --write keeps them there.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import checkpoints
import core
from kept_counts import (
    LENGTHS,
    OUTPUT_LENGTHS,
    OUTPUTS,
    Baseline,
    compiler_version,
    output_key,
)

MOST_OVER_LONGER, MOST_OVER_LINE = 1.03, 1.1
LONGEST = 512


def lengths_of(every: bool) -> list[int]:
    if every:
        return list(range(1, LONGEST + 1))
    around = {
        multiple + step for multiple in range(96, LONGEST + 1, 16) for step in (-15, -8, -2, -1, 0)
    }
    return sorted({*range(1, 81), *around})


class Program:
    """bench/lengths.c and a model, in a folder."""

    def __init__(self, folder: Path, output: str = "classes") -> None:
        self.compiler = shlex.split(os.environ.get("CC", "cc"))
        (self.path,) = core.build(self.compiler, [], folder / "build", ["bench/lengths.c"])
        spec = checkpoints.Spec("lite", "sequence-classification", vocabulary=30522, labels=2)
        self.model = checkpoints.write(spec, folder / "model")
        self.output = output
        self.folder = folder

    def command(self, rounds: int, lengths: Sequence[int]) -> list[str]:
        return [str(self.path), str(self.model), self.output, str(rounds), *map(str, lengths)]

    def isas(self) -> list[str]:
        """Those that this machine can run, without plain C."""
        found = subprocess.run([str(self.path)], capture_output=True, text=True)
        return found.stdout.split()[1:]

    def times(self, isa: str, lengths: Sequence[int], rounds: int) -> dict[int, float]:
        """The minimum time of a call at each length, in nanoseconds."""
        run = subprocess.run(
            self.command(rounds, lengths),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "BERTLITE_ISA": isa},
        )
        rows = [line.split() for line in run.stdout.splitlines()]
        return {int(length): float(minimum) for length, minimum, _ in rows}

    def counts(self, isa: str, lengths: Sequence[int]) -> dict[int, float]:
        """The instructions of a call at each length."""
        if not shutil.which("valgrind"):
            raise SystemExit("valgrind is not installed; install it, or leave --count away.")
        out = self.folder / "callgrind"
        options = [
            "--tool=callgrind",
            "--toggle-collect=bl_run",
            "--dump-after=bl_run",
            f"--callgrind-out-file={out}",
        ]
        subprocess.run(
            ["valgrind", *options, *self.command(0, lengths)],
            capture_output=True,
            check=True,
            env={**os.environ, "BERTLITE_ISA": isa},
        )
        # every length is called twice: the first call also binds symbols
        return {length: self.total(out, 2 * i + 2) for i, length in enumerate(lengths)}

    @staticmethod
    def total(out: Path, dump: int) -> float:
        path = out.with_name(f"{out.name}.{dump}")
        found = re.search(r"^(?:summary|totals): (\d+)", path.read_text(), re.MULTILINE)
        if not found:
            raise SystemExit(f"{path} has no total; is this valgrind's callgrind?")
        return float(found[1])


def violations(costs: dict[int, float]) -> list[str]:
    """Where the costs break a rule."""
    lengths = sorted(costs)
    found = []
    for length in lengths:
        longer = min((costs[n], n) for n in lengths if n >= length)
        if costs[length] > MOST_OVER_LONGER * longer[0]:
            ratio = costs[length] / longer[0]
            found.append(f"{length} tokens cost {ratio:.3f} times as much as {longer[1]}")
        ratio = over_line(costs, length)
        if ratio > MOST_OVER_LINE:
            found.append(f"{length} tokens cost {ratio:.3f} times the line")
    return found


def over_line(costs: dict[int, float], length: int) -> float:
    """A cost as a multiple of the line between the neighboring multiples of 16."""
    low, high = max(length // 16 * 16, 1), -(-length // 16) * 16
    if low == high or low not in costs or high not in costs:
        return 1.0
    line = costs[low] + (costs[high] - costs[low]) * (length - low) / (high - low)
    return costs[length] / line


def report(isa: str, costs: dict[int, float], show: Callable[[float], str], unit: str) -> int:
    """Prints what was found; how many rules were broken."""
    lengths = sorted(costs)
    worst = max(lengths, key=lambda n: over_line(costs, n))
    above = max(lengths, key=lambda n: costs[n] / min(costs[m] for m in lengths if m >= n))
    least = min(costs[m] for m in lengths if m >= above)
    print(f"\n{isa}, {unit}:")
    for row in range(0, len(lengths), 8):
        print("  ".join(f"{n:>4} {show(costs[n]):>9}" for n in lengths[row : row + 8]))
    print(
        f"most over a longer text: {costs[above] / least:.3f} ({above} tokens);"
        f" most over the line: {over_line(costs, worst):.3f} ({worst} tokens)"
    )
    broken = violations(costs)
    for sentence in broken:
        print("  " + sentence)
    return len(broken)


def gate(program: Program, write: bool) -> int:
    """Compares AVX2's instructions with those that are kept, or keeps them."""
    found = {str(n): int(cost) for n, cost in program.counts("avx2", LENGTHS).items()}
    for program.output in OUTPUTS:
        costs = program.counts("avx2", OUTPUT_LENGTHS)
        found |= {output_key(program.output, n): int(cost) for n, cost in costs.items()}
    print("avx2: " + ", ".join(f"{n} tokens {count:,}" for n, count in found.items()))
    baseline, compiler = Baseline(), compiler_version(program.compiler)
    if write:
        baseline.write("avx2", compiler, found)
        return 0
    broken = baseline.compare("avx2", compiler, found)
    print("\n".join(broken))
    return 1 if broken else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--isa", nargs="*", default=[], help="(all that this machine can run)")
    parser.add_argument("--output", default="classes", choices=["classes", "mean", "hidden"])
    parser.add_argument("--lengths", type=int, nargs="*", default=[])
    parser.add_argument("--all", action="store_true", help=f"every length to {LONGEST}")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--count", action="store_true", help="instructions instead of time")
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    lengths = args.lengths or lengths_of(args.all)
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(folder), args.output)
        if args.gate or args.write:
            return gate(program, args.write)
        for isa in args.isa or (["avx2"] if args.count else program.isas()):
            if args.count:
                costs = program.counts(isa, lengths)
                broken += report(isa, costs, lambda n: f"{n:,.0f}", "instructions of a call")
            else:
                costs = program.times(isa, lengths, args.rounds)
                broken += report(isa, costs, lambda n: f"{n / 1000:.2f}", "microseconds of a call")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
