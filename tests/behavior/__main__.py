"""Scores the embedded models on all behavior sets.

    python -m tests.behavior                      a table: class, cases, right, aim
    python -m tests.behavior --only negated       one class; --list names them
    python -m tests.behavior --failures           every case that fails, with its answer
    python -m tests.behavior --cases              every case, as JSON lines
    python -m tests.behavior --write              docs/models.md and the package's behavior.json
    python -m tests.behavior --against DATA       cases that are also in a training set

The exit code is 1 if an aim is missed.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import sys
from pathlib import Path
from typing import Any

from . import report
from .classes import CLASSES
from .judges import Open, embedded_models
from .origins import repeated
from .scoring import missed, score

VECTORS = ("near misses", "zero-shot")  # classes that a model of others can be scored on


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.behavior",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="CLASS", choices=list(CLASSES))
    parser.add_argument("--list", action="store_true", help="the names of the classes")
    parser.add_argument("--failures", action="store_true", help="every case that fails")
    parser.add_argument("--cases", action="store_true", help="every case, as JSON lines")
    parser.add_argument("--json", action="store_true", help="the scores as JSON")
    parser.add_argument(
        "--write", action="store_true", help="write the scores where users read them"
    )
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="other models, by file name")
    parser.add_argument(
        "--beside", metavar="MODEL", help="a model of sentences as vectors to score as well"
    )
    parser.add_argument("--against", type=Path, metavar="DATA", help="look for cases in DATA")
    return parser.parse_args()


def other_model(folder: str) -> Open:
    from bertlite_fast import pipeline

    made: Any = functools.lru_cache(lambda task: pipeline(task, folder))
    return lambda task, model: made(task)


def in_folder(folder: Path) -> Open:
    from bertlite_fast import pipeline

    made: Any = functools.lru_cache(
        lambda task, model: pipeline(task, folder / f"{model}.bertlite")
    )
    return lambda task, model: made(task, model)


def main() -> int:
    args = arguments()
    names = args.only or list(CLASSES)
    if args.list:
        print("\n".join(names))
        return 0
    if args.cases:
        for name in names:
            for case in CLASSES[name].cases():
                print(json.dumps({"class": name, **dataclasses.asdict(case)}, ensure_ascii=False))
        return 0
    if args.against:
        found = repeated(args.against)
        print("\n".join(found) or "no case is in a training set.")
        return int(bool(found))
    if args.write and args.only:
        print("tests.behavior: --write needs all classes: leave out --only.", file=sys.stderr)
        return 2
    rows = score(in_folder(args.weights) if args.weights else embedded_models, names)
    beside = {}
    if args.beside:
        others = score(other_model(args.beside), [name for name in VECTORS if name in names])
        beside = {name: row.right for name, row in others.items()}
    if args.write:
        report.write(rows, beside)
    if args.json:
        print(json.dumps(report.as_json(rows, beside), ensure_ascii=False))
    else:
        print("\n".join(report.text_lines(rows, beside, args.failures)))
    return int(bool(missed(rows)))


if __name__ == "__main__":
    sys.exit(main())
