"""Whether data is right by a schema, told fast: what is sure to be right needs no words.

Only the keywords that our schemas use are known. Whatever else there is counts as unsure, and jsonschema,
which takes eight times as long, has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

_Check = Callable[[Any], bool]
_Schema = Mapping[str, Any]

# what demands nothing by itself; the last is looked at with the properties
_NOTES = frozenset(
    {"$schema", "$id", "$defs", "title", "description", "default", "examples"}
    | {"patternErrorMessage", "additionalProperties"}
)
_TYPES: Mapping[str, _Check] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}


def surely_right(schema: _Schema) -> Callable[[Any], bool]:
    """Return what tells whether a value is right by ``schema``; false where it may be wrong."""
    return _whole(schema, schema)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as ECMAScript means it, whose ``$`` doesn't look past a last line break."""
    return re.compile(pattern.replace("$", r"\Z"))


def _whole(schema: Any, root: _Schema) -> _Check:
    """Return the check of everything that a schema says."""
    if not isinstance(schema, dict):
        return lambda _: schema is True
    checks = [_KEYWORDS.get(word, _unsure)(schema, root) for word in schema if word not in _NOTES]
    if "additionalProperties" in schema and "properties" not in schema:
        checks.append(_properties(schema, root))
    return checks[0] if len(checks) == 1 else lambda value: all(check(value) for check in checks)


def _unsure(_: _Schema, __: _Schema) -> _Check:
    return lambda _: False


def _type(schema: _Schema, _: _Schema) -> _Check:
    named = schema["type"]
    kinds = [_TYPES[name] for name in ([named] if isinstance(named, str) else named)]
    return kinds[0] if len(kinds) == 1 else lambda value: any(kind(value) for kind in kinds)


def _reference(schema: _Schema, root: _Schema) -> _Check:
    """Return the check of what ``#/a/b`` names."""
    target: Any = root
    for step in schema["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return _whole(target, root)


def _properties(schema: _Schema, root: _Schema) -> _Check:
    """Return the check of each field: by its own schema, else by the one for all others."""
    known = {name: _whole(inner, root) for name, inner in schema.get("properties", {}).items()}
    other = _whole(schema.get("additionalProperties", True), root)

    def check(value: Any) -> bool:
        return not isinstance(value, dict) or all(known.get(name, other)(value[name]) for name in value)

    return check


def _required(schema: _Schema, _: _Schema) -> _Check:
    names = frozenset(schema["required"])
    return lambda value: not isinstance(value, dict) or names <= value.keys()


def _property_names(schema: _Schema, root: _Schema) -> _Check:
    right = _whole(schema["propertyNames"], root)
    return lambda value: not isinstance(value, dict) or all(map(right, value))


def _items(schema: _Schema, root: _Schema) -> _Check:
    right = _whole(schema["items"], root)
    return lambda value: not isinstance(value, list) or all(map(right, value))


def _unique(schema: _Schema, _: _Schema) -> _Check:
    """Return a check that is sure of lists of text only."""

    def check(value: Any) -> bool:
        if not schema["uniqueItems"] or not isinstance(value, list):
            return True
        return all(isinstance(item, str) for item in value) and len(set(value)) == len(value)

    return check


def _enum(schema: _Schema, _: _Schema) -> _Check:
    words = frozenset(word for word in schema["enum"] if isinstance(word, str))
    return lambda value: isinstance(value, str) and value in words


def _const(schema: _Schema, _: _Schema) -> _Check:
    wanted = schema["const"]
    return lambda value: type(value) is type(wanted) and value == wanted


def _pattern(schema: _Schema, _: _Schema) -> _Check:
    found = compiled(schema["pattern"]).search
    return lambda value: not isinstance(value, str) or found(value) is not None


def _bound(word: str, sized: type | tuple[type, ...], fits: Callable[[Any, Any], bool]) -> Any:
    """Return what makes checks of one bound on values of a kind."""

    def make(schema: _Schema, _: _Schema) -> _Check:
        limit = schema[word]
        return lambda value: not isinstance(value, sized) or fits(value, limit)

    return make


_NUMBER = (int, float)
_KEYWORDS: Mapping[str, Callable[[_Schema, _Schema], _Check]] = {
    "type": _type,
    "$ref": _reference,
    "properties": _properties,
    "required": _required,
    "propertyNames": _property_names,
    "items": _items,
    "uniqueItems": _unique,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minimum": _bound("minimum", _NUMBER, lambda value, limit: value >= limit),
    "maximum": _bound("maximum", _NUMBER, lambda value, limit: value <= limit),
    "exclusiveMinimum": _bound("exclusiveMinimum", _NUMBER, lambda value, limit: value > limit),
    "minLength": _bound("minLength", str, lambda value, limit: len(value) >= limit),
    "maxLength": _bound("maxLength", str, lambda value, limit: len(value) <= limit),
    "minItems": _bound("minItems", list, lambda value, limit: len(value) >= limit),
}
