"""Run the kernels' test program (tests/checkkernels.c) on emulated ARM and older x86 cores.

    python tools/emulate.py [--rounds N]

Needs only cross compilers and QEMU's user emulation, no root and no ARM system:
    apt-get install gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf gcc-arm-linux-gnueabi qemu-user
An instruction that a core lacks ends the program, so this also proves the dispatch.
--extension DIR ARCH builds the Python extension for an ARM system instead, with the
headers of that system's Python (ARCH: aarch64, armv7, armv6).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import core

ROOT = Path(__file__).resolve().parent.parent

COMPILERS = {
    "x86_64": ["cc"],
    "aarch64": ["aarch64-linux-gnu-gcc"],
    "armv7": ["arm-linux-gnueabihf-gcc", "-march=armv7-a+fp"],
    "armv6": ["arm-linux-gnueabi-gcc", "-march=armv6", "-marm", "-mfpu=vfp", "-mfloat-abi=softfp"],
}
CORES = [
    ("aarch64", "cortex-a53", "neon"),
    ("aarch64", "cortex-a72", "neon"),
    ("aarch64", "cortex-a76", "dotprod"),
    ("aarch64", "max,sve=off,sme=off", "i8mm"),
    ("armv7", "cortex-a7", "neon"),
    ("armv7", "cortex-a15", "neon"),
    ("armv7", "cortex-a7,neon=off", "armv6"),
    ("armv6", "arm1176", "armv6"),
    ("armv6", "cortex-a7", "neon"),
    ("x86_64", "Conroe", "generic"),
    ("x86_64", "Haswell", "avx2"),
]


def check_cores(rounds: int) -> int:
    failed = 0
    programs: dict[str, Path] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for machine, cpu, best in CORES:
            compiler = COMPILERS[machine]
            qemu = shutil.which("qemu-" + (machine if machine in ("aarch64", "x86_64") else "arm"))
            if machine == "x86_64" and core.machine_of(compiler) != machine:
                continue
            if not shutil.which(compiler[0]) or not qemu:
                print(f"{machine}: needs {compiler[0]} and qemu-user")
                failed += 1
                continue
            if machine not in programs:
                (programs[machine],) = core.build(
                    [compiler[0]],
                    [*compiler[1:], "-static"],
                    Path(scratch) / machine,
                    ["tests/checkkernels.c"],
                )
            run = subprocess.run(
                [qemu, "-cpu", cpu, str(programs[machine]), "--rounds", str(rounds)],
                capture_output=True,
                text=True,
            )
            lines = run.stdout.strip().splitlines() or [f"ended with {run.returncode}"]
            reached = any(line.startswith(best) for line in lines)
            bad = run.returncode != 0 or not reached
            failed += bad
            missed = "" if reached else f" ({best} was not among the instruction sets)"
            print(f"{machine:8} {cpu:20} {lines[0]}: {lines[-1]}{missed}", flush=True)
            if bad:
                print(run.stdout[-3000:], run.stderr[-1000:])
    return failed


def python_headers(root: Path, out: Path) -> tuple[Path, str]:
    """Copy a system's Python headers below `out`; their folder, and the version's name in it.

    Nothing else is copied: the system's C headers would clash with the cross compiler's.
    """
    includes = sorted(root.glob("usr/include/python3.*")) + sorted(
        root.glob("usr/include/*/python3.*")
    )
    headers = out / "include"
    headers.mkdir(parents=True, exist_ok=True)
    for path in includes:
        shutil.copytree(path, headers / path.relative_to(root / "usr/include"), dirs_exist_ok=True)
    return headers, next(p.name for p in includes if p.parent.name == "include")


def binding(name: str, out: Path) -> Path:
    """The C of an extension module's binding."""
    generated = out / f"{name}.c"
    source = str(ROOT / f"bertlite_fast/{name}.pyx")
    subprocess.run([sys.executable, "-m", "cython", "-3", source, "-o", str(generated)], check=True)
    return generated


def build_extension(root: Path, machine: str, out: Path) -> None:
    """Build bertlite_fast for the ARM system in `root`; `out` goes on that system's PYTHONPATH."""
    compiler = COMPILERS[machine]
    headers, version = python_headers(root, out)
    package = out / "bertlite_fast"
    package.mkdir(exist_ok=True)
    for path in (ROOT / "bertlite_fast").rglob("*"):
        if path.suffix in (".py", ".pyi", ".typed") or path.parent.name == "weights":
            target = package / path.relative_to(ROOT / "bertlite_fast")
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)
    for name in ("_native", "_training"):
        _build_module(name, compiler, [headers, headers / version], out, package)


def _build_module(
    name: str, compiler: list[str], headers: list[Path], out: Path, package: Path
) -> None:
    """One extension module, as setup.py builds it."""
    flags = [*compiler[1:], "-fPIC"]
    machine = core.machine_of([compiler[0]])
    sources = core.training_sources(machine) if name == "_training" else core.sources(machine)
    objects = core.compile_files([compiler[0]], flags, out / "objects" / name, sources)
    compiled = out / f"{name}.o"
    folders = [ROOT / "include", ROOT / "csrc", *headers]
    includes = [option for folder in folders for option in ("-I", str(folder))]
    optimized = [*core.FLAGS, *flags, *core.BINDING_FLAGS]
    subprocess.run(
        [compiler[0], *optimized, *includes, "-c", str(binding(name, out)), "-o", str(compiled)],
        check=True,
    )
    target = package / f"{name}.so"
    linked = [
        "-shared",
        "-Wl,-s,--gc-sections",
        str(compiled),
        *map(str, objects),
        "-lm",
        "-lpthread",
    ]
    subprocess.run([compiler[0], *flags, *linked, "-o", str(target)], check=True)
    print(target)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--extension", nargs=2, metavar=("ROOT", "ARCH"))
    parser.add_argument("--out", type=Path, default=ROOT / "build/arm")
    args = parser.parse_args()
    if args.extension:
        build_extension(Path(args.extension[0]), args.extension[1], args.out)
        return 0
    return min(check_cores(args.rounds), 1)


if __name__ == "__main__":
    sys.exit(main())
