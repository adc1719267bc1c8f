"""``ddvoices ids``: the ids that the keys mean, for applications."""

from __future__ import annotations

import re

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session
from ddvoices.errors import DdvoicesError


@click.command
@options.regions
@options.output_format("json", "env", default="json")
@click.pass_obj
def ids(session: Session, *, regions: tuple[str, ...], output_format: str) -> int:
    """Print the id that each key means, for applications.

    A key without a voice in a region is left out there, and named on stderr.

    \b
    Examples:
      ddvoices ids
      ddvoices ids -r us --format env >> .env
    """
    from ddvoices.cli.plan import exit_code
    from ddvoices.cli.planning import plan_now, tell_errors
    from ddvoices.model import PlanOptions

    catalog, found = plan_now(session, regions, PlanOptions())
    by_key: dict[str, dict[str, str]] = {spec.key: {} for spec in catalog.voices}
    for region in found.regions:
        for change in region.changes:
            if change.key is not None and change.id is not None:
                by_key[change.key][region.region] = change.id
            elif change.key is not None:
                session.warn(f"{change.key} has no voice in {region.region} yet: run `ddvoices apply`")
    if output_format == "json":
        session.print_json(by_key)
    else:
        for line in [f"{name}={_quoted(voice_id)}" for name, voice_id in _variables(by_key).items()]:
            click.echo(line)
    tell_errors(session, found)
    return exit_code(found, detailed=False)


def _variables(by_key: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return a variable's name → id; two keys that would share a name are an error."""
    found: dict[str, tuple[str, str]] = {}
    for key, regions in by_key.items():
        for region, voice_id in regions.items():
            name = "DDVOICES_" + re.sub(r"[^A-Z0-9]", "_", f"{key}_{region}".upper())
            if name in found:
                other = found[name][0]
                raise DdvoicesError(f"{key} and {other} would both be called {name}: use --format json")
            found[name] = key, voice_id
    return {name: voice_id for name, (_, voice_id) in found.items()}


def _quoted(voice_id: str) -> str:
    """Return an id that no shell reads as anything else.

    Raises:
        DdvoicesError: it would be more than a line, or steer a terminal.
    """
    from shlex import quote

    if not (voice_id.isascii() and voice_id.isprintable()):
        raise DdvoicesError(f"{voice_id!a} is no id for a variable: use --format json")
    return quote(voice_id)
