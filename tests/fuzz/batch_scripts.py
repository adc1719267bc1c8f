"""What must hold of a script for a batch, whatever its bytes are and whichever format they are taken for."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from counting import calls_of
from fuzz.yaml_files import lines_of

from ddvoices.batch.script import Cast, Line, ScriptFormat, open_script
from ddvoices.errors import Problem, ScriptError

_CAST = Cast(region="us", locales={"ada": "en-GB", "bob": "de-DE"}, elsewhere={"abroad": ("eu", "uk")})
_GIVEN = {"model": "dd-etts-2.5", "locale": None}
_NAME = "script"
_BREAKS = {ScriptFormat.CSV: re.compile("\r\n|[\n\r]"), ScriptFormat.JSONL: re.compile("\n")}


class _Told(NamedTuple):
    lines: tuple[Line, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def check_batch(data: bytes) -> None:
    """Whatever a script holds, the end is lines to speak or a ScriptError, the same each time.

    Its first line names the format; else it is taken for each of them.
    """
    named, _, content = data.partition(b"\n")
    forms = [form for form in ScriptFormat if form.encode() == named]
    for form in forms or ScriptFormat:
        _check(content if forms else data, form)


def _check(data: bytes, form: ScriptFormat) -> None:
    told = _read(data, form)
    assert calls_of(lambda: _read(data, form)) <= 10_000 + 200 * len(data)
    assert _read(data, form) == told
    assert all(warning.isprintable() for warning in told.warnings)
    _have_places(told.problems, data.decode("utf-8", "replace"), form)
    _can_be_spoken(told.lines)
    _are_the_same_in_each_format(told.lines)


def _read(data: bytes, form: ScriptFormat) -> _Told:
    try:
        script = open_script(data, _NAME, form, _GIVEN)
        lines = script.lines(_CAST)
    except ScriptError as error:
        problems, said = error.problems, str(error)
    else:
        return _Told(lines, script.warning_lines())
    assert len(said.splitlines()) == len(problems) == len(set(problems)) > 0
    return _Told(problems=problems)


def _have_places(problems: Sequence[Problem], text: str, form: ScriptFormat) -> None:
    """Everything that is wrong is on a line that is there, and is said in one line."""
    breaks = _BREAKS.get(form)
    lines = breaks.split(text.removeprefix("\ufeff")) if breaks else lines_of(text)
    for problem in problems:
        assert str(problem).isprintable(), problem
        assert problem.file == _NAME
        assert 0 <= problem.line <= len(lines), problem
        assert problem.line == 0 or 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem


def _can_be_spoken(lines: Sequence[Line]) -> None:
    """Each line has a text, one voice and a file of its own below the directory."""
    outs = [unicodedata.normalize("NFC", line.out).casefold() for line in lines]
    assert len(set(outs)) == len(outs)
    for line in lines:
        path = PurePosixPath(line.out)
        assert not path.is_absolute()
        assert path.parts
        assert ".." not in path.parts
        assert line.text == line.text.strip() != ""
        assert (line.voice is None) is not (line.voice_id is None)
        assert line.voice in {None, *_CAST.locales}
        assert line.speech["locale"].strip()
        json.dumps(line.speech, allow_nan=False).encode()


def _are_the_same_in_each_format(lines: Sequence[Line]) -> None:
    """Write what was read as each of the formats, and read the same again."""
    if not lines:
        return
    rows = [_fields(line) for line in lines]
    for form, written in (
        (ScriptFormat.JSONL, "\n".join(map(json.dumps, rows))),
        (ScriptFormat.YAML, _as_yaml(rows)),
        (ScriptFormat.CSV, _as_table(rows)),
    ):
        again = _read(written.encode(), form)
        assert [_fields(line) for line in again.lines] == rows, (form, again.problems)


def _fields(line: Line) -> dict[str, Any]:
    """Return a line as it is written; spaces around a cell say nothing, so no other format's do here."""
    voice = {"voice": line.voice} if line.voice else {"voice_prompt_id": line.voice_id}
    fields = {"text": line.text, "out": line.out, **voice, **line.speech}
    return {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}


def _as_yaml(rows: Sequence[Mapping[str, Any]]) -> str:
    text = json.dumps(rows, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text)


def _as_table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name, "")) for name in names] for row in rows)
    return file.getvalue()


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
