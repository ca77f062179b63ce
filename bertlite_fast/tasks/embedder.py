"""What the tasks on vectors share."""

from __future__ import annotations

from .._native import Tensor
from .base import Pipeline, text_list


class Embedder(Pipeline):
    """What the tasks on vectors share."""

    head = "embedding"

    def embed(
        self, texts: str | list[str], pooling: str | None = None, normalize: bool = True
    ) -> Tensor:
        """A row for each text, of length 1 unless told otherwise.

        The result is a Tensor, which NumPy reads as an array.
        """
        pooling = str(pooling or self.config.to_dict().get("pooling", "mean"))
        return self.text_model.embed(text_list(texts), pooling, normalize)
