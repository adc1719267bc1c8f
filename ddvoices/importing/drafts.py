"""What a catalog would say of a voice, from what the service says. Pure.

All of that is anybody's text: what the schema of a catalog doesn't allow is left out, or the whole voice is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

from ddvoices.catalog.entries import wrong_fields
from ddvoices.catalog.findings import quoted
from ddvoices.identity import normal_gender, normal_locale, plain
from ddvoices.importing.survey import Candidate, Obstacle
from ddvoices.model import Gender, ObservedVoice

_GENDERS = {normal_gender(gender): str(gender) for gender in Gender}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A voice and the fields of its entry, without ``regions`` and ``ids``; ``unsaid`` is what it lacks."""

    candidate: Candidate
    fields: Mapping[str, str]
    unsaid: tuple[str, ...] = ()


def make_drafts(candidates: Sequence[Candidate]) -> tuple[tuple[Draft, ...], tuple[Candidate, ...]]:
    """Return what would be written, and the candidates for which no entry is valid."""
    said = {str(number): _said(one.voice) for number, one in enumerate(candidates)}
    ids = {key: {one.region: one.voice.id} for key, one in zip(said, candidates, strict=True)}
    wrong = wrong_fields({key: {**fields, "ids": ids[key]} for key, fields in said.items()})
    drafts, unwritable = [], []
    for (key, fields), one in zip(said.items(), candidates, strict=True):
        why = _unwritable(one, fields, wrong[key])
        if why is None:
            right = {name: value for name, value in fields.items() if name not in wrong[key]}
            drafts.append(Draft(candidate=one, fields=right, unsaid=tuple(_unsaid(one, right))))
        else:
            unwritable.append(one.against(Obstacle.UNWRITABLE, why))
    return tuple(drafts), tuple(unwritable)


def advice(one: Candidate, field: str, value: str | None = None) -> str:
    """Return how a person gives the service another value for one of its fields, perhaps this one."""
    option = f"--{field} {field.upper() if value is None else quote(value)}"
    voice_id, options = quote(one.voice.id), f"-r {one.region} {option}"
    words = f"{options} -- {voice_id}" if voice_id.startswith("-") else f"{voice_id} {options}"
    return f"set it by `ddvoices voices update {words}`"


def _said(voice: ObservedVoice) -> dict[str, str]:
    """Return the fields as a catalog spells them; what isn't said, or is no text, isn't there.

    Title and transcript are left to a person: once written, a change of them would make the voice anew.
    """
    fields = {
        "name": plain(voice.name or "") or plain(voice.title or ""),
        "gender": _GENDERS.get(normal_gender(voice.gender or ""), ""),
        "locale": _locale(voice.locale or ""),
        "speaking_style": plain(voice.speaking_style or ""),
    }
    return {name: value for name, value in fields.items() if value and _is_text(value)}


def _unwritable(one: Candidate, fields: Mapping[str, str], wrong: Collection[str]) -> str | None:
    """Say why no entry for a voice would be valid; None if one is."""
    if "ids" in wrong or not _is_text(one.voice.id):
        return "can't be pinned: no catalog can hold such an id"
    held = {"name": one.voice.name or one.voice.title, "gender": one.voice.gender}
    for field, value in held.items():
        if field not in fields or field in wrong:
            what = f"has a {field} that no catalog can hold, {quoted(value)}" if value else f"has no {field}"
            return f"{what}: {advice(one, field)}"
    return None


def _unsaid(one: Candidate, fields: Mapping[str, str]) -> Iterator[str]:
    """Yield what the service says and the entry doesn't."""
    held = {"locale": one.voice.locale, "speaking_style": one.voice.speaking_style}
    for field, value in held.items():
        if value and field not in fields:
            yield f"{one.region}: {one.voice.id} has a {field} that no catalog can hold, {quoted(value)}"


def _locale(text: str) -> str:
    """Return a locale with the case that catalogs write: ``en_gb`` is en-GB."""
    language, *rest = normal_locale(text).split("-")
    return "-".join([language, *(_cased(part) for part in rest)])


def _cased(part: str) -> str:
    """Return a subtag: scripts have four letters, countries two."""
    return part.capitalize() if re.fullmatch("[a-z]{4}", part) else part.upper()


def _is_text(value: str) -> bool:
    """Tell whether a file can hold a text: halves of surrogate pairs it can't."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
