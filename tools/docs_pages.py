"""The pages of the website that are made from other files, as a hook of mkdocs.

Start is README.md, Changelog is CHANGELOG.md, Boards is what bench/community holds (boards.py), and
the C API is include/bertlite.h: its sections become headings, its comments text, its declarations
code.

    python tools/docs_pages.py      # prints the C API page
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # mkdocs does not

import boards

ROOT = Path(__file__).resolve().parent.parent
HEADER = ROOT / "include/bertlite.h"
# What comes before is for the compiler.
FIRST = "/* The version of the library"
NAME = r"\*?\b(?:bl_|BL_)\w+(?:\(\))?|\*\w+|\bNULL\b|\b[a-z]+(?:_[a-z0-9]+)+\b(?!\.\w)"


def with_local_links(text: str) -> str:
    """Links to documents become links to their pages; to other files of the source, their names."""
    text = re.sub(r"\]\(docs/([\w-]+\.md)(#[\w-]+)?\)", r"](\1\2)", text)
    text = text.replace("](CHANGELOG.md)", "](changelog.md)")
    text = re.sub(r"`docs/([\w-]+\.md)`", r"[\1](\1)", text)
    return re.sub(r"\[([^\]]+)\]\((?!https?:|#|[\w-]+\.md)[^)]+\)", r"`\1`", text)


# ---- the C header ---------------------------------------------------------------------------


def comment_lines(comment: str) -> list[str]:
    """A comment's lines without its frame; what is indented stays so."""
    lines = comment.removeprefix("/*").removesuffix("*/").splitlines()
    return [re.sub(r"^ ?\*? ?", "", line).rstrip() for line in lines]


def blocks(header: str) -> Iterator[tuple[str, list[str]]]:
    """("comment", its lines) and ("code", its lines) from FIRST on. A comment of its own begins in
    the first column; those beside a declaration are part of it."""
    body = header[header.index(FIRST) : header.rindex("#ifdef __cplusplus")]
    code: list[str] = []
    lines = iter(body.splitlines())
    for line in lines:
        starts_comment = line.startswith("/*")
        if code and (starts_comment or not line.strip()):
            yield "code", code
            code = []
        if starts_comment:
            comment = [line]
            while "*/" not in comment[-1]:
                comment.append(next(lines))
            yield "comment", comment_lines("\n".join(comment))
        elif line.strip():
            code.append(line)
    if code:
        yield "code", code


def as_markdown(text: str) -> str:
    """Names of the interface as code; nothing else of a comment is markup."""
    parts = re.split(rf"(`[^`]*`|{NAME})", text)
    for i, part in enumerate(parts):
        if i % 2 == 0:
            parts[i] = re.sub(r"([*_<>\[\]])", r"\\\1", part)
        elif not part.startswith("`"):
            parts[i] = f"`{part}`"
    return "".join(parts)


def as_code(lines: list[str]) -> list[str]:
    """Declarations without BL_API, and what was aligned with it."""
    out = []
    shift = 0
    for line in lines:
        if line.startswith("BL_API "):
            shift = len("BL_API ")
            line = line[shift:]
        elif line.startswith(" " * 12):
            line = line[shift:]
        else:
            shift = 0
        out.append(line)
    return ["```c", *out, "```", ""]


def introduction(header: str) -> list[str]:
    """The comment at the header's top: a title, an example, and what to know."""
    lines = comment_lines(header[: header.index("*/") + 2])
    title = "\n".join(lines).split(": ", 1)[1].split("\n\n")[0].replace("\n", " ")
    example = [line[4:] for line in lines if line.startswith("    ")]
    after = max(i for i, line in enumerate(lines) if line.startswith("    ")) + 1
    rest = as_markdown("\n".join(lines[after:]).strip())
    return ["# C API", "", title[0].upper() + title[1:], "", *as_code(example), rest, ""]


def c_api(header: str) -> str:
    out = [*introduction(header), "## Version and errors", ""]
    for kind, lines in blocks(header):
        if kind == "code":
            out += as_code(lines)
            continue
        section = re.match(r"(--+) (.*?) -+$", lines[0].strip())
        if section:
            heading = section[2][0].upper() + section[2][1:]
            out += [f"{'##' if len(section[1]) > 2 else '###'} {heading}", ""]
            lines = lines[1:]
        text = "\n".join(lines).strip()
        if text:
            out += [as_markdown(text), ""]
    return "\n".join(out)


# ---- mkdocs ---------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    return {
        "index.md": with_local_links((ROOT / "README.md").read_text(encoding="utf-8")),
        "changelog.md": with_local_links((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")),
        "c-api.md": c_api(HEADER.read_text(encoding="utf-8")),
        boards.PAGE: boards.text(boards.documents()),
    }


def on_files(files: Any, config: Any) -> Any:
    from mkdocs.structure.files import File  # type: ignore[import-not-found, unused-ignore]

    for name, text in {**pages(), **boards.files(boards.documents())}.items():
        files.append(File.generated(config, name, content=text))
    return files


if __name__ == "__main__":
    sys.stdout.write(pages()["c-api.md"])
