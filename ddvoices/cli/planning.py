"""What plan, apply, status and ids have in common: from the catalog's directory to a plan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ddvoices.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ddvoices.cli.session import Session
    from ddvoices.model import Catalog, Plan, PlanOptions


def plan_now(session: Session, regions: tuple[str, ...], options: PlanOptions) -> tuple[Catalog, Plan]:
    """Return the catalog and a plan of it made now, without writing anything anywhere."""
    from dataclasses import replace

    from ddvoices import apply
    from ddvoices.cli.progress import asking
    from ddvoices.cli.regions import open_regions

    catalog = session.load_catalog()
    check_choice(catalog, regions, options)
    with open_regions(session, catalog, regions) as opened, asking(session, opened.clients):
        plan = apply.plan_now(opened, catalog, replace(options, created_at=now()))
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


def incomplete_code(plan: Plan) -> ExitCode:
    """Return what an incomplete plan ends with: the code of the first region that failed."""
    codes = [region.error_code for region in plan.regions if region.error is not None]
    return codes[0] if codes else ExitCode.ERROR
