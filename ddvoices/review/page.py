"""A page of one file: what it needs is in it, and what isn't in it can't get there."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ddvoices import __version__
from ddvoices.report.terminal import printable
from ddvoices.report.words import length_words, size_words

_TEMPLATES = Path(__file__).parent / "templates"
_SCRIPTS = Path(__file__).parent / "scripts"
_COMMAND = re.compile(r"`((?:ddvoices|git) [^`]*)`")
_IN_ORDER = ("base", "loudness", "sound", "player", "choose", "marks", "objections", "keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, and the recordings to be written beside it, relative to it."""

    html: str
    files: list[tuple[Path, bytes]]


def render(template: str, **values: Any) -> str:
    """Return a page; every value is text and is escaped, whatever it holds."""
    style, script = _read(_TEMPLATES / "page.css"), _script()
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters |= {
        "size": size_words,
        "seconds": length_words,
        "anchor": _anchor,
        "moment": _moment,
        "commands": _commands,
        "json": json.dumps,  # in ASCII: a script reads what people must not see
    }
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 - a file of ours
        script=Markup(script),  # noqa: S704 - the same
        policy=_policy(style, script),
        version=__version__,
        **values,
    )


def _harmless(value: Any) -> Any:
    """Write what turns text around or hides it as an escape, as in a terminal."""
    return printable(value) if type(value) is str else value


def _commands(text: str) -> Markup:
    """Return a text of ours with the commands in it as code; other backticks are a stranger's, and stay."""
    parts = enumerate(_COMMAND.split(printable(text)))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts
    )


def _anchor(key: str) -> str:
    """Return what a link to a voice ends with; a key out of a plan file may be any text."""
    return quote(printable(key), safe="")


def _moment(text: str) -> str:
    """Return a time of a plan as people write it; a plan file may hold anything in its place."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ", text)
    return f"{found[1]} {found[2]} UTC" if found else text


def _policy(style: str, script: str) -> str:
    """Return what the page may do: look and run as it was made, and play what is in it or beside it."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "media-src data: 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _script() -> str:
    """Return the scripts as one function, in which each may use what those before it have made."""
    joined = "\n".join(_read(_SCRIPTS / f"{name}.js") for name in _IN_ORDER)
    return f'"use strict";\n(() => {{\n{joined}}})();\n'


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
