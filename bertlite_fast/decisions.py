"""Decisions: which of some options a text means, how probable that is, and why."""

from __future__ import annotations

import re
from functools import lru_cache

from ._native import Choices, affirmed, similarities
from .checks import shown, whole
from .errors import InputError, warn
from .tasks.base import iterable_texts, text_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, Union

    Options = Union[str, Iterable[Any], Mapping[str, Any]]
    Decision = dict[str, Any]
    Scale = tuple[Sequence[float], ...]

# From similarities to probabilities (bl_decision_scale), for the embedded vectors: found by
# `python bench/decisions.py DATA --fit --rounds 1`; thresholds are lower than that, since the
# vectors have learned these sets' labels, and texts are less near to others.
SCALE: Scale = (
    (12.406, 2.613, 0.544),
    (9.755, 3.093, 0.0),
    (0.349, 0.164, 0.037),
    (0.353, 0.0, 0.0),
)
DEFAULT = 0.5  # the least probability: more likely right than wrong
WORDS = 64  # of a text, whose part in a decision is measured
LONGEST = 20  # letters of a word that can be meant by a misspelled one
PREPARED = 8  # sets of options that decide() keeps


class Decider:
    """Decides which option a text means, or that it means none of them.

    options: labels; or a dict with a description (a str), examples (a list) or None for each label;
    or tools as agents declare them: dicts of "name", "description" and "examples". A label stands
    for itself and its description, or else for its examples.

    abstain: True: an option is chosen if it is more likely right than wrong; a number from 0 to 1:
    if it has that probability; None: always. model: a pipeline that embeds texts, a
    SentenceTransformer or a model's path; by default the embedded vectors, for which the
    probabilities are calibrated; scale: those of another model, as bench/decisions.py finds them.

    With the embedded vectors, misspelled words are read as the words of an option, or as frequent
    English ones, that are likely meant.

    An answer is a dict: "label" (None: none was chosen, for the "reason" given), "best" (the most
    probable label), its "score" (the probability that it is right) and "margin" before "runner_up",
    "none" (the probability that no option is meant), and "evidence": the nearest description,
    example or label, and its similarity.

    >>> from bertlite_fast import Decider
    >>> route = Decider({"billing": "a question about a payment", "weather": None})
    >>> route("will it rain in Berlin tomorrow?")["label"]
    'weather'
    >>> route("don't tell me about the weather")["reason"]
    'denied'
    """

    def __init__(
        self,
        options: Options,
        *,
        abstain: bool | float | None = True,
        model: Any = None,
        scale: Scale | None = None,
        threads: int | str | None = None,
    ) -> None:
        self.abstain = abstain
        _least(abstain)
        self._given = read_options(options)
        if not self._given:
            raise InputError("got no options; expected at least one.")
        self._pipe = _opened(model)
        if model is not None and scale is None:
            warn("the probabilities are calibrated for the embedded vectors; give scale=, as "
                 "bench/decisions.py finds it, for those of another model.")  # fmt: skip
        self._model, self._scale, self._threads = model, scale, threads
        self.options: list[str] = [label for label, _ in self._given]
        self._rows = [row for _, rows in self._given for row in rows]
        ends, end = [], 0
        for _, rows in self._given:
            end += len(rows)
            ends.append(end)
        denied = bytes(not affirmed(row).strip() for row in self._rows)
        vectors = self._embed(self._rows, threads)
        self._choices = Choices(vectors, ends, denied, scale or SCALE)
        self._words_known = words_in(self._rows) if model is None else None

    def _embed(self, texts: list[str], threads: int | str | None = None) -> Any:
        if hasattr(self._pipe, "embed"):
            return self._pipe.embed(texts, threads=threads)
        return self._pipe.encode(texts)

    def __call__(self, texts: Any, **settings: Any) -> Any:
        """A decision for a text; for a list or an iterable of texts, a list or a generator; for a
        column of pandas, polars or Arrow such a column, in which nulls stay null.

        abstain: as above, for this call. top_k: also the most probable options, "candidates".
        words: also how much each word of the text adds to the similarity, "words".
        """
        read = self._settings(**settings)
        if isinstance(texts, str):
            return self._decided(texts, *self._read(texts), read)
        if isinstance(texts, (list, tuple)):
            return self._all(text_list(texts), read)
        from .columns import answered, column_of

        column = column_of(texts)
        if column is not None:
            return answered(texts, column, lambda given: self._all(given, read))
        return self._stream(iterable_texts(texts), read)

    def _settings(
        self, abstain: Any = ..., top_k: int = 0, words: bool = False
    ) -> tuple[float | None, int, bool]:
        least = _least(self.abstain if abstain is ... else abstain)
        return least, whole("top_k", top_k, 0), bool(words)

    def _understood(self, text: Any) -> tuple[str, bool]:
        """What is decided on, and whether it is a denial."""
        if not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        if self._words_known is not None:
            text = _spelling().corrected(text, self._words_known)
        return _affirmed(text)

    def _read(self, text: Any) -> tuple[str, bool, Any, int]:
        """What is decided on, whether it is a denial, and its vector."""
        read, denied = self._understood(text)
        return read, denied, self._embed([read]) if read.strip() else None, 0

    def _all(self, texts: list[str], settings: Any) -> list[Decision]:
        found = [self._understood(text) for text in texts]
        vectors = self._embed([read for read, _ in found], self._threads) if found else None
        return [
            self._decided(text, read, denied, vectors if read.strip() else None, i, settings)
            for i, (text, (read, denied)) in enumerate(zip(texts, found))
        ]

    def _stream(self, texts: Iterable[Any], settings: Any) -> Iterator[Decision]:
        for text in texts:
            yield self._decided(text, *self._read(text), settings)

    def _decided(
        self, text: str, read: str, denied: bool, vectors: Any, row: int, settings: Any
    ) -> Decision:
        least, top_k, words = settings
        if vectors is None:
            if least is None:
                raise InputError("the text is empty, and abstain is None; give at least one word.")
            return _empty()
        best, score, second, second_score, nearest, similarity, none, candidates = (
            self._choices.decide(vectors, row, least is None, denied, top_k)
        )
        label = self.options[best]
        is_denied = denied and none == 1.0
        others = len(self.options) > 1 and not is_denied
        answer: Decision = {
            "label": label,
            "score": score,
            "best": label,
            "margin": score - second_score,
            "runner_up": {"label": self.options[second], "score": second_score} if others else None,
            "none": none,
            "reason": None,
            "evidence": {"text": self._rows[nearest], "similarity": similarity},
        }
        if least is not None and score < least:
            answer["label"] = None
            answer["reason"] = "denied" if is_denied else "none" if none > score else "unsure"
        if read != text:
            answer["evidence"]["read"] = read
        if top_k:
            answer["candidates"] = [{"label": self.options[i], "score": s} for i, s in candidates]
        if words:
            answer["words"] = self._words(read, self._rows[nearest], similarity)
        return answer

    def _words(self, text: str, nearest: str, similarity: float) -> list[tuple[str, float]]:
        """How much less similar the text is without each of its words."""
        found = list(re.finditer(r"\w+(?:['\u2019]\w+)*", text))[:WORDS]
        if len(found) < 2:
            return [(match[0], similarity) for match in found]
        without = [text[: match.start()] + text[match.end() :] for match in found]
        left = similarities(self._embed(without), self._embed([nearest])).tolist()
        return [(match[0], similarity - value) for match, (value,) in zip(found, left)]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._given, self.abstain, self._model, self._scale, self._threads)

    def __repr__(self) -> str:
        return f"Decider({len(self.options)} options)"


def decide(
    text: str,
    options: Options,
    abstain: bool | float | None = True,
    *,
    top_k: int = 0,
    words: bool = False,
) -> Decision:
    """Which of the options a text means: a Decider's answer.

    The options of the last few calls are kept as they were prepared.

    >>> from bertlite_fast import decide
    >>> decide("play some jazz", ["temperature", "music", "lights"])["label"]
    'music'
    """
    if not isinstance(text, str):
        raise InputError(f"a text has to be a str, not {type(text).__name__}.")
    found: Decision = _prepared(read_options(options))(
        text, abstain=abstain, top_k=top_k, words=words
    )
    return found


@lru_cache(PREPARED)
def _prepared(given: Any) -> Decider:
    return _restored(given, True, None, None, None)


def _restored(given: Any, abstain: Any, model: Any, scale: Any, threads: Any) -> Decider:
    options = {label: list(rows) for label, rows in given}
    return Decider(options, abstain=abstain, model=model, scale=scale, threads=threads)


def _opened(model: Any) -> Any:
    if model is None:
        return _embedded()
    if hasattr(model, "embed") or hasattr(model, "encode"):
        return model
    from .tasks.feature_extraction import FeatureExtraction

    return FeatureExtraction(model)


@lru_cache(1)
def _embedded() -> Any:
    from .tasks.feature_extraction import FeatureExtraction

    return FeatureExtraction()


@lru_cache(1)
def _spelling() -> Any:
    """The embedded model that knows how words are spelled."""
    from .tasks.intent_classification import IntentClassification

    return IntentClassification().text_model


def _least(abstain: Any) -> float | None:
    """The least probability of a choice; None: one is always made."""
    if abstain is None or abstain is False:
        return None
    if abstain is True:
        return DEFAULT
    if not isinstance(abstain, (int, float)) or not 0 <= abstain <= 1:
        raise InputError(
            f"abstain is {shown(abstain)}; it has to be True, a number from 0 to 1, or None."
        )
    return float(abstain)


def _affirmed(text: str) -> tuple[str, bool]:
    """What of a text asks for something; or, if all of it denies, all of it and True."""
    left = affirmed(text)
    return (left, False) if left.strip() or not text.strip() else (text, True)


def _empty() -> Decision:
    return {"label": None, "score": 0.0, "best": None, "margin": 0.0, "runner_up": None,
            "none": 1.0, "reason": "empty", "evidence": None}  # fmt: skip


# ---- options ------------------------------------------------------------------------------------


def read_options(options: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Labels with their texts, sorted, so that the order in which they were given is no matter."""
    from collections.abc import Mapping

    if isinstance(options, Decider):
        raise InputError("these options are a Decider already; call it with the text.")
    if isinstance(options, str):
        options = [part.strip() for part in options.split(",") if part.strip()]
    items: Any
    if isinstance(options, Mapping):
        items = options.items()
    elif isinstance(options, (bytes, bytearray)) or not hasattr(options, "__iter__"):
        raise InputError(f"options have to be a list or a dict, not {type(options).__name__}.")
    else:
        items = map(_item, options)
    found: dict[str, dict[str, None]] = {}
    for label, about in items:
        texts = found.setdefault(_label(label), {})
        texts.update(dict.fromkeys(_texts(label, about)))
    return tuple((label, tuple(sorted(found[label]))) for label in sorted(found))


def _item(option: Any) -> tuple[Any, Any]:
    """A label, or a tool: {"name", "description", "examples"}, or that under "function"."""
    if not isinstance(option, dict):
        return option, None
    tool = option.get("function", option)
    name = tool.get("name", tool.get("label")) if isinstance(tool, dict) else None
    if name is None:
        raise InputError(f"the option {shown(option)} has no name.")
    return name, tool.get("examples") or tool.get("description")


def _label(label: Any) -> str:
    if not isinstance(label, str):
        raise InputError(f"an option's label has to be a str, not {type(label).__name__}.")
    if not label.strip():
        raise InputError("an option has an empty label; give it a name.")
    return label


def _texts(label: str, about: Any) -> list[str]:
    """What stands for a label: examples, or its own words and its description."""
    if about is not None and not isinstance(about, str):
        texts = [text for text in text_list(about) if text.strip()]
        if texts:
            return texts
    return [words_of(label), *([about] if isinstance(about, str) and about.strip() else [])]


def words_of(label: str) -> str:
    """A label as words: "card_arrival" and "CardArrival" are "card arrival"."""
    found = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", label)
    return " ".join(re.sub(r"[\W_]+", " ", found).split()) or label


def words_in(texts: list[str]) -> bytes:
    """Words as bl_corrected takes them."""
    found = {word for text in texts for word in re.findall(r"[^\W_]+", text.lower())}
    return b"".join(
        bytes([len(word)]) + word.encode() + b"\0"
        for word in sorted(found)
        if word.isascii() and len(word) <= LONGEST
    )
