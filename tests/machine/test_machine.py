"""Whatever people, services, networks and crashes do: it comes right, and no harm is done on the way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS
from hypothesis.stateful import run_state_machine_as_test
from machine.place import Inside, Outside
from machine.rules import Library

# How many steps, and whether they are other ones each time: CI must not fail by chance, and a person who
# looks for more (`make search`) must find what nobody has seen.
SEARCHED = int(os.environ.get("DDVOICES_SEARCH_STEPS", "0"))
_STEPS = 25
# Hypothesis' own choices, under a name for which it doesn't try each world five times with few changes
_PLAIN = "plain"
AVAILABLE_PROVIDERS[_PLAIN] = "hypothesis.internal.conjecture.providers.HypothesisProvider"


def _take_steps(least: int, folder: Path, **world: Any) -> int:
    """Run the machine until it has taken ``least`` steps at least, and return how many it has.

    What is most to be feared must have happened on the way: a create that was made and never answered.
    """
    counted: dict[str, int] = {}
    lost: list[int] = []
    machine = type("Library", (Library,), {"folder": folder, "counted": counted, "lost": lost, **world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(least // 10, 1),
            backend=_PLAIN,
            stateful_step_count=_STEPS,
            phases=[Phase.generate],  # a failure is shrunk as a story: see `shrink`
            derandomize=not SEARCHED,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    steps = sum(counted.values())
    assert sum(lost) >= least // 500
    return steps


def test_some_steps(inside: Inside, tmp_path: Path) -> None:
    assert _take_steps(200, tmp_path, place=inside) >= 200


@pytest.mark.proof
def test_thousands_of_steps(inside: Inside, tmp_path: Path) -> None:
    least = SEARCHED or 5_000
    assert _take_steps(least, tmp_path, place=inside) >= least


@pytest.mark.proof
def test_a_thousand_steps_with_requests_side_by_side(inside: Inside, tmp_path: Path) -> None:
    """No two runs are the same here, and what must hold does all the same."""
    assert _take_steps(1_000, tmp_path, place=inside, threads=True) >= 1_000


@pytest.mark.proof
def test_hundreds_of_steps_over_a_socket(outside: Outside, tmp_path: Path) -> None:
    fixed = {"visible_after_ms": 0}  # a process doesn't know our time
    assert _take_steps(300, tmp_path, place=outside, fixed=fixed) >= 300
