"""Taking a key out of a text, however it is written there: plain, escaped, quoted, in base64 or hex."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import lru_cache

HIDDEN = "***"
"""What stands in a key's place."""

_LONG_ENOUGH = 6
# Escapes of one character, and escapes of escapes: of JSON and Python, URLs, HTML.
_ESCAPE = re.compile(
    r"\\+(?:u00([0-9a-f]{2})|x([0-9a-f]{2}))?"
    r"|%(?:25)*([0-9a-f]{2})"
    r"|&(?:amp;)*(?:#x0{0,6}([0-9a-f]{2});|#0{0,6}([0-9]{2,3});|(amp|lt|gt|quot|apos);)",
    re.IGNORECASE | re.ASCII,
)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_OF_BASE64 = re.compile(r"[A-Za-z0-9+/_=-]", re.ASCII)


def hidden(text: str, key: str) -> str:
    """Return a text without the key; an empty key hides nothing."""
    if not key or not text:
        return text
    plain, starts = _decoded(text)
    pieces, position = [], 0
    for first, last in _spans(plain, key):
        if starts[first] >= position:
            pieces += [text[position : starts[first]], HIDDEN]
        position = max(position, starts[last])
    return "".join((*pieces, text[position:]))


def _decoded(text: str) -> tuple[str, list[int]]:
    """Return a text with its escapes undone and without backslashes, and where each character of that begins.

    A key that holds what looks like an escape is decoded, too, where it stands as it is.
    """
    chars: list[str] = []
    starts: list[int] = []
    position = 0
    for match in _ESCAPE.finditer(text):
        chars += text[position : match.start()]
        starts += range(position, match.start())
        char = _char_of(match)
        if char != "\\":
            chars.append(char)
            starts.append(match.start())
        position = match.end()
    chars += text[position:]
    starts += range(position, len(text) + 1)
    return "".join(chars), starts


def _char_of(match: re.Match[str]) -> str:
    """Return the character that an escape stands for."""
    unicode, byte, quoted, number, decimal, name = match.groups()
    if name:
        return _NAMED[name.lower()]
    if decimal:
        return chr(int(decimal))
    digits = unicode or byte or quoted or number
    return chr(int(digits, 16)) if digits else "\\"


def _spans(plain: str, key: str) -> Iterator[tuple[int, int]]:
    """Yield where the key stands in a decoded text, in order; one may begin within another."""
    found = set()
    for needle, is_base64 in _needles(key):
        first = plain.find(needle)
        while first >= 0:
            last = first + len(needle)
            # the digits before and after hold some of its bits
            before = is_base64 and first > 0 and _OF_BASE64.match(plain, first - 1) is not None
            after = is_base64 and _OF_BASE64.match(plain, last) is not None
            found.add((first - before, last + after))
            first = plain.find(needle, last)
    yield from sorted(found)


@lru_cache(maxsize=16)
def _needles(key: str) -> tuple[tuple[str, bool], ...]:
    """Return what a key looks like in a decoded text, and whether that is base64."""
    data, plain = key.encode(), dict.fromkeys((_decoded(key)[0], key.replace("\\", "")))
    coded = [_base64(data, before) for before in range(3)]
    coded += [digits.translate(str.maketrans("+/", "-_")) for digits in coded]
    long = [(digits, True) for digits in dict.fromkeys(coded)]
    long += [(data.hex(), False), (data.hex().upper(), False)]
    long = [each for each in long if len(each[0]) >= _LONG_ENOUGH]
    return (*((each, False) for each in plain if each), *long)


def _base64(data: bytes, before: int) -> str:
    """Return the digits that stand for these bytes alone, where so many others precede them."""
    digits = base64.b64encode(bytes(before) + data).decode()
    return digits[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
