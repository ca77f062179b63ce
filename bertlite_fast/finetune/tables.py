"""Rows with named values, from what people have: dicts, tables, data sets, files."""

from __future__ import annotations

import csv
import json
import os

from ..errors import InputError, ModelFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    # (where it stands, for messages; its values by name)
    Row = tuple[str, dict[str, Any]]


UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # the byte-order marks of files from Windows


def read_text(path: str | os.PathLike[str]) -> str:
    """A file's text; an error says why it cannot be read."""
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            data = file.read()
        content = data.decode("utf-16" if data[:2] in UTF_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelFileError(
            f"{name} is not in UTF-8 (byte {error.start}); save it in that encoding."
        ) from None
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror}.") from None
    if "\0" in content:
        raise ModelFileError(f"{name} holds zero bytes, so it is not text in UTF-8; convert it.")
    if not content.strip():
        raise InputError(f"{name} is empty; expected examples to learn from.")
    return content


def read_json(path: str | os.PathLike[str]) -> Any:
    """A JSON file's value; an error names the line."""
    content = read_text(path)
    try:
        return json.loads(content)
    except RecursionError:
        raise InputError(f"{os.fspath(path)} is nested too deeply to be examples.") from None
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise InputError(
            f"{os.fspath(path)}, line {line}: expected JSON; {getattr(error, 'msg', error)}."
        ) from None


def is_path(data: Any) -> bool:
    return isinstance(data, (str, os.PathLike))


def rows_of(data: Any) -> list[Row]:
    """Rows of a file (CSV, TSV, JSON lines, JSON), a data frame, a data set, a dict of columns, or
    a list of dicts."""
    if is_path(data):
        return _rows_of_file(os.fspath(data))
    if hasattr(data, "to_dict") and hasattr(data, "columns"):  # a data frame of pandas
        return _rows_of_dicts(data.to_dict("records"))
    if hasattr(data, "to_dicts"):  # and one of polars
        return _rows_of_dicts(data.to_dicts())
    if hasattr(data, "to_pylist"):  # a table of Arrow
        return _rows_of_dicts(data.to_pylist())
    if isinstance(data, dict):
        plain = not any(
            isinstance(c, (str, dict)) or not hasattr(c, "__len__") for c in data.values()
        )
        if not plain or len({len(column) for column in data.values()}) != 1:
            raise InputError(
                "a dict has to have columns: lists of one length, with a value for each row."
            )
        names = list(data)
        return _rows_of_dicts([dict(zip(names, row)) for row in zip(*data.values())])
    return _rows_of_dicts(data)


def _rows_of_dicts(data: Any) -> list[Row]:
    if not hasattr(data, "__iter__"):
        raise InputError(f"expected rows, a table or a file, not {type(data).__name__}.")
    rows = []
    for i, row in enumerate(data):
        if not isinstance(row, dict):
            raise InputError(f"row {i}: expected a dict of named values, not {type(row).__name__}.")
        rows.append((f"row {i}", {str(name): value for name, value in row.items()}))
    return rows


def _rows_of_file(name: str) -> list[Row]:
    content = read_text(name)
    beginning = content.lstrip()[:1]
    if beginning == "[" and name.lower().endswith(".json"):
        return [(f"{name}, {where}", row) for where, row in _rows_of_dicts(read_json(name))]
    if name.lower().endswith((".jsonl", ".ndjson", ".json")) or beginning == "{":
        return rows_of_lines(name, content)
    lines = [line for line in read_cells(name, content) if any(cell.strip() for cell in line)]
    header = [cell.strip() for cell in lines[0]]
    rows = []
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(header):
            raise InputError(
                f"{name}, row {number}: expected {len(header)} columns, found {len(line)}; put "
                "quotation marks around texts that have the delimiter in them."
            )
        rows.append((f"{name}, row {number}", dict(zip(header, line))))
    return rows


def read_cells(name: str, content: str) -> list[list[str]]:
    """The rows of a table: of commas, semicolons or tabs its first line has most."""
    first = next(line for line in content.splitlines() if line.strip())
    delimiter = max("\t,;", key=first.count)
    try:
        return list(csv.reader(content.splitlines(keepends=True), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(
            f"{name} is not a table ({error}); is a quotation mark missing, or a text too long?"
        ) from None


def rows_of_lines(name: str, content: str) -> list[Row]:
    """Of JSON lines."""
    rows: list[Row] = []
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{name}, line {number}: expected a JSON object.")
        rows.append((f"{name}, line {number}", row))
    return rows


def column(rows: Sequence[Row], names: Sequence[str], what: str, *, needed: bool = True) -> str:
    """The name of the column that has something; the first of the usual names that is there."""
    if not rows:
        raise InputError("there are no rows to learn from; give some.")
    where, first = rows[0]
    lower = {name.strip().lower(): name for name in first}
    for name in names:
        if name in lower:
            return lower[name]
    if not needed:
        return ""
    raise InputError(
        f"{where} has the columns {', '.join(map(repr, first)) or 'none'}; expected one for "
        f"{what}, such as {names[0]!r}."
    )


def value(row: Row, name: str, kind: type | tuple[type, ...], what: str) -> Any:
    """A row's value, of a type."""
    where, values = row
    found: Any = values.get(name)
    if hasattr(found, "tolist"):
        found = found.tolist()
    if not isinstance(found, kind) or isinstance(found, bool):
        raise InputError(
            f"{where}: {name!r} has to be {what}, not "
            f"{'absent' if name not in values else type(found).__name__}."
        )
    return found
