"""txtai: an index whose vectors are made here. pip install txtai"""

from texts import Timed, requests
from txtai import Embeddings

from bertlite_fast import SentenceTransformer

texts = requests(5000)
index = Embeddings(method="external", transform=SentenceTransformer, content=True)
with Timed("indexed", len(texts)):
    index.index(texts)
for found in index.search("lights on in the kitchen please", 3):
    print(f"{found['score']:.3f} {found['text']}")
