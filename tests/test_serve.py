"""The HTTP service without a server: what it answers, and what it refuses and how."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import random
import struct
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import test_tasks

from bertlite_fast import InputError, pipeline
from bertlite_fast._native import float_rows, json_rows, restored_tensor
from bertlite_fast.cli.commands.services import named_models, secret
from bertlite_fast.pipelines import TASKS
from bertlite_fast.serve.answers import (
    SETTINGS,
    Answers,
    Limits,
    Refused,
    encode,
    parsed,
    reason_of,
)
from bertlite_fast.serve.app import CALL, SHORT, App, Connection
from bertlite_fast.serve.openapi import EXAMPLES

JSON = {"content-type": "application/json"}


class Reply:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
        self.body: bytes = b"".join(m.get("body", b"") for m in messages[1:])

    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    app: App, method: str, path: str, parts: list[bytes], headers: dict[str, str]
) -> Reply:
    queue = [
        {"type": "http.request", "body": part, "more_body": i + 1 < len(parts)}
        for i, part in enumerate(parts)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return queue.pop(0) if queue else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    listed = [(k.encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": listed}
    await app(scope, receive, send)
    return Reply(sent)


def post(app: App, path: str, data: Any, **headers: str) -> Reply:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return asyncio.run(call(app, "POST", path, [body], {**JSON, **headers}))


def get(app: App, path: str, method: str = "GET", **headers: str) -> Reply:
    return asyncio.run(call(app, method, path, [b""], headers))


@pytest.fixture(scope="module")
def app() -> App:
    found = App(Answers(limits=Limits(bytes=200_000, texts=100, characters=20_000)))
    found.warm_up()
    return found


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the command does
        yield


def test_every_task_has_an_example_and_answers_it(app: App) -> None:
    assert set(SETTINGS) == set(TASKS) == set(app.answers.pipes)
    for task in TASKS:
        reply = post(app, f"/tasks/{task}", EXAMPLES[task])
        assert reply.status == 200 and reply.json(), task
    for path, route in app.routes.items():
        if route.method == "POST" and "/tasks/" not in path and path != "/embeddings":
            assert post(app, path, EXAMPLES[path]).status == 200, path


def test_answers_are_those_of_the_pipelines(app: App) -> None:
    text, texts = "dim the lamp in the hall", ["lights on", "", "the lamp\nis 💡 on"]
    intents = pipeline("intent-classification")
    found = post(app, "/tasks/intent-classification", {"inputs": texts}).json()
    assert found == intents(texts)
    sent = {"inputs": text, "parameters": {"slots": True, "several": True, "top_k": 2}}
    assert post(app, "/tasks/intent-classification", sent).json() == intents(
        text, slots=True, several=True, top_k=2
    )
    assert post(app, "/tasks/ner", {"inputs": "Ada in London"}).json() == pipeline("ner")(
        "Ada in London"
    )
    assert post(app, "/tasks/fill-mask", {"inputs": ["a [MASK]"]}).json() == [
        pipeline("fill-mask")("a [MASK]")
    ]
    emotion = pipeline("text-classification")
    assert post(app, "/tasks/text-classification", {"inputs": "oh"}).json() == [emotion("oh")]
    assert post(app, "/tasks/text-classification", {"inputs": ["oh", "no"]}).json() == [
        [label] for label in emotion(["oh", "no"])
    ]
    vectors = pipeline("feature-extraction")
    tokens = post(app, "/tasks/feature-extraction", {"inputs": "a b"}).json()
    assert single(tokens) == single(vectors("a b"))
    ranked = post(
        app,
        "/tasks/zero-shot-classification",
        {"inputs": text, "parameters": {"candidate_labels": ["home", "money"]}},
    ).json()
    expected = pipeline("zero-shot-classification")(text, candidate_labels=["home", "money"])
    assert [(row["label"], row["score"]) for row in ranked] == list(
        zip(expected["labels"], expected["scores"])
    )


def single(rows: Any) -> list[bytes]:
    """Floats as 32 bits, which is what a reply has to keep."""
    if isinstance(rows[0], list):
        return [part for row in rows for part in single(row)]
    return [struct.pack("<f", value) for value in rows]


def test_vectors_are_the_same_in_every_form(app: App) -> None:
    texts = ["turn on the light", "play some jazz"]
    expected = pipeline("feature-extraction").embed(texts, "model").tolist()
    assert single(post(app, "/embed", {"inputs": texts}).json()) == single(expected)
    sent = {"input": texts, "model": "bertlite/vectors"}
    plain = post(app, "/v1/embeddings", sent).json()
    assert single([row["embedding"] for row in plain["data"]]) == single(expected)
    coded = post(app, "/v1/embeddings", {**sent, "encoding_format": "base64"}).json()
    for row, vector in zip(coded["data"], expected):
        assert base64.b64decode(row["embedding"]) == b"".join(single(vector))
    tokenizer = pipeline("feature-extraction").tokenizer
    ids = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    of_ids = post(app, "/v1/embeddings", {**sent, "input": ids}).json()
    for row, vector in zip(of_ids["data"], expected):
        assert row["embedding"] == pytest.approx(vector, abs=1e-6)
    assert of_ids["usage"] == plain["usage"] == {"prompt_tokens": 11, "total_tokens": 11}
    alone = post(app, "/v1/embeddings", {**sent, "input": ids[0], "dimensions": 64}).json()
    assert len(alone["data"]) == 1 and alone["data"][0] == of_ids["data"][0]


def test_forms_of_text_embeddings_inference(app: App) -> None:
    one = post(app, "/predict", {"inputs": "what a day"}).json()
    assert len(one) == 7 and one == sorted(one, key=lambda row: -row["score"])
    pair, alone = post(app, "/predict", {"inputs": [["a", "b"], ["what a day"]]}).json()
    assert alone == one and pair == post(app, "/predict", {"inputs": ["a", "b"]}).json()
    raw = post(app, "/predict", {"inputs": "what a day", "raw_scores": True}).json()
    assert raw[0]["label"] == one[0]["label"] and raw[0]["score"] != one[0]["score"]
    texts = ["It is red.", "It opens at nine."]
    ranked = post(
        app, "/rerank", {"query": "when does it open", "texts": texts, "return_text": True}
    ).json()
    assert [row["index"] for row in ranked] == [1, 0] and ranked[0]["text"] == texts[1]
    (row,) = post(app, "/tokenize", {"inputs": "Hi 💡!"}).json()
    assert [token["text"] for token in row][1:3] == ["hi", "[UNK]"]
    assert (row[3]["start"], row[3]["stop"], row[0]["start"]) == (4, 5, None)
    assert post(app, "/decode", {"ids": [token["id"] for token in row]}).json() == ["hi!"]
    info = get(app, "/info").json()
    assert info["model_id"] == "bertlite/vectors" and info["max_input_length"] == 512


LONG = "a b " * 2000
ASKED = {"inputs": {"question": "who?", "context": LONG}}
HOSTILE: list[tuple[str, Any, int]] = [
    ("/embed", b"", 400),
    ("/embed", b"\xff\xfe{}", 400),
    ("/embed", b"[" * 100_000, 400),
    ("/embed", b'{"inputs":' * 20_000, 400),
    ("/embed", b'{"inputs": NaN}', 400),
    ("/embed", b'{"inputs": ' + b"9" * 5000 + b"}", 400),
    ("/embed", [], 422),
    ("/embed", None, 422),
    ("/embed", {}, 422),
    ("/embed", {"inputs": None}, 422),
    ("/embed", {"inputs": []}, 400),
    ("/embed", {"inputs": ["a", None]}, 422),
    ("/embed", {"inputs": ["a", 1]}, 422),
    ("/embed", {"inputs": ["a", ["b"]]}, 422),
    ("/embed", {"inputs": {"a": 1}}, 422),
    ("/embed", {"inputs": "half \ud800 a pair"}, 422),
    ("/embed", {"inputs": ["a"] * 101}, 413),
    ("/embed", {"inputs": "a" * 20_001}, 413),
    ("/embed", {"inputs": "word " * 600}, 413),
    ("/embed", {"inputs": "각 " * 200}, 413),
    ("/embed", b"a" * 200_001, 413),
    ("/embed", {"inputs": "a", "dimensions": 32}, 422),
    ("/embed", {"inputs": "a", "normalize": "yes"}, 422),
    ("/embed", {"inputs": "a", "prompt_name": "query"}, 422),
    ("/embed", {"inputs": "a", "truncation_direction": "left"}, 422),
    ("/predict", {"inputs": "word " * 600}, 413),
    ("/predict", {"inputs": "word " * 600, "truncate": True}, 200),
    ("/predict", {"inputs": ["a", "b", "c"]}, 422),
    ("/predict", {"inputs": [["a"], "b"]}, 422),
    ("/predict", {"inputs": [[]]}, 422),
    ("/rerank", {"texts": ["a"]}, 422),
    ("/rerank", {"query": "a", "texts": []}, 400),
    ("/rerank", {"query": "word " * 600, "texts": ["a"]}, 413),
    ("/rerank", {"query": "a", "texts": ["b", "word " * 600]}, 413),
    ("/tokenize", {"inputs": ["a " * 9000, "b " * 9000]}, 413),
    ("/similarity", {"inputs": ["a", "b"]}, 422),
    ("/similarity", {"inputs": {"source_sentence": "a", "sentences": [None]}}, 422),
    ("/decode", {"ids": [10**30]}, 422),
    ("/decode", {"ids": [True]}, 422),
    ("/decode", {"ids": []}, 400),
    ("/decode", {"ids": [5] * 20_001}, 413),
    ("/tasks/ner", {"inputs": "a", "parameters": []}, 422),
    ("/tasks/ner", {"inputs": "a", "parameters": {"model": "/etc/passwd"}}, 422),
    ("/tasks/intent-classification", {"inputs": "a", "parameters": {"slots": "/etc"}}, 422),
    ("/tasks/intent-classification", {"inputs": "a", "parameters": {"threshold": 7}}, 422),
    ("/tasks/fill-mask", {"inputs": "no mask"}, 422),
    ("/tasks/fill-mask", {"inputs": "[MASK] " * 400, "parameters": {"top_k": 1000}}, 413),
    ("/tasks/fill-mask", {"inputs": "[MASK]", "parameters": {"top_k": 0}}, 422),
    ("/tasks/fill-mask", {"inputs": "[MASK]", "parameters": {"top_k": 10**9}}, 422),
    ("/tasks/question-answering", {"inputs": "a"}, 422),
    ("/tasks/question-answering", {"inputs": {"question": "a"}}, 422),
    ("/tasks/question-answering", {"inputs": [None]}, 422),
    ("/tasks/question-answering", {"inputs": {"question": "a " * 440, "context": "b " * 9}}, 200),
    ("/tasks/question-answering", {"inputs": {"question": "a " * 440, "context": LONG}}, 200),
    ("/tasks/question-answering", {"inputs": {"question": "a " * 480, "context": LONG}}, 422),
    ("/tasks/question-answering", {**ASKED, "parameters": {"doc_stride": 250}}, 200),
    ("/tasks/question-answering", {**ASKED, "parameters": {"doc_stride": 350}}, 422),
    ("/tasks/question-answering", {**ASKED, "parameters": {"doc_stride": 0}}, 200),
    (
        "/tasks/question-answering",
        {**ASKED, "parameters": {"max_seq_len": 512, "doc_stride": 500}},
        422,
    ),
    ("/tasks/question-answering", {**ASKED, "parameters": {"max_seq_len": 5}}, 422),
    ("/tasks/ner", {"inputs": LONG, "parameters": {"stride": 257}}, 422),
    ("/tasks/ner", {"inputs": LONG, "parameters": {"stride": 10**30}}, 422),
    ("/tasks/zero-shot-classification", {"inputs": "a"}, 422),
    (
        "/tasks/zero-shot-classification",
        {"inputs": "a", "parameters": {"candidate_labels": ["b"], "hypothesis_template": "{:>9}"}},
        422,
    ),
    (
        "/tasks/zero-shot-classification",
        {"inputs": ["a"] * 100, "parameters": {"candidate_labels": ["b"] * 11}},
        413,
    ),
    ("/tasks/feature-extraction", {"inputs": ["word " * 510] * 5, "parameters": {}}, 200),
    ("/tasks/feature-extraction", {"inputs": ["a" * 1900] * 100, "parameters": {}}, 413),
    ("/tasks/feature-extraction", {"inputs": "a", "parameters": {"pooling": "no"}}, 422),
    (
        "/tasks/feature-extraction",
        {"inputs": "word " * 600, "parameters": {"truncate": False}},
        413,
    ),
    ("/tasks/feature-extraction", {"inputs": "a", "parameters": {"encoding_format": "hex"}}, 422),
    ("/tasks/dance", {"inputs": "a"}, 404),
    ("/v1/embeddings", {"input": "a"}, 400),
    ("/v1/embeddings", {"input": "a", "model": "text-embedding-3-small"}, 404),
    ("/v1/embeddings", {"input": "", "model": "bertlite/vectors"}, 400),
    ("/v1/embeddings", {"input": [], "model": "bertlite/vectors"}, 400),
    ("/v1/embeddings", {"input": [1, "a"], "model": "bertlite/vectors"}, 400),
    ("/v1/embeddings", {"input": [[1], []], "model": "bertlite/vectors"}, 400),
    ("/v1/embeddings", {"input": [-1], "model": "bertlite/vectors"}, 400),
    ("/v1/embeddings", {"input": [5] * 511, "model": "bertlite/vectors"}, 400),
    ("/v1/embeddings", {"input": "a " * 600, "model": "bertlite/vectors"}, 400),
    ("/v1/embeddings", {"input": "a", "model": "bertlite/vectors", "dimensions": 8}, 400),
]


@pytest.mark.parametrize(("path", "data", "status"), HOSTILE)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    app: App, path: str, data: Any, status: int
) -> None:
    reply = post(app, path, data)
    assert reply.status == status, reply.body[:300]
    if status != 200:
        error = reply.json()["error"]
        message = error["message"] if path.startswith("/v1") else error
        assert isinstance(message, str) and 10 < len(message) < 400
        assert "Error" not in message and "Traceback" not in message
    assert post(app, "/embed", {"inputs": "still here"}).status == 200


def test_cut_texts_are_counted(app: App) -> None:
    sent = {"inputs": ["short", "word " * 600]}
    reply = post(app, "/tasks/intent-classification", sent)
    assert reply.status == 200 and reply.headers["x-truncated"] == "1"
    assert "x-truncated" not in post(app, "/tasks/ner", sent).headers  # reads it all
    assert post(app, "/embed", {**sent, "truncate": True}).status == 200


def test_methods_kinds_and_paths(app: App) -> None:
    assert post(app, "/nowhere", {}).status == 404
    assert get(app, "/embed").status == 405 and get(app, "/embed").headers["allow"] == "POST"
    assert post(app, "/health", {}).status == 405
    assert get(app, "/health").status == 200 and get(app, "/ready").json() == {"ready": True}
    head = get(app, "/", "HEAD")
    assert head.status == 200 and head.body == b"" and int(head.headers["content-length"]) > 1000
    kind = {"content-type": "text/plain"}  # what a web page may send without being asked
    assert asyncio.run(call(app, "POST", "/embed", [b"{}"], kind)).status == 415
    assert get(app, "/v1/models").json()["data"][0]["id"] == "bertlite/vectors"
    assert get(app, "/v1/models/bertlite/vectors").json()["object"] == "model"
    assert "script-src 'sha256-" in get(app, "/").headers["content-security-policy"]


def test_what_is_no_text_is_named(app: App) -> None:
    """A list's item by its index; a field of another name as one that is missing."""
    for path in ("/tasks/intent-classification", "/embed", "/tasks/ner"):
        reply = post(app, path, {"inputs": ["a", "b", None, "c"]})
        assert reply.status == 422 and "`inputs[2]` is missing or null" in reply.json()["error"]
        reply = post(app, path, {"inputs": ["a", 3]})
        assert reply.status == 422 and "`inputs[1]` is a number" in reply.json()["error"]
    for path in ("/tasks/intent-classification", "/embed", "/tasks/ner", "/similarity", "/predict"):
        for sent, has in (({"input": "a"}, "`input`"), ({}, "nothing"), ({"a": 1, "b": 2}, "`a`")):
            if path.startswith("/tasks") and len(sent) == 2:
                continue  # settings that the task does not take
            reply = post(app, path, sent)
            expected = f"`inputs` is missing; the request has {has}"
            assert reply.status == 422 and expected in reply.json()["error"]
    assert "`inputs` is missing or null" in post(app, "/embed", {"inputs": None}).json()["error"]
    openai = post(app, "/v1/embeddings", {"inputs": "a", "model": "bertlite/vectors"}).json()
    assert "`input` is missing; the request has `inputs`" in openai["error"]["message"]
    openai = post(app, "/v1/embeddings", {"input": "a"}).json()
    assert "model is missing or null" in openai["error"]["message"]
    nothing = post(app, "/embed", b"")
    assert nothing.status == 400 and "has no body" in nothing.json()["error"]
    reply = post(app, "/embed", {"inputs": ["a", "x" * 30_000]})
    assert reply.status == 413 and "`inputs[1]` has a text of 30000" in reply.json()["error"]


def test_bodies_in_parts(app: App) -> None:
    body = json.dumps({"inputs": "turn on the light"}).encode()
    parts = [body[i : i + 5] for i in range(0, len(body), 5)]
    assert asyncio.run(call(app, "POST", "/embed", parts, JSON)).status == 200
    endless = [b"a" * 50_000] * 100
    assert asyncio.run(call(app, "POST", "/embed", endless, JSON)).status == 413
    read = []

    async def receive() -> dict[str, Any]:
        read.append(1)
        return {"type": "http.request", "body": endless[0], "more_body": len(read) < 100}

    with pytest.raises(Refused, match="more than 200000 bytes"):
        asyncio.run(app._body(Connection(), receive))
    assert len(read) == 5  # what comes after is not kept
    claimed = {**JSON, "content-length": "9" * 30}
    assert asyncio.run(call(app, "POST", "/embed", [b"{}"], claimed)).status == 413


def test_a_token_is_asked_for() -> None:
    app = App(Answers(tasks=("ner",)), token="geheim ✓")
    sent = {"inputs": "Ada"}
    for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": "geheim ✓"},
                  {"authorization": "Basic geheim ✓"}):  # fmt: skip
        reply = post(app, "/tasks/ner", sent, **given)
        assert reply.status == 401 and reply.headers["www-authenticate"] == "Bearer"
    assert post(app, "/tasks/ner", sent, authorization="Bearer geheim ✓").status == 200
    assert post(app, "/tasks/ner", sent, authorization="bearer geheim ✓").status == 200
    for path, status in (("/health", 200), ("/", 200), ("/metrics", 401), ("/nowhere", 401)):
        assert get(app, path).status == status


def test_a_full_queue_is_503_and_short_requests_still_wait_their_turn() -> None:
    app = App(Answers(tasks=("ner",)), queue=2, workers=1)
    route = app.routes["/tasks/ner"]
    begun, go_on = threading.Event(), threading.Event()
    answer = route.answer

    def slow(data: dict[str, Any]) -> Any:
        begun.set()
        go_on.wait(10)
        return answer(data)

    route.answer, route.rate = slow, 1.0  # a second for each byte: into a thread

    async def main() -> None:
        body = [b'{"inputs": "Ada"}']
        first = [asyncio.create_task(call(app, "POST", "/tasks/ner", body, JSON)) for _ in range(2)]
        while not begun.is_set():
            await asyncio.sleep(0.01)
        refused = await call(app, "POST", "/tasks/ner", body, JSON)
        assert refused.status == 503 and refused.headers["retry-after"] == "1"
        assert refused.json()["error_type"] == "Overloaded"
        assert (await call(app, "GET", "/health", [b""], {})).status == 200  # the loop is free
        go_on.set()
        assert [reply.status for reply in await asyncio.gather(*first)] == [200, 200]

    asyncio.run(main())
    assert "bertlite_queued 0" in app.metrics()
    assert 'bertlite_refused_total{reason="busy"} 1' in app.metrics()


def test_where_a_request_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the loop, in a thread, or in a thread only if one is idle."""
    app = App(Answers(tasks=("ner",)), workers=2)
    route, work = app.routes["/tasks/ner"], app._work
    found: list[bool] = []

    def noted(*given: Any) -> Any:
        found.append(threading.current_thread() is threading.main_thread())
        return work(*given)

    monkeypatch.setattr(app, "_work", noted)
    assert app.short == SHORT
    app.short = 0.0005
    for seconds, busy, in_loop in (
        (0.0004, 0, True), (0.0004, 2, True), (0.001, 0, False), (0.001, 1, False),
        (0.001, 2, True), (0.003, 0, False), (0.003, 2, False),
    ):  # fmt: skip
        app.queued, route.rate = busy, seconds / (CALL + len(b'{"inputs": "Ada"}'))
        assert post(app, "/tasks/ner", {"inputs": "Ada"}).status == 200
        assert found.pop() == in_loop, (seconds, busy)
    app.warm_up()
    assert 0 < app.short <= SHORT
    alone = App(app.answers, workers=1)
    alone.warm_up()
    assert alone.short == SHORT  # no other core would answer it sooner


def test_who_waits_too_long_for_a_thread_gets_503() -> None:
    app = App(Answers(tasks=("ner",)), workers=1, patience=0.05)
    app.routes["/tasks/ner"].rate = 1.0
    app.pool.submit(time.sleep, 0.3)
    assert post(app, "/tasks/ner", {"inputs": "Ada"}).status == 503


def test_an_unexpected_error_is_logged_not_shown() -> None:
    lines: list[str] = []
    app = App(Answers(tasks=("ner",)), log=lines.append)

    def broken(data: dict[str, Any]) -> Any:
        raise ZeroDivisionError("a secret")

    app.routes["/tasks/ner"].answer = broken
    reply = post(app, "/tasks/ner", {"inputs": "Ada"})
    assert reply.status == 500 and b"secret" not in reply.body
    assert lines == ["/tasks/ner: ZeroDivisionError: a secret"]
    assert reason_of(MemoryError()).status == 503
    app.stopping = True
    assert get(app, "/ready").status == 503 and get(app, "/health").status == 200


def test_metrics_are_in_prometheus_form(app: App) -> None:
    post(app, "/embed", {"inputs": ["a", "b"]})
    text = get(app, "/metrics").body.decode()
    assert text.endswith("\n")
    names, last = [], ""
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            last = line.split()[2]
            names.append(last)
        else:
            assert line.startswith(last)  # each name's lines are together
            float(line.rsplit(" ", 1)[1])
    assert len(names) == len(set(names))
    counts = [line for line in text.splitlines() if 'route="/embed",le=' in line]
    values = [int(line.rsplit(" ", 1)[1]) for line in counts]
    assert values == sorted(values) and values[-1] > 0


def test_own_models_and_names(tmp_path: Path) -> None:
    test_tasks.make(tmp_path / "mine", "sequence-classification", ["on", "off"])
    test_tasks.make(tmp_path / "fits", "sequence-classification", ["fits"])
    mine, fits = str(tmp_path / "mine"), str(tmp_path / "fits")
    tasks = ("text-classification", "feature-extraction")
    answers = Answers({"text-classification": mine, "rerank": fits}, tasks, aliases=("ada-002",))
    app = App(answers)
    found = post(app, "/predict", {"inputs": "light"}).json()
    assert {row["label"] for row in found} == {"on", "off"}
    assert answers.names["text-classification"] == "mine"
    sent = {"query": "a", "texts": ["b", "c c c"]}
    scores = {row["index"]: row["score"] for row in post(app, "/rerank", sent).json()}
    from bertlite_fast import CrossEncoder

    expected = CrossEncoder(fits).predict([("a", "b"), ("a", "c c c")])
    assert [scores[0], scores[1]] == pytest.approx([float(score) for score in expected])
    raw = {
        r["index"]: r["score"] for r in post(app, "/rerank", {**sent, "raw_scores": True}).json()
    }
    assert all(1 / (1 + math.exp(-raw[i])) == pytest.approx(scores[i]) for i in scores)
    reply = post(app, "/v1/embeddings", {"input": "a", "model": "ada-002"}).json()
    assert reply["model"] == "ada-002"
    assert post(app, "/tasks/ner", {"inputs": "a"}).status == 404
    with pytest.raises(InputError, match="is not a task"):
        Answers({"nert": mine})
    with pytest.raises(InputError, match="a reranker has one"):
        Answers({"rerank": mine}, ("ner",))


def test_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert named_models(["ner=a=b"]) == {"ner": "a=b"}
    for wrong in ("ner", "ner=", ""):
        with pytest.raises(InputError, match="TASK=MODEL"):
            named_models([wrong])
    file = tmp_path / "token"
    file.write_text("geheim\n")
    assert secret(str(file), "NO_SUCH") == "geheim" and secret(None, "NO_SUCH") is None
    monkeypatch.setenv("A_TOKEN", "t")
    assert secret(None, "A_TOKEN") == "t"
    file.write_text(" \n")
    with pytest.raises(InputError, match="is empty"):
        secret(str(file), "A_TOKEN")
    with pytest.raises(InputError, match="cannot be read"):
        secret(str(tmp_path / "absent"), "A_TOKEN")
    file.write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        secret(str(file), "A_TOKEN")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "127.0.0.1:8080",
        "[::1]:80",
        "10.1.2.3",
        "box:9",
    ],
)
def test_names_of_the_service_are_answered(host: str) -> None:
    named = App(Answers(tasks=("ner",)), hosts=("Box",))
    for _ in range(2):  # the second time it is remembered
        assert get(named, "/health", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
     "box.evil", "", "localhost:x", "[::1]x", "[box", "localhost@evil", "2130706433.example", "*"],
)  # fmt: skip
def test_a_page_that_names_this_machine_is_refused(host: str) -> None:
    named = App(Answers(tasks=("ner",)), hosts=("Box",))
    for _ in range(2):
        reply = get(named, "/health", host=host)
        assert reply.status == 421 and "--allow-host" in reply.json()["error"]
    body = {"inputs": "Ada in London"}
    assert post(named, "/tasks/ner", body, host=host).status == 421
    assert 'bertlite_refused_total{reason="host"} 3' in named.metrics()
    assert get(App(Answers(tasks=("ner",)), hosts=("*",)), "/health", host=host).status == 200


def test_remembered_names_do_not_grow() -> None:
    named = App(Answers(tasks=("ner",)))
    for i in range(300):
        assert get(named, "/health", host=f"localhost:{i}").status == 200
    assert len(named.known_hosts) < 100


@pytest.mark.parametrize(
    ("tasks", "absent"),
    [
        ("intent-classification", "/embed /predict /rerank /similarity /v1/embeddings"),
        ("text-classification", "/embed /rerank /similarity /v1/embeddings"),
        ("sentence-similarity", "/embed /predict /rerank /v1/embeddings"),
        ("feature-extraction,ner", "/predict"),
    ],
)
def test_openapi_has_only_what_is_served(tasks: str, absent: str) -> None:
    few = App(Answers(tasks=tuple(tasks.split(","))))
    few.warm_up()
    paths = get(few, "/openapi.json").json()["paths"]
    assert {path for path in paths if "/tasks/" in path} == {
        f"/tasks/{task}" for task in tasks.split(",")
    }
    for path in EXAMPLES:
        if path.startswith("/"):
            status = post(few, path, EXAMPLES[path]).status
            assert (path in paths) == (status == 200) == (path not in absent.split()), path


def test_questions_are_cut_where_a_request_says_so(app: App) -> None:
    context = "Ada opened the door because it was hot. Bob closed the window."
    asked = {
        "question": "Who opened the door? I mean the window, not it",
        "context": context,
    }
    short = {"question": "Who opened the door?", "context": context}
    cut = {"inputs": asked, "parameters": {"max_question_len": 5}}
    path = "/tasks/question-answering"
    assert post(app, path, cut).json() == post(app, path, {"inputs": short}).json()
    assert post(app, path, {"inputs": asked}).json() != post(app, path, {"inputs": short}).json()
    assert post(app, path, {**cut, "inputs": [asked]}).json() == [post(app, path, cut).json()]
    none = {"inputs": asked, "parameters": {"max_question_len": 0}}
    assert post(app, path, none).status == 422
    pipe: Any = pipeline("question-answering")
    assert pipe([asked] * 2, max_question_len=5) == [pipe(short)] * 2


def test_openapi_names_every_path_and_its_schemas_fit_the_examples(app: App) -> None:
    api = get(app, "/openapi.json").json()
    hidden = {"/", "/openapi.json", "/embeddings", "/v1/models/bertlite/vectors"}
    assert set(api["paths"]) == set(app.routes) - hidden
    names = [way["operationId"] for path in api["paths"].values() for way in path.values()]
    assert len(names) == len(set(names))
    jsonschema = pytest.importorskip("jsonschema")
    for path, ways in api["paths"].items():
        if "post" in ways:
            content = ways["post"]["requestBody"]["content"]["application/json"]
            jsonschema.validate(content["example"], content["schema"])
            reply = post(app, path, content["example"]).json()
            answer = ways["post"]["responses"]["200"]["content"]["application/json"]["schema"]
            jsonschema.validate(reply, answer)


def test_floats_are_written_as_nine_digits_and_read_as_they_were() -> None:
    draw = random.Random(1)
    values = [0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 10.0, 100.0, 250.0, 999.99994, 1000.0, 0.0001, 9.5e-5]
    values += [1e-30, 3e38, 0.0009765625, 0.099999994, 9.9999990, 99.999992, 2.0**-13, 123.4375]
    values += [draw.choice((-1, 1)) * 10 ** draw.uniform(-6, 5) for _ in range(20_000)]
    values += [draw.randrange(1, 1 << 24) * 2.0 ** -draw.randrange(10, 38) for _ in range(20_000)]
    row = struct.unpack(f"{len(values)}f", struct.pack(f"{len(values)}f", *values))
    tensor = float_rows([list(row), list(row)])
    expected = "[" + ",".join(f"{value:.9g}" for value in row) + "]"
    assert json_rows(tensor) == f"[{expected},{expected}]"
    assert json_rows(float_rows([])) == "[]"
    with pytest.raises(InputError, match="two dimensions"):
        json_rows(restored_tensor((2,), b"\0" * 8))


def test_json_is_what_json_of_python_reads_and_writes() -> None:
    r = random.Random(1)

    def value(depth: int) -> Any:
        kind = r.randrange(8 if depth else 6)
        if kind == 6:
            return [value(depth - 1) for _ in range(r.randrange(4))]
        if kind == 7:
            return {r.choice('aé\U0001f600"'): value(depth - 1) for _ in range(r.randrange(4))}
        return (None, True, r.getrandbits(80), r.gauss(0, 1e9), "\ud800\n\\é", 1e-9)[kind]

    for _ in range(500):
        one = {"a": value(4)}
        text = json.dumps(one, separators=(",", ":"))
        assert encode(one) == text
        spaced = f"\n\t {json.dumps(one, indent=1)} \r\n"
        assert parsed(spaced.encode()) == json.loads(spaced) == parsed(text.encode())
        for cut in (text[:-1], text + ",", text + text, text[1:], "\ufeff" + text, "\xa0" + text):
            with pytest.raises(Refused) as refused:
                parsed(cut.encode())
            assert refused.value.status in (400, 422)
    assert encode("é") == json.dumps("é")
    with pytest.raises(TypeError):
        encode({"a": b"x"})
