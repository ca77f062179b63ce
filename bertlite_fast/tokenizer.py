"""Tokenizers under the names that transformers uses; C does the work."""

from __future__ import annotations

from _operator import index

from ._native import Encoding
from .added_token import AddedToken
from .batch_encoding import BatchEncoding, CharSpan, TokenSpan, tensors
from .checks import whole
from .errors import InputError, MissingError, ModelFileError
from .token_changes import (
    LISTS,
    SPECIALS,
    UNUSED_SPECIALS,
    as_token,
    token_like,
    unused_specials_of,
)
from .token_rows import TokenRows, listed, side_of, value_of

TYPE_CHECKING = False  # typing is not imported: it would cost more than all the rest
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from typing import Any, ClassVar

__all__ = [
    "AddedToken",
    "AutoTokenizer",
    "BatchEncoding",
    "BertTokenizer",
    "BertTokenizerFast",
    "CharSpan",
    "Encoding",
    "TokenSpan",
    "Tokenizer",
]

# Arguments of from_pretrained() that say where a model is.
WHERE = ("local_files_only", "revision", "cache_dir", "token", "force_download", "subfolder")
# What a tokenizer_config.json may say; the last are what init_kwargs of transformers hold too.
SETTINGS = (
    "do_lower_case", "strip_accents", "tokenize_chinese_chars", "model_max_length",
    "padding_side", "truncation_side", "clean_up_tokenization_spaces", "model_input_names",
    "split_special_tokens", "added_tokens_decoder", "tokenizer_class", *SPECIALS,
    *UNUSED_SPECIALS, *LISTS,
)  # fmt: skip
TOO_LONG = "sequence-length-is-longer-than-the-specified-maximum"  # transformers' name for it
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


def _ids(values: Any) -> list[int]:
    """Ids as a list of Python's integers."""
    try:
        return [index(value) for value in values]
    except TypeError:
        raise InputError(
            "ids have to be whole numbers, in a list or an array; "
            f"{str(values)[:60]!r} does not hold those."
        ) from None


class Tokenizer(TokenRows):
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
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.txt",
        "tokenizer_file": "tokenizer.json",
    }
    name_or_path = ""
    split_special_tokens = False
    # What transformers' tokenizers have.
    add_bos_token = add_eos_token = property(
        lambda self: False, lambda self, value: None, doc="Never: [CLS] and [SEP] are there."
    )
    backend = "tokenizers"
    chat_template: None = None
    init_inputs: ClassVar[tuple[Any, ...]] = ()
    SPECIAL_TOKENS_ATTRIBUTES: ClassVar[list[str]] = [*UNUSED_SPECIALS, *SPECIALS]

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes | None = None,
        *,
        json: bool = False,
        config: bytes | None = None,
        **settings: Any,
    ) -> None:
        """source: a folder, a vocab.txt, a tokenizer.json or a converted model; or the bytes of a
        vocab.txt or, with json=True, of a tokenizer.json. vocab_file, tokenizer_file and vocab (a
        dict of ids) are transformers' names for it.

        settings are those of a tokenizer_config.json, and override what that says: do_lower_case,
        strip_accents, tokenize_chinese_chars, unk_token, model_max_length, padding_side and so on.
        """
        source = _source(source, settings)
        self.init_kwargs: dict[str, Any] = dict(settings)
        if settings:
            settings = _known(settings)
        self.deprecation_warnings: dict[str, bool] = {}
        self.split_special_tokens = bool(settings.pop("split_special_tokens", False))
        more = {name: settings.pop(name) for name in UNUSED_SPECIALS if name in settings}
        named = {name: settings[name] for name in SPECIALS if settings.get(name) is not None}
        named = {**{name: value for name, value in more.items() if value is not None}, **named}
        # new ones of a list come behind those that have names
        lists = {name: settings.pop(name) for name in LISTS if named and settings.get(name)}
        for name in ("padding_side", "truncation_side"):
            if settings.get(name) is not None:
                side_of(name, settings[name])
        if settings and not isinstance(source, (bytes, bytearray, memoryview)):
            source, json, config = _read(source)
        if settings:
            config = _merged(config, settings, source if json else None)
        super().__init__(source, json=json, config=config)
        if not isinstance(source, (bytes, bytearray, memoryview)):
            self.name_or_path = str(source)
        if config is not None:
            self.__dict__["more_tokens"] = unused_specials_of(bytes(config))
        for name, value in more.items():
            self.set_token(name, value)
        if named:
            known = self.get_vocab()
            named = {
                n: v for n, v in named.items() if as_token(v, special=True).content not in known
            }
        if named or lists:
            self.add_special_tokens({**named, **lists})

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("padding_side", "truncation_side"):
            side_of(name, value)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        from .missing import missing

        given = vars(self).get("init_kwargs", {})
        if name in given:  # what was ignored, such as add_prefix_space
            return given[name]
        raise missing("tokenizer", self, name)

    def _told(self, warning: str) -> bool:
        return warning in vars(self).get("deprecation_warnings", ())

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str],
        *init_inputs: Any,
        cache_dir: str | os.PathLike[str] | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        token: str | bool | None = None,
        revision: str | None = None,
        subfolder: str = "",
        **settings: Any,
    ) -> Tokenizer:
        """Open a Hugging Face folder, a vocab.txt, a tokenizer.json or a converted model.

        settings: those of Tokenizer, which override what the files say.
        """
        from . import hub

        if init_inputs:
            raise InputError("from_pretrained takes one name or path; give settings by name.")
        where = {"cache_dir": cache_dir, "force_download": force_download, "revision": revision,
                 "local_files_only": local_files_only, "subfolder": subfolder,
                 "token": settings.pop("use_auth_token", token)}  # fmt: skip
        given = {name: value for name, value in where.items() if value}
        made = cls(hub.find(pretrained_model_name_or_path, **given), **settings)
        made.name_or_path = str(pretrained_model_name_or_path)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in self.__dict__.items() if name != "init_kwargs"}
        state["model_input_names"] = self.model_input_names
        data = self.to_json()
        return _rebuilt, (type(self), data, self.config_bytes(), state)

    def __repr__(self) -> str:
        try:
            lowercase = ", lowercase" if self.settings["lowercase"] else ""
            return f"<{type(self).__name__}: {len(self)} tokens{lowercase}>"
        except InputError:
            return f"<{type(self).__name__}: not open>"

    def config_bytes(self, changes: dict[str, Any] | None = None) -> bytes:
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
            **{name: self.token_of_name(name) for name in (*SPECIALS, *UNUSED_SPECIALS)},
            **(changes or {}),
        }
        if self.split_special_tokens:
            values["split_special_tokens"] = True
        values = {name: value for name, value in values.items() if name not in UNUSED_SPECIALS
                  or value is not None}  # fmt: skip
        return json.dumps(values, indent=2).encode()

    def save_pretrained(
        self,
        save_directory: str | os.PathLike[str],
        legacy_format: bool | None = None,
        filename_prefix: str | None = None,
        push_to_hub: bool = False,
        **more: Any,
    ) -> tuple[str, ...]:
        """Write tokenizer.json, tokenizer_config.json and vocab.txt, as transformers does."""
        import os

        from .compatibility import needed, refuse
        from .files import write_atomically

        more = needed("tokenizer save_pretrained", {**more, "push_to_hub": push_to_hub})
        refuse("save_pretrained", more, "save_directory and filename_prefix")
        folder = save_directory
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        os.makedirs(folder, exist_ok=True)
        by_id = {
            number: token
            for token, number in self.get_vocab().items()
            if number not in self.added_by_id or number < self.vocab_size
        }
        files = {"tokenizer.json": self.to_json(), "tokenizer_config.json": self.config_bytes()}
        if sorted(by_id) == list(range(len(by_id))) and not any(
            "\n" in token for token in by_id.values()
        ):
            files["vocab.txt"] = "".join(f"{by_id[i]}\n" for i in range(len(by_id))).encode()
        paths = []
        for name, data in files.items():
            paths.append(os.path.join(os.fspath(folder), prefix + name))
            write_atomically(paths[-1], data)
        return tuple(paths)

    def save_vocabulary(
        self, save_directory: str | os.PathLike[str], filename_prefix: str | None = None
    ) -> tuple[str, ...]:
        """Write the word pieces alone, as a vocab.txt."""
        import os

        from .files import write_atomically

        by_id = sorted((number, token) for token, number in self.get_vocab().items())
        kept = [token for number, token in by_id if number < self.vocab_size]
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        path = os.path.join(os.fspath(save_directory), f"{prefix}vocab.txt")
        write_atomically(path, "".join(f"{token}\n" for token in kept))
        return (path,)

    # ---- tokens and their names --------------------------------------------------------

    @property
    def do_lower_case(self) -> bool:
        return bool(self.settings["lowercase"])

    @property
    def strip_accents(self) -> bool:
        return bool(self.settings["strip_accents"])

    @property
    def tokenize_chinese_chars(self) -> bool:
        return bool(self.settings["split_chinese"])

    @property
    def max_len_single_sentence(self) -> int:
        return self.model_max_length - self.num_special_tokens_to_add(False)

    @property
    def max_len_sentences_pair(self) -> int:
        return self.model_max_length - self.num_special_tokens_to_add(True)

    @property
    def backend_tokenizer(self) -> Any:
        """A copy as a Tokenizer of the package tokenizers, if that is installed."""
        try:
            import tokenizers
        except ImportError:
            raise InputError(
                "backend_tokenizer needs the package tokenizers, which is not installed."
            ) from None
        return tokenizers.Tokenizer.from_buffer(self.to_json())

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
        found = {name: self.token_of_name(name) for name in (*SPECIALS, *UNUSED_SPECIALS)}
        return {name: token for name, token in found.items() if token is not None}

    @property
    def special_tokens_map_extended(self) -> dict[str, Any]:
        added = {token.content: token for token in self.added_by_id.values()}
        return {name: added.get(text, text) for name, text in self.special_tokens_map.items()}

    _special_tokens_map = special_tokens_map_extended

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
        ids = listed(ids)
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
        text_target: Any = None,
        text_pair_target: Any = None,
        add_special_tokens: bool = True,
        padding: Any = False,
        truncation: Any = None,
        max_length: int | None = None,
        stride: int = 0,
        is_split_into_words: bool = False,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: Any = None,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_offsets_mapping: bool = False,
        return_length: bool = False,
        verbose: bool = True,
        split_special_tokens: bool | None = None,
        tokenizer_kwargs: dict[str, Any] | None = None,
        **more: Any,
    ) -> BatchEncoding:
        """Ids and other requested fields for a text, a pair, or lists of them, as in transformers.

        >>> tokenizer = AutoTokenizer.from_pretrained("my-bert")
        >>> texts = ["light", "the light is on"]
        >>> rows = tokenizer(texts, padding=True, return_offsets_mapping=True)
        >>> rows["attention_mask"][0], rows["offset_mapping"][1][2]
        ([1, 1, 1, 0, 0, 0], (4, 9))
        """
        if text_target is not None or tokenizer_kwargs or more:
            given = {name: value for name, value in locals().items() if name in ARGUMENTS}
            return self._more_of(text_target, text_pair_target, given, tokenizer_kwargs, more)
        if split_special_tokens is None:
            split_special_tokens = self.split_special_tokens
        texts, batched = _texts(text, text_pair, is_split_into_words)
        if max_length is not None:
            max_length = whole("max_length", max_length)
        stride = whole("stride", stride)
        strategy, length = self.truncation_of(truncation, max_length, padding)
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
        if not strategy and verbose and not self._told(TOO_LONG):
            self._warn_of_length(rows)
        if padding is not False or padding_side is not None:
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
        if self._gives("attention_mask", return_attention_mask):
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
            return BatchEncoding(tensors(data, value_of(return_tensors)), windows)
        if not batched and not return_overflowing_tokens:
            return BatchEncoding(
                {
                    name: values[0] if isinstance(values[0], list) else values
                    for name, values in data.items()
                },
                windows,
            )
        return BatchEncoding(data, windows)

    def _more_of(
        self,
        target: Any,
        pair: Any,
        given: dict[str, Any],
        kwargs: dict[str, Any] | None,
        more: dict[str, Any],
    ) -> BatchEncoding:
        """A call with what is rarely given: texts whose ids are labels, arguments in a dict."""
        from .compatibility import needed, refuse

        longest = more.pop("max_target_length", None)
        given.update(kwargs or {})
        given.update(needed("tokenizer call", more))
        unknown = {name: value for name, value in given.items() if name not in ARGUMENTS}
        refuse("a tokenizer's call", unknown, ", ".join(ARGUMENTS))
        if target is None:
            return self(**given)
        rest = {name: value for name, value in given.items() if name not in ("text", "text_pair")}
        if longest is not None:
            rest["max_length"] = longest
        labels = self(target, pair, **rest)
        if given.get("text") is None:
            return labels
        found = self(**given)
        found["labels"] = labels["input_ids"]
        return found

    def encode_flat(
        self,
        texts: Iterable[str],
        *,
        add_special_tokens: bool = True,
        truncation: Any = None,
        max_length: int | None = None,
        return_offsets: bool = False,
        threads: int | str = 1,
    ) -> tuple[memoryview, ...]:
        """The ids of many texts, end to end, and where each text's begin: row i is
        ids[starts[i] : starts[i + 1]]. With return_offsets also where each token starts and ends in
        its text, in characters; 0, 0 for special tokens.

        Made by as many threads as asked for ("auto": as may be used). NumPy takes the results as
        arrays without a copy: numpy.asarray(ids).

        >>> ids, starts = Tokenizer("my-bert/vocab.txt").encode_flat(["light", "light light"])
        >>> len(ids), starts.tolist()
        (7, [0, 3, 7])
        """
        if isinstance(texts, str):
            raise InputError("encode_flat takes several texts; put the one into a list.")
        if max_length is not None:
            max_length = whole("max_length", max_length)
        strategy, length = self.truncation_of(truncation, max_length, False)
        from .cores import thread_count

        ids, starts, found = self.flat_rows(
            tuple(texts), bool(add_special_tokens), strategy or "", length,
            self.split_special_tokens, bool(return_offsets), thread_count(threads),
        )  # fmt: skip
        rows = (memoryview(ids).cast("i"), memoryview(starts).cast("q"))
        if found is None:
            return rows
        shape = [len(rows[0]), 2]
        return (*rows, memoryview(found).cast("i", shape) if found else memoryview(found))

    def encode_plus(
        self, text: Any, text_pair: Any = None, add_special_tokens: bool = True, **more: Any
    ) -> BatchEncoding:
        """The name of a call for one text in transformers 4."""
        return self(text, text_pair, add_special_tokens=add_special_tokens, **more)

    def batch_encode_plus(
        self, batch_text_or_text_pairs: Any, add_special_tokens: bool = True, **more: Any
    ) -> BatchEncoding:
        """The name of a call for a list of texts in transformers 4."""
        return self(batch_text_or_text_pairs, add_special_tokens=add_special_tokens, **more)

    def _warn_of_length(self, rows: list[Encoding]) -> None:
        """Say once that texts are longer than the model takes; in the log, as transformers does."""
        longest = max((len(row) for row in rows), default=0)
        if longest > self.model_max_length:
            import logging

            vars(self).setdefault("deprecation_warnings", {})[TOO_LONG] = True
            logging.getLogger(__name__).warning(
                "Token indices sequence length is longer than the specified maximum sequence "
                "length for this model (%d > %d); set truncation=True.",
                longest,
                self.model_max_length,
            )

    def tokenize(
        self, text: Any, pair: Any = None, add_special_tokens: bool = False, **more: Any
    ) -> list[str | None]:
        """The tokens of a text, each as a str."""
        return self(text, pair, add_special_tokens=add_special_tokens, **more).tokens()

    def _pad(self, rows: list[Encoding], padding: Any, max_length: int | None,
             multiple: int | None, side: str | None, truncated_to: int | None) -> None:  # fmt: skip
        length, side = self.padded_length(
            [len(row) for row in rows], padding, max_length, multiple, side
        )
        if length and truncated_to is not None and multiple and truncated_to % multiple:
            raise InputError(
                f"texts are truncated to {truncated_to} tokens, which is not a multiple of "
                f"pad_to_multiple_of={multiple}; choose a max_length that is one."
            )
        if length:
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
        **more: Any,
    ) -> Any:
        """Decode ids to a text, or a list of rows to a list of texts."""
        if more:
            from .compatibility import needed, refuse

            more = needed("decode", more)
            refuse("decode", more, "skip_special_tokens and clean_up_tokenization_spaces")
        ids = listed(token_ids)
        if isinstance(ids, dict):
            ids = listed(ids.get("input_ids"))
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

    clean_up_tokenization = cleaned

    def batch_decode(
        self,
        sequences: Iterable[Any],
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **more: Any,
    ) -> list[str]:
        """Decode each row of ids."""
        return [
            self.decode(row, skip_special_tokens, clean_up_tokenization_spaces, **more)
            for row in listed(sequences)
        ]


# of a call, but for those that _more_of takes apart
ARGUMENTS = tuple(
    name
    for name in Tokenizer.__call__.__annotations__
    if name not in ("text_target", "text_pair_target", "tokenizer_kwargs", "more", "return")
)


def _known(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that count; an error for one that no tokenizer has."""
    from .compatibility import needed, refuse

    settings = needed("tokenizer from_pretrained", settings)
    unknown = {name: value for name, value in settings.items() if name not in SETTINGS}
    for name in unknown:
        if callable(getattr(Tokenizer, name, None)):
            raise MissingError(f"{name!r} is not an argument of tokenizers but a method; call it.")
    refuse("tokenizers", unknown, ", ".join(SETTINGS))
    return settings


def _source(source: Any, settings: dict[str, Any]) -> Any:
    """What a tokenizer is opened from, by any of its names."""
    for name in ("vocab_file", "tokenizer_file", "vocab"):
        given = settings.pop(name, None)
        if source is None:
            source = given
    if source is None:
        raise InputError("a tokenizer needs a vocab.txt, a tokenizer.json or a folder.")
    if not isinstance(source, dict):
        return source
    by_id = {number: token for token, number in source.items()}
    if sorted(by_id) != list(range(len(source))) or any("\n" in token for token in source):
        raise InputError("vocab has to give every token an id of its own, counted from 0.")
    return "".join(f"{by_id[i]}\n" for i in range(len(by_id))).encode()


def _texts(text: Any, pair: Any, split_words: bool) -> tuple[list[tuple[Any, Any]], bool]:
    """(text, second text or None) for each input, and whether the input was a batch."""
    if not isinstance(text, (str, list, tuple)):
        text = _column(text)
        pair = pair if pair is None or isinstance(pair, (str, list, tuple)) else _column(pair)
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


def _column(texts: Any) -> Any:
    """A column of a table, or an array of texts, as a list; anything else as it is."""
    if hasattr(texts, "tolist"):
        return texts.tolist()
    if hasattr(texts, "__getitem__") and hasattr(texts, "__len__") and not hasattr(texts, "keys"):
        return list(texts) if not isinstance(texts, (bytes, bytearray, memoryview)) else texts
    return texts


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


def _merged(config: bytes | None, settings: dict[str, Any], source: Any) -> bytes:
    """A tokenizer_config.json with these settings. source: the bytes of a tokenizer.json, whose
    own rules count where there is no tokenizer_config.json; or None."""
    import json

    values = json.loads(config) if config else {}
    if not config and source is not None:
        values.update(_rules_of(json.loads(bytes(source))))
    named = [name for name in RULES if settings.get(name) is not None]
    if named and values.get("tokenizer_class") in ("PreTrainedTokenizerFast", "TokenizersBackend"):
        values["tokenizer_class"] = "BertTokenizer"  # it is asked for what only that can do
    for name, value in settings.items():
        if name in LISTS and isinstance(value, (list, tuple)):
            values[name] = [_setting(token) for token in value]
        else:
            values[name] = _setting(value)
    return json.dumps(values).encode()


RULES = ("do_lower_case", "strip_accents", "tokenize_chinese_chars")


def _setting(value: Any) -> Any:
    """A value as a tokenizer_config.json has it."""
    token = token_like(value)
    return value if token is None else token.settings()


def _rules_of(values: Any) -> dict[str, Any]:
    """How a tokenizer.json normalizes texts, as settings."""
    rules = values.get("normalizer") if isinstance(values, dict) else None
    if not isinstance(rules, dict) or rules.get("type") != "BertNormalizer":
        return {}
    return {
        "do_lower_case": rules.get("lowercase"),
        "strip_accents": rules.get("strip_accents"),
        "tokenize_chinese_chars": rules.get("handle_chinese_chars"),
    }


def _rebuilt(
    kind: type[Tokenizer], data: bytes, config: bytes, state: dict[str, Any] | None = None
) -> Tokenizer:
    made = kind(data, json=True, config=config)
    for name, value in (state or {}).items():
        setattr(made, name, value)
    return made


BertTokenizer = BertTokenizerFast = Tokenizer  # the names that code for transformers has


class AutoTokenizer:
    """Opens a tokenizer, as transformers' AutoTokenizer does."""

    @staticmethod
    def from_pretrained(
        pretrained_model_name_or_path: str | os.PathLike[str], **settings: Any
    ) -> Tokenizer:
        """Open a Hugging Face folder, a vocab.txt, a tokenizer.json or a converted model."""
        return Tokenizer.from_pretrained(pretrained_model_name_or_path, **settings)
