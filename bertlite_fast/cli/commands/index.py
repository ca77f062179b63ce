"""An index in a file: built from texts, added to, searched."""

from __future__ import annotations

import contextlib
import os

from ...errors import BertliteError, InputError
from ..numbers import positive
from ..screen import BOLD
from ..texts import (
    Lines,
    check_file,
    decoded,
    encoding_of,
    in_utf8,
    standard_input,
    texts_of,
    unreadable,
)
from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any, TextIO

    from ...index import Index as Rows
    from ..screen import Screen

    # where it stands; the text; what is kept beside it
    Record = tuple[str, str, dict[str, Any] | None]

MAGIC = b"BLINDEX\0"
BATCH = 2048  # texts that are embedded at once
TABLES = (".csv", ".tsv", ".tab")
JSON_LINES = (".jsonl", ".ndjson")


class Index(Command):
    examples = (
        "printf 'text,room\\nthe lamp is broken,hall\\nbuy milk,kitchen\\n' > notes.csv && "
        "bertlite-fast index build notes.index notes.csv && "
        'bertlite-fast index search notes.index "no light" --filter room=hall',
        "bertlite-fast index info notes.index",
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, what in (("build", "write a new index"), ("add", "add texts to an index")):
            one = actions.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
            one.add_argument("index", metavar="INDEX", help="the index's file")
            one.add_argument(
                "file",
                nargs="*",
                metavar="FILE",
                help="CSV, TSV or JSON lines (by the file's name), whose other columns become "
                "metadata, or a text on each line; - or none: lines of standard input",
            )
            one.add_argument("--text", metavar="NAME", help="the column with the texts")
            if name == "build":
                one.add_argument(
                    "--keep-floats", action="store_true",
                    help="keep vectors as floats too: five times the size, more exact scores",
                )  # fmt: skip
            _common(one, threads=True)
        one = actions.add_parser("search", help="find texts", description="Finds texts.")
        one.add_argument("index", metavar="INDEX")
        one.add_argument("text", nargs="*", metavar="QUERY", help="what to look for")
        one.add_argument("--file", action="append", metavar="FILE", help="a query on each line")
        one.add_argument("--top-k", type=positive, default=5, metavar="K", help="how many (5)")
        one.add_argument(
            "--filter", action="append", default=[], metavar="NAME=VALUE",
            help="only texts whose metadata has this value; several of a name: any of them",
        )  # fmt: skip
        _common(one, threads=True)
        one = actions.add_parser("remove", help="remove texts", description="Removes texts.")
        one.add_argument("index", metavar="INDEX")
        one.add_argument("id", nargs="+", type=int, metavar="ID", help="as search shows it")
        _common(one)
        one = actions.add_parser("info", help="what is in it", description="What is in an index.")
        one.add_argument("index", metavar="INDEX")
        _common(one)

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        action: Any = getattr(self, f"_{args.action}")
        action(args, screen)
        return 1 if screen.failed else 0

    def _build(self, args: argparse.Namespace, screen: Screen) -> None:
        from ...index import Index

        if os.path.exists(args.index) and not _is_index(args.index):
            raise InputError(
                f"{args.index} is there and is no index, so it is not replaced; give another name."
            )
        folder = os.path.dirname(os.path.abspath(args.index))
        if not os.path.isdir(folder):
            raise InputError(f"{folder} is not a folder, so {args.index} cannot be written.")
        files = _checked(args.file)
        index = Index(_pipe(args), keep_floats=args.keep_floats)
        self._put(index, files, args, screen)

    def _add(self, args: argparse.Namespace, screen: Screen) -> None:
        from ...index import Index

        files = _checked(args.file)
        self._put(Index.load(args.index, _pipe(args)), files, args, screen)

    def _put(self, index: Rows, files: list[str], args: argparse.Namespace, screen: Screen) -> None:
        added = 0
        batch: list[Record] = []
        for record in _records(files, args.text, screen):
            batch.append(record)
            if len(batch) == BATCH:
                added += _add_batch(index, batch, args.threads, screen)
                batch = []
        added += _add_batch(index, batch, args.threads, screen)
        screen.begin("")
        if not added:
            raise InputError("got no text to add; give a file with a text on each line.")
        index.save(args.index)
        report = {"file": args.index, "added": added, "rows": len(index),
                  "bytes": os.path.getsize(args.index)}  # fmt: skip
        if screen.as_json:
            screen.json(report)
        else:
            screen.row(f"{args.index}: {added} added, {len(index)} in all, "
                       f"{report['bytes'] / 1e3:.0f} KB")  # fmt: skip

    def _search(self, args: argparse.Namespace, screen: Screen) -> None:
        from ...index import Index

        index = Index.load(args.index, _pipe(args))
        wanted = _filter(args.filter)
        queries = texts_of(args, screen)
        for query in queries:
            try:
                found = index.search(query.text, args.top_k, filter=wanted, threads=args.threads)
            except (BertliteError, MemoryError) as error:
                screen.fail(error or "there is not enough memory to answer this text.")
                continue
            if screen.as_json:
                screen.json({"text": query.text, "answer": found})
                continue
            for row in found:
                about = row.get("metadata")
                beside = "" if about is None else f"\t{screen.json_text(about)}"
                screen.row(
                    f"{row['score']:6.3f}  ", (str(row["text"]), BOLD), f"\t{row['index']}{beside}"
                )
        if not queries.count and not screen.failed:
            raise InputError("got no query; give one as an argument, with --file or on standard "
                             "input.")  # fmt: skip

    def _remove(self, args: argparse.Namespace, screen: Screen) -> None:
        from ...index import Index

        index = Index.load(args.index)
        index.remove(args.id)
        index.save(args.index)
        report = {"file": args.index, "removed": len(args.id), "rows": len(index)}
        if screen.as_json:
            screen.json(report)
        else:
            screen.row(f"{args.index}: {len(args.id)} removed, {len(index)} left")

    def _info(self, args: argparse.Namespace, screen: Screen) -> None:
        from ..._native import IndexCore

        core = IndexCore(path=args.index)
        report = {
            "file": args.index, "bytes": os.path.getsize(args.index), "rows": len(core),
            "width": core.width, "keeps_floats": core.keeps_floats, "next_id": core.next_id,
        }  # fmt: skip
        if screen.as_json:
            screen.json(report)
            return
        floats = ", and as floats" if core.keeps_floats else ""
        screen.row(
            f"{args.index}: {len(core)} rows of {core.width} values in int8{floats}, "
            f"{report['bytes'] / 1e3:.0f} KB; the next id is {core.next_id}"
        )


def _common(parser: argparse.ArgumentParser, threads: bool = False) -> None:
    if threads:
        parser.add_argument("--model", metavar="MODEL", help="instead of the embedded vectors")
        parser.add_argument("--threads", type=positive, default=1, metavar="N")
    parser.add_argument("--json", action="store_true", help="a line of JSON")
    parser.add_argument("--quiet", action="store_true", help="no warnings")


def _pipe(args: argparse.Namespace) -> Any:
    from ...pipelines import pipeline

    return pipeline("sentence-similarity", args.model)


def _is_index(name: str) -> bool:
    try:
        with open(name, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _checked(files: list[str]) -> list[str]:
    for name in files:
        if name != "-":
            check_file(name)
    return files or ["-"]


def _filter(given: list[str]) -> dict[str, Any] | None:
    """NAME=VALUE as a filter; a number, true, false or null is also meant as such."""
    import json

    found: dict[str, Any] = {}
    for part in map(decoded, given):
        name, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"--filter is {part!r}; expected NAME=VALUE.")
        values = found.setdefault(name, [])
        values.append(value)
        with contextlib.suppress(ValueError, RecursionError):
            values.append(json.loads(value))
    return found or None


def _add_batch(index: Rows, batch: list[Record], threads: int, screen: Screen) -> int:
    """How many were added. Texts that are truncated are reported without their place."""
    if not batch:
        return 0
    screen.begin("")
    texts = [text for _, text, _ in batch]
    pipe: Any = index.pipe
    vectors = pipe.embed(texts, threads=threads)
    index.add(texts, vectors=vectors, metadata=[about for _, _, about in batch])
    return len(batch)


# ---- files --------------------------------------------------------------------------------------


def _records(files: list[str], column: str | None, screen: Screen) -> Iterator[Record]:
    for name in files:
        kind = os.path.splitext(name)[1].lower()
        try:
            if kind in TABLES or kind in JSON_LINES:
                with open(name, encoding=encoding_of(name), errors="replace", newline="") as file:
                    rows = _table(file, name) if kind in TABLES else _json_lines(file, name, screen)
                    yield from _with_texts(rows, name, column, screen)
            else:
                yield from _lines(name, screen)
        except OSError as error:
            screen.begin("")
            screen.fail(unreadable("standard input" if name == "-" else name, error))


def _lines(name: str, screen: Screen) -> Iterator[Record]:
    if name == "-":
        for line in Lines(in_utf8(standard_input()), "<stdin>"):
            yield line.location, line.text, None
        return
    with open(name, "rb") as file:
        for line in Lines(in_utf8(file), name):
            yield line.location, line.text, None


def _table(file: TextIO, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    import csv

    first = file.readline()
    delimiter = max("\t,;", key=first.count)
    file.seek(0)
    try:
        rows = csv.reader(file, delimiter=delimiter)
        header = [cell.strip().removeprefix("\ufeff") for cell in next(rows, [])]
        for cells in rows:
            where = f"{name}:{rows.line_num}: "
            if len(cells) == len(header):
                yield where, dict(zip(header, cells))
            elif any(cells):
                raise InputError(
                    f"{where}expected {len(header)} columns, found {len(cells)}; put quotation "
                    "marks around texts that have the delimiter in them."
                )
    except csv.Error as error:
        raise InputError(f"{name} is not a table: {error}.") from None


def _json_lines(file: TextIO, name: str, screen: Screen) -> Iterator[tuple[str, dict[str, Any]]]:
    import json

    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        where = f"{name}:{number}: "
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, str):
            row = {"text": row}
        if isinstance(row, dict):
            yield where, row
        else:
            screen.begin(where, is_argument=False)
            screen.fail("expected a JSON object or a text.")


def _with_texts(
    rows: Iterator[tuple[str, dict[str, Any]]], name: str, column: str | None, screen: Screen
) -> Iterator[Record]:
    """Rows with their texts, in the first row's column of texts; rows without are reported."""
    wanted = ""
    for where, row in rows:
        wanted = wanted or _text_column(row, column, name)
        text = row.get(wanted)
        if isinstance(text, str) and text.strip():
            rest = {key: value for key, value in row.items() if key != wanted}
            yield where, text, rest or None
        else:
            screen.begin(where, is_argument=False)
            screen.fail(f"{wanted!r} has no text.")


def _text_column(row: dict[str, Any], column: str | None, name: str) -> str:
    from ...finetune.examples import TEXT_NAMES

    if column is not None and column in row:
        return column
    if column is not None:
        raise InputError(f"{name} has no column {column!r}; it has {', '.join(map(repr, row))}.")
    lower = {key.lower(): key for key in row}
    found = next((lower[known] for known in TEXT_NAMES if known in lower), None)
    if found is None and len(row) == 1:
        found = next(iter(row))
    if found is None:
        raise InputError(
            f"{name} has the columns {', '.join(map(repr, row))}; name that of the texts with "
            "--text."
        )
    return found
