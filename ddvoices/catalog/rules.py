"""What no schema can say: rules between fields, between voices, and between files.

Each rule looks only at values that are right by themselves, so that one mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from ddvoices.catalog.entries import BUILT_IN_REGIONS, Entry, Section, Settings, fields_at
from ddvoices.catalog.findings import Findings, did_you_mean, place, plainly, quoted
from ddvoices.catalog.tree import Step
from ddvoices.identity import colliding_keys, colliding_owners, plain

_SCHEMES = {
    "base_url": ("https", "http"),
    "base_websocket_url": ("wss", "ws"),
    "base_websocket_streaming_url": ("wss", "ws"),
}


def check_rules(settings: Settings, entries: Sequence[Entry], findings: Findings) -> None:
    """Check everything but the samples."""
    for rule in _SETTINGS_RULES:
        rule(settings, findings)
    for entry in entries:
        for entry_rule in _ENTRY_RULES:
            entry_rule(settings, entry, findings)
    for whole_rule in _WHOLE_RULES:
        whole_rule(settings, entries, findings)


# rules of catalog.yaml


def _owner_is_no_former_owner(settings: Settings, findings: Findings) -> None:
    for index, name in enumerate(settings.former_owners):
        if name == settings.owner:
            findings.value(settings.document, ("former_owners", index), "is the owner of today: remove it")


def _owners_differ_in_hash(settings: Settings, findings: Findings) -> None:
    owners = {name: ("former_owners", index) for index, name in enumerate(settings.former_owners)}
    paths: dict[str, tuple[Step, ...]] = {
        **owners,
        **({settings.owner: ("owner",)} if settings.owner else {}),
    }
    for group in colliding_owners(paths):
        first, *others = sorted(group, key=lambda name: settings.document.value_at(paths[name]))
        for name in others:
            message = f"{quoted(name)} and {quoted(first)} have one hash in markers: choose another name"
            findings.value(settings.document, paths[name], message)


def _endpoints_are_urls(settings: Settings, findings: Findings) -> None:
    for region in fields_at(settings.document, "regions"):
        path, endpoints = ("regions", region), fields_at(settings.document, "regions", region)
        for name, url in endpoints.items():
            wrong = None if (*path, name) in settings.wrong else _wrong_url(url, _SCHEMES[name])
            if wrong:
                findings.value(settings.document, (*path, name), wrong)
        if region not in BUILT_IN_REGIONS and "base_url" not in endpoints and path not in settings.wrong:
            message = f"{quoted(region)} is not a built-in region: give its base_url"
            findings.key(settings.document, path, message)


def _default_regions_are_known(settings: Settings, findings: Findings) -> None:
    fields = fields_at(settings.document, "defaults")
    defaults = Section(document=settings.document, path=("defaults",), fields=fields, wrong=settings.wrong)
    _check_regions(settings, defaults, findings)


# rules of one voice


def _regions_are_known(settings: Settings, entry: Entry, findings: Findings) -> None:
    _check_regions(settings, entry, findings)


def _ids_are_of_own_regions(settings: Settings, entry: Entry, findings: Findings) -> None:
    known, own = settings.regions, settings.regions_of(entry)
    for region in map(str, entry.items("ids")):
        if known is not None and region not in known:
            findings.key(entry.document, entry.within("ids", region), _unknown_region(region, known))
        elif own is not None and region not in own:
            message = (
                f"the voice is not in region {plainly(region)}: "
                "add it to the voice's regions, or remove the id"
            )
            findings.key(entry.document, entry.within("ids", region), message)


def _moved_from_another_key(_: Settings, entry: Entry, findings: Findings) -> None:
    for index, key in entry.items("moved_from").items():
        if key == entry.key:
            findings.value(
                entry.document, entry.within("moved_from", index), "is the voice's own key: remove it"
            )


def _sample_or_ids(settings: Settings, entry: Entry, findings: Findings) -> None:
    regions = settings.regions_of(entry)
    if entry.has("sample") or regions is None or (entry.has("ids") and entry.get("ids") is None):
        return
    unpinned = [region for region in regions if region not in (entry.get("ids") or {})]
    if unpinned:
        named = ", ".join(map(plainly, unpinned))
        message = f"'sample' is missing: give it, or the voice's id under ids for {named}"
        findings.key(entry.document, entry.path, message)


# rules between voices


def _keys_are_unique(_: Settings, entries: Sequence[Entry], findings: Findings) -> None:
    first: dict[str, Entry] = {}
    for entry in entries:
        other = first.setdefault(entry.key, entry)
        if other is not entry:
            where = place(other.document, other.path)
            findings.key(entry.document, entry.path, f"this key stands at {where} too: rename or remove one")


def _former_keys_are_free(_: Settings, entries: Sequence[Entry], findings: Findings) -> None:
    today = {entry.key: entry for entry in entries}
    claimed: dict[str, Entry] = {}
    for entry, path, key in _former_keys(entries):
        if key == entry.key:
            continue
        if key in today:
            where = place(today[key].document, today[key].path)
            findings.value(entry.document, path, f"{quoted(key)} is a voice of the catalog, at {where}")
            continue
        other = claimed.setdefault(key, entry)
        if other is not entry:
            where = place(other.document, other.path)
            findings.value(
                entry.document, path, f"{quoted(key)} is claimed by {plainly(other.key)} too, at {where}"
            )


def _ids_are_unique(_: Settings, entries: Sequence[Entry], findings: Findings) -> None:
    pinned: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        for region, voice_id in entry.items("ids").items():
            other = pinned.setdefault((str(region), voice_id), entry)
            if other.key != entry.key:
                where = place(other.document, other.within("ids", region))
                message = (
                    f"this voice is pinned by {plainly(other.key)} too, at {where}: "
                    "one voice answers to one key"
                )
                findings.value(entry.document, entry.within("ids", region), message)


def _keys_differ_in_hash(_: Settings, entries: Sequence[Entry], findings: Findings) -> None:
    former = {key: (entry, path) for entry, path, key in _former_keys(entries)}
    places = former | {entry.key: (entry, entry.path) for entry in entries}
    for group in colliding_keys(places):
        first, *others = group
        where = place(places[first][0].document, places[first][1])
        for key in others:
            entry, path = places[key]
            message = f"{quoted(key)} and {quoted(first)} at {where} have one hash in markers: rename one"
            findings.key(entry.document, path, message)


def _adoption_can_tell_apart(settings: Settings, entries: Sequence[Entry], findings: Findings) -> None:
    seen: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        facts = _natural_key(settings, entry)
        pinned = entry.items("ids")
        for region in (name for name in settings.regions_of(entry) or () if name not in pinned):
            other = seen.setdefault((region, *facts), entry) if facts else entry
            if other.key != entry.key:
                message = (
                    f"{plainly(other.key)} has the same name, locale, gender and style in region "
                    f"{plainly(region)}: "
                    "voices that are there already can't be told apart by name"
                )
                findings.warn(entry.document, entry.within("name"), message)
                break


_SETTINGS_RULES: tuple[Callable[[Settings, Findings], None], ...] = (
    _owner_is_no_former_owner,
    _owners_differ_in_hash,
    _endpoints_are_urls,
    _default_regions_are_known,
)
_ENTRY_RULES: tuple[Callable[[Settings, Entry, Findings], None], ...] = (
    _regions_are_known,
    _ids_are_of_own_regions,
    _moved_from_another_key,
    _sample_or_ids,
)
_WHOLE_RULES: tuple[Callable[[Settings, Sequence[Entry], Findings], None], ...] = (
    _keys_are_unique,
    _former_keys_are_free,
    _ids_are_unique,
    _keys_differ_in_hash,
    _adoption_can_tell_apart,
)


# helpers


def _check_regions(settings: Settings, section: Section, findings: Findings) -> None:
    known = settings.regions
    for index, region in section.items("regions").items():
        if known is not None and region not in known:
            path = section.within("regions", index)
            findings.value(section.document, path, _unknown_region(region, known))


def _unknown_region(region: str, known: Any) -> str:
    hint = did_you_mean(region, known) or f"; there are {', '.join(map(plainly, known))}"
    return f"{quoted(region)} is not a region of this catalog{hint} (regions are declared in catalog.yaml)"


def _former_keys(entries: Sequence[Entry]) -> Iterator[tuple[Entry, tuple[Step, ...], str]]:
    for entry in entries:
        for index, key in entry.items("moved_from").items():
            yield entry, entry.within("moved_from", index), key


def _natural_key(settings: Settings, entry: Entry) -> tuple[str, ...] | None:
    """Return what adoption by name goes by, as it is compared; None if it can't be told."""
    name, gender = entry.get("name"), entry.get("gender")
    locale = entry.get("locale") or settings.default("locale")
    style = entry.get("speaking_style") or settings.default("speaking_style")
    if name is None or gender is None:
        return None
    return (plain(name), plain(locale).casefold(), gender, plain(style).casefold())


def _wrong_url(url: str, schemes: tuple[str, ...]) -> str | None:
    """Say what is wrong with an endpoint, if anything is; never repeats it, since it may hold a secret."""
    one_of = " or ".join(f"{scheme}://" for scheme in schemes)
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return f"is not a URL: write {one_of}host/path, in ASCII and without spaces"
    try:
        parts = urlsplit(url)
        port_is_wrong = parts.port == 0
    except ValueError:
        return "is not a URL: check its host and port"
    if parts.scheme not in schemes or not parts.hostname:
        return f"is not an absolute URL: write {one_of}host/path"
    if "@" in parts.netloc or "?" in url or "#" in url:
        return (
            "must not hold credentials, a query or a fragment: keys come from the environment or the keyring"
        )
    return "is not a URL: check its port" if port_is_wrong else None
