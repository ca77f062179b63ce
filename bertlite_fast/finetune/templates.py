"""Home Assistant's sentence templates: (a|b), [perhaps], {list}, <rule>, and (a;b) in any order."""

from __future__ import annotations

from itertools import permutations

from .._training import shuffled
from ..errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # a text, and where in it slots are: (first character, the one after the last, name)
    Spoken = tuple[str, list[tuple[int, int, str]]]
    Node = tuple[Any, ...]

MOST = 60  # sentences of one template; more are drawn at random
DEEPEST = 30
MOST_IN_ANY_ORDER = 4
LARGEST = 20_000  # parts of a sentence: rules in rules can have any number
CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}


class Templates:
    """lists: the words of each list, by its name. rules: templates by their names."""

    def __init__(self, lists: dict[str, list[str]], rules: dict[str, str]) -> None:
        self.lists, self.rules = lists, rules
        self.absent: set[str] = set()  # lists that have no words, so their names stand for them
        self.parsed: dict[str, Node] = {}
        self.counts: dict[str, int] = {}
        self.parts = 0

    def expand(self, template: str, where: str, seed: int) -> list[Spoken]:
        """Sentences of a template: all of them, or MOST that the seed chooses."""
        tree = self._parse(template, where)
        count = self._count(tree, where, 0)
        chosen = range(count) if count <= MOST else (
            (seed * 7919 + i * (count // MOST) + shuffled(97, seed + i)[0]) % count
            for i in range(MOST)
        )  # fmt: skip
        found: dict[str, Spoken] = {}
        for number in chosen:
            self.parts = 0
            text, slots = _tidied(self._spoken(tree, number, where, 0))
            if text:
                found.setdefault(text, (text, slots))
        return list(found.values())

    # ---- reading --------------------------------------------------------------------------------

    def _parse(self, template: str, where: str) -> Node:
        tree, end = self._sequence(template, 0, "", where, 0)
        if end != len(template):
            raise InputError(f"{where}: {template[end]!r} closes nothing in {template[:80]!r}.")
        return tree

    def _sequence(
        self, text: str, at: int, closing: str, where: str, depth: int
    ) -> tuple[Node, int]:
        """Choices between | up to a closing bracket; between ; they come in any order."""
        if depth > DEEPEST:
            raise InputError(f"{where}: {text[:80]!r} is nested too deeply.")
        choices: list[list[Node]] = [[]]
        separators = set()
        word = ""
        while at < len(text) and text[at] not in ")]}>":
            c = text[at]
            if c in CLOSING or c in "|;":
                if word:
                    choices[-1].append(("text", word))
                word = ""
            if c in "|;":
                separators.add(c)
                choices.append([])
                at += 1
            elif c in "([":
                inner, at = self._sequence(text, at + 1, CLOSING[c], where, depth + 1)
                choices[-1].append(inner if c == "(" else ("choice", [inner, ("all", [])]))
            elif c in "{<":
                end = text.find(CLOSING[c], at)
                if end < 0:
                    raise InputError(f"{where}: {c!r} is not closed in {text[:80]!r}.")
                choices[-1].append(("list" if c == "{" else "rule", text[at + 1 : end].strip()))
                at = end + 1
            else:
                word += text[at + 1 : at + 2] if c == "\\" else c
                at += 2 if c == "\\" else 1
        if word:
            choices[-1].append(("text", word))
        if closing:
            if text[at : at + 1] != closing:
                raise InputError(f"{where}: expected {closing!r} in {text[:80]!r}.")
            at += 1
        if separators == {"|", ";"}:
            raise InputError(f"{where}: '|' and ';' need brackets in {text[:80]!r}.")
        nodes = [("all", choice) for choice in choices]
        if ";" in separators:
            if len(nodes) > MOST_IN_ANY_ORDER:
                raise InputError(f"{where}: too many parts in any order in {text[:80]!r}.")
            orders = [[(("text", " "), node) for node in order] for order in permutations(nodes)]
            return ("choice", [("all", sum(order, ())) for order in orders]), at
        return (nodes[0] if len(nodes) == 1 else ("choice", nodes)), at

    # ---- sentences ------------------------------------------------------------------------------

    def _rule(self, name: str, where: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise InputError(f"{where}: the rule <{name}> has itself in it.")
        if name not in self.parsed:
            if name not in self.rules:
                raise InputError(f"{where}: there is no rule <{name}> in expansion_rules.")
            self.parsed[name] = self._parse(self.rules[name], f"{where}, rule <{name}>")
        return self.parsed[name]

    def _words(self, name: str) -> list[str]:
        source = name.split(":")[0].strip()
        if not self.lists.get(source):
            self.absent.add(source)
            return [source.replace("_", " ")]
        return self.lists[source]

    def _count(self, node: Node, where: str, depth: int) -> int:
        kind, what = node
        if kind == "list":
            return len(self._words(what))
        if kind == "rule":
            if what not in self.counts:
                tree = self._rule(what, where, depth)
                self.counts[what] = self._count(tree, where, depth + 1)
            return self.counts[what]
        if kind == "choice":
            return sum(self._count(item, where, depth) for item in what)
        total = 1
        for item in what if kind == "all" else ():
            total *= self._count(item, where, depth)
        return total

    def _spoken(self, node: Node, number: int, where: str, depth: int) -> Spoken:
        """The sentence of a number below _count()."""
        kind, what = node
        self.parts += 1
        if self.parts > LARGEST:
            raise InputError(f"{where}: a sentence of a template has too many parts.")
        if kind == "text":
            return what, []
        if kind == "list":
            word = self._words(what)[number]
            return word, [(0, len(word), what.split(":")[-1].strip())]
        if kind == "rule":
            return self._spoken(self._rule(what, where, depth), number, where, depth + 1)
        if kind == "choice":
            for item in what:
                count = self._count(item, where, depth)
                if number < count:
                    return self._spoken(item, number, where, depth)
                number -= count
        text, slots = "", []
        for item in what if kind == "all" else ():
            count = self._count(item, where, depth)
            more, its_slots = self._spoken(item, number % count, where, depth)
            number //= count
            slots += [(a + len(text), b + len(text), name) for a, b, name in its_slots]
            text += more
        return text, slots


def _tidied(spoken: Spoken) -> Spoken:
    """With one blank between words, and none around them."""
    text, slots = spoken
    place, out = [], ""
    for c in text:
        place.append(len(out))
        if c.isspace() and (not out or out.endswith(" ")):
            continue
        out += " " if c.isspace() else c
    place.append(len(out))
    out = out.rstrip()
    moved = [(min(place[a], len(out)), min(place[b], len(out)), name) for a, b, name in slots]
    return out, [(a, b, name) for a, b, name in moved if a < b]
