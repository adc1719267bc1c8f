"""What an apply did, as text and as a versioned JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from click import style, unstyle

from ddvoices.model import INTERRUPTED, Outcome, Report, Result
from ddvoices.report.layout import PLAIN, Line, Look, cells, laid_out, padded
from ddvoices.report.terminal import printable
from ddvoices.report.words import WIDEST_KEY

FORMAT_VERSION = "1.0"

_COLORS: dict[Result, str | None] = {
    Result.APPLIED: "green",
    Result.ADOPTED: "cyan",
    Result.ALREADY: None,
    Result.FAILED: "red",
    Result.STALE: "yellow",
    Result.SKIPPED: "yellow",
}
# where what an outcome is about begins
_INDENT = 9
_NAMED_AT_MOST = 3
_COUNTED = {result: str(result) for result in Result} | {Result.ALREADY: "already done"}


def report_document(report: Report) -> dict[str, Any]:
    """Return what an apply did as JSON values."""
    return {
        "format_version": FORMAT_VERSION,
        "outcomes": [outcome_document(outcome) for outcome in report.outcomes],
        **summary_document(report),
        "complete": report.complete,
        "warnings": list(report.warnings),
        "lock_error": report.lock_error,
    }


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Return what became of one change as JSON values."""
    return {
        "region": outcome.region,
        "key": outcome.key,
        "action": str(outcome.action),
        "result": str(outcome.result),
        "id": outcome.id,
        "error": outcome.error,
    }


def summary_document(report: Report) -> dict[str, Any]:
    """Return what an apply came to as JSON values."""
    counts = Counter(outcome.result for outcome in report.outcomes)
    return {
        "summary": {str(result): counts[result] for result in Result},
        "pending": report.pending,
        "converged": report.converged,
        "interrupted": report.interrupted,
    }


def outcome_text(outcome: Outcome) -> str:
    """Return one outcome in one line, its words one space apart."""
    head = " ".join(unstyle(_head(outcome)).split())
    return head if outcome.error is None else f"{head}: {printable(outcome.error)}"


def report_text(report: Report, look: Look = PLAIN) -> str:
    """Return an apply's outcomes, a line each (an error below its own), and a last line that counts.

    What an interrupt kept from being begun is only counted.
    """
    shown = [outcome for outcome in report.outcomes if not _not_begun(outcome)]
    last = Line(style(summary_text(report), bold=True), 2)
    return laid_out([*_outcome_lines(shown), last], look)


def _outcome_lines(outcomes: list[Outcome]) -> Iterator[Line]:
    """Yield a line for each outcome, columns below each other, and one for its error."""
    region = max((cells(printable(outcome.region)) for outcome in outcomes), default=0)
    subject = min(max((cells(_subject(outcome)) for outcome in outcomes), default=0), WIDEST_KEY)
    for outcome in outcomes:
        yield Line(_head(outcome, region, subject), _INDENT)
        if outcome.error is not None:
            yield Line(" " * _INDENT + printable(outcome.error), _INDENT)


def summary_text(report: Report) -> str:
    """Return the line that counts, and says what is left to do."""
    left_out = sum(map(_not_begun, report.outcomes))
    counts = Counter(outcome.result for outcome in report.outcomes if not _not_begun(outcome))
    counted = ", ".join(f"{counts[result]} {_COUNTED[result]}" for result in Result if counts[result])
    text = f"Apply: {counted or ('nothing done' if left_out else 'nothing to do')}."
    if report.pending > left_out:
        text += f" {report.pending} still to be done{_unrun(report)}."
    if report.interrupted:
        rest = f": {left_out} not begun; run the same command again" if left_out else ""
        text += f" Interrupted{rest}."
    return text


def _not_begun(outcome: Outcome) -> bool:
    """Tell whether an interrupt kept a change from being begun."""
    return outcome.result is Result.SKIPPED and outcome.error == INTERRUPTED


def _unrun(report: Report) -> str:
    """Name some of the changes that stand in no line above."""
    named = [f"{action} {printable(key or '')} ({region})" for region, action, key in report.unrun]
    shown = [*named[:_NAMED_AT_MOST], *(["…"] if len(named) > _NAMED_AT_MOST else [])]
    also = "also " if len(named) < report.pending else ""
    return f": {also}{', '.join(shown)}" if named else ""


def _head(outcome: Outcome, region: int = 0, subject: int = 0) -> str:
    """Return what became of what, its region and subject as wide as they are in other lines."""
    mark = style(f"{outcome.result:8}", fg=_COLORS[outcome.result], bold=True)
    where, what = padded(printable(outcome.region), region), padded(_subject(outcome), subject)
    line = f"{mark} {where}  {outcome.action:7}  {what}"
    if outcome.id is not None and outcome.key is not None:
        line += style(f"  {printable(outcome.id)}", dim=True)
    return line


def _subject(outcome: Outcome) -> str:
    """Return the key, or the id where nobody remembers a key."""
    return printable(outcome.key or outcome.id or "")
