"""SQLite: functions for Python's own sqlite3, with nothing to install."""

import sqlite3

from texts import Timed, requests

from bertlite_fast.integrations import sqlite

texts = requests(5000)
db = sqlite3.connect(":memory:")
sqlite.register(db)
db.execute("CREATE TABLE notes (text TEXT)")
db.executemany("INSERT INTO notes VALUES (?)", [(text,) for text in texts])
with Timed("intents", len(texts)):
    found = db.execute(
        "SELECT bertlite_intent(text), count(*) FROM notes GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
    ).fetchall()
for intent, count in found:
    print(f"{count:6} {intent}")
for score, text in db.execute(
    "SELECT bertlite_similarity(text, 'lights on in the kitchen please') AS score, text "
    "FROM notes ORDER BY score DESC LIMIT 3"
):
    print(f"{score:.3f} {text}")
