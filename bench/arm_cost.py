"""Instructions that a text's ids and a forward pass take on ARM cores: python bench/arm_cost.py

Compiles bench/tokenize.c and bench/forward.c for each machine and runs them in QEMU with a counting plugin,
so the figures are exact and the same on every computer. They are instructions, not
time: cores differ in how many they do at once. Needs the cross compilers and QEMU:
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
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

import checkpoints
import compare_tokenizers
import core
from emulate import COMPILERS

CORES = [
    ("cortex-a53", "aarch64", "Pi 3, Zero 2"),
    ("cortex-a72", "aarch64", "Pi 4"),
    ("cortex-a76", "aarch64", "Pi 5"),
    ("max,sve=off,sme=off", "aarch64", "a core with i8mm"),
    ("cortex-a7", "armv7", "Pi 2"),
    ("arm1176", "armv6", "Pi Zero, Pi 1"),
]


SENTENCE = "turn on the kitchen lights and play some quiet music before dinner"


def count(command: list[str]) -> tuple[int, str]:
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"executed (\d+)", run.stderr)
    isa = re.search(r"tokens, (\w+):", run.stdout)
    assert found, run
    return int(found[1]), isa[1] if isa else ""


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
    args = parser.parse_args()
    limits = {
        tuple(key.split(":")): int(value) for key, value in (m.rsplit("=", 1) for m in args.most)
    }
    too_many = []
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        plugin = out / "insn_count.so"
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", str(plugin), str(ROOT / "bench/insn_count.c")],
            check=True,
        )
        spec = checkpoints.Spec("lite", "sequence-classification", vocabulary=30522, labels=2)
        model = checkpoints.write(spec, out / "model")
        (out / "vocab.txt").write_text(
            "\n".join(dict.fromkeys([*compare_tokenizers.vocabulary(), *SENTENCE.split()])),
            encoding="utf-8",
        )
        (out / "text").write_text(SENTENCE)
        print(
            "instructions: a sentence of 12 words to ids; one forward pass, int8, 2 layers of 64, ids to classification logits"
        )
        print(
            f"{'core':22}{'stands for':18}{'set in use':12}{'12 words':>10}"
            + "".join(f"{n:>8} tokens" for n in args.lengths)
        )
        programs: dict[str, list[Path]] = {}
        for name, machine, board in CORES:
            compiler, *flags = COMPILERS[machine]
            qemu = "qemu-aarch64" if machine == "aarch64" else "qemu-arm"
            if not shutil.which(compiler) or not shutil.which(qemu):
                print(f"{name:22}{board:18}needs {compiler} and {qemu}")
                continue
            if machine not in programs:
                programs[machine] = core.build(
                    [compiler],
                    [*flags, "-static"],
                    out / machine,
                    ["bench/tokenize.c", "bench/forward.c"],
                )
            cut, forward = map(str, programs[machine])
            emulated = [qemu, "-cpu", name, "-plugin", str(plugin)]

            def each(command: list[str], calls: int) -> tuple[int, str]:
                """Of one call: what a second round of 15 batches costs, without what comes before and after."""
                one, isa = count([*command[:calls], "1", *command[calls:]])
                many, _ = count([*command[:calls], "2", *command[calls:]])
                return (many - one) // 29, isa

            ids, _ = each(
                [*emulated, cut, str(out / "vocab.txt"), str(out / "text")], len(emulated) + 2
            )
            line, isa = f"{ids:>10,}", ""
            if ids > limits.get((name, "ids"), ids):
                too_many.append(f"{name}, text to ids: {ids:,}")
            for length in args.lengths:
                passes, isa = each([*emulated, forward, str(model), str(length)], len(emulated) + 3)
                line += f"{passes:>15,}"
                if passes > limits.get((name, str(length)), passes):
                    too_many.append(f"{name} at {length} tokens: {passes:,}")
            print(f"{name:22}{board:18}{isa:12}{line}", flush=True)
    if too_many:
        sys.exit("more than allowed: " + "; ".join(too_many))


if __name__ == "__main__":
    main()
