"""Loads `bertlite-fast serve` for a long time, with faults and hostile requests among good ones.

It fails when the service ends, gives a wrong answer, answers with 500, grows, or does not stop
gracefully. Needs pip install 'bertlite-fast[serve]'.

    python bench/soak.py --minutes 30 --write      also writes the figures to docs/serving.md
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
import serve
from turns import processor

from bertlite_fast import pipeline

HEAD = (
    "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: {}\r\n\r\n"
)
GROWTH = 24 << 20  # bytes that the process may grow by, after a minute of everything
BAD = (
    b"", b"{", b"[" * 50_000, b"\xff", b"null", b'{"inputs":null}', b'{"inputs":[]}',
    b'{"inputs":["a",null,1]}', b'{"inputs":"\\ud800"}', b'{"inputs":NaN}', b'{"inputs":{"a":[]}}',
    b'{"inputs":' + b"9" * 9000 + b"}", json.dumps({"inputs": "word " * 30_000}).encode(),
    json.dumps({"inputs": ["a"] * 5000}).encode(), b"x" * (1 << 21),
    json.dumps({"inputs": "[MASK] " * 9000, "parameters": {"top_k": 1000}}).encode(),
    json.dumps({"inputs": "a", "parameters": {"candidate_labels": ["b"] * 9999}}).encode(),
    json.dumps({"input": [[1, 2, -1]], "model": "bertlite/vectors"}).encode(),
)  # fmt: skip
RAW = (
    b"", b"\0" * 999, b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"y" * 200_000,
    b"POST /embed HTTP/1.1\r\nHost: localhost\r\ncontent-length: 50\r\n\r\n{", b"GET /health",
    b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"POST /embed HTTP/1.1\r\nHost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
)  # fmt: skip


class Soak:
    def __init__(self, port: int, seed: int, pause: float) -> None:
        self.port, self.random, self.pause = port, random.Random(seed), pause
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        intents: Any = pipeline("intent-classification")
        self.texts = serve.TEXTS
        self.expected = {text: intents(text) for text in self.texts}
        self.paths = [
            *(f"/tasks/{task}" for task in ("ner", "fill-mask", "intent-classification",
              "zero-shot-classification", "question-answering", "feature-extraction")),
            "/embed", "/predict", "/rerank", "/similarity", "/tokenize", "/decode",
            "/v1/embeddings", "/nowhere",
        ]  # fmt: skip

    async def reply(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
        status = int(head.split(b" ", 2)[1])
        size = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        return status, await asyncio.wait_for(reader.readexactly(size), 120)

    async def good(self) -> None:
        """One connection, many requests whose answers are known."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for _ in range(50):
            count = self.random.choice((1, 1, 1, 64, 500))
            texts = [self.random.choice(self.texts) for _ in range(count)]
            body = json.dumps({"inputs": texts}).encode()
            writer.write(HEAD.format("/tasks/intent-classification", len(body)).encode() + body)
            status, answer = await self.reply(reader)
            self.seen[f"good {status}"] += 1
            if status == 200 and json.loads(answer) != [self.expected[text] for text in texts]:
                self.wrong.append(f"a wrong answer to {texts[:3]}: {answer[:200]!r}")
            elif status not in (200, 503):
                self.wrong.append(f"{status} for a good request: {answer[:200]!r}")
        writer.close()

    async def bad(self) -> None:
        """Requests that are refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for _ in range(10):
            body, path = self.random.choice(BAD), self.random.choice(self.paths)
            writer.write(HEAD.format(path, len(body)).encode() + body)
            status, answer = await self.reply(reader)
            self.seen[f"bad {status}"] += 1
            if status == 500 or not answer:
                self.wrong.append(f"{status} for {path} with {body[:60]!r}: {answer[:200]!r}")
        writer.close()

    async def fault(self) -> None:
        """What is not a request, or is left alone in the middle, or is never read."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        kind = self.random.randrange(4)
        if kind == 0:
            writer.write(self.random.choice(RAW))
            await asyncio.sleep(self.random.random() * 0.05)
        elif kind == 1:
            writer.write(self.random.randbytes(self.random.randrange(5000)))
        elif kind == 2:  # a long answer that nobody reads
            body = json.dumps({"inputs": ["word " * 400] * 8}).encode()
            head = HEAD.format("/tasks/feature-extraction", len(body)).encode()
            writer.write(head + body)
            await asyncio.sleep(self.random.random() * 5)
        else:  # a stall
            writer.write(HEAD.format("/embed", 99).encode() + b"{")
            await asyncio.sleep(self.random.random() * 5)
        self.seen["fault"] += 1
        writer.transport.abort()

    async def client(self, end: float) -> None:
        while time.monotonic() < end:
            kind = self.random.choices((self.good, self.bad, self.fault), (6, 2, 3))[0]
            await asyncio.sleep(self.random.random() * 2 * self.pause)
            try:
                await kind()
            except (OSError, asyncio.IncompleteReadError):
                self.seen[f"{kind.__name__}: the connection ended"] += 1
            except asyncio.TimeoutError:
                self.wrong.append(f"no answer to a {kind.__name__} request in two minutes")


def memory(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


async def run(
    soak: Soak, process: subprocess.Popen[bytes], minutes: float, clients: int
) -> tuple[int, int]:
    """Memory and open files after a minute of everything."""
    begin = time.monotonic()
    end = begin + minutes * 60
    tasks = [asyncio.create_task(soak.client(end)) for _ in range(clients)]
    first, files = 0, 0
    while any(not task.done() for task in tasks):
        await asyncio.sleep(min(15.0, minutes * 5))
        if process.poll() is not None:
            raise SystemExit(f"the service ended with {process.returncode}")
        now = memory(process.pid)
        seconds = time.monotonic() - begin
        if not first and seconds > min(60.0, minutes * 20):
            first, files = now, descriptors(process.pid)
        print(
            f"{seconds:6.0f} s  {now / 1e6:6.1f} MB  {dict(sorted(soak.seen.items()))}", flush=True
        )
    await asyncio.gather(*tasks)
    return first, files


def write(soak: Soak, minutes: float, sizes: tuple[int, int], files: tuple[int, int]) -> None:
    """What was found, between the marks of docs/serving.md."""
    page = ROOT / "docs/serving.md"
    before, _, rest = page.read_text(encoding="utf-8").partition("<!-- soak -->")
    rest = rest.partition("<!-- /soak -->")[2]
    counts: Counter[str] = Counter()
    for kind, count in soak.seen.items():
        counts[kind.split()[0].rstrip(":")] += count
    text = (
        f"On {processor()}, {minutes:g} minutes: {counts['good']:,} good requests, of which "
        f"{soak.seen['good 200']:,} were answered, each rightly, and the others told to try again; "
        f"{counts['bad']:,} hostile bodies and {counts['fault']:,} faulty connections, no status "
        f"500; {sizes[0] / 1e6:.1f} MB and {files[0]} descriptors after the first minute, "
        f"{sizes[1] / 1e6:.1f} MB and {files[1]} at the end."
    )
    page.write_text(
        f"{before}<!-- soak -->\n{textwrap.fill(text, 118)}\n<!-- /soak -->{rest}",
        encoding="utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--clients", type=int, default=24, help="at once (24)")
    parser.add_argument("--pause", type=float, default=0, help="mean seconds between errands (0)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/serving.md")
    args = parser.parse_args()
    port = serve.free_port()
    process = serve.started(
        [sys.executable, "-m", "bertlite_fast", "serve", "--port", str(port), "--timeout", "2",
         "--queue", "16"], port,
    )  # fmt: skip
    try:
        soak = Soak(port, args.seed, args.pause)
        first, files = asyncio.run(run(soak, process, args.minutes, args.clients))
        time.sleep(3)
        last = memory(process.pid)
        if last > first + GROWTH:
            soak.wrong.append(f"it grew from {first / 1e6:.1f} to {last / 1e6:.1f} MB")
        open_files = descriptors(process.pid)
        if open_files > 40:
            soak.wrong.append(f"{open_files} files are still open")
        process.send_signal(signal.SIGTERM)
        if process.wait(30):
            soak.wrong.append(f"it ended with {process.returncode}")
    finally:
        process.kill()
    print(
        f"{first / 1e6:.1f} MB and {files} files after a minute, {last / 1e6:.1f} MB and "
        f"{open_files} files at the end"
    )
    if soak.wrong:
        raise SystemExit("\n".join(soak.wrong[:20]))
    if args.write:
        write(soak, args.minutes, (first, last), (files, open_files))


if __name__ == "__main__":
    main()
