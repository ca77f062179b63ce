"""Build a wheel for the Pi Zero and the first Pi (ARMv6, hard float); cibuildwheel cannot.

    pip install --group wheels
    python tools/armv6_wheel.py [--run] WHEEL ROOT OUT

WHEEL is a wheel of bertlite_fast for any Linux and the board's Python version; all of it but the
extensions is copied. ROOT is a folder with that Python's headers for 32-bit ARM, as in the package
libpython3-dev:armhf (usr/include/python3.x and usr/include/arm-linux-gnueabihf/python3.x).

The compiler is Debian's gcc-arm-linux-gnueabihf, whose code is a fifth smaller than clang's. Its
startup files and run-time library are built for ARMv7, and would crash on a Zero: so zig links,
with its own for ARMv6. Fails if an object, but NEON's kernels, may hold an instruction above ARMv6
with VFPv2, or if the result does not say that it is that, with hard floats.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import baseline
import core
import emulate

ROOT = Path(__file__).resolve().parent.parent
GCC = [
    "arm-linux-gnueabihf-gcc",
    "-march=armv6",
    "-mfpu=vfp",
    "-mfloat-abi=hard",
    "-marm",
    "-fPIC",
    "-DNDEBUG",  # these two as Python compiles extensions itself: without its assertions
    "-fwrapv",
]
# Without --gc-sections zig's run-time library would come in whole: a quarter of a megabyte. Without
# -Os it links as for debugging: strings that are the same are not merged.
LINKED_SMALL = ["-Os", "-s", "-Wl,--gc-sections", "-Wl,--hash-style=gnu"]
ZIG = [sys.executable, "-m", "ziglang", "cc", "-mcpu=arm1176jzf_s", *LINKED_SMALL]
SUFFIX = "cpython-{}{}-arm-linux-gnueabihf.so"
WANTED = ("Tag_CPU_arch: v6", "Tag_FP_arch: VFPv2", "Tag_ABI_VFP_args: VFP registers")
EXTENSIONS = {"_native": core.sources, "_training": core.training_sources}


def compile_extension(name: str, root: Path, out: Path, target: Path) -> None:
    out.mkdir()
    headers, version = emulate.python_headers(root, out)
    generated = emulate.binding(name, out)
    flags = [
        *GCC,
        *core.FLAGS,
        "-I",
        str(ROOT / "include"),
        "-I",
        str(ROOT / "csrc"),
    ]

    def one(job: tuple[str, list[str]]) -> Path:
        path, own = job
        made = out / (path.strip("/").replace("/", "_") + ".o")
        subprocess.run(
            [
                *flags,
                *own,
                "-c",
                path if path.startswith("/") else str(ROOT / path),
                "-o",
                str(made),
            ],
            check=True,
        )
        check_instructions(made)
        return made

    jobs = [
        *EXTENSIONS[name]("arm"),
        (
            str(generated),
            [*core.BINDING_FLAGS, core.NO_LINES, "-I", str(headers), "-I", str(headers / version)],
        ),
    ]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        objects = list(pool.map(one, jobs))
    link(["-target", "arm-linux-gnueabihf.2.28", "-shared"], objects, target)


def link(options: list[str], objects: list[Path], target: Path) -> None:
    libraries = ["-lm", "-lpthread"]
    command = [*ZIG, *options, *map(str, objects), *libraries, "-o", str(target)]
    subprocess.run(command, check=True)


def run_kernels(out: Path) -> None:
    """The kernels' test program, on the emulated processor of a Zero. It is linked with a C library
    that zig compiles for it, which takes a minute; Debian's is built for ARMv7."""
    program = out / "checkkernels"
    files = [*core.sources("arm"), ("tests/checkkernels.c", ["-D_GNU_SOURCE"])]
    objects = core.compile_files(GCC[:1], GCC[1:], out, files)
    link(["-target", "arm-linux-musleabihf", "-static"], objects, program)
    subprocess.run(["qemu-arm", "-cpu", "arm1176", str(program), "--rounds", "20"], check=True)


def check_instructions(path: Path) -> None:
    """Of one object: the linker keeps what the first one says, whatever the others are."""
    for problem in baseline.above(path, "armv6", baseline.instruction_set(path)):
        raise SystemExit(f"an ARMv6 board cannot run {path.name}: it has {problem}.")


def check_attributes(extension: Path) -> None:
    attributes = subprocess.run(
        ["readelf", "-A", str(extension)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    ).stdout
    for wanted in WANTED:
        if wanted not in attributes:
            raise SystemExit(
                f"an ARMv6 board cannot load {extension.name}: readelf does not list {wanted!r}."
            )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--run", action="store_true", help="the kernels too, on an emulated Zero")
    args = parser.parse_args()
    tag = re.search(r"-cp(\d)(\d+)-", args.wheel.name)
    if not tag:
        raise SystemExit(
            f"{args.wheel.name} is not a wheel for one CPython version: its name lacks -cpXY-."
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        subprocess.run(
            [sys.executable, "-m", "wheel", "unpack", "-d", str(folder), str(args.wheel)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (content,) = (p for p in folder.iterdir() if p.is_dir())
        for path in [*content.glob("bertlite_fast/*.so"), *content.glob("*.libs")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name in EXTENSIONS:
            target = content / f"bertlite_fast/{name}.{SUFFIX.format(*tag.groups())}"
            compile_extension(name, args.root, folder / name, target)
            check_attributes(target)
        if args.run:
            run_kernels(folder / "run")
        (about,) = content.glob("*.dist-info/WHEEL")
        text = re.sub(r"^Tag: .*\n", "", about.read_text(), flags=re.M).rstrip("\n")
        about.write_text(f"{text}\nTag: cp{tag[1]}{tag[2]}-cp{tag[1]}{tag[2]}-linux_armv6l\n\n")
        args.out.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "wheel", "pack", "-d", str(args.out), str(content)], check=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
