"""Tokenizers under the names that transformers uses; C does the work."""

from __future__ import annotations

from operator import index

from ._native import Encoding, TokenizerCore
from .added_token import AddedToken
from .batch_encoding import BatchEncoding, tensors
from .checks import LARGEST, whole
from .errors import InputError, ModelFileError
from .files import write_atomically

TYPE_CHECKING = False  # typing is not imported: it would cost more than all the rest
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from typing import Any

__all__ = [
    "AddedToken",
    "AutoTokenizer",
    "BatchEncoding",
    "BertTokenizer",
    "BertTokenizerFast",
    "Encoding",
    "Tokenizer",
]

SPECIALS = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
MAX_PADDED = 1 << 20  # tokens: more than any model takes, and few enough to fit in memory
# What tokenizers' decoders and transformers' clean_up_tokenization replace. Only the former replace
# " do not".
TIDY = (
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
)
TIDIED = frozenset(pair[0][1] for pair in TIDY)
CLEAN_UP = tuple(pair for pair in TIDY if pair[0] != " do not")


def _listed(values: Any) -> Any:
    return values.tolist() if hasattr(values, "tolist") else values


def _ids(values: Any) -> list[int]:
    """Ids as a list of Python's integers."""
    try:
        return [index(value) for value in values]
    except TypeError:
        raise InputError(
            "ids have to be whole numbers, in a list or an array; "
            f"{str(values)[:60]!r} does not hold those."
        ) from None


class Tokenizer(TokenizerCore):
    """BERT's tokenizer: text to ids and back, with the results of Hugging Face's tokenizers.

    Open one with `AutoTokenizer.from_pretrained(path)`, or from a vocab.txt:
    `Tokenizer("vocab.txt", do_lower_case=False)`.

    >>> tokenizer = Tokenizer("my-bert/vocab.txt")
    >>> tokenizer.tokenize("Lights!")
    ['lights', '!']
    >>> tokenizer.decode(tokenizer.encode("Turn on the light!"), skip_special_tokens=True)
    'turn on the light!'
    """

    is_fast = True
    padding_side: str

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes,
        *,
        json: bool = False,
        config: bytes | None = None,
        **settings: Any,
    ) -> None:
        """source: a folder, a vocab.txt, a tokenizer.json or a converted model; or the bytes of a
        vocab.txt or, with json=True, of a tokenizer.json.

        settings are those of a tokenizer_config.json, and override what that says: do_lower_case,
        strip_accents, tokenize_chinese_chars, unk_token, model_max_length, padding_side and so on.
        """
        if settings and not isinstance(source, (bytes, bytearray, memoryview)):
            source, json, config = _read(source)
        if settings:
            config = _merged(config, settings)
        super().__init__(source, json=json, config=config)
        if json and settings:
            self._contradicts(settings)

    def _contradicts(self, settings: dict[str, Any]) -> None:
        """Refuse settings that the tokenizer.json overrides: how texts are normalized."""
        have = self.settings
        for name, key in (
            ("do_lower_case", "lowercase"),
            ("strip_accents", "strip_accents"),
            ("tokenize_chinese_chars", "split_chinese"),
        ):
            if settings.get(name) is not None and bool(settings[name]) != have[key]:
                raise InputError(
                    f"{name}={settings[name]!r}, but the tokenizer.json says otherwise, and it "
                    "decides; give the vocab.txt instead."
                )

    @classmethod
    def from_pretrained(cls, path: str | os.PathLike[str], **settings: Any) -> Tokenizer:
        """Open a Hugging Face folder, a vocab.txt, a tokenizer.json or a converted model."""
        from . import hub

        where = {
            name: settings.pop(name)
            for name in ("local_files_only", "revision")
            if name in settings
        }
        for name in ("use_fast", "trust_remote_code", "cache_dir", "token"):
            settings.pop(name, None)  # arguments for transformers that mean nothing here
        return cls(hub.find(path, **where), **settings)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.to_json(), self._config())

    def __repr__(self) -> str:
        try:
            lowercase = ", lowercase" if self.settings["lowercase"] else ""
            return f"<{type(self).__name__}: {len(self)} tokens{lowercase}>"
        except InputError:
            return f"<{type(self).__name__}: not open>"

    def _config(self) -> bytes:
        """A tokenizer_config.json."""
        import json

        have = self.settings
        values: dict[str, Any] = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": have["lowercase"],
            "strip_accents": have["strip_accents"],
            "tokenize_chinese_chars": have["split_chinese"],
            "model_max_length": self.model_max_length,
            "padding_side": self.padding_side,
            "truncation_side": self.truncation_side,
            "clean_up_tokenization_spaces": self.clean_up_tokenization_spaces,
            "model_input_names": self.model_input_names,
            **{name: getattr(self, name) for name in SPECIALS},
        }
        return json.dumps(values, indent=2).encode()

    def save_pretrained(self, folder: str | os.PathLike[str]) -> tuple[str, ...]:
        """Write tokenizer.json, tokenizer_config.json and vocab.txt, as transformers does."""
        import os

        os.makedirs(folder, exist_ok=True)
        by_id = {
            number: token
            for token, number in self.get_vocab().items()
            if number not in self.added_by_id or number < self.vocab_size
        }
        files = {"tokenizer.json": self.to_json(), "tokenizer_config.json": self._config()}
        if sorted(by_id) == list(range(len(by_id))) and not any(
            "\n" in token for token in by_id.values()
        ):
            files["vocab.txt"] = "".join(f"{by_id[i]}\n" for i in range(len(by_id))).encode()
        paths = []
        for name, data in files.items():
            paths.append(os.path.join(os.fspath(folder), name))
            write_atomically(paths[-1], data)
        return tuple(paths)

    # ---- tokens and their names --------------------------------------------------------

    pad_token_type_id = 0

    @property
    def vocab(self) -> dict[str, int]:
        return self.get_vocab()

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        return dict(sorted(self.added_by_id.items()))

    @property
    def added_tokens_encoder(self) -> dict[str, int]:
        return {token.content: number for number, token in sorted(self.added_by_id.items())}

    def get_added_vocab(self) -> dict[str, int]:
        return self.added_tokens_encoder

    @property
    def special_tokens_map(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in SPECIALS if getattr(self, name) is not None}

    @property
    def all_special_tokens(self) -> list[str]:
        named = list(self.special_tokens_map.values())
        others = [token.content for _, token in sorted(self.added_by_id.items()) if token.special]
        return list(dict.fromkeys(named + others))

    @property
    def all_special_ids(self) -> list[int]:
        return [self.convert_tokens_to_ids(token) for token in self.all_special_tokens]

    def convert_tokens_to_ids(self, tokens: Any) -> Any:
        """A token's id, or the unknown token's; a list's ids."""
        if tokens is None:
            return None
        if not hasattr(tokens, "__iter__"):
            raise InputError(
                f"a token has to be a str, or a list of them, not {type(tokens).__name__}."
            )
        if isinstance(tokens, str):
            found = self.token_to_id(tokens)
            return self.unk_token_id if found is None else found
        return [self.convert_tokens_to_ids(token) for token in tokens]

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        """An id's token, None if it has none; a list's tokens."""
        ids = _listed(ids)
        if isinstance(ids, int):
            return self.token_named(ids)
        skip = set(self.all_special_ids) if skip_special_tokens else ()
        return [self.token_named(number) for number in _ids(ids) if number not in skip]

    def token_named(self, number: int) -> str | None:
        """An id's token; None for any number that is not one's id."""
        return self.id_to_token(number) if 0 <= number < 1 << 31 else None

    # ---- texts to ids -----------------------------------------------------------------

    def __call__(
        self,
        text: Any = None,
        text_pair: Any = None,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str | None = None,
        max_length: int | None = None,
        stride: int = 0,
        is_split_into_words: bool = False,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | None = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_offsets_mapping: bool = False,
        return_length: bool = False,
        verbose: bool = True,
        split_special_tokens: bool = False,
    ) -> BatchEncoding:
        """Ids and other requested fields for a text, a pair, or lists of them, as in transformers.

        >>> tokenizer = AutoTokenizer.from_pretrained("my-bert")
        >>> texts = ["light", "the light is on"]
        >>> rows = tokenizer(texts, padding=True, return_offsets_mapping=True)
        >>> rows["attention_mask"][0], rows["offset_mapping"][1][2]
        ([1, 1, 1, 0, 0, 0], (4, 9))
        """
        texts, batched = _texts(text, text_pair, is_split_into_words)
        if max_length is not None:
            max_length = whole("max_length", max_length)
        stride = whole("stride", stride)
        strategy, length = self._truncation(truncation, max_length, padding)
        rows = self.encode_rows(
            texts,
            bool(add_special_tokens),
            strategy or "",
            length,
            stride,
            bool(is_split_into_words),
            bool(split_special_tokens),
            return_overflowing_tokens,
        )
        self._pad(
            rows,
            padding,
            max_length,
            pad_to_multiple_of,
            padding_side,
            length if strategy else None,
        )
        windows = [row for first in rows for row in (first, *first.overflowing)]
        types = (
            "token_type_ids" in self.model_input_names
            if return_token_type_ids is None
            else return_token_type_ids
        )
        data: dict[str, list[Any]] = {"input_ids": [row.ids for row in windows]}
        if types:
            data["token_type_ids"] = [row.type_ids for row in windows]
        if return_attention_mask is None or return_attention_mask:
            data["attention_mask"] = [row.attention_mask for row in windows]
        if return_special_tokens_mask:
            data["special_tokens_mask"] = [row.special_tokens_mask for row in windows]
        if return_offsets_mapping:
            data["offset_mapping"] = [row.offsets for row in windows]
        if return_length:
            data["length"] = [len(row) for row in windows]
        if return_overflowing_tokens:
            data["overflow_to_sample_mapping"] = [
                i for i, row in enumerate(rows) for _ in range(1 + len(row.overflowing))
            ]
        if return_tensors is not None:
            return BatchEncoding(tensors(data, return_tensors), windows)
        if not batched and not return_overflowing_tokens:
            return BatchEncoding(
                {
                    name: values[0] if isinstance(values[0], list) else values
                    for name, values in data.items()
                },
                windows,
            )
        return BatchEncoding(data, windows)

    encode_plus = __call__
    batch_encode_plus = __call__

    def tokenize(
        self, text: Any, pair: Any = None, add_special_tokens: bool = False, **more: Any
    ) -> list[str | None]:
        """The tokens of a text, each as a str."""
        return self(text, pair, add_special_tokens, **more).tokens()

    def _truncation(
        self, truncation: bool | str | None, max_length: int | None, padding: bool | str
    ) -> tuple[str | None, int]:
        """The truncation strategy (None: do not truncate) and the maximal length."""
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

    def _pad(
        self,
        rows: list[Encoding],
        padding: bool | str,
        max_length: int | None,
        multiple: int | None,
        side: str | None,
        truncated_to: int | None,
    ) -> None:
        if padding is False or padding == "do_not_pad":
            return
        if padding is not True and padding not in ("longest", "max_length"):
            raise InputError(
                f"padding is {padding!r}; it can be True, False, 'longest' or 'max_length'."
            )
        if self.pad_token_id is None:
            raise InputError("padding needs a padding token, which this tokenizer does not have.")
        side = side or self.padding_side
        if side not in ("left", "right"):
            raise InputError(f"padding_side is {side!r}; it can be 'left' or 'right'.")
        if padding == "max_length" and max_length is None and self.model_max_length > LARGEST:
            return
        if multiple is not None:
            multiple = whole("pad_to_multiple_of", multiple, 1)
        if truncated_to is not None and multiple is not None and truncated_to % multiple:
            raise InputError(
                f"texts are truncated to {truncated_to} tokens, which is not a multiple of "
                f"pad_to_multiple_of={multiple}; choose a max_length that is one."
            )
        longest = max((len(row) for row in rows), default=0)
        length = (
            longest
            if padding != "max_length"
            else self.model_max_length
            if max_length is None
            else max_length
        )
        if multiple:
            length += -length % multiple
        if length > max(longest, MAX_PADDED):
            raise InputError(
                f"texts cannot be padded to {length} tokens, only to {MAX_PADDED}; "
                "choose a smaller max_length or pad_to_multiple_of."
            )
        self.pad_rows(rows, length, side)

    # ---- ids to texts ----------------------------------------------------------------------

    def text_parts(self, tokens: Sequence[str]) -> list[str]:
        """For each token, the part of the decoded text that it becomes."""
        have = self.settings
        if have["join_with_spaces"]:
            return [(" " if i else "") + token for i, token in enumerate(tokens)]
        prefix, tidy, parts = have["prefix"], have["tidy"], []
        for i, token in enumerate(tokens):
            if i:
                token = token[len(prefix) :] if token.startswith(prefix) else " " + token
            if tidy and (token[1:2] in TIDIED or " " in token[1:]):
                for untidy, better in TIDY:
                    token = token.replace(untidy, better)
            parts.append(token)
        return parts

    def convert_tokens_to_string(self, tokens: Sequence[str]) -> str:
        """The decoded text of tokens."""
        return "".join(self.text_parts(tokens))

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
    ) -> Any:
        """Decode ids to a text, or a list of rows to a list of texts."""
        ids = _listed(token_ids)
        if isinstance(ids, dict):
            ids = _listed(ids.get("input_ids"))
        if isinstance(ids, int):
            ids = [ids]
        if isinstance(ids, (list, tuple)) and ids and isinstance(ids[0], (list, tuple)):
            return [
                self.decode(row, skip_special_tokens, clean_up_tokenization_spaces) for row in ids
            ]
        special = (
            {token.content for token in self.added_by_id.values() if token.special}
            if skip_special_tokens
            else ()
        )
        tokens = []
        for number in _ids(ids):
            if number < 0 or number > 0xFFFFFFFF:
                raise InputError(
                    f"the id {number} cannot be decoded; ids are not negative and fit 32 bits."
                )
            token = self.token_named(number)
            if token is not None and token not in special:
                tokens.append(token)
        text = self.convert_tokens_to_string(tokens)
        if (
            self.clean_up_tokenization_spaces
            if clean_up_tokenization_spaces is None
            else clean_up_tokenization_spaces
        ):
            return self.cleaned(text)
        return text

    @staticmethod
    def cleaned(text: str) -> str:
        """Remove the spaces that decoding leaves before punctuation and contractions."""
        for untidy, tidy in CLEAN_UP:
            text = text.replace(untidy, tidy)
        return text

    def batch_decode(
        self,
        sequences: Iterable[Any],
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
    ) -> list[str]:
        """Decode each row of ids."""
        return [
            self.decode(row, skip_special_tokens, clean_up_tokenization_spaces)
            for row in _listed(sequences)
        ]


def _texts(text: Any, pair: Any, split_words: bool) -> tuple[list[tuple[Any, Any]], bool]:
    """(text, second text or None) for each input, and whether the input was a batch."""
    if not isinstance(text, (str, list, tuple)):
        raise InputError(f"a text has to be a str, or a list of them, not {type(text).__name__}.")
    batched = isinstance(text, (list, tuple)) and (
        not split_words or bool(text and isinstance(text[0], (list, tuple)))
    )
    if not batched:
        return [(text, pair or None)], False
    if pair is not None:
        if not isinstance(pair, (list, tuple)) or len(pair) != len(text):
            raise InputError("for a list of texts, text_pair has to be a list of the same length.")
        return list(zip(text, pair)), True
    if not text:
        raise InputError("the list of texts is empty.")
    return [_pair(item, split_words) for item in text], True


def _pair(item: Any, split_words: bool) -> tuple[Any, Any]:
    """An item of a batch, which may be two texts."""
    if isinstance(item, (list, tuple)) and (
        not split_words or (item and isinstance(item[0], (list, tuple)))
    ):
        if len(item) != 2:
            raise InputError(
                f"an item of the batch is {len(item)} texts; it can be one or a pair. "
                "For lists of words set is_split_into_words=True."
            )
        return item[0], item[1]
    return item, None


def _read(path: Any) -> tuple[Any, bool, bytes | None]:
    """The bytes of a tokenizer file, whether it is JSON, and those of its tokenizer_config.json."""
    import os

    path = os.fspath(path)
    config = None
    if os.path.isdir(path):
        beside = os.path.join(path, "tokenizer_config.json")
        if os.path.isfile(beside):
            config = _bytes(beside)
        names = [
            name
            for name in ("tokenizer.json", "vocab.txt")
            if os.path.isfile(os.path.join(path, name))
        ]
        if not names:
            raise ModelFileError(
                f"{path} has neither a tokenizer.json nor a vocab.txt; give a folder that has one."
            )
        path = os.path.join(path, names[0])
    elif not path.endswith((".txt", ".json")):
        raise InputError(
            "a converted model's tokenizer is fixed; give settings when it is converted."
        )
    return _bytes(path), path.endswith(".json"), config


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from None


def _merged(config: bytes | None, settings: dict[str, Any]) -> bytes:
    import json

    values = json.loads(config) if config else {}
    for name, value in settings.items():
        if isinstance(value, AddedToken):
            value = value.settings()
        values[name] = value
    return json.dumps(values).encode()


def _rebuilt(kind: type[Tokenizer], data: bytes, config: bytes) -> Tokenizer:
    return kind(data, json=True, config=config)


BertTokenizer = BertTokenizerFast = Tokenizer  # the names that code for transformers has


class AutoTokenizer:
    """Opens a tokenizer, as transformers' AutoTokenizer does."""

    @staticmethod
    def from_pretrained(path: str | os.PathLike[str], **settings: Any) -> Tokenizer:
        """Open a Hugging Face folder, a vocab.txt, a tokenizer.json or a converted model."""
        return Tokenizer.from_pretrained(path, **settings)
