"""What a plan says and what became of it: changes, plans, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from ddvoices.errors import ExitCode
from ddvoices.model.observed import ObservedVoice
from ddvoices.model.wanted import GitState, VoiceSpec


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    ADOPT = "adopt"
    DELETE = "delete"
    NOOP = "noop"


class Reason(StrEnum):
    """Why a change is needed, or what keeps a key from being planned."""

    # create
    NOT_IN_REGION = "not_in_region"
    GONE = "gone"
    # update
    FIELDS_DIFFER = "fields_differ"
    # replace
    CONTENT_DIFFERS = "content_differs"
    PUBLISH_WITHDRAWN = "publish_withdrawn"
    # adopt
    RENAMED = "renamed"
    ROLLED_BACK = "rolled_back"
    MOVED = "moved"
    PINNED = "pinned"
    NATURAL_KEY = "natural_key"
    FORMER_OWNER = "former_owner"
    LOCKED = "locked"
    BASELINE = "baseline"
    # delete
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    ORPHANED = "orphaned"
    # noop
    IN_SYNC = "in_sync"
    # errors of one key
    PIN_NOT_FOUND = "pin_not_found"
    AMBIGUOUS = "ambiguous"
    FOREIGN = "foreign"
    NEWER_SCHEME = "newer_scheme"
    OPEN_INTENT = "open_intent"


class Standing(StrEnum):
    """What an observed voice is to the catalog; each voice has exactly one standing."""

    MANAGED = "managed"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    ORPHANED = "orphaned"
    UNMANAGED = "unmanaged"


class Kept(StrEnum):
    """Why a prune leaves a voice of this catalog's that no key means."""

    ADOPTED = "adopted"  # not made by us, as far as anybody knows
    PROTECTED = "protected"
    FORMER_OWNER = "former_owner"
    NEWER_SCHEME = "newer_scheme"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field, before and after; values are JSON scalars, None for what isn't known or not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerSample:
    """The recording that the voice which is there was made of, as far as the lock remembers it."""

    path: str
    size: int
    seconds: float | None
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What all changes have: both sides, and what differs between them.

    ``key`` is None only for a delete whose key nobody remembers. ``note`` is a sentence for the reviewer,
    ``kept`` why no prune will delete the voice that a replace leaves behind. ``former`` is the sample of a
    replaced voice, where its successor gets another one.
    """

    action: ClassVar[Action]

    key: str | None
    reason: Reason
    spec: VoiceSpec | None = None
    voice: ObservedVoice | None = None
    fields: tuple[FieldChange, ...] = ()
    note: str | None = None
    protected: bool = False
    kept: Kept | None = None
    former: FormerSample | None = None

    @property
    def id(self) -> str | None:
        """Return the id of the voice that is there already."""
        return self.voice.id if self.voice else None

    @property
    def pending(self) -> bool:
        """Tell whether there is something to do."""
        return self.action is not Action.NOOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Change):
    """A voice is made where there is none."""

    action: ClassVar[Action] = Action.CREATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_Change):
    """Name, locale or gender of a voice are set in place."""

    action: ClassVar[Action] = Action.UPDATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(_Change):
    """A new voice is made; the old one stays until it is pruned."""

    action: ClassVar[Action] = Action.REPLACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(_Change):
    """A voice that is there already becomes the one that the key means; nothing is uploaded."""

    action: ClassVar[Action] = Action.ADOPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_Change):
    """A voice of ours that no key means any more is removed."""

    action: ClassVar[Action] = Action.DELETE


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOp(_Change):
    """The voice is as it should be."""

    action: ClassVar[Action] = Action.NOOP


Change = Create | Update | Replace | Adopt | Delete | NoOp


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProblem:
    """Why one key can't be planned in a region; the others can."""

    key: str
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedCounts:
    """How many voices of each standing a region holds."""

    total: int = 0
    managed: int = 0
    unmanaged: int = 0
    superseded: int = 0
    duplicate: int = 0
    orphaned: int = 0

    @property
    def ours(self) -> int:
        """Return how many voices are this catalog's, needed or not."""
        return self.managed + self.superseded + self.duplicate + self.orphaned


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPlan:
    """The plan of one region.

    ``section`` is the account's in the lock. ``changes`` holds the no-ops too, sorted by key. ``standings``
    says of each observed voice's id what it is to the catalog and, as far as known, to which key, and
    ``names`` what it is called; ``prunable`` are the ids that a prune may delete,
    and ``kept`` says of the others that are left over why it may not.
    """

    region: str
    endpoint: str
    account: str
    section: str = ""
    changes: tuple[Change, ...] = ()
    counts: ObservedCounts = ObservedCounts()
    standings: Mapping[str, tuple[Standing, str | None]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    prunable: frozenset[str] = frozenset()
    kept: Mapping[str, Kept] = field(default_factory=dict)
    errors: tuple[KeyProblem, ...] = ()
    error: str | None = None
    error_code: ExitCode = ExitCode.ERROR

    @property
    def pending(self) -> tuple[Change, ...]:
        """Return the changes that there is something to do for."""
        return tuple(change for change in self.changes if change.pending)

    @property
    def complete(self) -> bool:
        """Tell whether the region and each of its keys could be planned."""
        return self.error is None and not self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a plan must not be applied as it is; ``forceable`` if ``--force`` lifts it."""

    region: str
    message: str
    forceable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCreate:
    """A create that was sent, and of which nobody knows what came."""

    region: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What a plan is asked for, and what it can't know by itself.

    ``targets`` are globs over keys and ``labels`` pairs that choose among the changes, never what is
    desired; ``created_at`` is RFC 3339. ``withheld`` are creates that were sent and never answered, and that
    no listing decides: what they may have made is not made again by itself. ``unsettled`` are those of
    published voices: the same, as long as the listing shows no published voices.
    """

    prune: bool = False
    targets: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    unsettled: tuple[OpenCreate, ...] = ()
    withheld: tuple[OpenCreate, ...] = ()
    created_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan; ``regions`` is sorted by name.

    ``targets`` and ``labels`` have chosen among the changes; where both are empty, all are there.
    """

    owner: str
    digest: str
    created_at: str
    prune: bool
    regions: tuple[RegionPlan, ...]
    git: GitState | None = None
    targets: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Tell whether every region and key could be planned."""
        return all(region.complete for region in self.regions)

    @property
    def pending(self) -> int:
        """Return how many changes there are to make."""
        return sum(len(region.pending) for region in self.regions)

    @property
    def applyable(self) -> bool:
        """Tell whether there is something to do that no policy refuses."""
        return self.pending > 0 and not self.refusals


class Result(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    ALREADY = "already"
    ADOPTED = "adopted"
    FAILED = "failed"
    STALE = "stale"
    SKIPPED = "skipped"


INTERRUPTED = "interrupted"
"""The error of a change that is skipped because somebody has interrupted the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change; ``id`` is the voice that the key means now."""

    region: str
    key: str | None
    action: Action
    result: Result
    id: str | None = None
    error: str | None = None
    error_code: ExitCode = ExitCode.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an apply did.

    ``pending`` counts the changes that are still to be made, and ``unrun`` are those of them that no
    outcome is about: region, action, key. ``complete`` is the plan's. ``lock_error`` says why the lock could
    not be written; the journal then keeps what it would have said.
    """

    outcomes: tuple[Outcome, ...] = ()
    pending: int = 0
    unrun: tuple[tuple[str, Action, str | None], ...] = ()
    complete: bool = True
    warnings: tuple[str, ...] = ()
    interrupted: bool = False
    lock_error: str | None = None

    @property
    def converged(self) -> bool:
        """Tell whether everything that was asked for is true now."""
        return self.pending == 0 and self.complete and not self.interrupted and self.lock_error is None

    def count(self, results: Iterable[Result]) -> int:
        """Return how many outcomes have one of ``results``."""
        wanted = frozenset(results)
        return sum(outcome.result in wanted for outcome in self.outcomes)
