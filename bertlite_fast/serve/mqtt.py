"""Answers over MQTT: a text on BASE/TASK/ask, its answer as JSON on BASE/TASK/answer.

A message is acknowledged after the broker has taken its answer, so none is lost when the broker or
this process ends in between; one may then be answered twice (QoS 1: at least once).
"""

from __future__ import annotations

import signal
import threading

from ..errors import InputError
from .answers import Refused, encode, parsed, reason_of
from .http import notify, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .answers import Answers

REFUSED = ("Bad user name or password", "Not authorized", "Client identifier not valid", "Banned")
WAITING = 100  # messages that the broker may send before their answers are taken


def broker_of(uri: str) -> tuple[str, int, str | None, bool]:
    """Host, port, user and whether TLS is used, of mqtt://USER@HOST:PORT."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise InputError(f"{uri!r} is not a broker; expected mqtt://HOST:PORT or mqtts://...")
    if parts.password is not None:
        raise InputError(
            "the broker's address has a password, which everyone on this machine can see; "
            "set BERTLITE_MQTT_PASSWORD or give --password-file."
        )
    secure = parts.scheme == "mqtts"
    user = None if parts.username is None else unquote(parts.username)
    return parts.hostname, port or (8883 if secure else 1883), user, secure


def answered(answers: Answers, task: str, payload: bytes) -> dict[str, Any]:
    """The reply to a message: a text, or the JSON that /tasks/TASK takes and an "id"."""
    found: dict[str, Any] = {}
    try:
        if len(payload) > answers.limits.bytes:
            raise Refused(413, f"the message has more than {answers.limits.bytes} bytes.")
        if payload.lstrip()[:1] == b"{":
            data = parsed(payload)
            if "id" in data:
                found["id"] = data.pop("id")
        else:
            try:
                data = {"inputs": payload.decode("utf-8")}
            except UnicodeDecodeError:
                raise Refused(400, "the message is not UTF-8.") from None
        if task == "intent-classification" and "parameters" not in data:
            data["parameters"] = {"slots": True}
        found["answer"] = Answer(answers.task(task, data)[0])
    except Exception as error:
        refusal = reason_of(error)
        if refusal.status == 500:
            say(f"bertlite-fast: {task}: {type(error).__name__}: {error}")
        found["error"] = str(refusal)
    return found


class Answer(str):
    """JSON that is put into other JSON as it is."""


def written(reply: dict[str, Any]) -> bytes:
    parts = [
        f"{encode(name)}:{value if isinstance(value, Answer) else encode(value)}"
        for name, value in reply.items()
    ]
    return ("{" + ",".join(parts) + "}").encode("utf-8", "replace")


class Service:
    """A connection to a broker, which is made again whenever it is lost."""

    def __init__(
        self,
        answers: Answers,
        uri: str,
        base: str = "bertlite",
        *,
        client_id: str = "bertlite-fast",
        password: str | None = None,
        authorities: str | None = None,
        longest_wait: int = 60,
    ) -> None:
        """authorities: a file of certificates that brokers over TLS are checked with. longest_wait:
        seconds between attempts to connect, which begin with one and are doubled.
        """
        try:
            from paho.mqtt import client as paho
            from paho.mqtt.packettypes import PacketTypes
            from paho.mqtt.properties import Properties
        except ImportError:
            raise InputError(
                "mqtt needs paho-mqtt, which is not installed: pip install 'bertlite-fast[mqtt]'."
            ) from None
        if not base or any(sign in base for sign in "+#\0") or len(base.encode()) > 1000:
            raise InputError(f"{base[:60]!r} is not a topic; expected a name without + and #.")
        self.answers, self.base = answers, base.strip("/")
        self.host, self.port, user, secure = broker_of(uri)
        self.stop = threading.Event()
        self.failure: str | None = None
        self.was_connected = False
        self.waiting: dict[int, int] = {}  # an answer's number: its message's
        make: Any = Properties
        self.properties: Any = lambda kind: make(getattr(PacketTypes, kind))
        self.client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv5,
            manual_ack=True,
        )
        self.client.max_inflight_messages_set(WAITING)
        self.client.reconnect_delay_set(1, longest_wait)
        if user is not None or password is not None:
            self.client.username_pw_set(user or "", password)
        if secure:
            try:
                self.client.tls_set(ca_certs=authorities)
            except (OSError, ValueError) as error:
                raise InputError(f"{authorities} cannot be used: {error}.") from None
        self.client.on_connect = self.connected
        self.client.on_connect_fail = self.unreachable
        self.client.on_subscribe = self.subscribed
        self.client.on_disconnect = self.disconnected
        self.client.on_message = self.received
        self.client.on_publish = self.published

    def run(self) -> int:
        """Answer until SIGTERM or SIGINT; 1 if the broker refuses this client for good."""
        connect = self.properties("CONNECT")
        connect.SessionExpiryInterval = 0xFFFFFFFF  # messages wait for us while we are away
        connect.ReceiveMaximum = WAITING
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop.set())
        self.client.connect_async(
            self.host, self.port, keepalive=30, clean_start=False, properties=connect
        )
        self.client.loop_start()
        notify(b"READY=1")
        while not self.stop.wait(1.0):
            pass
        notify(b"STOPPING=1")
        for _ in range(50):  # answers that the broker has not taken yet
            if not self.waiting:
                break
            threading.Event().wait(0.1)
        self.client.disconnect()
        self.client.loop_stop()
        if self.failure is not None:
            say(f"bertlite-fast: {self.failure}")
            return 1
        return 0

    # ---- called in the connection's thread --------------------------------------------------

    def connected(self, client: Any, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            say(f"bertlite-fast: {self.host}:{self.port} refuses the connection: {reason}.")
            if str(reason) in REFUSED and not self.was_connected:
                self.failure = "the broker refuses this client; check the user and the password."
                self.stop.set()
            return
        self.was_connected = True
        topics = [(f"{self.base}/{task}/ask", 1) for task in self.answers.pipes]
        client.subscribe(topics)

    def subscribed(self, client: Any, _: Any, mid: int, reasons: Any, properties: Any) -> None:
        """Only now does the broker keep messages for us."""
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            say(f"bertlite-fast: the broker refuses messages of {self.base}: {refused[0]}.")
            return
        say(
            f"bertlite-fast: answering {self.base}/TASK/ask at {self.host}:{self.port}, for "
            f"{', '.join(self.answers.pipes)}"
        )

    def unreachable(self, client: Any, _: Any) -> None:
        if not self.stop.is_set():
            say(f"bertlite-fast: {self.host}:{self.port} cannot be reached; trying again.")

    def disconnected(self, client: Any, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        # The numbers of messages are those of a connection: after the next one begins, the broker
        # sends again what was not acknowledged, perhaps under another number.
        self.waiting.clear()
        if not self.stop.is_set():
            say(f"bertlite-fast: the connection is lost ({reason}); trying again.")

    def received(self, client: Any, _: Any, message: Any) -> None:
        task = message.topic[len(self.base) + 1 : -len("/ask")]
        if not message.payload or task not in self.answers.pipes:
            client.ack(message.mid, message.qos)
            return
        topic, properties = f"{self.base}/{task}/answer", None
        asked = message.properties
        wanted = getattr(asked, "ResponseTopic", None)
        if wanted and not any(sign in wanted for sign in "+#"):
            topic = wanted
        data = getattr(asked, "CorrelationData", None)
        if data is not None:
            properties = self.properties("PUBLISH")
            properties.CorrelationData = data
        reply = written(answered(self.answers, task, message.payload))
        try:
            sent = client.publish(topic, reply, qos=1, properties=properties)
        except ValueError as error:  # a topic that is not one, or a reply that is too large
            say(f"bertlite-fast: {topic[:100]!r} cannot be answered: {error}")
            client.ack(message.mid, message.qos)
            return
        if message.qos:
            self.waiting[sent.mid] = message.mid

    def published(self, client: Any, _: Any, number: int, reason: Any, properties: Any) -> None:
        message = self.waiting.pop(number, None)
        if message is not None:
            client.ack(message, 1)
