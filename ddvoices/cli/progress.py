"""Telling the user of each change while it happens: JSON lines, a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddvoices.apply import Event
    from ddvoices.cli.session import Session

Tell = Callable[["Event"], None]


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
    """Show a bar on stderr, which leaves nothing behind: the report says it all."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ddvoices.report.terminal import printable

    columns = (BarColumn(bar_width=30), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=session.console(sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=total)

        def tell(event: Event) -> None:
            if event.outcome is None:
                what = f"{event.region} {event.change.action} {event.change.key or event.change.id or ''}"
                bar.update(task, description=printable(what))
            else:
                bar.advance(task)

        yield tell
