"""The core without an operating system as one C file and its header.

    python tools/amalgamate.py OUT_FOLDER

writes bertlite.c and bertlite.h: FREESTANDING of tools/core.py, headers first, in the order in
which they are included. Names that two files give to things of their own get the file's name
behind them. `bertlite-fast firmware` calls it. Needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import core

ROOT = Path(__file__).resolve().parent.parent
CSRC = ROOT / "csrc"

HEAD = """\
/* bertlite.c: BERT encoders on microcontrollers: text to answers, the same bytes as everywhere.
 *
 * Made by tools/amalgamate.py from the files named below; change those. Version {version}.
 *
 * What is compiled has to round every product and every sum by itself: -ffp-contract=off, which is
 * asked for here too, and no -ffast-math. */
#ifdef __FAST_MATH__
#error "compile bertlite.c without -ffast-math"
#endif
#if defined __clang__
#pragma STDC FP_CONTRACT OFF
#elif defined __GNUC__
#pragma GCC optimize("fp-contract=off")
#endif
#ifndef BL_FREESTANDING
#define BL_FREESTANDING 1
#endif
{text}#include "bertlite.h"
"""
LATIN1 = """\
#ifndef BL_LATIN1
#define BL_LATIN1 1 /* --text latin1: without the tables for the rest of Unicode */
#endif
"""

KERNELS = """\
#if BL_ONLY_ISA == BL_MVE
#define BL_ISA mve
#elif BL_ONLY_ISA == BL_DSP
#define BL_ISA dsp
#else
#define BL_ISA generic
#endif
"""
DOTS = [
    ("#if BL_ONLY_ISA == BL_MVE\n", "dot_mve.h"),
    ("#elif BL_ONLY_ISA == BL_DSP\n", "dot_dsp.h"),
    ("#else\n", "dot_generic.h"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+("([^"]+)"|<[^>]+>|BL_\w+)[^\n]*\n', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What a file keeps to itself: static functions and data, and types.
OWN = (
    re.compile(
        r"^(?:static|INLINE|NOINLINE|BL_INLINE)\b[^;{=(]*?(\w+)\s*(?:\[[^\]]*\]\s*)*[(=;]",
        re.MULTILINE,
    ),
    re.compile(r"^\}\s*(\w+);", re.MULTILINE),
    re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE),
)
# Headers that are included at the top; others stay under their conditions.
STANDARD = ("<math.h>", "<stddef.h>", "<stdint.h>", "<string.h>")
GUARD = re.compile(r"\s*(?:/\*.*?\*/\s*)?#ifndef (BL_\w+_H)\n#define \1\n(.*)#endif\s*$", re.DOTALL)


def own_names(text: str) -> set[str]:
    bare = COMMENT.sub("", text)
    names = {name for pattern in OWN for name in pattern.findall(bare)}
    for values in re.findall(r"\benum\s*\w*\s*\{([^}]*)\}", bare):
        names.update(value.split("=")[0].strip() for value in values.split(","))
    return names - {""}


def renamed(text: str, names: set[str], suffix: str) -> str:
    """Members of structs keep their names: what stands behind a point or an arrow."""
    if not names:
        return text
    words = "|".join(sorted(names))
    parts = re.split(r"(/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\")", text, flags=re.DOTALL)
    pattern = re.compile(rf"(?<![\w.])(?<!->)\b({words})\b")
    return "".join(
        part if i % 2 else pattern.sub(rf"\1_{suffix}", part) for i, part in enumerate(parts)
    )


class Amalgamation:
    def __init__(self) -> None:
        self.seen: set[Path] = {ROOT / "include/bertlite.h"}
        self.systems: list[str] = []

    def resolve(self, name: str, folder: Path) -> Path:
        for place in (folder, CSRC, ROOT / "include"):
            if (place / name).exists():
                return (place / name).resolve()
        raise SystemExit(f"{name}, which a file in {folder} includes, is not there.")

    def expand(self, path: Path) -> str:
        """A file's text with its own headers in it, each once."""
        text = path.read_text(encoding="utf-8")
        guarded = GUARD.match(text)
        if guarded:
            text = guarded[2]

        def include(found: re.Match[str]) -> str:
            if found[2] is None:
                if not found[1].startswith("<"):
                    return self.primitives(found[1], path.parent)
                if found[1] not in STANDARD:
                    return found[0]
                self.systems.append(found[1])
                return ""
            target = self.resolve(found[2], path.parent)
            if target in self.seen and target.suffix != ".inc":
                return ""
            self.seen.add(target)
            return self.expand(target)

        return INCLUDE.sub(include, text)

    def primitives(self, macro: str, folder: Path) -> str:
        if macro == "BL_VECTORS":
            return self.expand(folder / "vec_generic.h")
        return "".join(start + self.expand(folder / name) for start, name in DOTS) + "#endif\n"


def version() -> str:
    found = re.search(r'BL_VERSION +"([^"]+)"', (ROOT / "include/bertlite.h").read_text())
    assert found
    return found[1]


def make(latin1: bool = False) -> str:
    a = Amalgamation()
    parts: list[tuple[str, str]] = []
    for name in core.FREESTANDING:
        if re.search(r"/isa_\w+\.c$", name):
            continue
        parts.append((name, a.expand(ROOT / name)))
    kernels = KERNELS + a.expand(CSRC / "kernels/kernels.inc")
    parts.append(("csrc/kernels/kernels.inc", kernels))
    owners: dict[str, int] = {}
    for _, text in parts:
        for own in own_names(text):
            owners[own] = owners.get(own, 0) + 1
    shared = {name for name, count in owners.items() if count > 1}
    out = [HEAD.format(version=version(), text=LATIN1 if latin1 else "")]
    out += [f"#include {name}\n" for name in sorted(set(a.systems))]
    for name, text in parts:
        suffix = Path(name).stem
        text = renamed(text, shared & own_names(text), suffix)
        out.append(f"\n/* ======== {name} ======== */\n\n{text.strip()}\n")
    return "".join(out)


def header() -> str:
    return (ROOT / "include/bertlite.h").read_text(encoding="utf-8")


def write(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / "bertlite.c", folder / "bertlite.h"]
    made[0].write_text(make(), encoding="utf-8")
    made[1].write_text(header(), encoding="utf-8")
    return made


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for path in write(Path(sys.argv[1])):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
