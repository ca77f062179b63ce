"""intent-classification: what a text asks for, or None if that is unknown."""

from __future__ import annotations

from os import PathLike, fspath

from .._native import Many, affirmed, answer_intent, read_commands
from ..checks import shown
from ..errors import InputError
from .base import Pipeline, check_whole_numbers, refuse_unknown
from .text_classification import TextClassification, text_and_pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, overload

    from typing_extensions import Unpack

    from ..task_types import Intent, IntentSettings
    from .token_classification import TokenClassification


SLOTS = "bertlite/slots"


class IntentClassification(TextClassification):
    """What a text asks for, or None if no label fits: {"label", "score", "margin"}.

    A text is refused when its best score is below `threshold`, by default what the model's
    config.json says under "intent_threshold", or 0.5, or what calibrate() found. A label in
    config.json's "refused_labels" (such as "oos") counts as None too. margin: how far the best
    score is before the second. top_k: as many labels with their scores, under "candidates".

    What a text says is not to be done ("no music tonight", "don't lock it, I'm outside") is not
    read, in English and by models with refused labels, unless config.json has
    "heeds_denials": false.

    slots: True, or a model for token classification: the values in the text are found too, under
    "slots". several: a list of answers, one for each command of the text, with the command under
    "text" and its "start" and "end". A text is split before "and", "then" and punctuation if a
    clause follows, if every part is a command that is not refused or says what is not to be done
    (its label is None), and if the whole is not more surely one command.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("intent-classification", "my-bert")
    >>> sorted(pipe("turn on the light"))
    ['label', 'margin', 'score']
    >>> print(pipe("turn on the light", threshold=1.0)["label"])
    None
    >>> intents = pipeline("intent-classification", slots=True, several=True)
    >>> for command in intents("turn off the lights and play some jazz"):
    ...     print(command["label"], [(slot["entity"], slot["word"]) for slot in command["slots"]])
    light_off []
    play_music [('music', 'jazz')]
    """

    task = "intent-classification"

    def _ready(self) -> None:
        super()._ready()
        config = self.config.to_dict()
        self.threshold = float(config.get("intent_threshold", 0.5))
        self.refused = set(config.get("refused_labels", ()))
        self.refused_mask = bytes(label in self.refused for label in self.labels)
        self.heeds_denials = bool(config.get("heeds_denials", self.refused))
        self.slot_models: dict[str, TokenClassification] = {}

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        refuse_unknown(settings, self.task, "top_k", "threshold", "slots", "several")
        check_whole_numbers(settings, top_k=1)
        threshold = settings.get("threshold")
        if threshold is not None and (
            not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1
        ):
            raise InputError(f"threshold is {threshold!r}; it has to be a number from 0 to 1.")
        slots = settings.get("slots")
        if not (slots is None or isinstance(slots, (bool, str, PathLike, Pipeline))):
            raise InputError(
                f"slots is {shown(slots)}; it has to be True, or a model for token classification."
            )
        return settings

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __call__(self, inputs: str, **settings: Unpack[IntentSettings]) -> Intent: ...
        @overload
        def __call__(
            self,
            inputs: list[str] | tuple[str, ...] | list[dict[str, str]],
            **settings: Unpack[IntentSettings],
        ) -> list[Intent]: ...
        @overload
        def __call__(
            self, inputs: Iterable[Any], **settings: Unpack[IntentSettings]
        ) -> Iterator[Intent]: ...

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """An intent for a text, a list of texts, or an iterable of texts."""
        if type(inputs) is str and not settings:
            return self._one(inputs, self.settings)
        return Pipeline.__call__(self, inputs, **settings)

    def slot_model(self, slots: Any = True) -> TokenClassification:
        """The pipeline whose values are found in commands, with this setting."""
        if slots is True and SLOTS in self.slot_models:
            return self.slot_models[SLOTS]
        from .token_classification import TokenClassification

        if isinstance(slots, TokenClassification):
            return slots
        if isinstance(slots, Pipeline):
            raise InputError(f"slots is a pipeline for {slots.task}; it finds no values in texts.")
        name = SLOTS if slots is True else fspath(slots)
        found = self.slot_models.get(name)
        if found is None:
            found = TokenClassification(name, task="token-classification")
            self.slot_models[name] = found
        return found

    def calibrate(
        self, known: list[str], unknown: list[str], keep: float = 0.95
    ) -> dict[str, float]:
        """Set the threshold from texts: the highest that lets `keep` of those with an intent pass.

        known: texts with an intent of the model; unknown: texts without. Use texts that the model
        was not trained on. Returns the threshold, the share of known texts that pass (kept), and
        the share of unknown texts that pass (false_accepts).
        """
        if not known or not 0 < keep <= 1:
            raise InputError("calibrate needs texts with a known intent, and keep between 0 and 1.")

        def scores(texts: list[str]) -> list[float]:
            found = [self._one(text, {"threshold": 0.0}) for text in texts]
            return sorted(
                (answer["score"] if answer["label"] is not None else 0.0) for answer in found
            )

        inside, outside = scores(known), scores(unknown)
        self.threshold = inside[min(len(inside) - 1, int((1 - keep) * len(inside) + 1e-9))]

        def passing(values: list[float]) -> float:
            return sum(value >= self.threshold for value in values) / max(1, len(values))

        return {
            "threshold": self.threshold,
            "kept": passing(inside),
            "false_accepts": passing(outside),
        }

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, arguments = super().__reduce__()
        return rebuild, (
            *arguments[:-1],
            {**self.settings, "threshold": self.settings.get("threshold", self.threshold)},
        )

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        if settings.get("slots") or settings.get("several"):
            return self._commands(text, settings)
        pair = None
        if type(text) is not str:
            text, pair = text_and_pair(text)
        elif not settings:
            answer = answer_intent(
                self.text_model, text, vars(self.config), self.label_count == 1, self.threshold,
                self.refused, self.heeds_denials,
            )  # fmt: skip
            if answer is not None:
                return answer
        found = self.text_model.classify(text, pair, self.function, self._wanted(settings))
        return self._judged(text, pair, found, settings)

    def _wanted(self, settings: dict[str, Any]) -> int:
        """Labels that are asked for; two tell the margin."""
        top_k = settings.get("top_k", 1)
        return max(2, self.label_count if top_k is None else top_k)

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        slots, several = settings.get("slots"), bool(settings.get("several"))
        if not slots and not several:
            found = (self.function, self._wanted(settings))
            return Many(self.text_model, "classify", found, **share)
        values = self.slot_model(slots or True)
        options = (self.function, self._threshold(settings), self.refused_mask, several,
                   self.heeds_denials)  # fmt: skip
        return Many(self.text_model, "commands", options, slots=values.text_model, **share)

    def _given(self, text: Any, settings: dict[str, Any]) -> tuple[Any, Any] | None:
        given = super()._given(text, settings)
        if given is not None and given[1] is not None:
            return None if settings.get("slots") or settings.get("several") else given
        return given

    def _answer(self, inputs: Any, found: Any, settings: dict[str, Any]) -> Any:
        text, pair = text_and_pair(inputs)
        if settings.get("slots") or settings.get("several"):
            return self._of_commands(text, found, settings)
        return self._judged(text, pair, found, settings)

    def _judged(self, text: Any, pair: Any, found: Any, settings: dict[str, Any]) -> dict[str, Any]:
        """The best of the labels that were found, unless the text is refused."""
        best, score = found[0]
        label = self.config.id2label[best]
        is_blank = not text.strip()
        sure = score >= self._threshold(settings) and label not in self.refused and not is_blank
        margin = score - found[1][1] if len(found) > 1 else score
        if self.heeds_denials and pair is None and not is_blank and affirmed(text) != text:
            ((best, is_refused, score, margin, *_),) = read_commands(
                self.text_model, None, text, self.function, self._threshold(settings),
                self.refused_mask, False, True,
            )  # fmt: skip
            label, sure = self.labels[best], not is_refused
        answer: dict[str, Any] = {
            "label": label if sure else None,
            "score": score,
            "margin": margin,
        }
        if "top_k" in settings:
            top_k = settings["top_k"]
            wanted = self.label_count if top_k is None else top_k
            answer["candidates"] = self._named(found[:wanted])
        return answer

    def _threshold(self, settings: dict[str, Any]) -> float:
        threshold = settings.get("threshold")
        return self.threshold if threshold is None else threshold

    def _named(self, found: list[tuple[int, float]]) -> list[dict[str, Any]]:
        return [{"label": self.config.id2label[index], "score": score} for index, score in found]

    def _commands(self, text: Any, settings: dict[str, Any]) -> Any:
        """The text's commands with their values; without `several` the only one."""
        text, pair = text_and_pair(text)
        if pair is not None:
            raise InputError("slots and several commands are found in one text; give no text_pair.")
        slots, several = settings.get("slots"), bool(settings.get("several"))
        values = self.slot_model(slots or True)
        found = read_commands(
            self.text_model,
            values.text_model,
            text,
            self.function,
            self._threshold(settings),
            self.refused_mask,
            several,
            self.heeds_denials,
        )
        return self._of_commands(text, found, settings)

    def _of_commands(self, text: str, found: Any, settings: dict[str, Any]) -> Any:
        slots, several = settings.get("slots"), bool(settings.get("several"))
        values = self.slot_model(slots or True)
        answers = []
        for label, is_refused, score, margin, start, end, entities in found:
            answer: dict[str, Any] = {
                "label": None if is_refused else self.config.id2label[label],
                "score": score,
                "margin": margin,
            }
            if "top_k" in settings:
                wanted = settings["top_k"] or self.label_count
                best = self.text_model.classify(text[start:end], None, self.function, wanted)
                answer["candidates"] = self._named(best)
            if several:
                answer |= {"text": text[start:end], "start": start, "end": end}
            if slots:
                answer["slots"] = [values.entity(text, *entity) for entity in entities]
            answers.append(answer)
        return answers if several else answers[0]
