"""What Python's limited API would cost: one wheel for all versions, or one for each?

    python bench/limited_api.py

Builds the extension twice, with the whole C API and with the limited one of Python 3.11, and times
the same calls in processes that take turns. The minimum of all rounds counts, since the difference
is a fraction of a microsecond.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from turns import processor

ROOT = Path(__file__).resolve().parent.parent
# Macros of the full API, for which the limited API has functions.
SHIM = """
#include <Python.h>
#define PyBytes_AS_STRING PyBytes_AsString
#define PyBytes_GET_SIZE PyBytes_Size
#define PyList_SET_ITEM PyList_SetItem
#define PyList_GET_ITEM PyList_GetItem
static inline int is_ascii(PyObject *text)
{
    Py_ssize_t size;
    return PyUnicode_AsUTF8AndSize(text, &size) && size == PyUnicode_GetLength(text);
}
#define PyUnicode_IS_ASCII is_ascii
"""
CALLS = """
import json, sys, time
import bertlite_fast as bf
pipe = bf.pipeline("sentiment-analysis")
tokenizer, model = pipe.tokenizer, pipe.model
text = "i love this new smart watch"
rows = [tokenizer.encode(text)]
calls = {
    "pipeline": lambda: pipe(text),
    "tokenizer.encode": lambda: tokenizer.encode(text),
    "tokenizer": lambda: tokenizer(text),
    "model": lambda: model(rows),
}
found = {}
for name, call in calls.items():
    found[name] = 1e9
    for _ in range(40):
        start = time.perf_counter()
        for _ in range(1000):
            call()
        found[name] = min(found[name], (time.perf_counter() - start) * 1000)
print(json.dumps(found))
"""


def build(folder: Path, flags: str) -> None:
    for name in (
        "bertlite_fast",
        "include",
        "csrc",
        "tools",
        "setup.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    ):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source,
                folder / name,
                ignore=shutil.ignore_patterns("*.so", "__pycache__", "_native.c"),
            )
        else:
            shutil.copy(source, folder / name)
    environment = {**os.environ, "BERTLITE_CFLAGS": flags}
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )


def main() -> int:
    fastest: dict[str, dict[str, float]] = {"whole": {}, "limited": {}}
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "shim.h").write_text(SHIM)
        limited = (
            "-DCYTHON_LIMITED_API=1 -DPy_LIMITED_API=0x030b0000 "
            f"-include {scratch}/shim.h -I{sysconfig.get_path('include')}"
        )
        for name, flags in (("whole", ""), ("limited", limited)):
            build(Path(scratch) / name, flags)
        for _ in range(5):
            for name, found in fastest.items():
                run = subprocess.run(
                    [sys.executable, "-c", CALLS],
                    cwd=Path(scratch) / name,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                for call, microseconds in json.loads(run.stdout).items():
                    found[call] = min(found.get(call, 1e9), microseconds)
    print(processor())
    for call, whole in fastest["whole"].items():
        limited_us = fastest["limited"][call]
        print(
            f"{call:18} {whole:6.3f} us, limited {limited_us:6.3f} us: {limited_us - whole:+.3f} us"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
