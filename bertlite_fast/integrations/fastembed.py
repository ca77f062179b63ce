"""fastembed's TextEmbedding: vectors one after the other. fastembed itself is not needed."""

from __future__ import annotations

from ..checks import whole
from ..sentence_transformer import opened
from ..tasks.base import iterable_texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


class TextEmbedding:
    """As fastembed's class of this name.

    model_name: a path or a name; without one, the embedded model. parallel: as many threads; 0: as
    many as the process may use. Arguments about downloads and devices change nothing.
    """

    def __init__(
        self,
        model_name: Any = None,
        cache_dir: str | None = None,
        threads: int | None = None,
        **unused: Any,
    ) -> None:
        self.model_name = "bertlite/vectors" if model_name is None else str(model_name)
        self.model = opened(model_name, **({} if threads is None else {"threads": threads}))

    def embed(
        self,
        documents: str | Iterable[str],
        batch_size: int = 256,
        parallel: int | None = None,
        **unused: Any,
    ) -> Iterator[Any]:
        """The vector of each document, in their order; documents are read as they are needed."""
        return self._each(self.model.encode_document, documents, batch_size, parallel)

    def passage_embed(self, texts: Iterable[str], **more: Any) -> Iterator[Any]:
        """The same as embed."""
        return self.embed(texts, **more)

    def query_embed(self, query: str | Iterable[str], **more: Any) -> Iterator[Any]:
        """The vector of a question, or of each."""
        return self._each(self.model.encode_query, query, more.get("batch_size", 256),
                          more.get("parallel"))  # fmt: skip

    def _each(
        self, encode: Any, texts: str | Iterable[str], size: int, parallel: int | None
    ) -> Iterator[Any]:
        from itertools import islice

        size = whole("batch_size", size, 1)
        threads = "auto" if parallel == 0 else parallel
        source = iter([texts] if isinstance(texts, str) else iterable_texts(texts))
        return (
            row
            for batch in iter(lambda: list(islice(source, size)), [])
            for row in encode(batch, threads=threads)
        )

    @property
    def embedding_size(self) -> int:
        """How many values a vector has."""
        size: int = self.model.get_embedding_dimension()
        return size

    def token_count(self, texts: str | Iterable[str], **unused: Any) -> int:
        """How many tokens the model reads."""
        rows = self.model.tokenizer([texts] if isinstance(texts, str) else list(texts),
                                    truncation=True)["input_ids"]  # fmt: skip
        return sum(map(len, rows))

    @classmethod
    def list_supported_models(cls) -> list[dict[str, Any]]:
        """The embedded model; any other encoder is opened by its path."""
        size = opened().get_embedding_dimension()
        return [{"model": "bertlite/vectors", "dim": size, "license": "mit",
                 "description": "the embedded model", "sources": {}}]  # fmt: skip
