"""What much simpler methods reach on the scored sets."""

from __future__ import annotations

import collections
from typing import Any

import bertlite_fast as bf
from bertlite_fast import embedded

from ..data.labeled import label_of
from ..data.sets import Data, Item
from .outputs import Outputs
from .statistics import answer_words, percentage, spearman

Scores = dict[str, float]
UNKNOWN = 100  # the id of [UNK]


def baselines(data: Data, name: str, items: list[Item]) -> Scores:
    if name == "stsb_en":
        return {"words in common": words_in_common(items), **averaged_word_vectors(items)}
    if name == "ud_ewt":
        counts = collections.Counter(tag for item in items for tag in item["tags"])
        return {"majority": percentage(counts.most_common(1)[0][1], sum(counts.values()))}
    if "tags" in items[0] or "label" not in items[0]:
        return {}
    return of_texts(data, name, items)


def of_texts(data: Data, name: str, items: list[Item]) -> Scores:
    """The most frequent label, and tf-idf of words and word pairs with logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    numbers = data.recipe.release
    label = label_of("emotion" if name == "goemotions" else name)
    items = [item for item in items if item["label"] != "oos"]
    train = [item for item in data.read(name, "train") if item["label"] != "oos"]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    x = vectorizer.fit_transform([item["text"] for item in train])
    y = [label(item) for item in train]
    model = LogisticRegression(
        C=numbers.regression_strength, max_iter=numbers.regression_iterations
    ).fit(x, y)
    want = [label(item) for item in items]
    most = collections.Counter(y).most_common(1)[0][0]
    found = float(model.score(vectorizer.transform([item["text"] for item in items]), want))
    return {"majority": percentage(want.count(most), len(want)), "tf-idf": 100 * found}


def words_in_common(items: list[Item]) -> float:
    def overlap(item: Item) -> float:
        a, b = set(answer_words(item["text_a"])), set(answer_words(item["text_b"]))
        return len(a & b) / max(1, len(a | b))

    return spearman([overlap(item) for item in items], [item["score"] for item in items])


def averaged_word_vectors(items: list[Item]) -> Scores:
    """The cosine of the means of the published encoder's embeddings."""
    import numpy as np
    from safetensors.numpy import load_file

    tokenizer = bf.AutoTokenizer.from_pretrained(embedded.path_of("base"))
    tensors = load_file(str(Outputs.package().base / "model.safetensors"))
    table = tensors["bert.embeddings.word_embeddings.weight"].astype(np.float32)

    def vector(text: str) -> Any:
        ids = tokenizer.encode(text, add_special_tokens=False) or [UNKNOWN]
        mean = table[ids].mean(0)
        return mean / np.linalg.norm(mean)

    found = [float(vector(item["text_a"]) @ vector(item["text_b"])) for item in items]
    return {"averaged word vectors": spearman(found, [item["score"] for item in items])}
