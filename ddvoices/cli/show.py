"""``ddvoices show``: a saved plan again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ddvoices.cli import options
from ddvoices.cli.places import check_page_place
from ddvoices.cli.session import Session
from ddvoices.errors import UsageError

_MAX_BYTES = 256 * 2**20


@click.command
@click.argument("file", type=click.Path(path_type=Path))
@options.output_format("text", "json", "markdown", "html")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PAGE",
    help="Write the page of --format html here, and beside it what has no room in it.",
)
@options.embed_limit
@click.pass_obj
def show(session: Session, *, file: Path, output_format: str, output: Path | None, embed_limit: int) -> None:
    """Show a saved plan again.

    The service isn't asked, so no key is needed; nor is the catalog, but for the recordings of a page.

    \b
    Examples:
      ddvoices show plan.json
      ddvoices show plan.json --format json
      ddvoices show plan.json --format html -o review.html
      ddvoices show plan.json --format markdown
    """
    from ddvoices.cli.pages import check_stdout
    from ddvoices.cli.plan import print_plan

    if output is not None and output_format != "html":
        raise UsageError("-o is for --format html: print other formats into a file by >")
    if output_format == "html" and output is None:
        check_stdout("-o PAGE")
    check_page_place(session.catalog_directory, output, option="-o")
    document = read_plan_file(file)
    if output is not None and output.exists() and output.samefile(file):
        raise UsageError(f"{output} is the plan itself: write the page to another file")
    for warning in document["warnings"]:
        session.warn(warning)
    print_plan(session, document, output_format, embed_limit=embed_limit, page=output)


def read_plan_file(path: Path) -> dict[str, Any]:
    """Return the plan document in a file.

    Raises:
        PlanFileError: it can't be read, or isn't a plan of this format.
    """
    from ddvoices.errors import PlanFileError
    from ddvoices.files import read_bounded
    from ddvoices.plan import read_document

    try:
        text = read_bounded(path, _MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise PlanFileError(
            f"{path}: can't be read: {reason}; make a plan by `ddvoices plan -o {path}`"
        ) from error
    return read_document(text, name=str(path))
