from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import bertlite_fast as bf

Library = Callable[[str], Any]
QUESTION, CONTEXT = "Where does Anna live?", "Anna lives in Berlin."


@pytest.fixture
def con(library: Library, texts: list[Any]) -> Any:
    duckdb = library("duckdb")
    library("pyarrow")
    from bertlite_fast.integrations.duckdb import register

    con = duckdb.connect()
    register(con)
    con.execute("CREATE TABLE t (id INTEGER, said VARCHAR)")
    con.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(texts)))
    return con


def test_answers_are_those_of_pipelines(con: Any, texts: list[Any], model: Any) -> None:
    rows = con.sql(
        "SELECT bertlite_intent(said), bertlite_intent_score(said), bertlite_sentiment(said), "
        "bertlite_emotion(said), bertlite_embed(said), bertlite_similarity(said, 'lamp on'), "
        "bertlite_entities(said), bertlite_answer('where', said) FROM t ORDER BY id"
    ).fetchall()
    pipes = [bf.pipeline(t) for t in ("intent-classification", "sentiment-analysis", "ner")]
    like = bf.pipeline("sentence-similarity")
    for text, row in zip(texts, rows):
        if text is None:
            assert row == (None,) * 8
            continue
        intent = pipes[0](text)
        assert row[0] == intent["label"] and row[1] == pytest.approx(intent["score"])
        assert row[2] == pipes[1](text)[0]["label"]
        assert row[4] == tuple(model.encode(text).tolist())
        assert row[5] == pytest.approx(like(text, "lamp on"), abs=1e-6)
        assert [one["word"] for one in row[6]] == [one["word"] for one in pipes[2](text)]
    found = con.execute("SELECT bertlite_answer(?, ?)", [QUESTION, CONTEXT]).fetchall()
    assert found == [("Berlin",)] and rows[2][7] is None


def test_many_rows_in_several_threads(con: Any) -> None:
    found = con.sql(
        "SELECT count(*), count(DISTINCT v) FROM (SELECT bertlite_embed('number ' || i % 50) AS v "
        "FROM range(10000) r(i))"
    ).fetchall()
    assert found == [(10000, 50)]


def test_wrong_models(library: Library) -> None:
    duckdb = library("duckdb")
    library("pyarrow")
    from bertlite_fast.integrations.duckdb import register

    with pytest.raises(bf.InputError, match="models has a model for 'intents'; it can be"):
        register(duckdb.connect(), models={"intents": "x"})
    with pytest.raises(bf.ModelFileError):
        register(duckdb.connect(), models={"intent": "/nowhere"})


def test_functions_can_be_registered_again(library: Library) -> None:
    """A cell of a notebook is run twice; the functions are then the new ones."""
    duckdb = library("duckdb")
    library("pyarrow")
    from bertlite_fast.integrations.duckdb import register

    connection = duckdb.connect()
    register(connection)
    register(connection, models={"embed": bf.pipeline("feature-extraction")})
    other = connection.cursor()
    with pytest.raises(bf.InputError, match="bertlite_intent already, from another connection"):
        register(other)
    for one in (connection, other):
        assert one.execute("SELECT bertlite_intent('lights on')").fetchall() == [("light_on",)]
