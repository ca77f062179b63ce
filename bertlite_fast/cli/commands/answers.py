"""Answers found in a text."""

from __future__ import annotations

from ...errors import InputError
from ..screen import BOLD, percent
from ..texts import check_file, decoded, in_utf8, standard_input, unreadable, windows
from .base import TextCommand, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase
    from typing import Any

    from ..screen import Row, Screen

CONTEXT_WINDOW = 1 << 18  # bytes of a context file that are held at once


class Ask(TextCommand):
    task = "question-answering"
    top_k = "how many answers, the best first (1)"
    texts_help = "questions; without any and without --file, the lines of standard input"
    examples = (
        'bertlite-fast ask "Who opened the door?" --context "Ada opened the door."',
        "echo 'Ada opened the door.' > letter.txt && "
        'bertlite-fast ask "Who opened the door?" --context @letter.txt',
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--context",
            required=True,
            metavar="CONTEXT",
            help="the text in which the answer is looked for; @FILE reads it from a file of any "
            "size (@- from standard input), @@TEXT is a text that begins with @",
        )

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        self.context = context_of(args.context)
        if not args.text and not args.file and args.context == "@-":
            raise InputError("standard input is the context; give the questions as arguments.")
        return super().run(args, screen)

    def call(self, pipe: Any, text: str, settings: dict[str, Any]) -> Any:
        found: dict[str, dict[str, Any]] = {}
        read = False
        offset = 0
        for window in self.context.windows():
            if window.strip():
                read = True
                answers = pipe(question=text, context=window, **settings)
                for answer in answers if isinstance(answers, list) else [answers]:
                    keep_best(found, answer, offset)
            offset += len(window)
        if not read:
            raise InputError("the context is empty; give the text that holds the answer.")
        best = sorted(found.values(), key=lambda answer: float(answer["score"]), reverse=True)
        best = best[: settings.get("top_k", 1)]
        return best[0] if len(best) == 1 else best

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        answers = answer if isinstance(answer, list) else [answer]
        for found in answers:
            offsets = f"\t{found['start']}-{found['end']}"
            answered = shown(found["answer"]) or "(none)"
            yield [f"{percent(found['score'])}  ", (answered, BOLD), offsets]
        if not answers:
            yield [f"{percent(0.0)}  ", ("(none)", BOLD)]


def keep_best(found: dict[str, dict[str, Any]], answer: dict[str, Any], offset: int) -> None:
    """Add a window's answer, unless another window gave the same with a higher score."""
    # The pipeline adds up the scores of equal answers, which may come to more than 1.
    answer = {
        **answer,
        "score": min(answer["score"], 1.0),
        "start": answer["start"] + offset,
        "end": answer["end"] + offset,
    }
    known = found.get(answer["answer"].lower())
    if known is None or known["score"] < answer["score"]:
        found[answer["answer"].lower()] = answer


def context_of(argument: str) -> Context:
    if argument.startswith("@@"):
        return Context(decoded(argument[1:]))
    if argument == "@-":
        return InputContext()
    if argument.startswith("@"):
        return FileContext(argument[1:])
    return Context(decoded(argument))


class Context:
    """The text in which answers are looked for, as windows that follow one another."""

    def __init__(self, text: str) -> None:
        self.text = text

    def windows(self) -> Iterator[str]:
        yield self.text


class InputContext(Context):
    """Standard input, which can be read once and is held as bytes for further questions."""

    def __init__(self) -> None:
        super().__init__("")
        self.data: bytes | None = None

    def windows(self) -> Iterator[str]:
        import io

        if self.data is None:
            self.data = read_all(standard_input(), "standard input")
        yield from windows(in_utf8(io.BytesIO(self.data)), CONTEXT_WINDOW)


class FileContext(InputContext):
    """A file, which is read again for each question; a pipe is held as standard input is."""

    def __init__(self, name: str) -> None:
        super().__init__()
        check_file(name)
        self.name = name

    def windows(self) -> Iterator[str]:
        if self.data is not None:
            yield from super().windows()
            return
        try:
            with open(self.name, "rb") as file:
                if file.seekable():
                    yield from windows(in_utf8(file), CONTEXT_WINDOW)
                    return
                self.data = read_all(file, self.name)
        except OSError as error:
            raise InputError(unreadable(self.name, error)) from None
        yield from super().windows()


def read_all(stream: BufferedIOBase, name: str) -> bytes:
    try:
        return stream.read()
    except OSError as error:
        raise InputError(unreadable(name, error)) from None
