"""``ddvoices apply``: make the service hold what the catalog wants."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ddvoices.apply import ApplyOptions
    from ddvoices.lockfile import Journal
    from ddvoices.model import Catalog, Plan, PlanOptions, Report

Reviewed = dict[str, Any]


@click.command
@click.argument("file", required=False, type=click.Path(path_type=Path))
@options.regions
@options.targets
@options.labels
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@options.prune
@click.option(
    "--force",
    is_flag=True,
    help="Lift the policy's percentages; with --target also make again what was sent and never answered.",
)
@options.parallelism(
    "How many requests may be under way at once in each region; fewer while the service says it is too many."
)
@options.seconds("--settle", default=10.0, help="How long a new voice may take to show up in the listing.")
@options.seconds("--lock-timeout", default=0.0, help="How long to wait for another apply on this machine.")
@options.output_format("text", "json")
@click.pass_obj
def apply(
    session: Session,
    *,
    file: Path | None,
    regions: tuple[str, ...],
    targets: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
    yes: bool,
    prune: bool,
    force: bool,
    parallelism: int,
    settle: float,
    lock_timeout: float,
    output_format: str,
) -> int:
    """Make the service hold what the catalog wants.

    With FILE, a plan that was saved and reviewed, only what stands in it is run, and only as far as it
    stands unchanged in a plan made now.

    While the service is asked too much, each call waits as long as it says (Retry-After), up to 60 seconds at
    a time, and is tried six times.

    \b
    Examples:
      ddvoices apply
      ddvoices apply --yes --prune
      ddvoices apply plan.json
    """
    from ddvoices.apply import ApplyOptions
    from ddvoices.cli.planning import check_choice
    from ddvoices.cli.show import read_plan_file
    from ddvoices.lockfile import hold_journal
    from ddvoices.model import PlanOptions
    from ddvoices.plan import check_catalog

    _check_usage(file, chosen=bool(regions or targets or labels or prune))
    reviewed = read_plan_file(file) if file is not None else None
    choice = PlanOptions(prune=prune, targets=targets, labels=labels)
    catalog = session.load_catalog()
    if reviewed is not None:
        choice, regions = PlanOptions(prune=reviewed["prune"]), tuple(reviewed["regions"])
        check_catalog(reviewed, owner=catalog.owner, regions=catalog.regions)
    check_choice(catalog, regions, choice)
    if file is None and not yes:
        _check_terminal()
    stop = Event()  # every wait ends when it is set, so that Ctrl-C needn't wait for a retry
    how = ApplyOptions(
        parallelism=parallelism,
        settle=settle,
        force=force,
        resend=force and bool(targets),
        sleep=stop.wait,
        stop=stop,
    )
    with hold_journal(catalog.root, timeout=lock_timeout) as journal:
        run = _Run(session, catalog, journal, how, output_format=output_format, ask=not yes and file is None)
        return run.run(regions, choice, reviewed)


class _Run:
    """One apply, while it holds the catalog."""

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        journal: Journal,
        how: ApplyOptions,
        *,
        output_format: str,
        ask: bool,
    ) -> None:
        self._session = session
        self._catalog = catalog
        self._journal = journal
        self._how = how
        self._format = output_format
        self._ask = ask

    def run(self, regions: tuple[str, ...], choice: PlanOptions, reviewed: Reviewed | None) -> int:
        """Plan, show, ask, apply, report."""
        from ddvoices.apply import apply_plan, check_refusals, prepare
        from ddvoices.cli.interrupts import call_at_interrupts
        from ddvoices.cli.planning import now, warn
        from ddvoices.cli.progress import asking, progress
        from ddvoices.cli.regions import open_regions

        choice = replace(choice, created_at=now())
        most, sleep = self._how.parallelism, self._how.sleep
        with open_regions(self._session, self._catalog, regions, max_concurrent=most, sleep=sleep) as opened:
            with asking(self._session, opened.clients):
                work = prepare(opened, self._catalog, self._journal, choice, self._how, reviewed=reviewed)
            warn(self._session, self._catalog, work.whole)
            self._show(work.plan, shown_before=reviewed is not None)
            check_refusals(work, self._how)
            if work.plan.pending and self._ask and not click.confirm("Apply these changes?", err=True):
                self._session.say("not applied")
                return ExitCode.ERROR
            call_at_interrupts(self._how.stop.set)  # from here on the report always comes
            with progress(self._session, work.plan.pending) as tell:
                how = replace(self._how, on_event=tell, on_interrupt=self._tell_interrupt)
                report = apply_plan(work, how)
        self._report(report)
        return exit_code(report, work.plan)

    def _show(self, plan: Plan, *, shown_before: bool) -> None:
        """Print what is about to happen; with JSON, stdout is the report's alone.

        Whoever is asked sees on the terminal what about.
        """
        from ddvoices.cli.plan import print_text
        from ddvoices.cli.planning import tell_errors
        from ddvoices.plan import plan_document, refusals

        if shown_before or (self._format == "json" and not self._ask):
            tell_errors(self._session, plan)
        elif plan.pending or not plan.complete:
            document = {**plan_document(plan), "refusals": []}  # they end the run, or are lifted
            print_text(self._session, document, to_stderr=self._format == "json")
            click.echo(err=self._format == "json")
        if self._how.force:
            for refusal in refusals(plan.regions, self._catalog.policy):
                if refusal.forceable:
                    self._session.warn(f"allowed by --force: {refusal.region}: {refusal.message}")

    def _tell_interrupt(self) -> None:
        self._session.say("interrupted: what is under way is finished, and then reported")

    def _report(self, report: Report) -> None:
        from ddvoices.report.outcomes import report_document, report_text, summary_document, summary_text

        for warning in report.warnings:
            self._session.warn(warning)
        if report.lock_error is not None:
            self._session.error(report.lock_error)
        if self._session.log_format == "json":
            text = summary_text(report)
            self._session.say(text, event="summary", total=len(report.outcomes), **summary_document(report))
        if self._format == "json":
            self._session.print_json(report_document(report))
            return
        look = self._session.look(sys.stdout)
        click.echo(report_text(report, look), nl=False, color=look.color)


def exit_code(report: Report, plan: Plan) -> ExitCode:
    """Return what an apply ends with: 0, the cause's own code, or 4 where a part was applied."""
    from ddvoices.cli.planning import incomplete_code
    from ddvoices.model import Result

    if report.interrupted:
        return ExitCode.INTERRUPTED
    bad = [o for o in report.outcomes if o.result in (Result.FAILED, Result.STALE, Result.SKIPPED)]
    if not bad and plan.complete and report.lock_error is None:
        return ExitCode.OK
    if report.count((Result.APPLIED, Result.ADOPTED)):
        return ExitCode.PARTIAL
    causes = sorted(bad, key=lambda outcome: outcome.result is Result.SKIPPED)
    if causes and causes[0].result is not Result.SKIPPED:
        return causes[0].error_code
    return incomplete_code(plan)


def _check_usage(file: Path | None, *, chosen: bool) -> None:
    if file is not None and chosen:
        raise UsageError("a saved plan says what is run: FILE takes no --region, --target, --label, --prune")


def _check_terminal() -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here: use --yes, or apply a saved plan: `ddvoices apply FILE`")
