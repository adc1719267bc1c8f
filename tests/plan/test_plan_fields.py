"""What a change of each field does: in place, by a successor, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan.little_service import LittleService, Machine, Variant
from plan.makers import actions, catalog, plan_us, region, sample, seen, unmarked, voice, words

from ddvoices.model import EMPTY_LOCK, Gender, ObservedVoice

BASE = voice("ada", age=34, text="Hello", title="Ada")

# field, before, after → the action
TABLE: list[tuple[str, Any, Any, str]] = [
    ("name", "Ada", "Eva", "update"),
    ("name", "Ada", " Ada\n", "noop"),
    ("name", "Am\u00e9lie", "Ame\u0301lie", "noop"),
    ("name", "Ada", "ada", "update"),
    ("locale", "en-GB", "fr-FR", "update"),
    ("locale", "zh-Hant-TW", "zh-Hant-HK", "update"),
    ("gender", Gender.FEMALE, Gender.MALE, "update"),
    ("gender", Gender.FEMALE, Gender.NON_BINARY, "update"),
    ("sample", sample("a"), sample("b"), "replace"),
    ("sample", sample("a"), sample("a", tags="new"), "noop"),
    ("sample", sample("a"), None, "noop"),
    ("age", 34, 35, "replace"),
    ("age", None, 0, "replace"),
    ("age", 34, None, "replace"),
    ("publish", False, True, "replace"),
    ("publish", True, False, "replace"),
    ("speaking_style", "Neutral", "Calm", "replace"),
    ("speaking_style", "Neutral", "neutral", "replace"),
    ("speaking_style", "Neutral", "Neutral ", "noop"),
    ("text", None, "Hello", "replace"),
    ("text", "Hello", None, "replace"),
    ("text", "Hello", "Bye", "replace"),
    ("text", "Hello", "Hello\n", "noop"),
    ("title", None, "Ada", "replace"),
    ("title", "Ada", None, "replace"),
    ("title", "Ada", "Eva", "replace"),
    ("title", "Ada", " Ada", "noop"),
    ("labels", {}, {"show": "moby-dick"}, "noop"),
    ("protect", False, True, "noop"),
    ("protect", True, False, "noop"),
    ("regions", ("us",), ("eu", "us"), "noop"),
    ("moved_from", (), ("eva",), "noop"),
]


@pytest.mark.parametrize("evidence", ["echo and lock", "echo", "lock", "lock, own ids"])
@pytest.mark.parametrize(("path", "before", "after", "action"), TABLE)
def test_what_a_change_of_a_field_does(path, before, after, action, evidence):
    echo = {"lock": "no", "lock, own ids": "own"}.get(evidence, "yes")
    machine = Machine(service=LittleService(variant=Variant(echo=echo)))
    machine.apply(catalog(replace(BASE, **{path: before})))
    if evidence == "echo":
        machine.lock = EMPTY_LOCK
    wanted = catalog(replace(BASE, **{path: after}))
    plan = machine.plan(wanted).regions[0]
    assert actions(plan) == [action]
    if action == "update":
        (field,) = plan.changes[0].fields
        assert (field.path, field.after) == (path, str(after))
    if action == "replace" and evidence != "echo":
        paths = [field.path for field in plan.changes[0].fields]
        assert paths == ([path, "fingerprint"])
    machine.apply(wanted)
    assert actions(machine.plan(wanted).regions[0]) == ["noop"]
    assert machine.service.uploads == (2 if action == "replace" else 1)
    rolled_back = machine.apply(catalog(replace(BASE, **{path: before}))).regions[0]
    assert machine.service.uploads == (2 if action == "replace" else 1), words(rolled_back)


@pytest.mark.parametrize(("path", "before", "after", "action"), TABLE)
def test_a_change_that_is_taken_back_uploads_nothing(path, before, after, action):
    machine = Machine(service=LittleService())
    old, new = (catalog(replace(BASE, **{path: value})) for value in (before, after))
    for wanted in (old, new):
        machine.apply(wanted)
    expected = {"replace": [("adopt", "ada", "rolled_back")], "update": [("update", "ada", "fields_differ")]}
    assert words(machine.plan(old).regions[0]) == expected.get(action, [])
    machine.lock = EMPTY_LOCK
    without = {"update": expected["update"]}
    assert words(machine.plan(old).regions[0]) == without.get(action, [])


def listed(spec: Any, **fields: Any) -> ObservedVoice:
    return replace(seen(spec), **fields)


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ({}, []),
        ({"name": None, "locale": None, "gender": None}, []),
        ({"name": ""}, ["name"]),
        ({"locale": ""}, ["locale"]),
        ({"gender": ""}, ["gender"]),
        ({"name": "Other", "locale": "xx-XX", "gender": "MALE"}, ["name", "locale", "gender"]),
        ({"locale": "EN_gb"}, []),
        ({"locale": " en-GB "}, []),
        ({"gender": "female"}, []),
        ({"gender": "Female"}, []),
        ({"gender": "F"}, ["gender"]),
        ({"title": "Other"}, []),
        ({"text": "Other"}, []),
        ({"speaking_style": "Other"}, []),
        ({"created_at": None}, []),
        ({"title": None, "text": None, "speaking_style": None}, []),
    ],
)
def test_only_what_the_listing_holds_is_compared(fields, differing):
    plan = plan_us(BASE, [listed(BASE, **fields)])
    assert [field.path for change in plan.pending for field in change.fields] == differing
    assert actions(plan) == (["update"] if differing else ["noop"])


@pytest.mark.parametrize("spelling", ["NON_BINARY", "non_binary", "Non-Binary", "NON-BINARY"])
def test_a_gender_has_many_spellings(spelling):
    spec = replace(BASE, gender=Gender.NON_BINARY)
    assert actions(plan_us(spec, [listed(spec, gender=spelling)])) == ["noop"]


def test_a_locale_that_nobody_wrote_is_not_compared():
    spec = replace(BASE, locale="en-US", locale_set=False)
    assert actions(plan_us(spec, [listed(spec, locale="de-DE")])) == ["noop"]


def test_an_update_shows_what_is_there_as_it_is():
    (change,) = plan_us(BASE, [listed(BASE, name="Eva ", gender="MALE")]).pending
    assert [(f.path, f.before, f.after) for f in change.fields] == [
        ("name", "Eva ", "ada the voice"),
        ("gender", "MALE", "female"),
    ]


def test_a_create_shows_everything_that_will_be_sent():
    spec = replace(BASE, publish=True)
    (change,) = plan_us(spec).pending
    shown = {field.path: field.after for field in change.fields}
    assert all(field.before is None for field in change.fields)
    assert shown.pop("fingerprint").startswith("1:")
    assert shown == {
        "name": "ada the voice",
        "locale": "en-GB",
        "gender": "female",
        "speaking_style": "Neutral",
        "age": 34,
        "publish": True,
        "title": "Ada",
        "text": "Hello",
        "sample": sample().sha256,
        "sample.seconds": 3.25,
    }


def test_a_create_leaves_out_what_nobody_set():
    (change,) = plan_us(voice("ada")).pending
    assert {field.path for field in change.fields} & {"age", "title", "text"} == set()


def test_everything_at_once_is_one_replace():
    other = voice("ada", name="Eva", locale="fr-FR", gender=Gender.MALE, sound="b", age=1, publish=True)
    plan = plan_us(other, [listed(BASE)])
    assert words(plan) == [("replace", "ada", "content_differs")]
    assert {"name", "locale", "gender", "publish", "fingerprint"} <= {f.path for f in plan.pending[0].fields}


def test_a_withdrawn_publication_says_that_the_old_voice_stays_public():
    old, new = replace(BASE, publish=True), replace(BASE, publish=False)
    plan = plan_us(new, [seen(old)])
    assert words(plan) == [("replace", "ada", "publish_withdrawn")]
    assert "stays public until it is deleted" in (plan.pending[0].note or "")


def test_a_superseded_public_voice_is_warned_of_until_it_is_gone():
    old, new = replace(BASE, publish=True), replace(BASE, publish=False)
    machine = Machine(service=LittleService())
    for wanted in (old, new):
        machine.apply(catalog(wanted))
    assert [w for w in machine.plan(catalog(new)).warnings if "stays public" in w]
    machine.apply(catalog(new), prune=True)
    assert machine.plan(catalog(new)).warnings == ()


def test_a_replace_without_a_lock_says_that_nothing_remembers_what_was_sent():
    (change,) = plan_us(replace(BASE, sample=sample("b")), [seen(BASE)]).pending
    assert "nothing remembers" in (change.note or "")
    assert [field.path for field in change.fields] == ["fingerprint"]


def test_a_voice_without_a_sample_is_compared_by_what_is_listed():
    spec = voice("ada", sound=None, ids={"us": "id-ada"})
    plan = plan_us(spec, [unmarked(spec, "id-ada", name="Eva")])
    assert words(plan) == [("adopt", "ada", "pinned"), ("update", "ada", "fields_differ")]


def test_other_regions_have_their_own_plan():
    from plan.makers import checked_plan

    spec = voice("ada", regions=("eu", "us"))
    plan = checked_plan(catalog(spec), {"us": region(seen(spec)), "eu": region(name="eu")})
    assert [(r.region, actions(r)) for r in plan.regions] == [("eu", ["create"]), ("us", ["noop"])]
    only_eu = replace(spec, regions=("eu",))
    plan = checked_plan(catalog(only_eu), {"us": region(seen(spec)), "eu": region(name="eu")})
    assert [(r.region, actions(r)) for r in plan.regions] == [("eu", ["create"]), ("us", [])]


def test_a_region_that_cannot_be_observed_has_its_error_and_the_others_go_on():
    from plan.makers import checked_plan

    spec = voice("ada", regions=("eu", "us"))
    observed = {"us": region(seen(spec), error="no answer"), "eu": region(name="eu")}
    plan = checked_plan(catalog(spec), observed, prune=True)
    assert [(r.error, actions(r)) for r in plan.regions] == [(None, ["create"]), ("no answer", [])]
    assert not plan.complete
    assert plan.applyable


def test_new_tags_beside_another_age_are_no_news_about_the_sample():
    machine = Machine(service=LittleService(variant=Variant(echo="no")))
    machine.apply(catalog(replace(BASE, age=34, sample=sample("a"))))
    plan = machine.plan(catalog(replace(BASE, age=35, sample=sample("a", tags="new")))).regions[0]
    assert [field.path for field in plan.changes[0].fields] == ["age", "fingerprint"]
    assert plan.changes[0].note is None, "the lock remembers all that was sent"
