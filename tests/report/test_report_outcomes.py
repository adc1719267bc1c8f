"""What an apply did, in words."""

from __future__ import annotations

from ddvoices.model import INTERRUPTED, Action, Outcome, Report, Result
from ddvoices.report.outcomes import report_document, report_text


def outcome(key: str, result: Result, error: str | None = None) -> Outcome:
    return Outcome(region="us", key=key, action=Action.CREATE, result=result, error=error)


def test_what_an_interrupt_kept_from_being_begun_is_counted_once_in_text_and_kept_in_json() -> None:
    left = [outcome(f"voice-{number}", Result.SKIPPED, INTERRUPTED) for number in range(18)]
    full = outcome("bob", Result.SKIPPED, "the account is full")
    report = Report(outcomes=(outcome("ada", Result.APPLIED), full, *left), pending=19, interrupted=True)
    *lines, last = report_text(report).splitlines()
    assert lines == [
        "applied  us  create   ada",
        "skipped  us  create   bob",
        "         the account is full",
    ]
    assert last == (
        "Apply: 1 applied, 1 skipped. 19 still to be done. "
        "Interrupted: 18 not begun; run the same command again."
    )
    assert len(report_document(report)["outcomes"]) == 20
    alone = Report(outcomes=tuple(left), pending=18, interrupted=True)
    assert (
        report_text(alone) == "Apply: nothing done. Interrupted: 18 not begun; run the same command again.\n"
    )
