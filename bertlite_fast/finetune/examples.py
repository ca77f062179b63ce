"""Texts and labels from what people have: lists, arrays, columns of tables, files."""

from __future__ import annotations

import os

from ..errors import InputError, warn
from ..tasks.base import iterable_texts
from .tables import read_cells, read_text, rows_of_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SHOWN = 5  # rows that a message names


def listed(values: Any) -> list[Any]:
    """A list of Python's own values: arrays and columns give theirs."""
    return list(values.tolist() if hasattr(values, "tolist") else values)


def texts_of(values: Any) -> list[str]:
    """Texts as a list; an error names the first row that is not one."""
    if isinstance(values, str):
        raise InputError("texts have to be a list of str, not one str; give [text].")
    found = listed(iterable_texts(values))
    for row, text in enumerate(found):
        if isinstance(text, list) and len(text) == 1:  # a table of one column
            text = found[row] = text[0]
        if not isinstance(text, str):
            raise InputError(f"row {row}: a text has to be a str, not {type(text).__name__}.")
        _check_whole(row, "text", text)
    return found


def _check_whole(row: int, what: str, text: str) -> None:
    """Half of a character is in no text, but a file of JSON can say so."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"row {row}: the {what} holds half a surrogate pair at index {error.start}, which is "
            "not a character; remove it."
        ) from None


def labels_of(values: Any) -> list[Any]:
    """Labels as a list; an error names the first row that has none."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise InputError(f"labels have to be a list, not one {type(values).__name__}.")
    labels = listed(values)
    for row, label in enumerate(labels):
        if label is None or label != label:
            raise InputError(f"row {row} has no label; remove it or give it one.")
        if isinstance(label, str):
            _check_whole(row, "label", label)
        try:
            hash(label)
        except TypeError:
            raise InputError(
                f"row {row}: a label has to be a str or a number, not {type(label).__name__}."
            ) from None
    return labels


def examples_of(texts: Any, labels: Any) -> tuple[list[str], list[Any]]:
    """Texts and their labels, with warnings about rows that cannot teach anything."""
    texts, labels = texts_of(texts), labels_of(labels)
    if len(texts) != len(labels):
        raise InputError(
            f"there are {len(texts)} texts and {len(labels)} labels; give one label for each text."
        )
    _warn_of_rows(texts, labels)
    kept = [i for i, text in enumerate(texts) if text.strip()]
    return [texts[i] for i in kept], [labels[i] for i in kept]


def _warn_of_rows(texts: list[str], labels: list[Any]) -> None:
    empty = [row for row, text in enumerate(texts) if not text.strip()]
    if empty:
        warn(f"{len(empty)} rows are left out, since they have no text: {_some(empty)} (from 0).")
    first: dict[str, int] = {}
    contradictions = []
    for row, text in enumerate(texts):
        before = first.setdefault(text.strip().lower(), row)
        if text.strip() and labels[before] != labels[row]:
            contradictions.append((before, row))
    if contradictions:
        pairs = [f"{a} and {b}" for a, b in contradictions]
        warn(
            f"{len(contradictions)} rows repeat the text of another with a different label, so "
            f"at least one of each pair is wrong: rows {_some(pairs)} (from 0)."
        )


def _some(rows: list[Any]) -> str:
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return ", ".join(map(str, rows[:SHOWN])) + more


# ---- files --------------------------------------------------------------------------------------

TEXT_NAMES = ("text", "sentence", "utterance", "query", "message", "review", "content")
LABEL_NAMES = ("label", "labels", "intent", "category", "class", "target", "sentiment")
FASTTEXT = "__label__"


def read_file(
    path: str | os.PathLike[str], text: str | None = None, label: str | None = None
) -> tuple[list[str], list[str]]:
    """Texts and labels of a CSV, TSV, JSON lines or fastText file, or of intents in the files of
    Rasa, Snips and Home Assistant, by its name and content.

    text and label: names of columns; None: the usual ones, or the only two.
    """
    name, content = os.fspath(path), read_text(path)
    lines = content.splitlines()
    beginning = next(line.strip() for line in lines if line.strip())
    from .intents import is_of_intents, read_intents

    if is_of_intents(name, content):
        said = read_intents(name, content)
        return [words for words, _, _ in said], [intent for _, intent, _ in said]
    if FASTTEXT in beginning.split()[0]:
        return _from_fasttext(name, lines)
    if name.lower().endswith((".jsonl", ".ndjson")) or beginning.startswith("{"):
        return _from_json_lines(name, content, text, label)
    return _from_table(name, content, beginning, text, label)


def read_lines(path: str | os.PathLike[str]) -> list[str]:
    """The lines of a file that are not empty."""
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def _from_fasttext(name: str, lines: list[str]) -> tuple[list[str], list[str]]:
    texts, labels = [], []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words:
            continue
        if not words[0].startswith(FASTTEXT):
            raise InputError(f"{name}, line {number}: expected it to begin with {FASTTEXT}.")
        labels.append(words[0][len(FASTTEXT) :])
        texts.append(" ".join(word for word in words if not word.startswith(FASTTEXT)))
    return texts, labels


def _from_json_lines(
    name: str, content: str, text: str | None, label: str | None
) -> tuple[list[str], list[str]]:
    rows = rows_of_lines(name, content)
    text, label = _columns(name, list(rows[0][1]), text, label)
    return [_plain(*row, text) for row in rows], [_plain(*row, label) for row in rows]


def _plain(where: str, row: dict[str, Any], name: str) -> str:
    found = row.get(name)
    if found is None or isinstance(found, (list, dict)):
        kind = "absent" if found is None else f"a {type(found).__name__}"
        raise InputError(f"{where}: {name!r} has to be a text or a number, and is {kind}.")
    return str(found)


def _from_table(
    name: str, content: str, beginning: str, text: str | None, label: str | None
) -> tuple[list[str], list[str]]:
    if not any(delimiter in beginning for delimiter in "\t,;"):
        raise InputError(f"{name} has one column only; expected a text and a label on each line.")
    rows = read_cells(name, content)
    header = rows[0]
    known = {h.strip().lower() for h in header}
    has_header = bool(text or label or known & set(TEXT_NAMES + LABEL_NAMES))
    if has_header:
        names = [h.strip() for h in header]
        text, label = _columns(name, names, text, label)
        at = names.index(text), names.index(label)
    elif len(header) == 2:
        at = (0, 1)
    else:
        raise InputError(
            f"{name} has {len(header)} columns and no header that names a text and a label; "
            "give their names in its first line."
        )
    texts, labels = [], []
    for number, row in enumerate(rows[has_header:], 1 + has_header):
        if not row:
            continue
        if len(row) != len(header):
            raise InputError(
                f"{name}, row {number}: expected {len(header)} columns, found {len(row)}; "
                "put quotes around texts that hold the delimiter."
            )
        texts.append(row[at[0]])
        labels.append(row[at[1]].strip())
    return texts, labels


def _columns(name: str, names: list[str], text: str | None, label: str | None) -> tuple[str, str]:
    lower = {column.lower(): column for column in names}
    text = text or next((lower[n] for n in TEXT_NAMES if n in lower), None)
    label = label or next((lower[n] for n in LABEL_NAMES if n in lower), None)
    if len(names) == 2 and (text is None) != (label is None):
        other = next(column for column in names if column not in (text, label))
        text, label = text or other, label or other
    if text not in names or label not in names:
        raise InputError(
            f"{name} has the columns {', '.join(names)}; which holds the texts and which the "
            "labels is not known: name them."
        )
    return text, label
