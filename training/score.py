"""Scores the committed weights, in int8, as they are shipped.

    python training/score.py DATA                            every set's validation split (of DATA, see README.md)
    python training/score.py --set clinc150 --data FILE      any file of the same format
    python training/score.py DATA --baselines --card         with baselines beside, and written to the model card

FILE is lines of JSON, plain or packed with xz.  Sets: those of SETS below, and fill-mask, whose lines are
{"text": "... [MASK] ...", "word": "..."}; without a file it is the ten sentences of the original announcement, and
"home" is forty of our own.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import re
import string
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import labelled
import sets

import bertlite_fast as bf
from bertlite_fast import embedded, pipeline

DOCUMENT = Path(__file__).resolve().parent.parent / "docs/models.md"
MODELS = Path(__file__).resolve().parent / "models"
WORDS = {
    "fill-mask": Path(__file__).resolve().parent
    / "announced.jsonl",  # the ten sentences of the announcement that the project answers
    "home": Path(__file__).resolve().parent
    / "home-judge.jsonl",  # forty sentences of homes and wrists
}
CARD = Path(embedded.FOLDER) / "card.json"
Items = list[dict[str, Any]]
Scores = dict[str, float]


open_pipeline: Callable[..., Any] = pipeline  # fidelity.py puts another in its place


def classifier(name: str) -> Any:
    return open_pipeline(
        "text-classification",
        str(MODELS / f"{name}.bertlite")
        if (MODELS / f"{name}.bertlite").exists()
        else f"bertlite/{name}",
    )


def accuracy(name: str, relabel: Callable[[str], str] = str) -> Callable[[Items], Scores]:
    def score(items: Items) -> Scores:
        pipe = classifier(name)
        return {
            "accuracy": 100
            * sum(pipe(i["text"], top_k=1)[0]["label"] == relabel(i["label"]) for i in items)
            / len(items)
        }

    return score


def clinc(items: Items) -> Scores:
    """In scope: accuracy.  Out of scope: how many are refused where 95 % of what is in scope is let through."""
    pipe = classifier("clinc150")
    right, inside, outside = 0, [], []
    for item in items:
        found = {answer["label"]: answer["score"] for answer in pipe(item["text"], top_k=None)}
        best = max((label for label in found if label != "oos"), key=lambda label: found[label])
        if item["label"] == "oos":
            outside.append(found[best] - found.get("oos", 0.0))
        else:
            right += max(found, key=lambda label: found[label]) == item["label"]
            inside.append(found[best] - found.get("oos", 0.0))
    scores = {"accuracy": 100 * right / len(inside)}
    if outside:
        threshold = sorted(inside)[int(0.05 * len(inside))]
        scores["refused at 95 % kept"] = 100 * sum(x < threshold for x in outside) / len(outside)
    return scores


def tags(model: Any, tokenizer: Any, words: Sequence[str]) -> list[int]:
    """The best label of each word's first piece; 0 for words beyond the model's length."""
    encoded = tokenizer(list(words), is_split_into_words=True, truncation=True, max_length=512)
    logits = model([encoded["input_ids"]]).tensor.tolist()[0]
    found, before = [0] * len(words), None
    for row, word in zip(logits, encoded.word_ids()):
        if word is not None and word != before:
            found[word] = max(range(len(row)), key=row.__getitem__)
        before = word
    return found


def token_model(name: str) -> tuple[Any, Any, list[str]]:
    pipe = open_pipeline("token-classification", f"bertlite/{name}")
    return pipe.model, pipe.tokenizer, pipe.labels


def parts_of_speech(items: Items) -> Scores:
    model, tokenizer, labels = token_model("pos")
    right = total = 0
    for item in items:
        for guess, want in zip(tags(model, tokenizer, item["tokens"]), item["tags"]):
            if want in labels:
                right += labels[guess] == want
                total += 1
    return {"accuracy": 100 * right / total}


def spans(names: Sequence[str]) -> set[tuple[int, int, str]]:
    """Entities of BIO or IO tags."""
    found, start, kind = set(), 0, ""
    for at, name in enumerate([*names, "O"]):
        edge, _, this = name.partition("-")
        if kind and (this != kind or edge == "B" or not this):
            found.add((start, at, kind))
            kind = ""
        if this and not kind:
            start, kind = at, this
    return found


def f1(right: int, found: int, wanted: int) -> float:
    return 200 * right / max(1, found + wanted)


def entities(items: Items) -> Scores:
    model, tokenizer, labels = token_model("ner")
    right = found = wanted = 0
    for item in items:
        gold = [
            f"{t[:2]}{labelled.ENTITIES[labelled.entity(t, True)]}" if t != "O" else "O"
            for t in item["tags"]
        ]
        want = {s for s in spans(gold) if s[2] != "MISC"}
        guess = {
            s
            for s in spans([labels[t] for t in tags(model, tokenizer, item["tokens"])])
            if s[2] != "MISC"
        }
        right, found, wanted = right + len(want & guess), found + len(guess), wanted + len(want)
    return {"entity F1": f1(right, found, wanted)}


def slots(items: Items) -> Scores:
    model, tokenizer, labels = token_model("slots")
    ours = {name: kind for kind, names in labelled.SLOTS.items() for name in names.split()}
    right = found = wanted = 0
    for item in items:
        want = spans(
            [
                tag[:2] + ours[tag[2:]] if tag != "O" and tag[2:] in ours else "O"
                for tag in item["tags"]
            ]
        )
        guess = spans(
            [
                labels[t]
                for t in tags(model, tokenizer, [w.rstrip(".,?!") or w for w in item["tokens"]])
            ]
        )
        right, found, wanted = right + len(want & guess), found + len(guess), wanted + len(want)
    return {"slot F1": f1(right, found, wanted)}


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    def ranks(values: Sequence[float]) -> list[float]:
        order = sorted(range(len(values)), key=values.__getitem__)
        out, at = [0.0] * len(values), 0
        while at < len(order):
            end = at
            while end < len(order) and values[order[end]] == values[order[at]]:
                end += 1
            for i in order[at:end]:
                out[i] = (at + end - 1) / 2
            at = end
        return out

    x, y = ranks(a), ranks(b)
    mx, my = sum(x) / len(x), sum(y) / len(y)
    top = sum((i - mx) * (j - my) for i, j in zip(x, y))
    return float(
        100 * top / math.sqrt(sum((i - mx) ** 2 for i in x) * sum((j - my) ** 2 for j in y))
    )


def similarity(items: Items) -> Scores:
    pipe = open_pipeline("sentence-similarity")
    return {
        "Spearman": spearman(
            [pipe(i["text_a"], i["text_b"]) for i in items], [i["score"] for i in items]
        )
    }


def plain(text: str) -> list[str]:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def answers(items: Items) -> Scores:
    pipe = open_pipeline("question-answering")
    total = exact = 0.0
    for item in items:
        guess = plain(pipe(question=item["question"], context=item["context"])["answer"])
        best = 0.0
        for gold in map(plain, item["answers"]["text"]):
            common = sum((collections.Counter(guess) & collections.Counter(gold)).values())
            best = max(best, 2 * common / (len(guess) + len(gold)) if guess or gold else 1.0)
        total += best
        exact += best == 1.0
    return {"F1": 100 * total / len(items), "exact": 100 * exact / len(items)}


def words(items: Items) -> Scores:
    pipe = open_pipeline("fill-mask", top_k=5)
    passed = 0
    for item in items:
        guesses = [answer["token_str"] for answer in pipe(item["text"])]
        passed += item["word"] in guesses
        print(
            f"  {'+' if item['word'] in guesses else '-'} {item['text']} ({item['word']}): {', '.join(guesses)}"
        )
    return {"in the first five": passed, "of": len(items)}


EMOTION_OF = {label: kind for kind, labels in labelled.EMOTIONS.items() for label in labels.split()}
# set: how it is scored, and the embedded model it tells of ("" for a model of its own)
SETS: dict[str, tuple[Callable[[Items], Scores], str]] = {
    "fill-mask": (words, "base"),
    "home": (words, "base"),
    "clinc150": (clinc, ""),
    "snips": (accuracy("snips"), ""),
    "hwu_slurp_home_subset": (accuracy("hwu_slurp_home_subset"), ""),
    "uci_sentiment_sentences": (accuracy("sentiment"), "sentiment"),
    "nltk_pros_cons": (accuracy("sentiment"), "sentiment"),
    "goemotions": (accuracy("emotion", lambda label: EMOTION_OF[label]), "emotion"),
    "ud_ewt": (parts_of_speech, "pos"),
    "uner_ewt": (entities, "ner"),
    "wikigold": (entities, "ner"),
    "hwu64_slots": (slots, "slots"),
    "stsb_en": (similarity, "vectors"),
    "qamr": (answers, "qa"),
    "squadshifts_new_wiki": (answers, "qa"),
}
WHAT = {
    "base": "words at masked places (fill-mask)",
    "qa": "answers in a text (question-answering)",
    "ner": "persons, places, organisations (ner)",
    "pos": "parts of speech (token-classification)",
    "slots": "devices, rooms, colours, times in a command (token-classification)",
    "emotion": "emotion of a remark (text-classification)",
    "sentiment": "positive or negative (sentiment-analysis)",
    "intent": "what a command asks for, or that it is none (intent-classification)",
    "vectors": "sentences as vectors (similarity, search, zero-shot)",
}


def intent(data: Path) -> Scores:
    """The embedded intent model at its default threshold, on validation and on sentences of Wikipedia."""
    pipe: Any = open_pipeline("intent-classification")
    items = labelled.intent_items(data, "validation", 200)
    known = [(t, label) for t, label in items if label != labelled.NONE]
    found = [pipe(text)["label"] for text, _ in known]
    oos = [i["text"] for i in sets.read(data, "clinc150", "validation") if i["label"] == "oos"]
    wiki = sets.sentences(data, "wikipedia", 200, 99)
    return {
        "accuracy": 100 * sum(a == b for a, (_, b) in zip(found, known)) / len(known),
        "kept": 100 * sum(a is not None for a in found) / len(found),
        "out of scope refused": 100 * sum(pipe(t)["label"] is None for t in oos) / len(oos),
        "Wikipedia refused": 100 * sum(pipe(t)["label"] is None for t in wiki) / len(wiki),
    }


def baselines(data: Path, name: str, items: Items) -> Scores:
    """The majority, and tf-idf with logistic regression; for similarity, words in common and averaged word vectors."""
    if name == "stsb_en":
        vectors = bf.AutoModel.from_pretrained(embedded.path_of("base"))
        tokenizer = bf.AutoTokenizer.from_pretrained(embedded.path_of("base"))
        return {
            "words in common": spearman([overlap(i) for i in items], [i["score"] for i in items]),
            **static(vectors, tokenizer, items),
        }
    if "tags" in items[0] or "label" not in items[0]:
        counts = collections.Counter(t for i in items for t in i.get("tags", ()))
        return (
            {"majority": 100 * counts.most_common(1)[0][1] / sum(counts.values())}
            if name == "ud_ewt"
            else {}
        )
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    relabel = (lambda x: EMOTION_OF[x]) if name == "goemotions" else str
    train = sets.read(data, name, "train")
    items = [i for i in items if i["label"] != "oos"]
    train = [i for i in train if i["label"] != "oos"]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    x = vectorizer.fit_transform([i["text"] for i in train])
    y = [relabel(i["label"]) for i in train]
    model = LogisticRegression(C=10, max_iter=300).fit(x, y)
    want = [relabel(i["label"]) for i in items]
    most = collections.Counter(y).most_common(1)[0][0]
    return {
        "majority": 100 * want.count(most) / len(want),
        "tf-idf": 100 * float(model.score(vectorizer.transform([i["text"] for i in items]), want)),
    }


def overlap(item: dict[str, Any]) -> float:
    a, b = set(plain(item["text_a"])), set(plain(item["text_b"]))
    return len(a & b) / max(1, len(a | b))


def static(model: Any, tokenizer: Any, items: Items) -> Scores:
    import numpy as np
    from safetensors.numpy import load_file

    table = load_file(str(Path(__file__).resolve().parent / "base/model.safetensors"))[
        "bert.embeddings.word_embeddings.weight"
    ].astype(np.float32)

    def vector(text: str) -> Any:
        ids = tokenizer.encode(text, add_special_tokens=False) or [100]
        mean = table[ids].mean(0)
        return mean / np.linalg.norm(mean)

    return {
        "averaged word vectors": spearman(
            [float(vector(i["text_a"]) @ vector(i["text_b"])) for i in items],
            [i["score"] for i in items],
        )
    }


def validation(name: str, data: Path | None) -> Items:
    if name in WORDS:
        return sets.items(WORDS[name])
    return sets.read(data, name, "validation") if data else []


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", metavar="DATA")
    parser.add_argument("--set", choices=SETS)
    parser.add_argument("--data", type=Path, metavar="FILE")
    parser.add_argument("--baselines", action="store_true")
    parser.add_argument(
        "--card", action="store_true", help="write the scores to the package's card"
    )
    args = parser.parse_args()
    found: dict[str, Scores] = {}
    if args.data:
        if not args.set:
            parser.error("--data needs --set, which says how to score it")
        found[args.set] = SETS[args.set][0](sets.items(args.data))
        print(json.dumps(found))
        return 0
    for name, (score, _) in SETS.items():
        if args.set and name != args.set:
            continue
        items = validation(name, args.folder)
        if not items:
            continue
        found[name] = score(items)
        line = {k: round(v, 1) for k, v in found[name].items()}
        if args.baselines and "word" not in items[0]:
            beside = {f"({k})": v for k, v in baselines(args.folder, name, items).items()}
            found[name] |= beside
            line |= {k: round(v, 1) for k, v in beside.items()}
        print(f"{name}: {json.dumps(line)}", flush=True)
    if args.folder and not args.set:
        found["intent"] = intent(args.folder)
        print(f"intent: {json.dumps({k: round(v, 1) for k, v in found['intent'].items()})}")
    if args.card:
        write_card(found)
    return 0


def marked(text: str, name: str, lines: Sequence[str]) -> str:
    """The lines between a document's marks of that name."""
    body = "".join(f"{line}\n" for line in lines)
    return re.sub(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: m[1] + body + m[2], text, flags=re.S
    )


def write_card(found: dict[str, Scores]) -> None:
    """The package's card, which `bertlite-fast info` shows, and the tables of docs/models.md, which names data and licenses."""
    models: dict[str, Any] = {name: {"what": what, "scores": []} for name, what in WHAT.items()}
    rows = []
    for name, scores in found.items():
        model = SETS[name][1] if name in SETS else name
        ours = {k: v for k, v in scores.items() if k[0] != "("}
        beside = ", ".join(f"{k.strip('()')} {v:.1f}" for k, v in scores.items() if k[0] == "(")
        if model:
            models[model]["scores"].append(
                f"{name}: " + ", ".join(f"{k} {v:.3g}" for k, v in ours.items())
            )
        if name != "intent":
            what = WHAT[model].split(" (")[0] if model else "intents of that set"
            rows.append(
                f"| {name} | {what} | {', '.join(f'{k} {v:.3g}' for k, v in ours.items())} | {beside} |"
            )
    document = DOCUMENT.read_text(encoding="utf-8")
    data = re.findall(
        r"^\| (.+?) \| .+? \| (.+?) \|$", document[document.index("## Data") :], re.M
    )[1:]
    card = {
        "models": models,
        "scores": {n: {k: round(v, 2) for k, v in s.items()} for n, s in found.items()},
        "data": [
            {"name": name, "license": license}
            for name, license in data
            if not name.startswith("---")
        ],
    }
    CARD.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    files = [
        f"| `{n}.bertlite` | {what} | {Path(embedded.path_of(n)).stat().st_size / 1000:.0f} KB |"
        for n, what in WHAT.items()
    ]
    document = marked(marked(document, "files", files), "scores", rows)
    pipe: Any = open_pipeline("intent-classification")
    kept, right, refused, wiki = (
        round(found["intent"][k], 1)
        for k in ("kept", "accuracy", "out of scope refused", "Wikipedia refused")
    )
    told = [
        f"{len(pipe.labels) - 1} intents, and a label for what is none. The default threshold, {pipe.threshold:.2f}, was set on validation, so that 95 %",
        f"of the requests it knows pass (here {kept} %; {right} % of all are answered rightly). At it, {refused} % of clinc150's out-of-scope",
        f"requests are refused, so {100 - refused:.1f} % are falsely accepted; of 200 sentences of Wikipedia {wiki} % are refused.",
        "",
        "They are: " + ", ".join(label for label in pipe.labels if label != labelled.NONE) + ".",
    ]
    DOCUMENT.write_text(marked(document, "intents", told), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
