"""Questions, contexts and answers, from SQuAD's JSON, tables and data sets."""

from __future__ import annotations

import os

from ..errors import InputError
from .examples import listed
from .tables import column, is_path, read_json, read_text, rows_of, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .tables import Row

    # question, context, all right answers with where they begin; none: no answer
    Example = tuple[str, str, list[tuple[str, int]]]


def questions_of(X: Any, y: Any = None) -> list[Example]:
    """Examples from a file of SQuAD (1.1 or 2.0), rows with a question, a context and answers (a
    list, a table, a data set, JSON lines), or pairs of (question, context) with answers in y:
    texts, or None where there is no answer."""
    if y is not None:
        pairs, answers = listed(X), listed(y)
        if len(pairs) != len(answers):
            raise InputError(f"there are {len(pairs)} questions and {len(answers)} answers.")
        rows = []
        for i, (pair, answer) in enumerate(zip(pairs, answers)):
            if isinstance(pair, dict):
                row = dict(pair)
            elif isinstance(pair, (list, tuple)) and len(pair) == 2:
                row = {"question": pair[0], "context": pair[1]}
            else:
                raise InputError(f"row {i}: expected a question and its context.")
            rows.append((f"row {i}", {**row, "answers": answer}))
    elif is_path(X) and _is_squad(os.fspath(X)):
        rows = _of_squad(os.fspath(X), read_json(X))
    elif isinstance(X, dict) and isinstance(X.get("data"), list):
        rows = _of_squad("the data", X)
    else:
        rows = rows_of(X)
    if not rows:
        raise InputError("there are no questions to learn from; give some.")
    return _examples(rows)


def _is_squad(name: str) -> bool:
    return name.lower().endswith(".json") and not read_text(name).lstrip().startswith("[")


def _of_squad(name: str, found: Any) -> list[Row]:
    """Articles with paragraphs with questions; where one is wrong, the message says which."""
    rows: list[Row] = []
    articles = found.get("data") if isinstance(found, dict) else None
    if not isinstance(articles, list):
        raise InputError(f"{name}: expected SQuAD's form, an object with the list 'data'.")
    for i, article in enumerate(articles):
        for j, paragraph in enumerate(_list(f"{name}, article {i}", article, "paragraphs")):
            where = f"{name}, article {i}, paragraph {j}"
            for k, qa in enumerate(_list(where, paragraph, "qas")):
                if not isinstance(qa, dict):
                    raise InputError(f"{where}, question {k}: expected an object.")
                rows.append((f"{where}, question {k}",
                             {**qa, "context": paragraph.get("context")}))  # fmt: skip
    return rows


def _list(where: str, parent: Any, name: str) -> list[Any]:
    found = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(found, list):
        raise InputError(f"{where}: expected an object with the list {name!r}.")
    return found


def _examples(rows: list[Row]) -> list[Example]:
    question = column(rows, ("question", "query"), "the question")
    context = column(rows, ("context", "passage", "text", "paragraph"), "the context")
    answers = column(rows, ("answers", "answer"), "the answers")
    found = []
    for row in rows:
        text = value(row, context, str, "a text")
        asked = value(row, question, str, "a text")
        if not asked.strip() or not text.strip():
            raise InputError(f"{row[0]} has an empty question or context; remove it.")
        none = row[1].get("is_impossible") is True
        given = [] if none else _answers(row[0], row[1].get(answers), text)
        found.append((asked, text, given))
    return found


def _answers(where: str, given: Any, context: str) -> list[tuple[str, int]]:
    """Answers in any of the usual forms: a text, {"text": [...], "answer_start": [...]}, or a list
    of {"text", "answer_start"}."""
    if hasattr(given, "tolist"):
        given = given.tolist()
    if given is None or given == "":
        return []
    if isinstance(given, str):
        given = [{"text": given}]
    if isinstance(given, dict):
        texts, starts = given.get("text"), given.get("answer_start")
        texts = [texts] if isinstance(texts, str) else listed(texts if texts is not None else [])
        starts = [None] * len(texts) if starts is None else starts
        starts = [starts] if isinstance(starts, int) else listed(starts)
        if len(starts) != len(texts):
            raise InputError(f"{where}: answers have {len(texts)} texts, {len(starts)} starts.")
        given = [{"text": text, "answer_start": at} for text, at in zip(texts, starts)]
    if not isinstance(given, (list, tuple)):
        raise InputError(f"{where}: expected answers, not {type(given).__name__}.")
    return [_answer(where, answer, context) for answer in given]


def _answer(where: str, answer: Any, context: str) -> tuple[str, int]:
    if isinstance(answer, str):
        answer = {"text": answer}
    text = answer.get("text") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where}: an answer has to be a text that is in the context.")
    start = answer.get("answer_start")
    if start is None:
        start = context.find(text)
    if not isinstance(start, int) or isinstance(start, bool):
        raise InputError(f"{where}: answer_start has to be a whole number, not {start!r}.")
    if start < 0 or context[start : start + len(text)] != text:
        found = context.find(text)
        if found < 0:
            raise InputError(f"{where}: the answer {text[:60]!r} does not stand in its context.")
        start = found
    return text, start


# ---- how right an answer is ---------------------------------------------------------------------

ARTICLES = {"a", "an", "the"}


def words_of(text: str) -> list[str]:
    """As SQuAD's evaluation compares answers: lowercase, without punctuation and articles."""
    import string

    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return [word for word in kept.split() if word not in ARTICLES]


def agreement(found: str, wanted: list[str]) -> tuple[float, float]:
    """(exactly right, F1 of words) against the best of the right answers."""
    exact = f1 = 0.0
    guess = words_of(found)
    for text in wanted or [""]:
        right = words_of(text)
        exact = max(exact, float(guess == right))
        if not guess or not right:
            f1 = max(f1, float(guess == right))
            continue
        left = list(right)
        common = 0
        for word in guess:
            if word in left:
                left.remove(word)
                common += 1
        f1 = max(f1, 2 * common / (len(guess) + len(right)))
    return exact, f1
