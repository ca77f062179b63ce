"""Labels for whole texts."""

from __future__ import annotations

from argparse import ArgumentTypeError

from ..numbers import probability
from ..screen import BOLD, RED, percent
from .base import TextCommand, label_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from typing import Any

    from ..screen import Row


class Classify(TextCommand):
    is_number = False  # a regression model's prediction, on a scale of its own
    task = "text-classification"
    top_k = "how many labels, the best first (1)"
    examples: tuple[str, ...] = (
        'bertlite-fast classify "What a wonderful surprise"',
        'bertlite-fast classify "What a wonderful surprise" --top-k 3',
    )

    def call(self, pipe: Any, text: str, settings: dict[str, Any]) -> Any:
        answer = pipe(text, **settings)
        self.is_number = pipe.config.to_dict().get("problem_type") == "regression"
        return answer

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        for label in answer if isinstance(answer, list) else [answer]:
            if self.is_number:
                yield [f"{label['score']:.3f}  ", (label["label"], BOLD), f"\t{text}"]
            else:
                yield label_row(label, text)


class Sentiment(Classify):
    task = "sentiment-analysis"
    examples = ('bertlite-fast sentiment "I love it"',)


class Intent(TextCommand):
    task = "intent-classification"
    top_k = "also show the K best intents"
    examples = (
        'bertlite-fast intent "Turn on the light in the kitchen"',
        'bertlite-fast intent "lights on" --threshold 0.7 --top-k 3',
        'bertlite-fast intent "dim the lamp and wake me at seven" --slots --several',
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--threshold",
            type=probability,
            metavar="P",
            help="the least score of an intent that counts as understood, from 0 to 1",
        )

        parser.add_argument(
            "--slots", action="store_true", help="also show devices, rooms, times and other values"
        )
        parser.add_argument(
            "--several", action="store_true", help="a text may hold several commands"
        )

    def settings(self, args: argparse.Namespace) -> dict[str, Any]:
        more = {name: True for name in ("slots", "several") if getattr(args, name)}
        return super().settings(args) | more

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        for command in answer if isinstance(answer, list) else [answer]:
            label = (command["label"], BOLD) if command["label"] else ("not understood", RED)
            yield [f"{percent(command['score'])}  ", label, f"\t{command.get('text', text)}"]
            for candidate in command.get("candidates", ()):
                yield [f"    {percent(candidate['score'])}  {candidate['label']}"]
            for slot in command.get("slots", ()):
                yield [f"    {percent(slot['score'])}  {slot['entity']}: {slot['word']}"]


class ZeroShot(TextCommand):
    task = "zero-shot-classification"
    top_k = "how many labels, the best first (all)"
    examples = (
        'bertlite-fast zero-shot "My card was declined" --labels "payment,delivery,account"',
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--labels",
            type=_labels,
            required=True,
            metavar="LABELS",
            help="the labels to choose from, with commas between them",
        )

    def settings(self, args: argparse.Namespace) -> dict[str, Any]:
        return {"labels": args.labels, "top_k": args.top_k}

    def call(self, pipe: Any, text: str, settings: dict[str, Any]) -> Any:
        found = pipe(text, candidate_labels=settings["labels"])
        pairs = list(zip(found["labels"], found["scores"]))[: settings["top_k"]]
        return [{"label": label, "score": min(score, 1.0)} for label, score in pairs]

    def rows(self, text: str, answer: Any) -> Iterable[Row]:
        return [label_row(label, text) for label in answer]


def _labels(value: str) -> list[str]:
    from ..texts import decoded

    labels = [label.strip() for label in decoded(value).split(",") if label.strip()]
    if not labels:
        raise ArgumentTypeError("it names no label; expected labels such as payment,delivery.")
    return labels
