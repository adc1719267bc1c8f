"""From a catalog and its regions to a plan made now, and to what an apply of it works with."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ddvoices.apply.engine import Work
from ddvoices.apply.open_creates import (
    Decided,
    few_keys_by_region,
    made_voice,
    not_shown_yet,
    open_at,
    open_create,
)
from ddvoices.apply.options import ApplyOptions
from ddvoices.apply.recover import look_again, settle_open_intents
from ddvoices.lockfile import Intent, Journal, fold, intent_record, load_lock, snapshot, voice_record
from ddvoices.model import Catalog, Lock, ObservedRegion, OpenCreate, Origin, Plan, PlanOptions
from ddvoices.observe import OpenRegions
from ddvoices.plan import is_chosen, left_over, make_plan, select

_log = logging.getLogger("ddvoices.apply")
_EVERYTHING = PlanOptions()
_NO_OPTIONS = ApplyOptions()


def plan_now(regions: OpenRegions, desired: Catalog, choice: PlanOptions = _EVERYTHING) -> Plan:
    """Return a plan made now, without writing anything anywhere, while another run may be at work.

    Raises:
        LockfileError: the lock or the journal can't be used.
    """
    before = snapshot(desired.root)
    with regions.asked(desired) as observe:
        lock, intents = before.parse(owner=desired.owner, former_owners=desired.former_owners)
        observed = observe(lock)
    sections = sections_of(observed, lock)
    intents = not_shown_yet(open_at(intents, regions.endpoints), observed)
    lock, still_open = _decided_by_pins(desired, observed, lock, intents)
    _tell_open(still_open)
    withheld = [i for i in still_open if i.made is not None or sections.get(i.region) != i.account]
    unsettled = [intent for intent in still_open if intent.publish]
    choice = replace(
        choice, unsettled=tuple(map(open_create, unsettled)), withheld=tuple(map(open_create, withheld))
    )
    return make_plan(desired, observed, lock, choice)


def prepare(
    regions: OpenRegions,
    desired: Catalog,
    journal: Journal,
    choice: PlanOptions = _EVERYTHING,
    options: ApplyOptions = _NO_OPTIONS,
    *,
    reviewed: Mapping[str, Any] | None = None,
) -> Work:
    """Return the work: settle what was left open, observe, plan, hold it against a reviewed plan document.

    Raises:
        LockfileError: the lock or the journal can't be used.
        PlanStaleError: the reviewed plan was made for another owner, endpoint or account.
    """
    journal.belongs_to(desired.owner)
    saved = load_lock(desired.root, owner=desired.owner, former_owners=desired.former_owners)
    _settle(regions, desired, journal, options, saved)
    lock = journal.fold(saved, owner=desired.owner)
    observed = regions.observe(desired, lock)
    choice = replace(choice, withheld=_withheld(regions, desired, journal, choice, options))
    everything = replace(choice, targets=(), labels=())
    whole = make_plan(desired, observed, lock, everything)
    chosen = whole if choice == everything else make_plan(desired, observed, lock, choice)
    plan, verdicts = (chosen, ()) if reviewed is None else select(reviewed, chosen)
    return Work(
        plan=plan,
        whole=whole,
        desired=desired,
        observed=observed,
        clients=regions.clients,
        lock=lock,
        journal=journal,
        verdicts=verdicts,
    )


def sections_of(observed: Mapping[str, ObservedRegion], lock: Lock) -> dict[str, str]:
    """Return the lock's section of each region's account."""
    return {
        name: lock.section(name, region.account, frozenset(voice.id for voice in region.voices))
        for name, region in observed.items()
    }


def _decided_by_pins(
    desired: Catalog, observed: Mapping[str, ObservedRegion], lock: Lock, intents: Iterable[Intent]
) -> tuple[Lock, tuple[Intent, ...]]:
    """Return the lock with the voices that pins name for lost creates, and the creates still open."""
    records, still_open = [], []
    decided = Decided(desired, lock)
    there = {(name, voice.id) for name, region in observed.items() for voice in region.voices}
    for intent in intents:
        pin = decided.pinned_since(intent)
        if (intent.region, pin) in there:
            found = made_voice(intent, str(pin), origin=Origin.FOUND)
            records.append(voice_record(intent.region, intent.account, intent.key, found))
        else:
            still_open.append(intent)
    return fold(lock, records, owner=desired.owner) if records else lock, tuple(still_open)


def _tell_open(intents: Collection[Intent]) -> None:
    """Log what the next apply looks for before it makes anything."""
    for region, keys in few_keys_by_region(intents).items():
        _log.info(
            "%s: an apply was interrupted, or is still at work: %s was sent and not answered; "
            "the next apply looks for it first",
            region,
            keys,
            extra={"details": {"event": "open", "region": region}},
        )


def _settle(
    regions: OpenRegions, desired: Catalog, journal: Journal, options: ApplyOptions, saved: Lock
) -> None:
    """Settle what an interrupted run has left open, if it has; what isn't asked for now stays open."""
    made = journal.made_lately()
    lately = open_at(made, regions.endpoints)
    looked_at = {intent.id for intent in lately}
    for intent in made:
        if intent.id not in looked_at:
            journal.append(intent_record(intent))
    if lately or open_at(journal.open_intents(), regions.endpoints):
        lock = journal.fold(saved, owner=desired.owner)
        observed = regions.observe(desired, lock)
        sections = sections_of(observed, lock)
        look_again(lately, observed, journal, owner=desired.owner)
        settle_open_intents(regions.clients, sections, journal, options, desired=desired, lock=lock)


def _withheld(
    regions: OpenRegions, desired: Catalog, journal: Journal, choice: PlanOptions, options: ApplyOptions
) -> tuple[OpenCreate, ...]:
    """Return the creates that must not be sent again: all that are open but those that were named."""
    named = [spec for spec in desired.voices if options.resend and is_chosen(spec, choice)]
    sent = open_at(journal.open_intents(), regions.endpoints)
    withheld = left_over(sent, named)
    _tell_resent([intent for intent in sent if intent not in withheld])
    return tuple(map(open_create, withheld))


def _tell_resent(intents: Collection[Intent]) -> None:
    """Log what may be made again, as a region can be among them of which nobody thought."""
    for region, keys in few_keys_by_region(intents).items():
        _log.warning(
            "allowed by --force: %s: making %s again, which was sent and never answered", region, keys
        )
