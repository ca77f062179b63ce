"""What TextClassifier learns from labeled sets: the scores of docs/finetuning.md.

    python bench/finetune.py DATA [--sets intent/snips ...] [--per-label 5 10 0] [--seeds 0 1]

DATA holds folders KIND/NAME with train.jsonl.xz and, where there is one, validation.jsonl.xz, of
lines {"text": ..., "label": ...}. Without a validation file the texts whose SHA-256 is a multiple
of 10 are held out. Validation texts that stand in the training file, too, are left out. A set with
texts labeled "oos" tells what share of them is refused. Prints a line of JSON for each training.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bertlite_fast as bf

SETS = ("intent/banking77", "intent/hwu64", "intent/clinc150", "intent/snips", "classify/sms_spam")
UNKNOWN = "oos"


def digest(text: str, seed: int = 0) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}{text}".encode()).digest()[:8], "big")


def read(path: Path) -> list[tuple[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [(row["text"], row["label"]) for row in rows]


def split(folder: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    train = read(folder / "train.jsonl.xz")
    apart = folder / "validation.jsonl.xz"
    if apart.exists():
        seen = {text for text, _ in train}
        return train, [row for row in read(apart) if row[0] not in seen]
    held_out = [int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10 == 0 for text, _ in train]
    return (
        [row for row, held in zip(train, held_out) if not held],
        [row for row, held in zip(train, held_out) if held],
    )


def some(rows: list[tuple[str, str]], per_label: int, seed: int) -> list[tuple[str, str]]:
    """So many texts of each label, which a hash chooses; 0: all."""
    taken: dict[str, int] = {}
    found = []
    for row in sorted(rows, key=lambda row: digest(row[0], seed)):
        if not per_label or taken.get(row[1], 0) < per_label:
            taken[row[1]] = taken.get(row[1], 0) + 1
            found.append(row)
    return found


def exact_score(classifier: bf.TextClassifier, rows: list[tuple[str, str]]) -> float:
    """The score of the floats that training ended in, before they became a file in int8."""
    from bertlite_fast.finetune.rungs import Rungs

    learned = classifier._learned
    known = list(classifier.classes_)
    rungs = Rungs(classifier, [], [], known, more=[("", text) for text, _ in rows])
    trainer = rungs.trainer(learned.trained)
    for name, values in learned.tensors.items():
        trainer.write(name, values)
    logits, _ = trainer.evaluate(rungs.texts, rungs.unknown, loss=False)
    right: int = sum(known[row.index(max(row))] == label for row, (_, label) in zip(logits, rows))
    return 100 * right / len(rows)


def measure(
    folder: Path, per_label: int, seed: int, settings: dict[str, Any], *, fp32: bool
) -> dict[str, Any]:
    train, validation = split(folder)
    known = some([row for row in train if row[1] != UNKNOWN], per_label, seed)
    inside = [row for row in validation if row[1] != UNKNOWN]
    outside = [text for text, label in validation if label == UNKNOWN]
    classifier = bf.TextClassifier(random_state=seed, **settings)
    began = time.monotonic()
    classifier.fit([text for text, _ in known], [label for _, label in known])
    seconds = time.monotonic() - began
    score = classifier.score([text for text, _ in inside], [label for _, label in inside])
    more = {"fp32_score": round(exact_score(classifier, inside), 2)} if fp32 else {}
    classifier.refuse = True
    report = classifier.evaluate(
        [text for text, _ in inside] + outside,
        [label for _, label in inside] + [None] * len(outside),
    )
    return {
        "set": folder.name, "per_label": per_label, "seed": seed, "texts": len(known),
        "validation": len(inside), "score": round(100 * score, 2), "seconds": round(seconds, 1),
        "bytes": len(classifier._file),
        "ladder": {
            rung["trained"]: round(100 * rung["held_out_accuracy"], 2)
            for rung in classifier.ladder_ if "held_out_accuracy" in rung
        },
        "chosen": next(rung["trained"] for rung in classifier.ladder_ if rung["chosen"]),
        "threshold": classifier.threshold_,
        "known_pass": report["known_pass"], "unknown_pass": report["unknown_pass"],
        "everyday_pass": (classifier.refusal_ or {}).get("everyday_pass"),
        **more,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--per-label", nargs="+", type=int, default=[5, 10, 0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--trained", default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument(
        "--fp32", action="store_true", help="the score before int8, too; with --trained encoder"
    )
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in args.sets:
        for per_label in args.per_label:
            for seed in args.seeds:
                settings = {"trained": args.trained, "threads": args.threads}
                found = measure(args.data / name, per_label, seed, settings, fp32=args.fp32)
                print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
