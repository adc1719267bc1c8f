"""``ddvoices plan``: show what apply would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import options
from ddvoices.cli.places import HTML_ENDINGS, check_page_place, check_plan_place
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ddvoices.model import Plan


@click.command
@options.regions
@options.targets
@options.labels
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the plan, for review and for `ddvoices apply FILE`.",
)
@options.output_format("text", "json", "markdown", "html")
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PAGE",
    help="Also write the page here, for a review by ear, and beside it what has no room in it.",
)
@options.embed_limit
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes, with 6 if they are refused."
)
@options.prune
@click.pass_obj
def plan(
    session: Session,
    *,
    regions: tuple[str, ...],
    targets: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
    output: Path | None,
    output_format: str,
    page: Path | None,
    embed_limit: int,
    detailed_exitcode: bool,
    prune: bool,
) -> int:
    """Show what apply would do.

    Nothing is written, neither to the service nor to the catalog.

    --format markdown is for a comment on a pull request: it begins with a hidden line that is the same for
    the same owner and regions, so that a later plan can take the place of the earlier one.

    \b
    Examples:
      ddvoices plan
      ddvoices plan -r us -t 'ada-*'
      ddvoices plan --prune -o plan.json
      ddvoices plan -o plan.json --page review.html
    """
    from ddvoices.cli.planning import plan_now, tell_errors
    from ddvoices.model import PlanOptions
    from ddvoices.plan import plan_document

    _check_places(output, page, output_format)
    check_plan_place(session.catalog_directory, output)
    check_page_place(session.catalog_directory, page, option="--page")
    choice = PlanOptions(prune=prune, targets=targets, labels=labels)
    _, found = plan_now(session, regions, choice)
    document = plan_document(found)
    if output is not None:
        _save(document, output)
    print_plan(session, document, output_format, embed_limit=embed_limit)
    if output_format != "text":
        tell_errors(session, found)
    if output is not None:
        runs = f"`ddvoices apply {output}` runs what is in it, and nothing else"
        session.say(f"saved to {output}: {'an apply of it is refused' if found.refusals else runs}")
    if page is not None:
        _print_page(session, document, embed_limit, page)
    return exit_code(found, detailed=detailed_exitcode)


def print_plan(
    session: Session,
    document: dict[str, Any],
    output_format: str,
    *,
    embed_limit: int,
    page: Path | None = None,
) -> None:
    """Print a plan document on stdout; as HTML, write it to ``page`` if there is one."""
    if output_format == "json":
        session.print_json(document)
    elif output_format == "markdown":
        from ddvoices.report.markdown import plan_markdown

        click.echo(plan_markdown(document).encode(), nl=False)  # UTF-8, whatever a terminal's letters are
    elif output_format == "html":
        _print_page(session, document, embed_limit, page)
    else:
        print_text(session, document)


def _print_page(session: Session, document: dict[str, Any], embed_limit: int, page: Path | None) -> None:
    from ddvoices.cli.pages import print_page

    print_page(session, document, embed_limit, page)


def print_text(session: Session, document: dict[str, Any], *, to_stderr: bool = False) -> None:
    """Print a plan document as text on stdout, or where nothing but a report may stand there, on stderr."""
    import sys

    from ddvoices.report.text import plan_text

    look = session.look(sys.stderr if to_stderr else sys.stdout)
    click.echo(plan_text(document, look), nl=False, err=to_stderr, color=look.color)


def exit_code(plan: Plan, *, detailed: bool) -> ExitCode:
    """Return what a plan ends with: an incomplete one is never 0, 2 or 6."""
    from ddvoices.cli.planning import incomplete_code

    if not plan.complete:
        return incomplete_code(plan)
    if not detailed:
        return ExitCode.OK
    if plan.refusals:
        return ExitCode.REFUSED
    return ExitCode.CHANGES if plan.pending else ExitCode.OK


def _check_places(output: Path | None, page: Path | None, output_format: str) -> None:
    """Refuse a place for a plan or its page at which something else is meant."""
    if output == Path("-"):
        raise UsageError("a plan is saved to a file: for stdout use --format json")
    if page == Path("-"):
        raise UsageError("--page names a file: for stdout use --format html")
    if page is not None and output_format == "html":
        raise UsageError("--page writes the page, and --format html prints it: take one of them")
    if page is not None and output is not None and page.resolve() == output.resolve():
        raise UsageError(f"{page} is where the plan is saved: write the page to another file")
    if output is not None and output_format == "html" and output.suffix.lower() in HTML_ENDINGS:
        both = f"`ddvoices plan -o PLAN --page {output}`"
        raise UsageError(
            f"-o saves the plan, and not its page: save it as PLAN, and the page besides, by {both}"
        )
    if output_format == "html":
        from ddvoices.cli.pages import check_stdout

        check_stdout("--page PAGE")


def _save(document: dict[str, Any], path: Path) -> None:
    from ddvoices.files import is_special, write_special, write_whole
    from ddvoices.report.terminal import json_text

    write = write_special if is_special(path) else write_whole
    write(path, (json_text(document) + "\n").encode())
