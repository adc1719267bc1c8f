"""A checkout of the catalog: its lock and its journal on disk, and what a crash leaves of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from machine.catalogs import State

from ddvoices.lockfile import LOCK_NAME, STATE_DIRECTORY
from ddvoices.lockfile.records import open_intents, unfolded
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
        """Return all that this machine remembers of a region: the lock, and what the journal adds to it."""
        records = [{**record, "before": []} for record in self._records()]  # what an intent has not made
        new = [record for record in unfolded(records) if record.get("region") == region]
        left_open = [asdict(intent) for intent in open_intents(records) if intent.region == region]
        return json.dumps([self._sections(region), new, left_open])

    def left_open(self, region: str) -> set[str]:
        """Return the markers of the creates of which the journal doesn't know what came."""
        return {intent.marker for intent in open_intents(self._records()) if intent.region == region}

    def _records(self) -> list[dict[str, Any]]:
        lines = self.journal.read_bytes().splitlines(keepends=True) if self.journal.exists() else []
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    def protected(self) -> set[str]:
        """Return the keys that the lock protects."""
        return set(json.loads(self.lock.read_bytes())["protected"]) if self.lock.exists() else set()

    def owner(self) -> str | None:
        """Return whose lock it is."""
        return str(json.loads(self.lock.read_bytes())["owner"]) if self.lock.exists() else None

    def keys_of(self, voice_id: str, region: str) -> set[str]:
        """Return the keys under which the lock holds a voice in a region."""
        return {key for key, voice in self._locked(region) if voice["id"] == voice_id}

    def contents_of(self, voice_id: str, region: str) -> set[str]:
        """Return what the lock takes the content of a voice to be."""
        return {
            v["fingerprint"] for _, v in self._locked(region) if v["id"] == voice_id and "fingerprint" in v
        }

    def taken_for(self, voice_id: str, region: str) -> set[str]:
        """Return what lock and journal take the content of a voice to be."""
        records = (r for r in self._records() if r["op"] == "voice" and r["region"] == region)
        told = {r["voice"].get("fingerprint") for r in records if r["voice"]["id"] == voice_id}
        return self.contents_of(voice_id, region) | (told - {None})

    def found(self, voice_id: str, region: str) -> bool:
        """Tell whether the lock holds a voice that it doesn't say we have made."""
        origins = [voice["origin"] for _, voice in self._locked(region) if voice["id"] == voice_id]
        return bool(origins) and "created" not in origins

    def reported(self, voice_id: str, region: str) -> set[str]:
        """Return the fields that the service keeps otherwise than they were sent, by the lock."""
        voices = (voice for _, voice in self._locked(region) if voice["id"] == voice_id)
        return {path for voice in voices for path in voice.get("reported", {})}

    def _locked(self, region: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for section in self._sections(region).values():
            for key, entry in section.items():
                yield from ((key, voice) for voice in entry["voices"])

    def _sections(self, region: str) -> dict[str, dict[str, Any]]:
        lock = json.loads(self.lock.read_bytes()) if self.lock.exists() else {"regions": {}}
        sections: dict[str, dict[str, Any]] = lock["regions"].get(region, {})
        return sections

    def made_in(self, region: str, account: str, listed: set[str]) -> set[str]:
        """Return the ids that the lock holds as made by us in an account, if it can tell whose they are.

        They are under the account's name, or beside voices that are listed.
        """
        made = {
            name: {v["id"] for entry in section.values() for v in entry["voices"] if v["origin"] == "created"}
            for name, section in self._sections(region).items()
        }
        own = (
            account if account in made else max(made, key=lambda name: len(made[name] & listed), default=None)
        )
        return made[own] if own is not None and (own == account or made[own] & listed) else set()

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
