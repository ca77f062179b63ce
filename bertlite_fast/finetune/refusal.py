"""Below which probability an answer is refused: found on texts that were held out, and on texts
that belong to no label."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

KEPT = 0.95  # of known texts, at least, unless the user says otherwise
UNCALIBRATED = 0.5  # the threshold where nothing could be held out


def share_to_keep(refuse: bool | float) -> float:
    """The share of known texts that has to pass."""
    return KEPT if isinstance(refuse, bool) else float(refuse)


def calibrated(
    known: Sequence[float], unknown: Sequence[float], groups: Sequence[str], keep: float
) -> dict[str, Any]:
    """The threshold that tells known texts from unknown ones best, of those that let a share of
    the known ones pass.

    known, unknown: probabilities of the best labels; groups: where each unknown text is from. All
    groups count alike, however many texts they have.
    """
    weight = {group: 1.0 / groups.count(group) for group in set(groups)}
    events = sorted(
        [(score, 1.0 / len(known), 0.0) for score in known]
        + [(score, 0.0, weight[group] / len(weight)) for score, group in zip(unknown, groups)]
    )
    passing, refused = 1.0, 0.0
    best, threshold = -1.0, 0.0
    before = 0.0
    at = 0
    while at < len(events):
        score = events[at][0]
        if passing < keep - 1e-9:
            break
        if passing + refused > best + 1e-12:  # halfway between the scores on both sides
            best, threshold = passing + refused, (before + score) / 2 if at else 0.0
        while at < len(events) and events[at][0] == score:
            passing -= events[at][1]
            refused += events[at][2]
            at += 1
        before = score
    threshold = round(threshold, 6)
    found: dict[str, Any] = {
        "threshold": threshold,
        "known": len(known),
        "known_pass": sum(score >= threshold for score in known) / max(1, len(known)),
        "unknown": len(unknown),
    }
    for group in sorted(weight):
        scores = [score for score, other in zip(unknown, groups) if other == group]
        found[f"{group}_pass"] = sum(score >= threshold for score in scores) / len(scores)
    return found
