"""What the tools share that run another project's own tests with its classes, and with those here.

A tool prepares a folder with the tests and the models that they name, and says how pytest is run
in it. The tests are run with the original first; those that pass are expected of the package too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from small_models import WORDS

TOOLS = Path(__file__).resolve().parent
# What docs/transformers.md refuses by name.
REFUSED = re.compile("MissingError|cannot be obeyed")
Outcomes = tuple[set[str], dict[str, str]]  # the tests that pass; those that fail, and why


def run_pytest(
    root: Path, ours: bool, tests: str, options: list[str], more: dict[str, str]
) -> Outcomes:
    """The outcomes of the tests below root. A test counts once, whatever its parameters."""
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(root), **more}
    env |= {"OURS": "1" if ours else "", "COLUMNS": "400"}  # for the reasons
    paths = (str(TOOLS.parent), str(TOOLS), str(root), env.get("PYTHONPATH", ""))
    env["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, "-m", "pytest", tests, "-rA", "--tb=line", "-q"]
    ran = subprocess.run(
        [*command, "-p", "no:cacheprovider", *options],
        cwd=root, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    name = rf"{tests}/([\w./]+(?:::\w+)+)\S*"
    failed = dict(re.findall(rf"^(?:FAILED|ERROR) {name}(?: - (.*))?", ran.stdout, re.MULTILINE))
    passed = set(re.findall(rf"^PASSED {name}", ran.stdout, re.MULTILINE))
    return passed - set(failed), failed


def compare(
    prepare: Callable[[Path, Path, list[str]], None],
    outcomes: Callable[[Path, bool], Outcomes],
    inside: tuple[str, ...] = (),
    refused: tuple[str, ...] = (),
) -> None:
    """Run the tests of the command line's TESTS and print what passes with the original only.

    inside: parts of names of tests that call nothing that the package has; refused: of tests of
    what it refuses, beside those that say so.
    """
    source, vocabulary = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        prepare(root, source, vocabulary.read_text("utf-8").splitlines()[:WORDS])
        theirs, _ = outcomes(root, False)
        passed, failed = outcomes(root, True)
    kept = {name for name in theirs if not any(part in name for part in inside)}
    out = {
        name
        for name in kept - passed
        if REFUSED.search(failed.get(name, "")) or any(part in name for part in refused)
    }
    print(f"{len(theirs)} tests pass with the original; {len(theirs - kept)} of them test what is")
    print(f"inside it, and {len(out)} what is refused:", *sorted(out))
    kept -= out
    print(f"Of the other {len(kept)}, {len(kept & passed)} pass; the rest:")
    for name in sorted(kept - passed):
        print(f"{name}: {failed.get(name, 'is not run')}")
