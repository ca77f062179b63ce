"""Files of intents with slots: Rasa (YAML, Markdown, JSON), Snips (JSON, YAML), Home Assistant."""

from __future__ import annotations

import json
import os
import re

from ..errors import InputError, warn
from .markup import read_markup
from .tables import read_text
from .templates import Templates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # a text, its intent, and its slots: (first character, the one after the last, name)
    Utterance = tuple[str, str, list[tuple[int, int, str]]]

# [words](slot), [words](slot:value), [words]{"entity": "slot", ...}; of Snips: [slot:type](words)
MARKED = re.compile(r"\[([^\]\[]*)\](?:\(([^()]*)\)|(\{[^{}]*\}))")


def is_of_intents(name: str, content: str) -> bool:
    """Whether a file has intents in one of the forms that are read here."""
    lower = name.lower()
    if lower.endswith((".yml", ".yaml", ".md")):
        return True
    if not lower.endswith(".json") or not content.lstrip().startswith("{"):
        return False
    beginning = content[:4000]
    return any(f'"{key}"' in beginning for key in ("rasa_nlu_data", "utterances", "intents")) or (
        '"data"' in beginning and '"paragraphs"' not in content
    )


def read_intents(name: str, content: str) -> list[Utterance]:
    """What people say, with intents and slots; an error names the place in the file."""
    if name.lower().endswith(".md"):
        found = _rasa_markdown(name, content)
    elif name.lower().endswith(".json"):
        found = _from_json(name, content)
    else:
        found = _from_yaml(name, content)
    found = [(text, intent, slots) for text, intent, slots in found if text.strip()]
    if not found:
        raise InputError(f"{name} has no example of an intent; expected some.")
    return found


def tagged(utterances: list[Utterance]) -> tuple[list[list[str]], list[list[str]]]:
    """Words, and tags of slots in B- and I-."""
    rows: list[list[str]] = []
    tags: list[list[str]] = []
    for text, _, slots in utterances:
        cuts = {end for slot in slots for end in slot[:2]}
        words, row, before = [], [], ""
        for match in re.finditer(r"\S+", text):
            ends = [match.start(), *sorted(c for c in cuts if match.start() < c < match.end()),
                    match.end()]  # fmt: skip
            for a, b in zip(ends, ends[1:]):
                inside = next((s for s in slots if s[0] <= a and b <= s[1]), None)
                same = inside is not None and before == str(inside)
                row.append("O" if inside is None else f"{'I' if same else 'B'}-{inside[2]}")
                words.append(text[a:b])
                before = "" if inside is None else str(inside)
        rows.append(words)
        tags.append(row)
    return rows, tags


def _unmarked(where: str, text: str, *, of_snips: bool) -> tuple[str, list[tuple[int, int, str]]]:
    """A text without the marks of its slots."""
    out, at = "", 0
    slots = []
    for match in MARKED.finditer(text):
        out += text[at : match.start()]
        at = match.end()
        first, second, values = match.groups()
        words: str = (second or "") if of_snips else first
        name: Any = first if of_snips else second
        if values is not None:
            try:
                entity = json.loads(values)
            except (ValueError, RecursionError):
                raise InputError(f"{where}: {values[:60]!r} is not JSON.") from None
            name = entity.get("entity")
            if not isinstance(name, str):
                raise InputError(f"{where}: {values[:60]!r} does not name its entity.")
        name = str(name or "").split(":")[0].strip()
        if not name:
            raise InputError(f"{where}: {match.group()[:60]!r} does not name its slot.")
        if words.strip():
            slots.append((len(out), len(out) + len(words), name))
        out += words
    return out + text[at:], slots


# ---- Rasa ---------------------------------------------------------------------------------------


def _rasa_markdown(name: str, content: str) -> list[Utterance]:
    found: list[Utterance] = []
    intent = None
    for number, line in enumerate(content.split("\n"), 1):
        line = line.strip()
        if line.startswith("## "):
            kind, _, rest = line[3:].partition(":")
            intent = rest.strip() if kind.strip() == "intent" else None
            if kind.strip() == "intent" and not intent:
                raise InputError(f"{name}, line {number}: the intent has no name.")
        elif line[:2] in ("- ", "* ") and intent:
            text, slots = _unmarked(f"{name}, line {number}", line[2:].strip(), of_snips=False)
            found.append((text, intent, slots))
    return found


def _rasa_examples(where: str, given: Any) -> list[str]:
    """Lines that begin with "- ", or a list of texts or of {text: ...}."""
    if isinstance(given, str):
        lines = [line.strip() for line in given.split("\n")]
        return [line[1:].strip() for line in lines if line.startswith("-")]
    if not isinstance(given, list):
        raise InputError(f"{where}: expected 'examples', a block of lines that begin with '-'.")
    texts: list[Any] = [item.get("text") if isinstance(item, dict) else item for item in given]
    for text in texts:
        if not isinstance(text, str):
            raise InputError(f"{where}: an example has to be a text.")
    return [text.strip().lstrip("-").strip() for text in texts]


def _rasa(name: str, items: Any) -> list[Utterance]:
    if not isinstance(items, list):
        raise InputError(f"{name}: 'nlu' has to be a list of intents with examples.")
    found: list[Utterance] = []
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            raise InputError(f"{name}, item {i} of 'nlu': expected an intent with examples.")
        intent = item.get("intent")
        if intent is None:
            continue  # a synonym, a lookup table, a regular expression
        where = f"{name}, intent {intent!r}"
        for text in _rasa_examples(where, item.get("examples")):
            plain, slots = _unmarked(where, text, of_snips=False)
            found.append((plain, str(intent), slots))
    return found


# ---- JSON ---------------------------------------------------------------------------------------


def _from_json(name: str, content: str) -> list[Utterance]:
    try:
        found = json.loads(content)
    except RecursionError:
        raise InputError(f"{name} is nested too deeply to be examples.") from None
    except ValueError as error:
        line, message = getattr(error, "lineno", 1), getattr(error, "msg", error)
        raise InputError(f"{name}, line {line}: expected JSON; {message}.") from None
    if not isinstance(found, dict):
        raise InputError(f"{name}: expected an object of intents.")
    if "rasa_nlu_data" in found:
        return _rasa_json(name, found["rasa_nlu_data"])
    intents = found.get("intents", found)
    if not isinstance(intents, dict):
        raise InputError(f"{name}: expected intents by their names.")
    utterances: list[Utterance] = []
    for intent, value in intents.items():
        items = value.get("utterances") if isinstance(value, dict) else value
        if not isinstance(items, list):
            raise InputError(f"{name}, intent {intent!r}: expected a list of utterances.")
        utterances += [_snips(f"{name}, intent {intent!r}, utterance {i}", intent, item)
                       for i, item in enumerate(items)]  # fmt: skip
    return utterances


def _rasa_json(name: str, data: Any) -> list[Utterance]:
    items = data.get("common_examples") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise InputError(f"{name}: expected 'common_examples', a list.")
    found: list[Utterance] = []
    for i, item in enumerate(items):
        where = f"{name}, example {i}"
        text = item.get("text") if isinstance(item, dict) else None
        intent = item.get("intent") if isinstance(item, dict) else None
        if not isinstance(text, str) or not isinstance(intent, str):
            raise InputError(f"{where}: expected a text and an intent.")
        slots = []
        for entity in item.get("entities") or []:
            try:
                start, end, kind = int(entity["start"]), int(entity["end"]), str(entity["entity"])
            except (KeyError, TypeError, ValueError):
                raise InputError(f"{where}: an entity needs a start, an end, its name.") from None
            if not 0 <= start < end <= len(text):
                raise InputError(f"{where}: an entity from {start} to {end} is not in the text.")
            slots.append((start, end, kind))
        found.append((text, intent, slots))
    return found


def _snips(where: str, intent: str, item: Any) -> Utterance:
    """Parts of a text, some with an entity."""
    parts = item.get("data") if isinstance(item, dict) else None
    if not isinstance(parts, list):
        raise InputError(f"{where}: expected an object with 'data', a list.")
    text, slots = "", []
    for part in parts:
        words = part.get("text") if isinstance(part, dict) else None
        if not isinstance(words, str):
            raise InputError(f"{where}: expected parts with a 'text' each.")
        slot = part.get("slot_name") or part.get("entity")
        if slot and words.strip():
            begin = len(text) + len(words) - len(words.lstrip())
            slots.append((begin, begin + len(words.strip()), str(slot)))
        text += words
    return text, intent, slots


# ---- YAML ---------------------------------------------------------------------------------------


def _from_yaml(name: str, content: str) -> list[Utterance]:
    documents = re.split(r"(?m)^---[ \t]*$", content)
    found: list[Utterance] = []
    line = 0
    for document in documents:
        value = read_markup(name, "\n" * line + document)  # so that errors have their lines
        line += document.count("\n")
        if value is not None:
            found += _of_document(name, value)
    return found


def _of_document(name: str, value: Any) -> list[Utterance]:
    if not isinstance(value, dict):
        raise InputError(f"{name}: expected the keys of Rasa, Snips or Home Assistant.")
    if "nlu" in value:
        return _rasa(name, value["nlu"])
    if value.get("type") == "intent":
        return _snips_yaml(name, value)
    if "intents" in value and isinstance(value["intents"], dict):
        return _home_assistant(name, value)
    if "type" in value or "version" in value:
        return []  # of Snips: an entity; of Rasa: stories, rules
    raise InputError(
        f"{name}: expected 'nlu' (Rasa), 'type: intent' (Snips) or 'intents' (Home Assistant)."
    )


def _snips_yaml(name: str, value: dict[str, Any]) -> list[Utterance]:
    intent, utterances = value.get("name"), value.get("utterances")
    if not isinstance(intent, str) or not isinstance(utterances, list):
        raise InputError(f"{name}: an intent needs a name and a list of utterances.")
    found: list[Utterance] = []
    for i, text in enumerate(utterances):
        where = f"{name}, intent {intent!r}, utterance {i}"
        if not isinstance(text, str):
            raise InputError(f"{where}: expected a text.")
        plain, slots = _unmarked(where, text, of_snips=True)
        found.append((plain, intent, slots))
    return found


def _lists(name: str, given: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, entry in (given if isinstance(given, dict) else {}).items():
        words: list[str] = []
        values = entry.get("values") if isinstance(entry, dict) else None
        for value in values if isinstance(values, list) else []:
            word = value.get("in") if isinstance(value, dict) else value
            if not isinstance(word, str):
                raise InputError(f"{name}, list {key!r}: expected words, or 'in' and 'out'.")
            plain = Templates({}, {}).expand(word, f"{name}, list {key!r}", 0)
            words += [text for text, _ in plain]
        limits = entry.get("range") if isinstance(entry, dict) else None
        if isinstance(limits, dict):
            try:
                first, last = int(limits["from"]), int(limits["to"])
            except (KeyError, TypeError, ValueError):
                raise InputError(f"{name}, list {key!r}: a range has 'from' and 'to'.") from None
            step = max(1, (last - first) // 20)
            words += [str(n) for n in range(first, last + 1, step)][:200]
        found[key] = words
    return found


def _rules(name: str, value: dict[str, Any]) -> dict[str, str]:
    rules = value.get("expansion_rules") or {}
    if not isinstance(rules, dict) or not all(isinstance(r, str) for r in rules.values()):
        raise InputError(f"{name}: 'expansion_rules' have to be templates by their names.")
    return rules


def _common(name: str) -> dict[str, Any]:
    """The rules and lists that Home Assistant keeps beside its files of sentences."""
    path = os.path.join(os.path.dirname(name), "_common.yaml")
    if not os.path.isfile(path):
        return {}
    found = read_markup(path, read_text(path))
    return found if isinstance(found, dict) else {}


def _home_assistant(name: str, value: dict[str, Any]) -> list[Utterance]:
    common = _common(name)
    rules = {**_rules(name, common), **_rules(name, value)}
    lists = {**_lists(name, common.get("lists")), **_lists(name, value.get("lists"))}
    templates = Templates(lists, rules)
    found: list[Utterance] = []
    for intent, body in value["intents"].items():
        groups = body.get("data") if isinstance(body, dict) else None
        if not isinstance(groups, list):
            raise InputError(f"{name}, intent {intent!r}: expected 'data', a list.")
        for group in groups:
            sentences = group.get("sentences") if isinstance(group, dict) else None
            if not isinstance(sentences, list):
                raise InputError(f"{name}, intent {intent!r}: expected 'sentences', a list.")
            for template in sentences:
                where = f"{name}, intent {intent!r}"
                if not isinstance(template, str):
                    raise InputError(f"{where}: a sentence has to be a text.")
                found += [
                    (text, intent, slots)
                    for text, slots in templates.expand(template, where, len(found))
                ]
    if templates.absent:
        warn(f"{name}: lists without words are spoken as their names: "
             f"{', '.join(sorted(templates.absent)[:8])}.")  # fmt: skip
    return found
