"""A directory of YAML and audio → a catalog, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ddvoices.catalog.cache import SampleCache, default_cache_dir
from ddvoices.catalog.digest import catalog_digest
from ddvoices.catalog.entries import Entry, Settings, check_settings, check_voices
from ddvoices.catalog.files import Root, find_files, open_root, read_text
from ddvoices.catalog.findings import Findings
from ddvoices.catalog.git import git_state
from ddvoices.catalog.reader import read_yaml
from ddvoices.catalog.rules import check_rules
from ddvoices.catalog.samples import CheckedSample, SampleError, SampleReader
from ddvoices.catalog.tree import Document
from ddvoices.model import Catalog, Gender, Location, RegionSettings, Sample, VoiceSpec

_Samples = Mapping[str, Sample]
_NOTHING: Mapping[str, str] = MappingProxyType({})


def load_catalog(
    directory: str | Path = "voices",
    *,
    cache_dir: Path | None = None,
    read_git: bool = True,
    unsaved: Mapping[str, str] = _NOTHING,
) -> Catalog:
    """Read a catalog.

    ``cache_dir`` keeps what is known of samples, in the user's cache directory by default. With ``read_git``
    the repository's commit is looked up. ``unsaved`` are files of voices as they would be: their paths below
    the catalog, with ``/``, and their text, which is read in place of what may be on the disk.

    Raises:
        CatalogError: with everything that is wrong, in the order of files and lines; or there is no catalog.
    """
    root, findings = open_root(directory), Findings()
    files = find_files(root, findings)
    settings = _read_settings(root, files.settings, findings)
    names = sorted({*files.voices, *unsaved})
    entries = [entry for file in names for entry in _read_voices(root, file, findings, unsaved.get(file))]
    check_rules(settings, entries, findings)
    samples = _read_samples(root, entries, cache_dir or default_cache_dir(), findings)
    findings.raise_problems()
    return _assemble(root, settings, entries, samples, findings, read_git=read_git)


def _read_document(root: Root, file: str, findings: Findings, unsaved: str | None = None) -> Document | None:
    text = read_text(root, file, findings) if unsaved is None else unsaved
    return None if text is None else read_yaml(text, root.shown(file), findings)


def _read_settings(root: Root, file: str | None, findings: Findings) -> Settings:
    document = _read_document(root, file, findings) if file else None
    if document is None:
        return Settings(document=Document(file=file or "", data=None), path=(), fields={})
    return check_settings(document, findings)


def _read_voices(root: Root, file: str, findings: Findings, unsaved: str | None) -> list[Entry]:
    document = _read_document(root, file, findings, unsaved)
    return [] if document is None else check_voices(document, findings)


def _read_samples(
    root: Root, entries: Iterable[Entry], cache_dir: Path | None, findings: Findings
) -> _Samples:
    """Read every sample that a voice names; what is wrong with one stands where it is named."""
    known = SampleCache(cache_dir, root.real)
    reader = SampleReader(root, known)
    samples = {}
    for entry, named in _named_samples(entries):
        try:
            checked = reader.read(named)
        except SampleError as error:
            findings.value(entry.document, entry.within("sample"), str(error))
        else:
            samples[named] = checked.sample
            _warn(entry, checked, findings)
    known.save()
    return samples


def _named_samples(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    for entry in entries:
        named = entry.get("sample")
        if named is not None:
            yield entry, named


def _warn(entry: Entry, checked: CheckedSample, findings: Findings) -> None:
    for warning in checked.warnings:
        findings.warn(entry.document, entry.within("sample"), warning)


def _assemble(
    root: Root,
    settings: Settings,
    entries: Iterable[Entry],
    samples: _Samples,
    findings: Findings,
    *,
    read_git: bool,
) -> Catalog:
    """Fill in the defaults of a catalog in which nothing is wrong."""
    voices = tuple(_spec(settings, entry, samples) for entry in sorted(entries, key=lambda entry: entry.key))
    fields: dict[str, Any] = {
        "root": root.real,
        "owner": settings.owner or "",
        "former_owners": settings.former_owners,
        "regions": _regions(settings, voices),
        "policy": settings.policy,
        "voices": voices,
    }
    return Catalog(
        **fields,
        digest=catalog_digest(Catalog(**fields)),
        warnings=findings.warning_lines(),
        git=git_state(root.real) if read_git else None,
    )


def _regions(settings: Settings, voices: Iterable[VoiceSpec]) -> dict[str, RegionSettings]:
    """Return the regions that are declared or in use, sorted."""
    declared = set(settings.get("regions") or ())
    used = set(settings.default("regions")).union(*(spec.regions for spec in voices))
    known = settings.regions or {}
    return {name: RegionSettings(**known[name]) for name in sorted(declared | used)}


def _spec(settings: Settings, entry: Entry, samples: _Samples) -> VoiceSpec:
    """Return a voice with its defaults filled in."""
    age, text, title = entry.get("age"), entry.get("text"), entry.get("title")
    mark = entry.document.key_at(entry.path)
    return VoiceSpec(
        key=entry.key,
        name=entry.get("name").strip(),
        gender=Gender(entry.get("gender")),
        locale=_own_or_default(settings, entry, "locale"),
        locale_set=entry.has("locale") or "locale" in (settings.get("defaults") or {}),
        speaking_style=_own_or_default(settings, entry, "speaking_style").strip(),
        publish=_own_or_default(settings, entry, "publish"),
        age=None if age is None else int(age),
        text=None if text is None else text.strip(),
        title=None if title is None else title.strip(),
        sample=samples.get(entry.get("sample") or ""),
        regions=settings.regions_of(entry) or (),
        ids=dict(entry.get("ids") or {}),
        protect=bool(entry.get("protect")),
        moved_from=tuple(entry.get("moved_from") or ()),
        labels=dict(entry.get("labels") or {}),
        location=Location(file=entry.document.file, line=mark.line, column=mark.column),
    )


def _own_or_default(settings: Settings, entry: Entry, name: str) -> Any:
    own = entry.get(name)
    return settings.default(name) if own is None else own
