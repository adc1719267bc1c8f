"""`apply FILE`: what stands in both plans is run, what is true is `already`, and the rest is `stale`."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan.little_service import LittleService, Machine
from plan.makers import (
    OWNER,
    catalog,
    checked_plan,
    plan_us,
    region,
    sample,
    seen,
    unmarked,
    voice,
    words,
)

from ddvoices.errors import ExitCode, PlanFileError, PlanStaleError
from ddvoices.model import Catalog, Gender, Plan, Result
from ddvoices.plan import plan_document, read_document, select

ADA, BERT, CLEO = voice("ada"), voice("bert", sound="b"), voice("cleo", sound="c")
DORA = voice("dora", sound="d")

# every action at once: ada is new, bert is another, cleo was edited, dora comes back, eva is a stranger's
BEFORE = catalog(replace(BERT, sample=sample("b0")), CLEO, DORA, voice("gone", sound="g"))
WANTED = catalog(ADA, BERT, CLEO, DORA, voice("eva", sound="e"))


def account() -> Machine:
    machine = Machine(service=LittleService())
    machine.apply(BEFORE)
    machine.apply(catalog(*BEFORE.voices[:2], replace(DORA, sample=sample("d1")), BEFORE.voices[3]))
    cleo = next(i for i, v in machine.service.voices.items() if v["name"] == CLEO.name)
    machine.service.put(cleo, {"name": "Edited"})
    machine.service.post(name="eva the voice", locale="en-GB", gender="female", speaking_style="Neutral")
    return machine


def reviewed(machine: Machine, wanted: Catalog = WANTED) -> dict[str, Any]:
    document = plan_document(machine.plan(wanted, prune=True))
    return read_document(json.dumps(document), name="plan.json")


def items(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["action"], item["key"]) for item in document["regions"]["us"]["changes"]]


def results(verdicts: Any) -> list[tuple[str, str | None, str]]:
    return [(str(v.action), v.key, str(v.result)) for v in verdicts]


ALL = [
    ("create", "ada"),
    ("replace", "bert"),
    ("update", "cleo"),
    ("adopt", "dora"),
    ("delete", "dora"),
    ("adopt", "eva"),
    ("delete", "gone"),
]


def test_an_unchanged_plan_is_run_whole():
    machine = account()
    document = reviewed(machine)
    assert items(document) == ALL
    chosen, verdicts = select(document, machine.plan(WANTED, prune=True))
    assert [(str(c.action), c.key) for c in chosen.regions[0].changes] == ALL
    assert verdicts == ()


def test_after_an_apply_everything_is_already():
    machine = account()
    document = reviewed(machine)
    machine.apply(WANTED, prune=True)
    chosen, verdicts = select(document, machine.plan(WANTED, prune=True))
    assert chosen.regions[0].changes == ()
    assert results(verdicts) == [(action, key, "already") for action, key in ALL]


@pytest.mark.parametrize("done", range(len(ALL) + 1))
def test_after_a_part_of_an_apply_the_rest_is_run(done):
    machine = account()
    document = reviewed(machine)
    machine.apply(WANTED, prune=True, stop_after=done)
    chosen, verdicts = select(document, machine.plan(WANTED, prune=True))
    assert [(str(c.action), c.key) for c in chosen.regions[0].changes] == ALL[done:]
    assert results(verdicts) == [(action, key, "already") for action, key in ALL[:done]]


def test_each_item_stands_for_itself():
    machine = account()
    document = reviewed(machine)
    for index, item in enumerate(ALL):
        one = copy.deepcopy(document)
        one["regions"]["us"]["changes"] = [document["regions"]["us"]["changes"][index]]
        chosen, verdicts = select(one, machine.plan(WANTED, prune=True))
        assert [(str(c.action), c.key) for c in chosen.regions[0].changes] == [item]
        assert verdicts == ()


def test_an_item_twice_is_run_once():
    machine = account()
    document = reviewed(machine)
    document["regions"]["us"]["changes"] *= 2
    chosen, verdicts = select(document, machine.plan(WANTED, prune=True))
    assert [(str(c.action), c.key) for c in chosen.regions[0].changes] == ALL
    assert verdicts == ()


def changed(*specs: Any) -> Catalog:
    by_key = {spec.key: spec for spec in WANTED.voices} | {spec.key: spec for spec in specs}
    return replace(WANTED, voices=tuple(by_key[key] for key in sorted(by_key)))


def without(key: str) -> Catalog:
    return replace(WANTED, voices=tuple(spec for spec in WANTED.voices if spec.key != key))


@pytest.mark.parametrize(
    ("wanted", "stale"),
    [
        (changed(replace(ADA, name="Other")), [("create", "ada")]),
        (changed(replace(ADA, age=3)), [("create", "ada")]),
        (changed(replace(ADA, sample=sample("a", tags="new"))), [("create", "ada")]),
        (changed(replace(BERT, sample=sample("b2"))), [("replace", "bert")]),
        (changed(replace(BERT, sample=sample("b0"))), [("replace", "bert")]),
        (changed(replace(CLEO, name="Other")), [("update", "cleo")]),
        (changed(replace(CLEO, gender=Gender.MALE)), [("update", "cleo")]),
        (changed(replace(CLEO, name="Edited")), [("update", "cleo")]),
        (changed(replace(DORA, sample=sample("d1"))), [("adopt", "dora"), ("delete", "dora")]),
        (changed(replace(DORA, sample=sample("d2"))), [("adopt", "dora"), ("delete", "dora")]),
        (changed(voice("gone", sound="g")), [("delete", "gone")]),
        (changed(voice("fay", sound="f")), []),
        (without("ada"), [("create", "ada")]),
        (without("bert"), [("replace", "bert")]),
        (without("cleo"), [("update", "cleo")]),
        (without("dora"), [("adopt", "dora")]),
        (without("eva"), [("adopt", "eva")]),
        (replace(WANTED, voices=()), [*ALL[:4], ("adopt", "eva")]),
    ],
)
def test_what_the_catalog_wants_otherwise_is_stale(wanted, stale):
    machine = account()
    document = reviewed(machine)
    chosen, verdicts = select(document, machine.plan(wanted, prune=True))
    assert results(verdicts) == [(*item, "stale") for item in stale]
    assert not [verdict.error for verdict in verdicts if "not in a plan made now" in str(verdict.error)]
    run = [(str(change.action), change.key) for change in chosen.regions[0].changes]
    assert sorted([*run, *stale]) == sorted(ALL)


def test_what_is_stale_says_why():
    document = reviewed(account())
    edited = changed(
        replace(ADA, age=3),
        replace(BERT, sample=sample("b2")),
        replace(CLEO, locale="fr-FR"),
        replace(DORA, sample=sample("d1")),
        voice("gone"),
    )
    _, verdicts = select(document, account().plan(edited, prune=True))
    said = {(str(v.action), v.key): (v.error or "").removesuffix(": plan again") for v in verdicts}
    assert said.pop(("adopt", "dora")).startswith("the key means another voice now: ")
    assert said == {
        ("create", "ada"): "edited in the catalog since: age",
        ("delete", "dora"): "it is the voice of dora now",
        ("delete", "gone"): "it is the voice of gone now",
        ("replace", "bert"): "its sample changed since",
        ("update", "cleo"): "otherwise now: locale",
    }


def test_nothing_is_run_that_was_not_reviewed():
    machine = account()
    document = reviewed(machine, without("ada"))
    chosen, _ = select(document, machine.plan(WANTED, prune=True))
    assert ("create", "ada") not in [(str(c.action), c.key) for c in chosen.regions[0].changes]


@given(st.data())
@settings(max_examples=150)
def test_a_forged_item_is_never_run(data):
    """Whatever is changed in one item that matters: it is no longer what stands in a plan made now."""
    document, plan = FORGED
    document = copy.deepcopy(document)
    item = data.draw(st.sampled_from(document["regions"]["us"]["changes"]))
    before = (item["action"], item["key"])
    what = data.draw(st.sampled_from(["action", "key", "id", "field", "fields", "sample"]))
    if what == "action":
        item["action"] = data.draw(st.sampled_from([a for a in ACTIONS if a != item["action"]]))
    elif what in ("key", "id"):
        item[what] = data.draw(st.text(max_size=5))
    elif what == "sample":
        if "sample" not in item:
            return
        item["sample"]["sha256"] = "0" * 64
    elif what == "field" and item["fields"]:
        field = data.draw(st.sampled_from(item["fields"]))
        field[data.draw(st.sampled_from(["path", "before", "after"]))] = "forged"
    else:
        item["fields"] = [*item["fields"], {"path": "name", "before": None, "after": "forged"}]
    chosen, verdicts = select(document, plan)
    run = [(str(change.action), change.key) for change in chosen.regions[0].changes]
    assert before not in run
    assert len(run) == len(ALL) - 1
    assert len(verdicts) == 1
    assert verdicts[0].result in (Result.STALE, Result.ALREADY)


ACTIONS = ("create", "update", "replace", "adopt", "delete")
_MACHINE = account()
FORGED: tuple[dict[str, Any], Plan] = (reviewed(_MACHINE), _MACHINE.plan(WANTED, prune=True))


# circumstances


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"owner": "other"}, "the plan is of owner"),
        ({"endpoint": "https://eu.example/api/v1"}, "plan again"),
        ({"account": "ffffff"}, "was made with another key: plan again"),
        ({"name": "eu"}, "the catalog doesn't have"),
    ],
)
def test_other_circumstances_are_refused(now, said):
    document = plan_document(checked_plan(catalog(ADA), {"us": region()}))
    desired = catalog(replace(ADA, regions=("eu", "us")), owner=now.pop("owner", OWNER))
    observed = region(**now)
    plan = checked_plan(desired, {observed.region: observed})
    with pytest.raises(PlanStaleError, match=said) as refused:
        select(document, plan)
    assert refused.value.exit_code is ExitCode.STALE
    assert "plan again" in str(refused.value)


def test_a_region_that_cannot_be_observed_now_is_skipped_and_the_others_are_run():
    spec = replace(ADA, regions=("eu", "us"))
    document = plan_document(checked_plan(catalog(spec), {"us": region(), "eu": region(name="eu")}))
    down = {"us": region(), "eu": region(name="eu", error="no answer")}
    chosen, verdicts = select(document, checked_plan(catalog(spec), down))
    assert [words(r) for r in chosen.regions] == [[], [("create", "ada", "not_in_region")]]
    assert [(v.region, v.result, v.error) for v in verdicts] == [("eu", Result.SKIPPED, "no answer")]


def test_a_key_with_a_problem_now_is_stale():
    document = plan_document(checked_plan(catalog(ADA), {"us": region()}))
    plan = checked_plan(catalog(ADA), {"us": region(unmarked(ADA, "v1"), unmarked(ADA, "v2"))})
    chosen, verdicts = select(document, plan)
    assert (chosen.pending, results(verdicts)) == (0, [("create", "ada", "stale")])


def test_a_create_that_another_machine_made_is_already():
    document = plan_document(checked_plan(catalog(ADA), {"us": region()}))
    _, verdicts = select(document, checked_plan(catalog(ADA), {"us": region(seen(ADA, "v7"))}))
    assert [(v.result, v.id) for v in verdicts] == [(Result.ALREADY, "v7")]


# the file


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", PlanFileError, r"not a plan file: it isn't JSON \(line 1, column 1\); make one by"),
        ("{", PlanFileError, r"not a plan file: it isn't JSON \(line 1, column 2\); make one by"),
        ("[" * 100_000, PlanFileError, "not a plan file: nested too deeply; make one by"),
        ("1e999", PlanFileError, "not a plan file: a number out of bounds: 1e999; make one by"),
        ("null", PlanFileError, "no format_version"),
        ('{"format_version": 1}', PlanFileError, "no format_version"),
        ('{"format_version": "1.0"}', PlanFileError, "not a whole plan"),
        ('{"format_version": "0.9"}', PlanStaleError, "format 0.9"),
        ('{"format_version": "2.0"}', PlanStaleError, "format 2.0"),
    ],
)
def test_what_is_no_plan_is_refused(text, error, said):
    with pytest.raises(error, match=said) as refused:
        read_document(text, name="plan.json")
    assert str(refused.value).startswith("plan.json: ")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("regions"),
        lambda d: d.update(extra=1),
        lambda d: d["regions"]["us"].update(changes=[{}]),
        lambda d: d["regions"]["us"]["changes"][0].update(action="noop"),
        lambda d: d["regions"]["us"]["changes"][0].update(action="explode"),
        lambda d: d["regions"]["us"]["changes"][0].pop("id"),
        lambda d: d["regions"]["us"]["changes"][0].update(fields=[{"path": "name"}]),
        lambda d: d["regions"]["us"]["changes"][0]["sample"].update(sha256="x"),
        lambda d: d["catalog"].pop("owner"),
    ],
)
def test_a_plan_that_is_not_whole_is_refused(spoil):
    document = plan_document(checked_plan(catalog(ADA), {"us": region()}))
    spoil(document)
    with pytest.raises(PlanFileError, match="not a whole plan"):
        read_document(json.dumps(document), name="plan.json")


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda d: d["regions"]["us"].update(error="can't be reached"), "us could not be asked, and has"),
        (lambda d: d["regions"]["us"]["summary"].update(create=0), "the summary of us is not of its changes"),
        (lambda d: d["summary"].update(create=0), "another number to create"),
        (lambda d: d["summary"].update(noop=7), "another number to noop"),
        (lambda d: d["regions"]["us"]["errors"].append(PROBLEM), "called complete, and has errors"),
    ],
)
def test_a_plan_that_shows_something_else_than_stands_in_it_is_refused(forge, said):
    document = plan_document(checked_plan(catalog(ADA), {"us": region()}))
    forge(document)
    with pytest.raises(PlanFileError, match=f"contradicts itself: .*{said}"):
        read_document(json.dumps(document), name="plan.json")


PROBLEM = {"key": "ada", "reason": "pin_not_found", "message": "?"}


def test_a_field_that_stands_twice_is_refused():
    text = json.dumps(plan_document(checked_plan(catalog(ADA), {"us": region()})))
    twice = text.replace('"changes": [', '"changes": [], "changes": [')
    with pytest.raises(PlanFileError, match="'changes' stands there twice"):
        read_document(twice, name="plan.json")


def test_no_ops_are_counted_and_not_listed():
    plan = plan_us([ADA, BERT], [seen(ADA)])
    assert len(plan.changes) == 2
    document = plan_document(checked_plan(catalog(ADA, BERT), {"us": region(seen(ADA))}))
    assert document["summary"]["noop"] == 1
    assert items(document) == [("create", "bert")]


def test_a_create_is_not_true_while_somebody_has_renamed_its_voice():
    machine = Machine(service=LittleService())
    document = reviewed(machine, catalog(ADA))
    machine.apply(catalog(ADA))
    (voice_id,) = machine.service.voices
    machine.service.put(voice_id, {"name": "By hand"})
    _, verdicts = select(document, machine.plan(catalog(ADA), prune=True))
    assert results(verdicts) == [("create", "ada", "stale")]


def test_an_update_is_true_though_another_field_of_the_voice_differs_now():
    machine = Machine(service=LittleService())
    machine.apply(catalog(ADA))
    renamed = replace(ADA, name="Other")
    document = reviewed(machine, catalog(renamed))
    machine.apply(catalog(renamed))
    _, verdicts = select(document, machine.plan(catalog(replace(renamed, locale="fr-FR")), prune=True))
    assert results(verdicts) == [("update", "ada", "already")]


def test_an_adopt_of_another_baseline_is_not_true():
    machine = Machine(service=LittleService())
    theirs = machine.service.post(name="Ada", locale="en-GB", gender="female")
    pinned = voice("ada", name="Ada", ids={"us": theirs})
    document = reviewed(machine, catalog(pinned))
    other = replace(pinned, sample=sample("another"))
    machine.apply(catalog(other))
    _, verdicts = select(document, machine.plan(catalog(other), prune=True))
    assert results(verdicts) == [("adopt", "ada", "stale")]
