"""Pages to be read and heard: where they are written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.errors import UsageError

if TYPE_CHECKING:
    from ddvoices.cli.session import Session
    from ddvoices.review import Page


def print_page(
    session: Session, document: dict[str, Any], embed_limit: int, output: Path | None = None
) -> None:
    """Print a plan as a page, or write it to ``output``, and beside it what has no room in it."""
    from ddvoices.review import plan_page

    folder = None if output is None else Path(f"{output.stem}-media")
    page = plan_page(document, session.catalog_directory, limit=embed_limit * 10**6, folder=folder)
    if output is None:
        click.echo(_content(page), nl=False)
        return
    write_page(session, page, output)


def check_stdout(option: str) -> None:
    """Refuse to print a page where a person would see its letters.

    Raises:
        UsageError: stdout is a terminal; it names the ``option`` that writes the page.
    """
    if sys.stdout.isatty():
        raise UsageError(f"a page isn't read in a terminal: write it to a file by {option}, or by `>`")


def write_page(session: Session, page: Page, output: Path, *, named: bool = True) -> None:
    """Write a page, its recordings first: whoever sees the page can hear them.

    Only what a user has ``named`` may be a device or a pipe.

    Raises:
        OutputError: it can't be written there.
    """
    from ddvoices.files import check_folder, is_special, make_folder, write_special, write_whole

    for folder in {(output.parent / path).parent for path, _ in page.files}:
        check_folder(folder)
        make_folder(folder)
    for path, data in page.files:
        write_whole(output.parent / path, data)
    write = write_special if named and is_special(output) else write_whole
    write(output, _content(page))
    session.say(f"saved to {output}: open it in a browser")


def _content(page: Page) -> bytes:
    """Return a page as its head says that it is: in UTF-8, whatever a terminal's letters are."""
    return page.html.encode("utf-8") + b"\n"
