"""What a region's run has learned not to try any more: which failures stop which calls."""

from __future__ import annotations

import pytest
import requests

from ddvoices.apply.create import NeverMadeError
from ddvoices.apply.stops import Stops
from ddvoices.client import ConnectionLostError, SampleChangedError
from ddvoices.client.errors import NoConnectionError, status_error_class
from ddvoices.errors import DdvoicesError, MissingKeyError, OutcomeUnknownError
from ddvoices.model import Action

CREATE, REPLACE, UPDATE, DELETE, ADOPT = (
    Action.CREATE,
    Action.REPLACE,
    Action.UPDATE,
    Action.DELETE,
    Action.ADOPT,
)
UPLOADS, ALL, NONE = {CREATE, REPLACE}, {CREATE, REPLACE, UPDATE, DELETE, ADOPT}, set[Action]()
DONE = None
Happened = tuple[Action, DdvoicesError | None]


def status(number: int) -> DdvoicesError:
    answer = requests.Response()
    return status_error_class(number)("no", status=number, call="POST /voice", response=answer)


AWAY, LOST, CHANGED = NoConnectionError("away"), ConnectionLostError("lost"), SampleChangedError("changed")
UNKNOWN, NEVER, NO_KEY = OutcomeUnknownError("unknown"), NeverMadeError("never"), MissingKeyError("no key")

CASES: dict[str, tuple[list[Happened], set[Action]]] = {
    "nothing": ([], NONE),
    "four that fail": ([(CREATE, status(500))] * 4, NONE),
    "five that fail": ([(CREATE, status(500))] * 5, UPLOADS),
    "creates and replaces are one kind": ([(CREATE, status(500))] * 4 + [(REPLACE, status(500))], UPLOADS),
    "kinds are counted apart": ([(CREATE, status(500)), (UPDATE, status(500))] * 4, NONE),
    "five updates": ([(UPDATE, status(503))] * 5, {UPDATE}),
    "five deletes": ([(DELETE, status(429))] * 5, {DELETE}),
    "whatever says that it is down": (
        [(CREATE, error) for error in (status(429), status(500), UNKNOWN, NEVER, LOST)],
        UPLOADS,
    ),
    "a success in between": (
        [(CREATE, status(500))] * 4 + [(REPLACE, DONE)] + [(CREATE, status(500))] * 4,
        NONE,
    ),
    "a success of another kind": (
        [(CREATE, status(500))] * 4 + [(UPDATE, DONE), (CREATE, status(500))],
        UPLOADS,
    ),
    "four that reach nobody": ([(CREATE, AWAY)] * 2 + [(UPDATE, AWAY)] * 2, NONE),
    "five that reach nobody": ([(CREATE, AWAY)] * 3 + [(UPDATE, AWAY)] * 2, ALL),
    "somebody was reached": ([(CREATE, AWAY)] * 4 + [(DELETE, DONE)] + [(CREATE, AWAY)] * 4, NONE),
    "a refused key": ([(UPDATE, status(401))], ALL),
    "no key": ([(CREATE, NO_KEY)], ALL),
    "no credits": ([(CREATE, status(402))], UPLOADS),
    "a full account": ([(REPLACE, status(403))], UPLOADS),
    "what is about one voice only": (
        [(kind, status(number)) for number in (400, 404, 409, 418) for kind in (CREATE, UPDATE)] * 5
        + [(CREATE, CHANGED)] * 9,
        NONE,
    ),
}


def after(happened: list[Happened]) -> Stops:
    stops = Stops()
    for action, error in happened:
        if error is None:
            stops.succeeded(action)
        else:
            stops.failed(action, error, str(error))
    return stops


@pytest.mark.parametrize("case", CASES)
def test_which_failures_stop_which_calls(case: str) -> None:
    happened, stopped = CASES[case]
    stops = after(happened)
    assert {action for action in ALL if stops.why_not(action) is not None} == stopped
    assert all(str(happened[-1][1]) in str(stops.why_not(action)) for action in stopped)


@pytest.mark.parametrize(
    "happened",
    [
        [(CREATE, status(401)), *[(CREATE, AWAY)] * 5],
        [(CREATE, status(402)), *[(CREATE, status(500))] * 5],
        [(CREATE, status(403)), (CREATE, status(402))],
    ],
)
def test_the_first_reason_is_the_one_that_is_told(happened: list[Happened]) -> None:
    assert after(happened).why_not(CREATE) == str(happened[0][1])


def test_uploads_that_are_stopped_from_outside_say_why() -> None:
    stops = Stops()
    stops.no_uploads("not whole")
    stops.no_uploads("again")
    assert {action: stops.why_not(action) for action in ALL} == {
        action: "not whole" if action in UPLOADS else None for action in ALL
    }
