"""Intents for homes over Wyoming: a line of JSON for each event, over TCP or a Unix socket.

A client says `recognize` or, as Home Assistant does, `transcript`; the reply is `intent` with what
was found, or `not-recognized`: the model refuses what it does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal

from ..errors import BertliteError, InputError
from ..pipelines import pipeline
from .answers import Refused, encode, parsed
from .http import is_loopback, listening, notify, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINE = 1 << 16  # bytes of a line or of an event's data
TEXT = 4096  # characters of a command, which a person says
PAYLOAD = 1 << 20  # bytes of sound or the like, which are skipped
SOURCE = {"name": "bertlite-fast", "url": "https://pypi.org/project/bertlite-fast/"}
SORRY = "Sorry, I did not understand that."


class Names:
    """What our labels are called by those who ask.

    {"intents": {"light_on": "HassTurnOn", "light_off": {"name": "HassTurnOff", "entities":
    {"domain": "light"}}}, "entities": {"device": "name", "room": "area"}}
    """

    def __init__(self, path: str | None = None) -> None:
        self.intents: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self.entities: dict[str, str] = {}
        if path is None:
            return
        try:
            with open(path, encoding="utf-8") as file:
                found = json.load(file)
            for label, name in found.get("intents", {}).items():
                more = {} if isinstance(name, str) else name.get("entities", {})
                given = name if isinstance(name, str) else name["name"]
                if not isinstance(given, str):
                    raise TypeError
                self.intents[label] = given, [{"name": k, "value": v} for k, v in more.items()]
            self.entities = {str(k): str(v) for k, v in found.get("entities", {}).items()}
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InputError(
                f"{path} does not hold names of intents; expected JSON such as "
                '{"intents": {"light_on": "HassTurnOn"}, "entities": {"device": "name"}}.'
            ) from None

    def intent(self, label: str, slots: list[dict[str, Any]]) -> dict[str, Any]:
        name, more = self.intents.get(label, (label, []))
        entities = [
            {"name": self.entities.get(slot["entity"], slot["entity"]), "value": slot["word"]}
            for slot in slots
        ]
        return {"name": name, "entities": [*entities, *more]}


class Recognizer:
    """Events in, events out; nothing here knows of connections."""

    def __init__(
        self,
        model: str | None = None,
        slots: str | None = None,
        *,
        threshold: float | None = None,
        several: bool = False,
        names: Names | None = None,
        sorry: str | None = SORRY,
    ) -> None:
        """slots: a model for the values in a command; None: the embedded one; "none": none."""
        settings: dict[str, Any] = {"slots": slots or True, "several": several}
        if slots == "none":
            del settings["slots"]
        if threshold is not None:
            settings["threshold"] = threshold
        self.pipe = pipeline("intent-classification", model, **settings)
        self.names, self.sorry = names or Names(), sorry
        self.model = os.path.basename(str(model or "bertlite/intent").rstrip("/\\"))
        self.pipe("turn on the light")  # opens the model of the slots

    def info(self) -> dict[str, Any]:
        from .. import __version__

        about = {"attribution": SOURCE, "installed": True, "version": __version__}
        model = {
            **about,
            "name": self.model,
            "description": f"{len(self.pipe.labels)} intents",
            "languages": ["en"],
        }
        service = {
            **about,
            "name": "bertlite-fast",
            "description": "Intents that are refused where the model does not know one",
            "models": [model],
        }
        kinds: dict[str, Any] = {
            kind: [] for kind in ("asr", "tts", "handle", "wake", "mic", "snd")
        }
        return {**kinds, "intent": [service]}

    def answer(self, kind: str, data: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """The events that answer one; unknown kinds, such as sound, have none."""
        if kind == "describe":
            return [("info", self.info())]
        if kind == "ping":
            return [("pong", {"text": data.get("text")})]
        if kind not in ("recognize", "transcript"):
            return []
        text = data.get("text")
        if type(text) is not str:
            return [_error(f"{kind} has no text; expected a string.")]
        if len(text) > TEXT:
            return [_error(f"the text has {len(text)} characters; the most are {TEXT}.")]
        context = data.get("context")
        kept = {"context": context} if type(context) is dict else {}
        try:
            found: Any = self.pipe(text)
        except BertliteError as error:
            return [_error(str(error))]
        events = []
        for command in found if isinstance(found, list) else [found]:
            if command["label"] is None:
                sorry = {} if self.sorry is None else {"text": self.sorry}
                return [("not-recognized", {**sorry, **kept})]
            intent = self.names.intent(command["label"], command.get("slots", []))
            events.append(("intent", {**intent, **kept}))
        if len(events) > 1:
            return [("intents-start", dict(kept)), *events, ("intents-stop", dict(kept))]
        return events


def _error(text: str) -> tuple[str, dict[str, Any]]:
    return "error", {"text": text, "code": "bad-request"}


def line_of(kind: str, data: dict[str, Any]) -> bytes:
    """An event as bytes: a line, and its data behind it, as others send them."""
    from .. import __version__

    body = encode(data).encode()
    head = {"type": kind, "version": __version__, "data_length": len(body)}
    return encode(head).encode() + b"\n" + body


async def read_event(
    reader: asyncio.StreamReader, idle: float, patience: float
) -> tuple[str, dict[str, Any]] | None:
    """An event; None at the end. idle: seconds that may pass before one, patience: within it."""
    first = await asyncio.wait_for(reader.read(1), idle)
    if not first:
        return None

    async def rest() -> tuple[str, dict[str, Any]]:
        try:
            line = first if first == b"\n" else first + await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise Refused(413, f"a line is longer than {LINE} bytes.") from None
        event = parsed(line)
        kind, data = event.get("type"), event.get("data")
        if type(kind) is not str or type(data) not in (dict, type(None)):
            raise Refused(422, 'an event has to have a "type", and its "data" to be an object.')
        sizes = []
        for name, most in (("data_length", LINE), ("payload_length", PAYLOAD)):
            size = event.get(name)
            if size is None:
                size = 0
            if type(size) is not int or not 0 <= size <= most:
                raise Refused(413, f"{name} has to be a number up to {most}.")
            sizes.append(size)
        data = dict(data or {})
        if sizes[0]:
            data.update(parsed(await reader.readexactly(sizes[0])))
        while sizes[1]:
            part = await reader.read(min(sizes[1], LINE))
            if not part:
                raise asyncio.IncompleteReadError(b"", sizes[1])
            sizes[1] -= len(part)
        return kind, data

    return await asyncio.wait_for(rest(), patience)


class Service:
    """The connections."""

    def __init__(
        self, recognizer: Recognizer, connections: int = 100, timeout: float = 10.0
    ) -> None:
        self.recognizer, self.most, self.timeout = recognizer, connections, timeout
        self.idle = 30 * timeout
        self.tasks: set[asyncio.Task[Any]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            if len(self.tasks) > self.most:
                await self.write(writer, [_error("too many connections; try again.")])
                await self.leave(reader, writer)
                return
            while True:
                try:
                    event = await read_event(reader, self.idle, self.timeout)
                except Refused as refusal:
                    await self.write(writer, [_error(str(refusal))])
                    await self.leave(reader, writer)
                    return  # where the next event begins is not known
                if event is None:
                    return
                await self.write(writer, self.recognizer.answer(*event))
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass  # the client left, or stalls
        except asyncio.CancelledError:
            pass  # the service ends
        except Exception as error:
            say(f"bertlite-fast: {type(error).__name__}: {error}")
        finally:
            self.tasks.discard(task)
            transport = writer.transport
            writer.close()
            if transport.get_write_buffer_size():  # a client that reads nothing
                asyncio.get_running_loop().call_later(self.timeout, transport.abort)

    async def leave(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read what is on its way, a second long: closing before would take back what was said."""
        writer.write_eof()

        async def rest() -> None:
            while await reader.read(LINE):
                pass

        await asyncio.wait_for(rest(), min(1.0, self.timeout))

    async def write(
        self, writer: asyncio.StreamWriter, events: list[tuple[str, dict[str, Any]]]
    ) -> None:
        if events:
            writer.write(b"".join([line_of(*event) for event in events]))
            await asyncio.wait_for(writer.drain(), self.timeout)


def address_of(uri: str) -> tuple[str, Any]:
    """tcp://HOST:PORT or unix:///PATH as ("tcp", (host, port)) or ("unix", path)."""
    from urllib.parse import urlsplit

    with contextlib.suppress(ValueError):
        parts = urlsplit(uri)
        if parts.scheme == "tcp" and parts.hostname and parts.port is not None:
            return "tcp", (parts.hostname, parts.port)
        if parts.scheme == "unix" and parts.path and hasattr(asyncio, "start_unix_server"):
            return "unix", parts.path
    raise InputError(f"{uri!r} is not an address; expected tcp://HOST:PORT or unix:///PATH.")


def serve(service: Service, uri: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    kind, place = address_of(uri)
    if kind == "tcp":
        sock = listening(*place)
        host, port = sock.getsockname()[:2]
        if not is_loopback(host):
            say(f"bertlite-fast: warning: everyone who reaches {host} may use this service.")
        shown = f"[{host}]" if ":" in host else host
        uri = f"tcp://{shown}:{port}"

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, stop.set)
            except (NotImplementedError, ValueError, RuntimeError):  # Windows, or a thread
                with contextlib.suppress(ValueError):
                    signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set) and None)
        if kind == "tcp":
            server = await asyncio.start_server(service.connected, sock=sock, limit=LINE)
        else:
            try:
                server = await asyncio.start_unix_server(service.connected, place, limit=LINE)
            except OSError as error:
                raise InputError(f"{place} cannot be listened on: {error.strerror}.") from None
        say(f"bertlite-fast: recognizing intents on {uri}")
        notify(b"READY=1")
        await stop.wait()
        notify(b"STOPPING=1")
        server.close()
        for task in service.tasks:
            task.cancel()
        if service.tasks:
            await asyncio.wait(service.tasks, timeout=service.timeout)

    asyncio.run(main())
    if kind == "unix":
        with contextlib.suppress(OSError):
            os.unlink(place)
