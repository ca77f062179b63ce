"""Rows of ids that are made already: special tokens around them, truncation, padding."""

from __future__ import annotations

from .batch_encoding import BatchEncoding
from .checks import LARGEST, whole
from .errors import InputError
from .token_changes import TokenChanges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_PADDED = 1 << 20  # tokens: more than any model takes, and few enough to fit in memory


def value_of(given: Any) -> Any:
    """transformers' enums (PaddingStrategy.LONGEST) as the texts that they stand for."""
    return getattr(given, "value", given)


def listed(values: Any) -> Any:
    """Arrays and tensors as lists."""
    return values.tolist() if hasattr(values, "tolist") else values


def side_of(name: str, side: Any) -> str:
    if side not in ("left", "right"):
        raise InputError(f"{name} is {side!r}; it can be 'left' or 'right'.")
    return str(side)


class TokenRows(TokenChanges):
    """What a tokenizer does with rows of ids."""

    padding_side: str
    truncation_side: str
    pad_token_type_id = 0
    # set for every special token by token_changes.py
    cls_token_id: int | None
    sep_token_id: int | None
    pad_token_id: int | None

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of all special tokens."""
        raise NotImplementedError

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """A row of ids, or of a pair's, with special tokens around them."""
        cls = [] if self.cls_token_id is None else [self.cls_token_id]
        sep = [] if self.sep_token_id is None else [self.sep_token_id]
        row = cls + list(token_ids_0) + sep
        return row if token_ids_1 is None else row + list(token_ids_1) + sep

    def create_token_type_ids_from_sequences(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """0 for the first text and the special tokens around it, 1 for the second."""
        first = len(self.build_inputs_with_special_tokens(token_ids_0))
        both = len(self.build_inputs_with_special_tokens(token_ids_0, token_ids_1))
        return [0] * first + [1] * (both - first)

    def get_special_tokens_mask(
        self,
        token_ids_0: list[int],
        token_ids_1: list[int] | None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """1 for the special tokens of a row, 0 for others."""
        if already_has_special_tokens:
            if token_ids_1 is not None:
                raise InputError("a row that has its special tokens already is given as one list.")
            special = set(self.all_special_ids)
            return [int(number in special) for number in listed(token_ids_0)]
        cls = [] if self.cls_token_id is None else [1]
        sep = [] if self.sep_token_id is None else [1]
        row = cls + [0] * len(token_ids_0) + sep
        return row if token_ids_1 is None else row + [0] * len(token_ids_1) + sep

    def truncate_sequences(
        self,
        ids: list[int],
        pair_ids: list[int] | None = None,
        num_tokens_to_remove: int = 0,
        truncation_strategy: Any = "longest_first",
        stride: int = 0,
    ) -> tuple[list[int], list[int] | None, list[int]]:
        """The texts of a pair without so many tokens, and those that were removed."""
        strategy = value_of(truncation_strategy)
        first, second, removed = list(ids), None if pair_ids is None else list(pair_ids), []
        for _ in range(max(0, num_tokens_to_remove)):
            shorten_second = strategy == "only_second" or (
                strategy == "longest_first" and second is not None and len(second) >= len(first)
            )
            side = second if shorten_second and second is not None else first
            if not side:
                break
            removed.append(side.pop(0 if self.truncation_side == "left" else -1))
        if self.truncation_side != "left":
            removed.reverse()
        return first, second, removed

    def prepare_for_model(
        self,
        ids: list[int],
        pair_ids: list[int] | None = None,
        add_special_tokens: bool = True,
        padding: Any = False,
        truncation: Any = None,
        max_length: int | None = None,
        stride: int = 0,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: Any = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_length: bool = False,
        verbose: bool = True,
        prepend_batch_axis: bool = False,
    ) -> BatchEncoding:
        """A model's inputs from the ids of a text, or of a pair, that have no special tokens."""
        first, second = list(listed(ids)), None if pair_ids is None else list(listed(pair_ids))
        data: dict[str, Any] = {}
        strategy, most = self.truncation_of(truncation, max_length, padding)
        around = self.num_special_tokens_to_add(second is not None) if add_special_tokens else 0
        extra = len(first) + len(second or ()) + around - most if strategy else 0
        if extra > 0:
            first, second, removed = self.truncate_sequences(first, second, extra, strategy, stride)
            if return_overflowing_tokens:
                data["overflowing_tokens"] = removed
                data["num_truncated_tokens"] = extra
        if add_special_tokens:
            data["input_ids"] = self.build_inputs_with_special_tokens(first, second)
            types = self.create_token_type_ids_from_sequences(first, second)
        else:
            data["input_ids"] = first + (second or [])
            types = [0] * len(first) + [1] * len(second or ())
        if self._gives("token_type_ids", return_token_type_ids):
            data["token_type_ids"] = types
        if return_special_tokens_mask:
            data["special_tokens_mask"] = (
                self.get_special_tokens_mask(first, second)
                if add_special_tokens
                else [0] * len(data["input_ids"])
            )
        if self._gives("attention_mask", return_attention_mask):
            data["attention_mask"] = [1] * len(data["input_ids"])
        if padding is not False:
            data = dict(self.pad(data, padding, max_length, pad_to_multiple_of, padding_side))
        if return_length:
            data["length"] = len(data["input_ids"])
        return BatchEncoding(
            data, tensor_type=return_tensors, prepend_batch_axis=prepend_batch_axis
        )

    def _gives(self, name: str, wanted: bool | None) -> bool:
        return name in self.model_input_names if wanted is None else bool(wanted)

    def truncation_of(
        self, truncation: Any, max_length: int | None, padding: Any
    ) -> tuple[str | None, int]:
        """The truncation strategy (None: do not truncate) and the maximal length."""
        truncation, padding = value_of(truncation), value_of(padding)
        if max_length is not None and padding is False and truncation is None:
            truncation = "longest_first"
        if truncation is True:
            truncation = "longest_first"
        if truncation is None or truncation is False or truncation == "do_not_truncate":
            return None, 0
        if truncation not in ("longest_first", "only_first", "only_second"):
            raise InputError(
                f"truncation is {truncation!r}; it can be True, False, 'longest_first', "
                "'only_first' or 'only_second'."
            )
        if max_length is None:
            if self.model_max_length > LARGEST:
                return None, 0
            max_length = self.model_max_length
        return str(truncation), max_length

    def pad(
        self,
        encoded_inputs: Any,
        padding: Any = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: Any = None,
        verbose: bool = True,
    ) -> BatchEncoding:
        """Rows that were made one by one, as one batch of rows that are equally long.

        encoded_inputs: a list of what calls returned (a data collator's features), or one dict with
        lists of rows. Other keys than the tokenizer's own stay as they are.
        """
        if isinstance(encoded_inputs, (list, tuple)):
            if not encoded_inputs:
                return BatchEncoding({})
            first = encoded_inputs[0]
            if not hasattr(first, "keys"):
                raise InputError(f"pad() takes dicts, not a list of {type(first).__name__}.")
            encoded_inputs = {name: [row[name] for row in encoded_inputs] for name in first}
        names = self.model_input_names
        if names[0] not in encoded_inputs:
            raise InputError(
                f"there are no {names[0]} to pad, only {', '.join(map(str, encoded_inputs))}."
            )
        data = {name: _plain(values) for name, values in encoded_inputs.items()}
        ids = data[names[0]]
        if not ids:
            return BatchEncoding(data, tensor_type=return_tensors)
        single = not isinstance(ids[0], (list, tuple))
        if single:
            data = {name: [values] for name, values in data.items()}
        self._pad_data(
            data, padding, max_length, pad_to_multiple_of, padding_side,
            self._gives("attention_mask", return_attention_mask),
        )  # fmt: skip
        if single:
            data = {name: values[0] for name, values in data.items()}
        return BatchEncoding(data, tensor_type=return_tensors)

    def _pad_data(self, data: dict[str, Any], padding: Any, max_length: int | None,
                  multiple: int | None, side: str | None, mask: bool) -> None:  # fmt: skip
        """Pad the rows of data in place."""
        rows = data[self.model_input_names[0]]
        length, side = self.padded_length([len(row) for row in rows], padding, max_length,
                                          multiple, side)  # fmt: skip
        if mask and "attention_mask" not in data:
            data["attention_mask"] = [[1] * len(row) for row in rows]
        fillers = {
            self.model_input_names[0]: self.pad_token_id,
            "token_type_ids": self.pad_token_type_id,
            "attention_mask": 0,
            "special_tokens_mask": 1,
        }
        missing = [max(0, length - len(row)) for row in rows]
        for name, filler in fillers.items():
            if name not in data or (name == "attention_mask" and not mask):
                continue
            data[name] = [
                [filler] * n + list(row) if side == "left" else list(row) + [filler] * n
                for row, n in zip(data[name], missing)
            ]

    def padded_length(self, lengths: list[int], padding: Any, max_length: int | None,
                      multiple: int | None, side: str | None) -> tuple[int, str]:  # fmt: skip
        """How long rows have to be (0: as they are), and on which side they are padded."""
        padding = value_of(padding)
        side = side_of("padding_side", self.padding_side if side is None else side)
        if padding is False or padding is None or padding == "do_not_pad":
            return 0, side
        if padding is not True and padding not in ("longest", "max_length"):
            raise InputError(
                f"padding is {padding!r}; it can be True, False, 'longest' or 'max_length'."
            )
        if self.pad_token_id is None:
            raise InputError("padding needs a padding token, which this tokenizer does not have.")
        if padding == "max_length" and max_length is None and self.model_max_length > LARGEST:
            return 0, side
        if multiple is not None:
            multiple = whole("pad_to_multiple_of", multiple, 1)
        longest = max(lengths, default=0)
        length = (
            longest
            if padding != "max_length"
            else self.model_max_length
            if max_length is None
            else whole("max_length", max_length)
        )
        if multiple:
            length += -length % multiple
        if length > max(longest, MAX_PADDED):
            raise InputError(
                f"texts cannot be padded to {length} tokens, only to {MAX_PADDED}; "
                "choose a smaller max_length or pad_to_multiple_of."
            )
        return length, side


def _plain(values: Any) -> Any:
    """Rows as lists, whatever they were."""
    values = listed(values)
    if isinstance(values, (list, tuple)):
        return [listed(value) for value in values]
    return values
