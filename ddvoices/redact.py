"""Taking a key out of a text, however it is written there: plain, escaped, quoted, in base64 or hex."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

HIDDEN = "***"
"""What stands in a key's place."""

_LONG_ENOUGH = 6  # for what may be found in other texts by chance, too
_PART = 9  # characters of a key that are not to be shown where it is cut off
# Escapes of one character, and escapes of escapes: of JSON and Python, URLs, HTML (which needs no semicolon).
_ESCAPE = re.compile(
    r"\\+(?:u00([0-9a-f]{2})|x([0-9a-f]{2}))?"
    r"|%(?:25)*([0-9a-f]{2})"
    r"|&(?:amp;)*(?:#x0{0,6}([0-9a-f]{2})|#0{0,6}([0-9]{2,3})|(amp|lt|gt|quot|apos));?",
    re.IGNORECASE | re.ASCII,
)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# What a key may be escaped by, and plain text needn't be.
_ESCAPED = re.compile(r"\\u00[2-7]|\\x[2-7]|%(?:25)*[2-7]|&(?:amp;)*(?:#|amp|lt|gt|quot|apos)", re.IGNORECASE)
_NO_ID = 16  # characters; a shorter key, such as an emulator's, may stand in an id by chance
_OF_BASE64 = re.compile(r"[A-Za-z0-9+/_=-]", re.ASCII)


_had: dict[str, None] = {}


def remember(key: str) -> None:
    """Remember a key that this process has, for what is said by somebody who doesn't know which it was."""
    _had[key] = None


def without_keys(text: str) -> str:
    """Return a text without any of the keys that are remembered."""
    for key in tuple(_had):  # another thread may be reading one
        text = hidden(text, key)
    return text


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


def may_hold(text: str, key: str) -> bool:
    """Tell whether a long text may hold a key, in far less time than it takes to hide it."""
    if len(key) < _NO_ID:
        return False
    plain = text.replace("\\", "")
    ends = ((each.text[: each.part], each.text[-each.part :]) for each in _spellings(key))
    return _ESCAPED.search(text) is not None or any(first in plain or last in plain for first, last in ends)


def hidden_in(value: Any, key: str) -> Any:
    """Return JSON values without the key, names of fields too.

    Raises:
        RecursionError: they are nested too deeply.
    """
    if isinstance(value, str):
        return hidden(value, key) if may_hold(value, key) else value
    if isinstance(value, list):
        return [hidden_in(each, key) for each in value]
    if isinstance(value, dict):
        return {hidden_in(name, key): hidden_in(each, key) for name, each in value.items()}
    return value


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
    """Yield where the key stands in a decoded text, or one end of it where it is cut off, in order."""
    found = {span for spelling in _spellings(key) for span in _found(plain, spelling)}
    yield from sorted(found)


@dataclass(frozen=True, slots=True)
class _Spelling:
    """What a key looks like in a decoded text, and so many characters that are too many to be shown."""

    text: str
    part: int
    is_base64: bool = False


def _found(plain: str, spelling: _Spelling) -> Iterator[tuple[int, int]]:
    """Yield where a spelling stands, as far as it goes on."""
    text, part = spelling.text, spelling.part
    for first in _places(plain, text[:part]):
        last = first + _alike(plain[first : first + len(text)], text)
        yield _with_shared_digits(plain, first, last) if spelling.is_base64 else (first, last)
    for last in [place + len(text[-part:]) for place in _places(plain, text[-part:])]:
        first = last - _alike(plain[max(0, last - len(text)) : last][::-1], text[::-1])
        yield _with_shared_digits(plain, first, last) if spelling.is_base64 else (first, last)


def _places(plain: str, part: str) -> Iterator[int]:
    first = plain.find(part)
    while first >= 0:
        yield first
        first = plain.find(part, first + len(part))


def _alike(one: str, other: str) -> int:
    """Return how many characters are the same from the beginning."""
    length = min(len(one), len(other))
    return next((at for at in range(length) if one[at] != other[at]), length)


def _with_shared_digits(plain: str, first: int, last: int) -> tuple[int, int]:
    """Return the extent with the digits of base64 before and after, which hold some of a key's bits."""
    before = first > 0 and _OF_BASE64.match(plain, first - 1) is not None
    return first - before, last + (_OF_BASE64.match(plain, last) is not None)


@lru_cache(maxsize=16)
def _spellings(key: str) -> tuple[_Spelling, ...]:
    """Return all that a key may look like in a decoded text."""
    data = key.encode()
    plain = dict.fromkeys((_decoded(key)[0], key.replace("\\", "")))
    coded = [_base64(data, before) for before in range(3)]
    coded += [digits.translate(str.maketrans("+/", "-_")) for digits in coded]
    found = [_Spelling(text, _PART) for text in plain if text]
    found += [_Spelling(text, _PART * 4 // 3, is_base64=True) for text in dict.fromkeys(coded)]
    found += [_Spelling(text, _PART * 2) for text in (data.hex(), data.hex().upper())]
    return tuple(each for each in found if len(each.text) >= _LONG_ENOUGH or each.text in plain)


def _base64(data: bytes, before: int) -> str:
    """Return the digits that stand for these bytes alone, where so many others precede them."""
    digits = base64.b64encode(bytes(before) + data).decode()
    return digits[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
