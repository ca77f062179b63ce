"""Services: HTTP, and Wyoming and MQTT for homes."""

from __future__ import annotations

import os
import warnings
from argparse import ArgumentTypeError

from ...errors import InputError
from ..numbers import positive
from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from ..screen import Screen

TOKEN = "BERTLITE_TOKEN"


def _seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 86400:
        raise ArgumentTypeError(f"{value!r} is not a number of seconds, up to a day.")
    return number


def _port(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = -1
    if not 0 <= number <= 65535:
        raise ArgumentTypeError(f"{value!r} is not a port, a number from 0 to 65535.")
    return number


def named_models(values: list[str] | None) -> dict[str, str]:
    """TASK=MODEL of the arguments, as a dict."""
    found = {}
    for value in values or ():
        task, sign, model = value.partition("=")
        if not sign or not model:
            raise InputError(f"--model is {value!r}; expected TASK=MODEL, such as ner=my-bert.")
        found[task] = model
    return found


def secret(file: str | None, variable: str) -> str | None:
    """A token or password, of a file or of the environment: arguments are seen by everyone."""
    text = os.environ.get(variable)
    if file is not None:
        try:
            with open(file, encoding="utf-8") as opened:
                text = opened.read(4096).strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise InputError(f"{file} cannot be read: {reason}.") from None
    if text is not None and not text.strip():
        raise InputError(f"{file or variable} is empty; expected a token in it.")
    return text


class Serve(Command):
    examples = (
        "bertlite-fast serve --help",
        "bertlite-fast serve --tasks intent-classification,ner --port 0 --check",
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        add("--port", type=_port, default=8080, help="the port (8080); 0: any that is free")
        add(
            "--model",
            action="append",
            metavar="TASK=MODEL",
            help="a model for a task, instead of the embedded one; rerank=MODEL: a CrossEncoder, "
            "feature-extraction=MODEL: for everything that compares vectors",
        )
        add("--tasks", metavar="TASK,...", help="the tasks to serve (all)")
        add(
            "--alias",
            action="append",
            metavar="NAME",
            help="a further name of the vectors' model for OpenAI's clients",
        )
        add(
            "--token-file",
            metavar="FILE",
            help=f"a file with the token that requests have to bear; or set {TOKEN}",
        )
        add("--threads", type=positive, default=1, metavar="N", help="threads for one list (1)")
        add("--workers", type=positive, metavar="N", help="long requests at once (cores)")
        add("--queue", type=positive, default=64, metavar="N", help="that may wait (64)")
        add("--connections", type=positive, default=1000, metavar="N", help="open at once (1000)")
        add(
            "--timeout",
            type=_seconds,
            default=30.0,
            metavar="S",
            help="seconds that a client may take to send a request or to read an answer (30)",
        )
        add("--grace", type=_seconds, default=20.0, metavar="S", help="seconds to stop in (20)")
        add("--max-bytes", type=positive, default=1 << 20, metavar="N", help="of a request (1 MB)")
        add("--max-texts", type=positive, default=2048, metavar="N", help="of a request (2048)")
        add("--max-characters", type=positive, default=100_000, metavar="N", help="of a text")
        add("--check", action="store_true", help="open everything, answer once, and end")

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from ...serve import http
        from ...serve.answers import TASKS, Answers, Limits
        from ...serve.app import App

        token = secret(args.token_file, TOKEN)
        tasks = tuple(args.tasks.split(",")) if args.tasks else tuple(TASKS)
        answers = Answers(
            named_models(args.model),
            tasks,
            Limits(args.max_bytes, args.max_texts, args.max_characters),
            args.threads,
            tuple(args.alias or ()),
        )
        warnings.simplefilter("ignore")  # of single requests: a log would grow by each
        app = App(answers, token, args.queue, workers=args.workers, log=http.say)
        app.warm_up()
        sock = http.listening(args.host, args.port)
        host, port = sock.getsockname()[:2]
        if args.check:
            sock.close()
            return 0
        if token is None and not http.is_loopback(host):
            screen.warn(
                f"everyone who reaches {host} may use this service; set {TOKEN} or --token-file."
            )
        shown = f"[{host}]" if ":" in host else host
        http.say(f"bertlite-fast: serving on http://{shown}:{port}")
        http.serve(
            app,
            sock,
            timeout=args.timeout,
            connections=args.connections,
            grace=args.grace,
        )
        return 0
