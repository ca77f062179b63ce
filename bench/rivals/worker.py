"""A process with one rival in it.

    python -m rivals.worker

reads a request on each line of standard input and answers each with a line, both JSON. What a rival
prints goes to standard error, so that it cannot be taken for an answer. With three arguments
(FUNCTION, its settings as JSON, and a request with a folder and a text) it opens the rival, prints
one answer, and ends: what a cold start is measured with.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Request = dict[str, Any]

MOST_SAMPLES = 20_000

_answer: list[Callable[[Any], Any]] = []


def function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), attribute)
    return found


def _path(request: Request) -> Any:
    from pathlib import Path

    return Path(request["folder"])


def build(request: Request) -> Request:
    function(request["function"])(_path(request))
    return {"built": True}


def start(request: Request) -> Request:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    _answer[:] = [function(request["function"])(_path(request), **request["settings"])]
    return {"versions": {name: _version(name) for name in request["packages"]}}


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def outputs(request: Request) -> Request:
    """The answers as flat lists of numbers."""
    return {"outputs": [numbers(_answer[0](text)) for text in request["texts"]]}


def numbers(value: Any) -> list[float]:
    """Every number of an answer, in order; of a pipeline's classes those of label 0, 1, ..."""
    if isinstance(value, dict) and "label" in value:
        return [float(value["score"])]
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], dict) and "label" in value[0]:
            value = sorted(value, key=lambda entry: str(entry["label"]))
        return [number for item in value for number in numbers(item)]
    return [float(value)] if isinstance(value, (int, float)) else []


def measure(request: Request) -> Request:
    """Microseconds of a text: of passes over all texts, or of calls with all of them.

    core: the share of the time in which this process had a core."""
    call, texts, clock = _answer[0], request["texts"], time.perf_counter
    whole = [texts] if request["together"] else texts
    for text in whole:  # what ran in between has displaced it from the caches
        call(text)
    samples = []
    used, started = time.process_time(), clock()
    end = started + request["seconds"]
    while True:
        begun = clock()
        for text in whole:
            call(text)
        done = clock()
        samples.append((done - begun) / len(texts) * 1e6)
        if done >= end or len(samples) >= MOST_SAMPLES:
            core = (time.process_time() - used) / (clock() - started)
            return {"samples": sorted(samples), "core": core}


OPERATIONS = {f.__name__: f for f in (build, start, outputs, measure)}


def answered(line: str) -> Request:
    try:
        request = json.loads(line)
        return OPERATIONS[request["op"]](request)
    except ImportError as error:
        return {"error": f"not installed: {error}", "missing": True}
    except MemoryError:
        return {"error": "out of memory"}
    except BaseException as error:  # a rival may even call exit
        text = " ".join(str(error).split())[:300]
        return {"error": f"{type(error).__name__}: {text}"}


def main() -> None:
    # Libraries print, and some write to the descriptor itself.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if len(sys.argv) > 1:
        name, settings, request = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
        answer = function(name)(_path(request), **settings)(request["text"])
        out.write(f"{str(answer)[:40]!r}\n")
        out.flush()
        return
    for line in sys.stdin:
        out.write(json.dumps(answered(line)) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
