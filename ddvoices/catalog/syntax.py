"""What is wrong with YAML that can't be parsed, in words that say what to do."""

from __future__ import annotations

import re

import yaml

from ddvoices.catalog.tree import MAX_DEPTH, START, Mark, mark_behind

TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ADVICE = {
    "mapping values are not allowed in this context": "a ':' where no value can stand: "
    "check the indentation, or put the text in quotes",
    "could not find expected ':'": "a line without ':': check the indentation, or put the text in quotes",
    "did not find expected key": "no key where one should stand: check the indentation",
    "did not find expected node content": "a value is missing: is a '[' or a '{' not closed?",
    "found unexpected end of stream": "the file ends inside quotes",
    "did not find expected ',' or ']'": "a '[' that isn't closed",
    "did not find expected ',' or '}'": "a '{' that isn't closed",
    "did not find expected '-' indicator": "no '- ' where a list goes on: check the indentation",
    "found character that cannot start any token": "a character that must stand in quotes",
    # libyaml 0.2.6 looks far ahead in flow collections, and has a limit of its own there
    "exceeded maximum nesting depth": TOO_DEEP,
}


def find_unprintable(text: str) -> tuple[str, Mark] | None:
    """Return what is wrong with the first character that YAML doesn't allow, if any, and its place."""
    found = _UNPRINTABLE.search(text)
    if found is None:
        return None
    at = mark_behind(text[: found.start()])
    if found[0] == "\0":
        return "a NUL byte: save the file as UTF-8 text", at
    return f"the control character U+{ord(found[0]):04X}: remove it", at


def syntax_problem(text: str, error: yaml.MarkedYAMLError) -> tuple[str, Mark]:
    """Return what is wrong with the syntax, and where."""
    plainly = f"not YAML: {error.problem or error.context}"
    found = error.problem_mark or error.context_mark
    if found is None:
        return plainly, START
    lines = text.splitlines() or [""]
    if found.line >= len(lines):  # behind the end, where no editor goes
        index, column = len(lines) - 1, len(lines[-1])
    else:
        index, column = found.line, found.column
    tab = _tab_near(lines[index], column)
    if tab is not None:
        return "a tab can't indent YAML: use spaces", Mark(index + 1, tab + 1)
    message = _ADVICE.get(error.problem or "", plainly)
    if error.context_mark and error.context_mark.line < index:
        message += f" (in what begins at line {error.context_mark.line + 1})"
    return message, Mark(index + 1, column + 1)


def _tab_near(line: str, column: int) -> int | None:
    """Return the column of a tab in the indentation, or at ``column``."""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation:
        return indentation.index("\t")
    return column if line[column : column + 1] == "\t" else None
