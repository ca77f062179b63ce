"""DuckDB: intents, vectors and similarities in SQL. pip install duckdb pyarrow"""

import duckdb
import pyarrow
from texts import Timed, requests

from bertlite_fast.integrations.duckdb import register

con = duckdb.connect()
register(con)
texts = pyarrow.table({"text": requests()})
con.execute("CREATE TABLE notes AS SELECT * FROM texts")
with Timed("intents", len(texts)):
    found = con.sql(
        "SELECT bertlite_intent(text) AS intent, count(*) AS n FROM notes "
        "GROUP BY intent ORDER BY n DESC LIMIT 5"
    ).fetchall()
for intent, count in found:
    print(f"{count:6} {intent}")
with Timed("embedded", len(texts)):
    con.execute("CREATE TABLE vectors AS SELECT text, bertlite_embed(text) AS vector FROM notes")
for score, text in con.execute(
    "SELECT array_cosine_similarity(vector, bertlite_embed(?)) AS score, text FROM vectors "
    "ORDER BY score DESC LIMIT 3",
    ["lights on in the kitchen please"],
).fetchall():
    print(f"{score:.3f} {text}")
