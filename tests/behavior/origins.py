"""Whether what judges is kept apart from what trains."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from training.data.held_out import word_set

from . import commands
from .classes import CLASSES
from .grammar import CHOICE, fields, lines

TRAINING = Path(__file__).resolve().parents[2] / "training"
WRITTEN = (".txt", ".jsonl", ".json", ".csv", ".tsv", ".md")
SLOT = re.compile(r"<\w+>|\{[^{}]*\}|\[\w+\]|\bDO\b|\bDOING\b|\$\w+|%s")
OWN = 3  # words of a text that may not be in training as well
FIXED = 4  # words of a template that have to be its own; "don't DO" is the language's
# Sentences with so many of their words in common are one; of short ones, only equal ones are.
OVERLAP, WORDS = 0.8, 6
LICENSES = ("LOG.md", "README.md", "recipe.py", "vocab.txt")  # tell of training, do not train


def plain(text: str) -> str:
    """A text without case and punctuation."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower().replace("\u2019", "'")))


def is_own(text: str) -> bool:
    """Whether a text is long enough to be told apart from what everybody says."""
    return len(text.split()) >= OWN


def skeleton(template: str) -> str:
    """A template with "_" for each slot."""
    text = SLOT.sub(" slotslot ", template)
    return re.sub(r"(?:_ )+_", "_", plain(text).replace("slotslot", "_"))


def literals(path: Path) -> Iterator[str]:
    """The strings of a Python file, but for its documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield from node.value.splitlines()


def values(item: object) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        for one in item.values():
            yield from values(one)
    elif isinstance(item, list):
        for one in item:
            yield from values(one)


def written(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    for line in text.splitlines():
        if path.suffix == ".jsonl" and line.strip():
            yield from values(json.loads(line))
        else:
            yield line


def training_lines(folder: Path = TRAINING) -> Iterator[str]:
    """All lines that are written for training: texts, templates, lists of words."""
    for path in sorted(folder.rglob("*")):
        if path.name in LICENSES or "base" in path.relative_to(folder).parts:
            continue
        if path.suffix == ".py":
            yield from literals(path)
        elif path.suffix in WRITTEN:
            yield from written(path)


def parts(line: str) -> Iterator[str]:
    """A line, its fields, and the options of its choices."""
    yield line
    yield from re.split(r"\s*[|\t]\s*|: ", line)
    _, is_list, choices = line.partition(" = ")
    if is_list:
        yield from choices.split("|")
    for choice in CHOICE.findall(line):
        yield from choice.split("|")


@cache
def training_texts(folder: Path = TRAINING) -> frozenset[str]:
    """Each line and each part of one, without case and punctuation."""
    return frozenset(plain(one) for line in training_lines(folder) for one in parts(line))


@cache
def training_skeletons(folder: Path = TRAINING) -> frozenset[str]:
    return frozenset(skeleton(one) for line in training_lines(folder) for one in parts(line))


@cache
def judged_texts() -> dict[str, str]:
    """Every text of a case, and the class that it is of; all say "stop" and "good morning"."""
    found: dict[str, str] = {}
    for name, one in CLASSES.items():
        for case in one.cases():
            texts = (case.text,) if one.model == "zero-shot" else (case.text, *case.rest)
            if one.model == "base":
                texts = tuple(case.text.replace("[MASK]", word) for word in case.right)
            for text in map(plain, texts):
                if is_own(text):
                    found.setdefault(text, name)
    return found


def templates() -> Iterator[str]:
    """The lines that cases are made of."""
    for name in ("negations", "left", "reports", "past", "titles", "chat", "unknown", "manners"):
        for _, line in lines(name):
            yield from fields(line)
    for name in ("opinions", "numbers", "pairs"):
        for _, line in lines(name):
            yield from fields(line.lstrip("+-0 "))


def own_templates() -> list[str]:
    """Templates with a slot and enough words of their own."""
    found = {skeleton(one) for one in templates() if SLOT.search(one)}
    return sorted(one for one in found if len(one.replace("_", " ").split()) >= FIXED)


def lexicon() -> list[str]:
    """The commands that are put into the templates, and the names that opinions are on."""
    found = {text for text in map(plain, (c.text for c in commands.commands())) if is_own(text)}
    for _, line in lines("opinions"):
        if line.startswith("@"):
            found |= {one for one in line.partition(" = ")[2].split("|") if " " in one}
    return sorted(found)


def shared(folder: Path = TRAINING) -> list[str]:
    """What judges and also stands in the files for training: texts, templates, lexicon."""
    texts, skeletons = training_texts(folder), training_skeletons(folder)
    judged = judged_texts()
    return [
        *(f"text: {one}" for one in judged if one in texts),
        *(f"template: {one}" for one in own_templates() if one in skeletons),
        *(f"lexicon: {one}" for one in lexicon() if one in texts),
        *(f"text: {a}, close to: {b}" for a, b in close_texts(list(judged), sorted(texts))),
    ]


def is_close(a: frozenset[str], b: frozenset[str]) -> bool:
    return len(a & b) >= OVERLAP * len(a | b)


def close_texts(texts: list[str], others: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs with most of their words in common."""
    index: dict[str, list[int]] = {}
    sets = [word_set(other) for other in others]
    for number, words in enumerate(sets):
        for word in words:
            index.setdefault(word, []).append(number)
    for text in texts:
        words = word_set(text)
        if len(words) < WORDS:
            continue
        # One of any (1 - OVERLAP) share of the words, and one more, has to be shared.
        rare = sorted(words, key=lambda w: len(index.get(w, ())))
        needed = rare[: int((1 - OVERLAP) * len(words)) + 2]
        for number in {n for word in needed for n in index.get(word, ())}:
            if is_close(words, sets[number]):
                yield text, others[number]


def repeated(data: Path) -> list[str]:
    """Cases that are in the training splits of a folder of data sets."""
    from training.data.sets import items, text_of

    judged = judged_texts()
    found = []
    for path in sorted(data.glob("*/*/train.jsonl*")):
        for item in items(path):
            text = plain(text_of(item))
            if text in judged:
                found.append(f"{judged[text]}: {text} ({path.parent.name})")
    return sorted(set(found))
