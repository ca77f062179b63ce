"""The base of the tasks that compare vectors."""

from __future__ import annotations

from .._native import Tensor
from .base import Pipeline, texts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Embedder(Pipeline):
    """The base of the tasks that compare vectors."""

    head = "embedding"

    def embed(
        self,
        texts: Any,
        pooling: str | None = None,
        normalize: bool = True,
        threads: int | str | None = None,
    ) -> Tensor:
        """Embed texts: a vector for each, normalized to length 1 unless normalize is False.

        texts: a str, a list of them, or a column of pandas, polars or Arrow, in which a null has
        a vector of NaN.
        threads: as pipeline's, for this call.
        The result is a Tensor, which NumPy reads as an array.
        """
        threads = self._threads({"threads": threads})
        pooling = str(pooling or self.pooling)
        return self.text_model.embed(texts_of(texts), pooling, normalize, threads=threads)

    @property
    def pooling(self) -> str:
        """How a text's tokens become its vector, as the model's config has it now."""
        return str(self.config.to_dict().get("pooling", "model"))
