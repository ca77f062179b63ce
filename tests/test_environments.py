"""Poor surroundings: no NumPy, no zlib, nowhere to write, no network, an instruction set that is not there."""

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
POOR = {
    "no NumPy": "import sys; sys.modules['numpy'] = None",
    "no zlib": "import sys; sys.modules['zlib'] = None; sys.modules['_bz2'] = None; sys.modules['_lzma'] = None",
    "no ssl": "import sys; sys.modules['ssl'] = None; sys.modules['_ssl'] = None; sys.modules['_socket'] = None",
    "nowhere to write": """
import os, sys
sys.dont_write_bytecode = True
def refuse(event, arguments):
    if event == "open" and (set(arguments[1] or "") & set("wax+") or (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        raise OSError(30, "read-only file system")
    if event in ("os.mkdir", "os.remove", "os.rename", "socket.connect", "subprocess.Popen", "ctypes.dlopen", "pickle.find_class"):
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


@pytest.mark.parametrize("name", POOR)
def test_it_answers_all_the_same(name: str) -> None:
    found = run(POOR[name] + "\n" + ANSWER)
    assert found.returncode == 0 and found.stdout == run(ANSWER).stdout != "", found.stderr


def test_an_instruction_set_that_is_not_there_is_told() -> None:
    found = run(ANSWER, BERTLITE_ISA="sse9")
    assert found.returncode == 1
    assert "InstructionSetError" in found.stderr and "available" in found.stderr
    assert "core dumped" not in found.stderr


def test_the_smallest_stack_will_do() -> None:
    threads = "import threading; threading.stack_size(256 * 1024)\ndef work():\n" + "".join(
        f"    {line}\n" for line in ANSWER.strip().splitlines()
    )
    found = run(threads + "t = threading.Thread(target=work); t.start(); t.join()")
    assert found.returncode == 0 and found.stdout.strip(), found.stderr


def test_the_selftest_says_what_it_could_not_try() -> None:
    found = run(POOR["nowhere to write"] + "\nfrom bertlite_fast import selftest; selftest.run()")
    assert found.returncode == 0, found.stderr
    assert (
        "generic: kernels ok; 9 models [Errno 30]" in found.stdout
        and "for a report" in found.stdout
    )
