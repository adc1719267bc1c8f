"""A checkout of the catalog: its lock and its journal on disk, and what a crash leaves of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from machine.catalogs import State

from ddvoices.lockfile import LOCK_NAME, STATE_DIRECTORY
from ddvoices.model import Catalog

Snapshot = dict[Path, bytes | None]


class Checkout:
    """One directory; ``state`` is the commit that it is at."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self.root = root
        self.state = State()
        self.lock = root / LOCK_NAME
        self.journal = root / STATE_DIRECTORY / "journal.jsonl"

    @property
    def catalog(self) -> Catalog:
        return self.state.at(self.root)

    def evidence(self, region: str) -> str:
        """Return all that this machine remembers of a region."""
        locked = json.loads(self.lock.read_bytes())["regions"].get(region) if self.lock.exists() else None
        lines = self.journal.read_text(encoding="utf-8").splitlines() if self.journal.exists() else []
        return "\n".join([json.dumps(locked), *(line for line in lines if f'"region":"{region}"' in line)])

    def protected(self) -> set[str]:
        """Return the keys that the lock protects."""
        return set(json.loads(self.lock.read_bytes())["protected"]) if self.lock.exists() else set()

    def keys_of(self, voice_id: str) -> set[str]:
        """Return the keys under which the lock holds a voice."""
        return {key for key, voice in self._locked() if voice["id"] == voice_id}

    def found(self, voice_id: str) -> bool:
        """Tell whether the lock holds a voice that it doesn't say we have made."""
        origins = [voice["origin"] for _, voice in self._locked() if voice["id"] == voice_id]
        return bool(origins) and "created" not in origins

    def _locked(self) -> Iterator[tuple[str, dict[str, Any]]]:
        regions = json.loads(self.lock.read_bytes())["regions"] if self.lock.exists() else {}
        for sections in regions.values():
            for section in sections.values():
                for key, entry in section.items():
                    yield from ((key, voice) for voice in entry["voices"])

    def take_lock(self, other: Checkout) -> None:
        """Take the other side's lock, as a merge does."""
        if other.lock.exists():
            self.lock.write_bytes(other.lock.read_bytes())

    def lose_lock(self) -> None:
        self.lock.unlink(missing_ok=True)

    def snapshot(self) -> Snapshot:
        """Return what is written now."""
        return {path: path.read_bytes() if path.exists() else None for path in (self.lock, self.journal)}

    def restore(self, snapshot: Snapshot) -> None:
        for path, data in snapshot.items():
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
