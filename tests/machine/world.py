"""One catalog, two regions, two machines, and everybody who may touch any of them.

Each step is a method with JSON arguments, so that what went wrong can be kept as a file and replayed. What
must always hold is asked of the service's own state, and not of our plans.
"""

from __future__ import annotations

import base64
import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from machine.calm import settle_down
from machine.catalogs import SOUNDS, Head
from machine.checkout import Checkout
from machine.clock import Clock
from machine.engine import Engine, Ran, Wish
from machine.judge import Judge
from machine.place import KEYS, Place
from machine.run import Json, Run, Script

from ddvoices.auth import account_of
from ddvoices.identity import make_marker
from ddvoices.model import Plan
from ddvoices.plan import plan_document, read_document

_WHOLE = {"list_cap": None, "max_voices": 1000}


class World:
    """The state, and the steps that change it."""

    def __init__(
        self, place: Place, folder: Path, settings: Mapping[str, Json], *, threads: bool = False
    ) -> None:
        random.seed(0)
        self.clock = Clock()
        self.place = place
        self._engine = Engine(place, self.clock, threads=threads)
        place.begin(self.clock)
        self.regions = dict.fromkeys(KEYS, 0)  # which of the account's keys is in use
        self.accounts = {region: region for region in KEYS}
        for region, changes in settings.items():
            place.settings(KEYS[region][0], **changes)
        self._settings = {region: place.settings(KEYS[region][0]) for region in KEYS}
        self.head = Head(folder)
        root = Path(tempfile.mkdtemp(dir=folder))
        self.checkouts = [Checkout(root / name) for name in ("one", "two")]
        self.strangers: dict[str, tuple[str, Json]] = {}  # id → account and what they have made
        self.saved: Json | None = None
        self.judge = Judge(self)

    def do(self, name: str, arguments: Json) -> None:
        """Carry out one step, and see that what always holds still does."""
        where = self.head if hasattr(Head, name) else self
        getattr(where, name)(**arguments)
        self.judge.always()

    # others do what they like

    def stranger_makes(self, region: str, key: str, publish: bool) -> None:
        """Perhaps one that looks like ours."""
        self._make(region, f"Voice {key}", publish=publish)

    def other_catalog_makes(self, region: str, key: str) -> None:
        spec = self.head.new(key, SOUNDS[0])
        self._make(region, spec.name, speaker_id=str(make_marker(spec, owner="somebody-else")))

    def someone_edits(self, region: str, number: int, path: str) -> None:
        """Edit any voice: a stranger's, or one of ours."""
        value = {"name": "Edited", "locale": "de-DE", "gender": "NON_BINARY"}[path]
        voice = self._any_voice(region, number)
        if voice is not None:
            self.place.call(self.key(region), "PUT", "/voice", {"id": voice["id"], path: value})
            self._note_edit(region, voice["id"])

    def someone_deletes(self, region: str, number: int) -> None:
        voice = self._any_voice(region, number)
        if voice is not None:
            self.place.call(self.key(region), "DELETE", f"/voice/{voice['id']}")
            self.strangers.pop(voice["id"], None)

    def pin(self, region: str, key: str, number: int, with_sample: bool) -> None:
        """Take a voice that is there into the catalog, as `import` does."""
        voice = self._any_voice(region, number)
        pinned = {i for spec in self.head.state.voices for i in spec.ids.values()}
        if voice is None or key in self.head.voices or voice["id"] in pinned:
            return
        spec = replace(self.head.new(key, SOUNDS[0]), name=voice["name"], ids={region: voice["id"]})
        spec = replace(spec, regions=(region,), sample=spec.sample if with_sample else None)
        self.head.put(spec)

    # machines, accounts and time

    def pull(self) -> None:
        """Bring the second machine to the head; its lock stays its own."""
        self.checkouts[1].state = self.head.state

    def take_lock(self, to: int) -> None:
        """Merge one machine's lock into the other's by taking its side."""
        self.pull()
        self.checkouts[to].take_lock(self.checkouts[1 - to])
        self.judge.takes_lock(self.checkouts[to], self.checkouts[1 - to])

    def lose_lock(self, by: int) -> None:
        self.checkouts[by].lose_lock()
        self.judge.loses_lock(self.checkouts[by])

    def rotate_key(self, region: str) -> None:
        self.regions[region] = 1 - self.regions[region]

    def swap_keys(self) -> None:
        """Give each region the other's key."""
        self.accounts = {"us": self.accounts["eu"], "eu": self.accounts["us"]}

    def limit(self, region: str, most: int | None, cap: int | None) -> None:
        """Let the account hold, or list, only so many voices."""
        changes = {"max_voices": 1000 if most is None else most, "list_cap": cap}
        self._set(self.accounts[region], changes)

    def time_passes(self) -> None:
        self.clock.sleep(60)

    # applying

    def apply(
        self,
        by: int = 0,
        prune: bool = False,
        faults: Sequence[Json] = (),
        targets: Sequence[str] = (),
        **script: Any,
    ) -> None:
        """Apply by one machine; the first one is always at the head."""
        self.run(by, Wish(prune=prune, targets=tuple(targets)), Script(**script), faults)

    def save_plan(self, prune: bool) -> None:
        plan = self.plan(0, prune=prune)
        self.saved = read_document(json.dumps(plan_document(plan)), name="plan.json")

    def apply_saved(self, faults: Sequence[Json] = (), **script: Any) -> None:
        """Apply what was reviewed, and again: the second time there is nothing left to do."""
        if self.saved is None:
            return
        wish = Wish(prune=self.saved["prune"], reviewed=self.saved, force=True)
        first = self.run(0, wish, Script(**script), faults)
        self.judge.only_reviewed(first, self.saved)
        again = self.run(0, wish, Script(), ())
        self.judge.only_reviewed(again, self.saved)
        if first.report is not None and all(outcome.error is None for outcome in first.report.outcomes):
            self.judge.nothing_again(again)

    def settle_down(self) -> None:
        """End all faults, and see that everything comes right."""
        settle_down(self)

    def plan(self, by: int, *, prune: bool = False) -> Plan:
        """Plan by one machine; nothing is written anywhere."""
        return self._engine.plan(self._run(by, Script()), self._keys(), prune=prune)

    def run(self, by: int, wish: Wish, script: Script, faults: Sequence[Json]) -> Ran:
        """Apply once, and judge what came of it."""
        run = self._run(by, script)
        run.targets, run.reviewed = wish.targets, wish.reviewed is not None
        self.judge.starts(run)
        with self._weather(faults):
            keys = {region: self.key(region) for region in wish.regions}
            ran = self._engine.apply(run, keys, wish)
        if run.left is not None:
            run.checkout.restore(run.left)
        self.judge.ended(ran, wish, by)
        return ran

    def _run(self, by: int, script: Script) -> Run:
        if by == 0:
            self.checkouts[0].state = self.head.state
        checkout = self.checkouts[by]
        return Run(checkout, script, judge=self.judge.sees, others=self._race, tell=self.judge.hears)

    @contextmanager
    def _weather(self, faults: Sequence[Json]) -> Iterator[None]:
        """Let requests go wrong; each rule names its region."""
        for region, key in self._keys().items():
            rules = [{k: v for k, v in f.items() if k != "region"} for f in faults if f["region"] == region]
            self.place.faults(key, rules)
        try:
            yield
        finally:
            for key in self._keys().values():
                self.place.faults(key, [])

    def _race(self) -> None:
        """The other machine, at the same commit, applies in the middle of a run."""
        self.pull()
        self.judge.raced()
        self.run(1, Wish(), Script(), ())

    # looking

    def key(self, region: str) -> str:
        """Return the key that a region is asked with now."""
        return KEYS[self.accounts[region]][self.regions[region]]

    def voices(self, region: str) -> list[Json]:
        """Return all that the service stores of a region's account, oldest first."""
        return self.place.voices(self.key(region))

    def listed(self, region: str) -> list[str]:
        """Return the ids that a listing shows."""
        _, answer = self.place.call(self.key(region), "GET", "/voice")
        voices = answer["voicePrompts"] if isinstance(answer, dict) else answer
        return [voice["id"] for voice in voices]

    def account_hash(self, region: str) -> str:
        """Return what the lock names the account of today's key."""
        return account_of(self.key(region), self.place.base_url)

    def settings(self, region: str) -> Json:
        return self._settings[self.accounts[region]]

    def lift_limits(self) -> None:
        for account in KEYS:
            self._set(account, _WHOLE)

    def _set(self, account: str, changes: Json) -> None:
        self._settings[account] = self.place.settings(KEYS[account][0], **changes)

    def _keys(self) -> dict[str, str]:
        return {region: self.key(region) for region in KEYS}

    def _any_voice(self, region: str, number: int) -> Json | None:
        voices = self.voices(region)
        return voices[number % len(voices)] if voices else None

    def _note_edit(self, region: str, voice_id: str) -> None:
        if voice_id in self.strangers:
            voice = next(voice for voice in self.voices(region) if voice["id"] == voice_id)
            self.strangers[voice_id] = self.accounts[region], voice

    def _make(self, region: str, name: str, *, publish: bool = False, speaker_id: str = "") -> None:
        sample = Path(self.head.sample(SOUNDS[0]).file).read_bytes()
        document = {
            "name": name,
            "title": name,
            "locale": "en-GB",
            "gender": "FEMALE",
            "speaking_style": "Neutral",
            "publish": publish,
            "speaker_id": speaker_id,
            "filename": "a.wav",
            "data": base64.b64encode(sample).decode(),
        }
        before = {voice["id"] for voice in self.voices(region)}
        self.place.call(self.key(region), "POST", "/voice", document)
        for voice in self.voices(region):
            if voice["id"] not in before:
                self.strangers[voice["id"]] = self.accounts[region], voice
