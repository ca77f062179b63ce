"""The C library for programs without Python: libbertlite, static and shared.

python3 tools/library.py build                          build/lib
python3 tools/library.py install --prefix /usr/local    what was built, the header, bertlite.pc

Needs a C compiler and Python's standard library. `make library` and `make install` call it.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import core

HEADER = core.ROOT / "include/bertlite.h"
PC = """\
prefix={prefix}
libdir=${{prefix}}/{libdir}
includedir=${{prefix}}/include

Name: bertlite
Description: BERT encoders on small machines: int8, offline, the same bytes on every board
Version: {version}
Libs: -L${{libdir}} -lbertlite
Libs.private: -lm -lpthread
Cflags: -I${{includedir}}
"""


def version() -> str:
    """BL_VERSION of the header."""
    found = re.search(r'#define BL_VERSION +"([^"]+)"', HEADER.read_text(encoding="utf-8"))
    assert found, f"{HEADER} does not define BL_VERSION"
    return found[1]


def shared_names(apple: bool) -> tuple[str, str, str]:
    """The shared library's file, the name that programs load, and the name that they link."""
    number = version()
    major = number.split(".")[0]
    if apple:
        return f"libbertlite.{number}.dylib", f"libbertlite.{major}.dylib", "libbertlite.dylib"
    return f"libbertlite.so.{number}", f"libbertlite.so.{major}", "libbertlite.so"


def link(folder: Path, name: str, target: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)


def build(compiler: list[str], archiver: str, flags: list[str], ldflags: list[str]) -> Path:
    """build/lib, with both libraries, made from the same objects."""
    out = core.ROOT / "build/lib"
    out.mkdir(parents=True, exist_ok=True)
    objects = core.compile_core(compiler, ["-fPIC", "-DBL_BUILD_SHARED", *flags], out)
    paths = [str(path) for path in objects]

    static = out / "libbertlite.a"
    static.unlink(missing_ok=True)
    subprocess.run([archiver, "rcs", str(static), *paths], check=True)

    triple = subprocess.run([*compiler, "-dumpmachine"], capture_output=True, text=True, check=True)
    apple = "apple" in triple.stdout
    file, loaded, linked = shared_names(apple)
    naming = (
        ["-dynamiclib", f"-Wl,-install_name,@rpath/{loaded}", f"-Wl,-current_version,{version()}"]
        if apple
        else ["-shared", f"-Wl,-soname,{loaded}", "-Wl,-z,defs"]
    )
    made = [*naming, *paths, *flags, *ldflags, "-lm", "-lpthread", "-o", str(out / file)]
    subprocess.run([*compiler, *made], check=True)
    link(out, loaded, file)
    link(out, linked, loaded)
    return out


def put(source: Path, folder: Path, mode: int) -> None:
    """Copy a file in one step: programs that have the old one loaded keep it."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".bertlite-")
    os.close(handle)
    shutil.copyfile(source, name)
    os.chmod(name, mode)
    os.replace(name, folder / source.name)


def install(prefix: str, destdir: str, libdir: str) -> None:
    built = core.ROOT / "build/lib"
    file, loaded, linked = shared_names((built / shared_names(True)[0]).exists())
    if not (built / file).exists():
        raise SystemExit(f"{built / file} is missing: run `make library` first.")
    root = Path(destdir + prefix) if destdir else Path(prefix)
    libraries = root / libdir
    put(HEADER, root / "include", 0o644)
    put(built / "libbertlite.a", libraries, 0o644)
    put(built / file, libraries, 0o755)
    link(libraries, loaded, file)
    link(libraries, linked, loaded)
    with tempfile.TemporaryDirectory() as scratch:
        description = Path(scratch) / "bertlite.pc"
        text = PC.format(prefix=prefix, libdir=libdir, version=version())
        description.write_text(text, encoding="utf-8")
        put(description, libraries / "pkgconfig", 0o644)
    print(f"libbertlite {version()} is in {root}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["build", "install"])
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--ar", default=os.environ.get("AR", "ar"))
    parser.add_argument("--cflags", default=os.environ.get("CFLAGS", ""))
    parser.add_argument("--ldflags", default=os.environ.get("LDFLAGS", ""))
    parser.add_argument("--prefix", default="/usr/local")
    parser.add_argument("--destdir", default="", help="put before the prefix, for packagers")
    parser.add_argument("--libdir", default="lib", help="under the prefix")
    args = parser.parse_args()
    try:
        if args.action == "build":
            flags, ldflags = shlex.split(args.cflags), shlex.split(args.ldflags)
            print(build(shlex.split(args.cc), args.ar, flags, ldflags))
        else:
            install(args.prefix, args.destdir, args.libdir)
    except subprocess.CalledProcessError as error:
        return int(error.returncode) or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
