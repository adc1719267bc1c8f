"""``ddvoices auth``: keys in the system's keyring."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from ddvoices.cli import options
from ddvoices.cli.direct import known_regions, region_endpoints, region_name, settings_of
from ddvoices.cli.keys import check_source, check_stored
from ddvoices.cli.session import Session
from ddvoices.cli.telling import TellingGroup
from ddvoices.errors import (
    AuthError,
    DdvoicesError,
    ExitCode,
    MissingKeyError,
    ServiceError,
    UntrustedEndpointError,
    UsageError,
)

if TYPE_CHECKING:
    from ddvoices.auth import Key
    from ddvoices.client import Endpoints
    from ddvoices.model import RegionSettings

_LONGEST_KEY = 4096
# So long that four of its characters give nothing away.
_LONG_ENOUGH = 12
_ACCEPTED = {True: "yes", False: "no", None: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """What there is for a region: a key's end and source, or an error; ``accepted`` is None if not asked."""

    region: str
    key: str | None = None
    source: str | None = None
    accepted: bool | None = None
    missing: bool = False
    error: str | None = None
    code: ExitCode = ExitCode.OK


@click.group(cls=TellingGroup)
def auth() -> None:
    """Keep API keys in the system's keyring, one for each region.

    Keys are taken from DEEPDUB_API_KEY_<REGION>, else from DEEPDUB_API_KEY, else from the keyring, and are
    never on a command line or in a file of ours.

    \b
    Examples:
      ddvoices auth login
      pass show deepdub/eu | ddvoices auth login -r eu --stdin
      ddvoices auth status
    """


@auth.command
@options.region
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the key from stdin, without asking.")
@click.option("--no-check", is_flag=True, help="Store it without asking the service whether it is one.")
@click.pass_obj
def login(session: Session, *, region: str | None, from_stdin: bool, no_check: bool) -> None:
    """Store a region's key, once the service has accepted it.

    It is typed without being shown. A key that is stored already is replaced.

    \b
    Examples:
      ddvoices auth login -r eu
      ddvoices auth login --no-check
    """
    from ddvoices.auth import checked, prepare, store, variable_of

    name = region_name(region)
    endpoints = region_endpoints(session, name)
    check_stored(endpoints)
    prepare(name)
    key = checked(_read_key() if from_stdin else _ask_for_key(name), "what was given")
    if not no_check:
        _check_before_storing(key, endpoints)
    store(name, key.value)
    where = "unchecked" if no_check else f"accepted by {endpoints.rest}"
    session.say_always(f"the key for {name} is in the keyring ({where})")
    if variable := variable_of(name, os.environ):
        session.warn(f"{variable} is set, and goes before the keyring")


@auth.command
@options.region
@click.pass_obj
def logout(session: Session, *, region: str | None) -> None:
    """Delete a region's key from the keyring.

    \b
    Examples:
      ddvoices auth logout -r eu
    """
    from ddvoices.auth import forget, variable_of

    name = region_name(region)
    settings_of(session, [name])
    found = forget(name)
    session.say_always(
        f"the key for {name} is deleted from the keyring" if found else f"the keyring has no key for {name}"
    )
    if variable := variable_of(name, os.environ):
        session.warn(f"{variable} is still set, and goes on being used")


@auth.command
@options.regions
@click.option("--check", is_flag=True, help="Ask the service whether it accepts each key.")
@options.output_format("text", "json")
@click.pass_obj
def status(session: Session, *, regions: tuple[str, ...], check: bool, output_format: str) -> int:
    """Show where the key of each region is from, and how it ends.

    Ends with 7 where a region of the catalog, or one that is named, has no key, or any has one that the
    service refuses; without a catalog one key will do.

    \b
    Examples:
      ddvoices auth status
      ddvoices auth status -r eu --check --format json
    """
    known = known_regions(session, regions)
    found = [_key_status(name, settings, check=check) for name, settings in known.settings.items()]
    found = _needed(found, known.wanted)
    if output_format == "json":
        session.print_json(
            {"format_version": "1.0", "regions": {each.region: _plain(each) for each in found}}
        )
    else:
        _print(session, found, check=check)
    return next((each.code for each in found if each.code), ExitCode.OK)


def _ask_for_key(region: str) -> str:
    """Return what is typed at a hidden prompt."""
    if not sys.stdin.isatty():
        raise UsageError("stdin is not a terminal: pipe the key in, with --stdin")
    typed: str = click.prompt(f"API key for {region} (not shown)", hide_input=True, err=True)
    return _one_line(typed)


def _read_key() -> str:
    """Return what is on stdin."""
    if sys.stdin.isatty():
        raise UsageError("--stdin on a terminal would show the key: leave it out, and type it unseen")
    data = sys.stdin.buffer.read(_LONGEST_KEY + 1)
    if len(data) > _LONGEST_KEY:
        raise UsageError(f"stdin holds more than {_LONGEST_KEY} bytes: no API key is as long")
    return _one_line(data.decode("ascii", "replace"))


def _one_line(text: str) -> str:
    """Return a key without what is around it.

    Raises:
        UsageError: there is nothing, or more than one line.
    """
    lines = text.strip().splitlines()
    if len(lines) != 1:
        raise UsageError(f"{'no key' if not lines else 'more than one line'} was given: nothing is stored")
    return lines[0]


def _check_before_storing(key: Key, endpoints: Endpoints) -> None:
    """Ask the service for one voice.

    Raises:
        AuthError: it refuses the key.
        ServiceError: it doesn't answer, or not as it should.
    """
    region = endpoints.region
    try:
        _ask_service(key, endpoints)
    except AuthError as error:
        raise AuthError(
            f"{region} refuses this key, and nothing is stored: {endpoints.rest}: {error}; "
            f"see that it is whole, and one for {region}"
        ) from error
    except ServiceError as error:
        raise ServiceError(
            f"{region} can't be asked, and nothing is stored: {error}; try again, or store it with --no-check"
        ) from error


def _ask_service(key: Key, endpoints: Endpoints) -> None:
    from ddvoices.client import DeepdubClient, ForbiddenError, PaymentRequiredError

    with DeepdubClient(api_key=key.value, endpoints=endpoints) as client:
        try:
            client.list_voices(limit=1)
        except PaymentRequiredError:
            return  # an account without credit is one
        except ForbiddenError as error:
            raise AuthError(str(error)) from error


def _key_status(region: str, settings: RegionSettings, *, check: bool) -> KeyStatus:
    """Return what there is for a region."""
    from ddvoices.auth import find_key

    try:
        key = find_key(region, environ=os.environ)
    except AuthError as error:
        missing = isinstance(error, MissingKeyError)
        return KeyStatus(region=region, missing=missing, error=str(error), code=error.exit_code)
    found = KeyStatus(region=region, key=_ending(key.value), source=key.source)
    return _asked(found, key, settings) if check else found


def _needed(found: list[KeyStatus], wanted: frozenset[str]) -> list[KeyStatus]:
    """Return what there is, without the errors of regions that nobody wants and that have no key.

    Where none is wanted in particular, any key will do.
    """
    if not wanted and not any(each.key for each in found):
        return found
    return [
        KeyStatus(region=each.region) if each.missing and each.region not in wanted else each
        for each in found
    ]


def _asked(found: KeyStatus, key: Key, settings: RegionSettings) -> KeyStatus:
    """Return what there is for a region, and what the service says of it."""
    from ddvoices.auth import origin_of
    from ddvoices.client import resolve_endpoints

    try:
        endpoints = resolve_endpoints(found.region, settings, os.environ)
        check_source(key, endpoints)
        _ask_service(key, endpoints)
    except DdvoicesError as error:
        refused = isinstance(error, AuthError) and not isinstance(error, UntrustedEndpointError)
        whence = f": the key is from {origin_of(key, found.region)}" if refused else ""
        return replace(
            found,
            accepted=False if refused else None,
            error=f"{error}{whence}",
            code=error.exit_code,
        )
    return replace(found, accepted=True)


def _ending(key: str) -> str:
    """Return what may be shown of a key: people tell their keys apart by it."""
    return f"…{key[-4:]}" if len(key) >= _LONG_ENOUGH else "…"


def _plain(found: KeyStatus) -> dict[str, object]:
    """Return a region's entry in the JSON document."""
    return {
        "ends_with": found.key and found.key[1:],
        "source": found.source,
        "accepted": found.accepted,
        "error": found.error,
    }


def _print(session: Session, found: list[KeyStatus], *, check: bool) -> None:
    """Print a line for each region, and what is wrong on stderr."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in ("region", "key", "from", *(["accepted"] if check else [])):
        table.add_column(heading, no_wrap=True)
    for each in found:
        row = (each.region, each.key or "-", each.source or "-", _ACCEPTED[each.accepted])
        table.add_row(*row[: len(table.columns)])
    session.print_table(table)
    for each in found:
        if each.error is not None:
            session.error(f"{each.region}: {each.error}" if each.key else each.error)
