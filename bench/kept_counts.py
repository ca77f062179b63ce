"""Counts of instructions, compared with those that bench/instructions.json keeps.

A count may be 3 % above the file's. Compilers differ by more than that, so counts of another one
are not compared, and said not to be.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

FILE = Path(__file__).resolve().parent / "instructions.json"
LENGTHS = [1, 7, 14, 16, 31, 33, 128]
# Beside the classes of a text, whose last layer computes one token: what reads all of them.
OUTPUTS = ["mean", "hidden"]
OUTPUT_LENGTHS = [16, 128]
MOST = 1.03


def output_key(output: str, length: int) -> str:
    """By what name counts of another output than the classes are kept."""
    return f"{output}:{length}"


def compiler_version(command: list[str]) -> str:
    run = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    _name, _, version = run.stdout.splitlines()[0].partition(" ")  # cc and gcc may be one
    return version


class Baseline:
    def __init__(self, path: Path = FILE) -> None:
        self.path = path
        self.kept: dict[str, dict[str, str | int]] = {}
        if path.exists():
            self.kept = json.loads(path.read_text(encoding="utf-8"))

    def compare(self, name: str, compiler: str, found: dict[str, int]) -> list[str]:
        """What is too much, a sentence for each; name: of a core or an instruction set."""
        kept = self.kept.get(name)
        if kept is None:
            return [f"{self.path.name} has no counts of {name}; write them."]
        if kept["compiler"] != compiler:
            print(f"{name}: not compared, as the file's counts are of {kept['compiler']}")
            return []
        broken = []
        for key, count in found.items():
            before = kept.get(key)
            if not isinstance(before, int):
                broken.append(f"{self.path.name} has no count of {name}, {key}; write it.")
            elif count > MOST * before:
                broken.append(
                    f"{name}, {key}: {count:,} instructions, {count / before:.3f} times {before:,}"
                )
        return broken

    def write(self, name: str, compiler: str, found: dict[str, int]) -> None:
        self.kept[name] = {"compiler": compiler, **found}
        lines = [
            f" {json.dumps(key)}: {json.dumps(values)}" for key, values in sorted(self.kept.items())
        ]
        self.path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
