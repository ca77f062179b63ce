"""Code written for fastembed, without it: only the import is another."""

from texts import Timed, requests

from bertlite_fast.integrations.fastembed import TextEmbedding

texts = requests()
model = TextEmbedding()
with Timed("embedded", len(texts)):
    vectors = list(model.embed(texts))
(query,) = model.query_embed("lights on in the kitchen please")
best = max(range(len(texts)), key=lambda i: float(vectors[i] @ query))
print(f"{vectors[best] @ query:.3f} {texts[best]}")
