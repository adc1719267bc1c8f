"""``ddvoices schema``: print a JSON Schema of the files."""

from __future__ import annotations

import click

from ddvoices.cli import completing
from ddvoices.errors import UsageError


@click.command
@click.argument("name", metavar="NAME", shell_complete=completing.schemas)
def schema(*, name: str) -> None:
    """Print a JSON Schema of the files.

    NAME is catalog, voices, plan, batch or batch-report.

    \b
    Examples:
      ddvoices schema voices
      ddvoices schema plan > plan.schema.json
    """
    from ddvoices.resources import schema_names, schema_path

    if name not in schema_names():
        raise UsageError(f"no schema {name!r}: there are {', '.join(schema_names())}")
    click.echo(schema_path(name).read_text(encoding="utf-8"), nl=False)
