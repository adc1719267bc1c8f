"""Carry out a plan: regions side by side, every change with its outcome, the lock at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from ddvoices.apply.options import ApplyOptions, Event
from ddvoices.apply.region import RegionRun
from ddvoices.apply.remember import catch_up, depends_on_lock
from ddvoices.client import DeepdubClient
from ddvoices.errors import ExitCode, LockfileError, RefusedError
from ddvoices.identity import owner_hashes
from ddvoices.lockfile import LOCK_NAME, Journal, fold
from ddvoices.model import (
    Action,
    Catalog,
    Lock,
    LockEntry,
    ObservedRegion,
    Outcome,
    Plan,
    RegionPlan,
    Report,
    Result,
)
from ddvoices.plan import Verdict, protected_keys, refusals

_DONE = frozenset({Result.APPLIED, Result.ADOPTED, Result.ALREADY})
_NO_OPTIONS = ApplyOptions()
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an apply works with.

    ``plan`` is what to run and ``whole`` all that the catalog wants now (they differ if a reviewed plan, or
    a choice of keys, is applied); ``lock`` holds what the journal knew at the start.
    """

    plan: Plan
    whole: Plan
    desired: Catalog
    observed: Mapping[str, ObservedRegion]
    clients: Mapping[str, DeepdubClient]
    lock: Lock
    journal: Journal
    verdicts: Sequence[Verdict] = ()


def apply_plan(work: Work, options: ApplyOptions = _NO_OPTIONS) -> Report:
    """Run the pending changes of ``work.plan`` and report on each.

    The lock is written at the end, whatever failed. Ctrl-C lets calls in flight finish. What else breaks off
    the run, such as an exception of ``on_event``, leaves all to the next one, as a kill does.

    Raises:
        RefusedError: a policy or ``protect`` forbids it; nothing was written anywhere.
    """
    check_refusals(work, options)
    options = replace(options, on_event=_one_at_a_time(options.on_event))
    regions = [region for region in work.plan.regions if region.error is None]
    runs = [_region_run(work, region, options) for region in regions]
    outcomes, interrupted = _run_all(runs, options)
    lock, lock_error, changed = _save(work)
    done = sum(outcome.result in _DONE for outcome in outcomes)
    warnings = [warning for run in runs for warning in run.warnings]
    return Report(
        outcomes=(*outcomes, *(_verdict_outcome(verdict) for verdict in work.verdicts)),
        pending=work.whole.pending - done,
        unrun=_unrun(work),
        complete=work.whole.complete,
        warnings=(*warnings, *(_dependents(work, lock, runs) if changed else ())),
        interrupted=interrupted,
        lock_error=lock_error,
    )


def _unrun(work: Work) -> tuple[tuple[str, Action, str | None], ...]:
    """Return what the catalog wants and no outcome is about: it was not chosen, or not reviewed."""
    told = {
        *_changes(work.plan),
        *((verdict.region, verdict.action, verdict.key) for verdict in work.verdicts),
    }
    return tuple(change for change in _changes(work.whole) if change not in told)


def _changes(plan: Plan) -> Iterator[tuple[str, Action, str | None]]:
    for region in plan.regions:
        yield from ((region.region, change.action, change.key) for change in region.pending)


def _one_at_a_time(tell: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return ``tell`` for threads: whoever is told need not think of them."""
    mutex = threading.Lock()

    def tell_alone(event: Event) -> None:
        with mutex:
            tell(event)

    return tell_alone


def check_refusals(work: Work, options: ApplyOptions) -> None:
    """Refuse the whole run before its first write.

    Raises:
        RefusedError: a policy or ``protect`` forbids it.
    """
    found = refusals(work.plan.regions, work.desired.policy)
    standing = [refusal for refusal in found if not (refusal.forceable and options.force)]
    if standing:
        raise RefusedError("; ".join(f"{refusal.region}: {refusal.message}" for refusal in standing))


def _region_run(work: Work, region: RegionPlan, options: ApplyOptions) -> RegionRun:
    return RegionRun(
        region,
        work.desired,
        work.clients[region.region],
        work.journal,
        options,
        entries=_entries(work.lock, region),
        seen=work.observed[region.region].voices,
    )


def _entries(lock: Lock, region: RegionPlan) -> dict[str, LockEntry]:
    return lock.entries(region.region, region.account, frozenset(region.standings))


def _run_all(runs: Sequence[RegionRun], options: ApplyOptions) -> tuple[list[Outcome], bool]:
    """Run the regions side by side; at Ctrl-C let calls in flight finish. Return whether it was one."""
    if not runs:
        return [], False
    with ThreadPoolExecutor(max_workers=len(runs), thread_name_prefix="region") as pool:
        futures = [pool.submit(run.run) for run in runs]
        interrupted = _wait(futures, options)
    return [outcome for future in futures for outcome in future.result()], interrupted


def _wait(futures: Sequence[Future[list[Outcome]]], options: ApplyOptions) -> bool:
    """Wait for the regions; once the run is to stop, say so, and let what is under way end."""
    told, under_way = False, True
    while under_way:
        try:
            under_way = bool(wait(futures, timeout=_LOOK_SECONDS).not_done)
        except KeyboardInterrupt:
            options.stop.set()
        if options.stop.is_set() and not told:
            told = True
            options.on_interrupt()
    return options.stop.is_set()


def _save(work: Work) -> tuple[Lock, str | None, bool]:
    """Write the lock: what happened, and what it should have known before.

    Return it, what went wrong, and whether it says anything new.
    """
    lock, ours = work.lock, owner_hashes(work.desired.owner, work.desired.former_owners)
    regions = [region for region in work.whole.regions if region.error is None]
    for region in regions:
        lock = lock.taken_over(region.region, region.account, frozenset(region.standings))
    lock = work.journal.fold(lock, owner=work.desired.owner)
    for region in regions:
        seen = work.observed[region.region].voices
        records = catch_up(region, _entries(work.lock, region), seen=seen, ours=ours)
        lock = fold(lock, records, owner=work.desired.owner)
    lock = replace(lock, protected=protected_keys(work.desired, work.lock))
    try:
        changed = work.journal.settle(work.desired.root, lock)
    except LockfileError as error:
        return lock, f"{error}; the next apply writes it from the journal", True
    return lock, None, changed


def _verdict_outcome(verdict: Verdict) -> Outcome:
    return Outcome(
        region=verdict.region,
        key=verdict.key,
        action=verdict.action,
        result=verdict.result,
        id=verdict.id,
        error=verdict.error,
        error_code=ExitCode.STALE if verdict.result is Result.STALE else ExitCode.ERROR,
    )


def _dependents(work: Work, lock: Lock, runs: Sequence[RegionRun]) -> list[str]:
    """Say which voices would not be found again without the lock."""
    ours = owner_hashes(work.desired.owner, work.desired.former_owners)
    keys = {key for run in runs for key in run.known_by_lock_alone()}
    for region in work.whole.regions:
        keys.update(depends_on_lock(region, _entries(lock, region), ours=ours))
    if not keys:
        return []
    names = ", ".join(sorted(keys)[:5]) + (", …" if len(keys) > 5 else "")
    known = "1 voice is" if len(keys) == 1 else f"{len(keys)} voices are"
    return [f"{known} known by {LOCK_NAME} alone ({names}): commit it"]
