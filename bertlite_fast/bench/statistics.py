"""Medians, percentiles, and how far rounds disagree. Outliers are never dropped."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

QUANTILES = {"p5": 0.05, "median": 0.5, "p95": 0.95, "p99": 0.99}


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies, between two of them linearly.

    >>> quantile([1.0, 2.0, 4.0], 0.75)
    3.0
    """
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    lower = int(position)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (position - lower)


def median(values: Sequence[float]) -> float:
    return quantile(values, 0.5)


def summary(values: Sequence[float]) -> dict[str, float]:
    """The quantiles that are reported, with the extremes."""
    found = {name: quantile(values, share) for name, share in QUANTILES.items()}
    return {"min": min(values), **found, "max": max(values)}


def disagreement(rounds: Sequence[Sequence[float]]) -> float | None:
    """How far the medians of rounds lie from their own median: the mean distance, as a share.

    None if there are fewer than three rounds, from which nothing can be concluded. Rounds lie
    seconds apart, so this notices what changes slowly: frequencies, heat, other programs.
    """
    medians = [median(samples) for samples in rounds if samples]
    if len(medians) < 3:
        return None
    middle = median(medians)
    if middle <= 0:
        return None
    return sum(abs(value - middle) for value in medians) / len(medians) / middle
