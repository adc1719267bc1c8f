"""What must hold of any bytes that are taken for YAML, or for the files of a catalog."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml
from counting import calls_of

from ddvoices.catalog.files import decode
from ddvoices.catalog.findings import Findings
from ddvoices.catalog.reader import MAX_ALIASED, read_yaml
from ddvoices.catalog.tree import MAX_DEPTH, Document, Mark, YamlList, YamlMap

_NAME = "voices/a.yaml"
MAX_READ = MAX_ALIASED + 10_000
"""Inputs have fewer values, but for those behind aliases."""

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# They know the structure and leave every value as it is written. The second shares no code with ours, and is
# a little stricter.
_OTHER_READERS = (getattr(yaml, "CBaseLoader", yaml.BaseLoader), yaml.BaseLoader)


def lines_of(text: str) -> list[str]:
    """Return the lines of a file as YAML counts them."""
    return _BREAK.split(text.removeprefix("\ufeff"))


def check_yaml(data: bytes) -> None:
    """Whatever a file holds, it is read as others read it, or what is wrong with it has a place in it."""
    findings = Findings()
    text = decode(data, _NAME, findings)
    if text is None:
        assert len(findings.problems) == 1
        _has_places(data.decode("utf-8", "replace"), findings)
        return
    document = read_yaml(text, _NAME, findings)
    _has_places(text, findings)
    assert calls_of(lambda: read_yaml(text, _NAME, Findings())) <= 1_000 + 60 * len(text)
    if findings.problems:
        return
    assert document is not None
    _knows_where_everything_stands(document, lines_of(text))
    same, stricter = _OTHER_READERS
    written = _as_written(document.data, document.at)
    try:
        assert written == _read_by(same, text)
    except yaml.composer.ComposerError as error:  # YAML lets a later anchor take the place of an earlier one
        assert "duplicate anchor" in str(error)  # noqa: PT017 - whether there is an error is told by nothing else
    with suppress(yaml.YAMLError):
        assert written == _read_by(stricter, text)


def _has_places(text: str, findings: Findings) -> None:
    """Everything that is wrong is on a line that is there, and is said in one line."""
    lines = lines_of(text)
    for problem in findings.problems:
        assert problem.file == _NAME
        assert 1 <= problem.line <= len(lines), problem
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem
        assert str(problem).isprintable(), problem


def _read_by(reader: Any, text: str) -> object:
    return yaml.load(text, Loader=reader)  # noqa: S506 - it makes texts, lists and mappings, nothing else


def _as_written(value: object, mark: Mark) -> object:
    """Return a value with every scalar as it was written."""
    if isinstance(value, YamlMap):
        return {key: _as_written(each, value.values_at[key]) for key, each in value.items()}
    if isinstance(value, YamlList):
        return [_as_written(each, at) for each, at in zip(value, value.items_at, strict=True)]
    return value if isinstance(value, str) else mark.raw


def _knows_where_everything_stands(document: Document, lines: list[str]) -> None:
    """At the place of each scalar that isn't text stands what was written, or what gives it a name."""
    for value, mark in _everything_in(document):
        assert mark.line <= len(lines)
        rest = lines[mark.line - 1][mark.column - 1 :]
        if isinstance(value, YamlMap):
            assert value.keys() == value.keys_at.keys() == value.values_at.keys()
        elif mark.raw and not isinstance(value, str):
            first, *_ = mark.raw.split()  # a date may go on in the next line
            assert rest.startswith((first, "&", "*")), (value, mark)
        else:
            assert not value or rest.strip(), (value, mark)


def _everything_in(document: Document) -> Iterator[tuple[object, Mark]]:
    """Yield all keys and values; they are so many and so deep as may be."""
    waiting: list[tuple[object, Mark, int]] = [(document.data, document.at, 0)]
    for count in itertools.count():
        if not waiting:
            return
        value, mark, depth = waiting.pop()
        assert count <= MAX_READ
        assert depth <= MAX_DEPTH
        if isinstance(value, YamlMap):
            waiting += [(each, value.values_at[key], depth + 1) for key, each in value.items()]
            waiting += [(key, at, depth + 1) for key, at in value.keys_at.items()]
        elif isinstance(value, YamlList):
            waiting += [(each, at, depth + 1) for each, at in zip(value, value.items_at, strict=True)]
        yield value, mark
