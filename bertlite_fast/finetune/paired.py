"""Pairs and triplets of texts, with scores, from lists, tables, data sets and files."""

from __future__ import annotations

from ..errors import InputError
from .examples import listed
from .tables import column, is_path, rows_of, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    # the texts of each example, and their scores, if there are any
    Examples = tuple[list[tuple[str, ...]], list[float] | None]

FIRST = ("text_a", "sentence1", "sentence_a", "text1", "anchor", "query", "question", "a")
SECOND = ("text_b", "sentence2", "sentence_b", "text2", "positive", "passage", "answer", "b")
THIRD = ("negative", "text_c", "sentence3", "c")
SCORE = ("score", "similarity_score", "similarity", "label", "is_duplicate")


def paired_of(X: Any, y: Any = None) -> Examples:
    """Examples of pairs or triplets. X: a list of them, with scores in y or without; a table or
    data set with named columns; or the path of a CSV, TSV or JSON lines file."""
    is_list = isinstance(X, (list, tuple)) and X and isinstance(X[0], (list, tuple))
    if y is not None or is_list:
        groups = [(f"row {i}", group) for i, group in enumerate(listed(X))]
        scores = None if y is None else listed(y)
    else:
        groups, scores = _of_rows(X)
    if not groups:
        raise InputError("there are no pairs to learn from; give some.")
    texts = [_texts(where, group) for where, group in groups]
    sizes = {len(group) for group in texts}
    if len(sizes) > 1 or not sizes <= {2, 3}:
        raise InputError("examples have to be all pairs or all triplets of texts.")
    if scores is None:
        return texts, None
    if sizes == {3}:
        raise InputError("triplets do not have scores: the second is the one that is alike.")
    if len(scores) != len(texts):
        raise InputError(
            f"there are {len(texts)} pairs and {len(scores)} scores; give one score for each pair."
        )
    return texts, [_number(where, score) for (where, _), score in zip(groups, scores)]


def _texts(where: str, group: Any) -> tuple[str, ...]:
    if not isinstance(group, (list, tuple)):
        raise InputError(f"{where}: expected a pair of texts, not {type(group).__name__}.")
    for text in group:
        if not isinstance(text, str):
            raise InputError(f"{where}: a text has to be a str, not {type(text).__name__}.")
        if not text.strip():
            raise InputError(f"{where} has an empty text; remove it.")
    return tuple(group)


def _number(where: str, score: Any) -> float:
    try:
        found = float(score)
    except (TypeError, ValueError):
        found = float("nan")
    if not abs(found) < 1e6:
        raise InputError(f"{where}: a score has to be a number, not {score!r}.")
    return found


def _of_rows(data: Any) -> tuple[list[tuple[str, Any]], list[Any] | None]:
    if not is_path(data) and not hasattr(data, "__iter__"):
        raise InputError(f"expected pairs of texts, not {type(data).__name__}.")
    rows = rows_of(data)
    names = [column(rows, FIRST, "the first text"), column(rows, SECOND, "the second text")]
    third = column(rows, THIRD, "", needed=False)
    if third:
        names.append(third)
    score = "" if third else column(rows, SCORE, "", needed=False)
    groups = [(row[0], tuple(value(row, name, str, "a text") for name in names)) for row in rows]
    return groups, [row[1].get(score) for row in rows] if score else None


# ---- how well scores agree ----------------------------------------------------------------------


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value; equal ones share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for i in range(first, last + 1):
            found[order[i]] = (first + last) / 2
        first = last + 1
    return found


def pearson(a: Sequence[float], b: Sequence[float]) -> float:
    """The linear correlation; 0 where one of them does not vary."""
    n = max(1, len(a))
    mean_a, mean_b = sum(a) / n, sum(b) / n
    both = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    of_a, of_b = sum((x - mean_a) ** 2 for x in a), sum((y - mean_b) ** 2 for y in b)
    return float(both / (of_a * of_b) ** 0.5) if of_a > 0 and of_b > 0 else 0.0


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """The correlation of the ranks."""
    return pearson(ranks(a), ranks(b))
