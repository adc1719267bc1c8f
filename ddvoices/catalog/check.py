"""The text of a catalog's files → what they say, or everything that is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple
from typing import Any

from ddvoices.catalog.checked import Checked, Source, Sources
from ddvoices.catalog.entries import Entry, Settings, check_settings, check_voices
from ddvoices.catalog.findings import Findings, value_place
from ddvoices.catalog.reader import read_yaml
from ddvoices.catalog.rules import check_rules
from ddvoices.catalog.tree import Document


def check_files(sources: Sources) -> Checked:
    """Return what the files say, with everything that is wrong or doubtful but for the samples."""
    findings = Findings()
    settings = _read_settings(sources.settings, findings)
    entries = [entry for source in sources.voices for entry in _read_voices(source, findings)]
    check_rules(settings, entries, findings)
    wrong = findings.problems or sources.settings is None
    return Checked(
        problems=[astuple(problem) for problem in findings.problems],
        warnings=[astuple(warning) for warning in findings.warnings],
        samples=[
            (entry.get("sample"), *value_place(entry.document, entry.within("sample")))
            for entry in entries
            if entry.get("sample") is not None
        ],
        catalog=None if wrong else _catalog(settings, entries),
    )


def _read_settings(source: Source | None, findings: Findings) -> Settings:
    document = read_yaml(source.text, source.file, findings) if source else None
    if document is None:
        return Settings(document=Document(file=source.file if source else "", data=None), path=(), fields={})
    return check_settings(document, findings)


def _read_voices(source: Source, findings: Findings) -> list[Entry]:
    document = read_yaml(source.text, source.file, findings)
    return [] if document is None else check_voices(document, findings)


def _catalog(settings: Settings, entries: Iterable[Entry]) -> dict[str, Any]:
    """Fill in the defaults of a catalog in which nothing is wrong."""
    voices = [_voice(settings, entry) for entry in sorted(entries, key=lambda entry: entry.key)]
    return {
        "owner": settings.owner or "",
        "former_owners": settings.former_owners,
        "regions": _regions(settings, voices),
        "policy": asdict(settings.policy),
        "voices": voices,
    }


def _regions(settings: Settings, voices: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, str]]:
    """Return the regions that are declared or in use, sorted."""
    declared = set(settings.get("regions") or ())
    used = set(settings.default("regions")).union(*(voice["regions"] for voice in voices))
    known = settings.regions or {}
    return {name: known[name] for name in sorted(declared | used)}


def _voice(settings: Settings, entry: Entry) -> dict[str, Any]:
    """Return a voice with its defaults filled in; its sample as it is named."""
    age, text, title = entry.get("age"), entry.get("text"), entry.get("title")
    mark = entry.document.key_at(entry.path)
    return {
        "key": entry.key,
        "name": entry.get("name").strip(),
        "gender": entry.get("gender"),
        "locale": _own_or_default(settings, entry, "locale"),
        "locale_set": entry.has("locale") or "locale" in (settings.get("defaults") or {}),
        "speaking_style": _own_or_default(settings, entry, "speaking_style").strip(),
        "publish": _own_or_default(settings, entry, "publish"),
        "age": None if age is None else int(age),
        "text": None if text is None else text.strip(),
        "title": None if title is None else title.strip(),
        "sample": entry.get("sample"),
        "regions": settings.regions_of(entry) or (),
        "ids": dict(entry.get("ids") or {}),
        "protect": bool(entry.get("protect")),
        "moved_from": entry.get("moved_from") or (),
        "labels": dict(entry.get("labels") or {}),
        "location": {"file": entry.document.file, "line": mark.line, "column": mark.column},
    }


def _own_or_default(settings: Settings, entry: Entry, name: str) -> Any:
    own = entry.get(name)
    return settings.default(name) if own is None else own
