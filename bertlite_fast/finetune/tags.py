"""Tags of words: schemes of entities, and counting entities."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

OUTSIDE = "O"
BEGINS, GOES_ON = "BSU", "IMEL"  # of BIO, IO, BIOES, BMES, BILOU


def is_of_entities(labels: Iterable[str]) -> bool:
    """Whether labels are O and kinds of entities with a prefix, such as B-PER and I-PER."""
    others = [label for label in labels if label != OUTSIDE]
    return bool(others) and all(
        label[:1] in BEGINS + GOES_ON and label[1:2] == "-" and len(label) > 2 for label in others
    )


def plain(tags: Sequence[str]) -> list[str]:
    """Tags of any scheme of entities in B- and I-, which pipelines know."""
    return [tag if tag == OUTSIDE else ("B" if tag[0] in BEGINS else "I") + tag[1:] for tag in tags]


def inside(tag: str) -> str:
    """The tag of a word that goes on with an entity which a word of this tag began."""
    return "I" + tag[1:] if tag.startswith("B-") else tag


def entities_of(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """(kind, first word, word after the last) of each entity, counted as in CoNLL's evaluation."""
    found: set[tuple[str, int, int]] = set()
    kind, first = "", 0
    for at, tag in enumerate([*tags, OUTSIDE]):
        goes_on = kind and tag == f"I-{kind}"
        if kind and not goes_on:
            found.add((kind, first, at))
            kind = ""
        if tag != OUTSIDE and not goes_on:
            kind, first = tag[2:], at
    return found


def _measures(right: int, given: int, wanted: int) -> dict[str, float]:
    return {
        "precision": right / given if given else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (given + wanted) if given + wanted else 0.0,
    }


def report_of_entities(
    wanted: Sequence[Sequence[str]], found: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Precision, recall and F1 of whole entities, over all and for each kind."""
    counts: dict[str, list[int]] = {}
    for tags, guesses in zip(wanted, found):
        right_ones, given = entities_of(tags), entities_of(guesses)
        for which, group in enumerate((right_ones & given, given, right_ones)):
            for kind, _, _ in group:
                counts.setdefault(kind, [0, 0, 0])[which] += 1
    total = [sum(count[i] for count in counts.values()) for i in range(3)]
    kinds = {
        kind: {**_measures(*count), "entities": count[2]} for kind, count in sorted(counts.items())
    }
    return {**_measures(*total), "entities": total[2], "labels": kinds}


def report_of_tags(
    wanted: Sequence[Sequence[str]], found: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """For each tag its precision, recall and F1 over words."""
    counts: dict[str, list[int]] = {}
    for tags, guesses in zip(wanted, found):
        for tag, guess in zip(tags, guesses):
            counts.setdefault(tag, [0, 0, 0])[2] += 1
            counts.setdefault(guess, [0, 0, 0])[1] += 1
            counts[tag][0] += tag == guess
    labels = {
        tag: {**_measures(*count), "words": count[2]} for tag, count in sorted(counts.items())
    }
    present = [values["f1"] for values in labels.values() if values["words"]]
    return {"macro_f1": sum(present) / max(1, len(present)), "labels": labels}


def accuracy(wanted: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> float:
    """The share of words whose tag is right."""
    right = sum(a == b for tags, guesses in zip(wanted, found) for a, b in zip(tags, guesses))
    return right / max(1, sum(map(len, wanted)))
