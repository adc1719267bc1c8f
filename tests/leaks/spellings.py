"""The ways in which a key may be written, and a search for each of them in whatever a run leaves."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

ODD_KEY = """dd-+/=~"k\\%&'<Wd7>Qz9!{x}"""
"""All that a key may hold and that some way of writing spells otherwise."""

_ENOUGH = 9  # characters of a key in a row that are too many; its last four may be shown


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "url": lambda key: quote(key, safe=""),
    "url small": lambda key: "".join(f"%{ord(char):02x}" for char in key),
    "url path": quote,
    "url form": quote_plus,
    "url twice": lambda key: quote(quote(key, safe=""), safe=""),
    "json": lambda key: json.dumps(key)[1:-1],
    "json in json": lambda key: json.dumps(json.dumps(key))[1:-1],
    "json all": lambda key: "".join(f"\\u{ord(char):04X}" for char in key),
    "python": lambda key: repr(key.encode())[2:-1],
    "html": html.escape,
    "html some": lambda key: html.escape(key, quote=False),
    "html numbers": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "html hex": lambda key: "".join(f"&#x{ord(char):x};" for char in key),
    "base64": _base64,
    "base64 later": lambda key: _base64(f"u:{key}"),
    "basic auth": lambda key: "Basic " + _base64(f"x:y:{key}"),
    "base64 for urls": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 in url": lambda key: quote(_base64(f"ab:{key}"), safe=""),
    "hex": lambda key: key.encode().hex(),
    "HEX": lambda key: key.encode().hex().upper(),
}


def said(key: str) -> str:
    """Return a key in all ways at once, as a gateway might that shows what it got."""
    return ", ".join(f"{name}: {spell(key)}" for name, spell in WAYS.items())


def found_in(data: bytes, key: str) -> list[str]:
    """Return the ways in which data holds a key, or a part of one that is too long."""
    text = data.decode("latin-1")
    seen = {text, unquote(text), unquote(unquote(text)), html.unescape(text), _unescaped(text)}
    parts = [key[start : start + _ENOUGH] for start in range(len(key) - _ENOUGH + 1)]
    ways = ["in part"] if any(part in each for part in parts for each in seen) else []
    ways += [name for name, core in _cores(key) if any(core in each for each in seen)]
    return ways + [name for name, spell in WAYS.items() if spell(key) in text]


def leaks_below(folder: Path, key: str) -> dict[str, list[str]]:
    """Return the files that hold a key, in their name or in their bytes, and how."""
    left = [path for path in folder.rglob("*") if path.is_file()]
    found = {str(path): found_in(str(path).encode() + path.read_bytes(), key) for path in left}
    return {path: ways for path, ways in found.items() if ways}


def _cores(key: str) -> Iterator[tuple[str, str]]:
    """Yield the digits that stand for a key alone, wherever in threes of bytes it begins."""
    for before in range(3):
        digits = _base64("\0" * before + key)
        core = digits[-(-before * 8 // 6) : (before + len(key)) * 8 // 6]
        yield f"base64 after {before}", core
        yield f"base64 for urls after {before}", core.translate(str.maketrans("+/", "-_"))


def _unescaped(text: str) -> str:
    """Return a text with what JSON and Python escape as itself."""
    pieces = text.replace("\\u00", "\\x").split("\\x")
    joined = pieces[0]
    for piece in pieces[1:]:
        try:
            joined += chr(int(piece[:2], 16)) + piece[2:]
        except ValueError:
            joined += piece
    return joined.replace("\\", "")
