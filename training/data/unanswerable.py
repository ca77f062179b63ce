"""Questions that a text does not answer, made from those that it does.

Three ways, from easy to hard: another text of the same article, the text without the sentence that
holds the answer, and a name or number of the question exchanged for another.
"""

from __future__ import annotations

import collections
import random
import re
from collections.abc import Sequence

from .sets import SENTENCE, Item

NAMED = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]+(?: [A-Z][a-z]+)*|\d[\d,.]*\d|\d)")
TRIES = 20
SHORTEST = 30  # characters that a context keeps


def answers_in(item: Item, context: str) -> bool:
    low = context.lower()
    return any(text.lower() in low for text in item["answers"]["text"])


def without_answer(item: Item) -> str | None:
    """The context without the sentences that hold an answer."""
    kept = [s for s in SENTENCE.split(item["context"]) if not answers_in(item, s)]
    text = " ".join(kept)
    return text if len(text) >= SHORTEST else None


def other_context(item: Item, contexts: Sequence[str], r: random.Random) -> str | None:
    """Of some other contexts the one that shares most words with the question."""
    words = set(re.findall(r"\w{4,}", item["question"].lower()))
    best, most = None, -1
    for context in r.sample(contexts, min(TRIES, len(contexts))):
        if context == item["context"] or answers_in(item, context):
            continue
        shared = len(words & set(re.findall(r"\w{4,}", context.lower())))
        if shared > most:
            best, most = context, shared
    return best


def renamed(question: str, names: Sequence[str], context: str, r: random.Random) -> str | None:
    """The question about somebody or something else, that the context does not speak of."""
    found = NAMED.search(question)
    if not found:
        return None
    is_number = found[0][0].isdigit()
    for _ in range(TRIES):
        name = r.choice(names)
        if name[0].isdigit() == is_number and name not in context and name != found[0]:
            return question[: found.start()] + name + question[found.end() :]
    return None


def unanswerable(items: Sequence[Item], share: float, seed: int) -> list[Item]:
    """For a share of the items a question and a context without an answer to it."""
    r = random.Random(seed)
    names = [m[0] for item in items if (m := NAMED.search(item["question"]))]
    by_title: dict[str, list[str]] = collections.defaultdict(list)
    for item in items:
        by_title[item.get("title", "")].append(item["context"])
    groups = {title: sorted(set(contexts)) for title, contexts in by_title.items()}
    found = []
    for item in r.sample(items, int(share * len(items))):
        question, context = item["question"], item["context"]
        way = r.random()
        if way < 0.3:
            changed: str | None = without_answer(item)
        elif way < 0.6 and names:
            changed, question = context, renamed(question, names, context, r) or ""
        else:
            changed = other_context(item, groups[item.get("title", "")], r)
        if changed and question:
            found.append({"question": question, "context": changed, "answers": None})
    return found
