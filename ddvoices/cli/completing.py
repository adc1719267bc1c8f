"""What a shell completes: quick, silent, without a key, and nothing where anything is wrong."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ddvoices.cli.streams import forget
from ddvoices.errors import ExitCode

if TYPE_CHECKING:
    from ddvoices.catalog.load import Glance

VARIABLE = "_DDVOICES_COMPLETE"
"""Where a shell's script says that it asks, as click names it after the program."""

# What every shell reads as it stands. A file may be called anything by whoever made the catalog, and bash
# puts a completion into the line without quoting it.
_PLAIN = re.compile(r"[\w.][\w@%+=:,./-]*")

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def is_asked() -> bool:
    """Tell whether it is a shell that has started the program."""
    return VARIABLE in os.environ


def answer(group: click.Group) -> int:
    """Print what the shell has asked for; of what goes wrong nobody is told, in the midst of a line."""
    forget(sys.stderr)
    try:
        group.main(prog_name="ddvoices", complete_var=VARIABLE)
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:  # noqa: BLE001 - see above
        forget(sys.stdout)
    return ExitCode.ERROR


def keys(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a key of the catalog."""
    return _beginning(incomplete, _glance(context).keys)


def regions(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a region: of the catalog, or one that is built in."""
    from ddvoices.catalog.entries import BUILT_IN_REGIONS

    return _beginning(incomplete, sorted({*BUILT_IN_REGIONS, *_glance(context).regions}))


def voice_files(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a file of voices, by its path in the catalog; one that is oddly called is typed by hand."""
    return _beginning(incomplete, filter(_PLAIN.fullmatch, _glance(context).files))


def schemas(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a schema."""
    from ddvoices.resources import schema_names

    return _beginning(incomplete, schema_names())


def _beginning(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def _glance(context: click.Context) -> Glance:
    """Return what is seen of the catalog that the line names."""
    from ddvoices.catalog.load import NOTHING_SEEN, glance
    from ddvoices.errors import CatalogError

    directory = context.find_root().params.get("catalog") or Path("voices")
    try:
        return glance(directory.expanduser())  # the shell hands over what is typed
    except CatalogError:
        return NOTHING_SEEN
