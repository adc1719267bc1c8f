"""``ddvoices validate``: check the catalog, offline and without a key."""

from __future__ import annotations

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session
from ddvoices.errors import CatalogError, ExitCode


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
    regions = ", ".join(sorted(catalog.regions))
    click.echo(f"valid: {len(catalog.voices)} voices of owner {catalog.owner} for {regions}")
    return ExitCode.OK


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
    document = {"valid": not problems, "voices": voices, "problems": problems, "warnings": list(warnings)}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    return ExitCode.CATALOG if problems else ExitCode.OK
