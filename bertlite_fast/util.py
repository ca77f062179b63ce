"""Vectors compared and searched, called as the functions of sentence_transformers.util.

>>> from bertlite_fast import util
>>> hits = util.semantic_search([[1.0, 0.0]], [[0.0, 1.0], [1.0, 1.0]], top_k=1)
>>> hits[0][0]["corpus_id"]
1
"""

from __future__ import annotations

from ._native import Tensor, best_of, compared
from .arrays import as_rows, as_tensor_of_caller, is_vector
from .checks import Choice, whole
from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class _Members(type):
    """What a class of an enum can do, without the import of enum."""

    def __iter__(cls) -> Iterator[Any]:
        return iter(MEMBERS.values())

    def __len__(cls) -> int:
        return len(MEMBERS)

    def __getitem__(cls, name: str) -> Any:
        return MEMBERS["DOT_PRODUCT" if name == "DOT" else name]


class SimilarityFunction(Choice, metaclass=_Members):
    """The names of similarity functions, as the enum of sentence-transformers has them."""

    COSINE: SimilarityFunction
    DOT_PRODUCT: SimilarityFunction
    DOT: SimilarityFunction
    EUCLIDEAN: SimilarityFunction
    MANHATTAN: SimilarityFunction

    def __new__(cls, value: Any) -> SimilarityFunction:
        value = getattr(value, "value", value)
        for member in MEMBERS.values():
            if str.__eq__(member, value) is True:
                return member
        raise InputError(
            f"The provided function {value} is not supported. Use one of the supported values: "
            f"{cls.possible_values()}."
        )

    @property
    def name(self) -> str:
        return next(name for name, member in MEMBERS.items() if member is self)

    def __reduce__(self) -> tuple[Any, ...]:
        return SimilarityFunction, (str(self),)

    @staticmethod
    def possible_values() -> list[str]:
        """The names."""
        return [str.__str__(member) for member in MEMBERS.values()]

    @staticmethod
    def to_similarity_fn(similarity_function: Any) -> Callable[[Any, Any], Any]:
        """The function that compares each row with each."""
        return _FUNCTIONS[SimilarityFunction(similarity_function).value][0]

    @staticmethod
    def to_similarity_pairwise_fn(similarity_function: Any) -> Callable[[Any, Any], Any]:
        """The function that compares each row with the one beside it."""
        return _FUNCTIONS[SimilarityFunction(similarity_function).value][1]


MEMBERS: dict[str, SimilarityFunction] = {}
for _name, _value in (("COSINE", "cosine"), ("DOT_PRODUCT", "dot"), ("EUCLIDEAN", "euclidean"),
                      ("MANHATTAN", "manhattan")):  # fmt: skip
    MEMBERS[_name] = str.__new__(SimilarityFunction, _value)
    setattr(SimilarityFunction, _name, MEMBERS[_name])
SimilarityFunction.DOT = SimilarityFunction.DOT_PRODUCT

MOST = 1 << 24  # scores that are held at a time


def cos_sim(a: Any, b: Any) -> Any:
    """The cosine between each row of a and each row of b: a NumPy array, or a torch tensor for
    those who use torch."""
    return as_tensor_of_caller(compared("cosine", as_rows(a), as_rows(b), False))


pytorch_cos_sim = cos_sim


def dot_score(a: Any, b: Any) -> Any:
    """The dot product of each row of a and each row of b."""
    return as_tensor_of_caller(compared("dot", as_rows(a), as_rows(b), False))


def euclidean_sim(a: Any, b: Any) -> Any:
    """The negative distance between each row of a and each row of b."""
    return as_tensor_of_caller(compared("euclidean", as_rows(a), as_rows(b), False))


def manhattan_sim(a: Any, b: Any) -> Any:
    """The negative sum of the differences between each row of a and each row of b."""
    return as_tensor_of_caller(compared("manhattan", as_rows(a), as_rows(b), False))


def pairwise(kind: str, a: Any, b: Any) -> Any:
    """How alike each row of a is to the same row of b; of two vectors, one number."""
    found = as_tensor_of_caller(compared(kind, as_rows(a), as_rows(b), True))
    return found[0] if is_vector(a) and is_vector(b) else found


def pairwise_cos_sim(a: Any, b: Any) -> Any:
    """The cosine between each row of a and the same row of b."""
    return pairwise("cosine", a, b)


def pairwise_dot_score(a: Any, b: Any) -> Any:
    """The dot product of each row of a and the same row of b."""
    return pairwise("dot", a, b)


def pairwise_euclidean_sim(a: Any, b: Any) -> Any:
    """The negative distance between each row of a and the same row of b."""
    return pairwise("euclidean", a, b)


def pairwise_manhattan_sim(a: Any, b: Any) -> Any:
    """The negative sum of the differences between each row of a and the same row of b."""
    return pairwise("manhattan", a, b)


# What the core computes itself, without a tensor between.
NAMES: dict[Any, str] = {cos_sim: "cosine", dot_score: "dot", euclidean_sim: "euclidean",
         manhattan_sim: "manhattan"}  # fmt: skip


_FUNCTIONS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "cosine": (cos_sim, pairwise_cos_sim),
    "dot": (dot_score, pairwise_dot_score),
    "euclidean": (euclidean_sim, pairwise_euclidean_sim),
    "manhattan": (manhattan_sim, pairwise_manhattan_sim),
}


def semantic_search(
    query_embeddings: Any,
    corpus_embeddings: Any,
    query_chunk_size: int = 100,
    corpus_chunk_size: int = 500000,
    top_k: int = 10,
    score_function: Callable[[Any, Any], Any] = cos_sim,
) -> list[list[dict[str, int | float]]]:
    """For each query's vector the closest of the corpus: [{"corpus_id", "score"}], best first.

    The sizes of chunks change nothing but memory. To keep a corpus, use Index.
    """
    query_chunk_size = whole("query_chunk_size", query_chunk_size, 1)
    whole("corpus_chunk_size", corpus_chunk_size, 1)
    queries, corpus = as_rows(query_embeddings), as_rows(corpus_embeddings)
    if not len(corpus):
        return [[] for _ in range(len(queries))]
    return [
        [{"corpus_id": i, "score": score} for i, score in row]
        for row in _closest(queries, corpus, top_k, score_function, query_chunk_size)
    ]


information_retrieval = semantic_search


def paraphrase_mining(
    model: Any,
    sentences: list[str],
    show_progress_bar: bool = False,
    batch_size: int = 32,
    query_chunk_size: int = 5000,
    corpus_chunk_size: int = 100000,
    max_pairs: int = 500000,
    top_k: int = 100,
    score_function: Callable[[Any, Any], Any] = cos_sim,
    truncate_dim: int | None = None,
    prompt_name: str | None = None,
    prompt: str | None = None,
) -> list[list[float | int]]:
    """The pairs of texts that are most alike: [[score, index, index]], best first."""
    vectors = model.encode(
        sentences,
        show_progress_bar=show_progress_bar,
        batch_size=batch_size,
        truncate_dim=truncate_dim,
        prompt_name=prompt_name,
        prompt=prompt,
    )
    return paraphrase_mining_embeddings(
        vectors, query_chunk_size, corpus_chunk_size, max_pairs, top_k, score_function
    )


def paraphrase_mining_embeddings(
    embeddings: Any,
    query_chunk_size: int = 5000,
    corpus_chunk_size: int = 100000,
    max_pairs: int = 500000,
    top_k: int = 100,
    score_function: Callable[[Any, Any], Any] = cos_sim,
) -> list[list[float | int]]:
    """The pairs of vectors that are most alike: [[score, index, index]], best first.

    top_k: how many neighbors of each vector are considered.
    """
    whole("corpus_chunk_size", corpus_chunk_size, 1)
    rows = as_rows(embeddings)
    size = whole("query_chunk_size", query_chunk_size, 1)
    best: dict[tuple[int, int], float] = {}
    for i, row in enumerate(_closest(rows, rows, top_k + 1, score_function, size)):
        for j, score in [pair for pair in row if pair[0] != i][:top_k]:
            best.setdefault((min(i, j), max(i, j)), score)
    order = sorted(best.items(), key=lambda item: -item[1])[: whole("max_pairs", max_pairs)]
    return [[score, i, j] for (i, j), score in order]


def community_detection(
    embeddings: Any,
    threshold: float = 0.75,
    min_community_size: int = 10,
    batch_size: int = 1024,
    show_progress_bar: bool = False,
) -> list[list[int]]:
    """Groups of vectors whose cosine with a central one, the first, is at least threshold.

    The largest comes first, and none has a vector of another.
    """
    least = whole("min_community_size", min_community_size, 1)
    batch_size = whole("batch_size", batch_size, 1)
    if not isinstance(threshold, (int, float)):
        raise InputError(f"threshold is {threshold!r}; it has to be a number.")
    rows = as_rows(embeddings) if len(embeddings) else []
    step = None
    if show_progress_bar and len(rows):
        from .progress import Progress

        step = Progress("Vectors", len(rows))
    found: list[tuple[int, list[int]]] = []
    for i, row in enumerate(_closest(rows, rows, max(1, len(rows)), cos_sim, batch_size)):
        near = [j for j, score in row if score >= threshold]
        if len(near) >= least:
            found.append((i, near))
        if step is not None:
            step()
    used: set[int] = set()
    groups = []
    for center, near in sorted(found, key=lambda item: -len(item[1])):
        free = [j for j in near if j not in used]
        if center not in used and len(free) >= least:
            groups.append([center, *(j for j in free if j != center)])
            used.update(groups[-1])
    return sorted(groups, key=len, reverse=True)


def normalize_embeddings(embeddings: Any) -> Any:
    """The rows, each scaled to length 1."""
    from ._native import unit_rows

    return as_tensor_of_caller(unit_rows(as_rows(embeddings)))


def quantize_embeddings(
    embeddings: Any,
    precision: str,
    ranges: Any = None,
    calibration_embeddings: Any = None,
) -> Any:
    """The rows in fewer bits: "int8", "uint8", "binary" or "ubinary", as an array of bytes (without
    NumPy a memoryview); "float32" are the rows themselves.

    Of 8 bits there are 256 between the least and the greatest value of each dimension: two rows,
    ranges, or else what calibration_embeddings have, or else the rows themselves. Only vectors in
    the same ranges can be compared.
    """
    from ._native import ranges_of, rows_to_bytes
    from .arrays import as_array, numpy_or_none

    if isinstance(embeddings, list) and not embeddings:
        return []
    rows = _tensor(as_rows(embeddings)) if not isinstance(embeddings, Tensor) else embeddings
    if precision == "float32":
        return as_array(rows)
    count = rows.shape[0]
    if precision.endswith("int8") and ranges is None:
        if calibration_embeddings is not None:
            ranges = ranges_of(as_rows(calibration_embeddings))
        elif count == 1:
            raise InputError(
                f"precision={precision!r} takes the range of values from the vectors themselves, "
                "which needs more than one; encode many texts at once, use 'binary', or call "
                "util.quantize_embeddings with ranges or calibration_embeddings."
            )
    elif ranges is not None:
        ranges = as_rows(ranges)
    data, width = rows_to_bytes(rows, precision, ranges)
    signed = precision in ("int8", "binary")
    numpy = numpy_or_none()
    if numpy is None:
        return memoryview(data).cast("b" if signed else "B", (count, width))
    return numpy.frombuffer(data, dtype="i1" if signed else "u1").reshape(count, width)


def truncate_embeddings(embeddings: Any, truncate_dim: int | None) -> Any:
    """The first values of each row."""
    return embeddings if truncate_dim is None else embeddings[..., :truncate_dim]


def batch_to_device(batch: Any, *device: Any) -> Any:
    """The batch itself: models run on the CPU."""
    return batch


def _closest(
    queries: Any, corpus: Any, k: int, function: Callable[[Any, Any], Any], chunk: int
) -> Any:
    """For each query the (index, score) of the k best rows of the corpus."""
    k = whole("top_k", k, 1)
    rows = max(1, min(chunk, MOST // max(1, len(corpus))))
    name = NAMES.get(function)
    for start in range(0, len(queries), rows):
        some = queries[start : start + rows]
        if name is not None:
            scores: Any = compared(name, some, corpus, False)
            for i in range(len(some)):
                yield best_of(scores, i, k)
            continue
        for row in function(as_tensor_of_caller(_tensor(some)),
                            as_tensor_of_caller(_tensor(corpus))).tolist():  # fmt: skip
            order = sorted(range(len(row)), key=lambda j: -row[j])[:k]
            yield [(j, row[j]) for j in order]


def _tensor(rows: Any) -> Any:
    from ._native import float_rows

    return float_rows(rows)
