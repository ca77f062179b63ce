"""The HTTP service as an ASGI application: routes, limits, the token, metrics.

A request that is expected to be short is answered in the event loop; a longer one in a thread,
where the work is done without the GIL; one between both in a thread if one is idle. How long is
known from the requests before it: seconds for each byte of a route's requests.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .answers import Refused, encode, parsed, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from .answers import Answers

    Header = tuple[bytes, bytes]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
AGAIN = (b"retry-after", b"1")
CLOSE = (b"connection", b"close")
OPEN_PATHS = ("/", "/health", "/ready", "/openapi.json")  # which need no token
LOOPBACK = ("localhost", "127.0.0.1", "::1")
KNOWN_HOSTS = 64  # spellings of the header Host that are remembered
SHORT = 0.002  # seconds that a request may hold the event loop
HAND_OVERS = 20  # a request that takes as long as so many of them goes to a thread that is idle
CALL = 256  # bytes that take about as long as what every request needs
BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)
PLACES = [f'le="{end:g}"' for end in BUCKETS]


class Route:
    """What answers a path, and what is measured of it."""

    def __init__(
        self, path: str, method: str, answer: Callable[..., Any], openai: bool = False
    ) -> None:
        self.path, self.method, self.answer, self.openai = path, method, answer, openai
        self.quick: Callable[[bytes], bytes | None] | None = None
        self.rate = 0.0  # seconds for each byte and CALL; the warm-up sets it
        self.counts: dict[int, int] = {}  # by status
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0
        self.texts = 0

    def note(self, status: int, seconds: float) -> None:
        self.counts[status] = self.counts.get(status, 0) + 1
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Connection:
    """What the application tells about a connection: since when it waits for the client."""

    waits: float | None = None
    is_excess = False


class App:
    """The application. serve() is called for each request; __call__ by plain ASGI servers."""

    def __init__(
        self,
        answers: Answers,
        token: str | None = None,
        queue: int = 64,
        patience: float = 10.0,
        workers: int | None = None,
        hosts: tuple[str, ...] = (),
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        """token: what requests have to bear. queue: requests that may wait for a thread or be in
        one; others get 503. patience: seconds that one may wait for a thread. hosts: names by
        which requests may call this service, besides those of the loopback address and all
        numbers; "*": any.
        """
        from ..cores import thread_count
        from .openapi import document

        self.answers, self.queue, self.patience, self.log = answers, queue, patience, log
        self.token = None if token is None else token.encode("utf-8")
        self.hosts = {name.lower() for name in (*LOOPBACK, *hosts)}
        self.known_hosts: set[bytes] = set()
        self.workers = workers or thread_count("auto")
        self.pool = ThreadPoolExecutor(self.workers, "bertlite")
        self.short = SHORT
        self.started = time.time()
        self.queued = self.in_flight = 0
        self.connections: set[Any] = set()
        self.refused = dict.fromkeys(("busy", "token", "host", "size", "slow", "connections"), 0)
        self.stopping = False
        self.page, self.page_headers = page()
        self.routes: dict[str, Route] = {}
        self.other = Route("other", "", lambda: None)
        a = answers
        for path, answer in (
            ("/embed", a.embed),
            ("/predict", a.predict),
            ("/rerank", a.rerank),
            ("/similarity", a.similarity),
            ("/tokenize", a.tokenize),
            ("/decode", a.decode),
        ):
            self._add(path, "POST", answer)
        self.routes["/embed"].quick = a.quick("/embed")
        self._add("/v1/embeddings", "POST", a.embeddings, openai=True)
        self._add("/embeddings", "POST", a.embeddings, openai=True)
        for task in a.pipes:
            self._add(f"/tasks/{task}", "POST", partial(a.task, task))
            self.routes[f"/tasks/{task}"].quick = a.quick(task)
        self._add("/", "GET", lambda: (200, self.page, self.page_headers))
        self._add("/health", "GET", lambda: (200, b"", [TEXT]))
        self._add("/ready", "GET", self._ready)
        self._add("/metrics", "GET", lambda: (200, self.metrics().encode(), [TEXT]))
        self._add("/info", "GET", lambda: (200, encode(a.info()).encode(), [JSON]))
        listed = [
            {"id": name, "object": "model", "created": int(self.started), "owned_by": "bertlite"}
            for name in a.models()
        ]
        models = encode({"object": "list", "data": listed}).encode()
        self._add("/v1/models", "GET", lambda: (200, models, [JSON]), openai=True)
        for model in listed:
            one = encode(model).encode()
            path = f"/v1/models/{model['id']}"
            self._add(path, "GET", lambda one=one: (200, one, [JSON]), openai=True)
        api = encode(document(a)).encode()
        self._add("/openapi.json", "GET", lambda: (200, api, [JSON]))

    def _add(self, path: str, method: str, answer: Any, openai: bool = False) -> None:
        self.routes[path] = Route(path, method, answer, openai)

    def warm_up(self) -> None:
        """Answer once on every path, so that the first client does not wait, and measure it."""
        from .openapi import EXAMPLES

        for path, route in self.routes.items():
            example = EXAMPLES.get(path.removeprefix("/tasks/") if "/tasks/" in path else path)
            if route.method != "POST" or example is None:
                continue
            data = encode({**example, "model": self.answers.models()[0]} if route.openai and
                          self.answers.models() else example).encode()  # fmt: skip
            for _ in range(2):
                start = time.thread_time()
                try:
                    route.answer(parsed(data))
                except Refused:  # a task that is not served
                    break
                route.rate = (time.thread_time() - start) / (len(data) + CALL)
        if self.workers > 1:
            self.short = min(SHORT, HAND_OVERS * min(self._hand_over() for _ in range(20)))

    def _hand_over(self) -> float:
        start = time.perf_counter()
        self.pool.submit(int).result()
        return time.perf_counter() - start

    def _ready(self) -> tuple[int, bytes, list[Header]]:
        if self.stopping:
            return 503, b'{"ready":false}', [JSON, AGAIN]
        return 200, b'{"ready":true}', [JSON]

    # ---- a request ------------------------------------------------------------------------

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.serve(Connection(), scope, receive, send)
        elif scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return

    async def serve(
        self, connection: Any, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        start = time.perf_counter()
        connection.waits = None
        route = self.routes.get(scope["path"], self.other)
        self.in_flight += 1
        status = 499  # the client left
        try:
            try:
                status, body, headers = await self._answer(route, connection, scope, receive)
            except Refused as refusal:
                status, body, headers = self._refusal(route, refusal)
                if connection.is_excess:
                    headers.append(CLOSE)
            except ConnectionError:
                return
            headers = [*headers, (b"content-length", b"%d" % len(body))]
            if scope["method"] == "HEAD":
                body = b""
            await send({"type": "http.response.start", "status": status, "headers": headers})
            connection.waits = time.monotonic()
            await send({"type": "http.response.body", "body": body})
        finally:
            self.in_flight -= 1
            connection.waits = time.monotonic()
            route.note(status, time.perf_counter() - start)

    async def _answer(
        self, route: Route, connection: Any, scope: dict[str, Any], receive: Receive
    ) -> tuple[int, bytes, list[Header]]:
        if connection.is_excess:
            self.refused["connections"] += 1
            raise Refused(503, "too many connections; try again.", "Overloaded")
        kind = length = bearer = b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                kind = value
            elif name == b"authorization":
                bearer = value
            elif name == b"host" and value not in self.known_hosts:
                self._check_host(value)
        if self.token is not None and route.path not in OPEN_PATHS:
            self._check_token(bearer)
        method = scope["method"]
        if method != route.method:
            if route is self.other:
                raise Refused(404, f"{scope['path'][:100]} is not a path here; see /openapi.json.")
            if not (method == "HEAD" and route.method == "GET"):
                raise Refused(405, f"{route.path} takes {route.method}, not {method[:20]}.")
        if route.method == "GET":
            found: tuple[int, bytes, list[Header]] = route.answer()
            return found
        if not kind[:16].lower() == b"application/json":
            # A web page can send other kinds to a service on its reader's machine without asking.
            raise Refused(415, "expected the header Content-Type: application/json.")
        if length and (not length.isdigit() or int(length[:20]) > self.answers.limits.bytes):
            raise self._too_large()
        data = await self._body(connection, receive)
        seconds = (len(data) + CALL) * route.rate
        if seconds <= self.short or (seconds <= SHORT and self.queued >= self.workers):
            return self._work(route, data)
        return await self._in_thread(route, data)

    def _check_host(self, value: bytes) -> None:
        """Refuse names that are not this service's.

        A web page can have its own name lead to this machine, and its reader's browser then takes
        the service for a part of that page. It cannot do so with a number.
        """
        text = value.decode("latin-1")
        found = re.fullmatch(r"(\[[^]]*\]|[^:[]*)(?::\d*)?", text)
        host = found[1].strip("[]").lower().removesuffix(".") if found else ""
        if not ("*" in self.hosts or host in self.hosts or is_number(host)):
            self.refused["host"] += 1
            raise Refused(421, f"this service is not called {text[:100]!r}; start it with "
                          "--allow-host NAME if that is a name of it.")  # fmt: skip
        if len(self.known_hosts) < KNOWN_HOSTS:
            self.known_hosts.add(value)

    def _check_token(self, bearer: bytes) -> None:
        scheme, _, given = bearer.partition(b" ")
        assert self.token is not None
        right = hmac.compare_digest(given.strip(), self.token)
        if scheme.lower() != b"bearer" or not right:
            self.refused["token"] += 1
            raise Refused(401, "the header Authorization: Bearer TOKEN is missing or wrong.")

    def _too_large(self) -> Refused:
        self.refused["size"] += 1
        most = self.answers.limits.bytes
        return Refused(413, f"the request has more than {most} bytes; send fewer texts at once.")

    async def _body(self, connection: Any, receive: Receive) -> bytes:
        connection.waits = time.monotonic()
        message = await receive()
        if message.get("more_body"):
            parts, size = [], 0
            while True:
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > self.answers.limits.bytes:
                    raise self._too_large()
                if message["type"] != "http.request" or not message.get("more_body"):
                    break
                message = await receive()
            message = {**message, "body": b"".join(parts)}
        connection.waits = None
        if message["type"] != "http.request":
            raise ConnectionError
        data: bytes = message["body"]
        if len(data) > self.answers.limits.bytes:
            raise self._too_large()
        return data

    def _work(
        self, route: Route, data: bytes, clock: Callable[[], float] = time.perf_counter
    ) -> tuple[int, bytes, list[Header]]:
        """The answer to a request's body. clock: what tells how long it takes."""
        start = clock()
        body = None if route.quick is None else route.quick(data)
        if body is not None:
            route.rate += ((clock() - start) / (len(data) + CALL) - route.rate) * 0.05
            route.texts += 1
            return 200, body, [JSON]
        try:
            found = route.answer(parsed(data))
        except Exception as error:
            refusal = reason_of(error)
            if refusal.status == 500:
                self.log(f"{route.path}: {type(error).__name__}: {error}")
            raise refusal from None
        rate = (clock() - start) / (len(data) + CALL)
        route.rate += (rate - route.rate) * 0.05
        route.texts += found[1]
        headers = [JSON]
        if len(found) > 2 and found[2]:
            headers.append((b"x-truncated", b"%d" % found[2]))
        return 200, found[0].encode("utf-8", "replace"), headers

    async def _in_thread(self, route: Route, data: bytes) -> tuple[int, bytes, list[Header]]:
        if self.queued >= self.queue:
            self.refused["busy"] += 1
            raise Refused(503, "too many requests are waiting; try again.", "Overloaded")
        since = time.monotonic()

        def job() -> tuple[int, bytes, list[Header]]:
            if time.monotonic() - since > self.patience:
                raise Refused(503, "no thread was free in time; try again.", "Overloaded")
            # The clock of a thread; what others do meanwhile does not count.
            return self._work(route, data, time.thread_time)

        self.queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, job)
        finally:
            self.queued -= 1

    def _refusal(self, route: Route, refusal: Refused) -> tuple[int, bytes, list[Header]]:
        status, kind = refusal.status, refusal.kind
        headers = [JSON]
        if status == 503:
            headers.append(AGAIN)
        elif status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        elif status == 405:
            headers.append((b"allow", route.method.encode()))
        body: dict[str, Any]
        if route.openai:
            names = {401: "invalid_api_key", 404: kind, 503: "overloaded"}
            code = names.get(status) or (kind if kind == "context_length_exceeded" else None)
            which = "server_error" if status >= 500 else "invalid_request_error"
            status = 400 if status in (413, 422) else status
            body = {"error": {"message": str(refusal), "type": which, "param": None, "code": code}}
        else:
            body = {"error": str(refusal), "error_type": kind}
        return status, encode(body).encode("utf-8", "replace"), headers

    # ---- what Prometheus reads --------------------------------------------------------------

    def metrics(self) -> str:
        """All counts, each name's lines together, as the format wants it."""
        used = [route for route in (*self.routes.values(), self.other) if route.counts]
        requests, texts, seconds = [], [], []
        for route in used:
            name = f'route="{route.path}"'
            for status, count in route.counts.items():
                requests.append(f'bertlite_requests_total{{{name},status="{status}"}} {count}')
            texts.append(f"bertlite_texts_total{{{name}}} {route.texts}")
            total = 0
            for place, count in zip((*PLACES, 'le="+Inf"'), route.buckets):
                total += count
                seconds.append(f"bertlite_request_seconds_bucket{{{name},{place}}} {total}")
            seconds.append(f"bertlite_request_seconds_sum{{{name}}} {route.seconds:.6f}")
            seconds.append(f"bertlite_request_seconds_count{{{name}}} {total}")
        refused = [
            f'bertlite_refused_total{{reason="{reason}"}} {count}'
            for reason, count in self.refused.items()
        ]
        cpu = os.times()
        lines = []
        for name, kind, values in (
            ("bertlite_requests_total", "counter", requests),
            ("bertlite_texts_total", "counter", texts),
            ("bertlite_request_seconds", "histogram", seconds),
            ("bertlite_refused_total", "counter", refused),
            ("bertlite_in_flight", "gauge", self.in_flight),
            ("bertlite_queued", "gauge", self.queued),
            ("bertlite_connections", "gauge", len(self.connections)),
            ("process_cpu_seconds_total", "counter", f"{cpu.user + cpu.system:.2f}"),
            ("process_start_time_seconds", "gauge", f"{self.started:.0f}"),
            ("process_resident_memory_bytes", "gauge", resident()),
        ):
            lines.append(f"# TYPE {name} {kind}")
            lines += values if isinstance(values, list) else [f"{name} {values}"]
        return "\n".join(lines) + "\n"


def is_number(host: str) -> bool:
    """Whether a host is an address, not a name."""
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def resident() -> int:
    """The process's memory in bytes; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def page() -> tuple[bytes, list[Header]]:
    """The page to try the tasks, and headers that let nothing else run in it."""
    with open(os.path.join(os.path.dirname(__file__), "page.html"), "rb") as file:
        text = file.read()
    policy = ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"]
    for kind in ("style", "script"):
        inside = re.search(rf"<{kind}>(.*?)</{kind}>".encode(), text, re.DOTALL)
        digest = hashlib.sha256(inside[1] if inside else b"").digest()
        from binascii import b2a_base64

        code = b2a_base64(digest, newline=False).decode()
        policy.append(f"{kind}-src 'sha256-{code}'")
    return text, [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", "; ".join(policy).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
