"""The service and an apply in a few lines, in memory: a voice is a dict, and nothing ever fails.

It plays the variants that the real service is not known well enough to exclude. The apply is as short as it
can be, but tells the lock what the real one does, by the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from plan.makers import ACCOUNT, ENDPOINT, checked_plan

from ddvoices.apply.remember import adopted_voice, catch_up, created_voice, reported_voice
from ddvoices.identity import fingerprint, make_marker, owner_hashes, read_marker
from ddvoices.lockfile import Record, drop_record, fold, voice_record
from ddvoices.model import (
    EMPTY_LOCK,
    Action,
    Catalog,
    Change,
    Lock,
    LockedVoice,
    LockEntry,
    ObservedRegion,
    ObservedVoice,
    Origin,
    Plan,
    RegionPlan,
    Standing,
    VoiceSpec,
)
from ddvoices.plan import listed_differences, protected_keys

SHOWN = ("name", "title", "locale", "gender", "speaking_style", "text", "speaker_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What this service does where the real one may do otherwise."""

    echo: str = "yes"  # yes | no | own: it makes up a speakerId of its own
    upper_gender: bool = True
    unset: str | None = ""  # what an unset string is reported as; None: not at all
    name_from_title: bool = False  # POST ignores `name`
    hides_published: bool = False
    keeps_name: bool = False  # PUT takes a name and doesn't store it


@dataclass(slots=True, kw_only=True)
class LittleService:
    """One account of one region. ``voices`` is id → all that was sent; ``uploads`` counts POSTs."""

    variant: Variant = field(default_factory=Variant)
    voices: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads: int = 0
    _born: int = 0

    def post(self, **sent: Any) -> str:
        """Make a voice; each is a second younger than the one before."""
        self._born += 1
        voice_id = f"v{self._born * 7919 % 10_000:04d}"  # ids don't sort by age
        if self.variant.name_from_title:
            sent["name"] = sent.get("title")
        if self.variant.echo != "yes":
            sent["speaker_id"] = f"spk-{voice_id}" if self.variant.echo == "own" else None
        seconds = self._born
        made = f"2026-01-01T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"
        self.voices[voice_id] = {"publish": False, **sent, "created_at": made}
        return voice_id

    def upload(self, spec: VoiceSpec, *, owner: str) -> str:
        """Make the voice that the real apply would send for ``spec``."""
        self.uploads += 1
        return self.post(
            name=spec.name,
            title=spec.title or spec.name,
            locale=spec.locale,
            gender=str(spec.gender),
            speaking_style=spec.speaking_style,
            text=spec.text,
            publish=spec.publish,
            speaker_id=str(make_marker(spec, owner=owner)),
        )

    def put(self, voice_id: str, fields: Mapping[str, Any]) -> None:
        changed = {name: value for name, value in fields.items() if value}
        if self.variant.keeps_name:
            changed.pop("name", None)
        self.voices[voice_id].update(changed)

    def delete(self, voice_id: str) -> None:
        del self.voices[voice_id]

    def look(self, voice_id: str) -> ObservedVoice:
        """Return a voice as GET /voice/{id} shows it."""
        voice = self.voices[voice_id]
        shown = {name: voice.get(name) or self.variant.unset for name in SHOWN}
        if shown["gender"]:
            gender = str(shown["gender"])
            shown["gender"] = gender.upper() if self.variant.upper_gender else gender.lower()
        listed = not (self.variant.hides_published and voice["publish"])
        return ObservedVoice(id=voice_id, created_at=voice["created_at"], listed=listed, **shown)

    def observe(self, desired: Catalog, lock: Lock, *, account: str = ACCOUNT) -> ObservedRegion:
        """Return what a client finds: the listing, and by their ids what the lock or a pin names."""
        named = {spec.ids["us"] for spec in desired.voices if "us" in spec.ids} | _locked_ids(lock)
        voices = tuple(map(self.look, self.voices))
        found = tuple(voice for voice in voices if voice.listed or voice.id in named)
        return ObservedRegion(region="us", endpoint=ENDPOINT, account=account, voices=found)


@dataclass(slots=True, kw_only=True)
class Machine:
    """A checkout of the catalog with its lock, and the account that it applies to."""

    service: LittleService
    lock: Lock = EMPTY_LOCK
    account: str = ACCOUNT

    def plan(self, desired: Catalog, **options: Any) -> Plan:
        seen = self.service.observe(desired, self.lock, account=self.account)
        return checked_plan(desired, {"us": seen}, self.lock, **options)

    def apply(self, desired: Catalog, *, stop_after: int | None = None, **options: Any) -> Plan:
        """Plan and carry out, whatever a policy says; a kill after ``stop_after`` changes."""
        plan = self.plan(desired, **options)
        region = plan.regions[0]
        _check_uploads(region, desired, self.service)
        run, seen = _Run(self, region, desired), tuple(map(self.service.look, self.service.voices))
        for change in region.pending[:stop_after]:
            run.carry_out(change)
        records = run.records if stop_after is not None else run.all_records()
        if stop_after is None:
            known = frozenset(region.standings)
            self.lock = self.lock.taken_over("us", self.account, known)
        self.lock = fold(self.lock, records, owner=desired.owner)
        if stop_after is None:
            caught_up = catch_up(region, run.entries, seen=seen, ours=run.ours)
            lock = fold(self.lock, caught_up, owner=desired.owner)
            self.lock = replace(lock, protected=protected_keys(desired, lock))
        return plan


class _Run:
    """One apply: the records that the journal would hold."""

    def __init__(self, machine: Machine, region: RegionPlan, desired: Catalog) -> None:
        self.service, self.owner = machine.service, desired.owner
        self.ours = owner_hashes(desired.owner, desired.former_owners)
        known = frozenset(region.standings)
        self.entries: Mapping[str, LockEntry] = machine.lock.entries("us", machine.account, known)
        self.where = "us", region.section
        self.records: list[Record] = []
        self._reports: list[tuple[VoiceSpec, LockedVoice]] = []
        self._said: dict[str, LockedVoice] = {}

    def all_records(self) -> list[Record]:
        """Return what the journal holds at the end: what the listing says otherwise comes last."""
        for spec, locked in self._reports:
            known = self._said.get(locked.id, locked)
            if known.id in self.service.voices:
                self._say(spec, reported_voice(known, spec, self._still(spec, known.id)))
        return self.records

    def carry_out(self, change: Change) -> None:
        spec, voice = change.spec, change.voice
        if change.action is Action.DELETE and voice is not None:
            self.service.delete(voice.id)
            self.records.append(drop_record(*self.where, voice.id))
        elif change.action in (Action.CREATE, Action.REPLACE) and spec is not None:
            self._create(spec)
        elif change.action is Action.ADOPT and spec is not None and voice is not None:
            self._say(spec, adopted_voice(spec, voice, self.entries, ours=self.ours))
        elif spec is not None and voice is not None:
            self._update(change, spec, voice)

    def _create(self, spec: VoiceSpec) -> None:
        new = created_voice(spec, self.service.upload(spec, owner=self.owner))
        self._say(spec, new)
        differing = listed_differences(spec, self.service.look(new.id))
        if differing:
            self.service.put(new.id, {change.path: change.after for change in differing})
        self._reports.append((spec, new))

    def _update(self, change: Change, spec: VoiceSpec, voice: ObservedVoice) -> None:
        self.service.put(voice.id, {field.path: field.after for field in change.fields})
        known = self.entries.get(spec.key, LockEntry()).get(voice.id)
        if known is None and read_marker(voice.speaker_id, ours=self.ours) is not None:
            known = adopted_voice(spec, voice, self.entries, ours=self.ours)
        self._reports.append((spec, known or LockedVoice(id=voice.id, origin=Origin.ADOPTED)))

    def _still(self, spec: VoiceSpec, voice_id: str) -> dict[str, str]:
        seen = self.service.look(voice_id)
        still = {change.path: str(change.before) for change in listed_differences(spec, seen)}
        return still | ({"speaker_id": str(seen.speaker_id)} if self.service.variant.echo == "own" else {})

    def _say(self, spec: VoiceSpec, voice: LockedVoice) -> None:
        self._said[voice.id] = voice
        self.records.append(voice_record(*self.where, spec.key, voice))


def _locked_ids(lock: Lock) -> set[str]:
    sections = lock.regions.get("us", {}).values()
    return {voice.id for section in sections for entry in section.values() for voice in entry.voices}


def _check_uploads(region: RegionPlan, desired: Catalog, service: LittleService) -> None:
    """What is there and free is not uploaded: no voice of ours that nobody means has a wanted content."""
    if service.variant.echo != "yes":
        return
    ours = owner_hashes(desired.owner, desired.former_owners)
    means = {voice_id for voice_id, (standing, _) in region.standings.items() if standing is Standing.MANAGED}
    markers = [read_marker(service.look(voice_id).speaker_id) for voice_id in region.standings.keys() - means]
    free = {marker.content for marker in markers if marker is not None and marker.owner in ours}
    for change in region.pending:
        if change.action in (Action.CREATE, Action.REPLACE) and change.spec is not None:
            assert fingerprint(change.spec) not in free
