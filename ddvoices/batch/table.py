"""CSV → data with places: RFC 4180, and what spreadsheets make of it (semicolons, tabs, decimal commas)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ddvoices.batch.fields import is_ignored, meant_field, unknown_words
from ddvoices.catalog.findings import Findings, quoted
from ddvoices.catalog.tree import Document, Mark, YamlList, YamlMap

_EXAMPLE = ("text", "voice", "out")
# in the place of a text that isn't there, so that the rest of its row is looked at
_NO_TEXT = "?"
_DELIMITERS = ",;\t"
WHOLE_NUMBERS = frozenset({"seed", "sample_rate"})
_REAL = frozenset({"temperature", "variance", "tempo", "duration", "accent_ratio"})
_TRUTH = frozenset({"prompt_boost"})
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_NUMBER = re.compile(r"[-+]?([0-9]{1,30}(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")


TABLE_BREAK = re.compile("\r\n|[\n\r]")


class _Cell(NamedTuple):
    """A cell's text, and where it begins."""

    text: str
    at: Mark


class _BrokenTable(Exception):  # noqa: N818 - it ends the reading, and its cause is noted
    """The rest of the table can't be read."""

    def __init__(self, message: str, at: Mark) -> None:
        self.message, self.at = message, at
        super().__init__(message)


def read_table(text: str, file: str, fields: Sequence[str], findings: Findings) -> Document:
    """Return a list of the rows, each a mapping of the fields that it has; ``findings`` gets what is wrong.

    Empty cells are not given. ``fields`` are the columns that there may be.
    """
    delimiter = _find_delimiter(text, fields)
    rows = YamlList()
    document = Document(file=file, data=rows, unshown=1)
    try:
        records = (
            cells for cells in _Scanner(text, delimiter).records() if any(cell.text.strip() for cell in cells)
        )
        header = _header(next(records, []), file, fields, findings)
        for cells in records if header else ():
            too_many = _cell_too_many(cells, len(header), delimiter)
            if too_many is not None:  # which cells belong where can't be told
                findings.file_problem(file, *too_many)
                continue
            row = _row(header, cells, delimiter)
            if "text" not in row:
                column = header.index("text")
                at = cells[min(column, len(cells) - 1)].at
                findings.file_problem(file, "no text in this row: fill in its cell, or delete the row", at)
                row["text"] = _NO_TEXT
            rows.append(row)
            rows.items_at.append(cells[0].at)
    except _BrokenTable as error:
        findings.file_problem(file, error.message, error.at)
    return document


def _find_delimiter(text: str, fields: Sequence[str]) -> str:
    """Return what separates the columns of the first line that isn't empty, by the fields that it names."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def known(delimiter: str) -> int:
        names = (cell.strip().strip('"') for cell in first.split(delimiter))
        return sum(is_ignored(name) or meant_field(name, fields) is not None for name in names)

    return max(_DELIMITERS, key=known)


def _header(cells: Sequence[_Cell], file: str, fields: Sequence[str], findings: Findings) -> list[str]:
    """Return the fields of the columns, empty for a column that is ignored; nothing if one is wrong."""
    names = ["" if is_ignored(cell.text.strip()) else cell.text.strip() for cell in cells]
    meant = {meant_field(name, fields) for name in names}
    if not meant & set(fields):
        message = f"no header: name the columns in the first line, such as {','.join(_EXAMPLE)}"
        findings.file_problem(file, message, cells[0].at if cells else None)
        return []
    wrong = [
        (_wrong_column(name, names[:index], fields), cells[index].at) for index, name in enumerate(names)
    ]
    if "text" not in meant:
        wrong.append(("there is no column 'text'", cells[0].at))
    for message, at in wrong:
        if message:
            findings.file_problem(file, message, at)
    return [] if any(message for message, _ in wrong) else names


def _wrong_column(name: str, before: Sequence[str], fields: Sequence[str]) -> str:
    if name in before:
        return f"the column {quoted(name)} stands here twice: remove one" if name in fields else ""
    unknown = name and name not in fields
    return f"no column may be called {quoted(name)}{unknown_words(name, fields)}" if unknown else ""


def _cell_too_many(cells: Sequence[_Cell], width: int, delimiter: str) -> tuple[str, Mark] | None:
    """Return what to say of a cell too many: most likely, a text holds what separates cells."""
    extra = next((cell for cell in cells[width:] if cell.text.strip()), None)
    if extra is None:
        return None
    name = {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
    return (
        f"{len(cells)} cells, and the header has {width}: put text with a {name} in double quotes",
        extra.at,
    )


def _row(header: Sequence[str], cells: Sequence[_Cell], delimiter: str) -> YamlMap:
    row = YamlMap()
    for name, cell in zip(header, cells, strict=False):
        if name and cell.text.strip():
            value = _typed(name, cell.text.strip(), decimal_comma=delimiter != ",")
            row[name] = value
            row.keys_at[name] = cell.at
            row.values_at[name] = (
                cell.at if isinstance(value, str) else cell.at._replace(raw=cell.text.strip())
            )
    return row


def _typed(name: str, text: str, *, decimal_comma: bool) -> object:
    """Return a cell's value by its field's type; text that isn't of that type as it is."""
    if name in _TRUTH:
        return _TRUTHS.get(text.lower(), text)
    if name in WHOLE_NUMBERS and _INTEGER.fullmatch(text):
        return int(text)
    number = text.replace(",", ".", 1) if decimal_comma else text
    if name in _REAL and _NUMBER.fullmatch(number):
        return float(number)
    return text


_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}


_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')


class _Scanner:
    """Cuts a table into cells."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._text, self._delimiter = text, delimiter
        self._plain = re.compile(rf"[^{delimiter}\r\n]*")
        self._position = self._line_start = 0
        self._line = 1

    def records(self) -> Iterator[list[_Cell]]:
        """Yield the cells of each record.

        Raises:
            _BrokenTable: a quote isn't closed, or something follows it.
        """
        while self._position < len(self._text):
            cells = [self._cell()]
            while self._text.startswith(self._delimiter, self._position):
                self._position += 1
                cells.append(self._cell())
            self._end_line()
            yield cells

    def _here(self) -> Mark:
        return Mark(self._line, self._position - self._line_start + 1)

    def _cell(self) -> _Cell:
        at = self._here()
        if not self._text.startswith('"', self._position):
            match = self._plain.match(self._text, self._position)
            content = match[0] if match else ""
            self._position += len(content)
            return _Cell(content, at)
        match = _QUOTED.match(self._text, self._position)
        if match is None:
            raise _BrokenTable("a double quote that isn't closed", at)
        self._position = match.end()
        for found in TABLE_BREAK.finditer(match[1]):
            self._line, self._line_start = self._line + 1, match.start(1) + found.end()
        return _Cell(match[1].replace('""', '"'), at)

    def _end_line(self) -> None:
        ending = self._text[self._position : self._position + 2]
        if ending and ending[0] not in "\r\n":
            message = 'something follows the closing quote: write a quote inside quotes twice, "say ""yes"""'
            raise _BrokenTable(message, self._here())
        self._position += 2 if ending == "\r\n" else 1
        self._line, self._line_start = self._line + 1, self._position
