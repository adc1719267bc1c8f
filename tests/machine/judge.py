"""What must hold at every write and after every step, asked of the service's own state.

Where the design itself makes an exception, it is written down here, with the reason.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from machine.catalogs import OWNERS
from machine.checkout import Checkout
from machine.engine import SETTLE, Ran, Wish
from machine.place import KEYS
from machine.run import Json, Run, Write

from ddvoices.errors import PlanStaleError, RefusedError
from ddvoices.identity import key_hash, make_marker, owner_hash, owner_hashes, read_marker
from ddvoices.identity.marker import Marker
from ddvoices.model import VoiceSpec

if TYPE_CHECKING:
    from machine.world import World

_UPLOADS = ("create", "replace")
_OURS = owner_hashes(OWNERS[0], OWNERS[1:])


def marker_of(voice: Mapping[str, Any]) -> Marker:
    """Return the marker that a voice of ours was sent with, whether the service shows it or not."""
    marker = read_marker(voice["speaker_id"], ours=_OURS)
    assert marker is not None, voice
    return marker


def _content(write: Write) -> tuple[str, str]:
    """Return what an upload is known by: its fingerprint and its sample."""
    marker = read_marker(write.fields["speaker_id"], ours=_OURS)
    assert marker is not None
    return marker.content, hashlib.sha256(base64.b64decode(write.fields["data"])).hexdigest()


def _item_content(item: Json) -> tuple[str, str]:
    after = {change["path"]: change["after"] for change in item["fields"]}
    return after["fingerprint"], item["sample"]["sha256"]


class Judge:
    """The law of a world.

    ``forgotten`` are voices of ours that no machine could know again: the service doesn't show their marker,
    and the lock that named them was lost, or is another machine's. ``unanswered``: those whose making was
    never confirmed. ``adoptable``: strangers' voices that a catalog has pinned or named.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.forgotten: set[str] = set()
        self.unanswered: set[str] = set()
        self.adoptable: set[str] = set()
        self._makers: dict[str, Checkout] = {}
        self._before: set[str] = set()
        self._at_start: set[str] = set()
        self._raced: set[str] = set()
        self._racing = False

    # around a run

    def starts(self, run: Run) -> None:
        """Take note of what the run can't know."""
        self._at_start = {voice["id"] for region in KEYS for voice in self.ours(region)}
        run.guarded = self._guarded(run)
        for region in KEYS:
            ours = {voice["id"]: voice for voice in self.ours(region)}
            self.forgotten |= {i for i, voice in ours.items() if not self.knows(run, region, voice)}
            self.adoptable |= set(self._adoptable(run, region))

    def sees(self, run: Run, write: Write) -> None:
        """Judge a write before the service gets it."""
        self._before = {voice["id"] for voice in self._world.voices(write.region)}
        {"POST": self._post, "PUT": self._put, "DELETE": self._delete}[write.method](run, write)

    def hears(self, run: Run, write: Write, answered: bool) -> None:
        """Take note of who has made what, and of a create that was carried out and not answered."""
        if write.method != "POST":
            return
        made = {voice["id"] for voice in self._world.voices(write.region)} - self._before
        self._makers.update(dict.fromkeys(made, run.checkout))
        if not answered:
            self.unanswered |= made
        if self._racing:
            self._raced.add(write.fields["speaker_id"])

    def raced(self) -> None:
        """From now on two machines are at work."""
        self._racing = True

    def ended(self, ran: Ran, wish: Wish, by: int) -> None:
        """Judge a run as a whole."""
        run = ran.run
        if by == 0:
            self._racing = False
            self._raced.clear()
        if not wish.prune:
            assert not [write for write in run.writes if write.method == "DELETE"]
        if isinstance(ran.error, RefusedError):
            assert run.writes == []
        if isinstance(ran.error, PlanStaleError):
            assert wish.reviewed is not None
            assert run.writes == []
        if ran.report is not None:
            assert ran.work is not None
            assert run.checkout.protected() == run.guarded
            pending = ran.work.plan.pending
            assert len(ran.report.outcomes) == pending + len(ran.work.verdicts)
            self._converged(ran, by)

    def _converged(self, ran: Ran, by: int) -> None:
        """What is said to be done is done: the next plan is empty."""
        assert ran.report is not None
        if ran.report.converged and ran.run.script.race is None:
            plan = self._world.plan(by)
            pending = [(c.action, c.key, c.reason) for r in plan.regions for c in r.pending]
            assert plan.complete, [(r.error, r.errors) for r in plan.regions]
            assert pending == []

    def _guarded(self, run: Run) -> set[str]:
        """Return the keys that are protected, and those that were when they left the catalog."""
        voices = run.catalog.voices
        decided = {key for spec in voices for key in (spec.key, *spec.moved_from)}
        today = {key for spec in voices if spec.protect for key in (spec.key, *spec.moved_from)}
        return (run.checkout.protected() - decided) | today

    def only_reviewed(self, ran: Ran, document: Mapping[str, Any]) -> None:
        """Each write is of an item that was reviewed, or completes one."""
        for write in ran.run.writes:
            items = document["regions"][write.region]["changes"]
            if write.method == "POST":
                assert _content(write) in [_item_content(i) for i in items if i["action"] in _UPLOADS]
            elif write.method == "DELETE":
                assert write.id in {item["id"] for item in items if item["action"] == "delete"}
            else:
                updated = {item["id"] for item in items if item["action"] == "update"}
                assert (
                    write.id in updated | {voice["id"] for voice in self.ours(write.region)} - self._at_start
                )

    def nothing_again(self, ran: Ran) -> None:
        """What was applied once is not applied again."""
        assert ran.run.writes == []

    # the writes

    def _post(self, run: Run, write: Write) -> None:
        """Nothing is uploaded that is there already and that the machine can know again."""
        marker = read_marker(write.fields["speaker_id"], ours=_OURS)
        assert marker is not None
        assert marker.owner == owner_hash(run.catalog.owner)
        wanting = self._wanting(run, write.region, marker.fingerprint)
        assert wanting, "nobody wants it"
        there = [
            voice["id"]
            for voice in self.ours(write.region)
            if marker_of(voice).fingerprint == marker.fingerprint and self._counts(run, write, voice)
        ]
        assert len(there) < len(wanting), f"{write.fields['name']} is there: {there}"

    def _counts(self, run: Run, write: Write, voice: Json) -> bool:
        """Tell whether a voice is one that the run must not make again."""
        owners = owner_hashes(run.catalog.owner, run.catalog.former_owners)
        if marker_of(voice).owner not in owners or voice["id"] in self.forgotten:
            return False
        if str(marker_of(voice)) in self._raced:
            return False  # two machines made it at once
        if not self._named(run, write.region, voice) and not self._visible(write.region, voice):
            return False  # another machine has made it, and the service doesn't show it yet
        # Longer than anybody waits: a create that wasn't answered is then sent again, as the design says.
        return not (voice["id"] in self.unanswered and self.slow(write.region))

    def _put(self, _run: Run, write: Write) -> None:
        ours = {voice["id"] for voice in self.ours(write.region)}
        assert write.id in ours | self.adoptable, "a stranger's voice is touched"

    def _delete(self, run: Run, write: Write) -> None:
        voice = next((v for v in self.ours(write.region) if v["id"] == write.id), None)
        if voice is None:
            assert write.id not in self.strangers_in(write.region), "a stranger's voice is deleted"
            return  # somebody has deleted it since
        marker = marker_of(voice)
        keys = run.checkout.keys_of(voice["id"])
        assert not keys & run.guarded, "a protected voice is deleted"
        assert marker.key not in {key_hash(key) for key in run.guarded}, "a protected voice is deleted"
        wanting = self._wanting(run, write.region, marker.fingerprint)
        same = [v for v in self.ours(write.region) if marker_of(v).fingerprint == marker.fingerprint]
        # a key may have a stranger's voice, which was taken to be what it wants
        adopted = self.strangers_in(write.region) & self.adoptable
        assert len(same) > len(wanting) - len(adopted), "the last copy of what is wanted is deleted"

    def _wanting(self, run: Run, region: str, content: int) -> list[VoiceSpec]:
        return [
            spec
            for spec in run.catalog.wanted_in(region)
            if spec.sample is not None and make_marker(spec, owner=run.catalog.owner).fingerprint == content
        ]

    # the service's state

    def always(self) -> None:
        """What holds after each step: strangers' voices are there, and as they were."""
        for region in KEYS:
            there = {voice["id"]: voice for voice in self._world.voices(region)}
            assert self.strangers_in(region) <= there.keys()
            for voice_id in self.strangers_in(region) - self.adoptable:
                assert there[voice_id] == self._world.strangers[voice_id][1]

    def strangers_in(self, region: str) -> set[str]:
        account = self._world.accounts[region]
        return {i for i, (where, _) in self._world.strangers.items() if where == account}

    def ours(self, region: str) -> list[Json]:
        """Return the voices that were made by an apply."""
        return [voice for voice in self._world.voices(region) if voice["id"] not in self._world.strangers]

    def slow(self, region: str) -> bool:
        """Tell whether a voice shows up later than anybody waits for it."""
        return bool(self._world.settings(region)["visible_after_ms"] >= SETTLE * 1000)

    def shows(self, region: str, voice: Json) -> bool:
        """Tell whether the listing shows a voice with its marker."""
        settings = self._world.settings(region)
        hidden = settings["published_hidden"] and voice["publish"]
        return settings["echo_speaker_id"] == "yes" and not hidden and settings["list_cap"] is None

    def knows(self, run: Run, region: str, voice: Json) -> bool:
        """Tell whether a machine can know a voice again: by its marker, its lock or its journal."""
        return self._named(run, region, voice) or self.shows(region, voice)

    def _named(self, run: Run, region: str, voice: Json) -> bool:
        """Tell whether a machine has a voice's id, or an intent of its own that has made it."""
        evidence = run.checkout.evidence(region)
        own = self._makers[voice["id"]] is run.checkout
        return voice["id"] in evidence or (own and voice["speaker_id"] in evidence)

    def _visible(self, region: str, voice: Json) -> bool:
        after = self._world.settings(region)["visible_after_ms"]
        return after == 0 or bool(voice["created_us"] + after * 1000 <= self._world.clock.time_ns() // 1000)

    def _adoptable(self, run: Run, region: str) -> Iterable[str]:
        names = {n for s in run.catalog.wanted_in(region) for n in (s.name, s.title) if n}
        pins = {spec.ids[region] for spec in run.catalog.voices if region in spec.ids}
        for voice in self._world.voices(region):
            if voice["id"] in self._world.strangers and (
                voice["id"] in pins or {voice["name"], voice["title"]} & names
            ):
                yield voice["id"]
