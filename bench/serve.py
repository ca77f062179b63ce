"""How fast `bertlite-fast serve` answers, beside the same server with a constant reply.

The constant reply has the same size, and all that the service does for it but the answer: the
connection, the request, its limits, the metrics. A second ratio is that of processor time for each
request, which depends less on what else the machine does.

Needs wrk (apt install wrk) and pip install 'bertlite-fast[serve]'. Both servers run at the same
time and are loaded in turns, so that whatever else the machine does meets both.

    python bench/serve.py [--write]      --write: into docs/serving.md
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
from turns import busy_cores, processor

PAGE = ROOT / "docs" / "serving.md"
TEXTS = (
    "turn on the light in the kitchen",
    "wake me up at seven",
    "what is the weather like tomorrow",
    "play some jazz",
    "i did not expect that at all",
    "the lamp in the hall is broken",
    "remind me to call mom",
    "my card was declined again",
)
# name: path, request, texts in it
CASES = {
    "intent": ("/tasks/intent-classification", {"inputs": TEXTS[0]}, 1),
    "emotion": ("/tasks/text-classification", {"inputs": TEXTS[4]}, 1),
    "vector": ("/embed", {"inputs": TEXTS[0]}, 1),
    "vector, OpenAI": (
        "/v1/embeddings",
        {"input": TEXTS[0], "model": "bertlite/vectors", "encoding_format": "base64"},
        1,
    ),
    "64 emotions": ("/tasks/text-classification", {"inputs": [*TEXTS] * 8}, 64),
    "64 intents": ("/tasks/intent-classification", {"inputs": [*TEXTS] * 8}, 64),
    "64 vectors": (
        "/v1/embeddings",
        {"input": [*TEXTS] * 8, "model": "bertlite/vectors", "encoding_format": "base64"},
        64,
    ),
}
CONSTANT = """
import sys
from bertlite_fast.serve import http
from bertlite_fast.serve.answers import Answers
from bertlite_fast.serve.app import JSON, App

class Constant(App):
    def _work(self, route, data, clock=None):
        return 200, route.answer, [JSON]

app = Constant(Answers(tasks=("intent-classification",)))
for size in map(int, sys.argv[2:]):
    app._add(f"/{size}", "POST", b"0" * size)
http.serve(app, http.listening("127.0.0.1", int(sys.argv[1])))
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def started(command: list[str], port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, cwd=ROOT)
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
            return process
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the server did not start") from None
            import time

            time.sleep(0.05)
    raise SystemExit("the server did not start")


def reply_size(port: int, path: str, body: bytes) -> int:
    from urllib.request import Request, urlopen

    request = Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"})
    with urlopen(request) as answer:
        return len(answer.read())


def cpu_time(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    with open(f"/proc/{pid}/stat") as file:
        values = file.read().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def load(port: int, path: str, body: bytes, seconds: int, connections: int) -> tuple[float, str]:
    """Requests a second, and the 99th percentile of their times; an error ends the program."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(
            f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
            f"wrk.body = [==[{body.decode()}]==]\n"
        )
        script.flush()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script.name,
             f"http://127.0.0.1:{port}{path}"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(out)
    rate, late = re.search(r"Requests/sec: *([\d.]+)", out), re.search(r"99% *(\S+)", out)
    assert rate and late
    return float(rate[1]), late[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=int, default=2, help="of one load (2)")
    parser.add_argument("--rounds", type=int, default=5, help="of each case (5)")
    parser.add_argument("--connections", type=int, default=8, help="of wrk (8)")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this one")
    parser.add_argument("--write", action="store_true", help="into docs/serving.md")
    args = parser.parse_args()
    if args.write and args.case:
        parser.error("--write is of all cases; leave out --case.")
    busy = busy_cores()
    others = "" if busy is None else f"; other work kept {busy:.1f} of them busy"
    found = [
        f"{processor()}, {os.cpu_count()} cores{others}; {args.connections} connections.", "",
        "| case | requests/s | constant reply | ratio | of processor time | texts/s "
        "| texts/s of a core | p99 |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    port, other = free_port(), free_port()
    bodies = {name: json.dumps(case[1]).encode() for name, case in CASES.items()}
    serve = [sys.executable, "-m", "bertlite_fast", "serve", "--port", str(port)]
    process = started(serve, port)
    constant = None
    try:
        sizes = {name: reply_size(port, CASES[name][0], bodies[name]) for name in CASES}
        command = [sys.executable, "-c", CONSTANT, str(other), *map(str, sizes.values())]
        constant = started(command, other)
        print("\n".join(found), flush=True)
        for name in args.case or CASES:
            path, _, texts = CASES[name]
            rates, constants, late_ones = [], [], []
            times = [0.0, 0.0]
            begun = cpu_time(process.pid), cpu_time(constant.pid)
            for turn in range(args.rounds + 1):
                mine = load(port, path, bodies[name], args.seconds, args.connections)
                fixed, _ = load(
                    other, f"/{sizes[name]}", bodies[name], args.seconds, args.connections
                )
                if not turn:  # to warm up
                    begun = cpu_time(process.pid), cpu_time(constant.pid)
                else:
                    rates.append(mine[0])
                    late_ones.append(mine[1])
                    constants.append(fixed)
            for i, (pid, done) in enumerate(((process.pid, rates), (constant.pid, constants))):
                times[i] = (cpu_time(pid) - begun[i]) / (sum(done) * args.seconds)
            ratio = statistics.median(a / b for a, b in zip(rates, constants))
            rate = statistics.median(rates)
            found.append(
                f"| {name} | {rate:,.0f} | {statistics.median(constants):,.0f} | {ratio:.2f} | "
                f"{times[1] * 1e6:.0f} / {times[0] * 1e6:.0f} us = {times[1] / times[0]:.2f} | "
                f"{rate * texts:,.0f} | {texts / times[0]:,.0f} | "
                f"{sorted(late_ones)[len(late_ones) // 2]} |"
            )
            print(found[-1], flush=True)
    finally:
        for running in (process, constant):
            if running is not None:
                running.terminate()
                running.wait()
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        table = "<!-- serve -->\n" + "\n".join(found) + "\n<!-- /serve -->"
        page = re.sub(r"<!-- serve -->.*<!-- /serve -->", lambda _: table, page, flags=re.DOTALL)
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
