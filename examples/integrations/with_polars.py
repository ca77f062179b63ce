"""polars: a series of texts to a series of answers, also in an expression. pip install polars"""

import polars
from texts import Timed, requests

from bertlite_fast import SentenceTransformer, pipeline
from bertlite_fast.integrations.frames import vectors

table = polars.DataFrame({"text": [*requests(), None]})
intents = pipeline("intent-classification")


def labels(texts: polars.Series) -> polars.Series:
    answers: polars.Series = intents(texts)
    return answers.struct["label"]


with Timed("intents", len(table)):
    table = table.with_columns(
        polars.col("text").map_batches(labels, return_dtype=polars.String).alias("intent")
    )
with Timed("embedded", len(table)):
    table = table.with_columns(vectors(SentenceTransformer(), table["text"]).alias("vector"))
print(table.tail(3))
