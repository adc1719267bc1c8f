"""What an apply did, as text and as a versioned JSON document."""

from __future__ import annotations

from collections import Counter
from typing import Any

from click import style, unstyle

from ddvoices.model import Outcome, Report, Result
from ddvoices.report.terminal import printable
from ddvoices.report.words import WIDEST_KEY

FORMAT_VERSION = "1.0"

_COLORS = {
    Result.APPLIED: "green",
    Result.ADOPTED: "cyan",
    Result.ALREADY: "white",
    Result.FAILED: "red",
    Result.STALE: "yellow",
    Result.SKIPPED: "yellow",
}
_NAMED_AT_MOST = 3
_COUNTED = {result: str(result) for result in Result} | {Result.ALREADY: "already done"}


def report_document(report: Report) -> dict[str, Any]:
    """Return what an apply did as JSON values."""
    counts = Counter(outcome.result for outcome in report.outcomes)
    return {
        "format_version": FORMAT_VERSION,
        "outcomes": [
            {
                "region": outcome.region,
                "key": outcome.key,
                "action": str(outcome.action),
                "result": str(outcome.result),
                "id": outcome.id,
                "error": outcome.error,
            }
            for outcome in report.outcomes
        ],
        "summary": {str(result): counts[result] for result in Result},
        "pending": report.pending,
        "converged": report.converged,
        "complete": report.complete,
        "interrupted": report.interrupted,
        "warnings": list(report.warnings),
        "lock_error": report.lock_error,
    }


def outcome_text(outcome: Outcome) -> str:
    """Return one outcome in one line."""
    head = unstyle(_head(outcome)).rstrip()
    return head if outcome.error is None else f"{head}: {printable(outcome.error)}"


def report_text(report: Report, *, color: bool = False) -> str:
    """Return an apply's outcomes, a line each (an error below its own), and a last line that counts."""
    width = min(max((len(_subject(outcome)) for outcome in report.outcomes), default=0), WIDEST_KEY)
    lines: list[str] = []
    for outcome in report.outcomes:
        lines.append(_head(outcome, width).rstrip())
        if outcome.error is not None:
            lines.append(f"         {printable(outcome.error)}")
    counts = Counter(outcome.result for outcome in report.outcomes)
    counted = ", ".join(f"{counts[result]} {_COUNTED[result]}" for result in Result if counts[result])
    last = f"Apply: {counted or 'nothing to do'}."
    if report.pending:
        last += f" {report.pending} still to be done{_unrun(report)}."
    if report.interrupted:
        last += " Interrupted."
    text = "\n".join([*lines, style(last, bold=True)]) + "\n"
    return text if color else unstyle(text)


def _unrun(report: Report) -> str:
    """Name some of the changes that stand in no line above."""
    named = [f"{action} {printable(key or '')} ({region})" for region, action, key in report.unrun]
    shown = [*named[:_NAMED_AT_MOST], *(["…"] if len(named) > _NAMED_AT_MOST else [])]
    also = "also " if len(named) < report.pending else ""
    return f": {also}{', '.join(shown)}" if named else ""


def _head(outcome: Outcome, width: int = 0) -> str:
    """Return what became of what; columns begin below each other where keys are ``width`` wide."""
    mark = style(f"{outcome.result:8}", fg=_COLORS[outcome.result], bold=True)
    line = f"{mark} {outcome.region}  {outcome.action:7}  {_subject(outcome):{width}}"
    if outcome.id is not None and outcome.key is not None:
        line += style(f"  {printable(outcome.id)}", dim=True)
    return line


def _subject(outcome: Outcome) -> str:
    """Return the key, or the id where nobody remembers a key."""
    return printable(outcome.key or outcome.id or "")
