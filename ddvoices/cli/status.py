"""``ddvoices status``: every voice in every region at a glance."""

from __future__ import annotations

from typing import Any

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session


@click.command
@options.regions
@options.output_format("text", "json")
@click.pass_obj
def status(session: Session, *, regions: tuple[str, ...], output_format: str) -> int:
    """Show every voice in every region at a glance.

    Below the matrix: the voices that no key means, with what they are to the catalog. A difference isn't an
    error: the exit code is 0 if all regions could be asked.

    \b
    Examples:
      ddvoices status
      ddvoices status -r us --format json
    """
    from ddvoices.cli.plan import exit_code
    from ddvoices.cli.planning import plan_now, tell_errors
    from ddvoices.model import PlanOptions
    from ddvoices.report.status import status_document

    catalog, found = plan_now(session, regions, PlanOptions())
    document = status_document(catalog, found)
    if output_format == "json":
        session.print_json(document)
    else:
        _print(session, document)
    tell_errors(session, found)
    return exit_code(found, detailed=False)


def _print(session: Session, document: dict[str, Any]) -> None:
    from ddvoices.report.status import import_hint, others_table, status_table

    session.print_table(status_table(document))
    others = others_table(document)
    if others is not None:
        click.echo()
        session.print_table(others)
    hint = import_hint(document)
    if hint is not None:
        session.say(hint)
