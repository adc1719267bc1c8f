"""The arithmetic of sending again, as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.client.retry import Kind, Repeat, Trouble, decide, parse_retry_after

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)

FREELY, CREATE, PAID = Repeat.FREELY, Repeat.CREATE, Repeat.PAID


def trouble(what: Kind | int, retry_after: float | None = None) -> Trouble:
    if isinstance(what, Kind):
        return Trouble(kind=what)
    return Trouble(kind=Kind.STATUS, status=what, retry_after=retry_after)


@pytest.mark.parametrize(
    ("what", "freely", "create", "paid"),
    [
        (Kind.UNREACHABLE, True, True, True),
        (Kind.TIMEOUT, True, False, False),
        (Kind.LOST, True, False, False),
        (Kind.UNBELIEVABLE, True, False, False),
        (Kind.REDIRECT, False, False, False),
        (429, True, True, True),
        (503, True, False, False),
        (500, True, False, False),
        (502, True, False, False),
        (504, True, False, False),
        (400, False, False, False),
        (401, False, False, False),
        (402, False, False, False),
        (403, False, False, False),
        (404, False, False, False),
        (409, False, False, False),
        (418, False, False, False),
        (304, False, False, False),
    ],
)
def test_what_is_sent_again(what, freely, create, paid):
    decided = {
        repeat: decide(repeat, trouble(what), attempt=0, max_retries=3, jitter=0) is not None
        for repeat in Repeat
    }
    assert decided == {FREELY: freely, CREATE: create, PAID: paid}


@pytest.mark.parametrize(
    ("what", "retry_after", "attempt", "jitter", "seconds"),
    [
        (429, None, 0, 0, 1),
        (429, None, 1, 0, 2),
        (429, None, 2, 0, 4),
        (429, None, 2, 1, 5),
        (429, None, 5, 0, 30),
        (429, None, 5, 1, 30),
        (429, None, 4000, 1, 30),
        (429, 7, 0, 1, 7),
        (429, 7, 3, 0, 7),
        (429, 0, 0, 0, 1),
        (503, 0, 3, 0, 8),
        (429, 0.01, 3, 0, 0.01),
        (429, 21600, 0, 0, 60),
        (503, None, 0, 0, 1),
        (503, 3, 0, 0, 3),
        (500, None, 0, 0, 0.5),
        (500, 3, 0, 0, 0.5),
        (500, None, 2, 0, 2),
        (Kind.LOST, None, 0, 0, 0.5),
        (Kind.UNBELIEVABLE, None, 1, 0, 1),
        (Kind.TIMEOUT, None, 1, 0, 1),
        (Kind.TIMEOUT, None, 2, 0, None),
        (Kind.UNREACHABLE, None, 1, 0, 1),
        (Kind.UNREACHABLE, None, 2, 0, None),
    ],
)
def test_how_long_it_waits(what, retry_after, attempt, jitter, seconds):
    wait = decide(FREELY, trouble(what, retry_after), attempt=attempt, max_retries=9999, jitter=jitter)
    assert wait == seconds


@pytest.mark.parametrize("max_retries", [0, 1, 5])
def test_it_gives_up(max_retries):
    again = [
        decide(FREELY, trouble(429, 0), attempt=attempt, max_retries=max_retries, jitter=0) is not None
        for attempt in range(7)
    ]
    assert again.count(True) == max_retries
    assert again == sorted(again, reverse=True)


@given(
    st.sampled_from(Repeat),
    st.one_of(st.sampled_from(Kind), st.integers(100, 599)),
    st.one_of(st.none(), st.floats(0, 1e9)),
    st.integers(0, 10_000),
    st.floats(0, 1),
)
def test_no_wait_is_longer_than_a_minute(repeat, what, retry_after, attempt, jitter):
    wait = decide(repeat, trouble(what, retry_after), attempt=attempt, max_retries=10**6, jitter=jitter)
    assert wait is None or 0 <= wait <= 60


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7),
        (" 7 ", 7),
        ("0.5", 0.5),
        ("0", 0),
        ("-3", 0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("Fri, 01 May 2026 12:00:09 GMT", 9),
        ("Friday, 01-May-26 12:00:09 GMT", 9),
        ("Fri, 01 May 2026 11:00:00 GMT", 0),
        ("Fri, 01 May 2026 12:00:09", 9),
        ("Fri, 99 May 2026 12:00:09 GMT", None),
        ("Fri, 01 May 99999 12:00:09 GMT", None),
        ("Fri, 01 May 99999999999999999999 12:00:09 GMT", None),
        ("Fri, 01 May 2026 12:00:99999999999999999999 GMT", None),
        ("Fri, 01 May 2026 12:00:09 +99999999999999999999", None),
    ],
)
def test_retry_after(header, seconds):
    assert parse_retry_after(header, now=NOW) == seconds


@given(st.text(max_size=60))
def test_no_header_breaks_it(header):
    seconds = parse_retry_after(header, now=NOW)
    assert seconds is None or seconds >= 0
