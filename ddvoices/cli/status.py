"""``ddvoices status``: every voice in every region at a glance."""

from __future__ import annotations

import sys
from typing import Any

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session


@click.command
@options.regions
@click.option(
    "--only-differing", is_flag=True, help="Leave out the voices that are in sync in all their regions."
)
@options.output_format("text", "json")
@click.pass_obj
def status(session: Session, *, regions: tuple[str, ...], only_differing: bool, output_format: str) -> int:
    """Show every voice in every region at a glance.

    Where there are several regions, a mark says whether a voice is in sync in all of them; the last line
    counts, and says what the marks mean. Below the matrix: the voices that no key means, with what they are
    to the catalog. A difference isn't an error: the exit code is 0 if all regions could be asked.

    \b
    Examples:
      ddvoices status
      ddvoices status --only-differing
      ddvoices status -r us --format json
    """
    from ddvoices.cli.plan import exit_code
    from ddvoices.cli.planning import plan_now, tell_errors
    from ddvoices.model import PlanOptions
    from ddvoices.report.status import differing, status_document

    catalog, found = plan_now(session, regions, PlanOptions())
    document = status_document(catalog, found)
    tell_errors(session, found)
    if output_format == "json":
        session.print_json(differing(document) if only_differing else document)
    else:
        _print(session, document, only_differing=only_differing)
    return exit_code(found, detailed=False)


def _print(session: Session, document: dict[str, Any], *, only_differing: bool) -> None:
    from ddvoices.report.status_text import import_hint, status_text

    look = session.look(sys.stdout)
    text = status_text(document, look, only_differing=only_differing)
    click.echo(text, nl=False, color=look.color)
    hint = import_hint(document)
    if hint is not None:
        session.say(hint)
