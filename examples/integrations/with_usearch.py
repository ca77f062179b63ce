"""usearch: approximate search, with vectors kept in 8 bits. pip install usearch"""

import numpy as np
from texts import Timed, requests
from usearch.index import Index

from bertlite_fast import SentenceTransformer

texts = requests()
model = SentenceTransformer()
with Timed("embedded", len(texts)):
    vectors = model.encode(texts)
index = Index(ndim=model.get_embedding_dimension(), metric="cos", dtype="i8")
with Timed("added", len(texts)):
    index.add(np.arange(len(texts)), vectors)
for match in index.search(model.encode("lights on in the kitchen please"), 3):
    print(f"{1 - match.distance:.3f} {texts[match.key]}")
