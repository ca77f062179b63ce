"""Haystack: documents are embedded, and a question finds them. pip install haystack-ai"""

from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from texts import Timed, requests

from bertlite_fast.integrations.haystack import BertliteDocumentEmbedder, BertliteTextEmbedder

documents = [Document(content=text) for text in requests(5000)]
store = InMemoryDocumentStore(embedding_similarity_function="cosine")
with Timed("embedded", len(documents)):
    embedded = BertliteDocumentEmbedder().run(documents)["documents"]
store.write_documents(embedded)
search = Pipeline()
search.add_component("embedder", BertliteTextEmbedder())
search.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=3))
search.connect("embedder.embedding", "retriever.query_embedding")
found = search.run({"embedder": {"text": "lights on in the kitchen please"}})
for document in found["retriever"]["documents"]:
    print(f"{document.score:.3f} {document.content}")
