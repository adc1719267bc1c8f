"""A directory of YAML and audio → a catalog, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ddvoices.catalog.cache import SampleCache, default_cache_dir
from ddvoices.catalog.checked import Checked, CheckedCache, Source, Sources
from ddvoices.catalog.digest import catalog_digest
from ddvoices.catalog.files import Root, find_files, open_root, read_text
from ddvoices.catalog.findings import Findings
from ddvoices.catalog.git import git_state
from ddvoices.catalog.samples import CheckedSample, SampleError, SampleReader
from ddvoices.errors import Problem
from ddvoices.model import Catalog, Gender, Location, Policy, RegionSettings, Sample, VoiceSpec

_Samples = Mapping[str, Sample]
_NO_SAMPLES: Mapping[str, CheckedSample] = MappingProxyType({})
_NOTHING: Mapping[str, str] = MappingProxyType({})


def load_catalog(
    directory: str | Path = "voices",
    *,
    cache_dir: Path | None = None,
    read_git: bool = True,
    unsaved: Mapping[str, str] = _NOTHING,
    unsaved_samples: Mapping[str, CheckedSample] = _NO_SAMPLES,
) -> Catalog:
    """Read a catalog.

    ``cache_dir`` keeps what is known of its files and samples, in the user's cache directory by default. With
    ``read_git`` the repository's commit is looked up. ``unsaved`` are files of voices as they would be: their
    paths below the catalog, with ``/``, and their text, which is read in place of what may be on the disk.
    ``unsaved_samples`` are recordings in the same way.

    Raises:
        CatalogError: with everything that is wrong, in the order of files and lines; or there is no catalog.
    """
    root = open_root(directory)
    with ThreadPoolExecutor(max_workers=1) as pool:
        git = pool.submit(git_state, root.real) if read_git else None  # it waits for git, three times
        catalog = _read_catalog(root, unsaved, unsaved_samples, cache_dir or default_cache_dir())
        return replace(catalog, git=git.result() if git else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What is seen of a catalog at a glance: its keys and regions, none where it is broken, and its files."""

    keys: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


NOTHING_SEEN = Glance()


def glance(directory: str | Path) -> Glance:
    """Look at a catalog's files and at no sample.

    Raises:
        CatalogError: there is no catalog.
    """
    root = open_root(directory)
    sources = _read_sources(root, _NOTHING, Findings())
    checked = _check(sources, CheckedCache(default_cache_dir(), root.real, sources)).catalog
    files = find_files(root, Findings()).voices
    if checked is None:
        return Glance(files=files)
    return Glance(
        keys=tuple(voice["key"] for voice in checked["voices"]),
        regions=tuple(checked["regions"]),
        files=files,
    )


def _read_catalog(
    root: Root,
    unsaved: Mapping[str, str],
    unsaved_samples: Mapping[str, CheckedSample],
    cache_dir: Path | None,
) -> Catalog:
    """Return a catalog, but for its commit."""
    findings = Findings()
    sources = _read_sources(root, unsaved, findings)
    checked = _check(sources, CheckedCache(None if unsaved else cache_dir, root.real, sources))
    findings.problems.extend(Problem(*problem) for problem in checked.problems)
    findings.warnings.extend(Problem(*warning) for warning in checked.warnings)
    known = SampleCache(cache_dir, root.real)
    samples = _read_samples(SampleReader(root, known, unsaved_samples), checked.samples, findings)
    known.save()
    findings.raise_problems()
    return _assemble(root, checked.catalog or {}, samples, findings)


def _read_sources(root: Root, unsaved: Mapping[str, str], findings: Findings) -> Sources:
    """Read the text of every file; one that can't be read is left out."""
    files = find_files(root, findings)

    def read(file: str) -> Source | None:
        text = unsaved[file] if file in unsaved else read_text(root, file, findings)
        return None if text is None else Source(root.shown(file), text)

    voices = map(read, sorted({*files.voices, *unsaved}))
    return Sources(
        settings=read(files.settings) if files.settings else None,
        voices=tuple(source for source in voices if source is not None),
    )


def _check(sources: Sources, known: CheckedCache) -> Checked:
    """Return what the files say, parsing them only if that isn't known from an earlier run."""
    checked = known.get()
    if checked is None:
        from ddvoices.catalog.check import check_files  # with YAML, which a second run has no need of

        checked = check_files(sources)
        known.put(checked)
    return checked


def _read_samples(reader: SampleReader, named: Iterable[Sequence[Any]], findings: Findings) -> _Samples:
    """Read every sample that a voice names; what is wrong with one stands where it is named."""
    samples = {}
    for name, file, line, column, path in named:
        try:
            checked = reader.read(name)
        except SampleError as error:
            findings.problems.append(Problem(file, line, column, path, str(error)))
        else:
            samples[name] = checked.sample
            doubts = (Problem(file, line, column, path, warning) for warning in checked.warnings)
            findings.warnings.extend(doubts)
    return samples


def _assemble(root: Root, wanted: Mapping[str, Any], samples: _Samples, findings: Findings) -> Catalog:
    """Return a catalog in which nothing is wrong."""
    fields: dict[str, Any] = {
        "root": root.real,
        "owner": wanted["owner"],
        "former_owners": tuple(wanted["former_owners"]),
        "regions": {name: RegionSettings(**urls) for name, urls in wanted["regions"].items()},
        "policy": Policy(**wanted["policy"]),
        "voices": tuple(_spec(voice, samples) for voice in wanted["voices"]),
    }
    return Catalog(**fields, digest=catalog_digest(Catalog(**fields)), doubts=findings.doubts())


def _spec(voice: Mapping[str, Any], samples: _Samples) -> VoiceSpec:
    """Return a voice with its sample."""
    read = {
        "gender": Gender(voice["gender"]),
        "sample": None if voice["sample"] is None else samples[voice["sample"]],
        "regions": tuple(voice["regions"]),
        "moved_from": tuple(voice["moved_from"]),
        "location": Location(**voice["location"]),
    }
    return VoiceSpec(**{**voice, **read})
