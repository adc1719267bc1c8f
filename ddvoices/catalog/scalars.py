"""What a plain YAML scalar means: the core schema of YAML 1.2, so that ``no`` and ``1_000`` are text."""

from __future__ import annotations

import re
from collections.abc import Callable

from ddvoices.catalog.tree import Timestamp

Scalar = str | int | float | bool | Timestamp | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Not of the core schema, but YAML 1.1 and many tools make a date of it: better to ask for quotes.
_TIMESTAMP = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(([Tt]|[ \t]+)[0-9]{1,2}:.*)?"
# An integer that is longer than any field may hold is read as a float: Python refuses to convert huge ones.
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], Scalar]], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"[-+]?[0-9]{1,30}", int),
        (r"0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}", lambda text: int(text, 0)),
        (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
        (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", lambda text: float(text.replace(".", "", 1))),
        (_TIMESTAMP, Timestamp),
    )
)


def plain_scalar(text: str) -> Scalar:
    """Return what an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "+-.0123456789":  # most texts begin otherwise, and are not tried against every pattern
        for pattern, meaning in _NUMBERS:
            if pattern.fullmatch(text):
                return meaning(text)
    return text
