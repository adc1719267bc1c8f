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
from ddvoices.identity import fingerprint, key_hash, make_marker, owner_hash, owner_hashes, read_marker
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


def _is_heir(spec: VoiceSpec, marker: Marker, locked: set[str]) -> bool:
    """Tell whether a voice was made for a key or a former one, or is held for it by the lock."""
    keys = {spec.key, *spec.moved_from}
    return marker.key in {key_hash(key) for key in keys} or bool(keys & locked)


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

    ``unanswered`` are voices of ours whose making was never confirmed, ``adoptable`` strangers' voices that a
    catalog has pinned or named.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._forgotten: dict[Checkout, set[str]] = {}
        self.unanswered: set[str] = set()
        self.adoptable: set[str] = set()
        self._lost_with_lock: dict[Checkout, set[str]] = {}
        self._makers: dict[str, tuple[Checkout, str]] = {}
        self._before: set[str] = set()
        self._at_start: set[str] = set()
        self._raced: set[str] = set()
        self._racing = self.has_raced = False

    def forgotten(self, checkout: Checkout) -> set[str]:
        """Return the voices of ours that a machine could not know again, now or before.

        The service doesn't show their marker, and the lock that named them was lost, or is another machine's.
        """
        return self._forgotten.setdefault(checkout, set())

    def loses_lock(self, checkout: Checkout) -> None:
        """Take note of a lock that is gone: of what the machine has made until now it may know nothing."""
        self._lost_with_lock[checkout] = {i for i, (maker, _) in self._makers.items() if maker is checkout}

    def takes_lock(self, checkout: Checkout, other: Checkout) -> None:
        """Take note of a merge: what one machine has taken a voice for, the other does."""
        self.loses_lock(checkout)
        self.forgotten(checkout).update(self.forgotten(other))

    # around a run

    def starts(self, run: Run) -> None:
        """Take note of what the run can't know."""
        self._at_start = {voice["id"] for region in KEYS for voice in self.ours(region)}
        run.began = self._world.clock.time_ns()
        run.guarded = self._guarded(run)
        run.cut = {region for region in KEYS if self._is_cut(run, region)}
        for region in KEYS:
            ours = {voice["id"]: voice for voice in self.ours(region)}
            unknown = {i for i, voice in ours.items() if not self.knows(run, region, voice)}
            assert not self._must_know(run, region, unknown), "a run has left no trace of what it made"
            self.forgotten(run.checkout).update(unknown)
            self.adoptable |= set(self._adoptable(run, region))

    def _must_know(self, run: Run, region: str, unknown: set[str]) -> set[str]:
        """Return the voices that a machine has made there, and that its lock or journal has to name.

        But for those that were looked for in vain, as they show up later than anybody waits or are cut off
        from the listing, and those for which another's voice was found, as no marker comes back and it has
        the same name. A pin of the catalog knows a voice, too.
        """
        pinned = {spec.ids.get(region) for spec in run.catalog.voices}
        known = self._lost_with_lock.get(run.checkout, set()) | pinned
        return {
            voice["id"]
            for voice in self.ours(region)
            if voice["id"] in unknown - known
            if self._makers[voice["id"]] == (run.checkout, region)
            if voice["id"] not in self.unanswered or not self.is_hard_to_find(region, voice)
        }

    def is_hard_to_find(self, region: str, voice: Json) -> bool:
        """Tell whether a voice shows up late or never, or beside another of its name without a marker."""
        others = [v for v in self._world.voices(region) if v["id"] != voice["id"]]
        alike = any({v["name"], v["title"]} & {voice["name"], voice["title"]} for v in others)
        is_cut_off = voice["id"] not in self._world.listed(region) and not voice["publish"]
        unmarked = self._world.settings(region)["echo_speaker_id"] != "yes"
        return self.slow(region) or is_cut_off or (alike and unmarked)

    def sees(self, run: Run, write: Write) -> None:
        """Judge a write before the service gets it."""
        assert write.region not in run.cut, "the listing is not whole, and the lock knew it"
        self._before = {voice["id"] for voice in self._world.voices(write.region)}
        {"POST": self._post, "PUT": self._put, "DELETE": self._delete}[write.method](run, write)

    def hears(self, run: Run, write: Write, answered: bool) -> None:
        """Take note of who has made what, and of a create that was carried out and not answered."""
        if write.method != "POST":
            return
        made = {voice["id"] for voice in self._world.voices(write.region)} - self._before
        self._makers.update(dict.fromkeys(made, (run.checkout, write.region)))
        if not answered:
            self.unanswered |= made
        if self._racing:
            self._raced |= made

    def raced(self) -> None:
        """From now on two machines are at work."""
        self._racing = self.has_raced = True

    def ended(self, ran: Ran, wish: Wish, by: int) -> None:
        """Judge a run as a whole."""
        run = ran.run
        if by == 0:
            self._racing = False
            self._raced.clear()
        if run.crashed:
            self.unanswered |= self._not_written_down(run)
        deleted: dict[str, set[str | None]] = {}
        for write in run.writes:
            if write.method == "DELETE":
                deleted.setdefault(write.region, set()).add(write.id)
        if not wish.prune:
            assert not deleted
        if not wish.force:  # of less than ten voices three may go, of others 30 %
            assert all(len(ids) <= max(3, len(self._at_start) * 3 // 10) for ids in deleted.values())
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
            self._converged(ran, wish, by)

    def _not_written_down(self, run: Run) -> set[str]:
        """Return the voices that a machine has made and of which a loss of power has left it no id."""
        evidence = {region: run.checkout.evidence(region) for region in KEYS}
        made = {i: region for i, (maker, region) in self._makers.items() if maker is run.checkout}
        return {
            voice_id for voice_id, region in made.items() if voice_id not in evidence[region]
        } - self._lost_with_lock.get(run.checkout, set())

    def _converged(self, ran: Ran, wish: Wish, by: int) -> None:
        """What is said to be done is done: the next plan is empty, if nobody else was at work meanwhile."""
        assert ran.report is not None
        if ran.report.converged and ran.run.script.race is None and not self._racing:
            plan = self._world.plan(by)
            asked = [region for region in plan.regions if region.region in wish.regions]
            pending = [(c.action, c.key, c.reason) for region in asked for c in region.pending]
            assert all(region.complete for region in asked), [(r.error, r.errors) for r in asked]
            assert pending == []

    def _is_cut(self, run: Run, region: str) -> bool:
        """Tell whether the lock holds a voice that is there, isn't listed, and has to be."""
        if (
            run.checkout.owner() != run.catalog.owner
            and self._world.settings(region)["echo_speaker_id"] != "yes"
        ):
            return False  # a former owner's lock vouches for nothing
        listed = set(self._world.listed(region))
        made = run.checkout.made_in(region, self._world.account_hash(region), listed)
        return any(
            voice["id"] in made - listed
            and not voice["publish"]
            and self._visible(region, voice, at=run.began)
            for voice in self.ours(region)
        )

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
                uploads = [i for i in items if i["action"] in _UPLOADS and "sample" in i]
                assert _content(write) in map(_item_content, uploads)
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
        if marker_of(voice).owner not in owners or voice["id"] in self.forgotten(run.checkout):
            return False
        if voice["id"] in self._raced and not self.is_of(voice, run.checkout):
            return False  # two machines made it at once
        own = self.is_of(voice, run.checkout) and self._named(run, write.region, voice)
        if not own and not self._visible(write.region, voice, at=run.began):
            return False  # another's, and not shown yet: only the other's journal knows that it may come
        if self._is_cut_off(run, write.region, voice) or self._is_mistaken(run, write.region, voice):
            return False
        # Longer than anybody waits: a create that wasn't answered is then sent again, as the design says.
        shown = self.shows(write.region, voice) and self._visible(write.region, voice, at=run.began)
        return voice["id"] not in self.unanswered or not self.slow(write.region) or shown

    def _is_mistaken(self, run: Run, region: str, voice: Json) -> bool:
        """Tell whether another machine's voice was taken for what a lost create made, without a marker."""
        taken_for = run.checkout.taken_for(voice["id"], region)
        mistaken = bool(taken_for) and marker_of(voice).content not in taken_for
        return mistaken and not self.is_of(voice, run.checkout) and not self.shows(region, voice)

    def _is_cut_off(self, run: Run, region: str, voice: Json) -> bool:
        """Tell whether a capped listing lacks a voice that nobody can then know to be there.

        No lock or journal ever learned its id; or the key is a new one, and nothing that is listed shows that
        it opens the account which the lock knows.
        """
        listed = set(self._world.listed(region))
        if self._world.settings(region)["list_cap"] is None or voice["id"] in listed:
            return False
        known = run.checkout.made_in(region, self._world.account_hash(region), listed)
        return not known or voice["id"] not in run.checkout.evidence(region)

    def _put(self, _run: Run, write: Write) -> None:
        ours = {voice["id"] for voice in self.ours(write.region)}
        assert write.id in ours | self.adoptable, "a stranger's voice is touched"

    def _delete(self, run: Run, write: Write) -> None:
        voice = next((v for v in self.ours(write.region) if v["id"] == write.id), None)
        if voice is None:
            assert write.id not in self.strangers_in(write.region), "a stranger's voice is deleted"
            return  # somebody has deleted it since
        marker = marker_of(voice)
        keys = run.checkout.keys_of(voice["id"], write.region)
        assert not keys & run.guarded, "a protected voice is deleted"
        if (
            self._world.settings(write.region)["echo_speaker_id"] == "yes"
        ):  # else only the lock knows whose it is
            assert marker.key not in {key_hash(key) for key in run.guarded}, "a protected voice is deleted"
        self._may_go(run, write.region, voice)
        wanting = self._wanting(run, write.region, marker.fingerprint)
        same = [v for v in self.ours(write.region) if marker_of(v).fingerprint == marker.fingerprint]
        adopted = self._adopted(run, write.region, wanting)
        assert len(same) > len(wanting) - len(adopted), "the last copy of what is wanted is deleted"

    def _may_go(self, run: Run, region: str, voice: Json) -> None:
        """See that a voice is one of the keys that were chosen, no former owner's orphan, and succeeded."""
        marker, locked = marker_of(voice), run.checkout.keys_of(voice["id"], region)
        heirs = [spec for spec in run.catalog.wanted_in(region) if _is_heir(spec, marker, locked)]
        assert not run.targets or {spec.key for spec in heirs} & {*run.targets}, (
            "no target's voice is deleted"
        )
        if marker.owner != owner_hash(run.catalog.owner):
            assert heirs, "a former owner's orphan is deleted"
        if heirs and not run.reviewed:  # a plan of yesterday may hold no successor
            there = [spec for spec in heirs if self._has_successor(run, region, spec, voice)]
            assert there, "deleted before its successor is there"

    def _has_successor(self, run: Run, region: str, spec: VoiceSpec, former: Json) -> bool:
        """Tell whether a key has what it wants, or else has had another voice since ``former``."""
        made = any(self._is_wanted(run, voice, spec) for voice in self.ours(region))
        followed = any(
            voice["created_us"] > former["created_us"]
            and spec.key in run.checkout.keys_of(voice["id"], region)
            for voice in self.ours(region)
        )
        return made or followed or bool(self._adopted(run, region, [spec]))

    def _is_wanted(self, run: Run, voice: Json, spec: VoiceSpec) -> bool:
        wanted = spec.sample and make_marker(spec, owner=run.catalog.owner).fingerprint
        return wanted is None or marker_of(voice).fingerprint == wanted

    def _adopted(self, run: Run, region: str, wanting: Iterable[VoiceSpec]) -> set[str]:
        """Return the voices that may have been taken for what is wanted: a stranger's, or a forgotten one."""
        taken = self.strangers_in(region) & self.adoptable | self.forgotten(run.checkout)
        names = {name for spec in wanting for name in (spec.name, spec.title) if name}
        keys = {key for spec in wanting for key in (spec.key, *spec.moved_from)}
        pins = {spec.ids.get(region) for spec in wanting}
        contents = {fingerprint(spec) for spec in wanting}
        return {
            voice["id"]
            for voice in self._world.voices(region)
            if voice["id"] in taken
            if {voice["name"], voice["title"]} & names
            or run.checkout.keys_of(voice["id"], region) & keys
            or run.checkout.contents_of(voice["id"], region) & contents
            or voice["id"] in pins
        }

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

    def is_of(self, voice: Json, checkout: Checkout) -> bool:
        """Tell whether a machine has made a voice."""
        return self._makers[voice["id"]][0] is checkout

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
        own = self._makers[voice["id"]] == (run.checkout, region)
        return voice["id"] in evidence or (own and voice["speaker_id"] in evidence)

    def _visible(self, region: str, voice: Json, *, at: int) -> bool:
        """Tell whether the service showed a voice at a time, in ns."""
        after = self._world.settings(region)["visible_after_ms"]
        return after == 0 or bool(voice["created_us"] + after * 1000 <= at // 1000)

    def _adoptable(self, run: Run, region: str) -> Iterable[str]:
        names = {n for s in run.catalog.wanted_in(region) for n in (s.name, s.title) if n}
        pins = {spec.ids[region] for spec in run.catalog.voices if region in spec.ids}
        for voice in self._world.voices(region):
            if voice["id"] in self._world.strangers and (
                voice["id"] in pins or {voice["name"], voice["title"]} & names
            ):
                yield voice["id"]
