"""Hugging Face's datasets: new columns by map, in batches. pip install datasets"""

from datasets import Dataset, disable_caching
from texts import Timed, requests

from bertlite_fast import SentenceTransformer, pipeline
from bertlite_fast.integrations.frames import vectors

disable_caching()
rows = Dataset.from_dict({"text": requests()})
intents, model = pipeline("intent-classification"), SentenceTransformer()
with Timed("intents", len(rows)):
    rows = rows.map(
        lambda batch: {"intent": [row["label"] for row in intents(batch["text"])]}, batched=True
    )
with Timed("embedded", len(rows)):  # as Arrow, without a str for each text
    rows = rows.with_format("arrow").map(
        lambda batch: batch.append_column("vector", vectors(model, batch["text"])), batched=True
    )
print(rows.features)
