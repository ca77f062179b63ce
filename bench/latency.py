"""Time of a call, next to LiteRT where it is installed: python bench/latency.py

Everything runs in one process, the callers taking turns, each batch of calls timed as a whole; the
table has the medians of the batches and their ratios. LiteRT needs a .tflite file for each length
(its inputs, by name: ids, mask, token types):
    python bench/latency.py --litert 16=int8_16.tflite 128=int8_128.tflite --model FOLDER
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import checkpoints
import core
from turns import by_turns, processor

import bertlite_fast as bf

SHAPES: dict[str, dict[str, Any]] = {
    "L2-H64": {"layers": 2, "hidden": 64, "heads": 2, "intermediate": 256},
    "L2-H128": {"layers": 2, "hidden": 128, "heads": 2, "intermediate": 512},
    "L4-H256": {"layers": 4, "hidden": 256, "heads": 4, "intermediate": 1024},
    "L6-H768": {"layers": 6, "hidden": 768, "heads": 12, "intermediate": 3072},
}


def litert_call(path: str, ids: list[int]) -> Callable[[], object]:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    runner: Any = Interpreter(path, num_threads=1)
    runner.allocate_tensors()
    inputs = sorted(runner.get_input_details(), key=lambda d: str(d["name"]))
    arrays = [
        np.array([ids], np.int32),
        np.ones((1, len(ids)), np.int32),
        np.zeros((1, len(ids)), np.int32),
    ]
    output = runner.get_output_details()[0]["index"]

    def call() -> object:
        for detail, value in zip(inputs, arrays):
            runner.set_tensor(detail["index"], value)
        runner.invoke()
        return runner.get_tensor(output)

    return call


def c_call(program: Path, folder: Path, length: int, calls: int, *more: str) -> float:
    run = subprocess.run(
        [program, folder, str(length), str(calls), *more],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"([\d.]+) us median", run.stdout)
    assert found
    return float(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--litert", nargs="*", default=[], metavar="LENGTH=FILE")
    parser.add_argument("--model", help="the folder that the LiteRT files were made from, L2-H64")
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES), choices=list(SHAPES))
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(
        f"machine: {processor()}, {bf.active_isa()}; one thread, int8, medians of batches in turn"
    )
    with tempfile.TemporaryDirectory() as scratch:
        (program,) = core.build(
            [os.environ.get("CC", "cc")], [], Path(scratch) / "build", ["bench/forward.c"]
        )
        for name in args.shapes:
            spec = checkpoints.Spec(
                name, "sequence-classification", vocabulary=30522, labels=2, **SHAPES[name]
            )
            folder = checkpoints.write(spec, Path(scratch) / name)
            int8, fp32 = (
                bf.AutoModelForSequenceClassification.from_pretrained(folder, precision=p)
                for p in ("int8", "fp32")
            )
            for length in (16, 128):
                ids = [1000 + i * 7919 % 20000 for i in range(length)]
                took = by_turns({"int8": partial(int8, ids), "fp32": partial(fp32, ids)})
                inside = c_call(program, folder, length, max(2, int(20000 / took["int8"])))
                print(
                    f"{name:8} {length:4} tokens: int8 {took['int8']:9.2f} us from Python, "
                    f"{inside:9.2f} in C; fp32 {took['fp32']:9.2f} us "
                    f"({took['fp32'] / took['int8']:.1f} x)",
                    flush=True,
                )
        spec = checkpoints.Spec("words", "masked-lm", vocabulary=30522)
        folder = checkpoints.write(spec, Path(scratch) / "words")
        hidden, words = (
            c_call(program, folder, 16, 3000, output) for output in ("hidden", "words")
        )
        print(
            f"L2-H64     16 tokens: encoder {hidden:.2f} us, with one masked word and its top five "
            f"{words:.2f} us ({words / hidden:.1f} x)"
        )
        for pair in args.litert:
            length_text, path = pair.split("=", 1)
            model = bf.AutoModelForSequenceClassification.from_pretrained(
                args.model or Path(scratch) / "L2-H64"
            )
            ids = [1000 + i * 7919 % 20000 for i in range(int(length_text))]
            took = by_turns({"ours": partial(model, ids), "LiteRT": litert_call(path, ids)})
            ratio = took["LiteRT"] / took["ours"]
            print(
                f"L2-H64   {length_text:>4} tokens, from Python: ours {took['ours']:.2f} us, "
                f"LiteRT dynamic int8 {took['LiteRT']:.2f} us ({ratio:.2f} x)"
            )


if __name__ == "__main__":
    main()
