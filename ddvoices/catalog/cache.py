"""What earlier runs found out about samples, so that a second run reads no audio.

A file is known again by path, size, mtime, ctime and inode. Files younger than two seconds are neither stored
nor believed: a change within the clock's resolution would go unseen. Whatever is wrong with the cache, it is
left aside; it is never an error.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ddvoices.audio import AudioFacts
from ddvoices.catalog.kept import KeptFile

_KEY = "samples"
_YOUNG_SECONDS = 2.0


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
        self._kept = KeptFile(directory, "samples", catalog)
        self._now = clock()
        self._old: dict[str, Any] = self._kept.load(_KEY) or {}
        self._new: dict[str, Any] = {}

    def get(self, file: str, status: os.stat_result) -> AudioFacts | None:
        """Return what is known of a file in this state."""
        entry = self._old.get(file)
        if entry is None or entry["state"] != _state(status) or self._is_young(status):
            return None
        self._new[file] = entry
        return AudioFacts(**entry["facts"], warnings=tuple(entry["warnings"]))

    def put(self, file: str, status: os.stat_result, facts: AudioFacts) -> None:
        """Keep what was found out about a file in this state."""
        if not self._is_young(status):
            known = {name: getattr(facts, name) for name in AudioFacts.__dataclass_fields__}
            warnings = list(known.pop("warnings"))
            self._new[file] = {"state": _state(status), "facts": known, "warnings": warnings}

    def save(self) -> None:
        """Write what this run has used, if that differs from what is there."""
        if self._new != self._old:
            self._kept.save(_KEY, self._new)

    def _is_young(self, status: os.stat_result) -> bool:
        return self._now - max(status.st_mtime, status.st_ctime) < _YOUNG_SECONDS


def _state(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
