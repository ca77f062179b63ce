"""The metrics of the scored sets, for the shipped models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ..data.entities import ENTITIES, entity
from ..data.intents import NONE, intent_items
from ..data.labeled import label_of, slot_tag, without_punctuation
from ..data.sets import Data, Item
from ..recipe import RECIPE
from .models import Open
from .statistics import answer_overlap, answer_words, f1, percentage, spans, spearman

Scores = dict[str, float]
Metric = Callable[[list[Item], Open], Scores]


def accuracy_of(name: str) -> Metric:
    """The metric of a model that classifies texts."""
    label = label_of(name)

    def score(items: list[Item], opened: Open) -> Scores:
        pipe = opened("text-classification", name)
        right = sum(pipe(item["text"], top_k=1)[0]["label"] == label(item) for item in items)
        return {"accuracy": percentage(right, len(items))}

    return score


def clinc150(items: list[Item], opened: Open) -> Scores:
    """In scope, accuracy; out of scope, how many are refused where 95 % in scope pass."""
    pipe = opened("text-classification", "clinc150")
    right, inside, outside = 0, [], []
    for item in items:
        found = {answer["label"]: answer["score"] for answer in pipe(item["text"], top_k=None)}
        best = max((label for label in found if label != "oos"), key=lambda label: found[label])
        margin = found[best] - found.get("oos", 0.0)
        if item["label"] == "oos":
            outside.append(margin)
        else:
            right += max(found, key=lambda label: found[label]) == item["label"]
            inside.append(margin)
    scores = {"accuracy": percentage(right, len(inside))}
    if outside:
        threshold = sorted(inside)[int(RECIPE.release.scope_refused * len(inside))]
        refused = sum(margin < threshold for margin in outside)
        scores["refused at 95 % kept"] = percentage(refused, len(outside))
    return scores


def best_labels(pipe: Any, words: Sequence[str]) -> list[str]:
    """The best label of each word's first token; the first label for words that are truncated."""
    encoded = pipe.tokenizer(
        list(words), is_split_into_words=True, truncation=True, max_length=RECIPE.shape.positions
    )
    logits = pipe.model([encoded["input_ids"]]).tensor.tolist()[0]
    found, before = [0] * len(words), None
    for row, word in zip(logits, encoded.word_ids()):
        if word is not None and word != before:
            found[word] = max(range(len(row)), key=row.__getitem__)
        before = word
    return [pipe.labels[at] for at in found]


def parts_of_speech(items: list[Item], opened: Open) -> Scores:
    pipe = opened("token-classification", "pos")
    right = total = 0
    for item in items:
        for guess, want in zip(best_labels(pipe, item["tokens"]), item["tags"]):
            if want in pipe.labels:
                right += guess == want
                total += 1
    return {"accuracy": percentage(right, total)}


def found_spans(pipe: Any, words: Sequence[str]) -> set[tuple[int, int, str]]:
    """The entities that the pipeline finds in words, as (first word, word behind, type)."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    at = 0
    for i, word in enumerate(words):
        starts[at], ends[at + len(word)] = i, i + 1
        at += len(word) + 1
    found = pipe(list(words), is_split_into_words=True)[0]
    return {
        (starts[e["start"]], ends[e["end"]], e["entity"])
        for e in found
        if e["start"] in starts and e["end"] in ends  # others have a part of a word
    }


def entity_tags(tags: Sequence[str]) -> list[str]:
    """A set's tags in our scheme."""
    return [f"{t[:2]}{ENTITIES[entity(t, True)]}" if t != "O" else "O" for t in tags]


def entities(items: list[Item], opened: Open) -> Scores:
    """Persons, places and organizations, whole."""
    pipe = opened("token-classification", "ner")
    right = found = wanted = 0
    for item in items:
        want = {s for s in spans(entity_tags(item["tags"])) if s[2] != "MISC"}
        guess = {s for s in found_spans(pipe, item["tokens"]) if s[2] != "MISC"}
        right, found, wanted = right + len(want & guess), found + len(guess), wanted + len(want)
    return {"entity F1": f1(right, found, wanted)}


def slots(items: list[Item], opened: Open) -> Scores:
    pipe = opened("token-classification", "slots")
    right = found = wanted = 0
    for item in items:
        want = spans([slot_tag(tag) for tag in item["tags"]])
        guess = found_spans(pipe, without_punctuation(item["tokens"]))
        right, found, wanted = right + len(want & guess), found + len(guess), wanted + len(want)
    return {"slot F1": f1(right, found, wanted)}


def similarity(items: list[Item], opened: Open) -> Scores:
    pipe = opened("sentence-similarity", "vectors")
    found = [pipe(item["text_a"], item["text_b"]) for item in items]
    return {"Spearman": spearman(found, [item["score"] for item in items])}


def answers(items: list[Item], opened: Open) -> Scores:
    pipe = opened("question-answering", "qa")
    total = exact = 0.0
    for item in items:
        guess = answer_words(pipe(question=item["question"], context=item["context"])["answer"])
        golds = map(answer_words, item["answers"]["text"])
        best = max((answer_overlap(guess, gold) for gold in golds), default=0.0)
        total += best
        exact += best == 1.0
    return {"F1": percentage(total, len(items)), "exact": percentage(exact, len(items))}


def words(items: list[Item], opened: Open) -> Scores:
    """How many masked words are among the first five; the guesses are printed."""
    pipe = opened("fill-mask", "base", top_k=RECIPE.release.fill_mask_top)
    passed = 0
    for item in items:
        guesses = [answer["token_str"] for answer in pipe(item["text"])]
        is_found = item["word"] in guesses
        passed += is_found
        sign = "+" if is_found else "-"
        print(f"  {sign} {item['text']} ({item['word']}): {', '.join(guesses)}")
    return {"in the first five": passed, "of": len(items)}


def intent(data: Data, opened: Open) -> Scores:
    """The intent model at its own threshold, on validation and on sentences of Wikipedia."""
    pipe = opened("intent-classification", "intent")
    numbers = data.recipe.release
    known = [(t, label) for t, label in intent_items(data, "validation") if label != NONE]
    found = [pipe(text)["label"] for text, _ in known]
    unknown = [i["text"] for i in data.read("clinc150", "validation") if i["label"] == "oos"]
    texts = data.sentences("wikipedia", numbers.wikipedia_sentences, numbers.wikipedia_seed)

    def refused(texts: Sequence[str]) -> float:
        return percentage(sum(pipe(text)["label"] is None for text in texts), len(texts))

    right = sum(a == b for a, (_, b) in zip(found, known))
    return {
        "accuracy": percentage(right, len(known)),
        "kept": percentage(sum(a is not None for a in found), len(found)),
        "out of scope refused": refused(unknown),
        "Wikipedia refused": refused(texts),
    }
