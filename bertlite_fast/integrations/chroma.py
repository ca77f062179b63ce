"""Chroma: the embedding function of a collection."""

from __future__ import annotations

from typing import Any

from ..errors import InputError, missing_library
from ..sentence_transformer import opened
from ..tasks.base import text_list

try:
    from chromadb.api.types import EmbeddingFunction
    from chromadb.utils.embedding_functions import register_embedding_function
except ImportError as error:
    raise missing_library("chromadb", error) from error


@register_embedding_function
class BertliteEmbeddingFunction(EmbeddingFunction):
    """Chroma's EmbeddingFunction.

    model: a path or a name; without one, the embedded model. A collection keeps its name, so that
    it finds the function again.
    """

    def __init__(self, model: str | None = None, threads: int = 1) -> None:
        if model is not None and not isinstance(model, str):
            raise InputError(
                f"model has to be a path or a name, which a collection can keep, not "
                f"{type(model).__name__}."
            )
        self.model, self.threads = model, threads
        self._opened = opened(model, threads=threads)

    def __call__(self, input: Any) -> Any:
        """A vector for each document."""
        return list(self._opened.encode_document(text_list(input)))

    def embed_query(self, input: Any) -> Any:
        """A vector for each question."""
        return list(self._opened.encode_query(text_list(input)))

    @staticmethod
    def name() -> str:
        """The name that a collection keeps."""
        return "bertlite_fast"

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> BertliteEmbeddingFunction:
        """The function that a collection was made with."""
        return BertliteEmbeddingFunction(config.get("model"), config.get("threads", 1))

    def get_config(self) -> dict[str, Any]:
        """What a collection keeps."""
        return {"model": self.model, "threads": self.threads}

    def default_space(self) -> Any:
        """How vectors are compared."""
        return "cosine"

    def supported_spaces(self) -> Any:
        """How vectors may be compared."""
        return ["cosine", "l2", "ip"]

    def validate_config_update(
        self, old_config: dict[str, Any], new_config: dict[str, Any]
    ) -> None:
        """Refuse another model for vectors that are there."""
        if old_config.get("model") != new_config.get("model"):
            raise InputError("the model of a collection cannot be changed; make another one.")

    @staticmethod
    def validate_config(config: dict[str, Any]) -> None:
        """Refuse what get_config does not give."""
        unknown = set(config) - {"model", "threads"}
        if unknown:
            raise InputError(f"the configuration has {', '.join(sorted(unknown))}; it takes model "
                             "and threads.")  # fmt: skip
