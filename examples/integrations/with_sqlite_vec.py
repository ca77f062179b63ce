"""sqlite-vec: vectors in SQLite, embedded in SQL. pip install sqlite-vec

Python's sqlite3 has to be one that loads extensions.
"""

import sqlite3

import sqlite_vec
from texts import Timed, requests

from bertlite_fast.integrations import sqlite

texts = requests(5000)
db = sqlite3.connect(":memory:")
db.enable_load_extension(True)
sqlite_vec.load(db)
sqlite.register(db)
db.execute("CREATE TABLE notes (text TEXT)")
db.executemany("INSERT INTO notes VALUES (?)", [(text,) for text in texts])
db.execute("CREATE VIRTUAL TABLE found USING vec0(vector FLOAT[64] distance_metric=cosine)")
with Timed("embedded and added", len(texts)):
    db.execute("INSERT INTO found (rowid, vector) SELECT rowid, bertlite_embed(text) FROM notes")
for text, distance in db.execute(
    "SELECT text, distance FROM found JOIN notes ON notes.rowid = found.rowid "
    "WHERE vector MATCH bertlite_embed(?) AND k = 3 ORDER BY distance",
    ("lights on in the kitchen please",),
):
    print(f"{1 - distance:.3f} {text}")
