"""Creates that were never answered: what may be made of the same is held back, and said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan.makers import catalog, checked_plan, plan_us, region, sample, seen, voice, words

from ddvoices.identity import fingerprint
from ddvoices.model import OpenCreate

ADA = voice("ada", publish=True)
SENT = OpenCreate(region="us", key="ada", fingerprint=str(fingerprint(ADA)))
CREATES = [("create", "ada", "not_in_region")]


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("options", ["unsettled", "withheld"])
def test_what_the_listing_can_settle_is_planned(options, listed):
    """It can as soon as it shows one published voice of ours; what was looked for in vain it can't."""
    other = voice("bert", sound="b", publish=True)
    there = [seen(other, listed=listed)]
    plan = plan_us([ADA, other], there, **{options: (SENT,)})
    held = options == "withheld" or not listed
    assert words(plan) == ([] if held else CREATES)
    assert [problem.reason for problem in plan.errors] == (["open_intent"] if held else [])


@pytest.mark.parametrize(
    ("spec", "held"),
    [
        (ADA, True),
        (replace(ADA, sample=sample("another")), True),
        (replace(ADA, key="zoe"), True),
        (replace(ADA, key="zoe", sample=sample("another"), moved_from=("ada",)), True),
        (replace(ADA, key="zoe", sample=sample("another")), False),
    ],
    ids=["itself", "its key", "its content", "its former key", "another"],
)
def test_what_it_may_have_made(spec, held):
    plan = checked_plan(catalog(spec), {"us": region()}, withheld=(SENT,))
    assert bool(plan.regions[0].errors) is held
    assert any("never answered" in warning for warning in plan.warnings) is not held
    assert plan_us(spec, withheld=(replace(SENT, region="eu"),)).errors == ()
    assert plan_us(spec, [seen(spec)], withheld=(SENT,)).errors == ()
