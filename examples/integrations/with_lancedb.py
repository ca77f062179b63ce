"""LanceDB: a table on disk with a column of vectors. pip install lancedb"""

import tempfile

import lancedb
import pyarrow
from texts import Timed, requests

from bertlite_fast import SentenceTransformer
from bertlite_fast.integrations.frames import vectors

model = SentenceTransformer()
texts = pyarrow.array(requests())
with Timed("embedded", len(texts)):
    rows = pyarrow.table({"text": texts, "vector": vectors(model, texts)})
with tempfile.TemporaryDirectory() as folder:
    with Timed("written", len(texts)):
        table = lancedb.connect(folder).create_table("notes", rows)
    query = model.encode("lights on in the kitchen please")
    for row in table.search(query).distance_type("cosine").limit(3).to_list():
        print(f"{1 - row['_distance']:.3f} {row['text']}")
