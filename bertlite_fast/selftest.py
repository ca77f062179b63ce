"""Checks a board: every instruction set's kernels, and the bytes of the embedded models' outputs.

    python -m bertlite_fast.selftest

Needs only the installed package. The exit status is 0 if everything matches.
"""

from __future__ import annotations

import json
import os
import sys
import time
from binascii import crc32

from . import __version__, embedded
from ._native import Model, TokenizerCore, available_isas, check_isa
from .errors import BertliteError
from .files import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ANSWERS = os.path.join(embedded.FOLDER, "answers.json")
TEXTS = (
    "Hi",
    "Turn on the light in the kitchen.",
    "The quick brown fox jumps over the lazy dog, 12 times a day: naïve, 東京, 🙂!",
    "wake me at half past six " * 9,
)


def board() -> str:
    """The board's own name where the system tells it, else the machine's."""
    for path in ("/proc/device-tree/model", "/sys/devices/virtual/dmi/id/product_name"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                name = file.read().strip("\0 \n")
            if name:
                return name
        except OSError:
            pass
    import platform

    return platform.machine() or "unknown"


def answers() -> dict[str, int]:
    """A checksum of each embedded model's outputs, on the instruction set in use."""
    found = {}
    for name in embedded.names():
        path = embedded.path_of(name)
        tokenizer = TokenizerCore(path)
        model = Model(path, embedded.MADE_FOR[name])
        sum_ = 0
        for text in TEXTS:
            output = model([tokenizer.encode(text)[:64]])
            for part in output.to_tuple():
                sum_ = crc32(
                    memoryview(part).cast("B")
                    if memoryview(part).contiguous
                    else bytes(memoryview(part)),
                    sum_,
                )
        found[name] = sum_
    return found


def expected() -> dict[str, int]:
    try:
        with open(ANSWERS, encoding="utf-8") as file:
            stored: dict[str, int] = json.load(file)
            return stored
    except OSError:
        return {}


def answers_on(isa: str) -> dict[str, int]:
    """The checksums on another instruction set, computed in a process of its own."""
    import subprocess

    run = subprocess.run(
        [sys.executable, "-m", "bertlite_fast.selftest", "--answers"],
        env={
            **os.environ,
            "BERTLITE_ISA": isa,
            "PYTHONPATH": os.pathsep.join(
                [os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *sys.path]
            ),
        },
        capture_output=True,
        text=True,
    )
    if run.returncode:
        ended = (
            f"signal {-run.returncode}"
            if run.returncode < 0
            else (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
        )
        raise BertliteError(f"ended with {ended}")
    found: dict[str, int] = json.loads(run.stdout)
    return found


def compare(found: dict[str, int], wanted: dict[str, int]) -> str:
    wrong = [name for name in sorted({*found, *wanted}) if found.get(name) != wanted.get(name)]
    return "ok" if not wrong else f"bytes differ from those of other boards: {', '.join(wrong)}"


def run() -> int:
    import platform

    begun = time.perf_counter()
    isas, wanted, problems = available_isas(), expected(), []
    print(f"board: {board()}")
    for isa in isas:
        try:
            check_isa(isa)
            kernels = "ok"
        except BertliteError as error:
            kernels = str(error)
        try:
            # the best one is what this process uses, unless BERTLITE_ISA says otherwise
            models = compare(
                answers()
                if isa == isas[-1] and not os.environ.get("BERTLITE_ISA")
                else answers_on(isa),
                wanted,
            )
        except (BertliteError, OSError) as error:  # OSError: a system that starts no processes
            models = str(error)
        if not wanted:
            models = "none in this build"
        print(f"{isa}: kernels {kernels}; {len(wanted)} models {models}")
        problems += [
            f"{isa}: {text}"
            for text in (kernels, models)
            if text not in ("ok", "none in this build")
        ]
    seconds = time.perf_counter() - begun
    facts = [
        f"bertlite_fast {__version__}",
        board(),
        platform.machine(),
        platform.system(),
        f"Python {platform.python_version()}",
        "+".join(isas),
    ]
    print(
        f"for a report: {' | '.join(facts)} | {'; '.join(problems) or 'all right'} "
        f"| {seconds:.2f} s"
    )
    return 1 if problems else 0


def main(arguments: list[str]) -> int:
    if arguments == ["--answers"]:
        print(json.dumps(answers()))
        return 0
    if arguments == ["--write"]:  # after new weights
        found: dict[str, Any] = answers()
        write_atomically(ANSWERS, json.dumps(found, indent=1) + "\n")
        return 0
    if arguments:
        print(__doc__)
        return 0 if arguments[0] in ("-h", "--help") else 2
    return run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
