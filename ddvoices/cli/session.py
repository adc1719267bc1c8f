"""What one run of the program shares: its options, and how it prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import click

from ddvoices.cli.streams import forget

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ddvoices.model import Catalog
    from ddvoices.report.layout import Look

# wide enough that nothing is folded where no person reads it
_PIPE_WIDTH = 10_000
# of a terminal that doesn't say how wide it is
_USUAL_WIDTH = 80


class Drawn(Protocol):
    """What is drawn on the terminal while something happens."""

    def wait(self, message: str, details: Mapping[str, Any]) -> None:
        """Show why there is a wait, as long as it lasts."""

    def print(self, text: str) -> None:
        """Print lines above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The options before the command, and the two places to print to.

    ``drawn`` is what is drawn on the terminal now, the innermost last.
    """

    catalog_directory: Path
    color: str = "auto"
    verbose: bool = False
    quiet: bool = False
    log_format: str = "text"
    drawn: list[Drawn] = field(default_factory=list)

    def load_catalog(self) -> Catalog:
        """Return the catalog; its warnings are printed.

        Raises:
            CatalogError: it is invalid, or there is none.
        """
        from ddvoices.catalog import load_catalog

        catalog = load_catalog(self.catalog_directory)
        for warning in catalog.warnings:
            self.warn(warning)
        return catalog

    def console(self, stream: IO[str] | None = None) -> Console:
        """Return a rich console on stdout, or on ``stream``."""
        from rich.console import Console

        file = stream or sys.stdout
        width = None if file.isatty() else _PIPE_WIDTH
        colored = self.colored(file)
        return Console(
            file=file,
            width=width,
            no_color=not colored,
            force_terminal=colored or None,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=False,
        )

    def print_table(self, table: Table) -> None:
        """Print a table on stdout, without the spaces that fill its last column."""
        console = self.console()
        with console.capture() as captured:
            console.print(table)
        for line in captured.get().splitlines():
            click.echo(line.rstrip(), color=self.colored(sys.stdout))

    def print_json(self, document: Any) -> None:
        """Print a document on stdout, in ASCII where stdout can't hold more."""
        from ddvoices.report.terminal import json_text

        text = json_text(document)
        try:
            text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
        except UnicodeEncodeError:
            import json

            text = json.dumps(document, indent=2)
        click.echo(text)

    def look(self, stream: IO[str]) -> Look:
        """Return what ``stream`` shows: lines are folded on a terminal only."""
        from ddvoices.report.layout import Look

        encoding = getattr(stream, "encoding", None) or "utf-8"
        return Look(color=self.colored(stream), width=_columns(stream), encoding=encoding)

    def colored(self, stream: IO[str]) -> bool:
        """Tell whether to colour what goes to ``stream``."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def warn(self, message: str) -> None:
        """Print a warning."""
        self._message("warning", message, "yellow")

    def error(self, message: str) -> None:
        """Print an error that doesn't end the run."""
        self._message("error", message, "red")

    def say(self, message: str, *, level: str = "info", **details: Any) -> None:
        """Print progress, unless it is to be quiet; ``level`` and ``details`` are for JSON."""
        if not self.quiet:
            self._message(level, message, None, **details)

    def say_always(self, message: str, **details: Any) -> None:
        """Print what is neither a warning nor an error."""
        self._message("info", message, None, **details)

    def _message(self, level: str, message: str, color: str | None, **details: Any) -> None:
        if self.log_format == "json":
            import json

            record = {"time": _now(), "level": level, "message": message, **details}
            _tell(json.dumps(record), color=None)
            return
        from ddvoices.report.layout import Line, laid_out
        from ddvoices.report.terminal import printable

        prefix = "" if level == "info" else click.style(f"{level}: ", fg=color, bold=True)
        look = self.look(sys.stderr)
        text = laid_out([Line(prefix + printable(message), 2)], look).removesuffix("\n")
        if self.drawn:
            self.drawn[-1].print(text)
        else:
            _tell(text, color=look.color)


def _columns(stream: IO[str]) -> int | None:
    """Return how wide a terminal is; None for what is none."""
    if not stream.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH


def _now() -> str:
    """Return the time as programs read it: RFC 3339, UTC, milliseconds."""
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _tell(text: str, *, color: bool | None) -> None:
    """Print lines on stderr; where that can't be, nobody is told, and the work goes on to its report."""
    try:
        click.echo(text, err=True, color=color)
    except OSError:
        forget(sys.stderr)


_PLAIN = Session(catalog_directory=Path("voices"))
_current: list[Session] = []


def begin(session: Session) -> None:
    """Make ``session`` the one whose way of printing holds, also for what ends the run."""
    _current[:] = [session]


def current_session() -> Session:
    """Return the session of the run; a plain one before the options are read."""
    return _current[0] if _current else _PLAIN
