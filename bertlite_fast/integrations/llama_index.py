"""LlamaIndex: vectors for its indexes."""

from __future__ import annotations

from typing import Any

from ..errors import missing_library
from ..sentence_transformer import opened
from ..tasks.base import text_list

try:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.bridge.pydantic import PrivateAttr
except ImportError as error:
    raise missing_library("llama-index-core", error) from error


class BertliteEmbedding(BaseEmbedding):
    """LlamaIndex's BaseEmbedding.

    model: a path or a name, or a SentenceTransformer; without one, the embedded model. settings:
    those of BaseEmbedding, such as embed_batch_size, and threads.
    """

    _model: Any = PrivateAttr()

    def __init__(self, model: Any = None, threads: int | None = None, **settings: Any) -> None:
        name = settings.pop("model_name", None)
        if model is None and name not in (None, "unknown", "bertlite/vectors"):
            model = name  # what to_dict wrote
        kept = model if isinstance(model, str) else getattr(getattr(model, "model", None),
                                                            "source", None)  # fmt: skip
        super().__init__(model_name=str(kept or "bertlite/vectors"), **settings)
        self._model = opened(model, **({} if threads is None else {"threads": threads}))

    @classmethod
    def class_name(cls) -> str:
        """The name in what is saved."""
        return "BertliteEmbedding"

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        found: list[list[float]] = self._model.encode_document(text_list(texts)).tolist()
        return found

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return list(self._model.encode_query([query]).tolist()[0])

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        from asyncio import to_thread

        return await to_thread(self._get_text_embeddings, texts)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._aget_text_embeddings([text]))[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        from asyncio import to_thread

        return await to_thread(self._get_query_embedding, query)
