"""Libraries that take a SentenceTransformer as it is."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

import bertlite_fast as bf

Library = Callable[[str], Any]
TEXTS = [
    f"{what} {i}"
    for i in range(8)
    for what in ("turn on the lights in the kitchen", "play some jazz", "is it going to rain")
]


def test_the_class_of_sentence_transformers(library: Library, model: Any) -> None:
    theirs = library("sentence_transformers")
    for kind in (theirs.SentenceTransformer, bf.SentenceTransformer):
        assert isinstance(model, kind)
    assert not isinstance(model, theirs.CrossEncoder)
    from bertlite_fast.sentence_transformers import SentenceTransformer

    assert SentenceTransformer is bf.SentenceTransformer is type(model)

    class Own(SentenceTransformer):
        pass

    assert isinstance(Own(), theirs.SentenceTransformer)
    for made in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert type(made) is bf.SentenceTransformer
        assert np.array_equal(made.encode(TEXTS[:2]), model.encode(TEXTS[:2]))


def test_keybert(library: Library, model: Any) -> None:
    found = library("keybert").KeyBERT(model=model)
    assert found.model.embedding_model is model
    words = found.extract_keywords("The kitchen lamp is bright while jazz music plays outside.")
    assert len(words) == 5 and "kitchen" in dict(words)


def test_bertopic(library: Library, model: Any) -> None:
    kind, pca = library("bertopic").BERTopic, library("sklearn.decomposition").PCA
    topics = kind(embedding_model=model, umap_model=pca(3), min_topic_size=5)  # UMAP is compiled
    found, _ = topics.fit_transform(TEXTS)
    assert topics.embedding_model.embedding_model is model and len(found) == len(TEXTS)


def test_semantic_router(library: Library, model: Any) -> None:
    module, routers = library("semantic_router"), library("semantic_router.routers")
    routes = [
        module.Route(name="light", utterances=["turn on the lights", "switch the lamp off"]),
        module.Route(name="music", utterances=["play some jazz", "put on a song"]),
    ]
    router = routers.IndexedRouter(encoder=model, routes=routes, confidence_threshold=0.6)
    assert router("play the beatles").name == "music" and router("lamp on please").name == "light"
    assert router("how old is the universe").name is None
    assert asyncio.run(router.acall("put on jazz")).name == "music"


def test_txtai(library: Library, model: Any) -> None:
    embeddings = library("txtai").Embeddings
    for transform in (bf.SentenceTransformer, lambda texts: model.encode(texts)):
        index = embeddings(method="external", transform=transform)
        index.index(TEXTS)
        assert "rain" in TEXTS[index.search("will it be wet", 1)[0][0]]
