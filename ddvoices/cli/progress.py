"""Telling the user of each change while it happens: JSON lines, a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ddvoices.model import LineOutcome

if TYPE_CHECKING:
    from ddvoices.apply import Event
    from ddvoices.batch.work import Job
    from ddvoices.cli.session import Session

Tell = Callable[["Event"], None]
TellLine = Callable[["Job | LineOutcome"], None]


@contextmanager
def progress(session: Session, total: int) -> Iterator[Tell]:
    """Yield what an apply of ``total`` changes tells its events to."""
    if session.log_format == "json":
        yield _json_lines(session)
    elif sys.stderr.isatty() and total and not session.quiet:
        with _bar(session, total) as tell:
            yield tell
    else:
        yield lambda _event: None


def _json_lines(session: Session) -> Tell:
    """Return what writes one JSON line for each outcome."""
    from ddvoices.report.outcomes import outcome_text

    def tell(event: Event) -> None:
        outcome = event.outcome
        if outcome is not None:
            details = {"region": outcome.region, "key": outcome.key, "action": str(outcome.action)}
            session.say(outcome_text(outcome), **details, result=str(outcome.result), id=outcome.id)

    return tell


@contextmanager
def _bar(session: Session, total: int) -> Iterator[Tell]:
    """Show a bar on stderr for an apply."""
    with _steps(session, total) as step:

        def tell(event: Event) -> None:
            change = event.change
            what = f"{event.region} {change.action} {change.key or change.id or ''}"
            step(None if event.outcome is not None else what)

        yield tell


@contextmanager
def batch_progress(
    session: Session, script: str, total: int
) -> Iterator[Callable[[Job | LineOutcome], None]]:
    """Yield what a batch of ``total`` lines tells of each that is started or has ended."""
    if session.log_format == "json":
        yield _json_lines_of_batch(session, script)
    elif sys.stderr.isatty() and total and not session.quiet:
        with _steps(session, total) as step:
            yield lambda told: step(None if isinstance(told, LineOutcome) else told.line.out)
    else:
        yield lambda _: None


def _json_lines_of_batch(session: Session, script: str) -> TellLine:
    """Return what writes one JSON line for each line of the script that has ended."""
    from ddvoices.report.batch import line_text

    def tell(told: Job | LineOutcome) -> None:
        if isinstance(told, LineOutcome):
            details = {"line": told.line, "out": told.out, "result": str(told.result)}
            session.say(line_text(script, told), **details, seconds=told.seconds)

    return tell


@contextmanager
def _steps(session: Session, total: int) -> Iterator[Callable[[str | None], None]]:
    """Show a bar on stderr, which leaves nothing behind: the report says it all.

    What it yields is called with what is begun, and with None when something has ended.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ddvoices.report.terminal import printable

    columns = (BarColumn(bar_width=30), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=session.console(sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(begun: str | None) -> None:
            if begun is None:
                bar.advance(task)
            else:
                bar.update(task, description=printable(begun))

        yield step
