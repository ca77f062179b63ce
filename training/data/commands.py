"""Commands and what only sounds like them, made from commands.txt and grammar.txt.

Each command is made twice: once so that it is to be obeyed, and once with as little changed as
makes it something else: negated, reported, asked about, imagined, or the title of a song.  A line
of both files in eight is held out of training, so that templates that were never seen are scored.
"""

from __future__ import annotations

import functools
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .held_out import is_held_out_or_close
from .intents import NONE
from .templates import filled
from .verbs import FORMS, inflected

FOLDER = Path(__file__).parent
HELD_OUT_ONE_IN = 8
FORM = re.compile(rf"\b({'|'.join(FORMS)}|QS|Q)\b")
# How often a kind of sentence comes; what is refused without a command in it comes last.
REFUSED = {"negated": 14, "reported": 12, "past-question": 8, "hypothetical": 7, "title": 6}
ALONE = {"chat": 5, "other": 6}
SHARE_ALONE = 0.12
SHARE_CHAT_BESIDE = 0.06
# "Stop playing" is an order.
STOPPED = re.compile(
    r"^(stop|quit|cease|hold off|no more|enough)\b.*\b(play|vacuum|clean|run)ing|ringing"
)
PLAYED = "play_music"  # what asks for a title that reads like a command
STILL_WANTED = frozenset({"pause", "stop", "volume_mute", "alarm_cancel", "timer_cancel"})

Lists = dict[str, str]


@dataclass(frozen=True)
class Grammar:
    lists: Lists
    imperatives: dict[str, list[str]]  # by intent
    questions: dict[str, list[str]]
    sayings: dict[str, list[str]]
    frames: dict[str, list[str]]  # by section of grammar.txt


def _is_held_out(line: str) -> bool:
    return zlib.crc32(line.encode()) % HELD_OUT_ONE_IN == 0


def _sections(name: str, lists: Lists) -> Iterator[tuple[str, str]]:
    section = ""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            key, _, choices = line[1:].partition(" = ")
            lists[key] = "{" + choices + "}"
        elif line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            yield section, line


def _kept(lines: list[str], held_out: bool | None) -> list[str]:
    """The lines that are held out, or the others; all if there is no choice."""
    if held_out is None:
        return lines
    return [line for line in lines if _is_held_out(line) == held_out]


@functools.cache
def grammar(held_out: bool | None) -> Grammar:
    lists: Lists = {}
    kinds: dict[str, dict[str, list[str]]] = {"": {}, "? ": {}, "= ": {}}
    for label, line in _sections("commands.txt", lists):
        mark = line[:2] if line[:2] in kinds else ""
        kinds[mark].setdefault(label, []).append(line[len(mark) :])
    frames: dict[str, list[str]] = {}
    for section, line in _sections("grammar.txt", lists):
        frames.setdefault(section, []).append(line)

    def chosen(found: dict[str, list[str]]) -> dict[str, list[str]]:
        some = {name: _kept(lines, held_out) for name, lines in found.items()}
        return {name: lines for name, lines in some.items() if lines}

    # What is said as it stands is one line a label: no other is like it.
    return Grammar(lists, chosen(kinds[""]), chosen(kinds["? "]), kinds["= "], chosen(frames))


def indirect(question: str, r: random.Random) -> str:
    """A question as it stands inside another sentence."""
    found = re.match(r"(what|who|how|when|where|which \w+|what \w+)(?:'s| is) (.+)$", question)
    if found and r.random() < 0.6 and " it" not in f" {found[2]}"[:4]:
        return f"{found[1]} {found[2]} is"
    found = re.match(
        r"(is|are|will|do|does|can|am|should|have) (it|there|i|you|we) (.+)$", question
    )
    if found:
        verb = "" if found[1] in ("do", "does") else found[1] + " "
        return f"{r.choice(('if', 'whether'))} {found[2]} {verb}{found[3]}"
    found = re.match(r"(is|are) (.+) ((?:still )?\w+)$", question)
    if found:
        return f"{r.choice(('if', 'whether'))} {found[2]} {found[1]} {found[3]}"
    return question


class Commands:
    """Draws labeled texts."""

    def __init__(self, seed: int, held_out: bool | None) -> None:
        self.r = random.Random(seed)
        self.grammar = grammar(held_out)
        self.last = ""  # the command of the last pair

    def again(self) -> str:
        """The command of the last pair, asked for in another way."""
        return self._framed("accept", self.last)

    def _made(self, line: str) -> str:
        return filled(line, self.grammar.lists, self.r)

    def _framed(self, section: str, command: str, question: str = "") -> str:
        """A sentence of a section around a command, or around a question."""

        def put(match: re.Match[str]) -> str:
            if match[1] == "Q":
                return question
            if match[1] == "QS":
                return indirect(question, self.r)
            return inflected(command, match[1])

        return FORM.sub(put, self._made(self.r.choice(self.grammar.frames[section])))

    def _command(self, label: str) -> str:
        return self._made(self.r.choice(self.grammar.imperatives[label]))

    def pair(self) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
        """(text, label, kind) of something to obey, and of something like it to refuse."""
        r, g = self.r, self.grammar
        labels = sorted({*g.imperatives, *g.questions, *g.sayings})
        label = r.choice(labels)
        kinds = [
            kind
            for kind, has in (
                ("command", label in g.imperatives),
                ("question", label in g.questions),
                ("saying", label in g.sayings),
            )
            if has
        ]
        kind = r.choice([*kinds, *kinds[:1], *kinds[:1]])
        if kind == "saying":
            said = self._made(r.choice(g.sayings[label]))
            return (said, label, kind), self._alone()
        if kind == "question":
            question = self._made(r.choice(g.questions[label]))
            wanted = self._framed("accept-question", "", question)
            other = self._framed("reported-question", "", question)
            return (wanted, label, kind), (other, NONE, "reported-question")
        command = self.last = self._command(label)
        wanted = self._framed("accept", command)
        if r.random() < SHARE_ALONE:
            return (wanted, label, kind), self._alone()
        section = r.choices([*REFUSED], [*REFUSED.values()])[0]
        if label in STILL_WANTED and section == "negated":
            section = "reported"
        if section == "title":
            wanted, label = self._framed("played", command), PLAYED
        other = self._framed(section, command)
        if STOPPED.search(other):
            other, section = self._framed("reported", command), "reported"
        return (wanted, label, kind), (other, NONE, section)

    def _alone(self) -> tuple[str, str, str]:
        """What holds no command: chit-chat, and what nobody here can do."""
        section = self.r.choices([*ALONE], [*ALONE.values()])[0]
        if section == "other":
            text = self._made(self.r.choice(self.grammar.frames["other"]))
            if self.r.random() < 0.5 and not re.match(
                r"(who|what|when|where|why|how|help)\b", text
            ):
                text = self._framed("accept", text)
            return text, NONE, section
        return self._made(self.r.choice(self.grammar.frames["chat"])), NONE, section

    def texts(self) -> Iterator[tuple[str, str, str]]:
        """Without end; what is close to a held-out sentence is left out."""
        while True:
            for text, label, kind in self.pair():
                if self.r.random() < SHARE_CHAT_BESIDE and kind != "saying":
                    beside = self._made(self.r.choice(self.grammar.frames["chat"]))
                    text = f"{beside}. {text}"
                if not is_held_out_or_close(text):
                    yield text, label, kind
