"""Instructions that programs take on ARM cores: python bench/arm_cost.py

Compiles bench/tokenize.c and bench/forward.c for each machine and runs them in QEMU with a counting
plugin, so the figures are exact and the same on every computer. They are instructions, not time:
cores differ in how many they execute at once. Needs the cross compilers and QEMU:
    apt-get install gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf gcc-arm-linux-gnueabi qemu-user

--python also counts the package in a system's Python: a fresh process to its first answer, and
steps of fine-tuning. It needs root folders of tools/arm/rootfs in ARM_ROOTS (/opt/arm). With
--wheels FOLDER other programs are counted on arm64, too, with the models of bench/compare.py:
    pip install --target FOLDER --no-deps --only-binary=:all: --python-version 311 \\
        --platform manylinux_2_28_aarch64 numpy ai-edge-litert onnxruntime ctranslate2 ...
--estimate adds estimates of time, with their error on x86.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import arm_python
import checkpoints
import core
import estimates
from emulate import COMPILERS
from kept_counts import (
    LENGTHS,
    OUTPUT_LENGTHS,
    OUTPUTS,
    Baseline,
    compiler_version,
    output_key,
)

CORES = [
    ("cortex-a53", "aarch64", "Pi 3, Zero 2"),
    ("cortex-a72", "aarch64", "Pi 4"),
    ("cortex-a76", "aarch64", "Pi 5"),
    ("max,sve=off,sme=off", "aarch64", "a core with i8mm"),
    ("cortex-a7", "armv7", "Pi 2"),
    ("arm1176", "armv6", "Pi Zero, Pi 1"),
]

# The folders of tools/arm/tests, by the compilers' names of machines.
SYSTEMS = {"aarch64": "debian-arm64", "armv7": "debian-armhf", "armv6": "debian-armel"}
MODELS = ROOT / "build/compare"

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
        self.packages: dict[str, Path] = {}

    def build(self, machine: str) -> list[Path]:
        if machine not in self.programs:
            compiler, *flags = COMPILERS[machine]
            sources = ["bench/tokenize.c", "bench/forward.c"]
            self.programs[machine] = core.build(
                [compiler], [*flags, "-static"], self.folder / machine, sources
            )
        return self.programs[machine]

    def measure(
        self, core_name: str, machine: str, lengths: list[int], outputs: list[str]
    ) -> tuple[dict[str, int], str]:
        """Instructions for "ids", for each length and of other outputs, and the instruction set in
        use."""
        tokenize, forward = map(str, self.build(machine))
        emulated = [qemu(machine), "-cpu", core_name, "-plugin", str(self.plugin)]
        command = [*emulated, tokenize, str(self.vocabulary), str(self.text)]
        ids, _ = per_call(command, len(emulated) + 2)
        found = {"ids": ids}
        isa = ""
        for length in lengths:
            command = [*emulated, forward, str(self.model), str(length)]
            found[str(length)], isa = per_call(command, len(emulated) + 3)
        for output in outputs:
            for length in OUTPUT_LENGTHS:
                command = [*emulated, forward, str(self.model), str(length), output]
                found[output_key(output, length)], _ = per_call(command, len(emulated) + 3)
        return found, isa

    def python(self, core_name: str, machine: str, wheels: Path | None) -> arm_python.Python:
        """The package in the machine's system, built once."""
        system = Path(os.environ.get("ARM_ROOTS", "/opt/arm")) / SYSTEMS[machine]
        if not (system / "usr/bin/python3").exists():
            raise SystemExit(f"{system} is not there; tools/arm/rootfs makes it.")
        if machine not in self.packages:
            out = self.folder / f"python-{machine}"
            self.packages[machine] = arm_python.build(system, machine, out)
        paths = [self.packages[machine], ROOT / "bench", ROOT / "tools"]
        emulator = shutil.which(qemu(machine)) or qemu(machine)
        return arm_python.Python(
            system, emulator, core_name, self.plugin, self.folder, [*paths, *filter(None, [wheels])]
        )


def qemu(machine: str) -> str:
    return "qemu-aarch64" if machine == "aarch64" else "qemu-arm"


def python_counts(
    bench: Bench, name: str, machine: str, wheels: Path | None
) -> dict[str, dict[str, int] | str]:
    """What Python programs take on a core, or why there is no count."""
    python = bench.python(name, machine, wheels)
    found: dict[str, dict[str, int] | str] = {
        "process": arm_python.cold_start(python),
        "a step of fine-tuning": arm_python.steps(python),
    }
    if wheels and machine == "aarch64":
        found.update(arm_python.rivals(python, MODELS))
    return found


def print_estimate(name: str, found: dict[str, int]) -> None:
    if name in estimates.CORES:
        width, gigahertz = estimates.CORES[name]
        shown = ", ".join(
            f"{key} tokens {estimates.microseconds(count, width, gigahertz):,.0f} us"
            for key, count in found.items()
            if key.isdigit()
        )
        print(f"  estimate at {gigahertz} GHz: {shown}", flush=True)


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
    parser.add_argument("--python", action="store_true", help="cold start and fine-tuning, too")
    parser.add_argument("--wheels", type=Path, help="other programs, from this folder")
    parser.add_argument("--estimate", action="store_true", help="estimate times, too")
    args = parser.parse_args()
    outputs = OUTPUTS if args.gate or args.write else []
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
            found, isa = bench.measure(name, machine, args.lengths, outputs)
            passes = "".join(f"{found[str(length)]:>15,}" for length in args.lengths)
            print(f"{name:22}{board:18}{isa:12}{found['ids']:>10,}{passes}", flush=True)
            others = [f"{key} {found[key]:,}" for key in found if ":" in key]
            if others:
                print("  " + ", ".join(others), flush=True)
            if args.estimate:
                print_estimate(name, found)
            if args.python or args.wheels:
                for what, counts in python_counts(bench, name, machine, args.wheels).items():
                    shown = counts if isinstance(counts, str) else ", ".join(
                        f"{key} {n:,}" for key, n in counts.items()
                    )  # fmt: skip
                    print(f"  {what}: {shown}", flush=True)
            if args.write:
                Baseline().write(name, compiler_version([compiler]), found)
            elif args.gate:
                too_many += Baseline().compare(name, compiler_version([compiler]), found)
            for key, instructions in found.items():
                if instructions > limits.get(f"{name}:{key}", instructions):
                    too_many.append(f"{name}, {key}: {instructions:,}")
    if args.estimate:
        print(estimates.error())
    if too_many:
        sys.exit("more than allowed: " + "; ".join(too_many))


if __name__ == "__main__":
    main()
