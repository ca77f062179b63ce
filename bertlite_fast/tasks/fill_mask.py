"""fill-mask: words for masks."""

from __future__ import annotations

from .._native import Many
from ..errors import InputError, warn
from .base import Pipeline, check_whole_numbers, refuse_unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, overload

    from typing_extensions import Unpack

    from ..task_types import FillSettings, Word


class FillMask(Pipeline):
    """The likeliest words at [MASK], as transformers gives them: score, token, token_str, sequence.

    For a text with several masks there is a list for each. Settings: top_k (5): how many words;
    targets: only these words are considered; tokenizer_kwargs: arguments for the tokenizer.

    >>> from bertlite_fast import pipeline
    >>> best = pipeline("fill-mask", "my-bert-words")("turn [MASK] the light")[0]
    >>> list(best)
    ['score', 'token', 'token_str', 'sequence']
    """

    task = "fill-mask"
    head = "masked-lm"

    def _ready(self) -> None:
        if self.text_model.tokenizer.mask_token_id is None:
            raise InputError(
                "this tokenizer does not have a mask token; fill-mask needs a model with one."
            )

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        refuse_unknown(settings, self.task, "top_k", "targets", "tokenizer_kwargs")
        check_whole_numbers(settings, top_k=1)
        if not isinstance(settings.get("tokenizer_kwargs"), (dict, type(None))):
            raise InputError("tokenizer_kwargs has to be a dict of arguments for the tokenizer.")
        return settings

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # for several masks a list for each
        def __call__(self, inputs: str, **settings: Unpack[FillSettings]) -> list[Word]: ...
        @overload
        def __call__(
            self, inputs: list[str] | tuple[str, ...], **settings: Unpack[FillSettings]
        ) -> list[Any]: ...
        @overload
        def __call__(
            self, inputs: Iterable[Any], **settings: Unpack[FillSettings]
        ) -> Iterator[list[Word]]: ...

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """Words for a text, a list of texts, or an iterable of texts."""
        found = super().__call__(inputs, **settings)
        alone = isinstance(inputs, list) and len(inputs) == 1  # as in transformers
        return found[0] if alone else found

    def _targets(self, targets: str | list[str]) -> list[int]:
        ids = []
        if not isinstance(targets, (str, list, tuple, set)):
            raise InputError(
                f"targets has to be a word or a list of words, not {type(targets).__name__}."
            )
        for target in [targets] if isinstance(targets, str) else targets:
            known = self.tokenizer.token_to_id(target)
            if known is None:
                tokens = self.tokenizer.encode(target, add_special_tokens=False)
                if not tokens:
                    continue
                known = tokens[0]
                warn(
                    f"{target!r} is not a word of the vocabulary; its first subword "
                    f"{self.tokenizer.id_to_token(known)!r} is used."
                )
            ids.append(known)
        if not ids:
            raise InputError("targets is empty; give at least one word of the vocabulary.")
        return sorted(set(ids))

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        if not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        given: Any = text
        if settings.get("tokenizer_kwargs"):
            (given,) = self.tokenizer(text, **settings["tokenizer_kwargs"]).encodings
        targets = self._targets(settings["targets"]) if settings.get("targets") is not None else []
        found = self.text_model.fill(given, targets, settings.get("top_k") or 0)
        return self._answer(text, found, settings)

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        if settings.get("tokenizer_kwargs"):
            return None
        targets = self._targets(settings["targets"]) if settings.get("targets") is not None else []
        return Many(self.text_model, "fill", (targets, settings.get("top_k") or 0), **share)

    def _answer(self, text: Any, found: Any, settings: dict[str, Any]) -> Any:
        ids, masks, found = found
        answers = _Sequence(self.tokenizer, ids, masks)
        results = [answers.with_words(mask, words) for mask, words in zip(masks, found)]
        return results[0] if len(masks) == 1 else results


class _Sequence:
    """A row of ids whose text is decoded with a word in a mask's position."""

    def __init__(self, tokenizer: Any, ids: list[int], masks: list[int]) -> None:
        self.tokenizer, self.ids = tokenizer, ids
        self.single = len(masks) == 1
        self.special = {token.content for token in tokenizer.added_by_id.values() if token.special}
        tokens = [tokenizer.id_to_token(number) or "" for number in ids]
        # transformers omits special tokens, unless the text has several masks.
        self.shown = [
            i
            for i, number in enumerate(ids)
            if number != tokenizer.pad_token_id
            and not (self.single and i not in masks and tokens[i] in self.special)
        ]
        self.parts = tokenizer.text_parts([tokens[i] for i in self.shown])

    def with_words(self, mask: int, words: list[tuple[int, float]]) -> list[dict[str, Any]]:
        """The answers for a mask."""
        at = self.shown.index(mask)
        before, after = "".join(self.parts[:at]), "".join(self.parts[at + 1 :])
        tokenizer, answers = self.tokenizer, []
        for token, score in words:
            word = tokenizer.id_to_token(token) or ""
            alone, behind = tokenizer.text_parts((word, word))
            if self.single and word in self.special:
                row = [*self.ids[:mask], token, *self.ids[mask + 1 :]]
                sequence = tokenizer.decode(row, skip_special_tokens=True)
            else:
                sequence = before + (behind if at else alone) + after
                if tokenizer.clean_up_tokenization_spaces:
                    alone, sequence = tokenizer.cleaned(alone), tokenizer.cleaned(sequence)
            answers.append(
                {"score": score, "token": token, "token_str": alone, "sequence": sequence}
            )
        return answers
