"""Telling the user what happens while it does: JSON lines, a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from threading import Timer
from typing import TYPE_CHECKING

from ddvoices.model import LineOutcome, LineResult, Result

if TYPE_CHECKING:
    from ddvoices.apply import Event
    from ddvoices.batch.work import Job
    from ddvoices.cli.drawing import Now, Steps
    from ddvoices.cli.session import Session

Tell = Callable[["Event"], None]
TellLine = Callable[["Job | LineOutcome"], None]
_DONE = (Result.APPLIED, Result.ADOPTED, Result.ALREADY)
_LEVELS: Mapping[object, str] = {
    Result.FAILED: "error",
    Result.STALE: "warning",
    Result.SKIPPED: "warning",
    LineResult.FAILED: "error",
    LineResult.SKIPPED: "warning",
}
_A_MOMENT = 0.5
"""Seconds; what is over sooner needs no telling."""


@contextmanager
def progress(session: Session, total: int) -> Iterator[Tell]:
    """Yield what an apply of ``total`` changes tells its events to."""
    if session.log_format == "json":
        yield _json_lines(session, total)
    elif _is_watched(session) and total:
        with _bar(session, total) as tell:
            yield tell
    else:
        yield lambda _event: None


def _json_lines(session: Session, total: int) -> Tell:
    """Write a JSON line for the start, and return what writes one for each outcome."""
    from ddvoices.report.outcomes import outcome_document, outcome_text

    session.say(f"{total} to do", event="start", total=total)
    done = count(1)

    def tell(event: Event) -> None:
        outcome = event.outcome
        if outcome is not None:
            level = _LEVELS.get(outcome.result, "info")
            details = {**outcome_document(outcome), "done": next(done), "total": total}
            session.say(outcome_text(outcome), level=level, event="change", **details)

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
                result = event.outcome.result
                step.end(what, done=result in _DONE, failed=result is Result.FAILED)

        yield tell


@contextmanager
def batch_progress(session: Session, script: str, total: int) -> Iterator[TellLine]:
    """Yield what a batch of ``total`` lines tells of each that is started or has ended."""
    if session.log_format == "json":
        yield _json_lines_of_batch(session, script, total)
    elif _is_watched(session) and total:
        with _steps(session, total) as step:

            def tell(told: Job | LineOutcome) -> None:
                if isinstance(told, LineOutcome):
                    spoken = told.result is LineResult.SPOKEN
                    step.end(told.out, done=spoken, failed=told.result is LineResult.FAILED)
                else:
                    step.begin(told.line.out)

            yield tell
    else:
        yield lambda _: None


def _json_lines_of_batch(session: Session, script: str, total: int) -> TellLine:
    """Return what writes one JSON line for each line of the script that has ended."""
    from ddvoices.report.batch import line_text

    done = count(1)

    def tell(told: Job | LineOutcome) -> None:
        if isinstance(told, LineOutcome):
            what = {"line": told.line, "out": told.out, "result": str(told.result)}
            more = {"seconds": told.seconds, "error": told.error, "done": next(done), "total": total}
            level = _LEVELS.get(told.result, "info")
            session.say(line_text(script, told), level=level, event="line", **what, **more)

    return tell


def _is_watched(session: Session) -> bool:
    """Tell whether a person looks at stderr, and wants to see what happens."""
    return sys.stderr.isatty() and session.log_format != "json" and not session.quiet


@contextmanager
def _drawn(session: Session, now: Now) -> Iterator[None]:
    """Have waits shown by what is drawn anyway, and messages printed above it."""
    session.drawn.append(now)
    try:
        yield
    finally:
        session.drawn.pop()


@contextmanager
def asking(session: Session, regions: Iterable[str]) -> Iterator[None]:
    """Show on a terminal, after a moment, who is asked and has not answered yet; it leaves nothing behind."""
    if not _is_watched(session):
        yield
        return
    from ddvoices.cli.drawing import Now, spinner

    now = Now(session.console(sys.stderr), f"asking {', '.join(regions)} …")
    shown = ExitStack()
    timer = Timer(_A_MOMENT, lambda: shown.enter_context(spinner(now)))
    timer.start()
    try:
        with _drawn(session, now):
            yield
    finally:
        timer.cancel()
        timer.join()
        shown.close()


@contextmanager
def _steps(session: Session, total: int) -> Iterator[Steps]:
    """Show a bar on stderr, which leaves nothing behind: the report says it all."""
    from ddvoices.cli.drawing import Bar, Now, Steps

    now = Now(session.console(sys.stderr))
    with Bar(now) as bar, _drawn(session, now):
        yield Steps(bar, total, now)
