"""Write csrc/tokenizer/unicode_tables.inc, and latin1_tables.inc, a part of it: Unicode as

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
LATIN1 = TARGET.with_name("latin1_tables.inc")
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
LAST = 0x110000
LAST_DECOMPOSED = 0x2FB00
INDEX = 12  # bits
LONG = 0xD800  # a decomposition's value, which no character has: an index of long_decompositions
MORE = 1 << 31  # in long_decompositions: the next one belongs to it
RUN = 8  # of characters with a combining class, at most: 3 bits
STEPS = 32  # runs of characters with the same traits that are gone through one by one, at most
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


def table(kind: str, name: str, values: list[int], width: int = 150) -> str:
    return f"{kind} {name}[{len(values)}] = {{\n{rows([str(v) for v in values], width)}\n}};"


def blocks_of(values: list[int], size: int) -> tuple[list[int], list[int]]:
    """Which block of `size` values each is; the blocks behind each other, equal ones once."""
    found: dict[tuple[int, ...], int] = {}
    index = [
        found.setdefault(tuple(values[i : i + size]), len(found))
        for i in range(0, len(values), size)
    ]
    return index, [value for block in found for value in block]


def three_levels(
    kinds: tuple[str, str, str], name: str, values: list[int], middle: int
) -> list[str]:
    """Tables for name_top[c / 16 / middle], name_middle[.. * middle + c / 16 % middle] and
    name_leaves[.. * 16 + c % 16]."""
    index, leaves = blocks_of(values, 16)
    top, middles = blocks_of(index, middle)
    assert max(top) < 256
    return [
        table(kinds[2], f"{name}_top", top),
        table(kinds[0], f"{name}_middle", middles),
        table(kinds[1], f"{name}_leaves", leaves),
    ]


def trait_runs(flags: list[int]) -> list[str]:
    """Tables for the traits of characters from U+0100 on, but for those that other tables tell:
    blocks of runs, from trait_blocks[i] on the runs from trait_first[i] on, each of a length and a
    number of trait_values. Where a block's last run ends is where the next block begins."""
    bare = [f & ~(DECOMPOSES | LOWERS) for f in flags]
    starts = [c for c in range(256, LAST) if c == 256 or bare[c] != bare[c - 1]]
    values = sorted({bare[c] for c in starts})
    assert len(values) <= 16
    blocks: list[int] = []
    first: list[int] = []
    lengths = [b - a for a, b in zip(starts, [*starts[1:], LAST])]
    for i, start in enumerate(starts):
        if i == 0 or i - first[-1] == STEPS or lengths[i - 1] > 255:
            blocks.append(start)
            first.append(i)
    numbers = [values.index(bare[c]) for c in starts] + [0]
    return [
        table("static const uint32_t", "trait_blocks", blocks),
        table("static const uint16_t", "trait_first", [*first, len(starts)]),
        table("static const uint8_t", "trait_lengths", [min(n, 255) for n in lengths]),
        "/* two in a byte, the first one's lowest */",
        table(
            "static const uint8_t",
            "trait_numbers",
            [a | b << 4 for a, b in zip(numbers[::2], numbers[1::2])],
        ),
        table("static const uint8_t", "trait_values", values),
    ]


def decomposition_runs(values: list[int]) -> list[str]:
    """Tables for characters from U+0100 on that follow each other."""
    codes = [c for c, value in enumerate(values) if value and c >= 256]
    starts = [i for i, c in enumerate(codes) if i == 0 or codes[i - 1] != c - 1]
    assert len(codes) < 1 << INDEX and codes[-1] << INDEX < 1 << 32
    return [
        f"/* first << {INDEX} | the index of its value, which those of the next follow */",
        table(
            "static const uint32_t",
            "decomposition_runs",
            [codes[i] << INDEX | i for i in starts],
        ),
        table("static const uint16_t", "decomposition_values", [values[c] for c in codes]),
    ]


def decomposition_values(decompositions: dict[int, list[int]]) -> tuple[list[int], list[int]]:
    """For each character 0, what it decomposes to, or LONG + an index of the second list."""
    values = [0] * LAST_DECOMPOSED
    others: list[int] = []
    for code, parts in decompositions.items():
        if len(parts) == 1 and parts[0] <= 0xFFFF:
            values[code] = parts[0]
            continue
        values[code] = LONG + len(others)
        others += [part | MORE for part in parts[:-1]] + parts[-1:]
    assert len(others) < 2048
    return values, others


def tables(
    flags: bytearray,
    decompositions: dict[int, list[int]],
    lower: dict[int, int],
    classes: list[list[int]],
) -> str:
    """The text of the file. classes: [first, last, combining class]."""
    # Accents are dropped behind the decomposition, so it need not have them.
    bare = {
        code: [part for part in parts if not flags[part] & MARK] or parts
        for code, parts in decompositions.items()
    }
    values, others = decomposition_values(bare)
    packed = [
        first << 11 | combining << 3 | (min(first + RUN - 1, last) - first)
        for begin, last, combining in classes
        for first in range(begin, last + 1, RUN)
    ]
    changes = [
        f"{{ {a:#x}, {difference % 65536}, {(b - a) // step}, {step} }}"
        for a, b, step, difference in runs(lower)
    ]
    return "\n".join(
        [
            "/* Made by tools/unicode_tables.py, which says what of which version of Unicode this"
            " is. */",
            f"enum {{ LAST_DECOMPOSED = {LAST_DECOMPOSED:#x}, LONG = {LONG:#x} }};",
            "#ifdef BL_FREESTANDING",
            *trait_runs(list(flags)),
            *decomposition_runs(values),
            "#else",
            *three_levels(
                ("const uint16_t", "const uint8_t", "const uint8_t"), "bl_trait", list(flags), 32
            ),
            *three_levels(
                ("static const uint8_t", "static const uint16_t", "static const uint8_t"),
                "decomposition",
                values,
                16,
            ),
            "#endif",
            table("static const uint32_t", "long_decompositions", others),
            "static const struct { uint32_t first; uint16_t difference; uint8_t more, step; } "
            f"lowercase[{len(changes)}] = {{",
            rows(changes),
            "};",
            "/* first << 11 | combining class << 3 | last - first */",
            table("static const uint32_t", "classes", packed),
            "",
        ]
    )


def latin1_tables(flags: bytearray, decompositions: dict[int, list[int]]) -> str:
    """The first 256 characters; each decomposes to one that is no accent, or not at all."""
    bare = [[p for p in decompositions.get(c, [0]) if not flags[p] & MARK] for c in range(256)]
    assert all(len(parts) == 1 and parts[0] < 256 for parts in bare)
    return "\n".join(
        [
            "/* Made by tools/unicode_tables.py. */",
            table("static const uint8_t", "latin1_traits", list(flags[:256]), 100),
            table("static const uint8_t", "latin1_bases", [parts[0] for parts in bare[0xC0:]], 100),
            "",
        ]
    )


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

    decompositions: dict[int, list[int]] = {}
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
                    decompositions[code] = list(map(ord, parts))
        flags[code] = f

    text = tables(flags, decompositions, lower, classes)
    TARGET.write_text(text)
    LATIN1.write_text(latin1_tables(flags, decompositions))
    print(f"{TARGET}: {len(decompositions)} decompositions, {len(classes)} runs of classes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
