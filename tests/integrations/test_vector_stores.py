from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf

Library = Callable[[str], Any]
TEXTS = ["turn on the lights", "play some jazz", "is it going to rain"]
QUERY = "will it be wet tomorrow"


def test_langchain(library: Library, model: Any) -> None:
    stores = library("langchain_core.vectorstores")
    from bertlite_fast.integrations.langchain import BertliteEmbeddings

    vectors: Any = BertliteEmbeddings()
    assert vectors.embed_documents(TEXTS) == model.encode_document(TEXTS).tolist()
    assert vectors.embed_query(QUERY) == model.encode_query(QUERY).tolist()
    assert asyncio.run(vectors.aembed_query(QUERY)) == vectors.embed_query(QUERY)
    assert vectors.embed_documents(QUERY) == vectors.embed_documents([QUERY])  # not its letters
    assert vectors.embed_documents([]) == [] and BertliteEmbeddings(model).model is model
    store = stores.InMemoryVectorStore(vectors)
    store.add_texts(TEXTS)
    assert store.similarity_search(QUERY, k=1)[0].page_content == TEXTS[2]
    with pytest.raises(bf.InputError, match="open already, so threads cannot be changed"):
        BertliteEmbeddings(model, threads=2)


def test_llama_index(library: Library, model: Any) -> None:
    core, schema = library("llama_index.core"), library("llama_index.core.schema")
    from bertlite_fast.integrations.llama_index import BertliteEmbedding

    vectors = BertliteEmbedding(embed_batch_size=2)
    assert vectors.get_text_embedding_batch(TEXTS) == model.encode_document(TEXTS).tolist()
    assert vectors.get_query_embedding(QUERY) == model.encode_query(QUERY).tolist()
    assert asyncio.run(vectors.aget_text_embedding(QUERY)) == vectors.get_text_embedding(QUERY)
    again = BertliteEmbedding.from_dict(vectors.to_dict())
    assert again.get_query_embedding(QUERY) == vectors.get_query_embedding(QUERY)
    nodes = [schema.TextNode(text=text) for text in TEXTS]
    index = core.VectorStoreIndex(nodes, embed_model=vectors)
    assert index.as_retriever(similarity_top_k=1).retrieve(QUERY)[0].text == TEXTS[2]


def test_haystack(library: Library, model: Any) -> None:
    haystack = library("haystack")
    from bertlite_fast.integrations.haystack import (
        BertliteDocumentEmbedder,
        BertliteTextEmbedder,
    )

    documents = [haystack.Document(content=text, meta={"room": "hall"}) for text in TEXTS]
    found = BertliteDocumentEmbedder(meta_fields_to_embed=["room", "no"]).run(documents)
    want = model.encode_document([f"hall\n{text}" for text in TEXTS]).tolist()
    assert [one.embedding for one in found["documents"]] == want
    assert documents[0].embedding is None and found["documents"][0].meta == {"room": "hall"}
    pipe = haystack.Pipeline()
    pipe.add_component("text", BertliteTextEmbedder(prefix="query: "))
    pipe.add_component("documents", BertliteDocumentEmbedder(embedding_separator=" "))
    again = haystack.Pipeline.loads(
        pipe.dumps(), allowed_modules=["bertlite_fast.integrations.haystack"]
    )
    row = again.run({"text": {"text": QUERY}, "documents": {"documents": []}})["text"]
    assert row["embedding"] == model.encode_query(f"query: {QUERY}").tolist()
    assert again.get_component("documents").embedding_separator == " "
    for embedder, wrong in ((BertliteTextEmbedder(), documents), (BertliteDocumentEmbedder(), "a")):
        with pytest.raises(bf.InputError):
            embedder.run(wrong)


def test_chroma(library: Library, tmp_path: Path) -> None:
    chroma = library("chromadb")
    from bertlite_fast.integrations.chroma import BertliteEmbeddingFunction

    function = BertliteEmbeddingFunction()
    assert np.array_equal(function(QUERY), function([QUERY]))  # not its letters
    made = chroma.PersistentClient(str(tmp_path)).create_collection(
        "notes", embedding_function=function
    )
    made.add(ids=["a", "b", "c"], documents=TEXTS)
    kept = chroma.PersistentClient(str(tmp_path)).get_collection("notes")
    for notes in (made, kept):
        assert notes.query(query_texts=[QUERY], n_results=1)["documents"] == [[TEXTS[2]]]
    assert BertliteEmbeddingFunction.build_from_config(function.get_config()).model is None
    with pytest.raises(bf.InputError, match="cannot be changed"):
        function.validate_config_update(function.get_config(), {"model": "other"})


def test_fastembed(library: Library, model: Any) -> None:
    from bertlite_fast.integrations.fastembed import TextEmbedding

    read = []

    def texts() -> Any:
        for text in TEXTS:
            read.append(text)
            yield text

    ours = TextEmbedding()
    found = ours.embed(texts(), batch_size=1)
    assert not read and np.array_equal(next(iter(found)), model.encode(TEXTS[0]))
    assert len(read) < 3 and len(list(found)) == 2
    assert np.array_equal(list(ours.passage_embed(TEXTS, parallel=2)), model.encode(TEXTS))
    (row,) = ours.query_embed(QUERY)
    assert row.dtype == np.float32 and np.array_equal(row, model.encode_query(QUERY))
    assert ours.embedding_size == 64 and ours.token_count(["a b"]) == 4
    with pytest.raises(bf.InputError):
        list(ours.embed([b"a"]))  # type: ignore[list-item]
    theirs = library("fastembed").TextEmbedding
    used = "embed query_embed passage_embed token_count embedding_size list_supported_models"
    assert set(used.split()) <= set(dir(theirs))
