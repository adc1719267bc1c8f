"""The one normal form of what the listing shows; both sides of every comparison go through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from ddvoices.identity.digest import plain
from ddvoices.model import ObservedVoice, VoiceSpec


def normal_name(name: str) -> str:
    """Return a name as it is compared: NFC, trimmed."""
    return plain(name)


def normal_names(*names: str | None) -> tuple[str, ...]:
    """Return name and title as they are compared, each once; what is empty or not said is left out."""
    return tuple(dict.fromkeys(normal_name(name) for name in names if name))


@cache
def normal_locale(locale: str) -> str:
    """Return a locale as it is compared: without case, ``_`` as ``-``."""
    return plain(locale).casefold().replace("_", "-")


@cache
def normal_gender(gender: str) -> str:
    """Return a gender as it is compared: without case, ``-`` and ``_`` the same."""
    return plain(gender).casefold().replace("_", "-")


def written_gender(gender: str) -> str:
    """Return a gender as catalogs write it."""
    return normal_gender(gender).replace("-", "_")


@cache
def normal_style(style: str) -> str:
    """Return a speaking style as adoption by name compares it: without case."""
    return plain(style).casefold()


LISTED_FIELDS: Mapping[str, Callable[[str], str]] = {
    "name": normal_name,
    "locale": normal_locale,
    "gender": normal_gender,
}


def same_natural_key(spec: VoiceSpec, voice: ObservedVoice) -> bool:
    """Tell whether a voice has the name, locale, gender and style of ``spec``.

    The name may stand in the title; what the listing leaves out or empty doesn't count against a voice.
    """
    return (
        normal_name(spec.name) in normal_names(voice.name, voice.title)
        and _agrees(normal_locale, spec.locale, voice.locale)
        and _agrees(normal_gender, spec.gender, voice.gender)
        and _agrees(normal_style, spec.speaking_style, voice.speaking_style)
    )


def natural_key(voice: ObservedVoice) -> tuple[str, ...]:
    """Return name (or title), locale, gender and style of a voice as they are compared; "" where unknown."""
    return (
        normal_name(voice.name or voice.title or ""),
        normal_locale(voice.locale or ""),
        normal_gender(voice.gender or ""),
        normal_style(voice.speaking_style or ""),
    )


def _agrees(normal: Callable[[str], str], wanted: str, seen: str | None) -> bool:
    """Tell whether ``seen`` says nothing or the same."""
    return not seen or normal(wanted) == normal(seen)
