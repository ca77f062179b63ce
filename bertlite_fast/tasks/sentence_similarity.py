"""sentence-similarity: how similar the meanings of texts are, and search by meaning."""

from __future__ import annotations

from .._native import best_of, similarities
from ..checks import whole
from ..errors import InputError
from .base import refuse_unknown, text_list
from .embedder import Embedder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload

    from typing_extensions import Unpack

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
        settings = self.call_settings(settings)
        if isinstance(inputs, dict) and others is None:
            refuse_unknown(inputs, self.task, "source_sentence", "sentences")
            inputs, others = inputs.get("source_sentence"), inputs.get("sentences")
        if others is None:
            raise InputError(
                "got one argument; expected two texts to compare, or a text and a list of texts."
            )
        a, b = (self.embed(texts, settings.get("pooling")) for texts in (inputs, others))
        found = similarities(a, b).tolist()
        if isinstance(others, str):
            found = [row[0] for row in found]
        return found[0] if isinstance(inputs, str) else found

    def search(self, query: str, texts: list[str] | Index, top_k: int = 5) -> list[Found]:
        """The texts closest to the query, best first: [{"index", "score", "text"}].

        To search the same texts again and again, make an index once.
        """
        index = texts if isinstance(texts, Index) else self.index(texts)
        return index.search(query, top_k)

    def index(self, texts: list[str]) -> Index:
        """Texts that can be searched any number of times."""
        return Index(self, texts)


class Index:
    """Texts and their vectors, to be searched."""

    def __init__(self, pipe: Embedder, texts: list[str]) -> None:
        self.pipe, self.texts = pipe, text_list(texts)
        self.vectors = pipe.embed(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def search(self, query: str, top_k: int = 5) -> list[Found]:
        """The texts closest to the query, best first: [{"index", "score", "text"}]."""
        top_k = whole("top_k", top_k, 1)
        if not isinstance(query, str):
            raise InputError(f"a query has to be a str, not {type(query).__name__}.")
        if not self.texts:
            return []
        scores = similarities(self.pipe.embed(query), self.vectors)
        return [
            {"index": i, "score": score, "text": self.texts[i]}
            for i, score in best_of(scores, 0, top_k)
        ]
