"""Which of espeak-ng's voices speaks a BCP 47 locale."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_LOCALE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")

# Codes that espeak-ng knows under another name.
_SAME = {"nn": "nb", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "sh": "hr", "arb": "ar", "zh": "cmn"}

# Regions whose speech is nearer to another region's voice than to the language's first one.
_NEARER = {
    "en-ca": "en-us",
    "en-ph": "en-us",
    "en-jm": "en-029",
    "fr-lu": "fr-be",
    "pt-ao": "pt-pt",
    "zh-hk": "yue",
    "zh-mo": "yue",
}
_LATIN_AMERICA = frozenset(
    "ar bo cl co cr cu do ec gt hn mx ni pa pe pr py sv us uy ve".split()  # noqa: SIM905 - a list is 20 lines
)


def find_language(locale: str, known: Mapping[str, str]) -> str | None:
    """Return what ``known`` has for a locale, or for the nearest one; None where nothing is near.

    ``known`` maps language tags in lower case to espeak-ng's voices.
    """
    tag = locale.replace("_", "-").lower()
    if not _LOCALE.fullmatch(tag):
        return None
    return next((known[candidate] for candidate in _candidates(tag) if candidate in known), None)


def _candidates(tag: str) -> Iterator[str]:
    """Yield tags from the exact to the general; scripts are of no interest to speech."""
    language, *rest = tag.split("-")
    region = next((part for part in rest if len(part) == 2 or part.isdigit()), "")
    yield tag
    if region:
        regional = f"{language}-{region}"
        yield _NEARER.get(regional, regional)
        if language == "es" and region in _LATIN_AMERICA:
            yield "es-419"
    yield _SAME.get(language, language)
