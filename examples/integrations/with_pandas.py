"""pandas: a series of texts to a series of answers, with its index. pip install pandas"""

import pandas
from texts import Timed, requests

from bertlite_fast import SentenceTransformer, pipeline
from bertlite_fast.integrations.frames import vectors

table = pandas.DataFrame({"text": [*requests(), None]})
intents = pipeline("intent-classification")
with Timed("intents", len(table)):
    table["intent"] = intents(table["text"]).str["label"]
with Timed("embedded", len(table)):
    table["vector"] = vectors(SentenceTransformer(), table["text"])
print(table[["text", "intent"]].iloc[[0, 1, -1]])
