"""Final scores beside PyTorch's, with the same recipe from the same weights: a table of means.

    python bench/finetune_parity.py DATA RESULTS [SET ...] [--seeds 3] [--threads 1] [--write]

Trains what bench/finetune_tasks.py trains, each set and seed with both, and adds a line of JSON to
RESULTS for each training; what stands there already is not trained again, so a run can be
interrupted. --write puts the table of what RESULTS holds into docs/finetuning.md, and trains
nothing. A set is in the table once both have scores for the same seeds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT)]

from turns import processor

PAGE = ROOT / "docs/finetuning.md"
# What is compared of a set's scores.
SCORES = {
    "uci": ("accuracy", "right answers"),
    "wikigold": ("f1", "entity F1"),
    "snips": ("accuracy", "right answers"),
    "clinc150": ("accuracy", "right answers"),
    "ud_ewt": ("accuracy", "right tags"),
    "qamr": ("f1", "F1 of words"),
}


def train(args: argparse.Namespace) -> None:
    import finetune_tasks

    known = {(row["set"], row["who"], row["seed"]) for row in rows_of(args.results)}
    for seed in range(args.seeds):
        for name in args.sets:
            for who in finetune_tasks.WHO:
                if (name, who, seed) in known:
                    continue
                scores, seconds = finetune_tasks.trained(args.data, name, who, seed, args)
                row = {"set": name, "who": who, "seed": seed, "seconds": round(seconds, 1),
                       "machine": processor(), **scores}  # fmt: skip
                with args.results.open("a", encoding="utf-8") as file:
                    print(json.dumps(row), file=file)
                print(json.dumps(row), flush=True)


def rows_of(results: Path) -> list[dict[str, Any]]:
    if not results.exists():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| set | what | seeds | bertlite_fast | PyTorch | difference |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, (key, what) in SCORES.items():
        found = {
            who: {row["seed"]: 100 * row[key] for row in rows if (row["set"], row["who"]) == of}
            for who in ("bertlite_fast", "PyTorch")
            for of in [(name, who)]
        }
        seeds = sorted(set(found["bertlite_fast"]) & set(found["PyTorch"]))
        if not seeds:
            continue
        ours, theirs = ([found[who][seed] for seed in seeds] for who in found)
        shown = [
            f"{statistics.mean(one):.2f} ({min(one):.2f} to {max(one):.2f})"
            for one in (ours, theirs)
        ]
        difference = statistics.mean(ours) - statistics.mean(theirs)
        lines.append(
            f"| {name} | {what} | {len(seeds)} | {' | '.join(shown)} | {difference:+.2f} |"
        )
    machines = ", ".join(sorted({row["machine"] for row in rows}))
    return f"{machines}; means, and the least and the most of the seeds:\n\n" + "\n".join(lines)


def write_part(name: str, text: str) -> None:
    """What stands between two marks of docs/finetuning.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(f"<!-- {name} -->\n", 1)
    end = f"<!-- end of {name} -->\n"
    after = rest.split(end, 1)[1]
    page = f"{before}<!-- {name} -->\n\n{text}\n\n{end}{after}"
    PAGE.write_text(page, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("sets", nargs="*", default=[*SCORES], metavar="SET")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="only write the table")
    args = parser.parse_args()
    args.epochs = args.base = args.most = None
    if args.write:
        write_part("parity", table(rows_of(args.results)))
    else:
        train(args)


if __name__ == "__main__":
    main()
