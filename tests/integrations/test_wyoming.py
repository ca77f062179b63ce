"""Intents over Wyoming, asked by the package `wyoming`, and by clients that misbehave."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import services

from bertlite_fast import InputError, TextClassifier
from bertlite_fast.serve.wyoming import Names, Recognizer, address_of

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore:'audioop':DeprecationWarning")
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
READY = "recognizing intents"


@pytest.fixture(scope="module")
def server() -> Iterator[services.Service]:
    arguments = ("wyoming", "--uri", "tcp://127.0.0.1:0", "--timeout", "1", "--connections", "20")
    with services.service(*arguments, ready=READY) as running:
        yield running
        assert running.end() == 0


def asked(port: int, *events: Any) -> list[Any]:
    """The replies to events of the package, each with its own."""
    client = pytest.importorskip("wyoming.client")

    async def main() -> list[Any]:
        found = []
        uri = f"tcp://127.0.0.1:{port}"
        async with client.AsyncClient.from_uri(uri, read_timeout=20) as opened:
            for event in events:
                await opened.write_event(event.event())
                found.append(await opened.read_event())
        return found

    return asyncio.run(main())


@posix
def test_the_package_understands_what_is_said(server: services.Service) -> None:
    pytest.importorskip("wyoming")
    from wyoming.asr import Transcript
    from wyoming.info import Describe, Info
    from wyoming.intent import Intent, NotRecognized, Recognize
    from wyoming.ping import Ping, Pong

    about, known, transcript, unknown, pong = asked(
        server.port,
        Describe(),
        Recognize("dim the lamp in the bedroom", context={"a": 1}),
        Transcript("play some jazz", language="en"),
        Recognize("The river flows through three provinces."),
        Ping("hello"),
    )
    (service,) = Info.from_event(about).intent
    assert service.models[0].languages == ["en"] and service.installed
    intent = Intent.from_event(known)
    assert intent.name == "light_dimmer" and intent.context == {"a": 1}
    assert {e.name: e.value for e in intent.entities} == {"device": "lamp", "room": "bedroom"}
    assert Intent.from_event(transcript).name == "play_music"
    assert NotRecognized.is_type(unknown.type) and NotRecognized.from_event(unknown).text
    assert Pong.from_event(pong).text == "hello"


@posix
def test_a_model_of_ones_own(tmp_path: Path) -> None:
    """A file that fine-tuning wrote, with names for Home Assistant."""
    pytest.importorskip("wyoming")
    from wyoming.intent import Recognize

    texts = {
        "blinds_up": "raise the blinds|open the blinds|blinds up please|let the light in|pull up "
        "the blinds|blinds open",
        "blinds_down": "lower the blinds|close the blinds|blinds down please|make it dark|let down "
        "the blinds|blinds closed",
    }
    rows = [(text, label) for label, many in texts.items() for text in many.split("|")]
    model = TextClassifier(trained="head", random_state=0).fit(
        [a for a, _ in rows], [b for _, b in rows]
    )
    file = tmp_path / "mine.bertlite"
    model.save(file)
    names = {"intents": {"blinds_up": {"name": "HassOpenCover", "entities": {"device_class":
             "blind"}}}}  # fmt: skip
    (tmp_path / "names.json").write_text(json.dumps(names))
    arguments = ("wyoming", "--uri", "tcp://127.0.0.1:0", "--model", str(file), "--slots", "none",
                 "--threshold", "0", "--names", str(tmp_path / "names.json"))  # fmt: skip
    with services.service(*arguments, ready=READY) as running:
        up, down = asked(running.port, Recognize("raise the blinds"), Recognize("lower the blinds"))
        assert up.data["name"] == "HassOpenCover"
        assert up.data["entities"] == [{"name": "device_class", "value": "blind"}]
        assert down.data["name"] == "blinds_down" and not down.data["entities"]
        assert running.end() == 0


def raw(port: int, data: bytes) -> list[dict[str, Any]]:
    """The events that these bytes are answered with, until the service closes."""
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        sock.sendall(data)
        found = b""
        while part := sock.recv(65536):
            found += part
    events = []
    while found:
        line, _, found = found.partition(b"\n")
        event = json.loads(line)
        size = event["data_length"]
        events.append({"type": event["type"], **json.loads(found[:size])})
        found = found[size:]
    return events


GOOD = b'{"type":"recognize","data":{"text":"lights on"}}\n'
HOSTILE = (
    (b"nonsense\n", 1),
    (b"\n", 1),
    (b"\xff\xfe\n", 1),
    (b"[1]\n", 1),
    (b"{}\n", 1),
    (b'{"type":7}\n', 1),
    (b'{"type":"recognize","data":"text"}\n', 1),
    (b"[" * 60_000 + b"\n", 1),
    (b"x" * 200_000, 1),
    (b'{"type":"recognize","data_length":1e9}\n', 1),
    (b'{"type":"recognize","data_length":-1}\n', 1),
    (b'{"type":"recognize","data_length":99999999}\n', 1),
    (b'{"type":"recognize","data_length":2}\n[]', 1),
    (b'{"type":"audio-chunk","payload_length":99999999}\n', 1),
    # A stall inside an event ends the connection without a word.
    (b'{"type":"recognize"', 0),
    (b'{"type":"recognize","data_length":20}\n{"te', 0),
    (b'{"type":"audio-chunk","payload_length":500}\nabc', 0),
)


@posix
@pytest.mark.parametrize(("data", "errors"), HOSTILE)
def test_what_is_not_an_event(server: services.Service, data: bytes, errors: int) -> None:
    good, *rest = raw(server.port, GOOD + data)
    assert good["name"] == "light_on"
    assert [event["type"] for event in rest] == ["error"] * errors


@posix
def test_events_without_an_answer_and_wrong_texts(server: services.Service) -> None:
    sound = b'{"type":"audio-chunk","data":{"rate":16000},"payload_length":4}\n\0\1\2\3'
    wrong = b"".join(
        b'{"type":"recognize","data":{"text":%b}}\n' % text
        for text in (b"null", b"7", b'["a"]', b'"half \\ud800"')
    )
    found = raw(server.port, sound + wrong + GOOD + b'{"type":"recognize"}\n' + GOOD + b"end\n")
    long = b'{"type":"recognize","data":{"text":"%b"}}\n' % (b"lights on " * 500)
    assert [event["type"] for event in raw(server.port, long + GOOD + b"end\n")] == [
        "error", "intent", "error",
    ]  # fmt: skip
    kinds = [event["type"] for event in found]
    assert kinds == ["error"] * 4 + ["intent", "error", "intent", "error"]


@posix
def test_too_many_clients_and_those_that_vanish(server: services.Service) -> None:
    many = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    time.sleep(0.3)
    assert "too many" in raw(server.port, b"")[0]["text"]
    for sock in many:
        sock.sendall(b'{"type":')
        sock.close()
    for _ in range(50):
        try:
            if raw(server.port, GOOD + b"end\n")[0]["type"] == "intent":
                return
        except ConnectionError:  # refused while its bytes were on their way
            pass
        time.sleep(0.1)
    raise AssertionError("it does not answer again")


@posix
def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with services.service("wyoming", "--uri", f"unix://{path}", ready=READY) as running:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(path))
            sock.sendall(GOOD)
            assert b"light_on" in sock.recv(65536)
        assert running.end() == 0
    assert not path.exists()


def test_several_commands_and_a_threshold() -> None:
    found = Recognizer(several=True).answer(
        "recognize", {"text": "turn off the lights and play some jazz", "context": {"id": 1}}
    )
    assert [kind for kind, _ in found] == ["intents-start", "intent", "intent", "intents-stop"]
    assert [data["context"] for _, data in found] == [{"id": 1}] * 4
    assert found[2][1]["entities"] == [{"name": "music", "value": "jazz"}]
    strict = Recognizer(threshold=1.0, sorry=None)
    assert strict.answer("recognize", {"text": "lights on"}) == [("not-recognized", {})]


def test_arguments(tmp_path: Path) -> None:
    assert address_of("tcp://[::1]:10500") == ("tcp", ("::1", 10500))
    for uri in ("", "tcp://", "tcp://a", "tcp://a:x", "tcp://a:99999", "udp://a:1", "unix://"):
        with pytest.raises(InputError, match="is not an address"):
            address_of(uri)
    file = tmp_path / "names.json"
    for text in ("", "[]", '{"intents": {"a": 1}}', '{"intents": {"a": {}}}', "[" * 50_000):
        file.write_text(text)
        with pytest.raises(InputError, match="does not hold names"):
            Names(str(file))
    with pytest.raises(InputError, match="cannot be read"):
        Names(str(tmp_path / "absent"))


def test_the_names_for_home_assistant_are_those_of_the_embedded_models() -> None:
    names = Names(str(ROOT / "examples" / "home_assistant.json"))
    pipe = Recognizer().pipe
    assert set(names.intents) <= set(pipe.labels)
    slots = pipe.slot_model().labels
    assert set(names.entities) <= {label[2:] for label in slots}
