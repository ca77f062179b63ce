"""token-classification, ner: labels for parts of a text."""

from __future__ import annotations

from .._native import Many, TextModel, answer_entities, have_same_items
from ..checks import Choice
from ..errors import InputError, warn
from .base import Pipeline, check_whole_numbers, refuse_unknown, reopened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, overload

    from typing_extensions import Unpack

    from ..task_types import Tagged, TokenSettings

    # label, score, start, end, row, words as lists of subwords
    Entity = tuple[int, float, int, int, int, list[list[str]]]


class AggregationStrategy:
    """The names of aggregation_strategy, as transformers' enum has them."""

    NONE, SIMPLE, FIRST, AVERAGE, MAX = map(Choice, ("none", "simple", "first", "average", "max"))


STRATEGIES = ("none", "simple", "first", "average", "max", "words")
UNGROUPED = ("none", "words")
SETTINGS = (
    "aggregation_strategy",
    "ignore_labels",
    "stride",
    "windows",
    "is_split_into_words",
    "delimiter",
)


class TokenClassification(Pipeline):
    """Tokens or entities with their labels and offsets, as transformers gives them.

    Settings: aggregation_strategy ("none"): "none" gives each token; "words" each word, labeled by
    its first subword; "simple" joins neighbors of one label; "first", "average" and "max" label
    whole words, by their first subword, the mean of their subwords, or the subword with the highest
    score, and join them. ignore_labels (["O"]): labels that are left out. stride: a text longer
    than the model's maximum is read in windows that share this many tokens; without stride it is
    truncated. windows (False): it is read in windows as long as the model was trained on, which
    hold whole sentences; only within a longer sentence they share tokens.
    is_split_into_words: a text is a list of words, which delimiter (" ") joins.

    Embedded models have other defaults, which their config.json states: windows is True, names and
    slots are whole, tags are those of words. A "word" is then exactly as it stands in the text,
    and an entity's label is both its "entity" and its "entity_group".

    >>> from bertlite_fast import pipeline
    >>> [(name["entity"], name["word"]) for name in pipeline("ner")("Elon Musk visited Paris")]
    [('PERSON', 'Elon Musk'), ('LOCATION', 'Paris')]
    >>> pipe = pipeline("ner", "my-bert-names", aggregation_strategy="simple", ignore_labels=[])
    >>> text = "hello istanbul"
    >>> [text[e["start"]:e["end"]] for e in pipe(text)] != []
    True
    """

    task = "token-classification"
    head = "token-classification"

    def _ready(self) -> None:
        config = self.config.to_dict()
        self.own_strategy: str | None = config.get("aggregation_strategy")
        if self.own_strategy not in STRATEGIES:
            self.own_strategy = None
        self.has_window = "window" in config
        self.names = dict(self.config.id2label)

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        from .arguments import choice

        settings = dict(settings)
        grouped = settings.pop("grouped_entities", None)  # names of transformers 4
        subwords = settings.pop("ignore_subwords", None)
        if grouped is not None or subwords is not None:
            meant = ("first" if subwords else "simple") if grouped else "none"
            settings["aggregation_strategy"] = meant
            warn(
                "grouped_entities and ignore_subwords are old settings; "
                f"aggregation_strategy={meant!r} is what they mean."
            )
        refuse_unknown(settings, self.task, *SETTINGS)
        strategy = choice(settings.get("aggregation_strategy"))
        if strategy is not None:
            settings["aggregation_strategy"] = strategy
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

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __call__(self, inputs: str, **settings: Unpack[TokenSettings]) -> list[Tagged]: ...
        @overload  # of words, with is_split_into_words: one text
        def __call__(
            self,
            inputs: list[str] | tuple[str, ...] | list[list[str]],
            **settings: Unpack[TokenSettings],
        ) -> list[Any]: ...
        @overload
        def __call__(
            self, inputs: Iterable[Any], **settings: Unpack[TokenSettings]
        ) -> Iterator[list[Tagged]]: ...

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """Labels for a text, a list of texts, or an iterable of texts."""
        if (
            isinstance(inputs, (list, tuple))
            and {**self.settings, **settings}.get("is_split_into_words")
            and not all(isinstance(item, (list, tuple)) for item in inputs)
        ):
            inputs = [inputs]
        return super().__call__(inputs, **settings)

    def _ignored(self, strategy: str, names: Any) -> bytes | None:
        """For each label 1 if it is left out; None: only "O" is."""
        if names is None or list(names) == ["O"]:
            return None
        labels = self.labels if strategy in UNGROUPED else self.types
        return bytes(label in names for label in labels)

    @property
    def types(self) -> list[str]:
        """For each label what its entities are called: "PER" for "B-PER"."""
        return [_type_of(label) for label in self.labels]

    def _strategy(self, settings: dict[str, Any]) -> str:
        return settings.get("aggregation_strategy") or self.own_strategy or "none"

    def _gives_as_is(self, strategy: str) -> bool:
        """Whether words are those of the text, not made of tokens."""
        return strategy == "words" or (self.own_strategy is not None and strategy != "none")

    def _options(self, settings: dict[str, Any]) -> tuple[str, Any, bool, bytes | None, bool]:
        """What the core is told: the strategy, stride, windows, labels that are left out, and
        whether tokens are wanted."""
        if not have_same_items(self.names, self.config.id2label):  # by which tokens are joined
            self.text_model = TextModel(reopened(self.model, self.task, self.head), self.tokenizer)
            self.names = dict(self.config.id2label)
        strategy = self._strategy(settings)
        stride, windows = settings.get("stride"), settings.get("windows")
        if windows is None:
            windows = self.has_window
        if stride is not None and strategy in UNGROUPED and not windows:
            raise InputError(
                "a text is read in windows (stride) only for entities; choose an "
                "aggregation_strategy that joins tokens, or windows=True."
            )
        ignored = self._ignored(strategy, settings.get("ignore_labels"))
        if strategy == self.own_strategy == "first":
            strategy = "written"
        return strategy, stride, bool(windows), ignored, not self._gives_as_is(strategy)

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        strategy, stride, windows, ignored, with_words = self._options(settings)
        given, starts = text, None
        if settings.get("is_split_into_words"):
            given, starts = _words(text, _delimiter(settings))
        elif not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        elif not with_words:
            return answer_entities(
                self.text_model, text, self.names, strategy != "words", strategy, stride, windows,
                ignored,
            )  # fmt: skip
        found = self.text_model.entities(
            given, strategy, stride, windows, ignored, starts, with_words
        )
        return self._answer(text, found, settings)

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        return Many(self.text_model, "entities", self._options(settings), **share)

    def _given(self, text: Any, settings: dict[str, Any]) -> tuple[Any, Any] | None:
        if not settings.get("is_split_into_words"):
            return super()._given(text, settings)
        try:
            return _words(text, _delimiter(settings))
        except InputError:
            return None

    def _answer(self, text: Any, found: Any, settings: dict[str, Any]) -> Any:
        strategy = self._strategy(settings)
        if self._gives_as_is(strategy):
            if settings.get("is_split_into_words"):
                text = _delimiter(settings).join(text)
            if strategy == "words":
                return self._tagged(text, found)
            return [self.entity(text, *entity[:4]) for entity in found]
        shape = self._token if strategy == "none" else self._entity
        return [shape(strategy, entity) for entity in found]

    def _tagged(self, text: str, found: list[Entity]) -> list[dict[str, Any]]:
        """Words as they stand in the text."""
        names = self.names
        return [
            {
                "entity": names[label],
                "score": score,
                "index": row,
                "word": text[start:end],
                "start": start,
                "end": end,
            }
            for label, score, start, end, row, _ in found
        ]

    def entity(self, text: str, label: int, score: float, start: int, end: int) -> dict[str, Any]:
        """An entity with its word as it stands in the text."""
        kind = _type_of(self.names[label])
        return {
            "entity": kind,
            "entity_group": kind,
            "score": score,
            "word": text[start:end],
            "start": start,
            "end": end,
        }

    def _token(self, strategy: str, found: Entity) -> dict[str, Any]:
        label, score, start, end, row, words = found
        return {
            "entity": self.names[label],
            "score": score,
            "index": row,
            "word": words[0][0],
            "start": start,
            "end": end,
        }

    def _entity(self, strategy: str, found: Entity) -> dict[str, Any]:
        label, score, start, end, _, words = found
        if strategy == "simple":
            tokens = [token for word in words for token in word]
        else:
            tokens = [self.tokenizer.convert_tokens_to_string(word) for word in words]
        return {
            "entity_group": _type_of(self.names[label]),
            "score": score,
            "word": self.tokenizer.convert_tokens_to_string(tokens),
            "start": start,
            "end": end,
        }


def _type_of(label: str) -> str:
    """PER for B-PER: the label without its prefix, transformers' entity_group."""
    return label.split("-", 1)[-1]


def _delimiter(settings: dict[str, Any]) -> str:
    found = settings.get("delimiter")
    return " " if found is None else str(found)


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
