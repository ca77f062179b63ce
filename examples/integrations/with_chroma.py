"""Chroma: a collection that embeds what is added and asked. pip install chromadb"""

import chromadb
from texts import Timed, requests

from bertlite_fast.integrations.chroma import BertliteEmbeddingFunction

texts = requests(2000)
notes = chromadb.EphemeralClient().create_collection(
    "notes", embedding_function=BertliteEmbeddingFunction()
)
with Timed("added", len(texts)):
    notes.add(ids=[str(i) for i in range(len(texts))], documents=texts)
found = notes.query(query_texts=["lights on in the kitchen please"], n_results=3)
for distance, text in zip(found["distances"][0], found["documents"][0]):
    print(f"{1 - distance:.3f} {text}")
