"""Write csrc/tokenizer/unicode_tables.inc: Unicode as Hugging Face's tokenizers see it.

    python3 tools/unicode_tables.py

tokenizers uses four libraries, each with its own version of Unicode (found with tokenizers 0.23,
and tested for every code point by tests/test_unicode.py):

    categories Cc, Cf, Co, P*, Mn    Unicode 8.0
    canonical decomposition          Unicode 9.0
    lowercase                        Unicode 17.0
    word characters (\\w)             Unicode 16.0

Each version's data come from the npm package @unicode/unicode-VERSION, so this needs node
and npm. Decompositions and combining classes never change once a character has been
assigned; they come from Python's unicodedata, for the characters of Unicode 9.0.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "csrc/tokenizer/unicode_tables.inc"
PACKAGES = {8: "2.0.7", 9: "2.0.7", 16: "2.0.7", 17: "2.1.0"}
SETS = {
    8: {
        name: f"General_Category/{name}"
        for name in ("Control", "Format", "Private_Use", "Punctuation", "Nonspacing_Mark")
    },
    9: {"Unassigned": "General_Category/Unassigned"},
    16: {
        **{
            name: f"General_Category/{name}"
            for name in ("Mark", "Decimal_Number", "Connector_Punctuation")
        },
        **{
            name: f"Binary_Property/{name}"
            for name in ("Alphabetic", "Join_Control", "White_Space")
        },
    },
    17: {},
}
DUMP = """
import fs from 'node:fs';
const [folder, sets, lower] = JSON.parse(process.argv[2]);
const out = {};
for (const [name, path] of Object.entries(sets))
  out[name] = (await import(`${folder}/${path}/ranges.mjs`)).default.map(r => [r.begin, r.end]);
const mapping = 'Simple_Case_Mapping/Lowercase/code-points.mjs';
if (lower) out.lower = [...(await import(`${folder}/${mapping}`)).default];
fs.writeFileSync(1, JSON.stringify(out));
"""
BLOCK = 128  # BL_TRAIT_BLOCK
LAST = 0x110000
NEAR = 0x2000  # decompositions below are looked up directly: the scripts with accents
CASED = 0x600  # lowercase below is looked up directly: most scripts with capitals
DROP, SPACE, PUNCTUATION, MARK, MOVES, DECOMPOSES, LOWERS, WORD = (1 << i for i in range(8))


def load(version: int, folder: Path) -> tuple[dict[str, set[int]], dict[int, int]]:
    """The sets of one Unicode version, and its lowercase mapping if it is 17.0."""
    name = subprocess.run(
        ["npm", "pack", "--silent", f"@unicode/unicode-{version}.0.0@{PACKAGES[version]}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[-1]
    home = folder / str(version)
    home.mkdir()
    subprocess.run(
        ["tar", "xf", str(folder / name), "-C", str(home), "--strip-components=1"], check=True
    )
    (folder / "dump.mjs").write_text(DUMP)
    dumped = json.loads(
        subprocess.run(
            [
                "node",
                str(folder / "dump.mjs"),
                json.dumps([str(home), SETS[version], version == 17]),
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    lower = dict(dumped.pop("lower", []))
    return {
        key: {c for begin, end in ranges for c in range(begin, end)}
        for key, ranges in dumped.items()
    }, lower


def runs(lower: dict[int, int]) -> list[tuple[int, int, int, int]]:
    """Runs of code points with one distance to their lowercase: (first, last, step, distance)."""
    found: list[list[int]] = []
    for code in sorted(lower):
        difference = lower[code] - code
        if found and found[-1][3] == difference:
            first, last, step, _ = found[-1]
            if code - last <= 2 and (first == last or step == code - last):
                found[-1] = [first, code, code - last, difference]
                continue
        found.append([code, code, 1, difference])
    return [(a, b, c, d) for a, b, c, d in found]


def rows(values: list[str], width: int = 150) -> str:
    lines, line = [], "   "
    for value in values:
        if len(line) + len(value) + 2 > width:
            lines.append(line)
            line = "   "
        line += f" {value},"
    return "\n".join([*lines, line])


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary:
        loaded = {version: load(version, Path(temporary)) for version in PACKAGES}
    old, assigned, words = loaded[8][0], loaded[9][0], loaded[16][0]
    lower = loaded[17][1]
    lower.pop(0x130, None)  # its lowercase is two characters: csrc/tokenizer/unicode.c
    word = set().union(
        *(
            words[k]
            for k in (
                "Alphabetic",
                "Mark",
                "Decimal_Number",
                "Connector_Punctuation",
                "Join_Control",
            )
        )
    )
    drop = (old["Control"] | old["Format"] | old["Private_Use"] | {0, 0xFFFD}) - {9, 10, 13}

    decompositions: list[tuple[int, int, int]] = []
    pool: list[int] = []
    classes: list[list[int]] = []
    flags = bytearray(LAST)
    for code in range(LAST):
        text = chr(code)
        f = 0
        if code in drop:
            f |= DROP
        if code in words["White_Space"]:
            f |= SPACE
        if code in old["Punctuation"] or (32 < code < 127 and not text.isalnum()):
            f |= PUNCTUATION
        if code in old["Nonspacing_Mark"]:
            f |= MARK
        if code in word:
            f |= WORD
        if code in lower or code == 0x130:
            f |= LOWERS
        if code not in assigned["Unassigned"] and not 0xD800 <= code < 0xE000:
            combining = unicodedata.combining(text)
            if combining:
                if classes and classes[-1][1] == code - 1 and classes[-1][2] == combining:
                    classes[-1][1] = code
                else:
                    classes.append([code, code, combining])
                if not f & MARK:
                    f |= MOVES
            parts = unicodedata.normalize("NFD", text)
            if parts != text:
                f |= DECOMPOSES
                if not 0xAC00 <= code < 0xD7A4:  # Hangul is computed
                    decompositions.append((code, len(pool), len(parts)))
                    pool += map(ord, parts)
        flags[code] = f

    near = [0] * NEAR
    for i, (code, _, _) in enumerate(decompositions):
        if code < NEAR:
            near[code] = i + 1
    small = [lower.get(code, code) for code in range(CASED)]
    blocks: dict[bytes, int] = {}
    index = [
        blocks.setdefault(bytes(flags[i : i + BLOCK]), len(blocks)) for i in range(0, LAST, BLOCK)
    ]
    assert len(blocks) < 256, len(blocks)
    changes = runs(lower)
    out = [
        "/* Made by tools/unicode_tables.py, which says what of which version of Unicode this is."
        " */",
        f"enum {{ NEAR = {NEAR}, CASED = {CASED} }};",
        f"const uint8_t bl_trait_block_of[{len(index)}] = {{\n{rows([str(i) for i in index])}\n}};",
        f"const uint8_t bl_trait_blocks[{len(blocks)}][BL_TRAIT_BLOCK] = {{",
        *(f"    {{\n{rows([str(v) for v in block])}\n    }}," for block in blocks),
        "};",
        "static const struct { uint32_t code; uint16_t at, count; } "
        f"decompositions[{len(decompositions)}] = {{",
        rows([f"{{ {a:#x}, {b}, {c} }}" for a, b, c in decompositions]),
        "};",
        "static const uint16_t near_decompositions[NEAR] = { /* index + 1 */\n"
        f"{rows([str(i) for i in near])}\n}};",
        f"static const uint16_t small_letters[CASED] = {{\n{rows([str(c) for c in small])}\n}};",
        f"static const uint32_t decomposed[{len(pool)}] = {{\n{rows([hex(c) for c in pool])}\n}};",
        "static const struct { uint32_t first, last; int32_t step, difference; } "
        f"lowercase[{len(changes)}] = {{",
        rows([f"{{ {a:#x}, {b:#x}, {c}, {d} }}" for a, b, c, d in changes]),
        "};",
        "static const struct { uint32_t first, last; uint8_t combining; } "
        f"classes[{len(classes)}] = {{",
        rows([f"{{ {a:#x}, {b:#x}, {c} }}" for a, b, c in classes]),
        "};",
    ]
    TARGET.write_text("\n".join(out) + "\n")
    print(
        f"{TARGET}: {len(blocks)} blocks, {len(decompositions)} decompositions, "
        f"{len(changes)} runs of capitals, {len(classes)} runs of classes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
