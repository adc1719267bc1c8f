"""How much of a region one run may delete or replace, and what `protect` forbids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan.makers import Policy, catalog, checked_plan, plan_us, region, seen, unmarked, voice, words

from ddvoices.model import Lock, PlanOptions, Refusal
from ddvoices.plan import make_plan, protected_keys


def numbered(count: int, *, sound: str = "a", **fields):
    return [voice(f"k{n:03d}", sound=f"{sound}{n}", **fields) for n in range(count)]


def refusals(wanted, there, policy: Policy, **options) -> tuple[Refusal, ...]:
    return checked_plan(catalog(*wanted, policy=policy), {"us": region(*there)}, **options).refusals


@pytest.mark.parametrize(
    ("total", "percent", "limit"),
    [
        (1, 30, 3),
        (3, 30, 3),
        (9, 30, 3),
        (9, 99, 3),
        (9, 1, 3),
        (9, 100, 9),
        (9, 0, 0),
        (10, 30, 3),
        (10, 29, 2),
        (10, 9, 0),
        (10, 50, 5),
        (10, 100, 10),
        (10, 0, 0),
        (19, 30, 5),
        (20, 30, 6),
    ],
)
@pytest.mark.parametrize("action", ["replace", "delete"])
def test_the_limit(total, percent, limit, action):
    there = [seen(spec) for spec in numbered(total)]
    policy = Policy(**{f"max_{action}_percent": percent, f"max_{_other(action)}_percent": 100})
    for count in {min(limit, total), min(limit + 1, total)}:
        changed = numbered(count, sound="new") if action == "replace" else []
        wanted = [*changed, *numbered(total)[count:]]
        found = refusals(wanted, there, policy, prune=True)
        assert bool(found) is (count > limit)
        for refusal in found:
            assert refusal.forceable
            assert refusal.region == "us"
            assert f"{count} of {total} voices would be {action}d" in refusal.message
            assert f"allows {limit}" in refusal.message
            assert "--force" in refusal.message
            assert f"max_{action}_percent" in refusal.message


def _other(action: str) -> str:
    return {"replace": "delete", "delete": "replace"}[action]


def test_strangers_voices_do_not_raise_the_limit():
    there = [seen(spec) for spec in numbered(10)]
    strangers = [unmarked(voice(f"s{n}"), f"s{n}") for n in range(90)]
    wanted = numbered(10)[4:]
    (refusal,) = refusals(wanted, [*there, *strangers], Policy(), prune=True)
    assert "4 of 10 voices would be deleted, and the policy allows 3" in refusal.message


def test_each_region_is_counted_for_itself():
    wanted = numbered(2, regions=("eu", "us"), sound="new")
    there = [seen(spec) for spec in numbered(2)]
    plan = checked_plan(catalog(*wanted), {"us": region(*there), "eu": region(*there, name="eu")})
    assert plan.refusals == ()
    policy = Policy(max_replace_percent=0)
    plan = checked_plan(catalog(*wanted, policy=policy), {"us": region(*there), "eu": region(name="eu")})
    assert [refusal.region for refusal in plan.refusals] == ["us"]


def test_creates_updates_and_adoptions_are_never_too_many():
    nothing = Policy(max_delete_percent=0, max_replace_percent=0)
    assert refusals(numbered(50), [], nothing) == ()
    assert refusals(numbered(50), [seen(s, name="X") for s in numbered(50)], nothing) == ()
    assert refusals(numbered(50), [unmarked(s) for s in numbered(50)], nothing) == ()


def test_what_is_not_chosen_is_not_counted():
    wanted, there = numbered(9, sound="new"), [seen(spec) for spec in numbered(9)]
    assert refusals(wanted, there, Policy())
    assert refusals(wanted, there, Policy(), targets=("k000", "k001", "k002")) == ()


def test_a_protected_voice_is_not_replaced_and_nothing_forces_it():
    there = [seen(voice("ada", sound="old"))]
    (refusal,) = refusals([voice("ada", protect=True)], there, Policy(max_replace_percent=100))
    assert not refusal.forceable
    assert "ada is protected" in refusal.message


def test_a_protected_voice_may_be_created_updated_and_adopted():
    spec = voice("ada", protect=True)
    for there in ([], [seen(spec, name="X")], [unmarked(spec)]):
        plan = checked_plan(catalog(spec), {"us": region(*there)})
        assert plan.applyable
        assert plan.pending == 1


def test_former_voices_of_a_protected_key_are_kept():
    spec = voice("ada", protect=True)
    there = [seen(spec, "v1"), seen(spec, "v2"), seen(voice("ada", sound="old"), "v3")]
    plan = plan_us(spec, there, prune=True)
    assert (plan.counts.duplicate, plan.counts.superseded) == (1, 1)
    assert words(plan) == []


def test_the_lock_remembers_the_protection_of_a_key_that_is_gone():
    lock = Lock(protected=frozenset({"gone"}))
    plan = plan_us([], [seen(voice("gone"))], lock, prune=True)
    assert plan.standings == {"id-gone": ("orphaned", "gone")}
    assert words(plan) == []


def test_the_protection_of_a_former_key_is_that_of_its_heir():
    lock = Lock(protected=frozenset({"old", "other"}))
    heir = voice("new", moved_from=("old",))
    assert protected_keys(catalog(heir), lock) == {"other"}
    assert protected_keys(catalog(replace(heir, protect=True)), lock) == {"new", "old", "other"}


def test_protection_outlives_a_rename():
    spec = voice("new", name="old the voice", protect=True, moved_from=("old",))
    there = [seen(voice("old"), "v1"), seen(voice("old", sound="older"), "v2")]
    plan = plan_us(spec, there, prune=True)
    assert words(plan) == [("adopt", "new", "renamed")]


@pytest.mark.parametrize("protect", [True, False])
def test_a_voice_that_leaves_a_region_is_protected_by_the_catalog_itself(protect):
    """Even if no lock remembers it: the key is still there."""
    spec = voice("ada", protect=protect, regions=("eu",))
    plan = plan_us(spec, [seen(spec)], prune=True)
    assert words(plan) == ([] if protect else [("delete", "ada", "orphaned")])


def test_a_plan_that_is_refused_is_not_applyable():
    plan = make_plan(catalog(voice("ada", protect=True)), {"us": region(seen(voice("ada", sound="old")))})
    assert plan.complete
    assert not plan.applyable


def test_targets_never_delete_what_no_key_of_theirs_was():
    spec = voice("ada", labels={"show": "moby-dick"})
    there = [seen(spec, "v1"), seen(voice("ada", sound="old"), "v2"), seen(voice("gone"), "v3")]
    both = [("delete", "ada", "superseded"), ("delete", None, "orphaned")]
    assert words(plan_us(spec, there, prune=True)) == both
    assert words(plan_us(spec, there, prune=True, targets=("*",))) == both[:1]
    assert words(plan_us(spec, there, prune=True, targets=("a?a",))) == both[:1]
    assert words(plan_us(spec, there, prune=True, labels=(("show", "moby-dick"),))) == both[:1]
    assert words(plan_us(spec, there, prune=True, labels=(("show", "dracula"),))) == []
    assert words(plan_us(spec, there, prune=True, targets=("gone",))) == []


def test_targets_choose_changes_and_never_what_is_desired():
    """A voice of another key is not free because that key isn't asked about."""
    ada, bert = voice("ada"), replace(voice("bert"), name="B")
    plan = plan_us([ada, bert], [seen(bert)], targets=("ada",))
    assert words(plan) == [("create", "ada", "not_in_region")]
    assert PlanOptions().targets == ()


def test_former_voices_make_no_room_for_more_replaces():
    former = [seen(spec, voice_id=f"old-{n}") for n, spec in enumerate(numbered(10, sound="former"))]
    there = [*former, *(seen(spec) for spec in numbered(10))]
    found = refusals(numbered(10, sound="new"), there, Policy())
    assert ["10 of 10 voices would be replaced" in refusal.message for refusal in found] == [True]
