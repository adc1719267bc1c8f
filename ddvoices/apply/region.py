"""One region's changes, so many side by side, each with its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, assert_never

from ddvoices.apply.create import Creator
from ddvoices.apply.options import ApplyOptions, Event
from ddvoices.apply.order import UPLOADS, apart, lanes, order
from ddvoices.apply.remember import adopted_voice, reported_voice
from ddvoices.apply.stops import Stops
from ddvoices.apply.verify import Verifier, set_fields
from ddvoices.client import (
    DeepdubClient,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    SampleChangedError,
)
from ddvoices.errors import DdvoicesError, ExitCode
from ddvoices.identity import owner_hashes, read_marker
from ddvoices.lockfile import Journal, drop_record, voice_record
from ddvoices.model import (
    INTERRUPTED,
    Action,
    Adopt,
    Catalog,
    Change,
    Create,
    Delete,
    LockedVoice,
    LockEntry,
    NoOp,
    ObservedVoice,
    Origin,
    Outcome,
    RegionPlan,
    Replace,
    Result,
    Update,
    VoiceSpec,
)

T = TypeVar("T")
R = TypeVar("R")
_WRITES = (*UPLOADS, Action.UPDATE)


class RegionRun:
    """The work in one region: what was planned, in an order that never leaves a key without its voice."""

    def __init__(
        self,
        plan: RegionPlan,
        desired: Catalog,
        client: DeepdubClient,
        journal: Journal,
        options: ApplyOptions,
        *,
        entries: Mapping[str, LockEntry],
        seen: tuple[ObservedVoice, ...],
    ) -> None:
        self._plan, self._client, self._journal, self._options = plan, client, journal, options
        self._entries = entries
        self._ours = owner_hashes(desired.owner, desired.former_owners)
        self._where = plan.region, plan.section
        self._creator = Creator(
            client, journal, options, region=plan.region, account=plan.section, owner=desired.owner, seen=seen
        )
        self._verifier = Verifier(
            client,
            options,
            owner=desired.owner,
            ours=self._ours,
            listed=[voice.id for voice in seen if voice.listed],
            side_by_side=self._side_by_side,
        )
        self._outcomes: dict[int, Outcome] = {}
        self._writes = {change.key: change for change in plan.pending if change.action in _WRITES}
        self._recorded: dict[str, LockedVoice] = {}
        self._deleted: set[str] = set()
        self._stops = Stops()
        self.warnings: list[str] = []

    def run(self) -> list[Outcome]:
        """Carry out the plan and return an outcome for every pending change, in the plan's order."""
        todo = order(self._plan.pending)
        with ThreadPoolExecutor(self._workers, f"{self._plan.region} change") as self._pool:
            self._attempt_all(apart(todo.deletes))
            for change in todo.adopts:
                self._attempt(change)
            rest = self._until_one_is_shown(todo.uploads)
            uploads = apart(rest) if self._verifier.shows_markers else lanes(rest)
            self._attempt_all([*uploads, *apart(todo.updates)])
            self._verify()
            self._attempt_all(apart(todo.late))
        return [self._outcomes[id(change)] for change in self._plan.pending]

    @property
    def _workers(self) -> int:
        """Return how many changes may be under way at once.

        Where the client counts the requests, it is twice as many: while one change waits for the disk,
        another asks the service. One at a time stays one after the other.
        """
        most, counted = self._options.parallelism, self._client.max_concurrent
        return 2 * most if counted is not None and 1 < counted <= most else most

    def _until_one_is_shown(self, uploads: Sequence[Change]) -> Sequence[Change]:
        """Make one voice and wait until the service shows it; return the uploads that are left.

        If it doesn't show up, or takes another's place in a listing that is cut, something is wrong that a
        second one would only make worse to repair.
        """
        for number, change in enumerate(uploads, start=1):
            self._attempt(change)
            if self._outcomes[id(change)].result is Result.APPLIED:
                why_not = self._verifier.why_no_more()
                if why_not is not None:
                    self._stops.no_uploads(why_not)
                return uploads[number:]
        return ()

    def _attempt_all(self, lanes: Iterable[Sequence[Change]]) -> None:
        """Carry out lanes of changes side by side, each lane's own one after the other."""
        self._side_by_side(self._attempt_lane, lanes)

    def _attempt_lane(self, lane: Iterable[Change]) -> None:
        for change in lane:
            self._attempt(change)

    def _side_by_side(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Do something with each item, so many at once, and return what came of it in the items' order."""
        return list(self._pool.map(work, items))

    def known_by_lock_alone(self) -> list[str]:
        """Return the keys of the new voices that would not be found again without the lock."""
        return self._verifier.known_by_lock_alone()

    def _attempt(self, change: Change) -> None:
        """Carry out one change; whatever goes wrong becomes its outcome, and the others go on."""
        self._options.on_event(Event(region=self._plan.region, change=change))
        why_not = self._why_not(change)
        if why_not is not None:
            outcome = self._outcome(change, Result.SKIPPED, error=why_not)
        else:
            outcome = self._guarded(change)
        self._outcomes[id(change)] = outcome
        self._options.on_event(Event(region=self._plan.region, change=change, outcome=outcome))

    def _why_not(self, change: Change) -> str | None:
        """Return what makes a change pointless or unsafe to try now."""
        if self._options.stop.is_set():
            return INTERRUPTED
        if change.action is Action.DELETE and self._successor_missing(change):
            return "its successor isn't there: apply with --prune again once it is"
        return self._stops.why_not(change.action)

    def _guarded(self, change: Change) -> Outcome:
        try:
            outcome = self._carry_out(change)
        except SampleChangedError as error:
            return self._outcome(change, Result.STALE, error=str(error), code=ExitCode.STALE)
        except DdvoicesError as error:
            message = self._explained(error)
            self._stops.failed(change.action, error, message)
            return self._outcome(change, Result.FAILED, error=message, code=error.exit_code)
        self._stops.succeeded(change.action)
        return outcome

    def _carry_out(self, change: Change) -> Outcome:
        match change:
            case Create() | Replace():
                return self._create(change)
            case Update():
                return self._update(change)
            case Adopt():
                return self._adopt(change)
            case Delete():
                return self._delete(change)
            case NoOp():
                return self._outcome(change, Result.ALREADY)
            case _:
                assert_never(change)

    def _create(self, change: Create | Replace) -> Outcome:
        spec = _spec(change)
        if spec.sample is None:
            raise DdvoicesError(f"{spec.key}: there is no sample to make the voice from: give it one")
        locked = self._creator.create(spec, spec.sample, former=change.id)
        self._verifier.created(spec, locked)
        return self._outcome(change, Result.APPLIED, voice_id=locked.id)

    def _update(self, change: Update) -> Outcome:
        spec, voice = _spec(change), _voice(change)
        set_fields(self._client, voice.id, change.fields)
        self._verifier.updated(spec, self._remembered(spec, voice))
        return self._outcome(change, Result.APPLIED, voice_id=voice.id)

    def _adopt(self, change: Adopt) -> Outcome:
        spec, voice = _spec(change), _voice(change)
        locked = adopted_voice(spec, voice, self._entries, ours=self._ours)
        self._record(spec.key, locked)
        return self._outcome(change, Result.ADOPTED, voice_id=voice.id)

    def _delete(self, change: Delete) -> Outcome:
        voice, result = _voice(change), Result.APPLIED
        try:
            self._client.delete_voice(voice.id)
        except NotFoundError:
            result = Result.ALREADY
        self._journal.append(drop_record(*self._where, voice.id))
        self._verifier.deleted(voice.id)
        self._deleted.add(voice.id)
        return self._outcome(change, result, voice_id=voice.id)

    def _verify(self) -> None:
        """Hold what was written against the listing; what can't be verified has failed."""
        try:
            self._hold_against_listing()
        except DdvoicesError as error:
            for key in self._verifier.written():
                self._fail(key, f"written, but not verified: {error}")

    def _hold_against_listing(self) -> None:
        """Hold what was written against the listing; the lock learns what the service says instead."""
        for key, spec, locked, differing in self._verifier.differences():
            known = self._recorded.get(locked.id, locked)
            self._record(key, reported_voice(known, spec, differing))
            self.warnings.extend(
                f"{self._plan.region}: {key}: the service keeps {path} as {value!r}"
                for path, value in differing.items()
                if path != "speaker_id"  # said once for all voices: the lock must be committed
            )
        for key, message in (*self._verifier.uncorrected().items(), *self._verifier.cut().items()):
            self._fail(key, message)
        for key, message in self._verifier.missing().items():
            self._fail(key, message)
            self._creator.reopen(key)

    def _fail(self, key: str, message: str) -> None:
        """Turn the outcome of what was written for a key into a failure."""
        change = self._writes[key]
        voice_id = self._outcomes[id(change)].id
        self._outcomes[id(change)] = self._outcome(
            change, Result.FAILED, voice_id=voice_id, error=message, code=ExitCode.PARTIAL
        )

    def _successor_missing(self, change: Change) -> bool:
        """Tell whether a key's create or replace, in this run, has not succeeded."""
        successor = self._writes.get(change.key)
        if successor is None or successor.action not in UPLOADS:
            return False
        return self._outcomes[id(successor)].result is not Result.APPLIED

    def _remembered(self, spec: VoiceSpec, voice: ObservedVoice) -> LockedVoice:
        """Return what is known of a voice that is updated; an update says nothing of its content."""
        entry = self._entries.get(spec.key)
        known = entry.get(voice.id) if entry is not None else None
        if known is None and read_marker(voice.speaker_id, ours=self._ours) is not None:
            known = adopted_voice(spec, voice, self._entries, ours=self._ours)
        return known or LockedVoice(id=voice.id, origin=Origin.ADOPTED)

    def _explained(self, error: DdvoicesError) -> str:
        """Return what went wrong, and what may help against it."""
        places = len(self._plan.prunable - self._deleted)
        if isinstance(error, ForbiddenError) and places:
            return f"{error}; `ddvoices apply --prune` would free {places} of the voices"
        if isinstance(error, RateLimitedError) and self._options.parallelism > 1:
            return f"{error}, or with a lower --parallelism"
        return str(error)

    def _record(self, key: str, locked: LockedVoice) -> None:
        self._recorded[locked.id] = locked
        self._journal.append(voice_record(*self._where, key, locked))

    def _outcome(
        self,
        change: Change,
        result: Result,
        *,
        voice_id: str | None = None,
        error: str | None = None,
        code: ExitCode = ExitCode.ERROR,
    ) -> Outcome:
        return Outcome(
            region=self._plan.region,
            key=change.key,
            action=change.action,
            result=result,
            id=voice_id or change.id,
            error=error,
            error_code=code,
        )


def _spec(change: Change) -> VoiceSpec:
    """Return the wanted side, which every change but a delete has."""
    if change.spec is None:
        raise TypeError(f"{change.action} without a wanted side")
    return change.spec


def _voice(change: Change) -> ObservedVoice:
    """Return the observed side, which every change but a create has."""
    if change.voice is None:
        raise TypeError(f"{change.action} without an observed side")
    return change.voice
