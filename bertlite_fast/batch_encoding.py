"""BatchEncoding: what a tokenizer returns, as in transformers."""

from __future__ import annotations

from ._native import Encoding
from .errors import InputError

TYPE_CHECKING = False  # typing is not imported: it would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any

    Data = dict[str, Any]
else:
    Data = dict


class _Span(tuple):  # type: ignore[type-arg]
    """Where something begins, and where what follows it begins."""

    __slots__ = ()

    def __new__(cls, start: int, end: int) -> _Span:
        return super().__new__(cls, (start, end))

    @property
    def start(self) -> int:
        return int(self[0])

    @property
    def end(self) -> int:
        return int(self[1])

    def __getnewargs__(self) -> tuple[int, int]:
        return self.start, self.end

    def __repr__(self) -> str:
        return f"{type(self).__name__}(start={self.start}, end={self.end})"


class CharSpan(_Span):
    """A span of characters."""

    __slots__ = ()


class TokenSpan(_Span):
    """A span of tokens."""

    __slots__ = ()


class BatchEncoding(Data):
    """Model inputs by name and as attributes, and the Encoding of each row."""

    texts: list[str]  # of what SentenceTransformer.tokenize() gave

    def __init__(
        self,
        data: dict[str, Any] | None = None,
        encoding: Any = None,
        tensor_type: Any = None,
        prepend_batch_axis: bool = False,
        n_sequences: int | None = None,
    ) -> None:
        """encoding: the Encoding of each row, or of the only one; None: there are none."""
        super().__init__(data or {})
        rows = [encoding] if isinstance(encoding, Encoding) else encoding
        self.encodings: list[Encoding] = list(rows or ())
        self.sequences = n_sequences
        if tensor_type is not None:
            self.convert_to_tensors(tensor_type, prepend_batch_axis)

    def convert_to_tensors(
        self, tensor_type: Any = None, prepend_batch_axis: bool = False
    ) -> BatchEncoding:
        """Let its lists be NumPy arrays ("np") or torch tensors ("pt")."""
        kind = getattr(tensor_type, "value", tensor_type)
        if kind is None:
            return self
        lists = {name: value for name, value in self.items() if _is_numbers(value)}
        if prepend_batch_axis:
            lists = {name: [value] for name, value in lists.items()}
        self.update(tensors(lists, kind))
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), dict(self), self.encodings, self.sequences)

    def __getattr__(self, name: str) -> Any:
        if name in ("encodings", "sequences"):  # of an object whose __init__ did not run
            return [] if name == "encodings" else None
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"this encoding does not have {name}; it has {', '.join(self)}."
            ) from None

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (int, slice)):
            return self.encodings[key]
        return super().__getitem__(key)

    @property
    def data(self) -> dict[str, Any]:
        return self

    @property
    def is_fast(self) -> bool:
        return True

    @property
    def n_sequences(self) -> int | None:
        return self._row(0).n_sequences if self.encodings else self.sequences

    def to(self, *device: Any, **more: Any) -> BatchEncoding:
        """Return the encoding itself; code written for torch calls this."""
        return self

    def _row(self, batch_index: int) -> Encoding:
        try:
            return self.encodings[batch_index]
        except (IndexError, TypeError):
            raise InputError(
                f"there are {len(self.encodings)} encodings; {batch_index!r} is not the index of "
                "one. Only what a tokenizer's call returns has them."
            ) from None

    def tokens(self, batch_index: int = 0) -> list[str | None]:
        return self._row(batch_index).tokens

    def word_ids(self, batch_index: int = 0) -> list[int | None]:
        return self._row(batch_index).word_ids

    words = word_ids

    def sequence_ids(self, batch_index: int = 0) -> list[int | None]:
        return self._row(batch_index).sequence_ids

    def token_to_sequence(
        self, batch_or_token_index: int, token_index: int | None = None
    ) -> int | None:
        batch, index = _two(batch_or_token_index, token_index)
        return self._row(batch).token_to_sequence(index)

    def token_to_word(
        self, batch_or_token_index: int, token_index: int | None = None
    ) -> int | None:
        batch, index = _two(batch_or_token_index, token_index)
        return self._row(batch).token_to_word(index)

    def token_to_chars(
        self, batch_or_token_index: int, token_index: int | None = None
    ) -> CharSpan | None:
        batch, index = _two(batch_or_token_index, token_index)
        found = self._row(batch).token_to_chars(index)
        return None if found is None else CharSpan(*found)

    def char_to_token(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        batch, index = _two(batch_or_char_index, char_index)
        return self._row(batch).char_to_token(index, sequence_index)

    def char_to_word(
        self, batch_or_char_index: int, char_index: int | None = None, sequence_index: int = 0
    ) -> int | None:
        batch, index = _two(batch_or_char_index, char_index)
        return self._row(batch).char_to_word(index, sequence_index)

    def word_to_tokens(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> TokenSpan | None:
        batch, index = _two(batch_or_word_index, word_index)
        found = self._row(batch).word_to_tokens(index, sequence_index)
        return None if found is None else TokenSpan(*found)

    def word_to_chars(
        self, batch_or_word_index: int, word_index: int | None = None, sequence_index: int = 0
    ) -> CharSpan | None:
        batch, index = _two(batch_or_word_index, word_index)
        found = self._row(batch).word_to_chars(index, sequence_index)
        return None if found is None else CharSpan(*found)


def _rebuilt(
    kind: type[BatchEncoding],
    data: dict[str, Any],
    encodings: list[Encoding],
    sequences: int | None,
) -> BatchEncoding:
    return kind(data, encodings, n_sequences=sequences)


def _is_numbers(value: Any) -> bool:
    """Whether a value is a list of numbers, or of rows of them."""
    while isinstance(value, (list, tuple)):
        if not value:
            return True
        value = value[0]
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _two(first: int, second: int | None) -> tuple[int, int]:
    return (0, first) if second is None else (first, second)


def tensors(rows: dict[str, list[Any]], kind: str) -> dict[str, Any]:
    """Rows of ids as NumPy arrays or torch tensors (kind "np" or "pt") of 64-bit integers."""
    if kind not in ("np", "pt"):
        raise InputError(
            f"return_tensors is {kind!r}; it can be 'np' (or 'pt', where torch is installed), "
            "or left out for lists."
        )
    if kind == "pt":
        try:
            import torch
        except ImportError:
            raise InputError(
                "return_tensors='pt' needs torch, which is not installed; "
                "models here take return_tensors='np', or lists."
            ) from None
        for name, values in rows.items():
            if _ragged(values):
                raise InputError(
                    f"{name} has rows of different lengths, which a tensor cannot hold; "
                    "set padding=True, and truncation=True if texts are long."
                )
        return {name: torch.tensor(values) for name, values in rows.items()}
    try:
        import numpy
    except ImportError:
        raise InputError(
            "return_tensors='np' needs NumPy, which is not installed; "
            "models here take lists as well."
        ) from None

    def array(values: list[Any]) -> Any:
        if not _ragged(values):
            return numpy.array(values, dtype=numpy.int64)
        out = numpy.empty(len(values), dtype=object)  # as in transformers
        out[:] = [numpy.array(row, dtype=numpy.int64) for row in values]
        return out

    return {name: array(values) for name, values in rows.items()}


def _ragged(values: list[Any]) -> bool:
    return bool(values) and isinstance(values[0], list) and len({len(row) for row in values}) > 1
