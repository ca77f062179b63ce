"""The steps of continuous integration, each of which runs on any machine that has its tools.

python tools/ci.py test              an environment, the extension, the tests
python tools/ci.py sanitizers        the kernels and the tests under gcc's address, undefined and thread sanitizers
python tools/ci.py fuzz [--seconds N]
python tools/ci.py armv6             a wheel for ARMv6 (needs dpkg and the headers' package on a Debian mirror)
python tools/ci.py sbom              dist/bertlite_fast.cdx.json, what a release is made of
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TRADE = [
    "setuptools>=77",
    "cython>=3.1",
    "pytest",
    "numpy",
    "safetensors",
    "tokenizers",
    "ruff",
    "mypy",
]
SANITIZE = "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"


def call(*command: str | Path, cwd: Path = ROOT, **environment: str) -> None:
    print("+", *command, flush=True)
    subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **environment}, check=True
    )


def python() -> Path:
    """The environment's Python; the environment is made if there is none."""
    found = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not found.exists():
        call(sys.executable, "-m", "venv", VENV)
        call(found, "-m", "pip", "install", "-q", *TRADE)
    return found


def test(_: argparse.Namespace) -> None:
    call(python(), "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "-e", ".")
    call(python(), "-m", "pytest", "-q")


def gcc_library(name: str) -> str:
    return subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()


def sanitizers(_: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        call(
            python(),
            "tools/core.py",
            f"--flags={SANITIZE}",
            "--out",
            scratch,
            "tests/checkkernels.c",
        )
        call(Path(scratch) / "checkkernels", "--rounds", "100")
        shutil.copytree(
            ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "build", "*.so", "training")
        )
        call(
            python(),
            "setup.py",
            "-q",
            "build_ext",
            "--inplace",
            cwd=copy,
            BERTLITE_CFLAGS=SANITIZE,
            BERTLITE_KEEP_SYMBOLS="1",
        )
        files = [
            f"tests/test_{name}.py"
            for name in ("model", "files", "reference", "tokenizer", "tasks", "base", "embedded")
        ]
        call(
            python(), "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", "not resident and not live", cwd=copy, PYTHONPATH=".",
            LD_PRELOAD=f"{gcc_library('libasan.so')} {gcc_library('libubsan.so')}", ASAN_OPTIONS="detect_leaks=0", BERTLITE_KEEP_SYMBOLS="1",
        )  # fmt: skip
        call(
            python(),
            "tools/core.py",
            "--flags=-g -fsanitize=thread",
            "--out",
            Path(scratch) / "threads",
            "tests/sharing.c",
        )
        write = "import sys; sys.path.insert(0, 'tests'); import checkpoints, pathlib; checkpoints.write(checkpoints.SPECS[0], pathlib.Path(sys.argv[1]))"
        call(python(), "-c", write, Path(scratch) / "model")
        call(Path(scratch) / "threads/sharing", Path(scratch) / "model")


def fuzz(args: argparse.Namespace) -> None:
    """libFuzzer where there is clang, else the mutator of tests/fuzz."""
    clang = next((c for c in ("clang-19", "clang") if shutil.which(c)), None)
    with tempfile.TemporaryDirectory() as scratch:
        for name, corpus in (("fuzz_files", "corpus"), ("fuzz_text", "texts")):
            seeds = ROOT / "tests/fuzz" / corpus
            if clang:
                flags = "-g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -DWITH_LIBFUZZER"
                call(
                    python(),
                    "tools/core.py",
                    "--cc",
                    clang,
                    f"--flags={flags}",
                    "--out",
                    scratch,
                    f"tests/fuzz/{name}.c",
                )
                found = Path(scratch) / f"{name}.found"
                found.mkdir()
                call(
                    Path(scratch) / name,
                    f"-max_total_time={args.seconds}",
                    "-max_len=65536",
                    "-print_final_stats=1",
                    "-verbosity=0",
                    found,
                    seeds,
                )
            else:
                call(
                    python(),
                    "tools/core.py",
                    f"--flags={SANITIZE}",
                    "--out",
                    scratch,
                    f"tests/fuzz/{name}.c",
                )
                call(Path(scratch) / name, "--seconds", str(args.seconds), *sorted(seeds.iterdir()))


def armv6(_: argparse.Namespace) -> None:
    """From Raspberry Pi OS Bookworm's Python 3.11; its headers come from the package that Debian has of them."""
    if sys.version_info[:2] != (3, 11):
        raise SystemExit("the wheel is for Python 3.11; run this with it.")
    with tempfile.TemporaryDirectory() as scratch:
        pool = "https://deb.debian.org/debian/pool/main/p/python3.11/"
        with urllib.request.urlopen(pool) as page:
            names = sorted(
                {
                    part
                    for part in page.read().decode().split('"')
                    if part.startswith("libpython3.11-dev_") and part.endswith("_armhf.deb")
                }
            )
        package, headers = Path(scratch) / names[-1], Path(scratch) / "headers"
        urllib.request.urlretrieve(pool + names[-1], package)
        call("dpkg-deb", "-x", package, headers)
        call(python(), "-m", "pip", "install", "-q", "ziglang", "wheel")
        call(
            python(),
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-build-isolation",
            "--no-deps",
            "-w",
            scratch,
            ".",
        )
        (wheel,) = Path(scratch).glob("*.whl")
        call(python(), "tools/armv6_wheel.py", wheel, headers, "wheelhouse")


def sbom(_: argparse.Namespace) -> None:
    """CycloneDX: the package alone, for it has no dependencies, and the data sets that its weights were trained on."""
    version = next(
        line.split('"')[1]
        for line in (ROOT / "pyproject.toml").read_text().splitlines()
        if line.startswith("version = ")
    )
    card = ROOT / "bertlite_fast/weights/card.json"
    data = json.loads(card.read_text()).get("data", []) if card.exists() else []
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "name": "bertlite-fast",
                "version": version,
                "purl": f"pkg:pypi/bertlite-fast@{version}",
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": [
            {
                "type": "data",
                "name": entry["name"],
                "licenses": [{"license": {"name": entry["license"]}}],
            }
            for entry in data
        ],
        "dependencies": [],
    }
    target = ROOT / "dist/bertlite_fast.cdx.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(document, indent=1) + "\n")
    print(target)


STEPS: dict[str, Callable[[argparse.Namespace], None]] = {
    "test": test,
    "sanitizers": sanitizers,
    "fuzz": fuzz,
    "armv6": armv6,
    "sbom": sbom,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    try:
        STEPS[args.step](args)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
