"""Answers over MQTT, with a real broker (mosquitto) that is ended in between."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import services

from bertlite_fast import InputError
from bertlite_fast.serve.answers import Answers, Limits
from bertlite_fast.serve.mqtt import Service, answered, broker_of, written

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
needs_broker = pytest.mark.skipif(
    os.name != "posix" or not os.path.exists(MOSQUITTO), reason="mosquitto is not installed"
)
READY = "answering bertlite/TASK/ask"
ASK, ANSWER = "bertlite/intent-classification/ask", "bertlite/intent-classification/answer"


class Broker:
    """mosquitto, which keeps its messages when it ends."""

    def __init__(self, folder: Path, more: str = "allow_anonymous true\n") -> None:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self.port: int = sock.getsockname()[1]
        self.file = folder / "mosquitto.conf"
        self.file.write_text(
            f"listener {self.port} 127.0.0.1\npersistence true\nmax_queued_messages 0\n"
            f"persistence_location {folder}/\n{more}" + ("user root\n" if os.getuid() == 0 else "")
        )
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", self.file],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("mosquitto does not start")

    def end(self, hard: bool = False) -> None:
        (self.process.kill if hard else self.process.terminate)()
        self.process.wait(30)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    pytest.importorskip("paho.mqtt")
    running = Broker(tmp_path)
    yield running
    running.end()


class Client:
    """One who asks, and counts the answers."""

    def __init__(self, port: int) -> None:
        from paho.mqtt import client as paho

        self.found: list[tuple[str, Any, Any]] = []
        self.client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id="asker", protocol=paho.MQTTv5
        )
        self.client.reconnect_delay_set(1, 1)
        self.client.on_message = self._message
        self.subscribed = False
        self.client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self.client.on_subscribe = self._subscribed
        self.client.connect("127.0.0.1", port, clean_start=False, properties=self._kept())
        self.client.loop_start()
        self.wait(lambda: self.subscribed)

    def _kept(self) -> Any:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        found = Properties(PacketTypes.CONNECT)
        found.SessionExpiryInterval = 3600
        return found

    def _subscribed(self, *_: Any) -> None:
        self.subscribed = True

    def _message(self, client: Any, _: Any, message: Any) -> None:
        if not message.topic.endswith("/ask"):
            data = getattr(message.properties, "CorrelationData", None)
            self.found.append((message.topic, json.loads(message.payload), data))

    def wait(self, is_done: Any) -> None:
        for _ in range(600):
            if is_done():
                return
            time.sleep(0.1)
        raise AssertionError(self.found[-5:])

    def ask(self, *payloads: bytes, topic: str = ASK, **more: Any) -> list[Any]:
        """The answers to messages; they come in order."""
        before = len(self.found)
        for payload in payloads:
            self.client.publish(topic, payload, qos=1, **more)
        self.wait(lambda: len(self.found) - before >= len(payloads))
        return [reply for _, reply, _ in self.found[before:]]

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def serving(broker: Broker, *more: str) -> Any:
    uri = f"mqtt://127.0.0.1:{broker.port}"
    return services.service(
        "mqtt", "--broker", uri, "--tasks", "intent-classification,ner", *more, ready=READY
    )


@needs_broker
def test_texts_and_objects(broker: Broker) -> None:
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    with serving(broker) as running:
        client = Client(broker.port)
        plain, named, null, broken, bytes_, large = client.ask(
            b"dim the lamp in the hall",
            b'{"inputs": ["lights on", ""], "id": {"a": [7]}}',
            b'{"inputs": null, "id": 8}',
            b'{"inputs',
            b"\xff\xfe",
            b"a" * (2 << 20),
        )
        assert plain["answer"]["label"] == "light_dimmer"
        assert [slot["word"] for slot in plain["answer"]["slots"]] == ["lamp", "hall"]
        assert named["id"] == {"a": [7]} and len(named["answer"]) == 2
        assert null["id"] == 8 and "`inputs` is missing or null" in null["error"]
        assert "not JSON" in broken["error"] and "UTF-8" in bytes_["error"]
        assert "bytes" in large["error"]
        wanted = Properties(PacketTypes.PUBLISH)
        wanted.ResponseTopic, wanted.CorrelationData = "my/own", b"17"
        client.client.publish("bertlite/ner/ask", b"", qos=1)  # not a question
        client.ask(b"Ada in London", topic="bertlite/ner/ask", properties=wanted)
        topic, reply, data = client.found[-1]
        assert (topic, data) == ("my/own", b"17") and reply["answer"][-1]["word"] == "London"
        client.end()
        assert running.end() == 0


@needs_broker
def test_nothing_is_lost_when_the_broker_ends(broker: Broker) -> None:
    with serving(broker) as running:
        client = Client(broker.port)
        for i in range(600):
            client.client.publish(ASK, b'{"inputs": "lights on", "id": %d}' % i, qos=1)
            time.sleep(0.001)
            if i in (200, 400):
                broker.end()
                time.sleep(0.2)
                broker.start()
        client.wait(lambda: len({reply["id"] for _, reply, _ in client.found}) == 600)
        before = len(running.lines)
        broker.end(hard=True)
        broker.start()
        client.wait(lambda: any("answering" in line for line in running.lines[before:]))
        client.wait(client.client.is_connected)
        assert "answer" in client.ask(b'{"inputs": "lights on", "id": "last"}')[-1]
        client.end()
        assert running.end() == 0


@needs_broker
def test_nothing_is_lost_when_the_service_ends(broker: Broker) -> None:
    """Messages wait for it, also those that it had not answered when it was killed."""
    client = None
    for round in range(3):
        with serving(broker) as running:
            if client is None:
                client = Client(broker.port)
            for i in range(100):
                number = 100 * round + i
                client.client.publish(ASK, b'{"inputs": "lights on", "id": %d}' % number, qos=1)
                if i == 50:
                    running.kill()
    assert client is not None
    with serving(broker) as running:
        asker = client
        client.wait(lambda: len({reply["id"] for _, reply, _ in asker.found}) == 300)
        client.end()
        assert running.end() == 0


def test_a_broker_that_is_not_there_is_tried_again() -> None:
    pytest.importorskip("paho.mqtt")
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    arguments = ("mqtt", "--broker", f"mqtt://127.0.0.1:{port}", "--tasks", "ner")
    with services.service(*arguments, ready="cannot be reached; trying again") as running:
        running.wait_for(2)
        assert running.end() == 0


@needs_broker
def test_a_wrong_password_ends_it(tmp_path: Path) -> None:
    pytest.importorskip("paho.mqtt")
    (tmp_path / "users").write_text("")
    running = Broker(tmp_path, f"allow_anonymous false\npassword_file {tmp_path / 'users'}\n")
    uri = f"mqtt://ada@127.0.0.1:{running.port}"
    with services.service(
        "mqtt", "--broker", uri, "--tasks", "ner", ready="refuses this client",
        BERTLITE_MQTT_PASSWORD="wrong",
    ) as refused:  # fmt: skip
        assert refused.wait() == 1
    running.end()


def test_what_a_message_is_answered_with() -> None:
    answers = Answers(tasks=("ner",), limits=Limits(bytes=1000))
    reply = written(answered(answers, "ner", '{"id": "ü", "inputs": "Ada in Köln"}'.encode()))
    assert json.loads(reply)["id"] == "ü" and json.loads(reply)["answer"][0]["word"] == "Ada"
    null = json.loads(written(answered(answers, "ner", b'{"id": null, "inputs": "Ada"}')))
    assert null["id"] is None and "answer" in null
    for payload in (b"{", b"{}", b'{"inputs": 1}', b"a" * 1001, b"\xff", b'{"id":' * 900):
        assert set(json.loads(written(answered(answers, "ner", payload)))) == {"error"}


def test_addresses() -> None:
    assert broker_of("mqtt://a") == ("a", 1883, None, False)
    assert broker_of("mqtts://ad%40a@[::1]:9") == ("::1", 9, "ad@a", True)
    for uri in ("", "mqtt://", "tcp://a", "mqtt://a:x", "mqtt://a:70000"):
        with pytest.raises(InputError, match="is not a broker"):
            broker_of(uri)
    with pytest.raises(InputError, match="has a password"):
        broker_of("mqtt://ada:geheim@a")


def test_a_message_is_acknowledged_after_its_answer_is_taken() -> None:
    """And not after the connection was lost: its number may then be another message's."""
    pytest.importorskip("paho.mqtt")
    service = Service(Answers(tasks=("ner",)), "mqtt://nowhere")
    done: list[tuple[str, int]] = []

    class Fake:
        def publish(self, topic: str, payload: bytes, **more: Any) -> Any:
            assert topic == "bertlite/ner/answer" and more["qos"] == 1
            done.append(("publish", len(done)))
            return SimpleNamespace(mid=len(done))

        def ack(self, number: int, qos: int) -> None:
            done.append(("ack", number))

    def message(number: int, payload: bytes = b"Ada", qos: int = 1) -> Any:
        return SimpleNamespace(
            topic="bertlite/ner/ask", payload=payload, mid=number, qos=qos, properties=None
        )

    fake = Fake()
    service.received(fake, None, message(7))
    assert done == [("publish", 0)]
    service.published(fake, None, 1, None, None)
    assert done == [("publish", 0), ("ack", 7)]
    service.received(fake, None, message(8))
    service.disconnected(fake, None, None, "lost", None)
    service.published(fake, None, 3, None, None)
    assert done[2:] == [("publish", 2)]
    service.received(fake, None, message(9, b""))  # no question
    assert done[3:] == [("ack", 9)]
    everybody = message(10)
    everybody.properties = SimpleNamespace(ResponseTopic="home/#")  # no topic to answer on
    service.received(fake, None, everybody)
    assert done[4:] == [("publish", 4)]


def test_it_says_so_when_the_broker_keeps_its_messages(capsys: pytest.CaptureFixture[str]) -> None:
    """Before that, messages would be lost: being connected is not enough."""
    pytest.importorskip("paho.mqtt")
    service = Service(Answers(tasks=("ner",)), "mqtt://nowhere")
    asked: list[Any] = []
    fake = SimpleNamespace(subscribe=asked.append)
    good, bad = SimpleNamespace(is_failure=False), SimpleNamespace(is_failure=True)
    service.connected(fake, None, None, good, None)
    assert asked == [[("bertlite/ner/ask", 1)]] and capsys.readouterr().err == ""
    service.subscribed(fake, None, 1, [good], None)
    assert "answering bertlite/TASK/ask at nowhere:1883, for ner" in capsys.readouterr().err
    service.subscribed(fake, None, 2, [good, bad], None)
    assert "the broker refuses messages of bertlite" in capsys.readouterr().err
