"""What the name of a recording's file tells of the voice. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from ddvoices.writing.keys import key_of
from ddvoices.writing.languages import usual_locale

_NO_NAME = "voice"
_LONGEST_NAME = 200
# At the end, and in the case that locales are written in: `on-it` are two words. Of regions that are numbers
# only the one that locales have is taken: others count the takes.
_LOCALE = re.compile(r"(?:^|[-_. ])([a-z]{2,3})((?:[-_][A-Z][a-z]{3})?)[-_]([A-Z]{2}|419)$")
_LANGUAGE = re.compile(r"[-_. ]([a-z]{2})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A name and the beginning of a key; a ``locale`` if the file's name ends with one.

    Without one, ``language`` is what the name ends with, if that may be a language; it may be a word as well.
    ``named`` tells whether the file's name had anything to make a key of.
    """

    key: str
    name: str
    locale: str | None
    language: str | None
    named: bool


def guess_from(file: str) -> Guess:
    """Return what ``ada-narrator_en-GB.wav`` tells: ada-narrator, Ada narrator, en-GB."""
    text = re.sub("[\ud800-\udfff]", " ", file)  # bytes that are no UTF-8
    stem = PurePath(unicodedata.normalize("NFC", text)).stem
    found = _LOCALE.search(stem)
    locale = "-".join(part.strip("-_") for part in found.groups() if part) if found else None
    rest = stem[: found.start()] if found and found.start() else stem
    key = key_of(rest)
    return Guess(
        key=key or _NO_NAME, name=_name(rest), locale=locale, language=_language(stem), named=bool(key)
    )


def _language(stem: str) -> str | None:
    found = _LANGUAGE.search(stem)
    return found[1] if found and usual_locale(found[1]) else None


def _name(stem: str) -> str:
    """Return the words of a file's name, the first with a capital."""
    plain = "".join(char if char.isprintable() else " " for char in stem)
    words = " ".join(re.sub(r"[-_.\s]+", " ", plain).split()) or _NO_NAME
    return (words[0].title() + words[1:])[:_LONGEST_NAME].rstrip()
