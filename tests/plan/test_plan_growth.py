"""Four times the voices are four times the work, whatever they are like: counted in calls, not in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from counting import calls_of
from makers import catalog, locked, plan_us, region, seen, unmarked, voice

from ddvoices.lockfile import voice_record
from ddvoices.model import (
    EMPTY_LOCK,
    Lock,
    LockedVoice,
    ObservedVoice,
    OpenCreate,
    Origin,
    PlanOptions,
    VoiceSpec,
)
from ddvoices.plan import make_plan

FEW, MANY = 30, 120
Case = tuple[Sequence[VoiceSpec], Sequence[ObservedVoice], Lock]


def specs(count: int, **fields: Any) -> list[VoiceSpec]:
    return [voice(f"v{number}", **{"sound": f"s{number}", **fields}) for number in range(count)]


def in_sync(count: int) -> Case:
    return specs(count), list(map(seen, specs(count))), EMPTY_LOCK


def creates(count: int) -> Case:
    return specs(count), [], EMPTY_LOCK


def orphans(count: int) -> Case:
    return [], list(map(seen, specs(count))), EMPTY_LOCK


def one_name(count: int) -> Case:
    same = specs(count, name="Same")
    return same, list(map(unmarked, same)), EMPTY_LOCK


def one_name_and_another_gender(count: int) -> Case:
    same = specs(count, name="Same")
    return same, [unmarked(spec, gender="MALE") for spec in same], EMPTY_LOCK


def one_content_under_other_keys(count: int) -> Case:
    same = [voice(f"old{number}") for number in range(count)]
    return [voice(f"new{number}") for number in range(count)], list(map(seen, same)), EMPTY_LOCK


def copies_of_one_voice(count: int) -> Case:
    return [voice()], [seen(voice(), f"id{number}") for number in range(count)], EMPTY_LOCK


def of_a_newer_release(count: int) -> Case:
    made = [LockedVoice(id=f"id{n}", origin=Origin.CREATED, fingerprint="9:00") for n in range(count)]
    records = [voice_record("us", "0a1b2c", f"gone{n}", locked_voice) for n, locked_voice in enumerate(made)]
    return specs(count), [unmarked(voice(f"gone{n}"), f"id{n}") for n in range(count)], locked(records)


CASES: list[Callable[[int], Case]] = [
    in_sync,
    creates,
    orphans,
    one_name,
    one_name_and_another_gender,
    one_content_under_other_keys,
    copies_of_one_voice,
    of_a_newer_release,
]


def calls_of_a_plan(case: Case, *sent: OpenCreate) -> int:
    """Return how many functions are called, where ``sent`` was never answered."""
    wanted, voices, lock = case
    desired, observed, options = catalog(*wanted), {"us": region(*voices)}, PlanOptions(withheld=sent)
    return calls_of(lambda: make_plan(desired, observed, lock, options))


@pytest.mark.parametrize("case", CASES)
def test_the_work_grows_with_the_voices_and_not_with_their_square(case):
    assert calls_of_a_plan(case(MANY)) < 1.25 * MANY / FEW * calls_of_a_plan(case(FEW))


def test_nor_with_the_creates_that_were_never_answered():
    def calls(count: int) -> int:
        return calls_of_a_plan(creates(count), *map(never_answered, range(count)))

    assert calls(MANY) < 1.25 * MANY / FEW * calls(FEW)


def never_answered(number: int) -> OpenCreate:
    return OpenCreate(region="us", key=f"gone{number}", fingerprint=f"1:{number:010x}")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (2, "2 voices look like it in region us (id00, id01): choose one by ids.us"),
        (10, "id08, id09): choose one"),
        (11, "more than 10 voices look like it in region us (id00, id01,"),
        (11, "id08, id09, …): choose one"),
        (30, "id08, id09, …): choose one"),
    ],
)
def test_of_many_voices_that_look_alike_a_few_are_named(count, said):
    (problem,) = plan_us(voice(), [unmarked(voice(), f"id{number:02}") for number in range(count)]).errors
    assert said in problem.message
    assert "id10" not in problem.message
