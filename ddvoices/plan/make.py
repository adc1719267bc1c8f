"""Desired, observed and lock make a plan: deterministic, whatever the order of its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from shlex import quote

from ddvoices.identity import Evidence, Meaning, Standings, VoiceFacts, judge, resolve
from ddvoices.model import (
    EMPTY_LOCK,
    Action,
    Catalog,
    Change,
    Delete,
    FieldChange,
    KeyProblem,
    Lock,
    ObservedCounts,
    ObservedRegion,
    OpenCreate,
    Plan,
    PlanOptions,
    Reason,
    RegionPlan,
    Standing,
    VoiceSpec,
)
from ddvoices.plan.compare import compare, create
from ddvoices.plan.pins import outranked_pins
from ddvoices.plan.policy import refusals
from ddvoices.plan.unanswered import Unanswered, left_over

_DELETED_AS = {
    Standing.SUPERSEDED: Reason.SUPERSEDED,
    Standing.DUPLICATE: Reason.DUPLICATE,
    Standing.ORPHANED: Reason.ORPHANED,
}
_UPLOADS = (Action.CREATE, Action.REPLACE)
# in the order in which they are done: a voice is adopted before it is updated
_ACTIONS = (Action.ADOPT, Action.UPDATE, Action.CREATE, Action.REPLACE, Action.DELETE, Action.NOOP)
_ORDER = {action: number for number, action in enumerate(_ACTIONS)}
_NO_OPTIONS = PlanOptions()


def make_plan(
    desired: Catalog,
    observed: Mapping[str, ObservedRegion],
    lock: Lock = EMPTY_LOCK,
    options: PlanOptions = _NO_OPTIONS,
) -> Plan:
    """Return what makes every observed region hold what the catalog wants there."""
    regions: list[RegionPlan] = []
    warnings = [*desired.warnings]
    for name in sorted(observed):
        region, said = _plan_region(desired, observed[name], lock, options)
        regions.append(region)
        warnings.extend(f"{name}: {warning}" for warning in (*observed[name].warnings, *said))
    warnings.extend(outranked_pins(desired.voices, regions))
    return Plan(
        owner=desired.owner,
        digest=desired.digest,
        git=desired.git,
        created_at=options.created_at,
        prune=options.prune,
        targets=options.targets,
        labels=options.labels,
        regions=tuple(regions),
        refusals=refusals(regions, desired.policy),
        warnings=tuple(warnings),
    )


def protected_keys(desired: Catalog, lock: Lock) -> frozenset[str]:
    """Return the protected keys: those of the catalog, and those that were when they left it.

    A former key of a voice of today is as that one is.
    """
    decided = {key for spec in desired.voices for key in (spec.key, *spec.moved_from)}
    today = {key for spec in desired.voices if spec.protect for key in (spec.key, *spec.moved_from)}
    return frozenset(lock.protected - decided | today)


def _plan_region(
    desired: Catalog, observed: ObservedRegion, lock: Lock, options: PlanOptions
) -> tuple[RegionPlan, list[str]]:
    """Return the plan of one region, and what its user should know."""
    if observed.error is not None:
        return _not_observed(observed), []
    specs = desired.wanted_in(observed.region)
    known = frozenset(voice.id for voice in observed.voices)
    entries = lock.entries(observed.region, observed.account, known)
    evidence = Evidence(observed.voices, entries, owner=desired.owner, former_owners=desired.former_owners)
    meaning = resolve(specs, evidence, region=observed.region)
    standings = judge(
        specs, evidence, meaning, elsewhere=desired.voices, protected=protected_keys(desired, lock)
    )
    unsettled = _unsettled(observed, evidence, options)
    changes, problems = _changes(specs, meaning, evidence, observed.region, unsettled)
    if options.prune and not problems:
        changes.extend(_deletes(evidence, standings, meaning))
    plan = RegionPlan(
        region=observed.region,
        endpoint=observed.endpoint,
        account=observed.account,
        section=lock.section(observed.region, observed.account, known),
        changes=tuple(sorted(_chosen(changes, options, specs), key=_sort_key)),
        counts=_count(standings),
        standings=standings.of,
        names={voice.id: voice.name or voice.title or "" for voice in observed.voices},
        prunable=standings.prunable,
        kept=standings.kept,
        errors=tuple(problems),
    )
    public = _still_public(specs, evidence, standings)
    return plan, [*public, *_never_answered(unsettled, specs)]


def _not_observed(observed: ObservedRegion) -> RegionPlan:
    return RegionPlan(
        region=observed.region,
        endpoint=observed.endpoint,
        account=observed.account,
        error=observed.error,
        error_code=observed.error_code,
    )


def _unsettled(observed: ObservedRegion, evidence: Evidence, options: PlanOptions) -> tuple[OpenCreate, ...]:
    """Return the lost creates that the listing can't settle: it doesn't show published voices, say."""
    listed_published = any(
        facts.marker is not None and facts.marker.publish and facts.voice.listed
        for facts in evidence.by_id.values()
    )
    lost = options.withheld if listed_published else (*options.withheld, *options.unsettled)
    return tuple(sent for sent in lost if sent.region == observed.region)


def _never_answered(unsettled: Iterable[OpenCreate], specs: Sequence[VoiceSpec]) -> list[str]:
    """Say which creates may have left a voice that no key of the catalog means any more."""
    strays = sorted({sent.key for sent in left_over(unsettled, specs)})
    return [
        f"{key}: it was sent once and never answered, and is no longer in the catalog: a voice may be there "
        "that isn't listed"
        for key in strays
    ]


def _changes(
    specs: Iterable[VoiceSpec],
    meaning: Meaning,
    evidence: Evidence,
    region: str,
    unsettled: tuple[OpenCreate, ...],
) -> tuple[list[Change], list[KeyProblem]]:
    """Return the changes of the keys that can be planned, and the problems of the others."""
    problems = {problem.key: problem for problem in meaning.problems}
    unanswered = Unanswered(unsettled)
    changes: list[Change] = []
    for spec in specs:
        claim = meaning.claims.get(spec.key)
        found: tuple[Change, ...] = ()
        if claim is not None:
            found = compare(spec, claim, evidence.entries.get(spec.key), region=region)
        elif spec.key not in problems:
            found = (create(spec, gone=evidence.is_gone(spec.key)),)
        uploads = any(change.action in _UPLOADS for change in found)
        if uploads and unanswered.about(spec):
            problems[spec.key] = _open_intent(spec.key, region)
        else:
            changes.extend(found)
    return changes, [problems[key] for key in sorted(problems)]


def _open_intent(key: str, region: str) -> KeyProblem:
    """Return why a voice isn't sent: it may be there already."""
    message = (
        "it was sent, and neither an answer nor the listing shows what came of it: "
        f"pin its id by ids.{region}, or send it again by `ddvoices apply -r {region} -t {key} --force`"
    )
    return KeyProblem(key=key, reason=Reason.OPEN_INTENT, message=message)


def _deletes(evidence: Evidence, standings: Standings, meaning: Meaning) -> list[Change]:
    """Return a delete for every voice that a prune may delete."""
    heirs = {key: claim.facts.voice.id for key, claim in meaning.claims.items()}
    prunable = (facts for voice_id, facts in evidence.by_id.items() if voice_id in standings.prunable)
    return [_delete(facts, *standings.of[facts.voice.id], heirs) for facts in prunable]


def _delete(facts: VoiceFacts, standing: Standing, key: str | None, heirs: Mapping[str, str]) -> Delete:
    voice = facts.voice
    made = f"made {voice.created_at[:19].replace('T', ' ')}" if voice.created_at else None
    word = "copy of" if standing is Standing.DUPLICATE else "successor"
    heir = f"{word} {heirs[key]}" if key is not None and key in heirs else None
    # A lock is a file that anybody may have edited, and a voice without our mark may be a stranger's.
    unmarked = "known as ours by the lock alone" if facts.marker is None else None
    note = "; ".join(filter(None, (made, heir, unmarked))) or None
    seen = (("name", voice.name or voice.title), ("locale", voice.locale), ("gender", voice.gender))
    fields = tuple(FieldChange(path=path, before=value, after=None) for path, value in seen if value)
    return Delete(key=key, reason=_DELETED_AS[standing], voice=voice, fields=fields, note=note)


def _chosen(changes: Iterable[Change], options: PlanOptions, specs: Iterable[VoiceSpec]) -> list[Change]:
    """Return the changes that targets and labels choose; with either, no orphan is deleted."""
    if not options.targets and not options.labels:
        return list(changes)
    by_key = {spec.key: spec for spec in specs}
    keys = {key for key, spec in by_key.items() if is_chosen(spec, options)}
    return [change for change in changes if change.key in keys]


def is_chosen(spec: VoiceSpec, options: PlanOptions) -> bool:
    """Tell whether targets and labels choose a voice; without any, every one is chosen."""
    targeted = not options.targets or any(fnmatchcase(spec.key, glob) for glob in options.targets)
    return targeted and all(spec.labels.get(name) == value for name, value in options.labels)


def _sort_key(change: Change) -> tuple[bool, str, int, str]:
    """Sort by key, then by action, then by id; what has no key comes last."""
    return change.key is None, change.key or "", _ORDER[change.action], change.id or ""


def _count(standings: Standings) -> ObservedCounts:
    counts = Counter(standing for standing, _ in standings.of.values())
    return ObservedCounts(
        total=len(standings.of), **{str(standing): counts[standing] for standing in Standing}
    )


def _still_public(specs: Iterable[VoiceSpec], evidence: Evidence, standings: Standings) -> list[str]:
    """Say which public voices outlive the withdrawal of their publication."""
    public = {spec.key for spec in specs if spec.publish}
    return [
        f"{key or 'a key that nobody remembers'}: the voice {voice_id} was published and is {standing}, but "
        f"stays public until it is deleted: run `ddvoices {_deleter(voice_id, standings)}`"
        for voice_id, (standing, key) in sorted(standings.of.items())
        if standing in _DELETED_AS and key not in public and evidence.by_id[voice_id].published
    ]


def _deleter(voice_id: str, standings: Standings) -> str:
    """Return the command that deletes a voice: a prune leaves what is protected or a former owner's."""
    return "apply --prune" if voice_id in standings.prunable else f"voices delete {quote(voice_id)}"
