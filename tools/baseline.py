"""Check that only dispatched files use instructions above a platform's baseline.

    python tools/baseline.py [x86_64 aarch64 armv7 armv6]

Compiles the core for each platform whose compiler is installed, as wheels are compiled, and reads
every object: its disassembly on x86-64 and 64-bit ARM, its build attributes on 32-bit ARM. A file
of the baseline must contain nothing above it, and one of an instruction set nothing above that set.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import core
import emulate

# Mnemonics of each set, as patterns that match a whole mnemonic. ALLOWED has the sets of a file.
X86 = {
    # Without tzcnt: older cores execute the same bytes as bsf, and compilers rely on that.
    "sse3+": (
        r"pshufb|psign[bwd]|pabs[bwd]|ph(add|sub)(w|d|sw)|palignr|pmaddubsw|pmulhrsw|pblend\w+"
        r"|p(min|max)(sb|sd|uw|ud)|pmull[dq]|pmuldq|ptest|pcmpeqq|pcmpgtq|pcmp[ei]str[im]"
        r"|pextr[bdq]|pinsr[bdq]|pmov[sz]x\w+|phminposuw|packusdw|blendv?p[sd]|round[ps][sd]"
        r"|dpp[sd]|insertps|extractps|movddup|movs[lh]dup|h(add|sub)p[sd]|addsubp[sd]|lddqu"
        r"|crc32\w?|popcnt\w?|lzcnt\w?|andn|bextr|bls\w+|mulx|rorx|s[ah][rl]x|p(dep|ext)"
        r"|movbe\w?"
    ),
    "avx": r"v[a-z]\w+",
    "fma": r"vf(n?m)(add|sub)\w+",
    "avxvnni": r"vpdp(bu|ws)sds?",
}
A64 = {
    "dotprod": r"[su]dot",
    "i8mm": r"(u?s|u)mmla|usdot|sudot",
    "bf16": r"bf(dot|mmla|mlal[bt]|cvt\w*)",
    "lse": r"(ld(add|clr|eor|set|smax|smin|umax|umin)|cas|swp)(a|l|al)?[bh]?p?",
    "other": r"sq?rdmla[hs]|fmlal2?|fjcvtzs|ldapr\w*|crc32\w+|aes\w+|sha\d\w+|pmull2?q",
}
ALLOWED = {
    ("x86_64", "avx2"): {"sse3+", "avx"},
    ("x86_64", "avxvnni"): {"sse3+", "avx", "avxvnni"},
    ("x86_64", "avx512vnni"): {"sse3+", "avx", "avxvnni", "zmm"},
    ("x86_64", "fused_avx2"): {"sse3+", "avx", "fma"},
    ("x86_64", "fused_avx512"): {"sse3+", "avx", "fma", "zmm"},
    ("aarch64", "dotprod"): {"dotprod", "lse", "other"},
    ("aarch64", "i8mm"): {"dotprod", "i8mm", "lse", "other"},
}
TOOLS = {
    "x86_64": "objdump",
    "aarch64": "aarch64-linux-gnu-objdump",
    "armv7": "readelf",
    "armv6": "readelf",
}


def instruction_set(path: Path) -> str:
    """ "neon" for an object of csrc/kernels/isa_neon.c, "fused_neon" for one of fused_neon.c; ""
    for a baseline file."""
    found = re.search(r"(?:isa_|(?=fused_))(\w+)\.c", path.name)
    return found[1] if found and found[1] != "generic" else ""


def disassembled(path: Path, machine: str) -> list[tuple[str, str]]:
    """(mnemonic, operands) of every instruction."""
    text = subprocess.run(
        [TOOLS[machine], "-d", "--no-show-raw-insn", str(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [(m[1], m[2]) for m in re.finditer(r"^\s+[0-9a-f]+:\s+(\S+)\s*(.*)$", text, re.M)]


def above(path: Path, machine: str, isa: str) -> list[str]:
    """Instructions that an object must not contain, as "set: instruction"."""
    if machine in ("armv6", "armv7"):
        return above_attributes(path, machine, isa)
    known = X86 if machine == "x86_64" else A64
    allowed = ALLOWED.get((machine, isa), set())
    found = set()
    for mnemonic, operands in disassembled(path, machine):
        sets = {name for name, pattern in known.items() if re.fullmatch(pattern, mnemonic)}
        if mnemonic in ("verr", "verw"):
            sets = set()
        if "fma" in sets or "avxvnni" in sets:
            sets.discard("avx")
        if machine == "x86_64" and re.search(r"%zmm|%[xy]mm(1[6-9]|2\d|3[01])|\{%k", operands):
            sets.add("zmm")
        if machine == "aarch64" and (
            re.search(r"\b[zp]\d+(\.|/)", operands)
            or (
                mnemonic.startswith("f")
                and re.search(r"\.[48]h|\bh\d", operands)
                and "cvt" not in mnemonic
            )
        ):
            sets.add("sve or half floats")
        found |= {f"{name}: {mnemonic} {operands}" for name in sets - allowed}
    return sorted(found)


def above_attributes(path: Path, machine: str, isa: str) -> list[str]:
    text = subprocess.run(
        ["readelf", "-A", str(path)], capture_output=True, text=True, check=True
    ).stdout
    tags = dict(re.findall(r"Tag_(\w+): (.*)", text))
    if isa == "neon":
        return []
    problems = []
    most = {"armv6": "v6", "armv7": "v7"}[machine]
    if tags.get("CPU_arch", "") > most:
        problems.append(f"CPU_arch {tags['CPU_arch']}")
    if "Advanced_SIMD_arch" in tags:
        problems.append(f"Advanced SIMD {tags['Advanced_SIMD_arch']}")
    if (
        tags.get("FP_arch", "VFPv2")
        not in {"armv6": ("VFPv2",), "armv7": ("VFPv2", "VFPv3-D16")}[machine]
    ):
        problems.append(f"floats {tags['FP_arch']}")
    return problems


def check(machine: str) -> int:
    compiler = emulate.COMPILERS[machine]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        objects = core.compile_core([compiler[0]], compiler[1:], Path(folder))
        for path in objects:
            isa = instruction_set(path)
            for problem in above(path, machine, isa)[:5]:
                print(f"{machine} {path.name} ({isa or 'baseline'}): {problem}")
                failed += 1
    print(f"{machine}: {len(objects)} objects, {failed} instructions not allowed in their file")
    return failed


def has_tools(machine: str) -> bool:
    compiler = emulate.COMPILERS[machine]
    if not shutil.which(compiler[0]) or not shutil.which(TOOLS[machine]):
        return False
    return machine != "x86_64" or core.machine_of(compiler) == "x86_64"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "machines", nargs="*", default=[m for m in emulate.COMPILERS if has_tools(m)]
    )
    return min(1, sum(check(machine) for machine in parser.parse_args().machines))


if __name__ == "__main__":
    sys.exit(main())
