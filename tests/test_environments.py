"""Restricted environments: no NumPy, zlib or ssl, nowhere to write, no such instruction set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ANSWER = """
from bertlite_fast import pipeline
answer = pipeline("intent-classification")("turn on the light in the kitchen")
print(answer["label"])
"""


def without(*modules: str) -> str:
    """Code after which the modules cannot be imported."""
    return f"import sys; sys.modules.update(dict.fromkeys({modules}))"


RESTRICTIONS = {
    "no NumPy": without("numpy"),
    "no zlib": without("zlib", "_bz2", "_lzma"),
    "no ssl": without("ssl", "_ssl", "_socket"),
    "read-only": """
import os, sys
sys.dont_write_bytecode = True
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
REFUSED = {
    "os.mkdir", "os.remove", "os.rename",
    "socket.connect", "subprocess.Popen", "ctypes.dlopen", "pickle.find_class",
}
def refuse(event, arguments):
    if event == "open":
        _, mode, flags = arguments
        if set(mode or "") & set("wax+") or (flags or 0) & WRITING:
            raise OSError(30, "read-only file system")
    if event in REFUSED:
        raise OSError(30, event)
sys.addaudithook(refuse)
""",
    "no home": "import os; os.environ.pop('HOME', None); os.environ.pop('XDG_CACHE_HOME', None)",
}


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **path, **environment},
    )


@pytest.mark.parametrize("name", RESTRICTIONS)
def test_the_answer_is_the_same(name: str) -> None:
    found = run(RESTRICTIONS[name] + "\n" + ANSWER)
    assert found.returncode == 0 and found.stdout == run(ANSWER).stdout != "", found.stderr


def test_an_unknown_instruction_set_is_refused() -> None:
    found = run(ANSWER, BERTLITE_ISA="sse9")
    assert found.returncode == 1
    assert "InstructionSetError" in found.stderr and "available" in found.stderr
    assert "core dumped" not in found.stderr


def test_a_small_stack_suffices() -> None:
    threads = "import threading; threading.stack_size(256 * 1024)\ndef work():\n" + "".join(
        f"    {line}\n" for line in ANSWER.strip().splitlines()
    )
    found = run(threads + "t = threading.Thread(target=work); t.start(); t.join()")
    assert found.returncode == 0 and found.stdout.strip(), found.stderr


def test_the_selftest_reports_what_it_could_not_run() -> None:
    found = run(RESTRICTIONS["read-only"] + "\nfrom bertlite_fast import selftest; selftest.run()")
    assert found.returncode == 0, found.stderr
    assert (
        "generic: kernels ok; 9 models [Errno 30]" in found.stdout
        and "for a report" in found.stdout
    )
