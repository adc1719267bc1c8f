"""Telling the user of each change while it happens: JSON lines, a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ddvoices.model import LineOutcome, LineResult, Result

if TYPE_CHECKING:
    from rich.progress import Progress

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
            if event.outcome is None:
                step.begin(what)
            else:
                step.end(well=event.outcome.result is not Result.FAILED)

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

            def tell(told: Job | LineOutcome) -> None:
                if isinstance(told, LineOutcome):
                    step.end(well=told.result is LineResult.SPOKEN)
                else:
                    step.begin(told.line.out)

            yield tell
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


class _Steps:
    """What a bar shows: how much is done, how much has failed, and what was begun last."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._failed = 0
        self._task = bar.add_task("", total=total, failed="")

    def begin(self, what: str) -> None:
        """Show what is begun."""
        from ddvoices.report.terminal import printable

        self._bar.update(self._task, description=printable(what))

    def end(self, *, well: bool) -> None:
        """Count what has ended; what has failed is counted beside the bar."""
        self._failed += not well
        failed = f"{self._failed} failed" if self._failed else ""
        self._bar.update(self._task, advance=int(well), failed=failed)


@contextmanager
def _steps(session: Session, total: int) -> Iterator[_Steps]:
    """Show a bar on stderr, of one width, which leaves nothing behind: the report says it all."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]}", style="red", markup=False, table_column=Column(no_wrap=True)),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),  # takes what is left
        ),
    )
    with Progress(*columns, console=session.console(sys.stderr), transient=True, expand=True) as bar:
        yield _Steps(bar, total)
