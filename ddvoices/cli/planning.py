"""What plan, apply, status and ids have in common: from the catalog's directory to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ddvoices.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ddvoices.cli.session import Session
    from ddvoices.lockfile import Intent
    from ddvoices.model import Catalog, Lock, ObservedRegion, Plan, PlanOptions


def plan_now(session: Session, regions: tuple[str, ...], options: PlanOptions) -> tuple[Catalog, Plan]:
    """Return the catalog and a plan of it made now, without writing anything anywhere."""
    from dataclasses import replace

    from ddvoices.apply import open_at, open_create
    from ddvoices.cli.regions import open_regions
    from ddvoices.lockfile import peek
    from ddvoices.plan import make_plan

    catalog = session.load_catalog()
    check_choice(catalog, regions, options)
    lock, intents = peek(catalog.root, owner=catalog.owner, former_owners=catalog.former_owners)
    with open_regions(catalog, regions) as opened:
        observed = opened.observe(catalog, lock)
        intents = open_at(intents, opened.endpoints)
    lock, intents = _decided_by_pins(catalog, observed, lock, intents)
    sections = sections_of(observed, lock)
    withheld = [i for i in intents if i.made is not None or sections.get(i.region) != i.account]
    unsettled = [intent for intent in intents if intent.publish]
    options = replace(
        options,
        created_at=now(),
        unsettled=tuple(map(open_create, unsettled)),
        withheld=tuple(map(open_create, withheld)),
    )
    plan = make_plan(catalog, observed, lock, options)
    warn(session, catalog, plan)
    return catalog, plan


def check_choice(catalog: Catalog, regions: tuple[str, ...], options: PlanOptions) -> None:
    """Refuse targets and labels that choose no voice: a slip would look like an account in sync.

    Raises:
        UsageError: see above; or a chosen region isn't one of the catalog's.
    """
    from dataclasses import replace

    from ddvoices.catalog.findings import did_you_mean
    from ddvoices.cli.regions import chosen_regions
    from ddvoices.plan import is_chosen

    there = chosen_regions(catalog, regions)
    specs = [spec for spec in catalog.voices if set(there) & set(spec.regions)]
    none = f"no voice of {', '.join(there)}"
    for target in options.targets:
        alone = replace(options, targets=(target,), labels=())
        if not any(is_chosen(spec, alone) for spec in specs):
            hint = did_you_mean(target, [spec.key for spec in specs])
            raise UsageError(
                f"--target {target}: no voice of {', '.join(sorted(there))} has such a key{hint}"
            )
    if options.labels and not any(is_chosen(spec, options) for spec in specs):
        labels = ", ".join("=".join(label) for label in options.labels)
        raise UsageError(f"--label {labels}: {none} that is chosen has it")


def tell_errors(session: Session, plan: Plan) -> None:
    """Print why regions and keys could not be planned."""
    for region in plan.regions:
        problems = [f"{problem.key}: {problem.message}" for problem in region.errors]
        for message in filter(None, (region.error, *problems)):
            session.error(f"{region.region}: {message}")


def warn(session: Session, catalog: Catalog, plan: Plan) -> None:
    """Print a plan's own warnings; the catalog's were printed when it was loaded."""
    for warning in plan.warnings[len(catalog.warnings) :]:
        session.warn(warning)


def now() -> str:
    """Return the time as plans write it: RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def sections_of(observed: Mapping[str, ObservedRegion], lock: Lock) -> dict[str, str]:
    """Return the lock's section of each region's account."""
    return {
        name: lock.section(name, region.account, frozenset(voice.id for voice in region.voices))
        for name, region in observed.items()
    }


def _decided_by_pins(
    catalog: Catalog, observed: Mapping[str, ObservedRegion], lock: Lock, intents: Iterable[Intent]
) -> tuple[Lock, tuple[Intent, ...]]:
    """Return the lock with the voices that pins name for lost creates, and the creates still open."""
    from ddvoices.apply import made_voice, pinned_since
    from ddvoices.lockfile import fold, voice_record
    from ddvoices.model import Origin

    records, still_open = [], []
    for intent in intents:
        pin = pinned_since(intent, catalog)
        if any(voice.id == pin for voice in observed[intent.region].voices):
            found = made_voice(intent, str(pin), origin=Origin.FOUND)
            records.append(voice_record(intent.region, intent.account, intent.key, found))
        else:
            still_open.append(intent)
    return fold(lock, records, owner=catalog.owner) if records else lock, tuple(still_open)


def incomplete_code(plan: Plan) -> ExitCode:
    """Return what an incomplete plan ends with: the code of the first region that failed."""
    codes = [region.error_code for region in plan.regions if region.error is not None]
    return codes[0] if codes else ExitCode.ERROR
