"""feature-extraction: vectors for a text's tokens, or for the text."""

from __future__ import annotations

from .._native import Many, as_batch, first_row, rows_of_text, unit_mean
from ..arrays import as_torch, torch_in_use
from ..errors import InputError
from .base import refuse_unknown
from .embedder import Embedder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, overload

    from typing_extensions import Unpack

    from .._native import Tensor
    from ..task_types import FeatureSettings


class FeatureExtraction(Embedder):
    """The hidden states of a text's tokens, as transformers gives them.

    Settings: pooling: "mean", "cls" or "model" (what its files say) gives one vector instead;
    normalize: to length 1; return_tensors: a Tensor instead of lists, a torch tensor for those
    who use torch; tokenize_kwargs, or max_length and the like by themselves: arguments for the
    tokenizer.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("feature-extraction", "my-bert-vectors")
    >>> len(pipe("turn on the light")[0]), len(pipe("turn on the light", pooling="mean"))
    (6, 64)
    """

    task = "feature-extraction"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        from .arguments import choice, for_tokenizer

        settings = dict(settings)
        nested = settings.get("tokenize_kwargs") or {}
        if "truncation" in settings and "truncation" in nested:
            raise InputError("truncation is given twice: by itself, and in tokenize_kwargs.")
        padding = choice(settings.get("padding", nested.get("padding")))
        row = for_tokenizer(settings, "tokenize_kwargs")
        if padding == "max_length":  # the only padding that a single text has
            row["padding"] = padding
        refuse_unknown(settings, self.task, "pooling", "normalize", "return_tensors")
        if row:
            settings["tokenize_kwargs"] = row
        return settings

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # nested lists, or a Tensor with return_tensors
        def __call__(self, inputs: str, **settings: Unpack[FeatureSettings]) -> Any: ...
        @overload
        def __call__(
            self, inputs: list[str] | tuple[str, ...], **settings: Unpack[FeatureSettings]
        ) -> list[Any]: ...
        @overload
        def __call__(
            self, inputs: Iterable[Any], **settings: Unpack[FeatureSettings]
        ) -> Iterator[Any]: ...

    def __call__(self, inputs: Any, **settings: Any) -> Any:
        """Vectors for a text, a list of texts, or an iterable of texts."""
        return super().__call__(inputs, **settings)

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        if settings.get("tokenize_kwargs"):
            found = self._of_row(text, settings)
        elif settings.get("pooling"):
            found = self.embed(text, settings["pooling"], settings.get("normalize", False))
        else:
            found = self.text_model.hidden(text)
        return self._answer(text, found, settings)

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        if settings.get("tokenize_kwargs"):
            return None
        pooling = settings.get("pooling")
        if pooling:
            options = (str(pooling), bool(settings.get("normalize", False)), 0, 0, 0)
        else:
            options = ("none", False, 0, 0, 0)
        return Many(self.text_model, "embed", options, **share)

    def _answer(self, text: Any, found: Any, settings: dict[str, Any]) -> Any:
        if settings.get("return_tensors"):
            torch = torch_in_use()
            found = found if settings.get("pooling") else as_batch(found)
            return found if torch is None else as_torch(found, torch)
        if not settings.get("pooling"):
            return [found.tolist()]
        return found.tolist()[0] if isinstance(text, str) else found.tolist()

    def _of_row(self, text: Any, settings: dict[str, Any]) -> Tensor:
        """Vectors for the ids that arguments for the tokenizer give."""
        row = self.row_of(text, None, settings["tokenize_kwargs"])
        found = self.model(
            [row.ids], [row.attention_mask], [row.type_ids], output_hidden_states=True
        )
        tokens = rows_of_text(found)
        pooling = settings.get("pooling")
        if pooling not in ("mean", "cls", None):
            raise InputError(
                f"pooling is {pooling!r}; with arguments for the tokenizer it can be mean or cls."
            )
        if pooling is None:
            return tokens
        vector = found.tensor if pooling == "mean" else first_row(tokens)
        return unit_mean(vector) if settings.get("normalize") else vector
