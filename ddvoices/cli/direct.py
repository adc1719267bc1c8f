"""A client of one region, with the endpoints of a catalog if there is one; and the voice that a key means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ddvoices.errors import AuthError, DdvoicesError, ExitCode, UsageError

if TYPE_CHECKING:
    from ddvoices.cli.session import Session
    from ddvoices.client import DeepdubClient, Endpoints
    from ddvoices.model import Catalog, RegionPlan, RegionSettings, VoiceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedVoice:
    """The voice that a key means in a region, and a client to use it with."""

    client: DeepdubClient
    id: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedVoices:
    """The ids that keys mean in a region, and a client to use them with."""

    client: DeepdubClient
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRegions:
    """The endpoints of regions; ``wanted`` are those that the catalog or the command line names, if any."""

    settings: Mapping[str, RegionSettings]
    wanted: frozenset[str] = frozenset()


@contextmanager
def open_client(session: Session, region: str | None) -> Iterator[DeepdubClient]:
    """Open a region, the default one if none is named.

    Of a catalog only ``catalog.yaml`` is read, for its endpoints: voices that are being worked on are in
    nobody's way. What is wrong there is an error all the same, since the endpoints may be meant differently.

    Raises:
        CatalogError: the catalog's settings are not valid.
        UsageError: there is no such region.
        AuthError: there is no key for it, or a key must not go there.
    """
    from ddvoices.auth import origin_of
    from ddvoices.cli.hearing import hear
    from ddvoices.cli.keys import key_for
    from ddvoices.client import DeepdubClient, UnauthorizedError

    endpoints = region_endpoints(session, region)
    key = key_for(endpoints)
    hear(session)
    with DeepdubClient(api_key=key.value, endpoints=endpoints) as client:
        try:
            yield client
        except UnauthorizedError as error:
            raise AuthError(f"{error}: the key is from {origin_of(key, endpoints.region)}") from error


def region_endpoints(session: Session, region: str | None) -> Endpoints:
    """Return where a region is asked, the default one if none is named; needs no key.

    Raises:
        CatalogError: the catalog's settings are not valid.
        UsageError: there is no such region.
        UntrustedEndpointError: a key must not go there.
    """
    from ddvoices.client import resolve_endpoints

    name = region_name(region)
    return resolve_endpoints(name, settings_of(session, [name])[name], os.environ)


def settings_of(session: Session, chosen: Iterable[str] = ()) -> Mapping[str, RegionSettings]:
    """Return the endpoints of the chosen regions, or of all that there are, as the catalog gives them.

    Raises:
        CatalogError: the catalog's settings are not valid.
        UsageError: there is no such region.
    """
    return known_regions(session, chosen).settings


def known_regions(session: Session, chosen: Iterable[str] = ()) -> KnownRegions:
    """Return the chosen regions, or all that there are, and which of them need a key.

    Raises:
        CatalogError: the catalog's settings are not valid.
        UsageError: there is no such region.
    """
    known = _region_settings(session)
    settings = known.settings
    for name in chosen:
        if name not in settings:
            there = ", ".join(sorted(settings))
            raise UsageError(
                f"no region {name!r}: there are {there}, and those that a catalog gives endpoints"
            )
    return KnownRegions(
        settings={name: settings[name] for name in sorted(set(chosen) or settings)},
        wanted=frozenset(chosen) or known.wanted,
    )


@contextmanager
def open_keyed_voice(session: Session, key: str, region: str | None) -> Iterator[KeyedVoice]:
    """Open a region and find the voice that a key of the catalog means there now.

    Raises:
        CatalogError: the catalog is not valid, or there is none.
        UsageError: the catalog has no such key, or wants no voice for it in this region.
        DdvoicesError: there is no voice yet, or it can't be told which one it is.
    """
    from ddvoices.catalog import load_catalog

    name = region_name(region)
    catalog = load_catalog(session.catalog_directory, read_git=False)
    spec = _spec_of(catalog, key, name)
    with open_keyed_voices(session, catalog, [key], name) as found:
        yield KeyedVoice(client=found.client, id=found.ids[key], locale=spec.locale)


@contextmanager
def open_keyed_voices(
    session: Session, catalog: Catalog, keys: Iterable[str], region: str
) -> Iterator[KeyedVoices]:
    """Open a region and find the voices that keys of the catalog mean there now, by one plan.

    Raises:
        DdvoicesError: one has no voice yet, or it can't be told which one it is; all of them are named.
    """
    from ddvoices import apply
    from ddvoices.cli.progress import asking
    from ddvoices.cli.regions import open_regions

    with open_regions(session, catalog, [region]) as opened:
        with asking(session, opened.clients):
            [plan] = apply.plan_now(opened, catalog).regions
        if plan.error is not None:
            raise _failed(f"{region}: {plan.error}", plan.error_code)
        ids, errors = {}, []
        for key in sorted(keys):
            try:
                ids[key] = _meant_id(session, plan, key)
            except DdvoicesError as error:
                errors.append(str(error))
        if errors:
            raise DdvoicesError("; ".join(errors))
        yield KeyedVoices(client=opened.clients[region], ids=ids)


def region_name(region: str | None) -> str:
    """Return the region that is meant."""
    from ddvoices.client import default_region

    return region or default_region(os.environ)


def check_recording(path: Path) -> None:
    """Refuse a file that is no recording, before it is uploaded.

    Raises:
        UsageError: it can't be read, or no catalog could hold it either.
    """
    from ddvoices.writing import read_recording

    read_recording(path)


def _region_settings(session: Session) -> KnownRegions:
    """Return the endpoints of each region: the catalog's, if there is one, else the built-in ones."""
    from ddvoices.catalog.entries import BUILT_IN_REGIONS, check_settings
    from ddvoices.catalog.files import open_root, read_text
    from ddvoices.catalog.findings import Findings
    from ddvoices.catalog.reader import read_yaml
    from ddvoices.model import RegionSettings

    file = _settings_file(session)
    if file is None:
        return KnownRegions(settings=dict.fromkeys(BUILT_IN_REGIONS, RegionSettings()))
    root, findings = open_root(session.catalog_directory), Findings()
    if not root.holds(root.resolve(file)):
        findings.file_problem(root.shown(file), "a link that leads out of the catalog: put the file here")
    text = read_text(root, file, findings)
    document = read_yaml(text, root.shown(file), findings) if text is not None else None
    settings = check_settings(document, findings) if document is not None else None
    findings.raise_problems()
    if settings is None:
        return KnownRegions(settings={})
    return KnownRegions(
        settings={name: RegionSettings(**urls) for name, urls in (settings.regions or {}).items()},
        wanted=frozenset({*(settings.get("regions") or ()), *settings.default("regions")}),
    )


def _settings_file(session: Session) -> str | None:
    """Return the name of the file with the catalog's settings; None if there is no catalog.

    That is fine, but where one was named, it may be a slip: then whoever named it is told.
    """
    from ddvoices.catalog.files import SETTINGS_NAMES

    directory = session.catalog_directory
    try:
        found = {path.name for path in directory.iterdir()} & set(SETTINGS_NAMES)
    except (FileNotFoundError, NotADirectoryError):
        found = set()
    except OSError as error:
        raise DdvoicesError(f"{directory}: can't be read: {error.strerror}") from error
    if not found and _was_named("catalog"):
        session.warn(f"{directory}: no catalog here, so this goes on without one")
    return min(found, default=None)


def _was_named(option: str) -> bool:
    """Tell whether an option before the command was given rather than left at its default."""
    import click
    from click.core import ParameterSource

    source = click.get_current_context().find_root().get_parameter_source(option)
    return source in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}


def _spec_of(catalog: Catalog, key: str, region: str) -> VoiceSpec:
    """Return the voice that the catalog wants under a key in a region."""
    from ddvoices.catalog.findings import did_you_mean

    specs = {spec.key: spec for spec in catalog.voices}
    if key not in specs:
        raise UsageError(f"no voice {key!r} in the catalog{did_you_mean(key, specs)}")
    spec = specs[key]
    if region not in spec.regions:
        wanted = ", ".join(spec.regions)
        raise UsageError(f"{key} is not for region {region}, but for {wanted}: choose with -r")
    return spec


def _meant_id(session: Session, plan: RegionPlan, key: str) -> str:
    """Return the id that a key means now, said so if it isn't what the catalog wants any more."""
    from ddvoices.model import Action

    for problem in plan.errors:
        if problem.key == key:
            raise DdvoicesError(f"{plan.region}: {key}: {problem.message}")
    found = {change.action: change.id for change in plan.changes if change.key == key and change.id}
    if not found:
        raise DdvoicesError(f"{key} has no voice in {plan.region} yet: run `ddvoices apply`")
    if Action.REPLACE in found:
        session.warn(f"{key} was changed in the catalog: this is the voice before, until `ddvoices apply`")
    return next(iter(found.values()))


def _failed(message: str, code: ExitCode) -> DdvoicesError:
    error = DdvoicesError(message)
    error.exit_code = code
    return error
