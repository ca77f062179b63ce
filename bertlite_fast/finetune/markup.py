"""Just as much YAML as files of intents have: mappings, lists, strings, blocks of text.

Numbers and the like stay strings. Anchors, tags and other things that such files do not need are
refused, with the line.
"""

from __future__ import annotations

from ..errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEEPEST = 50
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/", "0": "\0", "r": "\r"}


class _Reader:
    def __init__(self, name: str, content: str) -> None:
        self.name = name
        self.lines: list[str] = content.replace("\r\n", "\n").split("\n")
        self.at = 0

    def fail(self, what: str, at: int | None = None) -> InputError:
        return InputError(f"{self.name}, line {1 + (self.at if at is None else at)}: {what}.")

    def skip(self) -> bool:
        """Go to the next line that says something; False at the end."""
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if line and not line.startswith("#") and line not in ("---", "..."):
                if "\t" in self.lines[self.at][: self.indent()]:
                    raise self.fail("expected blanks before the text, not tabs")
                return True
            self.at += 1
        return False

    def indent(self) -> int:
        line = self.lines[self.at]
        return len(line) - len(line.lstrip())

    def block(self, least: int, depth: int) -> Any:
        """What is indented by at least `least`."""
        if depth > DEEPEST:
            raise self.fail("expected fewer levels")
        if not self.skip() or self.indent() < least:
            return None
        own = self.indent()
        text = self.lines[self.at].strip()
        if text == "-" or text.startswith("- "):
            return self.sequence(own, depth)
        if _key_of(text) is None:
            return self.scalar(own)
        return self.mapping(own, depth)

    def sequence(self, own: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while self.skip() and self.indent() == own:
            text = self.lines[self.at].strip()
            if text != "-" and not text.startswith("- "):
                break
            rest = text[1:].lstrip()
            begin = own + len(text) - len(rest)
            if not rest or rest.startswith("#"):
                self.at += 1
                found.append(self.block(own + 1, depth + 1))
            elif _key_of(rest) is not None or rest == "-" or rest.startswith("- "):
                self.lines[self.at] = " " * begin + rest  # a mapping or list that begins here
                found.append(self.block(begin, depth + 1))
            else:
                found.append(self.value(rest, own))
        if self.skip() and self.indent() > own:
            raise self.fail("expected it to be indented as the lines before")
        return found

    def mapping(self, own: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.skip() and self.indent() == own:
            text = self.lines[self.at].strip()
            parts = _key_of(text)
            if parts is None:
                if text == "-" or text.startswith("- "):
                    break
                raise self.fail("expected a name and a colon")
            key, rest = parts
            if not rest or rest.startswith("#"):
                self.at += 1
                is_list = (
                    self.skip() and self.indent() == own
                    and (self.lines[self.at].strip() + " ").startswith("- ")
                )  # fmt: skip
                value = self.block(own if is_list else own + 1, depth + 1)
            else:
                value = self.value(rest, own)
            found[key] = value
        if self.skip() and self.indent() > own:
            raise self.fail("expected it to be indented as the lines before")
        return found

    def value(self, text: str, own: int) -> Any:
        """A value that begins on this line, in a block that is indented by `own`."""
        if text[0] in "|>":
            return self.text_block(text[0], own)
        if text[0] in "&*!%@`":
            raise self.fail(f"{text[0]} is YAML that is not read here")
        if text[0] in "[{":
            return self.flow(text)
        if text[0] in "\"'":
            return self.quoted_over_lines(text)
        self.at += 1
        words = [_without_comment(text)]
        while self.skip_blank() and self.indent() > own:
            more = self.lines[self.at].strip()
            if _key_of(more) is not None or more.startswith("- "):
                raise self.fail("expected it to be indented as the lines before")
            words.append(_without_comment(more))
            self.at += 1
        return " ".join(word for word in words if word)

    def skip_blank(self) -> bool:
        return self.at < len(self.lines) and bool(self.lines[self.at].strip())

    def scalar(self, own: int) -> Any:
        return self.value(self.lines[self.at].strip(), own - 1)

    def text_block(self, kind: str, own: int) -> str:
        self.at += 1
        rows: list[str] = []
        indent = 0
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip():
                if self.indent() <= own:
                    break
                indent = indent or self.indent()
            rows.append(line[min(indent, len(line) - len(line.lstrip())) :].rstrip())
            self.at += 1
        return ("\n" if kind == "|" else " ").join(rows).rstrip() + "\n"

    def quoted_over_lines(self, text: str) -> str:
        begin = self.at
        while True:
            end = _end_of_quote(text)
            if end is not None:
                rest = text[end + 1 :].strip()
                if rest and not rest.startswith("#"):
                    raise self.fail("expected nothing after the closing quotation mark")
                self.at += 1
                return _unquoted(text[: end + 1])
            self.at += 1
            if self.at >= len(self.lines):
                raise self.fail("expected a closing quotation mark", begin)
            text += " " + self.lines[self.at].strip()

    def flow(self, text: str) -> Any:
        begin = self.at
        while True:
            value, rest = _flow(text, 0)
            if rest is not None:
                rest = rest.strip()
                if rest and not rest.startswith("#"):
                    raise self.fail("expected nothing after the closing bracket")
                self.at += 1
                return value
            self.at += 1
            if self.at >= len(self.lines) or self.at > begin + 1000:
                raise self.fail("expected a closing bracket", begin)
            text += " " + _without_comment(self.lines[self.at].strip())


def _without_comment(text: str) -> str:
    at = text.find(" #")
    return (text if at < 0 else text[:at]).strip()


def _end_of_quote(text: str) -> int | None:
    """Where the quotation mark is that closes the first one."""
    mark, i = text[0], 1
    while i < len(text):
        if mark == '"' and text[i] == "\\":
            i += 2
        elif text[i] == mark:
            if mark == '"' or text[i + 1 : i + 2] != mark:
                return i
            i += 2
        else:
            i += 1
    return None


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    if text[0] == "'":
        return inner.replace("''", "'")
    found, i = [], 0
    while i < len(inner):
        if inner[i] != "\\":
            found.append(inner[i])
            i += 1
        elif inner[i + 1 : i + 2] == "u" and _is_hex(inner[i + 2 : i + 6]):
            found.append(chr(int(inner[i + 2 : i + 6], 16)))
            i += 6
        else:
            found.append(ESCAPES.get(inner[i + 1 : i + 2], inner[i + 1 : i + 2]))
            i += 2
    return "".join(found)


def _is_hex(text: str) -> bool:
    return len(text) == 4 and all(c in "0123456789abcdefABCDEF" for c in text)


def _key_of(text: str) -> tuple[str, str] | None:
    """(name, what follows its colon), or None if there is no name."""
    if text[0] in "\"'":
        end = _end_of_quote(text)
        if end is None or text[end + 1 : end + 2] != ":":
            return None
        return _unquoted(text[: end + 1]), text[end + 2 :].strip()
    if text[0] in "[{|>#":
        return None
    if text.endswith(":") and ": " not in text:
        return text[:-1].strip(), ""
    at = text.find(": ")
    comment = text.find(" #")
    if at < 0 or 0 <= comment < at:
        return None
    return text[:at].strip(), text[at + 2 :].strip()


def _flow(text: str, depth: int) -> tuple[Any, str | None]:
    """A value in brackets or a word of one, and what follows; None: it does not end here."""
    text = text.lstrip()
    if not text or depth > DEEPEST:
        return None, None
    if text[0] in "[{":
        return _flow_group(text, depth)
    if text[0] in "\"'":
        end = _end_of_quote(text)
        return (None, None) if end is None else (_unquoted(text[: end + 1]), text[end + 1 :])
    end = 0
    while end < len(text) and text[end] not in ",]}":
        if text[end] == ":" and text[end + 1 : end + 2] in (" ", ""):
            break
        end += 1
    return (text[:end].strip(), text[end:]) if end < len(text) else (None, None)


def _flow_group(text: str, depth: int) -> tuple[Any, str | None]:
    is_list = text[0] == "["
    close = "]" if is_list else "}"
    items: list[Any] = []
    pairs: dict[str, Any] = {}
    rest: str | None = text[1:]
    while True:
        assert rest is not None
        rest = rest.lstrip(" ,")
        if not rest:
            return None, None
        if rest[0] == close:
            return (items if is_list else pairs), rest[1:]
        value, rest = _flow(rest, depth + 1)
        if rest is None:
            return None, None
        rest = rest.lstrip()
        if rest.startswith(":"):
            key = value
            value, rest = _flow(rest[1:], depth + 1)
            if rest is None:
                return None, None
            value = value if not is_list else {str(key): value}
            if not is_list:
                pairs[str(key)] = value
                continue
        if is_list:
            items.append(value)
        else:
            pairs[str(value)] = None
        if rest[:1] not in (",", close, " ", ""):
            return None, None


def read_markup(name: str, content: str) -> Any:
    """A YAML file's value; an error names the line."""
    reader = _Reader(name, content)
    try:
        found = reader.block(0, 0)
    except RecursionError:
        raise InputError(f"{name} is nested too deeply to be examples.") from None
    if reader.skip():
        raise reader.fail("expected it to be indented as the lines before")
    return found
