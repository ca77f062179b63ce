"""Instructions that a text's ids and a forward pass take on ARM cores: python bench/arm_cost.py

Compiles bench/tokenize.c and bench/forward.c for each machine and runs them in QEMU with a counting
plugin, so the figures are exact and the same on every computer. They are instructions, not time:
cores differ in how many they execute at once. Needs the cross compilers and QEMU:
    apt-get install gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf gcc-arm-linux-gnueabi qemu-user
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import checkpoints
import core
from emulate import COMPILERS
from kept_counts import LENGTHS, Baseline, compiler_version

CORES = [
    ("cortex-a53", "aarch64", "Pi 3, Zero 2"),
    ("cortex-a72", "aarch64", "Pi 4"),
    ("cortex-a76", "aarch64", "Pi 5"),
    ("max,sve=off,sme=off", "aarch64", "a core with i8mm"),
    ("cortex-a7", "armv7", "Pi 2"),
    ("arm1176", "armv6", "Pi Zero, Pi 1"),
]

SENTENCE = "turn on the kitchen lights and play some quiet music before dinner"


def vocabulary() -> list[str]:
    """Special tokens, ASCII as first and as later subwords, and the sentence's words."""
    letters = [chr(c) for c in range(33, 127)]
    later = [f"##{letter}" for letter in letters]
    return ["[PAD]", "[UNK]", "[SEP]", "[CLS]", "[MASK]", *letters, *later, *SENTENCE.split()]


def count(command: list[str]) -> tuple[int, str]:
    """The instructions that a program executes, and the instruction set that it chose."""
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"executed (\d+)", run.stderr)
    isa = re.search(r"tokens, (\w+):", run.stdout)
    assert found, run
    return int(found[1]), isa[1] if isa else ""


def per_call(command: list[str], calls: int) -> tuple[int, str]:
    """What one call costs: the program runs one batch of 1 call, or 15 batches of 2; the difference
    is 29 calls, without what comes before and after. calls: the position of their number in the
    command."""
    one, isa = count([*command[:calls], "1", *command[calls:]])
    many, _ = count([*command[:calls], "2", *command[calls:]])
    return (many - one) // 29, isa


class Bench:
    """The plugin, a model and a sentence in a folder, and the two programs for each machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plugin = folder / "insn_count.so"
        source = ROOT / "bench/insn_count.c"
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", str(self.plugin), str(source)], check=True
        )
        spec = checkpoints.Spec("lite", "sequence-classification", vocabulary=30522, labels=2)
        self.model = checkpoints.write(spec, folder / "model")
        self.vocabulary = folder / "vocab.txt"
        self.vocabulary.write_text("\n".join(vocabulary()), encoding="utf-8")
        self.text = folder / "text"
        self.text.write_text(SENTENCE)
        self.programs: dict[str, list[Path]] = {}

    def build(self, machine: str) -> list[Path]:
        if machine not in self.programs:
            compiler, *flags = COMPILERS[machine]
            sources = ["bench/tokenize.c", "bench/forward.c"]
            self.programs[machine] = core.build(
                [compiler], [*flags, "-static"], self.folder / machine, sources
            )
        return self.programs[machine]

    def measure(
        self, core_name: str, machine: str, lengths: list[int]
    ) -> tuple[dict[str, int], str]:
        """Instructions for "ids" and for each length, and the instruction set in use."""
        tokenize, forward = map(str, self.build(machine))
        emulated = [qemu(machine), "-cpu", core_name, "-plugin", str(self.plugin)]
        command = [*emulated, tokenize, str(self.vocabulary), str(self.text)]
        ids, _ = per_call(command, len(emulated) + 2)
        found = {"ids": ids}
        isa = ""
        for length in lengths:
            command = [*emulated, forward, str(self.model), str(length)]
            found[str(length)], isa = per_call(command, len(emulated) + 3)
        return found, isa


def qemu(machine: str) -> str:
    return "qemu-aarch64" if machine == "aarch64" else "qemu-arm"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", type=int, nargs="*", default=[16, 128])
    parser.add_argument(
        "--most",
        nargs="*",
        default=[],
        metavar="CORE:LENGTH=COUNT",
        help="fail if a count is above (LENGTH: a number of tokens, or ids)",
    )
    parser.add_argument("--cores", nargs="*", default=[], help="only these")
    parser.add_argument(
        "--gate", action="store_true", help="compare with bench/instructions.json, and fail at 3 %%"
    )
    parser.add_argument("--write", action="store_true", help="write it")
    args = parser.parse_args()
    if args.gate or args.write:
        args.lengths = sorted({*args.lengths, *LENGTHS})
    limits = {key: int(value) for key, value in (limit.rsplit("=", 1) for limit in args.most)}
    too_many = []
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch))
        print(
            "instructions: a sentence of 12 words to ids; one forward pass in int8, 2 layers of 64"
        )
        print(
            f"{'core':22}{'found in':18}{'set in use':12}{'12 words':>10}"
            + "".join(f"{length:>8} tokens" for length in args.lengths)
        )
        for name, machine, board in CORES:
            if args.cores and name not in args.cores:
                continue
            compiler = COMPILERS[machine][0]
            if not shutil.which(compiler) or not shutil.which(qemu(machine)):
                print(f"{name:22}{board:18}needs {compiler} and {qemu(machine)}")
                continue
            found, isa = bench.measure(name, machine, args.lengths)
            passes = "".join(f"{found[str(length)]:>15,}" for length in args.lengths)
            print(f"{name:22}{board:18}{isa:12}{found['ids']:>10,}{passes}", flush=True)
            if args.write:
                Baseline().write(name, compiler_version([compiler]), found)
            elif args.gate:
                too_many += Baseline().compare(name, compiler_version([compiler]), found)
            for key, instructions in found.items():
                if instructions > limits.get(f"{name}:{key}", instructions):
                    too_many.append(f"{name}, {key}: {instructions:,}")
    if too_many:
        sys.exit("more than allowed: " + "; ".join(too_many))


if __name__ == "__main__":
    main()
