"""FAISS: exact search on floats, and on one bit a dimension. pip install faiss-cpu"""

import faiss
from texts import Timed, requests

from bertlite_fast import SentenceTransformer

texts = requests()
model = SentenceTransformer()
query = ["lights on in the kitchen please"]
with Timed("embedded", len(texts)):
    vectors = model.encode(texts)
index = faiss.IndexFlatIP(vectors.shape[1])  # vectors have length 1, so this is the cosine
with Timed("added", len(texts)):
    index.add(vectors)
scores, rows = index.search(model.encode(query), 3)
for score, row in zip(scores[0], rows[0]):
    print(f"{score:.3f} {texts[row]}")

bits = faiss.IndexBinaryFlat(vectors.shape[1])  # 8 bytes a text instead of 256
bits.add(model.encode(texts, precision="ubinary"))
distances, rows = bits.search(model.encode(query, precision="ubinary"), 3)
for distance, row in zip(distances[0], rows[0]):
    print(f"{distance} bits differ: {texts[row]}")
