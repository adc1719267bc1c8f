"""``ddvoices validate``: check the catalog, offline and without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session
from ddvoices.errors import CatalogError, ExitCode

if TYPE_CHECKING:
    from ddvoices.model import Catalog


@click.command
@options.output_format("text", "json")
@click.pass_obj
def validate(session: Session, *, output_format: str) -> int:
    """Check the catalog, offline and without a key.

    Everything that is wrong is said at once, with file, line and column.

    \b
    Examples:
      ddvoices validate
      ddvoices --catalog my-voices validate --format json
    """
    if output_format == "json":
        return _as_json(session)
    catalog = session.load_catalog()
    _check_lock(catalog)
    regions, count = ", ".join(sorted(catalog.regions)), len(catalog.voices)
    voices = "1 voice" if count == 1 else f"{count} voices"
    click.echo(f"valid: {voices} of owner {catalog.owner} for {regions}")
    return ExitCode.OK


def _check_lock(catalog: Catalog) -> None:
    """Find out what a merge has made of the lock before an apply does."""
    from ddvoices.lockfile import load_lock

    load_lock(catalog.root, owner=catalog.owner, former_owners=catalog.former_owners)


def _as_json(session: Session) -> int:
    """Print one document, the same whether the catalog is valid or not."""
    import json

    from ddvoices.catalog import load_catalog

    problems: list[dict[str, object]] = []
    warnings: tuple[str, ...] = ()
    voices = 0
    try:
        catalog = load_catalog(session.catalog_directory)
    except CatalogError as error:
        problems = [
            {"file": p.file, "line": p.line, "column": p.column, "path": p.path, "message": p.message}
            for p in error.problems
        ]
    else:
        warnings, voices = catalog.warnings, len(catalog.voices)
        _check_lock(catalog)
    document = {"valid": not problems, "voices": voices, "problems": problems, "warnings": list(warnings)}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    return ExitCode.CATALOG if problems else ExitCode.OK
