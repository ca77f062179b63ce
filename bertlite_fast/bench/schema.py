"""Checks a value against a JSON Schema, as far as schema.json uses the language.

The package depends on nothing, and a board that reads a file has to know that it can rely on it.
A keyword that this does not know is an error, so that a schema never promises what is not checked.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
NOTES = {"$schema", "$id", "$defs", "title", "description"}
MOST_PROBLEMS = 20


def problems(value: Any, schema: dict[str, Any]) -> list[str]:
    """What is wrong with the value, as "at results.3.unit: ...", the first ones."""
    found: list[str] = []
    _check(value, schema, schema, "", found)
    return found


def _check(value: Any, rule: dict[str, Any], root: dict[str, Any], at: str, out: list[str]) -> None:
    if "$ref" in rule:
        name = rule["$ref"].rpartition("/")[2]
        _check(value, root["$defs"][name], root, at, out)
        return
    for keyword, wanted in rule.items():
        if len(out) >= MOST_PROBLEMS:
            return
        if keyword not in NOTES:
            problem = _KEYWORDS[keyword](value, wanted, rule)
            if problem:
                out.append(f"at {at or 'the top'}: {problem}")
    if isinstance(value, dict):
        known, others = rule.get("properties", {}), rule.get("additionalProperties")
        for name, item in value.items():
            part = known.get(name, others if isinstance(others, dict) else None)
            if part is not None:
                _check(item, part, root, f"{at}.{name}".lstrip("."), out)
    if isinstance(value, list) and "items" in rule:
        for i, item in enumerate(value):
            if len(out) >= MOST_PROBLEMS:
                return
            _check(item, rule["items"], root, f"{at}.{i}".lstrip("."), out)


def _type(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    names = [wanted] if isinstance(wanted, str) else wanted
    for name in names:
        if isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool)):
            return None
    return f"expected {' or '.join(names)}, got {type(value).__name__}"


def _enum(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    return None if value in wanted else f"expected one of {', '.join(map(str, wanted))}"


def _const(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    return None if value == wanted else f"expected {wanted!r}"


def _required(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    missing = [n for n in wanted if n not in value] if isinstance(value, dict) else []
    return f"{missing[0]!r} is missing" if missing else None


def _additional(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    if wanted is not False or not isinstance(value, dict):
        return None
    unknown = [name for name in value if name not in rule.get("properties", {})]
    return f"{unknown[0]!r} is not known" if unknown else None


def _pattern(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    wrong = isinstance(value, str) and not re.search(wanted, value)
    return f"{str(value)[:40]!r} does not match {wanted}" if wrong else None


def _minimum(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    wrong = isinstance(value, (int, float)) and value < wanted
    return f"expected {wanted} or more" if wrong else None


def _min_items(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    wrong = isinstance(value, list) and len(value) < wanted
    return f"expected {wanted} items or more" if wrong else None


def _max_length(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    wrong = isinstance(value, str) and len(value) > wanted
    return f"expected at most {wanted} characters" if wrong else None


def _nothing(value: Any, wanted: Any, rule: dict[str, Any]) -> str | None:
    return None


_KEYWORDS = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "additionalProperties": _additional,
    "pattern": _pattern,
    "minimum": _minimum,
    "minItems": _min_items,
    "maxLength": _max_length,
    "properties": _nothing,
    "items": _nothing,
}
