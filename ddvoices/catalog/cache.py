"""What earlier runs found out about samples, so that a second run reads no audio.

A file is known again by path, size, mtime, ctime and inode. Files younger than two seconds are neither stored
nor believed: a change within the clock's resolution would go unseen. Whatever is wrong with the cache, it is
left aside; it is never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ddvoices.audio import AudioFacts
from ddvoices.catalog.files import open_regular

# The next number as soon as anything is said differently of the same bytes.
_VERSION = 1
_YOUNG_SECONDS = 2.0
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "format": str,
    "sha256": str,
    "sound": str,
    "size": int,
    "seconds": (int, float, type(None)),
    "warnings": list,
}


def default_cache_dir(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the user's cache directory; None if there is no telling."""
    if environ.get("DDVOICES_CACHE_DIR"):
        return Path(environ["DDVOICES_CACHE_DIR"])
    base = environ.get("XDG_CACHE_HOME", "")
    if Path(base).is_absolute():  # the XDG specification: a relative one is to be ignored
        return Path(base, "ddvoices")
    try:
        return Path.home() / ".cache" / "ddvoices"
    except RuntimeError:
        return None


class SampleCache:
    """The cache of one catalog: one JSON file, named after the catalog's real path."""

    def __init__(
        self, directory: Path | None, catalog: Path, *, clock: Callable[[], float] = time.time
    ) -> None:
        name = hashlib.sha256(os.fsencode(catalog)).hexdigest()[:32]
        self._file = directory / f"samples-{name}.json" if directory else None
        self._clock = clock
        self._old = _load(self._file)
        self._new: dict[str, Any] = {}

    def get(self, file: Path, status: os.stat_result) -> AudioFacts | None:
        """Return what is known of a file in this state."""
        entry = self._old.get(os.fsdecode(file))
        if not isinstance(entry, dict) or entry.get("state") != _state(status) or self._is_young(status):
            return None
        facts = _facts(entry.get("facts"))
        if facts is not None:
            self._new[os.fsdecode(file)] = entry
        return facts

    def put(self, file: Path, status: os.stat_result, facts: AudioFacts) -> None:
        """Keep what was found out about a file in this state."""
        if not self._is_young(status):
            self._new[os.fsdecode(file)] = {
                "state": _state(status),
                "facts": {name: getattr(facts, name) for name in _TYPES},
            }

    def save(self) -> None:
        """Write what this run has used, if that differs from what is there."""
        if self._file is not None and self._new != self._old:
            with contextlib.suppress(OSError, ValueError):
                _write(self._file, json.dumps({"version": _VERSION, "samples": self._new}))

    def _is_young(self, status: os.stat_result) -> bool:
        return self._clock() - max(status.st_mtime, status.st_ctime) < _YOUNG_SECONDS


def _state(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _load(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        with os.fdopen(open_regular(file), encoding="utf-8") as stream:
            data = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        return {}
    samples = data.get("samples")
    return samples if isinstance(samples, dict) else {}


def _facts(data: Any) -> AudioFacts | None:
    """Return facts from JSON, None if they aren't of the right form."""
    if not isinstance(data, dict) or data.keys() != _TYPES.keys():
        return None
    if not all(isinstance(data[name], kind) for name, kind in _TYPES.items()):
        return None
    return AudioFacts(**{**data, "warnings": tuple(map(str, data["warnings"]))})


def _write(file: Path, text: str) -> None:
    """Write a whole file or nothing."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=".samples-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
