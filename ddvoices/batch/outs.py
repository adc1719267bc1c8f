"""The files of a script's lines, by name alone: below the output directory, and no two in one place."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from ddvoices.batch.state import STATE_NAME
from ddvoices.catalog.findings import Findings, place, quoted
from ddvoices.catalog.tree import Document, Step

NOT_UTF8 = "holds half of a surrogate pair, which is no character: remove it"
_LONGEST_NAME = 255
# whole_file writes beside a file first, under its name and a little more
_LONGEST_PATH = 3000


def clean_out(out: str) -> str:
    """Return a path in the one form in which it is compared and remembered."""
    return os.path.normpath(out)


def is_utf8(text: str) -> bool:
    """Tell whether a text can be sent and written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def out_problem(out: str) -> str | None:
    """Say why a path can't be a file below the output directory, if it can't."""
    if not is_utf8(out):
        return NOT_UTF8
    path = PurePosixPath(out)
    if path.is_absolute() or ".." in path.parts:
        return "leads out of the output directory: give a path below it"
    if out.endswith("/") or not path.parts:
        return "is no file: give it a name"
    if any(len(part.encode()) > _LONGEST_NAME for part in path.parts) or len(out) > _LONGEST_PATH:
        return f"is too long: a name has at most {_LONGEST_NAME} bytes"
    if path.parts[0] == STATE_NAME:
        return "is where the batch remembers what it has done: choose another name"
    return None


def check_outs(outs: Sequence[tuple[str, tuple[Step, ...]]], document: Document, findings: Findings) -> None:
    """Find files that are in each other's place, also where upper and lower case are one."""
    first: dict[str, tuple[str, tuple[Step, ...]]] = {}
    for out, path in outs:
        other, other_path = first.setdefault(_folded(out), (out, path))
        if other_path != path:
            same = "" if other == out else f" (as {quoted(other)}: some systems take them for one)"
            where = place(document, other_path)
            _tell(document, path, f"{quoted(out)} is made by the line at {where} too{same}", findings)
    for out, path in outs:
        for folder in PurePosixPath(_folded(out)).parents:
            if str(folder) in first:
                other, other_path = first[str(folder)]
                where = place(document, other_path)
                message = f"{quoted(other)} can't be a folder: it is the file of the line at {where}"
                _tell(document, path, message, findings)


def _folded(out: str) -> str:
    return unicodedata.normalize("NFC", out).casefold()


def _tell(document: Document, path: tuple[Step, ...], message: str, findings: Findings) -> None:
    findings.value(document, (*path, "out"), message)
