"""What a start costs: python bench/startup.py

CPU time beyond a bare Python's, of the import and of a first answer of each task with the embedded
models. Processes take turns; the smallest of --rounds is printed. With valgrind installed,
--instructions counts them, too. Modules are compiled before, as an installer leaves them.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))

from turns import processor

CALLS = {
    "fill-mask": '("Please [MASK] the lights before you go to bed.")',
    "question-answering": '(question="Who walked on the moon?", context="Neil Armstrong did.")',
    "ner": '("Elon Musk visited Paris")',
    "token-classification": '("The quick brown fox jumps")',
    "text-classification": '("I did not expect that at all")',
    "intent-classification": '("Turn on the light in the kitchen")',
    "zero-shot-classification": '("I need help", candidate_labels=["account issue", "payment"])',
    "feature-extraction": '("turn on the light")',
    "sentence-similarity": '("I want to book a flight", "Reserve a plane ticket")',
}
IMPORT = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from bertlite_fast import pipeline\n"
PRINT_TIME = """
import resource
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime)
"""
SURROUNDINGS = {**os.environ, "PYTHONHASHSEED": "0"}
SURROUNDINGS.pop("PYTHONDONTWRITEBYTECODE", None)


def programs() -> dict[str, str]:
    """What each process runs."""
    answers = {task: f"{IMPORT}pipeline({task!r}){call}\n" for task, call in CALLS.items()}
    return {"bare": "", "import": IMPORT, **answers}


def python(code: str, *before: str) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-I", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=SURROUNDINGS)


def milliseconds(code: str) -> float:
    return 1000 * float(python(code + PRINT_TIME).stdout)


def instructions(code: str) -> float:
    """Millions, in user space."""
    valgrind = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
    found = re.search(r"Collected : (\d+)", python(code, *valgrind).stderr)
    assert found
    return int(found[1]) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--instructions", action="store_true")
    args = parser.parse_args()
    all_programs = programs()
    for code in all_programs.values():
        python(code)  # which compiles the modules
    least = dict.fromkeys(all_programs, float("inf"))
    for _ in range(args.rounds):
        for name, code in all_programs.items():
            least[name] = min(least[name], milliseconds(code))
    counts = {}
    if args.instructions:
        counts = {name: instructions(code) for name, code in all_programs.items()}
    print(processor())
    print(f"a bare Python: {least['bare']:.1f} ms of CPU; beyond it:")
    for name, found in least.items():
        if name != "bare":
            counted = f", {counts[name] - counts['bare']:6.1f} M instructions" if counts else ""
            print(f"{name:26}{found - least['bare']:6.1f} ms{counted}")


if __name__ == "__main__":
    main()
