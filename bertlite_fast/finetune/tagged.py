"""Rows of words with their tags, from lists, tables, data sets and CoNLL files."""

from __future__ import annotations

import os

from ..errors import InputError
from . import tags
from .examples import listed
from .intents import is_of_intents, read_intents, tagged
from .tables import column, is_path, read_text, rows_of, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Tagged = tuple[list[list[str]], list[list[str]]]

WORD_NAMES = ("tokens", "words", "token", "sentence")
TAG_NAMES = ("tags", "ner_tags", "labels", "pos_tags", "upos", "slots", "label", "ner")
CONLL_U, WORD_OF_U, TAG_OF_U = 10, 1, 3  # columns of a CoNLL-U file; UPOS is the tag
DOCUMENT = "-DOCSTART-"


def tagged_of(X: Any, y: Any = None) -> Tagged:
    """Words and tags of rows. X: lists of words with y, lists of tags; or, without y, pairs of
    (words, tags), a table or data set with a column of each, or the path of a file. Tags of
    entities come back with B- and I-."""
    if y is not None:
        rows, all_tags = listed(X), listed(y)
        if len(rows) != len(all_tags):
            raise InputError(
                f"there are {len(rows)} rows of words and {len(all_tags)} rows of tags; give one "
                "row of tags for each."
            )
        found = [(f"row {i}", words, t) for i, (words, t) in enumerate(zip(rows, all_tags))]
    elif is_path(X):
        found = _of_file(os.fspath(X))
    elif isinstance(X, (list, tuple)) and X and isinstance(X[0], (list, tuple)):
        found = []
        for i, pair in enumerate(X):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise InputError(f"row {i}: expected a pair of words and their tags.")
            found.append((f"row {i}", *pair))
    else:
        found = _of_rows(X, _names_of_tags(X))
    checked = [_checked(*row) for row in found]
    if not checked:
        raise InputError("there are no rows of words to learn from; give some.")
    words_of, tags_of = [words for words, _ in checked], [row for _, row in checked]
    if tags.is_of_entities({tag for row in tags_of for tag in row}):
        tags_of = [tags.plain(row) for row in tags_of]
    return words_of, tags_of


def words_of(rows: Any) -> list[list[str]]:
    """Rows of words; an error names the first that is none."""
    if isinstance(rows, str):
        raise InputError("expected rows of words, not a str; to_pipeline() reads texts.")
    found = listed(rows)
    return [_words(f"row {i}", row) for i, row in enumerate(found)]


def _words(where: str, words: Any) -> list[str]:
    if isinstance(words, str):
        raise InputError(
            f"{where}: expected a list of words, not a str; split it, or read texts with "
            "to_pipeline()."
        )
    if not isinstance(words, (list, tuple)) and not hasattr(words, "tolist"):
        raise InputError(f"{where}: expected a list of words, not {type(words).__name__}.")
    found = listed(words)
    for word in found:
        if not isinstance(word, str):
            raise InputError(f"{where}: a word has to be a str, not {type(word).__name__}.")
    return found


def _checked(where: str, words: Any, row: Any) -> tuple[list[str], list[str]]:
    words = _words(where, words)
    if isinstance(row, str) or (not isinstance(row, (list, tuple)) and not hasattr(row, "tolist")):
        raise InputError(f"{where}: expected a list of tags, not {type(row).__name__}.")
    row = listed(row)
    if len(words) != len(row):
        raise InputError(
            f"{where} has {len(words)} words and {len(row)} tags; give one tag for each word."
        )
    for tag in row:
        if not isinstance(tag, (str, int)) or isinstance(tag, bool) or tag == "":
            raise InputError(f"{where}: a tag has to be a str or a number, not {tag!r}.")
    return words, [str(tag) for tag in row]


# ---- tables and data sets -----------------------------------------------------------------------


def _names_of_tags(data: Any) -> dict[str, list[str]]:
    """What a data set of `datasets` calls its numbers, by column."""
    names = {}
    for name, feature in (getattr(data, "features", None) or {}).items():
        inner: Any = getattr(feature, "feature", None)
        if getattr(inner, "names", None):
            names[name] = list(inner.names)
    return names


def _of_rows(data: Any, names: dict[str, list[str]]) -> list[tuple[str, Any, Any]]:
    rows = rows_of(data)
    words, tag = column(rows, WORD_NAMES, "words"), column(rows, TAG_NAMES, "tags")
    found = []
    for row in rows:
        own = _cell(row, words), _cell(row, tag)
        numbers = own[1]
        if tag in names and all(isinstance(n, int) and 0 <= n < len(names[tag]) for n in numbers):
            own = own[0], [names[tag][n] for n in numbers]
        found.append((row[0], *own))
    return found


def _cell(row: Any, name: str) -> Any:
    """A list, or, in a table of texts, what stands between blanks."""
    found = value(row, name, (list, tuple, str), "a list of words or tags")
    return found.split() if isinstance(found, str) else found


# ---- files --------------------------------------------------------------------------------------


def _of_file(name: str) -> list[tuple[str, Any, Any]]:
    content = read_text(name)
    if is_of_intents(name, content):
        rows, slots = tagged(read_intents(name, content))
        return [(f"{name}, utterance {i}", *pair) for i, pair in enumerate(zip(rows, slots))]
    is_table = name.lower().endswith((".jsonl", ".ndjson", ".json", ".csv"))
    if is_table or content.lstrip().startswith("{"):
        return _of_rows(name, {})
    return _from_conll(name, content)


def _columns(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()


def _from_conll(name: str, content: str) -> list[tuple[str, Any, Any]]:
    """One word a line, its tag in the last column (in CoNLL-U in the fourth), and blank lines
    between sentences."""
    lines = content.split("\n")
    first = next(
        (line for line in lines if line.strip() and not line.startswith(("#", DOCUMENT))), ""
    )
    count = len(_columns(first))
    if count < 2:
        raise InputError(
            f"{name}: expected a word and its tag on each line, and blank lines between sentences."
        )
    is_u = count == CONLL_U and "\t" in first
    word, tag = (WORD_OF_U, TAG_OF_U) if is_u else (0, count - 1)
    found: list[tuple[str, Any, Any]] = []
    words: list[str] = []
    row: list[str] = []
    begin = 1
    for number, line in enumerate([*lines, ""], 1):
        cells = _columns(line)
        if not line.strip() or cells[0] == DOCUMENT:
            if words:
                found.append((f"{name}, line {begin}", words, row))
            words, row = [], []
            continue
        if line.startswith("#") and (is_u or len(cells) != count):
            continue
        if len(cells) != count:
            raise InputError(f"{name}, line {number}: expected {count} columns, not {len(cells)}.")
        if is_u and not cells[0].isdigit():
            continue  # several words written as one, or a word that is not written
        if not words:
            begin = number
        words.append(cells[word])
        row.append(cells[tag])
    return found
