"""Tokens that are added to an open tokenizer, and its special tokens, which can be set."""

from __future__ import annotations

from ._native import TokenizerCore
from .added_token import AddedToken
from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SPECIALS = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
UNUSED_SPECIALS = ("bos_token", "eos_token")  # names that BERT has no use for
LISTS = ("additional_special_tokens", "extra_special_tokens")


def token_like(value: Any) -> AddedToken | None:
    """An AddedToken, of this package or of tokenizers, as ours; None for anything else."""
    if isinstance(value, AddedToken):
        return value
    if isinstance(value, str) or not isinstance(getattr(value, "content", None), str):
        return None
    flags = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return AddedToken(value.content, **{name: bool(getattr(value, name, False)) for name in flags})


def as_token(value: Any, special: bool = False) -> AddedToken:
    """A token that a caller gives: a str, or an AddedToken."""
    token = token_like(value)
    if token is None:
        if not isinstance(value, str):
            raise InputError(
                f"a token has to be a str or an AddedToken, not {type(value).__name__}."
            )
        return AddedToken(value, special=special)
    return token


def unused_specials_of(config: bytes) -> dict[str, str]:
    """Those of UNUSED_SPECIALS that the bytes of a tokenizer_config.json name."""
    if not any(f'"{name}"'.encode() in config for name in UNUSED_SPECIALS):
        return {}
    import json

    values = json.loads(config)
    found = {name: values.get(name) for name in UNUSED_SPECIALS}
    texts = {name: one.get("content") if isinstance(one, dict) else one
             for name, one in found.items()}  # fmt: skip
    return {name: text for name, text in texts.items() if isinstance(text, str)}


class TokenChanges(TokenizerCore):
    """The tokens of a tokenizer, by name, and what changes them."""

    more_tokens: dict[str, str]

    def config_bytes(self, changes: dict[str, Any] | None = None) -> bytes:
        """A tokenizer_config.json that says all of this."""
        raise NotImplementedError

    def token_of_name(self, name: str) -> str | None:
        """The special token of this name; None if there is none."""
        if name in UNUSED_SPECIALS:
            return self._unused_specials().get(name)
        token: str | None = getattr(TokenizerCore, name).__get__(self)
        return token

    def _unused_specials(self) -> dict[str, str]:
        """Those of UNUSED_SPECIALS that there are; the folder's are read when they are wanted."""
        if "more_tokens" not in self.__dict__:
            import os

            path = os.path.join(str(self.source), "tokenizer_config.json")
            text = b""
            if self.source is not None and os.path.isfile(path):
                with open(path, "rb") as file:
                    text = file.read()
            self.__dict__["more_tokens"] = unused_specials_of(text)
        found: dict[str, str] = self.__dict__["more_tokens"]
        return found

    def set_token(self, name: str, value: Any) -> None:
        """Let another token be the special one of this name."""
        token = None if value is None else as_token(value, special=True)
        text = None if token is None else token.content
        if name in UNUSED_SPECIALS:
            kept = self._unused_specials()
            kept.pop(name, None)
            if text is not None:
                kept[name] = text
            return
        if text == self.token_of_name(name):
            return
        self.replace(self.to_json(), self.config_bytes({name: text}))

    def add_tokens(self, new_tokens: Any, special_tokens: bool = False) -> int:
        """Add tokens that texts are searched for before they are split; returns how many are new.

        A model that was not trained with a token does not know its id: resizing a model's
        embeddings is not possible here.
        """
        if isinstance(new_tokens, str) or token_like(new_tokens) is not None:
            new_tokens = [new_tokens]
        found = [as_token(token, special_tokens) for token in new_tokens]
        if special_tokens:
            for token in found:
                token.special = True
        return self._added(found)

    def add_special_tokens(
        self, special_tokens_dict: dict[str, Any], replace_extra_special_tokens: bool = True
    ) -> int:
        """Set special tokens by name, and add those that are new; returns how many are."""
        count = 0
        for name, value in special_tokens_dict.items():
            if name in LISTS:
                if not isinstance(value, (list, tuple)):
                    raise InputError(f"{name} has to be a list of tokens.")
                found = [as_token(token, special=True) for token in value]
                count += self._added(found, True)
                kept = () if replace_extra_special_tokens else self.additional_special_tokens
                texts = [token.content for token in found if token.content]
                self.__dict__["more_specials"] = list(dict.fromkeys([*kept, *texts]))
            elif name in SPECIALS or name in UNUSED_SPECIALS:
                count += self._added([as_token(value, special=True)], True)
                self.set_token(name, value)
            else:
                raise InputError(
                    f"{name!r} is not the name of a special token; expected one of "
                    f"{', '.join((*SPECIALS, *UNUSED_SPECIALS, *LISTS))}."
                )
        return count

    def _added(self, tokens: list[AddedToken], special: bool = False) -> int:
        import json

        known = self.get_vocab()
        added = {token.content: token for token in self.added_by_id.values()}
        fresh = 0
        changed: list[AddedToken] = []
        for token in tokens:
            if not token.content:
                continue
            if special:
                token.special = True
            if added.get(token.content) == token or token.content in {t.content for t in changed}:
                continue
            fresh += token.content not in added
            changed.append(token)
        if not changed:
            return 0
        data = json.loads(self.to_json())
        names = {token.content for token in changed}
        kept = [token for token in data["added_tokens"] if token["content"] not in names]
        number = max(known.values(), default=-1) + 1
        for token in changed:
            where = known.get(token.content)
            if where is None:
                where, number = number, number + 1
            kept.append({"id": where, **token.settings()})
        data["added_tokens"] = sorted(kept, key=lambda token: int(token["id"]))
        self.replace(json.dumps(data).encode(), self.config_bytes())
        return fresh

    @property
    def additional_special_tokens(self) -> list[str]:
        """The special tokens that have no name: those that were set last, if any were."""
        chosen: list[str] | None = self.__dict__.get("more_specials")
        if chosen is not None:
            return list(chosen)
        named = {self.token_of_name(name) for name in (*SPECIALS, *UNUSED_SPECIALS)}
        return [
            token.content
            for _, token in sorted(self.added_by_id.items())
            if token.special and token.content not in named
        ]

    @additional_special_tokens.setter
    def additional_special_tokens(self, value: Any) -> None:
        self.add_special_tokens({"additional_special_tokens": value})

    extra_special_tokens = additional_special_tokens

    @property
    def additional_special_tokens_ids(self) -> list[int | None]:
        return [self.token_to_id(token) for token in self.additional_special_tokens]

    @additional_special_tokens_ids.setter
    def additional_special_tokens_ids(self, value: Any) -> None:
        self.additional_special_tokens = [self.id_to_token(number) for number in value]

    extra_special_tokens_ids = additional_special_tokens_ids


def _named(name: str) -> property:
    def get(self: TokenChanges) -> str | None:
        return self.token_of_name(name)

    def put(self: TokenChanges, value: Any) -> None:
        self.set_token(name, value)

    return property(get, put, doc=f"The {name.split('_')[0]} token, or None.")


def _numbered(name: str) -> property:
    def get(self: TokenChanges) -> int | None:
        if name in SPECIALS:
            number: int | None = getattr(TokenizerCore, f"{name}_id").__get__(self)
            return number
        token = self.token_of_name(name)
        return None if token is None else self.token_to_id(token)

    def put(self: TokenChanges, value: int | None) -> None:
        token = None if value is None else self.id_to_token(value)
        if token is None and value is not None:
            raise InputError(f"no token has the id {value!r}.")
        self.set_token(name, token)

    return property(get, put, doc=f"The id of the {name.split('_')[0]} token, or None.")


for _name in (*SPECIALS, *UNUSED_SPECIALS):
    setattr(TokenChanges, _name, _named(_name))
    setattr(TokenChanges, f"{_name}_id", _numbered(_name))
