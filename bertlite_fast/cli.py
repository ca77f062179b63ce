"""The command line: bertlite-fast TASK [TEXT ...].

Texts come from the arguments, from files (--file), or from standard input, a line each.
Answers are for people, in color on a terminal, or with --json for programs, a line each.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import nullcontext

from . import __version__
from .errors import BertliteError, InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# command: (the pipeline's task, what it is for, an example)
COMMANDS = {
    "fill-mask": (
        "fill-mask",
        "words for [MASK]",
        'bertlite-fast fill-mask "Please [MASK] the door." --model my-bert',
    ),
    "ask": (
        "question-answering",
        "an answer found in a text",
        'bertlite-fast ask "Who was it?" --context "It was Ada." --model my-bert-qa',
    ),
    "ner": ("ner", "names in texts", 'bertlite-fast ner "Ada lives in London" --model my-bert-ner'),
    "tag": (
        "token-classification",
        "a label for every word",
        'bertlite-fast tag "The quick brown fox" --model my-bert-pos',
    ),
    "classify": (
        "text-classification",
        "a label for a text",
        'bertlite-fast classify "Book a flight" --top-k 3 --model my-bert',
    ),
    "sentiment": (
        "sentiment-analysis",
        "liked or not",
        'bertlite-fast sentiment "I love it" --model my-bert-sentiment',
    ),
    "intent": (
        "intent-classification",
        "what is wanted, or nothing known",
        'bertlite-fast intent "lights on" --threshold 0.7 --model my-bert',
    ),
    "similar": (
        "sentence-similarity",
        "how alike the first text is to the others",
        'bertlite-fast similar "lights on" "lamp on" "play music" --model my-bert',
    ),
    "embed": (
        "feature-extraction",
        "texts as vectors",
        'bertlite-fast embed "lights on" --json --model my-bert',
    ),
    "search": (
        "sentence-similarity",
        "the closest lines of files or of standard input",
        'bertlite-fast search "lamp broken" --file notes.txt --model my-bert',
    ),
}
COLORS = {"PER": 36, "LOC": 32, "ORG": 33, "MISC": 35}
SAMPLES = (
    "Turn on the lights in the kitchen when I get home.",
    "The quick brown fox jumps over the lazy dog near the river.",
    "What will the weather be like in Paris tomorrow morning?",
    "I was not happy with the battery, but the screen is excellent.",
    "Set an alarm for half past six and play some quiet music.",
)


class Screen:
    """Where answers go: plain text, colored text or lines of JSON."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.colors = (
            sys.stdout.isatty()
            and "NO_COLOR" not in os.environ
            and os.environ.get("TERM") != "dumb"
        )

    def paint(self, text: str, color: int) -> str:
        return f"\033[{color}m{text}\033[0m" if self.colors else text

    def show(self, text: str, answer: Any, human: Callable[[Screen, str, Any], str]) -> None:
        line = (
            json.dumps({"text": text, "answer": answer}, ensure_ascii=False)
            if self.as_json
            else human(self, text, answer)
        )
        print(line, flush=True)  # whoever reads may be waiting for this one


def percent(score: float) -> str:
    return f"{100 * score:5.1f} %"


def show_words(screen: Screen, text: str, answer: Any) -> str:
    masks = answer if isinstance(answer[0], list) else [answer]
    return "\n".join(
        f"{percent(word['score'])}  {screen.paint(word['token_str'], 1):12}  {word['sequence']}"
        for words in masks
        for word in words
    )


def show_labels(screen: Screen, text: str, answer: Any) -> str:
    labels = answer if isinstance(answer, list) else [answer]
    return "\n".join(
        f"{percent(label['score'])}  {screen.paint(label['label'], 1)}\t{text}" for label in labels
    )


def show_intent(screen: Screen, text: str, answer: Any) -> str:
    label = (
        screen.paint(answer["label"], 1) if answer["label"] else screen.paint("not understood", 31)
    )
    return f"{percent(answer['score'])}  {label}\t{text}"


def show_answer(screen: Screen, text: str, answer: Any) -> str:
    answers = answer if isinstance(answer, list) else [answer]
    return "\n".join(
        f"{percent(found['score'])}  {screen.paint(found['answer'], 1) or '(none)'}\t{found['start']}-{found['end']}"
        for found in answers
    )


def show_entities(screen: Screen, text: str, answer: Any) -> str:
    shown, at = "", 0
    for entity in answer:
        kind = entity.get("entity_group") or entity["entity"]
        inside = text[entity["start"] : entity["end"]]
        mark = (
            screen.paint(inside, COLORS.get(kind[:4].rstrip("-"), 34))
            if screen.colors
            else f"[{inside}]"
        )
        shown += text[at : entity["start"]] + mark + screen.paint(f"({kind})", 2)
        at = entity["end"]
    return shown + text[at:]


def show_vector(screen: Screen, text: str, answer: Any) -> str:
    return " ".join(f"{value:.6f}" for value in answer)


def lines(args: argparse.Namespace) -> Iterator[str]:
    """The texts: of the command line, of files, or of standard input."""
    if args.text:
        yield from args.text
        return
    if not args.file and sys.stdin.isatty():
        print("a text a line; end with Ctrl-D", file=sys.stderr)
    for name in args.file or ["-"]:
        try:
            with (
                nullcontext(sys.stdin)
                if name == "-"
                else open(name, encoding="utf-8", errors="replace") as file
            ):
                for line in file:
                    if line.strip():
                        yield line.rstrip("\r\n")
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror}.") from None


def counted(texts: Iterator[str], quiet: bool) -> Iterator[str]:
    """Says now and then how far a long input has come."""
    shown = sys.stderr.isatty() and not sys.stdout.isatty() and not quiet
    count = 0
    for count, text in enumerate(texts, 1):
        yield text
        if shown and count % 1000 == 0:
            print(f"\r{count} texts", end="", file=sys.stderr, flush=True)
    if shown and count >= 1000:
        print(f"\r{count} texts", file=sys.stderr)


def run(args: argparse.Namespace) -> int:
    from .pipelines import pipeline

    task = COMMANDS[args.command][0]
    screen = Screen(args.json)
    settings: dict[str, Any] = {}
    if args.command == "ask" and not args.context:
        raise InputError("ask needs --context: the text in which the answer stands, or @FILE.")
    if getattr(args, "threshold", None) is not None:
        settings["threshold"] = args.threshold
    if args.top_k is not None and args.command not in ("ner", "tag", "similar", "embed"):
        settings["top_k"] = args.top_k
    pipe: Any = pipeline(task, args.model)
    texts = lines(args)
    if args.command == "similar":
        first, *others = list(texts)
        if not others:
            raise InputError(
                "similar needs two texts or more: the first is compared with the others."
            )
        for text, score in zip(others, pipe(first, others)):
            screen.show(text, score, lambda screen, text, score: f"{score:6.3f}  {text}")
        return 0
    if args.command == "search":
        if not args.text:
            raise InputError("search needs a text to look for.")
        query, args.text = " ".join(args.text), []
        for found in pipe.search(query, list(counted(lines(args), args.quiet)), args.top_k or 5):
            screen.show(
                found["text"], found["score"], lambda screen, text, score: f"{score:6.3f}  {text}"
            )
        return 0
    context = args.context if args.command == "ask" else None
    if context and context.startswith("@"):
        context = "\n".join(lines(argparse.Namespace(text=[], file=[context[1:]])))
    calls: dict[str, tuple[Callable[[str], Any], Callable[[Screen, str, Any], str]]] = {
        "fill-mask": (lambda text: pipe(text, **settings), show_words),
        "ask": (lambda text: pipe(question=text, context=context, **settings), show_answer),
        "ner": (
            lambda text: pipe(
                text, aggregation_strategy="first", stride=pipe.text_model.longest // 8
            ),
            show_entities,
        ),
        "tag": (
            lambda text: pipe(
                text,
                aggregation_strategy="first",
                ignore_labels=[],
                stride=pipe.text_model.longest // 8,
            ),
            show_entities,
        ),
        "classify": (lambda text: pipe(text, **settings), show_labels),
        "sentiment": (lambda text: pipe(text, **settings), show_labels),
        "intent": (lambda text: pipe(text, **settings), show_intent),
        "embed": (lambda text: pipe(text, pooling="mean", normalize=True), show_vector),
    }
    call, human = calls[args.command]
    for text in counted(texts, args.quiet):
        screen.show(text, call(text), human)
    return 0


def convert(args: argparse.Namespace) -> int:
    """A folder as one int8 file, and how close its outputs are."""
    from . import _native

    _native.convert(args.folder, args.out, base=args.base)
    weights = [
        os.path.join(args.folder, name) for name in ("model.safetensors", "pytorch_model.bin")
    ]
    before = next(os.path.getsize(path) for path in weights if os.path.exists(path))
    exact, small = _native.Model(args.folder, precision="fp32"), _native.Model(args.out)
    texts = list(lines(argparse.Namespace(text=[], file=args.file))) if args.file else list(SAMPLES)
    found: list[float] = []
    try:
        tokenizer = _native.TokenizerCore(args.out)
        rows = [tokenizer.encode(text)[: exact.info["positions"]] for text in texts]
    except BertliteError:
        rows = [
            [(7 * i * i + 31 * j) % exact.info["vocabulary"] for i in range(24)] for j in range(5)
        ]
        texts = []
    for row in rows:
        found += _native.cosines(exact(row).tensor.tolist()[0], small(row).tensor.tolist()[0])
    report = {
        "file": args.out,
        "bytes": os.path.getsize(args.out),
        "bytes_before": before,
        "tokenizer": bool(texts),
        "tokens_compared": len(found),
        "mean_cosine": sum(found) / len(found),
        "least_cosine": min(found),
    }
    if args.json:
        print(json.dumps(report))
        return 0
    print(
        f"{args.out}: {report['bytes'] / 1e6:.2f} MB (the folder's weights: {before / 1e6:.2f} MB), {'with its tokenizer' if texts else 'without a tokenizer'}"
    )
    print(
        f"int8 beside fp32 on {len(found)} tokens: cosine {report['mean_cosine']:.5f} on average, {report['least_cosine']:.5f} at worst"
    )
    return 0


def embedded_models() -> list[dict[str, Any]]:
    from . import embedded

    card = embedded.card().get("models", {})
    return [
        {
            "name": embedded.PREFIX + name,
            "bytes": os.path.getsize(embedded.path_of(name)),
            "what": card.get(name, {}).get("what", ""),
            "scores": card.get(name, {}).get("scores", []),
        }
        for name in embedded.names()
    ]


def info(args: argparse.Namespace) -> int:
    import platform

    from . import _native, hub

    if args.selftest:
        from . import selftest

        return selftest.run()

    models = embedded_models()
    facts = {
        "version": __version__,
        "instruction_set": _native.active_isa(),
        "available": _native.available_isas(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "cache": hub.cache(),
        "embedded_models": models,
    }
    if args.json:
        print(json.dumps(facts))
        return 0
    print(
        f"bertlite_fast {__version__}, Python {facts['python']} on {facts['system']} {facts['machine']}"
    )
    print(f"instruction set: {facts['instruction_set']} (of {', '.join(_native.available_isas())})")
    print(f"models by name are looked up in {facts['cache']}")
    print("embedded models:")
    for model in models:
        print(f"  {model['name']:20} {model['bytes'] / 1000:7.0f} KB  {model['what']}")
        for score in model["scores"]:
            print(f"  {'':20}             {score}")
    return 0


COMPLETION = {
    "bash": "complete -W '{words}' -o default bertlite-fast",
    "zsh": 'compdef \'_arguments "1:command:({words})" "*:file:_files"\' bertlite-fast',
    "fish": "complete -c bertlite-fast -n '__fish_use_subcommand' -a '{words}'",
}


def completion(args: argparse.Namespace) -> int:
    """A line for the shell's start-up file."""
    print(
        COMPLETION[args.shell].format(words=" ".join([*COMMANDS, "convert", "info", "completion"]))
    )
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="bertlite-fast",
        description="Understand text, offline. Every command has its own --help, with an example.",
    )
    top.add_argument("--version", action="version", version=f"bertlite-fast {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, purpose, example) in COMMANDS.items():
        command = commands.add_parser(
            name, help=purpose, description=purpose, epilog=f"example: {example}"
        )
        command.add_argument(
            "text", nargs="*", help="texts; without any, lines of --file or of standard input"
        )
        command.add_argument(
            "--file",
            action="append",
            metavar="FILE",
            help="read texts from a file, a line each (- for standard input)",
        )
        command.add_argument(
            "--model",
            metavar="MODEL",
            help="a folder, a converted file, or a name in the Hugging Face cache",
        )
        command.add_argument("--top-k", type=int, metavar="K", help="how many answers")
        command.add_argument("--json", action="store_true", help="a line of JSON for each text")
        command.add_argument("--quiet", action="store_true", help="no progress on long input")
        if name == "intent":
            command.add_argument(
                "--threshold", type=float, help="the least score that counts as understood, 0 to 1"
            )
        if name == "ask":
            command.add_argument(
                "--context", help="the text in which the answer stands; @FILE reads it from a file"
            )
        command.set_defaults(run=run)
    command = commands.add_parser(
        "convert",
        help="a folder as one int8 file",
        description=convert.__doc__,
        epilog="example: bertlite-fast convert my-bert my-bert.bertlite",
    )
    command.add_argument("folder")
    command.add_argument("out")
    command.add_argument(
        "--file", action="append", metavar="FILE", help="texts to compare the two on, a line each"
    )
    command.add_argument(
        "--base",
        metavar="FILE",
        help="a converted file with the same embeddings: the new one holds only the rest, and stays beside it",
    )
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=convert)
    command = commands.add_parser(
        "info",
        help="version, instruction sets, models",
        description="What this installation has.",
        epilog="example: bertlite-fast info",
    )
    command.add_argument("--json", action="store_true")
    command.add_argument(
        "--selftest",
        action="store_true",
        help="run every kernel and embedded model, and compare to the byte",
    )
    command.set_defaults(run=info)
    command = commands.add_parser(
        "completion",
        help="completion for a shell",
        description=completion.__doc__,
        epilog="example: bertlite-fast completion bash >> ~/.bashrc",
    )
    command.add_argument("shell", choices=list(COMPLETION))
    command.set_defaults(run=completion)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; its exit status: 0, 1 for an error that is told, 2 for wrong usage, 130 when interrupted."""
    args = parser().parse_args(arguments)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except BertliteError as error:
        print(f"bertlite-fast: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
