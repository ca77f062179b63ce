from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

import bertlite_fast as bf
from bertlite_fast.integrations.sqlite import register


def test_answers_are_those_of_pipelines(texts: list[Any], model: Any) -> None:
    db = sqlite3.connect(":memory:")
    register(db, prefix="own")
    db.execute("CREATE TABLE t (said)")
    db.executemany("INSERT INTO t VALUES (?)", [(text,) for text in [*texts, 5]])
    rows = db.execute(
        "SELECT own_intent(said), own_intent_score(said), own_embed(said), own_entities(said), "
        "own_similarity(said, 'lamp on'), own_answer('where', said) FROM t"
    ).fetchall()
    intents, names = bf.pipeline("intent-classification"), bf.pipeline("ner")
    for text, row in zip([*texts, "5"], rows):
        if text is None:
            assert row == (None,) * 6
            continue
        assert row[0] == intents(text)["label"] and row[1] == intents(text)["score"]
        assert row[2] == model.encode(text).tobytes()
        assert [one["word"] for one in json.loads(row[3])] == [one["word"] for one in names(text)]
    question, context = "Where does Anna live?", "Anna lives in Berlin."
    assert db.execute("SELECT own_answer(?, ?)", (question, context)).fetchall() == [("Berlin",)]
    assert rows[2][5] is None
    with pytest.raises(sqlite3.OperationalError):
        db.execute("SELECT own_intent(x'41')").fetchall()


def test_a_model_of_ones_own() -> None:
    db = sqlite3.connect(":memory:")
    register(db, models={"intent": bf.pipeline("intent-classification", threshold=1.0)})
    assert db.execute("SELECT bertlite_intent('turn on the lights')").fetchall() == [(None,)]
