"""JSON Lines → data with places: an object a line, and no line is read in vain because of another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ddvoices.catalog.findings import Findings, quoted
from ddvoices.catalog.tree import Document, Mark, YamlList, YamlMap

LINE_BREAK = re.compile("\n")  # text may hold other line separators
_SPACE = " \t\r"


class _BrokenLine(Exception):  # noqa: N818 - it ends one line's reading
    """A line isn't what it should be, at an offset."""

    def __init__(self, message: str, offset: int) -> None:
        self.message, self.offset = message, offset
        super().__init__(message)


def read_json_lines(text: str, file: str, findings: Findings) -> Document:
    """Return a list of the objects; ``findings`` gets each line that is none."""
    lines = YamlList()
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        start = len(line) - len(line.lstrip(_SPACE))
        if not line.strip(_SPACE):
            continue
        try:
            lines.append(_read_object(line, start, number))
        except _BrokenLine as error:
            findings.file_problem(file, error.message, Mark(number, error.offset + 1))
        else:
            lines.items_at.append(Mark(number, start + 1))
    return Document(file=file, data=lines, unshown=1)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _read_object(line: str, start: int, number: int) -> YamlMap:
    """Return the one object of a line, whose members are read one by one for their places."""
    if line[start] != "{":
        raise _BrokenLine('a line must be a JSON object, such as {"text": "Hello"}', start)
    found, end = YamlMap(), start
    for key, at, value, value_at, after in _members(line, start):
        if key in found:
            raise _BrokenLine(f"{quoted(key)} stands here twice: remove one", at)
        raw = None if isinstance(value, str | dict | list) else line[value_at:after]
        found[key] = value
        found.keys_at[key] = Mark(number, at + 1)
        found.values_at[key] = Mark(number, value_at + 1, raw)
        end = after
    end = _skip(line, line.index("}", end)) + 1
    rest = _skip(line, end)
    if rest < len(line):
        raise _BrokenLine("something follows the object: give each a line of its own", rest)
    return found


def _members(line: str, start: int) -> Iterator[tuple[str, int, object, int, int]]:
    """Yield each member's key and its offset, its value and where that begins and ends."""
    position = _skip(line, start + 1)
    if line[position : position + 1] == "}":
        return
    while True:
        at = position
        if line[at : at + 1] != '"':
            raise _BrokenLine("not JSON: a key in double quotes is wanted here", at)
        key, position = _value(line, at)
        value_at = _skip(line, _expect(line, _skip(line, position), ":"))
        value, position = _value(line, value_at)
        yield key, at, value, value_at, position
        position = _skip(line, position)
        if line[position : position + 1] == "}":
            return
        position = _skip(line, _expect(line, position, ","))


def _value(line: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(line, at)
    except json.JSONDecodeError as error:
        raise _BrokenLine(f"not JSON: {error.msg}", error.pos) from error
    except RecursionError as error:
        raise _BrokenLine("nested too deeply", at) from error
    except ValueError as error:  # NaN, or a number of thousands of digits
        raise _BrokenLine(f"not JSON: {error}", at) from error


def _expect(line: str, position: int, character: str) -> int:
    if line[position : position + 1] != character:
        what = "the line ends" if position >= len(line) else quoted(line[position])
        raise _BrokenLine(f"not JSON: {what} where '{character}' is wanted", position)
    return position + 1


def _skip(line: str, position: int) -> int:
    while position < len(line) and line[position] in _SPACE:
        position += 1
    return position
