"""Build a wheel for the Pi Zero and the first Pi (ARMv6, hard float); cibuildwheel cannot.

    pip install --group wheels
    python tools/armv6_wheel.py WHEEL ROOT OUT

WHEEL is a wheel of bertlite_fast for any Linux and the board's Python version; all of it but the
extensions is copied. ROOT is a folder with that Python's headers for 32-bit ARM, as in the package
libpython3-dev:armhf (usr/include/python3.x and usr/include/arm-linux-gnueabihf/python3.x).

The compiler is zig, with its own C library: the startup files of other 32-bit ARM compilers are
built for ARMv7, and programs linked with them crash on a Zero. Fails if the result is not ARMv6
with VFPv2 and hard floats.
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

import core
import emulate

ROOT = Path(__file__).resolve().parent.parent
ZIG = [
    sys.executable,
    "-m",
    "ziglang",
    "cc",
    "-target",
    "arm-linux-gnueabihf.2.28",
    "-mcpu=arm1176jzf_s",
    "-fno-sanitize=all",
    "-fPIC",
]
SUFFIX = "cpython-{}{}-arm-linux-gnueabihf.so"
WANTED = ("Tag_CPU_arch: v6", "Tag_FP_arch: VFPv2", "Tag_ABI_VFP_args: VFP registers")
EXTENSIONS = {"_native": core.sources, "_training": core.training_sources}


def compile_extension(name: str, root: Path, out: Path, target: Path) -> None:
    out.mkdir()
    headers, version = emulate.python_headers(root, out)
    generated = emulate.binding(name, out)
    flags = [
        *ZIG,
        *core.FLAGS,
        "-I",
        str(ROOT / "include"),
        "-I",
        str(ROOT / "csrc"),
    ]

    def one(job: tuple[str, list[str]]) -> str:
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
        return str(made)

    jobs = [
        *EXTENSIONS[name]("arm", "zig"),
        (
            str(generated),
            [*core.BINDING_FLAGS, "-I", str(headers), "-I", str(headers / version)],
        ),
    ]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        objects = list(pool.map(one, jobs))
    # zig's run-time library would come in whole: a quarter of a megabyte
    link = [*ZIG, "-shared", "-s", "-Wl,--gc-sections", *objects, "-lm", "-lpthread"]
    subprocess.run([*link, "-o", str(target)], check=True)


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
