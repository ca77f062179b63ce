"""Index: texts and vectors that are searched by meaning, and kept in a file."""

from __future__ import annotations

import os

from ._native import IndexCore, Tensor
from .checks import shown, whole
from .errors import InputError, ModelFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Union

    from .sentence_transformer import SentenceTransformer
    from .tasks.embedder import Embedder

    Filter = Union[Callable[[Any], object], dict[str, Any]]
    Result = dict[str, Any]
    Hit = tuple[int, float, tuple[int, str | None, bytes | None]]

CANDIDATES = 4  # rows that are scored again for each one that is asked for
TRIED_FIRST = 8  # rows that a filter is tried on for each one that is asked for


class Index:
    """Texts or vectors that can be searched any number of times, saved and loaded.

    Vectors are kept in int8, each with a scale, and searched exactly. A score is the dot product of
    the query and the vector, both in 8 bits: the cosine, if they have length 1, as those of a
    pipeline have. Results are the same on every board, and for any number of threads.

    pipe: a sentence-similarity or feature-extraction pipeline or a SentenceTransformer, which
    embeds texts and queries; None if only vectors are given. keep_floats: the vectors are kept as
    floats too (five times the memory), and a search scores its best candidates again from them.

    >>> from bertlite_fast import Index
    >>> index = Index(vectors=[[1.0, 0.0], [0.0, 1.0]], metadata=[{"room": "hall"}, None])
    >>> index.search([0.9, 0.1], top_k=1)[0]["metadata"]
    {'room': 'hall'}
    >>> index.add([[0.5, 0.5]], ids=[7])
    [7]
    >>> 7 in index, len(index), list(index)
    (True, 3, [0, 1, 7])
    """

    def __init__(
        self,
        pipe: Embedder | SentenceTransformer | None = None,
        texts: Iterable[str] | None = None,
        metadata: Iterable[Any] | None = None,
        *,
        vectors: Any = None,
        ids: Iterable[int] | None = None,
        width: int | None = None,
        keep_floats: bool = False,
    ) -> None:
        self.pipe = pipe
        self._keep_floats = bool(keep_floats)
        self._core: IndexCore | None = None
        if width is not None:
            self._core = IndexCore(width, self._keep_floats)
        if texts is not None or vectors is not None:
            self.add(texts, vectors=vectors, ids=ids, metadata=metadata)
        elif metadata is not None or ids is not None:
            raise InputError("there are ids or metadata, but no texts or vectors to go with them.")

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], pipe: Embedder | SentenceTransformer | None = None
    ) -> Index:
        """An index that was saved. The file is memory-mapped, and texts are read when needed."""
        return cls._of(IndexCore(path=path), pipe)

    @classmethod
    def _of(cls, core: IndexCore, pipe: Embedder | SentenceTransformer | None) -> Index:
        index = cls(pipe, keep_floats=core.keeps_floats)
        index._core = core
        return index

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index to a file, atomically: an older file stays until the new one is whole.

        Texts and metadata are part of it; the pipeline is not.
        """
        if self._core is None:
            if self.pipe is None:
                raise InputError("an empty index needs a width to be saved; make it with width=...")
            self._core = IndexCore(self._embed(["a"]).shape[1], self._keep_floats)
        self._core.save(path)

    def __reduce__(self) -> tuple[Any, ...]:
        data = None
        if self._core is not None:
            import tempfile

            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "index")
                self._core.save(path)
                with open(path, "rb") as file:
                    data = file.read()
        return _restored, (type(self), self.pipe, self._keep_floats, data)

    # ---- rows

    def add(
        self,
        items: Any = None,
        *,
        vectors: Any = None,
        ids: Iterable[int] | None = None,
        metadata: Iterable[Any] | None = None,
    ) -> list[int]:
        """Add texts, or vectors (rows of numbers), or texts with their vectors; return their ids.

        ids: whole numbers that are not in the index; by default those that follow the largest one
        so far. metadata: for each a value that JSON can hold, or None. All are added, or after an
        error none.
        """
        texts = None
        if items is not None and vectors is None and not _are_texts(items):
            vectors = items
        elif items is not None:
            texts = [items] if isinstance(items, str) else _listed("items", items)
            for text in texts:
                if not (isinstance(text, str) or (text is None and vectors is not None)):
                    raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        if vectors is None:
            if texts is None:
                raise InputError("add takes texts or vectors.")
            vectors = self._embed(texts)
        given = (
            None
            if metadata is None
            else [_encoded(value) for value in _listed("metadata", metadata)]
        )
        wanted = None if ids is None else _listed("ids", ids)
        rows = _rows(vectors)
        if self._core is None:
            if not len(rows):
                return []
            core = IndexCore(_width(rows), self._keep_floats)
        else:
            core = self._core
        added = core.add(rows, wanted, texts, given)
        self._core = core
        return added

    def remove(self, ids: int | Iterable[int]) -> None:
        """Remove rows by their ids: all, or if one of them is not there, none."""
        wanted = [ids] if isinstance(ids, int) else _listed("ids", ids)
        if self._core is None:
            if wanted:
                raise InputError(f"id {shown(wanted[0])} is not in the index; nothing was removed.")
            return
        self._core.remove(wanted)

    def __len__(self) -> int:
        return 0 if self._core is None else len(self._core)

    def __contains__(self, id: object) -> bool:
        if self._core is None or not isinstance(id, int) or isinstance(id, bool):
            return False
        return 0 <= id < 2**63 - 1 and self._core.find(id) is not None

    def __iter__(self) -> Iterator[int]:
        """The ids, in the order in which the rows were added."""
        for id, _, _ in self._rows_in_order():
            yield id

    def __getitem__(self, id: int) -> Result:
        """A row: {"index", "text"}, with "metadata" if it has any."""
        position = self._core.find(id) if self._core is not None else None
        if self._core is None or position is None:
            raise KeyError(id)
        return _row(*self._core.read(position))

    def __repr__(self) -> str:
        return f"Index({len(self)} rows)"

    @property
    def texts(self) -> list[str | None]:
        """The texts of all rows."""
        return [text for _, text, _ in self._rows_in_order()]

    @property
    def vectors(self) -> Tensor:
        """The vectors of all rows, as they are kept."""
        return Tensor() if self._core is None else self._core.vectors()

    def _rows_in_order(self) -> Iterator[tuple[int, str | None, bytes | None]]:
        position = 0
        while self._core is not None:
            found = self._core.next(position)
            if found is None:
                return
            yield self._core.read(found)
            position = found + 1

    # ---- searching

    def search(
        self,
        query: Any,
        top_k: int = 5,
        *,
        filter: Filter | None = None,
        threads: int = 1,
        rescore: bool | None = None,
    ) -> Any:
        """The rows closest to a query, best first: [{"index", "score", "text"}].

        query: a text or a vector; or a list of texts or of vectors, for a list of lists. A row that
        has metadata also gives "metadata". filter: a function of the metadata that says whether a
        row may be found, or a dict of values that the metadata must have (any of them, where it is
        a list). rescore: score the best candidates again from their floats; by default if the index
        keeps them.
        """
        top_k, threads = whole("top_k", top_k, 1), whole("threads", threads, 1)
        many, queries = self._queries(query)
        core = self._core
        if core is None or not len(core):
            return [[] for _ in range(len(queries))] if many else []
        if filter is not None and not callable(filter) and not isinstance(filter, dict):
            raise InputError("filter has to be a function or a dict of metadata.")
        if rescore is None:
            rescore = core.keeps_floats
        candidates = CANDIDATES * top_k if rescore else 0
        if filter is None:
            hits = core.search(queries, top_k, None, candidates, threads) or []
        else:
            hits = self._filtered(core, queries, top_k, filter, candidates, threads)
        found = [[_result(score, *row) for _, score, row in hits_of] for hits_of in hits]
        return found if many else found[0]

    def _filtered(
        self,
        core: IndexCore,
        queries: Any,
        top_k: int,
        filter: Filter,
        candidates: int,
        threads: int,
    ) -> list[list[Hit]]:
        """The filter is first tried on the best rows, and on all only if too few of those pass."""
        if not candidates:
            best = core.search(queries, TRIED_FIRST * top_k, None, 0, threads) or []
            passed = [[hit for hit in row if _passes(filter, hit[2][2])][:top_k] for row in best]
            if all(len(row) == top_k for row in passed):
                return passed
        found = None
        while found is None:  # until no other thread changes the index in between
            changes = core.changes
            bits = bytearray((core.positions + 63) // 64 * 8)
            position = core.next(0)
            while position is not None and core.changes == changes:
                if _passes(filter, core.read(position)[2]):
                    bits[position >> 3] |= 1 << (position & 7)
                position = core.next(position + 1)
            if core.changes == changes:
                found = core.search(queries, top_k, bytes(bits), candidates, threads, changes)
        return found

    def _queries(self, query: Any) -> tuple[bool, Any]:
        """Whether there are several, and their vectors."""
        if isinstance(query, str):
            return False, self._embed([query])
        if _are_texts(query):
            return True, self._embed(list(query))
        rows = _rows(query)
        return rows is query or len(rows) != 1 or _is_nested(query), rows

    def _embed(self, texts: list[str]) -> Any:
        if self.pipe is None:
            raise InputError(
                "the index does not have a pipeline to embed texts with; give Index or Index.load "
                "a sentence-similarity pipeline, or give vectors."
            )
        if not texts:
            return []
        pipe: Any = self.pipe
        return pipe.embed(texts) if hasattr(pipe, "embed") else pipe.encode(texts)


def _restored(
    kind: type[Index],
    pipe: Embedder | SentenceTransformer | None,
    keep_floats: bool,
    data: bytes | None,
) -> Index:
    """A pickled index."""
    if data is None:
        return kind(pipe, keep_floats=keep_floats)
    return kind._of(IndexCore(data=data), pipe)


def _listed(name: str, values: Any) -> list[Any]:
    try:
        return list(values)
    except TypeError:
        raise InputError(f"{name} has to be a list, not {type(values).__name__}.") from None


def _are_texts(items: Any) -> bool:
    """Whether these are texts and not numbers: by an array's type, or by what is in a list."""
    if isinstance(items, (list, tuple)):
        return any(isinstance(item, str) for item in items)
    kind = getattr(getattr(items, "dtype", None), "kind", None)
    if kind is not None:
        return kind in ("O", "T", "U")
    return not hasattr(items, "tolist") and hasattr(items, "__iter__")


def _is_nested(rows: Any) -> bool:
    shape = getattr(rows, "shape", None)
    if shape is not None:
        return len(shape) > 1
    return bool(rows) and hasattr(rows[0], "__len__")


def _rows(vectors: Any) -> Any:
    """One vector as rows of one."""
    try:
        size = len(vectors)
    except TypeError:
        raise InputError(
            f"expected texts or rows of numbers, not {type(vectors).__name__}."
        ) from None
    if not size or _is_nested(vectors):
        return vectors
    return [vectors.tolist() if hasattr(vectors, "tolist") else vectors]


def _width(rows: Any) -> int:
    shape = getattr(rows, "shape", None)
    try:
        return len(rows[0]) if shape is None else int(shape[1])
    except TypeError:
        raise InputError("vectors have to be rows of numbers.") from None


def _encoded(value: Any) -> bytes | None:
    """Metadata as JSON."""
    import json

    if value is None:
        return None
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"metadata has to be what JSON can hold: {error}.") from None


def _decoded(data: bytes | None) -> Any:
    import json

    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ModelFileError(
            "the index file is damaged: metadata is not JSON; restore the file, or build the index "
            "again."
        ) from None


def _result(score: float, id: int, text: str | None, metadata: bytes | None) -> Result:
    row = _row(id, text, metadata)
    return {"index": id, "score": score, **{k: row[k] for k in row if k != "index"}}


def _row(id: int, text: str | None, metadata: bytes | None) -> Result:
    row: Result = {"index": id, "text": text}
    if metadata is not None:
        row["metadata"] = _decoded(metadata)
    return row


def _passes(filter: Filter, data: bytes | None) -> bool:
    metadata = _decoded(data)
    if callable(filter):
        return bool(filter(metadata))
    if not isinstance(metadata, dict):
        return not filter
    for key, wanted in filter.items():
        if key not in metadata:
            return False
        value = metadata[key]
        if value != wanted and not (isinstance(wanted, (list, tuple, set)) and value in wanted):
            return False
    return True
