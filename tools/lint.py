"""The checks of `make lint`: formats, types, C, shell, spelling, workflows.

    python tools/lint.py [--fix] [CHECK...]

--fix formats C and Python, and repairs what ruff can. The tools are those of the dependency group
"lint" in pyproject.toml, taken from this Python's environment, else from the PATH.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import core

ROOT = core.ROOT
COLUMNS = 100
# Written by tools/unicode_tables.py.
GENERATED = {"csrc/tokenizer/unicode_tables.inc", "csrc/tokenizer/latin1_tables.inc"}
# Those of core.FLAGS that clang knows.
TIDY_FLAGS = ["-std=c11", "-ffp-contract=off", "-Iinclude", "-Icsrc"]


class MissingToolError(Exception):
    pass


def tool(name: str) -> str:
    folder = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join([folder, os.environ.get("PATH", "")]))
    if found is None:
        raise MissingToolError(f"{name} is missing: `pip install --group lint` (pip 25.1) has it.")
    return found


def call(name: str, *arguments: str) -> bool:
    return subprocess.run([tool(name), *arguments], cwd=ROOT).returncode == 0


def tracked(*patterns: str) -> list[str]:
    """The repository's files, including new ones that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [p for p in listed.stdout.splitlines() if p not in GENERATED and (ROOT / p).exists()]


def passes(check: Callable[[str], str], items: list[str]) -> bool:
    """Check the items in parallel and print what was found; True if that is nothing."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = "".join(pool.map(check, items))
    print(found, end="", flush=True)
    return not found


def python(fix: bool) -> bool:
    checked = call("ruff", "check", "-q", *(["--fix"] if fix else []), ".")
    formatted = call("ruff", "format", "-q", *([] if fix else ["--diff"]), ".")
    return checked and formatted


def types(_: bool) -> bool:
    return call("mypy")


def c_format(fix: bool) -> bool:
    program = tool("clang-format")

    def one(path: str) -> str:
        source = (ROOT / path).read_text(encoding="utf-8")
        # an .inc file is C too
        command = [program, f"--assume-filename={Path(path).with_suffix('.c')}"]
        done = subprocess.run(
            command, cwd=ROOT, input=source, capture_output=True, text=True, encoding="utf-8"
        )
        if done.returncode:
            return f"{path}: {done.stderr}\n"
        if done.stdout == source:
            return ""
        if fix:
            (ROOT / path).write_text(done.stdout, encoding="utf-8")
            return ""
        pairs = zip(source.splitlines(), done.stdout.splitlines())
        line = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), 1)
        return f"{path}:{line}: not as clang-format writes it: run `make format`\n"

    return passes(one, tracked("*.c", "*.h", "*.inc"))


def c_bugs(_: bool) -> bool:
    program = tool("clang-tidy")
    machine = core.machine_of([os.environ.get("CC", "cc")])
    flags = dict(core.sources(machine) + core.training_sources(machine))

    def one(path: str) -> str:
        command = [program, "--quiet", path, "--", *TIDY_FLAGS, *flags[path]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        return done.stdout + (done.stderr if done.returncode and not done.stdout else "")

    return passes(one, [path for path in flags if (ROOT / path).exists()])


def long_lines(_: bool) -> bool:
    """Of Cython files; ruff and clang-format check those of Python and C."""
    good = True
    for path in tracked("*.pyx", "*.pxi", "*.pxd"):
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > COLUMNS:
                print(f"{path}:{number}: {len(line)} columns, but at most {COLUMNS} are allowed")
                good = False
    return good


def shell(_: bool) -> bool:
    scripts = []
    for path in tracked(".ci/*", "tools/*", "*.sh"):
        with open(ROOT / path, "rb") as file:
            if file.readline().strip() in (b"#!/bin/bash", b"#!/bin/sh"):
                scripts.append(path)
    return call("shellcheck", *scripts)


def spelling(_: bool) -> bool:
    return call("codespell", *tracked())


def workflows(_: bool) -> bool:
    return call("zizmor", "-q", "--offline", ".github/workflows")


CHECKS: dict[str, Callable[[bool], bool]] = {
    "python": python,
    "types": types,
    "c-format": c_format,
    "c-bugs": c_bugs,
    "long-lines": long_lines,
    "shell": shell,
    "spelling": spelling,
    "workflows": workflows,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    args = parser.parse_args()
    unknown = set(args.checks) - set(CHECKS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))} is not one of {', '.join(CHECKS)}")
    names = args.checks or (["python", "c-format"] if args.fix else list(CHECKS))
    failed = []
    for name in names:
        try:
            good = CHECKS[name](args.fix)
        except MissingToolError as error:
            print(error)
            good = False
        print(f"{name}: {'ok' if good else 'FAILED'}", flush=True)
        if not good:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
