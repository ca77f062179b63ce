"""What this installation has: versions, models, a self-test, completion for shells."""

from __future__ import annotations

import os
import sys

from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from ..screen import Screen


class Info(Command):
    examples = (
        "bertlite-fast info",
        "bertlite-fast info --behavior",
        "bertlite-fast info --selftest",
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="a line of JSON")
        parser.add_argument(
            "--selftest",
            action="store_true",
            help="run every kernel and embedded model, and compare each output's bytes",
        )

        parser.add_argument(
            "--behavior",
            action="store_true",
            help="how the models do on negated, misspelled, distant ...: scores and failures",
        )

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        if args.selftest:
            return self_test(screen)
        if args.behavior:
            return show_behavior(screen)
        facts = installed()
        if screen.as_json:
            screen.json(facts)
        else:
            self._show(facts, screen)
        return 0

    def _show(self, facts: dict[str, Any], screen: Screen) -> None:
        screen.row(
            f"bertlite_fast {facts['version']}, Python {facts['python']} "
            f"on {facts['system']} {facts['machine']}"
        )
        available = ", ".join(facts["available"])
        screen.row(f"instruction set: {facts['instruction_set']} (of {available})")
        screen.row(f"models by name are looked up in {facts['cache']}")
        screen.row("embedded models:")
        for model in facts["embedded_models"]:
            screen.row(f"  {model['name']:20} {model['bytes'] / 1000:7.0f} KB  {model['what']}")
            for score in [*model["scores"], *model["behavior"]]:
                screen.row(f"  {'':20}             {score}")


def installed() -> dict[str, Any]:
    import platform

    from ... import __version__, active_isa, available_isas, hub

    return {
        "version": __version__,
        "instruction_set": active_isa(),
        "available": available_isas(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cache": hub.cache(),
        "embedded_models": embedded_models(),
    }


def embedded_models() -> list[dict[str, Any]]:
    from ... import embedded

    card = embedded.card().get("models", {})
    classes = embedded.behavior().get("classes", {}).values()
    return [
        {
            "name": embedded.PREFIX + name,
            "bytes": os.path.getsize(embedded.path_of(name)),
            "what": card.get(name, {}).get("what", ""),
            "scores": card.get(name, {}).get("scores", []),
            "behavior": _summary([one for one in classes if one["model"] == name]),
        }
        for name in embedded.names()
    ]


def _reaches(one: dict[str, Any]) -> bool:
    """Whether a class of cases reaches its aim: of valid commands, so many have to be accepted."""
    reached: bool = one.get("accepted", one["right"]) >= one["aim"]
    return reached


def _summary(classes: list[dict[str, Any]]) -> list[str]:
    """A line that says how many classes of the behavior sets reach their aim."""
    aimed = [one for one in classes if "aim" in one]
    if not aimed:
        return []
    reached = sum(map(_reaches, aimed))
    return [f"behavior: {reached} of {len(aimed)} classes reach their aim (info --behavior)"]


def show_behavior(screen: Screen) -> int:
    """The scores of the behavior sets, and a few of the cases that fail."""
    from ... import embedded

    found = embedded.behavior()
    if screen.as_json:
        screen.json(found)
        return 0
    for one in found.get("classes", {}).values():
        aim = f", aim {one['aim']:g} %" if "aim" in one else ""
        accepted = f"accepted {one['accepted']:.1f} %, " if "accepted" in one else ""
        screen.row(f"{one['title']}: {accepted}right {one['right']:.1f} % of {one['cases']}{aim}")
        for failure in one.get("fails", []):
            screen.row(f"    {failure['text']} -> {failure['answer']}")
    for model, error in found.get("calibration_error", {}).items():
        screen.row(f"expected calibration error of {model}: {error:.3f}")
    return 0


def self_test(screen: Screen) -> int:
    """The self-test of the package, whose lines go through the screen."""
    from contextlib import redirect_stdout

    from ... import selftest

    report = _Report(screen)
    with redirect_stdout(report):  # type: ignore[type-var]
        status = selftest.run()
    if screen.as_json:
        screen.json({"passed": status == 0, "report": report.lines})
    return status


class _Report:
    """Takes what is printed: shows it line by line, or keeps it for JSON."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.lines: list[str] = []
        self.text = ""
        self.stdout = sys.stdout

    def write(self, text: str) -> None:
        *lines, self.text = (self.text + text).split("\n")
        self.lines += lines
        if not self.screen.as_json:
            for line in lines:
                self._show(line)

    def _show(self, line: str) -> None:
        report, sys.stdout = sys.stdout, self.stdout
        try:
            self.screen.row(line)
        finally:
            sys.stdout = report

    def flush(self) -> None:
        pass


SHELLS = {
    "bash": "complete -W '{words}' -o default bertlite-fast",
    "zsh": 'compdef \'_arguments "1:command:({words})" "*:file:_files"\' bertlite-fast',
    "fish": "complete -c bertlite-fast -n '__fish_use_subcommand' -a '{words}'",
}


class Completion(Command):
    examples = ("bertlite-fast completion bash >> ~/.bashrc",)

    @property
    def description(self) -> str:
        return "Prints a line for the shell's start-up file."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("shell", choices=list(SHELLS))
        parser.add_argument("--json", action="store_true", help="a line of JSON")

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from . import COMMANDS

        line = SHELLS[args.shell].format(words=" ".join(COMMANDS))
        if screen.as_json:
            screen.json({"shell": args.shell, "line": line})
        else:
            screen.row(line)
        return 0
