"""The names of a line's fields: those that count, those that are ignored, and what others may mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ddvoices.catalog.findings import Findings, did_you_mean, quoted
from ddvoices.catalog.tree import Document, Step
from ddvoices.resources import read_schema

NOTE = "note"
# what people call a field that is called otherwise here
_MEANT: Mapping[str, str] = {
    **dict.fromkeys(("file", "filename", "file_name", "path", "output"), "out"),
    **dict.fromkeys(("comment", "comments", "remark"), NOTE),
    **dict.fromkeys(("voice_id", "voiceid", "voicepromptid"), "voice_prompt_id"),
    **dict.fromkeys(("speaker", "character"), "voice"),
}
_FIRST = ("text", "voice", "out")


def line_fields() -> tuple[str, ...]:
    """Return the names of a line's fields."""
    return tuple(read_schema("batch")["$defs"]["line"]["properties"])


def is_ignored(name: str) -> bool:
    """Tell whether a field is for people only: ``note``, and all that begins with ``x-`` or ``x_``."""
    return name == NOTE or name[:2].lower() in {"x-", "x_"}


def meant_field(name: str, fields: Iterable[str]) -> str | None:
    """Return the field that a wrong name stands for without doubt: by another case, or as people call it."""
    folded = name.strip().casefold()
    meant = _MEANT.get(folded, folded)
    return meant if meant in fields else None


def unknown_words(name: str, fields: Sequence[str]) -> str:
    """Return what to do about an unknown field, as the end of a message."""
    meant = meant_field(name, fields)
    if meant is not None:
        return f"; did you mean '{meant}'?"
    best = sorted(fields, key=lambda field: field not in _FIRST)[: len(_FIRST)]
    told = f": use {', '.join(best)}…; {quoted(f'x-{name}', 30)} would be ignored"
    return did_you_mean(name, fields) or told


def drop_unknown(document: Document, findings: Findings) -> None:
    """Take away what is ignored and what is unknown, from the lines and from what is said for all of them.

    ``findings`` gets each unknown field once for all lines, where it stands first.
    """
    data, fields = document.data, line_fields()
    path: tuple[Step, ...] = ()
    if isinstance(data, dict):
        _drop(document, [((), data)], ("version", "defaults", "lines"), findings)
        shared = tuple(read_schema("batch")["$defs"]["defaults"]["properties"])
        _drop(document, [(("defaults",), data.get("defaults"))], shared, findings)
        data, path = data.get("lines"), ("lines",)
    if isinstance(data, list):
        _drop(document, [((*path, index), line) for index, line in enumerate(data)], fields, findings)


def _drop(
    document: Document,
    mappings: Iterable[tuple[tuple[Step, ...], Any]],
    fields: Sequence[str],
    findings: Findings,
) -> None:
    unknown: dict[str, list[tuple[Step, ...]]] = {}
    dropped = []
    for path, mapping in mappings:
        for name in mapping if isinstance(mapping, dict) else ():
            if is_ignored(name) or name not in fields:
                dropped.append((mapping, name))
            if not is_ignored(name) and name not in fields:
                unknown.setdefault(name, []).append((*path, name))
    for name, paths in unknown.items():
        more = f" (and {len(paths) - 1} more like it)" if len(paths) > 1 else ""
        findings.key(document, paths[0], f"unknown field{unknown_words(name, fields)}{more}")
    for mapping, name in dropped:
        mapping.pop(name, None)
