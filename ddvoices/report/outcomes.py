"""What an apply did, as text and as a versioned JSON document."""

from __future__ import annotations

from collections import Counter
from typing import Any

from click import style, unstyle

from ddvoices.model import Action, Outcome, Report, Result
from ddvoices.report.terminal import printable

FORMAT_VERSION = "1.0"

_COLORS = {
    Result.APPLIED: "green",
    Result.ADOPTED: "cyan",
    Result.ALREADY: "white",
    Result.FAILED: "red",
    Result.STALE: "yellow",
    Result.SKIPPED: "yellow",
}


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
    }


def outcome_text(outcome: Outcome, *, color: bool = False) -> str:
    """Return one outcome as a line."""
    mark = style(f"{outcome.result:8}", fg=_COLORS[outcome.result], bold=True)
    subject = printable(outcome.key or outcome.id or "")
    line = f"{mark} {outcome.region}  {outcome.action:7}  {subject}"
    if outcome.id is not None and outcome.key is not None and outcome.action is not Action.UPDATE:
        line += style(f"  {printable(outcome.id)}", dim=True)
    if outcome.error is not None:
        line += f": {printable(outcome.error)}"
    return line if color else unstyle(line)


def report_text(report: Report, *, color: bool = False) -> str:
    """Return an apply's outcomes, a line each, and a last line that counts."""
    lines = [outcome_text(outcome, color=color) for outcome in report.outcomes]
    counts = Counter(outcome.result for outcome in report.outcomes)
    counted = ", ".join(f"{counts[result]} {result}" for result in Result if counts[result])
    last = f"Apply: {counted or 'nothing to do'}."
    if report.pending:
        last += f" {report.pending} still to be made."
    if report.interrupted:
        last += " Interrupted."
    lines.append(style(last, bold=True) if color else last)
    return "\n".join(lines) + "\n"
