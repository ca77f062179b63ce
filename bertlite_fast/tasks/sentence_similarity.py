"""sentence-similarity: how similar the meanings of texts are, and search by meaning."""

from __future__ import annotations

from .._native import similarities
from ..errors import InputError
from .base import refuse_unknown, text_list
from .embedder import Embedder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload

    from typing_extensions import Unpack

    from ..index import Index
    from ..task_types import Found, SimilaritySettings


class SentenceSimilarity(Embedder):
    """How similar the meanings of texts are, from -1 to 1.

    pipe("a", "b") gives a number, pipe("a", ["b", "c"]) a list, and pipe(["a", "d"], ["b", "c"]) a
    list of lists. Settings: pooling: "mean" or "cls", by default what the model was trained for.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("sentence-similarity", "my-bert-vectors")
    >>> round(pipe("turn on the light", "turn on the light"), 3)
    1.0
    >>> pipe.search("play music", ["turn on the light", "play music"], top_k=1)[0]["text"]
    'play music'
    """

    task = "sentence-similarity"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        refuse_unknown(settings, self.task, "pooling")
        return settings

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __call__(
            self, inputs: str, others: str, **settings: Unpack[SimilaritySettings]
        ) -> float: ...
        @overload
        def __call__(
            self, inputs: str, others: list[str], **settings: Unpack[SimilaritySettings]
        ) -> list[float]: ...
        @overload
        def __call__(
            self, inputs: list[str], others: str, **settings: Unpack[SimilaritySettings]
        ) -> list[float]: ...
        @overload
        def __call__(
            self, inputs: list[str], others: list[str], **settings: Unpack[SimilaritySettings]
        ) -> list[list[float]]: ...
        @overload
        def __call__(
            self,
            inputs: dict[str, Any],
            others: None = None,
            **settings: Unpack[SimilaritySettings],
        ) -> Any: ...

    def __call__(self, inputs: Any, others: Any = None, **settings: Any) -> Any:
        """The similarity of each input to each of the others."""
        threads = self._threads(settings)
        settings = self.call_settings(settings)
        if isinstance(inputs, dict) and others is None:
            refuse_unknown(inputs, self.task, "source_sentence", "sentences")
            inputs, others = inputs.get("source_sentence"), inputs.get("sentences")
        if others is None:
            raise InputError(
                "got one argument; expected two texts to compare, or a text and a list of texts."
            )
        pooling = settings.get("pooling")
        a, b = (self.embed(texts, pooling, threads=threads) for texts in (inputs, others))
        found = similarities(a, b).tolist()
        if isinstance(others, str):
            found = [row[0] for row in found]
        return found[0] if isinstance(inputs, str) else found

    def search(self, query: str, texts: list[str] | Index, top_k: int = 5) -> list[Found]:
        """The texts closest to the query, best first: [{"index", "score", "text"}].

        To search the same texts again and again, make an index once.
        """
        from ..index import Index

        index = texts if isinstance(texts, Index) else self.index(texts)
        if not isinstance(query, str):
            raise InputError(f"a query has to be a str, not {type(query).__name__}.")
        found: list[Found] = index.search(query, top_k)
        return found

    def index(self, texts: list[str], keep_floats: bool = True, **settings: Any) -> Index:
        """Texts that can be searched any number of times, and saved.

        Without keep_floats the index takes a fifth of the memory, and scores are those of vectors
        in 8 bits. Other settings are those of Index.
        """
        from ..index import Index

        return Index(self, text_list(texts), keep_floats=keep_floats, **settings)
