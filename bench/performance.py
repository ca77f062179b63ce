"""Writes the measured parts of docs/performance.md: python bench/performance.py [PART...]

    lengths   what a text costs at each length, on every instruction set (bench/lengths.py)
    counts    the instructions that bench/instructions.json keeps
    threads   lists on two threads (bench/threads.py)
    floats    fp32 and fp32-fast beside PyTorch and ONNX Runtime (bench/floats.py)
    python    the same for Python programs on emulated cores (bench/arm_cost.py --python), with
              other programs from --wheels
    limits    the share of the processor's limit that models of several shapes reach, and where the
              rest of the time goes (bench/limits.c)
    masks     masked words beside the memory that they read (bench/masks.c)
    answers   from a text to its answer, beside the model in C (bench/answers.py); needs --data
    estimate  times that follow from counts, and how wrong they are on x86 (bench/estimates.py)

Without a PART, all. Each part names the machine and its load; what else the page says is written by
hand.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import answers
import arm_cost
import checkpoints
import core
import estimates
import floats
import lengths
import threads
from kept_counts import FILE, LENGTHS, OUTPUT_LENGTHS, OUTPUTS, output_key
from turns import processor

STEPS = ["head", "encoder", "all"]  # what a step of fine-tuning changes
SHAPES = [  # layers, hidden, tokens, rounds
    (2, 64, 16, 300),
    (2, 64, 128, 150),
    (4, 256, 128, 40),
    (6, 768, 128, 12),
]
SHOWN = [1, 7, 14, 16, 17, 31, 32, 33, 64, 80]


def machine() -> str:
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return f"{processor()}, {date.today()}; {load:.1f} runnable processes for each core."


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def lengths_part(_: argparse.Namespace) -> str:
    rows = []
    chosen = list(range(1, 81))
    with tempfile.TemporaryDirectory() as folder:
        program = lengths.Program(Path(folder))
        for isa in program.isas():
            costs = program.times(isa, chosen, rounds=60)
            over = max(costs[n] / min(costs[m] for m in chosen if m >= n) for n in chosen)
            line = max(lengths.over_line(costs, n) for n in chosen)
            shown = [f"{costs[n] / 1000:.1f}" for n in SHOWN]
            rows.append([isa, f"{over:.3f}", f"{line:.3f}", *shown])
    head = ["", "over a longer text", "over the line", *[f"{n} tokens" for n in SHOWN]]
    return f"{machine()}\n\n{table(head, rows)}"


def counts_part(_: argparse.Namespace) -> str:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    keys = {str(n): f"{n} tokens" for n in LENGTHS}
    keys |= {output_key(o, n): f"{o}, {n}" for o in OUTPUTS for n in OUTPUT_LENGTHS}
    rows = [[name, *[f"{counts[key]:,}" for key in keys]] for name, counts in kept.items()]
    return table(["", *keys.values()], rows)


def threads_part(args: argparse.Namespace) -> str:
    texts: int = args.texts
    rows = []
    for task, settings in threads.TASKS:
        for kind, text, count in (
            ("short", threads.SHORT, texts),
            ("paragraphs", threads.PARAGRAPH, texts // 10),
        ):
            call = threads.caller_of(task, threads.inputs_of(task, text, count), settings)
            one, two, possible = threads.measure(call, 2, 5)
            times = [f"{seconds / count * 1e6:.1f}" for seconds in (one, two)]
            rows.append([f"{task}, {kind}", *times, f"{one / two:.2f}", f"{possible:.2f}"])
    head = ["microseconds of a text", "1 thread", "2 threads", "ratio", "at most"]
    return f"{machine()} {texts:,} short texts, {texts // 10:,} paragraphs.\n\n{table(head, rows)}"


def floats_part(args: argparse.Namespace) -> str:
    """Milliseconds of a call, and the other programs' time over that of fp32-fast."""
    rows = []
    others = ["PyTorch", "ONNX Runtime"]
    for row in floats.measure(args.seconds):
        ms = row["ms"]
        what = f"{row['shape']}, {row['texts']} x {row['tokens']}, {row['threads']}"
        times = [f"{ms[name]:.2f}" if name in ms else "-" for name in [*floats.OURS, *others]]
        ratios = [f"{ms[o] / ms['fp32-fast']:.2f}" if o in ms else "-" for o in others]
        rows.append([what, *times, *ratios])
    head = [
        "shape, texts x tokens, threads",
        *floats.OURS,
        *others,
        *[f"{o} / fast" for o in others],
    ]
    return f"{machine()} Milliseconds.\n\n{table(head, rows)}"


def python_part(args: argparse.Namespace) -> str:
    """A row for each program and core, in millions of instructions."""
    columns = ["Python alone", "import", "to the first answer", "16 tokens", "128 tokens", *STEPS]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        bench = arm_cost.Bench(Path(folder))
        for name, system, _ in arm_cost.CORES:
            if name not in args.cores:
                continue
            found = arm_cost.python_counts(bench, name, system, args.wheels)
            steps = found.pop("a step of fine-tuning")
            for program, counts in found.items():
                if isinstance(counts, str):
                    rows.append([f"{name}: {program}", counts, *["-"] * (len(columns) - 1)])
                    continue
                ours = program == "process"
                counts = {**counts, **(steps if ours and not isinstance(steps, str) else {})}
                shown = [f"{counts[c] / 1e6:,.2f}" if c in counts else "-" for c in columns]
                rows.append([f"{name}: {'bertlite_fast' if ours else program}", *shown])
    heads = [f"step: {c}" if c in STEPS else c for c in columns]
    return table(["millions of instructions", *heads], rows)


def program(name: str, folder: Path) -> Path:
    compiler = shlex.split(os.environ.get("CC", "cc"))
    (path,) = core.build(compiler, [], folder / name, [f"bench/{name}.c"])
    return path


def checkpoint(folder: Path, task: str, layers: int, hidden: int, vocabulary: int) -> Path:
    name = f"{task}-{layers}-{hidden}"
    spec = checkpoints.Spec(
        name,
        task,
        layers=layers,
        hidden=hidden,
        heads=hidden // 64 if hidden > 64 else 2,
        intermediate=4 * hidden,
        vocabulary=vocabulary,
        labels=2,
    )
    return checkpoints.write(spec, folder / name)


def measured(command: list[object], isa: str) -> dict[str, float]:
    """The lines of a program: names and numbers."""
    run = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "BERTLITE_ISA": isa},
    )
    return {key: float(value) for key, value in (x.split("\t") for x in run.stdout.splitlines())}


def multiply_adds(layers: int, hidden: int, tokens: int) -> int:
    """Those of the matrices and of attention, when all hidden states are wanted."""
    return layers * (tokens * 12 * hidden * hidden + 2 * tokens * tokens * hidden)


def limits_part(_: argparse.Namespace) -> str:
    parts = ["gemm8", "attend8", "quantize", "norm", "pack_keys8", "pack_values8", "embed"]
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        limits = program("limits", folder)
        isas = lengths.Program(folder).isas()
        for layers, hidden, tokens, rounds in SHAPES:
            model = checkpoint(folder, "sequence-classification", layers, hidden, 1000)
            for isa in isas:
                found = measured([limits, model, tokens, rounds], isa)
                reached = multiply_adds(layers, hidden, tokens) / found["pass"]
                shares = [found[part] / found["pass"] for part in parts]
                shares.append(1 - sum(shares))
                name = f"{isa}, L{layers}-H{hidden}, {tokens} tokens"
                shown = [f"{found['pass'] / 1000:,.1f}", f"{found['products'] / 1e9:.0f}"]
                shown.append(f"{100 * reached * 1e9 / found['products']:.0f} %")
                rows.append([name, *shown, *[f"{100 * share:.0f} %" for share in shares]])
    head = ["", "µs", "limit, G/s", "reached", *parts, "other"]
    return f"{machine()}\n\n{table(head, rows)}"


def masks_part(_: argparse.Namespace) -> str:
    words, hidden = 30522, 64
    columns = ["read", "1 row", "1 row, softmax", "2 rows, softmax", "4 rows, softmax"]
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        masks = program("masks", folder)
        model = checkpoint(folder, "masked-lm", 2, hidden, words)
        classifier = checkpoint(folder, "sequence-classification", 2, hidden, words)
        for isa in lengths.Program(folder).isas():
            found = measured([masks, model, classifier, 16, 200], isa)
            shown = [f"{words * hidden / found[name] / 1000:.1f}" for name in columns]
            times = [f"{found[name]:.1f}" for name in ("encoder", "words")]
            rows.append([isa, *shown, *times, f"{found['words'] / found['encoder']:.1f}"])
    head = ["", *[f"{name}, GB/s" for name in columns], "encoder, µs", "one mask, µs", "ratio"]
    return f"{machine()}\n\n{table(head, rows)}"


def answers_part(args: argparse.Namespace) -> str:
    if args.data is None:
        raise SystemExit("answers: --data is missing, the folder that training/README.md describes")
    rows = [
        [task, f"{answer:.1f}", f"{model:.1f}", f"{answer / model:.2f}"]
        for task, answer, model in answers.measure(args.data)
    ]
    head = ["microseconds of a text", "answer", "its model in C", "ratio"]
    return f"{machine()}\n\n{table(head, rows)}"


def estimate_part(_: argparse.Namespace) -> str:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    rows = []
    for name, (width, gigahertz) in estimates.CORES.items():
        times = [estimates.microseconds(kept[name][str(n)], width, gigahertz) for n in (16, 128)]
        rows.append([name, str(width), str(gigahertz), *[f"{us / 1000:,.2f}" for us in times]])
    head = ["core", "instructions a cycle, at most", "GHz"]
    head += [f"estimate, {n} tokens, ms" for n in (16, 128)]
    return f"{machine()}\n\n{table(head, rows)}\n\n{estimates.error()}"


PARTS: dict[str, Callable[[argparse.Namespace], str]] = {
    "lengths": lengths_part,
    "counts": counts_part,
    "threads": threads_part,
    "floats": floats_part,
    "python": python_part,
    "limits": limits_part,
    "masks": masks_part,
    "answers": answers_part,
    "estimate": estimate_part,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=[*PARTS], metavar="PART")
    parser.add_argument(
        "--texts", type=int, default=10000, help="short ones; a tenth of paragraphs"
    )
    parser.add_argument("--seconds", type=float, default=10, help="for each size of floats")
    parser.add_argument("--data", type=Path, help="labeled sets (training/README.md)")
    parser.add_argument("--wheels", type=Path, help="as for bench/arm_cost.py")
    parser.add_argument("--cores", nargs="*", default=["cortex-a53", "cortex-a76", "arm1176"])
    args = parser.parse_args()
    for name in args.parts:
        if name not in PARTS:
            parser.error(f"{name} is not a part: {', '.join(PARTS)}")
        text = PARTS[name](args)
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(f"<!-- {name} -->\n", 1)
        end = f"<!-- end of {name} -->\n"
        _, after = rest.split(end, 1)
        page = f"{before}<!-- {name} -->\n\n{text}\n\n{end}{after}"
        PAGE.write_text(page, encoding="utf-8")
        print(f"{name}: written")


if __name__ == "__main__":
    main()
