"""Commands and what only sounds like them, made from commands.txt and grammar.txt.

Each command is made twice: once so that it is to be obeyed, and once with as little changed as
makes it something else: negated, reported, asked about, imagined, or the title of a song.  A line
of both files in eight is held out of training, so that templates that were never seen are scored.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .held_out import is_held_out_or_close
from .intents import NONE
from .requests import Requests
from .templates import filled
from .verbs import FORMS, inflected
from .written import is_wanted, lines_of

FOLDER = Path(__file__).parent
# A command in one of its forms, a question, or, behind an X, another command.
FORM = re.compile(rf"\b(X?)({'|'.join(FORMS)}|QS|Q)\b")
# How often a kind of sentence comes; what is refused without a command in it comes last.
REFUSED = {"negated": 22, "reported": 14, "past-question": 7, "hypothetical": 6, "title": 11}
ALONE = {"chat": 5, "other": 9}
SHARE_ALONE = 0.17
SHARE_CHAT_BESIDE = 0.06
SHARE_REAL = 0.4  # of the commands are what somebody asked for, if such are given
LEAST_REAL = 15  # of a label; fewer are often mistakes
SHARE_PLAIN = 0.2  # of the commands and questions are nothing else
SHARE_SEVERAL = 0.06
JOINED = (" and ", " and ", " then ", " and then ", ", ", ", and ", " and also ", " and please ")
# How probable the first of two commands of a text is: as a whole it is neither.
PART = 0.55
PLAIN = ("accept", "accept-question")
NEGATIONS = ("don't", "do not", "dont", "never", "please don't", "please do not")
LONGEST_TITLE, LONGEST_OTHER = 6, 8  # words
# "Stop playing" is an order.
STOPPED = re.compile(
    r"^(stop|quit|cease|hold off|no more|enough)\b.*\b(play|vacuum|clean|run)ing|ringing"
)
PLAYED = "play_music"  # what asks for a title that reads like a command
STILL_WANTED = frozenset({"pause", "stop", "volume_mute", "alarm_cancel", "timer_cancel"})

Lists = dict[str, str]
Label = str | tuple[tuple[str, float], ...]  # or how probable each of some is


@dataclass(frozen=True)
class Grammar:
    lists: Lists
    imperatives: dict[str, list[str]]  # by intent
    questions: dict[str, list[str]]
    sayings: dict[str, list[str]]
    wishes: dict[str, list[str]]
    frames: dict[str, list[str]]  # by section of grammar.txt


@functools.cache
def grammar(held_out: bool | None) -> Grammar:
    lists: Lists = {}
    kinds: dict[str, dict[str, list[str]]] = {"": {}, "? ": {}, "= ": {}, "~ ": {}}
    for label, line in lines_of(FOLDER / "commands.txt", lists):
        mark = line[:2] if line[:2] in kinds else ""
        kinds[mark].setdefault(label, []).append(line[len(mark) :])
    frames: dict[str, list[str]] = {}
    for section, line in lines_of(FOLDER / "grammar.txt", lists):
        frames.setdefault(section, []).append(line)

    def chosen(found: dict[str, list[str]]) -> dict[str, list[str]]:
        some = {
            name: [line for line in lines if is_wanted(line, held_out)]
            for name, lines in found.items()
        }
        return {name: lines for name, lines in some.items() if lines}

    # What is said as it stands is one line a label: no other is like it.
    return Grammar(
        lists,
        chosen(kinds[""]),
        chosen(kinds["? "]),
        kinds["= "],
        chosen(kinds["~ "]),
        chosen(frames),
    )


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

    def __init__(
        self,
        seed: int,
        held_out: bool | None,
        real: Requests | None = None,
        marks: Mapping[str, str] | None = None,
    ) -> None:
        self.r = random.Random(seed)
        self.marks = marks
        self.grammar = grammar(held_out)
        self.real = real or Requests()
        self.last = ""  # the command of the last pair
        self.labels = sorted(
            {*self.grammar.imperatives, *self.grammar.questions, *self.grammar.sayings}
        )

    def again(self) -> str:
        """The command of the last pair, asked for in another way."""
        return self._framed("accept", self.last)

    def _made(self, line: str) -> str:
        return filled(line, self.grammar.lists, self.r, self.marks)

    def _framed(self, section: str, command: str, question: str = "", label: str = "") -> str:
        """A sentence of a section around a command, or around a question."""

        def put(match: re.Match[str]) -> str:
            if match[2] == "Q":
                return question
            if match[2] == "QS":
                return indirect(question, self.r)
            return inflected(self._other(label) if match[1] else command, match[2])

        if section in PLAIN and self.r.random() < SHARE_PLAIN:
            return question or command
        if section == "negated" and self.r.random() < SHARE_PLAIN:
            return f"{self.r.choice(NEGATIONS)} {command}"
        return FORM.sub(put, self._made(self.r.choice(self.grammar.frames[section])))

    def _real(self, found: dict[str, list[str]], label: str) -> str:
        """What somebody asked for, now and then; "" otherwise."""
        some = found.get(label, ())
        if len(some) < LEAST_REAL or self.r.random() >= SHARE_REAL:
            return ""
        return self.r.choice(some)

    def _command(self, label: str) -> str:
        return self._real(self.real.commands, label) or self._made(
            self.r.choice(self.grammar.imperatives[label])
        )

    def _other(self, label: str) -> str:
        """A command with another intent."""
        other = self.r.choice([one for one in self.grammar.imperatives if one != label])
        found = self._command(other)
        if len(found.split()) <= LONGEST_OTHER:
            return found
        return self._made(self.r.choice(self.grammar.imperatives[other]))

    def pair(self) -> tuple[tuple[str, Label, str], tuple[str, Label, str]]:
        """(text, label, kind) of something to obey, and of something like it to refuse."""
        r, g = self.r, self.grammar
        label = r.choice(self.labels)
        kinds = [
            kind
            for kind, has in (
                ("command", label in g.imperatives),
                ("question", label in g.questions),
                ("wish", label in g.wishes),
                ("saying", label in g.sayings),
            )
            if has
        ]
        kind = r.choice([*kinds, *kinds[:1], *kinds[:1]])
        if kind == "saying":
            said = self._made(r.choice(g.sayings[label]))
            return (said, label, kind), self._alone()
        if kind == "wish":
            return self._wish_pair(label)
        if kind == "question":
            question = self._real(self.real.questions, label) or self._made(
                r.choice(g.questions[label])
            )
            wanted = self._framed("accept-question", "", question, label)
            other = self._framed("reported-question", "", question, label)
            return (wanted, label, kind), (other, NONE, "reported-question")
        return self._command_pair(label)

    def _wish_pair(self, label: str) -> tuple[tuple[str, Label, str], tuple[str, Label, str]]:
        """What is wished for, and a report of the same kind of thing, or what holds no wish."""
        wish = self._made(self.r.choice(self.grammar.wishes[label]))
        wanted = self._framed("accept-wish", "", wish, label)
        if self.r.random() < SHARE_ALONE or label not in self.grammar.imperatives:
            return (wanted, label, "wish"), self._alone()
        sections = ("negated", "negated", "reported", "past-question", "hypothetical")
        return (wanted, label, "wish"), self._refused(
            self.r.choice(sections), self._command(label), label
        )

    def _command_pair(self, label: str) -> tuple[tuple[str, Label, str], tuple[str, Label, str]]:
        r = self.r
        command = self.last = self._command(label)
        wanted, wanted_label = self._framed("accept", command, label=label), label
        if r.random() < SHARE_SEVERAL:
            return self._several(wanted, label), self._alone()
        if r.random() < SHARE_ALONE:
            return (wanted, label, "command"), self._alone()
        section = r.choices([*REFUSED], [*REFUSED.values()])[0]
        if section == "title" and len(command.split()) > LONGEST_TITLE:
            section = "reported"
        if section == "title":
            wanted, wanted_label = self._framed("played", command, label=label), PLAYED
        return (wanted, wanted_label, "command"), self._refused(section, command, label)

    def _refused(self, section: str, command: str, label: str) -> tuple[str, Label, str]:
        if label in STILL_WANTED and section == "negated":
            section = "reported"
        other = self._framed(section, command, label=label)
        if STOPPED.search(other):
            other, section = self._framed("reported", command, label=label), "reported"
        return other, NONE, section

    def _several(self, first: str, label: str) -> tuple[str, Label, str]:
        """Two commands in one sentence: none of them is all that the sentence asks for."""
        labels = [one for one in self.grammar.imperatives if one != label]
        other = self.r.choice(labels)
        text = first + self.r.choice(JOINED) + self._command(other)
        return text, ((label, PART), (other, 1 - PART)), "several"

    def _alone(self) -> tuple[str, Label, str]:
        """What holds no command: chit-chat, and what nobody here can do."""
        section = self.r.choices([*ALONE], [*ALONE.values()])[0]
        if section != "other":
            return self._made(self.r.choice(self.grammar.frames["chat"])), NONE, section
        if whole := self._real(self.real.whole, NONE):
            return whole, NONE, section
        text = self._real(self.real.commands, NONE) or self._made(
            self.r.choice(self.grammar.frames["other"])
        )
        if self.r.random() < 0.5 and not re.match(r"(who|what|when|where|why|how|help)\b", text):
            text = self._framed("accept", text, label=NONE)
        return text, NONE, section

    def texts(self) -> Iterator[tuple[str, Label, str]]:
        """Without end; what is close to a held-out sentence is left out."""
        while True:
            for text, label, kind in self.pair():
                if self.r.random() < SHARE_CHAT_BESIDE and kind != "saying":
                    beside = self._made(self.r.choice(self.grammar.frames["chat"]))
                    text = f"{beside}. {text}"
                if not is_held_out_or_close(text):
                    yield text, label, kind
