"""What commands have in common."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentTypeError

from ...errors import BertliteError, InputError
from ..numbers import positive
from ..screen import BOLD, percent
from ..texts import SHOWN, WINDOW, Line, texts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from typing import Any, NoReturn

    from ..screen import Row, Screen
    from ..texts import Texts


class Command:
    """A command: what it takes, and what it does."""

    examples: tuple[str, ...] = ()

    def __init__(self, name: str, purpose: str) -> None:
        self.name = name
        self.purpose = purpose

    @property
    def description(self) -> str:
        return f"{self.purpose[0].upper()}{self.purpose[1:]}."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        raise NotImplementedError

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        raise NotImplementedError


class TextCommand(Command):
    """A command that answers texts with a pipeline."""

    task = ""  # of the pipeline
    model: str | None = None  # instead of the task's own embedded model
    texts_help = "texts; without any and without --file, the lines of standard input"
    texts_number = "*"
    top_k = ""  # what --top-k counts
    no_top_k = ""  # or why the command does not have it

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("text", nargs=self.texts_number, metavar="TEXT", help=self.texts_help)
        parser.add_argument(
            "--file",
            action="append",
            metavar="FILE",
            help="a file with a text on each line, or - for standard input; "
            "answered after the texts that are arguments",
        )
        parser.add_argument(
            "--model",
            metavar="MODEL",
            help="a folder, a converted file, an embedded model (bertlite-fast info lists them) "
            "or a name in the Hugging Face cache",
        )
        if self.top_k:
            parser.add_argument("--top-k", type=positive, metavar="K", help=self.top_k)
        else:
            parser.add_argument("--top-k", type=self._refuse_top_k, help=SUPPRESS)
        parser.add_argument(
            "--json",
            action="store_true",
            help=f"a line of JSON for each text; of a line over {WINDOW} bytes, "
            f'"text" is the first {SHOWN} characters and "truncated" is true',
        )
        parser.add_argument("--quiet", action="store_true", help="no progress and no warnings")

    def _refuse_top_k(self, value: str) -> NoReturn:
        raise ArgumentTypeError(f"{self.name} does not take it: {self.no_top_k}.")

    def settings(self, args: argparse.Namespace) -> dict[str, Any]:
        """The pipeline's settings, as far as arguments say something about them."""
        settings = {name: getattr(args, name, None) for name in ("top_k", "threshold")}
        return {name: value for name, value in settings.items() if value is not None}

    def run(self, args: argparse.Namespace, screen: Screen) -> int:
        texts = texts_of(args, screen)
        pipe = self.open(args)
        settings = self.settings(args)
        for line in texts:
            try:
                self.answer(pipe, line, settings, screen)
            except (BertliteError, MemoryError) as error:
                screen.fail(error or "there is not enough memory to answer this text.")
        return self.end(texts, screen)

    def open(self, args: argparse.Namespace) -> Any:
        from ...pipelines import pipeline

        open_task: Any = pipeline  # its types are for tasks that are written out
        return open_task(self.task, self.model if args.model is None else args.model)

    def end(self, texts: Texts, screen: Screen) -> int:
        """The exit code, once all texts are read."""
        if not texts.count and not screen.failed:
            raise InputError(
                "got no text; give texts as arguments, with --file, "
                "or on standard input, one on each line."
            )
        return 1 if screen.failed else 0

    def answer(self, pipe: Any, line: Line, settings: dict[str, Any], screen: Screen) -> None:
        """Answer a line. Of one that is longer than a window, the model sees the beginning."""
        text = beginning(line, screen)
        answer = self.call(pipe, line.text, settings)
        if screen.as_json:
            screen.json(json_answer(line, answer))
        else:
            screen.rows(self.rows(text, answer))

    def call(self, pipe: Any, text: str, settings: dict[str, Any]) -> Any:
        """The answer for a text."""
        return pipe(text, **settings)

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        """The answer for people."""
        raise NotImplementedError


def beginning(line: Line, screen: Screen) -> str:
    """The text as it is shown, after a warning if it is only the beginning of a line."""
    if not line.is_long:
        return line.text
    screen.warned = True
    screen.warn(f"the line is longer than {WINDOW} bytes; only its beginning is read.")
    return shown(line.text)


def shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def json_answer(line: Line, answer: Any) -> dict[str, Any]:
    if line.is_long:
        return {"text": line.text[:SHOWN], "truncated": True, "answer": answer}
    return {"text": line.text, "answer": answer}


def label_row(label: dict[str, Any], text: str) -> Row:
    return [f"{percent(label['score'])}  ", (label["label"], BOLD), f"\t{text}"]
