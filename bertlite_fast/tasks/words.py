"""Words for masks: fill-mask."""

from __future__ import annotations

import warnings

from ..errors import InputError
from .base import Pipeline, only, whole_ones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FillMask(Pipeline):
    """The likeliest words at [MASK], as transformers gives them: score, token, token_str, sequence.

    >>> from bertlite_fast import pipeline
    >>> best = pipeline("fill-mask", "my-bert-words")("turn [MASK] the light")[0]
    >>> list(best)
    ['score', 'token', 'token_str', 'sequence']
    """

    task = "fill-mask"
    head = "masked-lm"

    def _ready(self) -> None:
        if self.tokenizer.mask_token_id is None:
            raise InputError(
                "this model's tokenizer has no mask token, so there is nothing to fill."
            )

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        only(settings, self.task, "top_k", "targets", "tokenizer_kwargs")
        whole_ones(settings, top_k=1)
        return settings

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        found = super().__call__(inputs, **settings)
        return (
            found[0] if isinstance(inputs, list) and len(inputs) == 1 else found
        )  # as the original

    def _targets(self, targets: str | list[str]) -> list[int]:
        ids = []
        if not isinstance(targets, (str, list, tuple, set)):
            raise InputError(
                f"targets has to be a word or a list of words, not {type(targets).__name__}."
            )
        for target in [targets] if isinstance(targets, str) else targets:
            known = self.tokenizer.token_to_id(target)
            if known is None:
                pieces = self.tokenizer.encode(target, add_special_tokens=False)
                if not pieces:
                    continue
                known = pieces[0]
                warnings.warn(
                    f"{target!r} is no word of the vocabulary; its beginning {self.tokenizer.id_to_token(known)!r} is taken.",
                    stacklevel=5,
                )
            ids.append(known)
        if not ids:
            raise InputError("targets names no word that the vocabulary could hold.")
        return sorted(set(ids))

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        tokenizer = self.tokenizer
        if not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        if settings.get("tokenizer_kwargs"):
            (row,) = tokenizer(text, **settings["tokenizer_kwargs"]).encodings
        else:
            row = self.text_model.row_of(text)
        ids, mask = row.ids, tokenizer.mask_token_id
        places = [i for i, number in enumerate(ids) if number == mask]
        if not places:
            raise InputError(f"there is no {tokenizer.mask_token} in the text to be filled.")
        targets = self._targets(settings["targets"]) if settings.get("targets") is not None else []
        found = self.text_model.words_at(row, places, targets, settings.get("top_k") or 5)
        single = len(places) == 1
        special = {token.content for token in tokenizer.added_by_id.values() if token.special}
        tokens = [tokenizer.id_to_token(number) or "" for number in ids]
        # The original shows texts without special tokens, unless other masks would go with them.
        shown = [
            i
            for i, number in enumerate(ids)
            if number != tokenizer.pad_token_id
            and not (single and i not in places and tokens[i] in special)
        ]
        parts = tokenizer.text_parts([tokens[i] for i in shown])
        results = []
        for place, candidates in zip(places, found):
            at = shown.index(place)
            before, after = "".join(parts[:at]), "".join(parts[at + 1 :])
            answers = []
            for token, score in candidates:
                word = tokenizer.id_to_token(token) or ""
                alone, behind = tokenizer.text_parts((word, word))
                sequence = before + (behind if at else alone) + after
                if single and word in special:
                    sequence = tokenizer.decode(
                        [*ids[:place], token, *ids[place + 1 :]], skip_special_tokens=True
                    )
                elif tokenizer.clean_up_tokenization_spaces:
                    alone, sequence = tokenizer.cleaned(alone), tokenizer.cleaned(sequence)
                answers.append(
                    {"score": score, "token": token, "token_str": alone, "sequence": sequence}
                )
            results.append(answers)
        return results[0] if single else results
