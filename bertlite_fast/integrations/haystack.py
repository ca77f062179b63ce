"""Haystack: components that embed texts and documents."""

from __future__ import annotations

from typing import Any

from ..errors import InputError, missing_library
from ..sentence_transformer import opened

try:
    from haystack import Document, component, default_from_dict, default_to_dict
except ImportError as error:
    raise missing_library("haystack-ai", error) from error


class _Embedder:
    """What both components share. model: a path or a name; without one, the embedded model."""

    def __init__(self, model: str | None = None, prefix: str = "", suffix: str = "",
                 threads: int = 1) -> None:  # fmt: skip
        self.model, self.prefix, self.suffix, self.threads = model, prefix, suffix, threads
        self._opened: Any = None

    def warm_up(self) -> None:
        """Open the model."""
        if self._opened is None:
            self._opened = opened(self.model, threads=self.threads)

    def _encoder(self) -> Any:
        self.warm_up()
        return self._opened

    def to_dict(self) -> dict[str, Any]:
        """What Haystack saves of it."""
        kept = {k: v for k, v in self.__dict__.items() if k in self._SAVED}
        found: dict[str, Any] = default_to_dict(self, **kept)
        return found

    _SAVED: tuple[str, ...] = ("model", "prefix", "suffix", "threads")

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Any:
        """A component that was saved."""
        return default_from_dict(cls, data)


@component
class BertliteTextEmbedder(_Embedder):
    """Embeds a text, usually a question."""

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, list[float]]:
        """{"embedding": its vector}."""
        if not isinstance(text, str):
            raise InputError(
                f"a text has to be a str, not {type(text).__name__}; BertliteDocumentEmbedder "
                "takes documents."
            )
        rows = self._encoder().encode_query([self.prefix + text + self.suffix]).tolist()
        return {"embedding": rows[0]}


@component
class BertliteDocumentEmbedder(_Embedder):
    """Embeds documents: their texts, behind the metadata that meta_fields_to_embed names."""

    _SAVED = (*_Embedder._SAVED, "meta_fields_to_embed", "embedding_separator")

    def __init__(
        self,
        model: str | None = None,
        prefix: str = "",
        suffix: str = "",
        threads: int = 1,
        meta_fields_to_embed: list[str] | None = None,
        embedding_separator: str = "\n",
    ) -> None:
        _Embedder.__init__(self, model, prefix, suffix, threads)  # component makes another class
        self.meta_fields_to_embed = meta_fields_to_embed or []
        self.embedding_separator = embedding_separator

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, list[Document]]:
        """{"documents": copies of them with an embedding}."""
        if not isinstance(documents, list) or not all(isinstance(d, Document) for d in documents):
            raise InputError(
                "documents has to be a list of Documents; BertliteTextEmbedder takes a text."
            )
        texts = []
        for document in documents:
            parts = [str(document.meta[name]) for name in self.meta_fields_to_embed
                     if document.meta.get(name) is not None]  # fmt: skip
            text = self.embedding_separator.join([*parts, document.content or ""])
            texts.append(self.prefix + text + self.suffix)
        rows = self._encoder().encode_document(texts).tolist()
        from dataclasses import replace

        return {"documents": [replace(d, embedding=row) for d, row in zip(documents, rows)]}
