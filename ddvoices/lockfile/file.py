"""The lock file: read whole or refused, written whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ddvoices.errors import LockfileError, OutputError
from ddvoices.files import read_regular, write_whole
from ddvoices.lockfile.records import read_voice, to_bytes, typed, voice_document
from ddvoices.lockfile.versions import is_newer
from ddvoices.model import EMPTY_LOCK, Lock, LockEntry, Origin

LOCK_NAME = "ddvoices.lock.json"
FORMAT_VERSION = "1.0"
_LONGEST_NAME = 60
_WAY_OUT = "restore it from git, or delete it: voices that are listed with our marker are found without it"


def load_lock(root: Path, *, owner: str, former_owners: tuple[str, ...] = ()) -> Lock:
    """Return the lock of the catalog in ``root``; an empty one if there is none.

    What a former owner has made counts as adopted: it may still be in use there, and is never deleted.

    Raises:
        LockfileError: it can't be read, is broken, of another format or of another owner.
    """
    return parse_lock(lock_bytes(root), root, owner=owner, former_owners=former_owners)


def lock_bytes(root: Path) -> bytes | None:
    """Return what the lock file of the catalog in ``root`` holds; None if there is none.

    Raises:
        LockfileError: it can't be read.
    """
    try:
        return read_regular(root / LOCK_NAME)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(root / LOCK_NAME, error) from error


def parse_lock(data: bytes | None, root: Path, *, owner: str, former_owners: tuple[str, ...] = ()) -> Lock:
    """Return the lock that `lock_bytes` has read.

    Raises:
        LockfileError: it is broken, of another format or of another owner.
    """
    if data is None:
        return EMPTY_LOCK
    path = root / LOCK_NAME
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path, error) from error
    lock = _read(_parse(text, path), path)
    if lock.owner not in (owner, *former_owners):
        raise LockfileError(
            f"{path}: the lock of owner {lock.owner!r}, and the catalog's is {owner!r}: "
            "name it in former_owners, or delete the lock if this is a copy of another catalog"
        )
    return lock if lock.owner == owner else _adopted(lock)


def save_lock(root: Path, lock: Lock) -> bool:
    """Write the lock of the catalog in ``root``, if it says something new; tell whether it did.

    Raises:
        LockfileError: it can't be written; the old one is as it was.
    """
    path, data = root / LOCK_NAME, to_bytes(format_lock(lock))
    with suppress(OSError):
        if read_regular(path) == data:
            return False
    if not lock.regions and not lock.protected and not path.exists():
        return False
    try:
        write_whole(path, data)
    except OutputError as error:
        raise LockfileError(str(error)) from error
    return True


def format_lock(lock: Lock) -> str:
    """Return the lock as text: sorted, one fact a line, so that git can merge and people can read it."""
    document = {
        "format_version": FORMAT_VERSION,
        "owner": lock.owner,
        "protected": sorted(lock.protected),
        "regions": _regions(lock),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _regions(lock: Lock) -> dict[str, Any]:
    return {
        region: {
            section: {
                key: {"voices": list(map(voice_document, entry.voices))} for key, entry in entries.items()
            }
            for section, entries in sections.items()
            if entries
        }
        for region, sections in lock.regions.items()
    }


def _parse(text: str, path: Path) -> Mapping[str, Any]:
    if any(f"\n{mark}" in f"\n{text}" for mark in ("<<<<<<<", ">>>>>>>")):
        raise LockfileError(
            f"{path}: holds a merge conflict: keep both sides' voices, or take either side; {_WAY_OUT}"
        )
    try:
        document = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise LockfileError(
            f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}; {_WAY_OUT}"
        ) from error
    except RecursionError as error:
        raise LockfileError(f"{path}: nested too deeply; {_WAY_OUT}") from error
    except _TwiceError as error:
        raise LockfileError(
            f"{path}: {error} stands twice in one place, as a merge may leave it: "
            f"keep the voices of both in one; {_WAY_OUT}"
        ) from error
    except ValueError as error:  # a number of thousands of digits
        raise LockfileError(f"{path}: not JSON: {error}; {_WAY_OUT}") from error
    if not isinstance(document, dict) or not isinstance(document.get("format_version"), str):
        raise LockfileError(f"{path}: not a lock: it has no format_version; {_WAY_OUT}")
    if document["format_version"] != FORMAT_VERSION:
        raise LockfileError(f"{path}: {_foreign(document['format_version'])}")
    return document


class _TwiceError(ValueError):
    """A name stands twice in one object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, unless a name's second value would take the place of the first.

    Raises:
        _TwiceError: it would.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        raise _TwiceError(repr(names.most_common(1)[0][0][:_LONGEST_NAME]))
    return found


def _foreign(version: str) -> str:
    """Return what to say of a lock of another format."""
    if is_newer(version, FORMAT_VERSION):
        return f"a lock of format {version}, and this ddvoices reads {FORMAT_VERSION}: upgrade ddvoices"
    return f"not a lock: no release writes format {version[:20]!r}; {_WAY_OUT}"


def _read(document: Mapping[str, Any], path: Path) -> Lock:
    try:
        regions = {
            region: {
                section: {key: _read_entry(entry) for key, entry in entries.items()}
                for section, entries in sections.items()
            }
            for region, sections in document["regions"].items()
        }
        protected = frozenset(typed(key, str) for key in typed(document.get("protected", []), list))
        return Lock(owner=typed(document["owner"], str), regions=regions, protected=protected)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise LockfileError(
            f"{path}: not a whole lock: {type(error).__name__}: {error}; {_WAY_OUT}"
        ) from error


def _adopted(lock: Lock) -> Lock:
    """Return a lock of which nothing is ours by the lock's word alone; a marker may say more."""
    regions = {
        region: {
            section: {key: _adopted_entry(entry) for key, entry in entries.items()}
            for section, entries in sections.items()
        }
        for region, sections in lock.regions.items()
    }
    return replace(lock, regions=regions)


def _adopted_entry(entry: LockEntry) -> LockEntry:
    return LockEntry(voices=tuple(replace(voice, origin=Origin.ADOPTED) for voice in entry.voices))


def _read_entry(document: Mapping[str, Any]) -> LockEntry:
    return LockEntry(voices=tuple(read_voice(voice) for voice in typed(document["voices"], list)))


def _unreadable(path: Path, error: Exception) -> LockfileError:
    reason = getattr(error, "strerror", None) or error
    return LockfileError(f"{path}: can't be read: {reason}; {_WAY_OUT}")
