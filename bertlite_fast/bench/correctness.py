"""Whether this machine computes what all others do, before anything is measured."""

from __future__ import annotations

from .. import selftest
from .._native import check_isa
from ..errors import BertliteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .runner import Runner


def digest(answers: dict[str, int]) -> str:
    """One digest for the checksums of all models' outputs."""
    from hashlib import sha256

    lines = "".join(f"{name} {answers[name]:08x}\n" for name in sorted(answers))
    return sha256(lines.encode()).hexdigest()


def check(runner: Runner, isas: list[str]) -> dict[str, Any]:
    """The digest of each instruction set's outputs next to the one of this package."""
    wanted = selftest.expected()
    if not wanted:
        raise BertliteError(
            "this build has no embedded models, whose answers are measured; "
            "install bertlite-fast from a wheel."
        )
    found = {isa: _of(runner, isa, wanted) for isa in isas}
    return {
        "expected": digest(wanted),
        "isas": found,
        "correct": all(entry["correct"] for entry in found.values()),
    }


def _of(runner: Runner, isa: str, wanted: dict[str, int]) -> dict[str, Any]:
    try:
        answer = runner.ask(isa, "digest")
        answers = {str(name): int(value) for name, value in answer["answers"].items()}
        check_isa(isa)
    except (BertliteError, AttributeError, KeyError, TypeError, ValueError) as error:
        return {"digest": None, "correct": False, "problem": str(error)}
    wrong = [n for n in sorted({*answers, *wanted}) if answers.get(n) != wanted.get(n)]
    if wrong:
        problem = f"the outputs differ from those of other machines: {', '.join(wrong)}."
        return {"digest": digest(answers), "correct": False, "problem": problem}
    return {"digest": digest(answers), "correct": True, "problem": None}
