"""The HTTP service on uvicorn: its socket, its connections, and how it ends.

uvicorn, since it is maintained, needs no compiler where its faster parser and loop have no wheel
(httptools, uvloop: the extra asks for them where they are built), and serves a bare ASGI
application about as fast as it can parse requests; docs/serving.md has the comparison.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import signal
import socket
import sys
import time

from ..errors import InputError
from .app import App

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

HEAD = 1 << 16  # bytes of a request's line and headers
SLOW = b'{"error":"the request did not arrive in time.","error_type":"Validation"}'
LARGE = b'{"error":"the request has too many headers.","error_type":"Validation"}'


def is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).split(" (while")[0]
        raise InputError(f"{host}:{port} cannot be listened on: {reason}.") from None


def serve(
    app: App,
    sock: socket.socket,
    *,
    timeout: float = 30.0,
    connections: int = 1000,
    grace: float = 20.0,
    greeting: str = "",
) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are then answered, for grace seconds.

    timeout: seconds that a client may take to send a request, to read an answer, or between both.
    connections: how many may be open; requests of others get 503. greeting: what is said once
    requests are taken, and signals too.
    """
    try:
        import uvicorn
    except ImportError:
        raise InputError(
            "serve needs uvicorn, which is not installed: pip install 'bertlite-fast[serve]'."
        ) from None

    from importlib import import_module

    try:
        protocol = import_module("uvicorn.protocols.http.httptools_impl").HttpToolsProtocol
    except ImportError:
        protocol = import_module("uvicorn.protocols.http.h11_impl").H11Protocol
    kind = _watched(protocol, connections)
    config = uvicorn.Config(
        app,
        http=kind,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=max(1, int(timeout)),
        timeout_graceful_shutdown=max(1, int(grace)),
        h11_max_incomplete_event_size=HEAD,
    )
    server = _server(uvicorn.Server)(config)
    server.app, server.patience, server.greeting = app, timeout, greeting
    # What is there now stays; without this, it is looked through again and again between requests.
    gc.collect()
    gc.freeze()
    # A thread that has an answer waits this long for the event loop to stop for it.
    sys.setswitchinterval(0.0005)
    server.run(sockets=[sock])


def _watched(base: Any, most: int) -> Any:
    """uvicorn's connection, with a limit of their number, of headers, and of waiting."""

    class Watched(base):  # type: ignore[misc]  # a class that is found when this runs
        waits: float | None = None  # since when this waits for its client
        is_left = False  # what still arrives is not read; the client has been told why
        is_excess = False  # its requests get 503
        head = -1  # bytes of a head that is not complete; -1: none is being read

        def __init__(self, *positional: Any, **named: Any) -> None:
            super().__init__(*positional, **named)
            self.service: App = self.app
            self.app: Any = functools.partial(self.service.serve, self)

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self.waits = time.monotonic()
            open_now = self.service.connections
            open_now.add(self)
            self.is_excess = len(open_now) > most
            if len(open_now) > 2 * most:  # not even a sentence for these
                self.service.refused["connections"] += 1
                transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            self.service.connections.discard(self)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.is_left or self.transport.is_closing():
                return
            super().data_received(data)
            if self.head >= 0:
                self.head += len(data)
                if self.head > HEAD:
                    self.service.refused["size"] += 1
                    self.end(b"431 Request Header Fields Too Large", LARGE)

        # httptools calls these; h11 has a limit of its own.
        def on_message_begin(self) -> None:
            self.head = 0
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self.head = -1
            super().on_headers_complete()

        def end(self, status: bytes, body: bytes) -> None:
            """Answer without the application, and close."""
            self.transport.write(
                b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nconnection: close\r\n"
                b"content-length: %d\r\n\r\n%b" % (status, len(body), body)
            )
            # Closing at once would take back the answer if more is on its way.
            self.is_left = True
            self.waits = time.monotonic()
            self.transport.write_eof()

        def expire(self) -> None:
            """The client has taken too long."""
            began = self.cycle is not None and self.cycle.response_started
            idle = self.cycle is not None and self.cycle.response_complete and self.head < 0
            unread = self.transport.get_write_buffer_size()
            if self.is_left:
                self.transport.abort()
            elif unread or (self.transport.is_closing() and not idle):
                self.service.refused["slow"] += 1
                self.transport.abort()
            elif idle:
                self.transport.close()
            elif not began or self.head >= 0:
                self.service.refused["slow"] += 1
                self.end(b"408 Request Timeout", SLOW)
            else:
                self.transport.abort()

    return Watched


def _server(base: Any) -> Any:
    """uvicorn's server, with an end of its own and a look at its connections every second."""

    class Server(base):  # type: ignore[misc]  # as above
        app: App
        patience: float
        greeting: str

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """As uvicorn's, but a signal ends the program as usual, not once more by itself."""
            kept = {}
            for number in (signal.SIGINT, signal.SIGTERM):
                with contextlib.suppress(ValueError):  # not in the main thread
                    kept[number] = signal.signal(number, self.handle_exit)
            try:
                yield
            finally:
                for number, handler in kept.items():
                    signal.signal(number, handler)

        def handle_exit(self, number: int, frame: FrameType | None) -> None:
            self.app.stopping = True
            super().handle_exit(number, frame)

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            if self.greeting:
                say(self.greeting)
            notify(b"READY=1")

        async def on_tick(self, counter: int) -> bool:
            if counter % 10 == 0:  # ten ticks are a second
                before = time.monotonic() - self.patience
                for connection in list(self.server_state.connections):
                    waits = getattr(connection, "waits", None)
                    if waits is not None and waits < before:
                        connection.expire()
            stop: bool = await super().on_tick(counter)
            return stop

        async def shutdown(self, sockets: Any = None) -> None:
            notify(b"STOPPING=1")
            await super().shutdown(sockets=sockets)
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            self.app.pool.shutdown(wait=False)

    return Server


def notify(state: bytes) -> None:
    """Tell systemd, if it has started this process and wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect("\0" + address[1:] if address[0] == "@" else address)
        sock.sendall(state)


def say(line: str) -> None:
    """A line on standard error, which a service's log is."""
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)
