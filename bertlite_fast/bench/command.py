"""The run from start to end: correctness first, then measurements in turn."""

from __future__ import annotations

import time

from .. import __version__
from .._native import available_isas
from ..errors import BertliteError
from . import correctness, derived, machine, plan, sensors
from .document import VERSION, upgraded, without_paths
from .processes import Worker
from .progress import Progress
from .runner import Runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def measure(
    options: plan.Options,
    *,
    board: str | None = None,
    price: str | None = None,
    watts: float | None = None,
    show_progress: bool = True,
    files: sensors.Files | None = None,
    start: Callable[[str], Worker] = Worker,
) -> dict[str, Any]:
    """Everything that is measured on this machine, as a document of schema.json."""
    files = files or sensors.Files()
    facts = machine.facts(files)
    if board:
        facts["board"] = board
    before = sensors.state(files)
    begun = time.monotonic()
    found = _run(options, facts, machine.fastest_cores(files), show_progress, start)
    found["settings"]["took_seconds"] = round(max(0.0, time.monotonic() - begun), 1)
    after = sensors.state(files)
    isa = found["settings"]["isa"]
    backward = found.pop("backward")
    document = {
        "schemaVersion": VERSION,
        "tool": {"name": "bertlite-fast", "version": __version__},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": facts,
        "given": {"price": price, "watts": watts},
        "sensors": {"before": before, "after": after},
        "stability": derived.stability(found["results"], isa, facts, before, after, backward),
        **found,
    }
    return upgraded(without_paths(document), "the result")


def _run(
    options: plan.Options,
    facts: dict[str, Any],
    cores: list[int] | None,
    show_progress: bool,
    start: Callable[[str], Worker],
) -> dict[str, Any]:
    """What the workers found: settings, correctness, results."""
    isas = available_isas()
    with (
        Progress(options.seconds, show_progress) as progress,
        Runner(options, progress, cores, start) as runner,
    ):
        progress.step("comparing answers")
        correct = correctness.check(runner, isas)
        working = [isa for isa in isas if correct["isas"][isa]["correct"]] or isas[-1:]
        items = plan.items(options, working, facts["cpu_usable"], facts["mem_bytes"])
        rounds = runner.run(items)
        clock, shape = _worker_facts(runner, working[-1])
    results = derived.summarize([r for item in items for r in item.records.values()])
    best = working[-1]
    limit = derived.limit_shares(results, best, shape) if shape else []
    return {
        "settings": {
            "seconds": options.seconds,
            "quick": options.quick,
            "rounds_planned": options.rounds,
            "rounds_complete": rounds,
            "isa": best,
            "isas": isas,
            "pinned_cores": cores,
        },
        "clock": clock,
        "correctness": correct,
        "results": results,
        "derived": {"stages": derived.stages(results, best), "limit": limit},
        "missing": runner.missing,
        "backward": runner.backward,
    }


def _worker_facts(runner: Runner, isa: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The clock and the compared model's size; neither is worth failing for."""
    try:
        return runner.ask(isa, "clock"), runner.ask(isa, "shape")
    except BertliteError:
        return {"name": "time.perf_counter", "step_ns": None, "cost_ns": None}, {}
