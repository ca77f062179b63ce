"""The scores of all classes."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass

from .case import Case, Verdict
from .classes import CLASSES, ERROR_OF_CALIBRATION, FALLS, JUDGES
from .judges import Open
from .positions import BUCKETS, bucket_name

BINS = 10
CALIBRATED = (
    "intent",
    "sentiment",
    "emotion",
    "qa",
    "ner",
)  # models whose scores are probabilities
# Points of a case are kept as a character: so many parts make whole halves, thirds, fifths.
MARKS = 60
ALPHABET = string.digits + string.ascii_letters


@dataclass(frozen=True)
class Row:
    """A class's cases with the verdicts on them."""

    name: str
    cases: list[Case]
    verdicts: list[Verdict]

    @property
    def right(self) -> float:
        return percentage(sum(v.points for v in self.verdicts), len(self.verdicts))

    @property
    def accepted(self) -> float:
        return percentage(sum(v.accepted for v in self.verdicts), len(self.verdicts))

    @property
    def digits(self) -> str:
        """The points of each case, as a character."""
        return "".join(ALPHABET[round(MARKS * v.points)] for v in self.verdicts)

    def failures(self) -> list[tuple[Case, str]]:
        return [(c, v.said) for c, v in zip(self.cases, self.verdicts) if v.points < 1]


def percentage(part: float, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def judged(name: str, cases: list[Case], opened: Open) -> Row:
    judge = JUDGES[CLASSES[name].model]
    return Row(name, cases, [judge(case, opened) for case in cases])


def score(opened: Open, names: Iterable[str] = CLASSES) -> dict[str, Row]:
    return {name: judged(name, CLASSES[name].cases(), opened) for name in names}


def calibration_error(sure: list[tuple[float, bool]]) -> float:
    """The expected calibration error: how far scores are from the share that is right."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for value, is_right in sure:
        bins[min(BINS - 1, int(BINS * value))].append((value, is_right))
    gaps = (abs(sum(v for v, _ in one) - sum(is_right for _, is_right in one)) for one in bins)
    return sum(gaps) / len(sure) if sure else 0.0


def calibration_errors(rows: dict[str, Row]) -> dict[str, float]:
    found = {}
    for model in CALIBRATED:
        sure = [
            pair
            for name, row in rows.items()
            if CLASSES[name].model == model
            for verdict in row.verdicts
            for pair in verdict.sure
        ]
        if sure:
            found[model] = calibration_error(sure)
    return found


def by_position(rows: dict[str, Row]) -> dict[str, list[float]]:
    """For each kind of target, its score in each bucket."""
    parts = [bucket_name(bucket) for bucket in BUCKETS]
    return {
        name: [rows[f"{name} {part}"].right for part in parts]
        for name in FALLS
        if all(f"{name} {part}" in rows for part in parts)
    }


def value(name: str, row: Row) -> float:
    """What a class's aim is compared with."""
    return row.accepted if CLASSES[name].beside else row.right


def missed(rows: dict[str, Row]) -> list[str]:
    """The aims that are missed, in words."""
    found = [
        f"{CLASSES[name].title}: {value(name, row):.1f}, expected {CLASSES[name].aim:g}"
        for name, row in rows.items()
        if value(name, row) < (CLASSES[name].aim or 0.0)
    ]
    for name, (first, *_, last) in by_position(rows).items():
        if first - last > FALLS[name]:
            found.append(f"{name}: falls from {first:.1f} to {last:.1f}")
    for model, error in calibration_errors(rows).items():
        if error > ERROR_OF_CALIBRATION:
            found.append(f"expected calibration error of {model}: {error:.3f}")
    return found
