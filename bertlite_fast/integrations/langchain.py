"""LangChain: vectors for its vector stores and retrievers."""

from __future__ import annotations

from ..errors import missing_library
from ..sentence_transformer import opened
from ..tasks.base import text_list

try:
    from langchain_core.embeddings import Embeddings
except ImportError as error:
    raise missing_library("langchain-core", error) from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class BertliteEmbeddings(Embeddings):
    """LangChain's Embeddings.

    model: a path or a name, or a SentenceTransformer; without one, the embedded model. settings:
    those of SentenceTransformer.
    """

    def __init__(self, model: Any = None, **settings: Any) -> None:
        self.model = opened(model, **settings)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text that is searched."""
        found: list[list[float]] = self.model.encode_document(text_list(texts)).tolist()
        return found

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        (found,) = self.model.encode_query([text]).tolist()
        return list(found)
