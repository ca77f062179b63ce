"""Scores as a table, as JSON for the package, and as a section of docs/models.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bertlite_fast import embedded
from bertlite_fast.files import write_atomically
from training.release.document import between_marks

from .case import Case
from .classes import CLASSES, FALLS, MODEL_OF
from .positions import BUCKETS, bucket_name
from .scoring import Row, by_position, calibration_errors, value

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/models.md"
# Beside the weights, for `bertlite-fast info --behavior`; the digits are for the test alone.
PACKAGED = Path(embedded.FOLDER) / "behavior.json"
DIGITS = Path(__file__).parent / "verdicts.json"
EXAMPLES = 2  # failures of each class that the document shows
LONGEST = 70  # letters of a text there
POSITIONED = tuple(f"{name} {bucket_name(bucket)}" for name in FALLS for bucket in BUCKETS)

Beside = dict[str, float]  # the scores of another model, for some classes


def shortened(text: str) -> str:
    """The end of a long text: there is what was looked for."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"… {text[-LONGEST:]}"


def told(case: Case, said: str) -> str:
    right = ", ".join(case.rest if case.right == ("paraphrase",) else case.right)
    return f"{case.text!r} -> {said}; right: {right or '(no answer)'}"


def line_of(name: str, row: Row, beside: Beside) -> str:
    one = CLASSES[name]
    aim = f"{one.aim:5.0f}" if one.aim else " " * 5
    missed = "!" if one.aim and value(name, row) < one.aim else " "
    accepted = f"  accepted {row.accepted:5.1f}" if one.beside else ""
    other = f"  other model {beside[name]:5.1f}" if name in beside else ""
    return f"{missed} {one.title:52} {len(row.cases):4} {row.right:6.1f} {aim}{accepted}{other}"


def text_lines(rows: dict[str, Row], beside: Beside, with_failures: bool) -> list[str]:
    found = [f"  {'class':52} {'of':>4} {'right':>6} {'aim':>5}"]
    for name, row in rows.items():
        found.append(line_of(name, row, beside))
        if with_failures:
            found += [f"      {told(case, said)}" for case, said in row.failures()]
    for model, error in calibration_errors(rows).items():
        found.append(f"  expected calibration error of {model}: {error:.3f}")
    return found


def as_json(rows: dict[str, Row], beside: Beside) -> dict[str, Any]:
    """What the package tells of its models."""
    classes = {}
    for name, row in rows.items():
        one = CLASSES[name]
        model = MODEL_OF.get(one.model, one.model)
        classes[name] = {
            "title": one.title,
            "test": one.test,
            "model": model,
            "cases": len(row.cases),
            "right": round(row.right, 1),
        }
        if one.beside:
            classes[name]["accepted"] = round(row.accepted, 1)
        if one.aim:
            classes[name]["aim"] = one.aim
        if name in beside:
            classes[name]["all-MiniLM-L6-v2"] = round(beside[name], 1)
        if name not in POSITIONED:
            classes[name]["fails"] = [
                {"text": shortened(case.text), "answer": said}
                for case, said in spread(row.failures())
            ]
    errors = {model: round(error, 3) for model, error in calibration_errors(rows).items()}
    return {"classes": classes, "calibration_error": errors}


def spread(failures: list[tuple[Case, str]]) -> list[tuple[Case, str]]:
    """Some of the failures, from different parts of the list."""
    step = max(1, len(failures) // EXAMPLES)
    return failures[::step][:EXAMPLES]


def class_rows(rows: dict[str, Row], beside: Beside) -> list[str]:
    found = [
        "| class | test | cases | right | aim | fails, for example |",
        "|---|---|---:|---:|---:|---|",
    ]
    for name, row in rows.items():
        if name in POSITIONED:
            continue
        one = CLASSES[name]
        right = f"{row.right:.1f}"
        if one.beside:
            right = f"accepted {row.accepted:.1f}, right {right}"
        if name in beside:
            right += f" (MiniLM {beside[name]:.1f})"
        examples = "; ".join(
            f"{shortened(case.text)} → {said}" for case, said in spread(row.failures())
        )
        aim = f"{one.aim:g}" if one.aim else ""
        safe = examples.replace("|", "/")
        found.append(f"| {one.title} | {one.test} | {len(row.cases)} | {right} | {aim} | {safe} |")
    return found


def position_rows(rows: dict[str, Row]) -> list[str]:
    heads = " | ".join(bucket_name(bucket) for bucket in BUCKETS)
    found = [f"| target after so many tokens | {heads} | may fall by |", "|---|" + "---:|" * 5]
    for name, scores in by_position(rows).items():
        shown = " | ".join(f"{score:.1f}" for score in scores)
        found.append(f"| {name.removesuffix(' by position')} | {shown} | {FALLS[name]:g} |")
    return found


def document_lines(rows: dict[str, Row], beside: Beside) -> list[str]:
    errors = ", ".join(f"{m} {error:.3f}" for m, error in calibration_errors(rows).items())
    return [
        *class_rows(rows, beside),
        "",
        *position_rows(rows),
        "",
        f"Expected calibration error on these cases: {errors}.",
    ]


def write(rows: dict[str, Row], beside: Beside) -> None:
    """The package's file, the document's section, and what the test compares with."""
    packaged = json.dumps(as_json(rows, beside), indent=1, ensure_ascii=False)
    write_atomically(PACKAGED, packaged + "\n")
    digits = {name: row.digits for name, row in rows.items()}
    write_atomically(DIGITS, json.dumps(digits, indent=1) + "\n")
    text = DOCUMENT.read_text(encoding="utf-8")
    lines = document_lines(rows, beside)
    write_atomically(DOCUMENT, between_marks(text, "behavior", lines))
