"""Services: HTTP, and Wyoming and MQTT for homes."""

from __future__ import annotations

import os
import warnings

from ...errors import InputError
from ..numbers import port, positive, probability, seconds
from ..screen import BOLD
from .base import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from ..screen import Screen

CHECK = "open the models, answer once, say what is served, and end"
TOKEN, PASSWORD = "BERTLITE_TOKEN", "BERTLITE_MQTT_PASSWORD"


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
    examples = ("bertlite-fast serve --port 8080 --model text-classification=my-bert --check",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        add("--port", type=port, default=8080, help="the port (8080); 0: any that is free")
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
            "--allow-host",
            action="append",
            metavar="NAME",
            help="a further name of this machine that requests may be sent to, besides localhost, "
            "--host and all numbers; *: any",
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
            type=seconds,
            default=30.0,
            metavar="S",
            help="seconds that a client may take to send a request or to read an answer (30)",
        )
        add("--grace", type=seconds, default=20.0, metavar="S", help="seconds to stop in (20)")
        add("--max-bytes", type=positive, default=1 << 20, metavar="N", help="of a request (1 MB)")
        add("--max-texts", type=positive, default=2048, metavar="N", help="of a request (2048)")
        add("--max-characters", type=positive, default=100_000, metavar="N", help="of a text")
        add("--check", action="store_true", help=CHECK)

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from ...pipelines import TASKS
        from ...serve import http
        from ...serve.answers import Answers, Limits
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
        hosts = (args.host, *(args.allow_host or ()))
        app = App(answers, token, args.queue, workers=args.workers, hosts=hosts, log=http.say)
        app.warm_up()
        if args.check:
            screen.rows([f"/tasks/{task}\t", (name, BOLD)] for task, name in answers.names.items())
            return 0
        sock = http.listening(args.host, args.port)
        host, port = sock.getsockname()[:2]
        if token is None and not http.is_loopback(host):
            screen.warn(
                f"everyone who reaches {host} may use this service; set {TOKEN} or --token-file."
            )
        shown = f"[{host}]" if ":" in host else host
        http.serve(
            app,
            sock,
            timeout=args.timeout,
            connections=args.connections,
            grace=args.grace,
            greeting=f"bertlite-fast: serving on http://{shown}:{port}",
        )
        return 0


class Wyoming(Command):
    examples = ("bertlite-fast wyoming --uri tcp://127.0.0.1:10500 --check",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--uri",
            default="tcp://127.0.0.1:10500",
            help="where to listen: tcp://HOST:PORT or unix:///PATH (tcp://127.0.0.1:10500)",
        )
        add("--model", metavar="MODEL", help="a model for intents, instead of the embedded one")
        add(
            "--slots",
            metavar="MODEL",
            help="a model for the values in a command, instead of the embedded one; none: none",
        )
        add(
            "--threshold",
            type=probability,
            metavar="P",
            help="the least score of an intent; below it a text is not recognized",
        )
        add("--several", action="store_true", help="a text may hold several commands")
        add("--names", metavar="FILE", help="JSON with other names for intents and entities")
        add("--sorry", metavar="TEXT", help="what is said of a text that is not recognized")
        add("--connections", type=positive, default=100, metavar="N", help="open at once (100)")
        add("--timeout", type=seconds, default=10.0, metavar="S", help="within an event (10)")
        add("--check", action="store_true", help=CHECK)

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from ...serve import wyoming

        sorry = wyoming.SORRY if args.sorry is None else args.sorry
        wyoming.address_of(args.uri)
        recognizer = wyoming.Recognizer(
            args.model,
            args.slots,
            threshold=args.threshold,
            several=args.several,
            names=wyoming.Names(args.names),
            sorry=sorry or None,
        )
        warnings.simplefilter("ignore")  # of single texts: a log would grow by each
        if args.check:
            for kind, data in recognizer.answer("recognize", {"text": "turn on the light"}):
                screen.json({"type": kind, "data": data})
            return 0
        wyoming.serve(wyoming.Service(recognizer, args.connections, args.timeout), args.uri)
        return 0


class Mqtt(Command):
    examples = ("bertlite-fast mqtt --broker mqtt://127.0.0.1:1883 --tasks ner --check",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--broker",
            default="mqtt://127.0.0.1:1883",
            metavar="URI",
            help="mqtt://USER@HOST:PORT, or mqtts:// for TLS (mqtt://127.0.0.1:1883)",
        )
        add(
            "--base",
            default="bertlite",
            metavar="TOPIC",
            help="texts are read on TOPIC/TASK/ask and answered on TOPIC/TASK/answer (bertlite)",
        )
        add("--tasks", metavar="TASK,...", help="the tasks to answer (all)")
        add("--model", action="append", metavar="TASK=MODEL", help="a model for a task")
        add(
            "--client",
            default="bertlite-fast",
            metavar="NAME",
            help="this client's name, of which a broker knows one at a time (bertlite-fast)",
        )
        add(
            "--password-file",
            metavar="FILE",
            help=f"a file with the user's password; or set {PASSWORD}",
        )
        add("--ca", metavar="FILE", help="certificates to check the broker's with, for mqtts://")
        add("--check", action="store_true", help=CHECK)

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        from ...pipelines import TASKS
        from ...serve.answers import Answers
        from ...serve.mqtt import Service

        tasks = tuple(args.tasks.split(",")) if args.tasks else tuple(TASKS)
        password = secret(args.password_file, PASSWORD)
        answers = Answers(named_models(args.model), tasks)
        warnings.simplefilter("ignore")
        if args.check:
            screen.rows(
                [f"{args.base}/{task}/ask\t", (name, BOLD)] for task, name in answers.names.items()
            )
            return 0
        return Service(
            answers,
            args.broker,
            args.base,
            client_id=args.client,
            password=password,
            authorities=args.ca,
        ).run()
