"""Labels for parts of a text: token-classification, ner."""

from __future__ import annotations

from ..errors import InputError
from .base import Pipeline, only, whole_ones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STRATEGIES = ("none", "simple", "first", "average", "max")


class TokenClassification(Pipeline):
    """Tokens or entities with their labels and places, as transformers gives them.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("ner", "my-bert-names", aggregation_strategy="simple", ignore_labels=[])
    >>> text = "hello istanbul"
    >>> [text[e["start"]:e["end"]] for e in pipe(text)] != []
    True
    """

    task = "token-classification"
    head = "token-classification"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        only(
            settings,
            self.task,
            "aggregation_strategy",
            "ignore_labels",
            "stride",
            "is_split_into_words",
            "delimiter",
        )
        strategy = settings.get("aggregation_strategy")
        if strategy is not None and strategy not in STRATEGIES:
            raise InputError(
                f"aggregation_strategy is {strategy!r}; it can be {', '.join(STRATEGIES)}."
            )
        if not isinstance(
            settings.get("ignore_labels", ()), (list, tuple, set, frozenset, type(None))
        ):
            raise InputError("ignore_labels has to be a list of labels.")
        whole_ones(settings, stride=0)
        return settings

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        if (
            settings.get("is_split_into_words")
            and isinstance(inputs, (list, tuple))
            and not all(isinstance(item, (list, tuple)) for item in inputs)
        ):
            inputs = [inputs]
        return super().__call__(inputs, **settings)

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        strategy = settings.get("aggregation_strategy") or "none"
        ignored = settings.get("ignore_labels")
        ignored = ("O",) if ignored is None else ignored
        stride = settings.get("stride")
        if stride is not None and strategy == "none":
            raise InputError(
                "a text is read in windows (stride) only for entities; choose an aggregation_strategy other than 'none'."
            )
        words, starts = None, [0]
        if settings.get("is_split_into_words"):
            delimiter = settings.get("delimiter")
            delimiter = " " if delimiter is None else delimiter
            if not isinstance(text, (list, tuple)):
                raise InputError(
                    f"is_split_into_words is set, so a text has to be a list of words, not {type(text).__name__}."
                )
            if not all(isinstance(word, str) for word in text):
                raise InputError(
                    "is_split_into_words is set, so a text has to be a list of words, each a str."
                )
            words, text = list(text), delimiter.join(text)
            for word in words:
                starts.append(starts[-1] + len(word) + len(delimiter))
        elif not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        item = text if words is None else words
        rows = self.tokenizer.encode_rows(
            [(item, None)],
            True,
            "longest_first",
            self.text_model.longest,
            stride or 0,
            words is not None,
            False,
            stride is not None,
        )
        windows = [rows[0], *rows[0].overflowing]
        found = []
        for row in windows:
            # What is grouped needs its ignored neighbors.
            entities, inside, scores = self.text_model.label_tokens(
                row, self.labels, ignored if strategy == "none" else ()
            )
            if words is not None:
                word_ids = row.word_ids
                for entity in entities:
                    shift = starts[word_ids[entity["index"]]]
                    entity["start"], entity["end"] = entity["start"] + shift, entity["end"] + shift
            if strategy == "none":
                found += entities
                continue
            if strategy != "simple":
                parts: list[list[dict[str, Any]]] = []  # of words
                for entity, goes_on in zip(entities, inside):
                    if goes_on and parts:
                        parts[-1].append(entity)
                    else:
                        parts.append([entity])
                entities = [self._word(part, scores, strategy) for part in parts]
            found += [
                group
                for group in map(self._group, _groups(entities))
                if group["entity_group"] not in ignored
            ]
        return found if len(windows) == 1 else _merged(found)

    def _word(self, part: list[dict[str, Any]], scores: Any, strategy: str) -> dict[str, Any]:
        """A word's label from its pieces'."""
        if strategy == "average":
            best, score = self.text_model.label_of_mean(scores, [piece["index"] for piece in part])
            label = self.labels[best]
        else:
            chosen = (
                part[0]
                if strategy == "first"
                else max(part, key=lambda piece: float(piece["score"]))
            )
            label, score = chosen["entity"], chosen["score"]
        word = self.tokenizer.convert_tokens_to_string([piece["word"] for piece in part])
        return {
            "entity": label,
            "score": score,
            "word": word,
            "start": part[0]["start"],
            "end": part[-1]["end"],
        }

    def _group(self, group: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "entity_group": group[0]["entity"].split("-", 1)[-1],
            "score": sum(entity["score"] for entity in group) / len(group),
            "word": self.tokenizer.convert_tokens_to_string([entity["word"] for entity in group]),
            "start": group[0]["start"],
            "end": group[-1]["end"],
        }


def _tag(label: str) -> tuple[str, str]:
    return (label[0], label[2:]) if label.startswith(("B-", "I-")) else ("I", label)


def _groups(entities: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Neighbors with the same label; a B- begins anew."""
    groups: list[list[dict[str, Any]]] = []
    for entity in entities:
        begins, tag = _tag(entity["entity"])
        if groups and begins != "B" and _tag(groups[-1][-1]["entity"])[1] == tag:
            groups[-1].append(entity)
        else:
            groups.append([entity])
    return groups


def _merged(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of entities that windows share, the longer or the surer."""
    kept: list[dict[str, Any]] = []
    for entity in sorted(entities, key=lambda e: int(e["start"])):
        last = kept[-1] if kept else None
        if last is None or not last["start"] <= entity["start"] < last["end"]:
            kept.append(entity)
        elif (entity["end"] - entity["start"], entity["score"]) > (
            last["end"] - last["start"],
            last["score"],
        ):
            kept[-1] = entity
    return kept
