"""The command line: ``ddvoices emulator`` and ``python -m ddvoices.emulator``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from ddvoices.emulator.options import DEFAULT_HOST, DEFAULT_PORT, Options
from ddvoices.emulator.settings import SettingKind, Settings, SettingsError, describe


def _read_keys(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> Any:
    keys: dict[str, str | None] = {}
    for value in values:
        key, _, account = value.partition("=")
        if not key:
            raise click.BadParameter(f"{value!r} has no key; write KEY or KEY=ACCOUNT")
        keys[key] = account or None
    return keys


def _flag(kind: SettingKind) -> Callable[[Any], Any]:
    """Return the option of one setting; one that isn't given is None and changes nothing."""
    name = "--" + kind.name.replace("_", "-")
    if kind.type is bool:
        if kind.default:  # or it could never be turned off
            name += "/--no-" + name.removeprefix("--")
        return click.option(name, kind.name, is_flag=True, default=None, help=kind.help)
    choices = click.Choice([str(word) for word in kind.type]) if issubclass(kind.type, StrEnum) else click.INT
    default = "" if kind.default is None else f"  [default: {kind.default}]"
    return click.option(name, kind.name, type=choices, default=None, help=kind.help + default)


def _setting_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for kind in reversed(describe()):
        command = _flag(kind)(command)
    return command


@click.command()
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep the state in DIR; otherwise it ends with the process.",
)
@click.option(
    "--api-key",
    "keys",
    multiple=True,
    metavar="KEY[=ACCOUNT]",
    callback=_read_keys,
    help="Accept only this key (repeatable); keys of one ACCOUNT share its voices.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Let requests go wrong by the rules in FILE (JSON or YAML).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of faults that strike by chance.")
@click.option("-v", "--verbose", is_flag=True, help="Log each request to stderr.")
@_setting_flags
@click.pass_context
def emulator(
    context: click.Context,
    /,
    *,
    host: str,
    port: int,
    data: Path | None,
    keys: dict[str, str | None],
    faults: Path | None,
    seed: int,
    verbose: bool,
    **settings: Any,
) -> None:
    """Run a local service with voices and speech.

    It answers as Deepdub does, as far as that is documented, and is for tests and demonstrations. When it is
    ready it prints its three endpoints, DEEPDUB_BASE_URL=... first, and nothing else to stdout.

    \b
    Example:
      ddvoices emulator --port 0 --max-voices 3
    """
    from ddvoices.emulator import run

    logging.basicConfig(format="%(message)s")
    if verbose:
        logging.getLogger("ddvoices.emulator").setLevel(logging.INFO)
    options = Options(
        host=host,
        port=port,
        data=data,
        keys=keys,
        faults=faults,
        seed=seed,
        settings=_read_settings(settings),
    )
    context.exit(run(options))


def _read_settings(flags: dict[str, Any]) -> Settings:
    try:
        return Settings().merged({name: value for name, value in flags.items() if value is not None})
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
