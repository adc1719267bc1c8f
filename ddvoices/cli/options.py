"""Options that several commands share, so that they are spelled and explained once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ddvoices.cli import completing
from ddvoices.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
MOST_AT_ONCE = 64


def _one_region(_ctx: click.Context, _param: click.Parameter, names: tuple[str, ...]) -> str | None:
    """Return the region that is named, None if none is: of two, none is dropped without a word."""
    if len(names) > 1:
        raise UsageError(f"one region at a time, not {', '.join(names[:-1])} and {names[-1]}")
    if names == ("",):  # as "$REGION" is where that isn't set: the default region isn't meant
        raise UsageError("-r names no region")
    return names[0] if names else None


def of_regions(help: str) -> Callable[[F], F]:  # noqa: A002 - as click calls it
    """Return the option that names regions of the catalog."""
    return click.option(
        "-r",
        "--region",
        "regions",
        multiple=True,
        metavar="REGION",
        help=help,
        shell_complete=completing.regions,
    )


def with_targets(help: str) -> Callable[[F], F]:  # noqa: A002 - as click calls it
    """Return the option that names keys, by globs too."""
    return click.option(
        "-t",
        "--target",
        "targets",
        multiple=True,
        metavar="KEY",
        shell_complete=completing.keys,
        help=help,
    )


def with_labels(help: str) -> Callable[[F], F]:  # noqa: A002 - as click calls it
    """Return the option that names labels with their values."""
    return click.option(
        "-l",
        "--label",
        "labels",
        multiple=True,
        metavar="LABEL=VALUE",
        callback=lambda _ctx, _param, pairs: tuple(map(_pair, pairs)),
        help=help,
    )


regions = of_regions("Only this region; may be repeated.")
region = click.option(
    "-r",
    "--region",
    multiple=True,
    metavar="REGION",
    callback=_one_region,
    shell_complete=completing.regions,
    help="The region to use.",
)
labels = with_labels("Only changes of voices with this label; may be repeated.")
targets = with_targets("Only changes of this key; a glob such as 'ada-*' works; may be repeated.")
prune = click.option(
    "--prune", is_flag=True, help="Also delete our voices that are superseded, duplicate or orphaned."
)


class _Seconds(click.FloatRange):
    """A time that ends: no number that isn't one, and no endless one."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of seconds."""
        seconds = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return seconds


embed_limit = click.option(
    "--embed-limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    metavar="MB",
    help="How much audio a page holds; the rest lies beside it.",
)


def seconds(*names: str, default: float, help: str) -> Callable[[F], F]:  # noqa: A002 - as click calls it
    """Return an option for a time."""
    return click.option(
        *names, type=_Seconds(min=0), default=default, show_default=True, metavar="SECONDS", help=help
    )


def parallelism(help: str) -> Callable[[F], F]:  # noqa: A002 - as click calls it
    """Return the option for how much is done at once."""
    return click.option(
        "--parallelism",
        type=click.IntRange(1, MOST_AT_ONCE),
        default=3,
        show_default=True,
        metavar="N",
        help=help,
    )


def output_format(*names: str, default: str = "text") -> Callable[[F], F]:
    """Return the option that chooses among output formats."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(names),
        default=default,
        show_default=True,
        help="How to print.",
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is not LABEL=VALUE")
    return name, value
