"""token-classification, ner: labels for parts of a text."""

from __future__ import annotations

from ..errors import InputError
from .base import Pipeline, check_whole_numbers, refuse_unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STRATEGIES = ("none", "simple", "first", "average", "max")
SETTINGS = ("aggregation_strategy", "ignore_labels", "stride", "is_split_into_words", "delimiter")


class TokenClassification(Pipeline):
    """Tokens or entities with their labels and offsets, as transformers gives them.

    Settings: aggregation_strategy ("none"): "none" gives each token; "simple" joins neighbors of
    one label; "first", "average" and "max" label whole words, by their first subword, the mean of
    their subwords, or the subword with the highest score. ignore_labels (["O"]): labels that are
    left out. stride: a text longer than the model's maximum is read in windows that share this many
    tokens; without stride it is truncated.
    is_split_into_words: a text is a list of words, which delimiter (" ") joins.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("ner", "my-bert-names", aggregation_strategy="simple", ignore_labels=[])
    >>> text = "hello istanbul"
    >>> [text[e["start"]:e["end"]] for e in pipe(text)] != []
    True
    """

    task = "token-classification"
    head = "token-classification"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        refuse_unknown(settings, self.task, *SETTINGS)
        strategy = settings.get("aggregation_strategy")
        if strategy is not None and strategy not in STRATEGIES:
            raise InputError(
                f"aggregation_strategy is {strategy!r}; it can be {', '.join(STRATEGIES)}."
            )
        if not isinstance(settings.get("ignore_labels"), (list, tuple, set, frozenset, type(None))):
            raise InputError("ignore_labels has to be a list of labels.")
        if not isinstance(settings.get("delimiter"), (str, type(None))):
            raise InputError("delimiter has to be a str.")
        check_whole_numbers(settings, stride=0)
        return settings

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """Labels for a text, a list of texts, or an iterable of texts."""
        if (
            {**self.settings, **settings}.get("is_split_into_words")
            and isinstance(inputs, (list, tuple))
            and not all(isinstance(item, (list, tuple)) for item in inputs)
        ):
            inputs = [inputs]
        return super().__call__(inputs, **settings)

    def _ignored(self, strategy: str, names: Any) -> bytes | None:
        """For each label 1 if it is left out; None: only "O" is."""
        if names is None or list(names) == ["O"]:
            return None
        labels = self.labels if strategy == "none" else [_type_of(label) for label in self.labels]
        return bytes(label in names for label in labels)

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        strategy = settings.get("aggregation_strategy") or "none"
        stride = settings.get("stride")
        if stride is not None and strategy == "none":
            raise InputError(
                "a text is read in windows (stride) only for entities; "
                "choose an aggregation_strategy other than 'none'."
            )
        starts = None
        if settings.get("is_split_into_words"):
            delimiter = settings.get("delimiter")
            text, starts = _words(text, " " if delimiter is None else delimiter)
        elif not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        ignored = self._ignored(strategy, settings.get("ignore_labels"))
        found = self.text_model.entities(text, strategy, stride, ignored, starts)
        shape = self._token if strategy == "none" else self._entity
        return [shape(strategy, *entity) for entity in found]

    def _token(
        self,
        strategy: str,
        label: int,
        score: float,
        start: int,
        end: int,
        row: int,
        words: list[list[str]],
    ) -> dict[str, Any]:
        return {
            "entity": self.labels[label],
            "score": score,
            "index": row,
            "word": words[0][0],
            "start": start,
            "end": end,
        }

    def _entity(
        self,
        strategy: str,
        label: int,
        score: float,
        start: int,
        end: int,
        row: int,
        words: list[list[str]],
    ) -> dict[str, Any]:
        if strategy == "simple":
            tokens = [token for word in words for token in word]
        else:
            tokens = [self.tokenizer.convert_tokens_to_string(word) for word in words]
        return {
            "entity_group": _type_of(self.labels[label]),
            "score": score,
            "word": self.tokenizer.convert_tokens_to_string(tokens),
            "start": start,
            "end": end,
        }


def _type_of(label: str) -> str:
    """PER for B-PER: the label without its prefix, transformers' entity_group."""
    return label.split("-", 1)[-1]


def _words(words: Any, delimiter: str) -> tuple[list[str], list[int]]:
    """The words, and the offset of each in the joined text."""
    if not isinstance(words, (list, tuple)):
        raise InputError(
            "is_split_into_words is set, so a text has to be a list of words, "
            f"not {type(words).__name__}."
        )
    starts, at = [], 0
    for word in words:
        if not isinstance(word, str):
            raise InputError(
                "is_split_into_words is set, so a text has to be a list of words, each a str."
            )
        starts.append(at)
        at += len(word) + len(delimiter)
    return list(words), starts
