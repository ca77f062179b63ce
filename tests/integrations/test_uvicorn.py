"""The HTTP service as a process: clients of others, clients that misbehave, and its end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import services

pytest.importorskip("uvicorn")
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX"),
    # of the clients' own libraries
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

TIMEOUT = 1.0
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server() -> Iterator[services.Service]:
    running = services.http(
        "--timeout", str(TIMEOUT), "--connections", "20", "--max-bytes", "300000",
    )  # fmt: skip
    yield running
    assert running.end() == 0


def ask(port: int, path: str, data: Any, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    connection.request("POST", path, body, {**JSON, **headers})
    reply = connection.getresponse()
    found = reply.status, json.loads(reply.read())
    connection.close()
    return found


def metric(port: int, name: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def raw(port: int, data: bytes) -> bytes:
    """What the server says to these bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        sock.sendall(data)
        found = b""
        while part := sock.recv(65536):
            found += part
        return found


def test_openai_client(server: services.Service) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(
        base_url=f"http://127.0.0.1:{server.port}/v1", api_key="none", max_retries=0
    ) as client:
        assert [model.id for model in client.models.list()] == ["bertlite/vectors"]
        assert client.models.retrieve("bertlite/vectors").owned_by == "bertlite"
        make = client.embeddings.create
        one = make(model="bertlite/vectors", input="turn on the light")  # asks for base64
        same = make(model="bertlite/vectors", input=["turn on the light"], encoding_format="float")
        assert one.data[0].embedding == pytest.approx(same.data[0].embedding, abs=1e-9)
        assert one.usage.prompt_tokens == 6 and len(one.data[0].embedding) == 64
        ids = make(model="bertlite/vectors", input=[[2735, 2006], [2422]])
        assert [row.index for row in ids.data] == [0, 1]
        with pytest.raises(openai.NotFoundError, match="does not exist here"):
            make(model="text-embedding-3-small", input="a")
        with pytest.raises(openai.BadRequestError, match="cannot be shortened"):
            make(model="bertlite/vectors", input="a", dimensions=16)
        with pytest.raises(openai.BadRequestError, match="maximum context length"):
            make(model="bertlite/vectors", input="word " * 600)


def test_huggingface_client(server: services.Service) -> None:
    hub = pytest.importorskip("huggingface_hub")
    client = hub.InferenceClient()
    at = f"http://127.0.0.1:{server.port}/tasks/"
    assert client.text_classification("oh", model=f"{at}text-classification")[0].label
    assert client.fill_mask("a [MASK] day", model=f"{at}fill-mask", top_k=2)[1].token_str
    names = client.token_classification("Ada in London", model=f"{at}ner")
    assert names[-1].word == "London"
    answer = client.question_answering(
        question="Who opened the door?",
        context="Ada opened the door.",
        model=f"{at}question-answering",
    )
    assert answer.answer == "Ada"
    labels = client.zero_shot_classification(
        "my card was declined", ["payment", "sport"], model=f"{at}zero-shot-classification"
    )
    assert labels[0].label == "payment"
    close = client.sentence_similarity(
        "lights on", ["lamp on", "rain"], model=f"{at}sentence-similarity"
    )
    assert close[0] > close[1]
    vector = client.feature_extraction(
        "lights on", normalize=True, model=f"http://127.0.0.1:{server.port}/embed"
    )
    assert vector.shape == (1, 64)
    with pytest.raises(hub.errors.HfHubHTTPError, match="422"):
        client.fill_mask("no mask", model=f"{at}fill-mask")


def test_requests_in_turn_and_at_once(server: services.Service) -> None:
    texts = [f"turn on light number {i}" for i in range(300)]
    bodies = [{"inputs": text} for text in texts] + [{"inputs": texts}]
    expected = ask(server.port, "/tasks/intent-classification", {"inputs": texts})[1]
    found: dict[int, Any] = {}

    def some(numbers: range) -> None:
        for i in numbers:
            found[i] = ask(server.port, "/tasks/intent-classification", bodies[i])[1]

    threads = [threading.Thread(target=some, args=(range(i, 301, 6),)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(300)] == expected == found[300]


HOSTILE = (
    (b"nonsense\r\n\r\n", b" 400 "),
    (b"GET / HTTP/1.1\r\nhost: localhost\r\n" + b"x: " + b"y" * 70_000, b" 431 "),
    (b"POST /embed HTTP/1.1\r\nhost: localhost\r\n", b" 408 "),  # a head that does not end
    (
        b"POST /embed HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: 100\r\n\r\n{",  # a body that does not
        b" 408 ",
    ),
    (
        b"POST /embed HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\n\r\n5\r\n{",
        b" 408 ",
    ),
    (
        b"POST /embed HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: 999999999\r\n\r\n{",
        b" 413 ",
    ),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b" 400 "),  # TLS
    (b"GET /%00%ff HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", b" 404 "),
    (b"GET /health HTTP/1.0\r\n\r\n", b" 200 "),
)


@pytest.mark.parametrize(("data", "expected"), HOSTILE)
def test_what_is_not_a_request(server: services.Service, data: bytes, expected: bytes) -> None:
    start = time.monotonic()
    found = raw(server.port, data)
    assert expected in found.split(b"\r\n")[0]
    assert time.monotonic() - start < TIMEOUT + 20
    assert ask(server.port, "/embed", {"inputs": "still here"})[0] == 200


def test_a_client_that_reads_nothing_is_left(server: services.Service) -> None:
    before = metric(server.port, 'bertlite_refused_total{reason="slow"}')
    body = json.dumps({"inputs": ["word " * 500] * 8}).encode()
    request = (
        b"POST /tasks/feature-extraction HTTP/1.1\r\nhost: localhost\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    )
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", server.port))
        sock.sendall(request)
        for _ in range(200):
            if metric(server.port, 'bertlite_refused_total{reason="slow"}') > before:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("it is still waited for")


def test_clients_that_vanish(server: services.Service) -> None:
    for _ in range(10):
        for data in (b"", b"POST", b"POST /embed HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"):
            sock = socket.create_connection(("127.0.0.1", server.port))
            sock.sendall(data)
            sock.close()
    assert ask(server.port, "/embed", {"inputs": "still here"})[0] == 200
    time.sleep(0.2)
    assert metric(server.port, "bertlite_in_flight") == 1  # the one that asks


def test_more_connections_than_there_may_be(server: services.Service) -> None:
    many = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    try:
        status, reply = ask(server.port, "/embed", {"inputs": "a"})
        assert status == 503 and "connections" in reply["error"]
    finally:
        for sock in many:
            sock.close()
    for _ in range(50):
        if ask(server.port, "/embed", {"inputs": "a"})[0] == 200:
            return
        time.sleep(0.1)
    raise AssertionError("it does not answer again")


def test_requests_in_flight_are_answered_at_the_end() -> None:
    running = services.http("--tasks", "ner", "--workers", "1")
    text = "Ada Lovelace lived in London. " * 500
    body = {"inputs": [text] * 4}
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(ask(running.port, "/tasks/ner", body)[0]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    idle = socket.create_connection(("127.0.0.1", running.port))
    for _ in range(500):
        if metric(running.port, "bertlite_queued") == 3:
            break
        time.sleep(0.01)
    running.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert found == [200, 200, 200]
    assert running.wait() == 0
    idle.close()


def test_a_token_of_the_environment_and_a_warning() -> None:
    running = services.http("--tasks", "ner", BERTLITE_TOKEN="geheim")
    try:
        assert ask(running.port, "/tasks/ner", {"inputs": "a"})[0] == 401
        right = {"Authorization": "Bearer geheim"}
        assert ask(running.port, "/tasks/ner", {"inputs": "a"}, **right)[0] == 200
        assert "warning" not in "".join(running.lines)
    finally:
        assert running.end() == 0
    running = services.http("--tasks", "ner", "--host", "0.0.0.0")
    try:
        assert "everyone who reaches" in "".join(running.lines)
    finally:
        assert running.end() == 0


def test_without_the_faster_parser_and_loop() -> None:
    """As on boards for which httptools and uvloop have no wheel."""
    pytest.importorskip("h11")
    running = services.http("--tasks", "ner", "--timeout", "1", BLOCKED="httptools uvloop")
    found = ask(running.port, "/tasks/ner", {"inputs": "Ada in London"})[1]
    assert found[-1]["word"] == "London"
    for data, expected in HOSTILE:
        first = raw(running.port, data).split(b"\r\n")[0]
        assert expected in first or (b" 431 " in expected and b" 400 " in first), data[:60]
    assert ask(running.port, "/tasks/ner", {"inputs": "still here"})[0] == 200
    assert running.end() == 0


def test_without_uvicorn_it_is_said_what_to_install() -> None:
    with services.service(
        "serve", "--port", "0", "--tasks", "ner", ready="pip install", BLOCKED="uvicorn"
    ) as running:
        assert running.wait() == 1
