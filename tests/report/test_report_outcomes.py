"""What an apply did, in words."""

from __future__ import annotations

from dataclasses import replace

from click import unstyle
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ddvoices.model import INTERRUPTED, Action, Outcome, Report, Result
from ddvoices.report.layout import Look
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


def test_columns_begin_below_each_other_whatever_the_regions_are_called() -> None:
    near = outcome("ada", Result.APPLIED)
    report = Report(outcomes=(near, replace(near, region="far-away", key="bob-the-builder", id="v2")))
    assert report_text(report) == (
        "applied  us        create   ada\n"
        "applied  far-away  create   bob-the-builder  v2\n"
        "Apply: 2 applied.\n"
    )


OUTCOMES = st.builds(
    Outcome,
    region=st.sampled_from(["us", "eu", "far-away"]),
    key=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,99}", fullmatch=True) | st.none(),
    action=st.sampled_from(Action),
    result=st.sampled_from(Result),
    id=st.none() | st.uuids().map(str) | st.text(),
    error=st.none() | st.text(),
)


@given(outcomes=st.lists(OUTCOMES, max_size=4), width=st.integers(20, 130), color=st.booleans())
def test_no_line_is_wider_than_the_terminal_and_each_word_is_there(
    outcomes: list[Outcome], width: int, color: bool
) -> None:
    report = Report(outcomes=tuple(outcomes), pending=len(outcomes))
    shown = unstyle(report_text(report, Look(color=color, width=width)))
    assert all(cell_len(line) <= width for line in shown.splitlines())
    assert "".join(shown.split()) == "".join(report_text(report).split())
