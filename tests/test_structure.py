"""The layout of csrc: which file may include which, and how long lines are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

CSRC = Path(__file__).resolve().parent.parent / "csrc"
SOURCES = sorted(path for path in CSRC.rglob("*") if path.suffix in (".c", ".h", ".inc"))
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)

# What the files of a folder may include besides those of their own; "" is csrc itself.
ALLOWED = {
    "": set(),
    "files": {""},
    "kernels": {""},
    "tokenizer": {"", "files"},
    "model": {"", "files", "kernels"},
    "search": {"", "files", "kernels", "model"},
    "answers": {"", "files", "kernels", "tokenizer", "model"},
    "flash": {"", "files", "kernels", "tokenizer", "model", "answers"},
    "training": {"", "kernels", "model"},
}
# convert.c puts a folder's tokenizer into the converted file.
ALSO_ALLOWED = {("model/convert.c", "tokenizer")}


def name(path: Path) -> str:
    return path.relative_to(CSRC).as_posix()


def folder(file: str) -> str:
    return file.rpartition("/")[0]


def included(path: Path) -> Iterator[str]:
    """The files of csrc that a file includes; a macro's name in their place is left out."""
    for match in INCLUDE.findall(path.read_text(encoding="utf-8")):
        for start in (path.parent, CSRC):
            target = (start / match).resolve()
            if target.is_relative_to(CSRC) and target.is_file():
                yield name(target)
                break
        else:
            assert match == "bertlite.h", f"{name(path)} includes {match}, which is not there"


GRAPH = {name(path): sorted(set(included(path))) for path in SOURCES}


def test_no_include_points_upward() -> None:
    assert {folder(file) for file in GRAPH} == set(ALLOWED)
    wrong = [
        f"{file} includes {target}"
        for file, targets in GRAPH.items()
        for target in targets
        if folder(target) not in ALLOWED[folder(file)] | {folder(file)}
        and (file, folder(target)) not in ALSO_ALLOWED
    ]
    assert not wrong


def circles(graph: dict[str, set[str]]) -> set[str]:
    """What is in a circle, or includes something that is."""
    left = dict(graph)
    while leaves := [file for file, targets in left.items() if not targets & left.keys()]:
        for leaf in leaves:
            del left[leaf]
    return set(left)


def test_no_includes_form_a_circle() -> None:
    assert not circles({file: set(targets) for file, targets in GRAPH.items()})


def test_no_modules_form_a_circle() -> None:
    """A module is a source file with its header, in the folders where each is one."""
    modules: dict[str, set[str]] = {}
    for file, targets in GRAPH.items():
        own = file.rpartition(".")[0]
        if folder(file) in ("files", "model"):
            others = {target.rpartition(".")[0] for target in targets} - {own}
            modules.setdefault(own, set()).update(others)
    assert not circles(modules)


def test_lines_end_at_column_100() -> None:
    long = [
        f"{name(path)}:{number}"
        for path in SOURCES
        if not path.name.endswith("_tables.inc")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 100
    ]
    assert not long


def test_functions_have_at_most_50_lines() -> None:
    """Braces in the first column are those of functions and of types; types are short."""
    long = []
    for path in SOURCES:
        start = None
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                if number - start - 1 > 50:
                    long.append(f"{name(path)}:{start}")
                start = None
    assert not long
