"""Learns from written rows on a machine that has only PyTorch, transformers and this folder.

    python -m training.pooled FOLDER OUT ten/TASK [--seconds S] [--teacher-seconds T]

FOLDER is what `python -m training pools DATA RUN ten/TASK` has left in RUN/pools.  OUT/ten/TASK.pt
is what was learned; in RUN/pools/learned the stage ten/TASK takes it as its own.  Seconds cut the
recipe's steps short, with their rate.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from ..recipe import RECIPE
from .device import device_of_this_machine
from .learn import learn, tuning_of
from .lesson import Budget


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.pooled",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("name", metavar="PASS/TASK")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--teacher-seconds", type=float, default=float("inf"))
    args = parser.parse_args()
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} {what}", flush=True)

    torch.set_float32_matmul_precision("high")
    tuning = tuning_of(RECIPE, args.name)
    budget = Budget(tuning.steps, args.seconds, tuning.teacher_steps, args.teacher_seconds)
    found = learn(args.folder, args.name, RECIPE, device_of_this_machine(), say, budget)
    file: Path = args.out / f"{args.name}.pt"
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")  # bertlite_fast, which has files.py, is not here
    torch.save(found, unfinished)
    unfinished.replace(file)
    say(f"{file}: written")


if __name__ == "__main__":
    main()
