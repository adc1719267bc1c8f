"""Checking a document against its schema, in our own words.

What is right, as most documents are, is told without jsonschema; it is asked for what may be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ddvoices.catalog.findings import Findings, did_you_mean, quoted
from ddvoices.catalog.quick import compiled, surely_right
from ddvoices.catalog.tree import Document, Mark, Step, Timestamp
from ddvoices.resources import read_schema

if TYPE_CHECKING:
    from jsonschema import ValidationError

Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Something wrong at ``path``: the key at its end, or the value."""

    path: Path
    message: str
    is_key: bool = False


def check_schema(document: Document, schema: str, findings: Findings) -> frozenset[Path]:
    """Check ``document`` against a schema by name; return the paths that are wrong."""
    if _right(schema)(document.data):
        return frozenset()
    wrongs = {
        wrong for error in _validator(schema).iter_errors(document.data) for wrong in _words(document, error)
    }
    for wrong in wrongs:
        (findings.key if wrong.is_key else findings.value)(document, wrong.path, wrong.message)
    return frozenset(wrong.path for wrong in wrongs)


@cache
def _right(name: str) -> Callable[[Any], bool]:
    return surely_right(read_schema(name))


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    strict: Any = extend(Draft202012Validator, {"pattern": _check_pattern})  # type: ignore[no-untyped-call]
    return strict(read_schema(name))


def _check_pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not compiled(pattern).search(instance):
        yield ValidationError("pattern")


def _words(document: Document, error: ValidationError) -> Iterator[_Wrong]:
    """Say in our words what jsonschema has found."""
    path: Path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        message = f"{quoted(str(error.instance))} {_rule_of_text(error)}"
        yield _Wrong((*path, str(error.instance)), message, is_key=True)
    elif error.validator == "additionalProperties":
        yield from _unknown_fields(path, error)
    elif error.validator == "required":
        yield from _missing_fields(path, error)
    elif error.validator == "uniqueItems":
        yield from _repeated_items(path, error)
    else:
        mark = document.value_at(path)
        yield _Wrong(path, _WORDS.get(str(error.validator), _fallback)(error, mark))


def _unknown_fields(path: Path, error: ValidationError) -> Iterator[_Wrong]:
    known = list(_schema_of(error).get("properties", {}))
    for field in _instance(error):
        if field not in known:
            hint = did_you_mean(field, known) or f"; there are {', '.join(known)}"
            yield _Wrong((*path, field), f"unknown field{hint}", is_key=True)


def _missing_fields(path: Path, error: ValidationError) -> Iterator[_Wrong]:
    properties = _schema_of(error).get("properties", {})
    for field in error.validator_value if isinstance(error.validator_value, list) else ():
        if field not in _instance(error):
            examples = properties.get(field, {}).get("examples", ())
            example = f", such as '{field}: {examples[0]}'" if examples else ""
            yield _Wrong(path, f"'{field}' is missing: give it{example}", is_key=True)


def _repeated_items(path: Path, error: ValidationError) -> Iterator[_Wrong]:
    seen: set[str] = set()
    for index, item in enumerate(_instance(error)):
        if repr(item) in seen:
            yield _Wrong((*path, index), f"{quoted(str(item))} stands here twice: remove one")
        seen.add(repr(item))


def _instance(error: ValidationError) -> Any:
    return error.instance


def _schema_of(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _wrong_type(error: ValidationError, mark: Mark) -> str:
    expected: Any = error.validator_value
    names: list[str] = [expected] if isinstance(expected, str) else list(expected)
    wanted = " or ".join(_TYPES[name] for name in names if name != "null")
    if error.instance is None:
        return f"is empty: give {wanted}" + (", or leave the field out" if error.absolute_path else "")
    return (
        f"{_shown(error.instance, mark)}, and {wanted} is wanted{_as_is_wanted(names, error.instance, mark)}"
    )


def _as_is_wanted(names: Sequence[str], instance: Any, mark: Mark) -> str:
    """Say how to write a value that is meant for another type."""
    if mark.raw is not None and "string" in names:
        return f": write it in quotes, {quoted(mark.raw)}"
    if names == ["array"] and isinstance(instance, str):
        items = ", ".join(instance.replace(",", " ").split())
        if len(items) <= _LONGEST_ADVICE and items.isprintable():
            return f": write [{items}]"
    return ""


def _wrong_choice(error: ValidationError, mark: Mark) -> str:
    choices = error.validator_value if isinstance(error.validator_value, list) else []
    return (
        f"{_value(error.instance, mark)} is not one of {', '.join(map(repr, choices))}"
        f"{_near_choice(error.instance, choices)}"
    )


def _near_choice(value: object, choices: Sequence[object]) -> str:
    """Say which choice a text is near to, or that it is a number in quotes."""
    if not isinstance(value, str):
        return ""
    if value in {str(choice) for choice in choices if not isinstance(choice, str)}:
        return ": write it without quotes"
    return did_you_mean(value, [choice for choice in choices if isinstance(choice, str)])


def _wrong_text(error: ValidationError) -> str:
    text = str(error.instance)
    if not text.strip():
        return "is empty: give text (an optional field may be left out)"
    return f"{quoted(text)} {_rule_of_text(error)}"


def _rule_of_text(error: ValidationError) -> str:
    return str(_schema_of(error).get("patternErrorMessage", "has a form that is not allowed"))


def _fallback(error: ValidationError, mark: Mark) -> str:
    return f"{_value(error.instance, mark)} breaks the rule {error.validator}: {error.validator_value}"


_LONGEST_ADVICE = 60
_WORDS: Mapping[str, Callable[[ValidationError, Mark], str]] = {
    "type": _wrong_type,
    "enum": _wrong_choice,
    "const": lambda e, mark: (
        f"{_value(e.instance, mark)} is not {e.validator_value!r}, the only one there is"
    ),
    "pattern": lambda e, _: _wrong_text(e),
    "minLength": lambda _, __: "is empty: give a value, or leave the field out",
    "maxLength": lambda e, _: (
        f"is {len(str(e.instance))} characters long: at most {e.validator_value} are allowed"
    ),
    "minimum": lambda e, mark: (
        f"{_value(e.instance, mark)} is too low: at least {e.validator_value} is wanted"
    ),
    "maximum": lambda e, mark: (
        f"{_value(e.instance, mark)} is too high: at most {e.validator_value} is wanted"
    ),
    "exclusiveMinimum": lambda e, mark: (
        f"{_value(e.instance, mark)} is too low: more than {e.validator_value} is wanted"
    ),
    "minItems": lambda _, __: "is an empty list: name at least one, or leave the field out",
}
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of fields",
}


def _value(instance: Any, mark: Mark) -> str:
    """Return a value as it was written, cut if it is long."""
    if mark.raw is not None:
        return quoted(mark.raw)[1:-1] or "nothing"
    return quoted(instance) if isinstance(instance, str) else _shown(instance, mark)


def _shown(instance: Any, mark: Mark) -> str:
    """Return a value and what it is: ``12 is a number``."""
    match instance:
        case bool():
            kind = "a boolean"
        case int() | float():
            kind = "a number"
        case Timestamp():
            kind = "a date"
        case list():
            return "is a list"
        case dict():
            return "is a mapping"
        case _:
            kind = "text"
    return f"{_value(instance, mark)} is {kind}"
