"""Text that comes from outside, made harmless for a terminal."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

# what turns text around or hides it, and what ends a line for a terminal
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINERS = frozenset("‌‍")  # scripts such as Persian and Hindi need them


def printable(text: str) -> str:
    """Return ``text`` with what could steer a terminal, or turn or hide text, written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def json_text(document: Any) -> str:
    """Return a document as JSON, readable and harmless: what isn't printable is written as an escape.

    So is half of a surrogate pair, which no file and no terminal can hold.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(c if c.isascii() or c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HARMFUL:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
