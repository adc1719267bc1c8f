"""``ddvoices show``: a saved plan again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session

_MAX_BYTES = 256 * 2**20


@click.command
@click.argument("file", type=click.Path(path_type=Path))
@options.output_format("text", "json")
@click.pass_obj
def show(session: Session, *, file: Path, output_format: str) -> None:
    """Show a saved plan again.

    The catalog and the service aren't asked, so no key is needed.

    \b
    Examples:
      ddvoices show plan.json
      ddvoices show plan.json --format json
    """
    from ddvoices.cli.plan import print_plan

    document = read_plan_file(file)
    for warning in document["warnings"]:
        session.warn(warning)
    print_plan(session, document, output_format)


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
