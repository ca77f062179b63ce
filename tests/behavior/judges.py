"""What a model says to a case, and whether that is right; all through the public API."""

from __future__ import annotations

import functools
from typing import Any, Callable

from bertlite_fast.errors import InputError
from training.release.statistics import answer_words

from .case import REFUSED, Case, Verdict

Open = Callable[[str, str], Any]  # a task, an embedded model's name; returns a pipeline
NEUTRAL = (0.3, 0.7)  # the probability of "positive" where people would disagree
OVERLAP = 0.5  # of the characters of two spans that are one slot
TOP = 5  # words of fill-mask that count
ALL = len("PER")  # letters by which PER is told from LOC: PERSON, I-PER and PER are one kind
OTHERS = "MISC"[:ALL]  # names of other kinds are not in the cases


def embedded_models(task: str, model: str) -> Any:
    from bertlite_fast import pipeline

    return _opened(pipeline, task, model)


@functools.cache
def _opened(pipeline: Any, task: str, model: str) -> Any:
    return pipeline(task, f"bertlite/{model}")


def intent(case: Case, opened: Open) -> Verdict:
    """The probability is judged before the threshold, the intent behind it."""
    pipe = opened("intent-classification", "intent")
    found = pipe(case.text, threshold=0.0)
    best = found["label"] or REFUSED
    said = best if found["score"] >= pipe.threshold else REFUSED
    return Verdict(
        float(said in case.right),
        said,
        said != REFUSED,
        [(found["score"], best in case.right)],
    )


def several(case: Case, opened: Open) -> Verdict:
    """All commands of a sentence, in their order."""
    pipe = opened("intent-classification", "intent")
    try:
        found = pipe(case.text, several=True)
    except InputError:  # a model of one intent for each text
        found = [pipe(case.text)]
    said = [one["label"] or REFUSED for one in found]
    is_right = len(said) == len(case.right) and all(
        label in right.split(",") for label, right in zip(said, case.right)
    )
    return Verdict(float(is_right), ", ".join(said))


def slots(case: Case, opened: Open) -> Verdict:
    """The share of slots that are found; sets differ on whether "list" is of "shopping list"."""
    pipe = opened("token-classification", "slots")
    found = [
        (e["entity_group"], e["start"], e["end"])
        for e in pipe(case.text, aggregation_strategy="first")
    ]
    right = 0
    for one in case.right:
        kind, start, end = one.split()
        right += any(
            kind == k and _common(int(start), int(end), a, b) >= OVERLAP for k, a, b in found
        )
    said = ", ".join(f"{kind} {case.text[a:b]}" for kind, a, b in found)
    return Verdict(right / len(case.right), said or "(no slots)")


def _common(start: int, end: int, a: int, b: int) -> float:
    """The share of the characters of two spans that is in both."""
    return max(0, min(end, b) - max(start, a)) / (max(end, b) - min(start, a))


def sentiment(case: Case, opened: Open) -> Verdict:
    pipe = opened("sentiment-analysis", "sentiment")
    found = pipe(case.text)[0]
    label, score = found["label"].lower(), found["score"]
    said = f"{label} {score:.2f}"
    (right,) = case.right
    if right == "neutral":
        positive = score if label == "positive" else 1 - score
        return Verdict(float(NEUTRAL[0] <= positive <= NEUTRAL[1]), said)
    return Verdict(float(label == right), said, True, [(score, label == right)])


def emotion(case: Case, opened: Open) -> Verdict:
    found = opened("text-classification", "emotion")(case.text)[0]
    is_right = found["label"] in case.right
    return Verdict(float(is_right), found["label"], True, [(found["score"], is_right)])


def similarity(case: Case, opened: Open) -> Verdict:
    same, other = opened("sentence-similarity", "vectors")(case.text, list(case.rest))
    return Verdict(float(same > other), f"{same:.2f}, near miss {other:.2f}")


def zero_shot(case: Case, opened: Open) -> Verdict:
    pipe = opened("zero-shot-classification", "vectors")
    said = pipe(case.text, candidate_labels=list(case.rest))["labels"][0]
    return Verdict(float(said in case.right), said)


def answer(case: Case, opened: Open) -> Verdict:
    """Right, if the words are those of a right answer, but for articles and punctuation."""
    pipe = opened("question-answering", "qa")
    (context,) = case.rest
    found = pipe(question=case.text, context=context, handle_impossible_answer=True)
    if not found:
        found = {"answer": "", "score": 0.0}
    said = found["answer"]
    is_right = answer_words(said) in [answer_words(one) for one in case.right]
    return Verdict(float(is_right), said or "(no answer)", bool(said), [(found["score"], is_right)])


def _kind(label: str) -> str:
    return label.rpartition("-")[2][:ALL].upper()


def names(case: Case, opened: Open) -> Verdict:
    """The share of names that are found whole and of the right kind."""
    pipe = opened("ner", "ner")
    wanted = set(case.right)
    found = [
        (f"{_kind(e['entity_group'])} {e['start']} {e['end']}", e["score"])
        for e in pipe(case.text, aggregation_strategy="first")
    ]
    spans = {span for span, _ in found}
    said = ", ".join(
        f"{span.split()[0]} {case.text[int(span.split()[1]) : int(span.split()[2])]}"
        for span, _ in found
    )
    return Verdict(
        len(wanted & spans) / len(wanted),
        said or "(no names)",
        bool(found),
        [(score, span in wanted) for span, score in found if not span.startswith(OTHERS)],
    )


def tags(case: Case, opened: Open) -> Verdict:
    """The share of words whose tag is right."""
    pipe = opened("token-classification", "pos")
    at = {e["start"]: e["entity"] for e in pipe(case.text, ignore_labels=[])}
    said = [at.get(int(one.split()[0]), "-") for one in case.right]
    right = sum(tag == one.split()[1] for tag, one in zip(said, case.right))
    return Verdict(right / len(case.right), " ".join(said))


def masks(case: Case, opened: Open) -> Verdict:
    pipe = opened("fill-mask", "base")
    said = [one["token_str"] for one in pipe(case.text, top_k=TOP)]
    return Verdict(float(bool(set(said) & set(case.right))), ", ".join(said))
