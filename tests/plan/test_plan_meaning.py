"""Which voice a key means, step by step, and what that asks for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from plan.little_service import LittleService, Machine, Variant
from plan.makers import ACCOUNT, OWNER, catalog, locked, plan_us, sample, seen, unmarked, voice, words

from ddvoices.identity import fingerprint
from ddvoices.lockfile import Record, voice_record
from ddvoices.model import EMPTY_LOCK, LockedVoice, ObservedVoice, Origin, Standing, VoiceSpec

ADA, OLD_ADA = voice("ada", sound="new"), voice("ada", sound="old")
BERT = voice("bert", sound="old")
FIRST, LATER = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def kept(spec: VoiceSpec, voice_id: str, **fields: Any) -> Record:
    """What the lock says after ``spec`` has got a voice."""
    known = {"origin": Origin.CREATED, "fingerprint": fingerprint(spec), **fields}
    return voice_record("us", ACCOUNT, spec.key, LockedVoice(id=voice_id, **known))


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    wanted: tuple[VoiceSpec, ...]
    there: tuple[ObservedVoice, ...] = ()
    lock: tuple[Record, ...] = ()
    means: dict[str, str] = field(default_factory=dict)
    pending: tuple[tuple[str, str, str], ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def pinned(spec: VoiceSpec, voice_id: str) -> VoiceSpec:
    return replace(spec, ids={"us": voice_id})


def adopts(reason: str, key: str = "ada") -> tuple[tuple[str, str, str], ...]:
    return (("adopt", key, reason),)


CREATES = (("create", "ada", "not_in_region"),)
REPLACES = (("replace", "ada", "content_differs"),)

CASES = [
    Case(name="nothing there", wanted=(ADA,), pending=CREATES),
    # 1: what is wanted, by a voice of this key
    Case(name="marked", wanted=(ADA,), there=(seen(ADA, "v1"),), means={"ada": "v1"}),
    Case(
        name="marked, and the lock's choice is another",
        wanted=(ADA,),
        there=(seen(ADA, "v1"), seen(OLD_ADA, "v2", created_at=LATER)),
        lock=(kept(ADA, "v1"), kept(OLD_ADA, "v2")),
        means={"ada": "v1"},
        pending=adopts("rolled_back"),
    ),
    Case(
        name="marked, among newer ones of another content",
        wanted=(ADA,),
        there=(seen(ADA, "v1"), seen(OLD_ADA, "v2", created_at=LATER)),
        means={"ada": "v1"},
    ),
    Case(
        name="the oldest of copies",
        wanted=(ADA,),
        there=(seen(ADA, "v1", created_at=LATER), seen(ADA, "v2", created_at=FIRST)),
        means={"ada": "v2"},
    ),
    Case(
        name="the oldest, whatever the time zone",
        wanted=(ADA,),
        there=(
            seen(ADA, "v1", created_at="2026-01-01T00:00:00+00:00"),
            seen(ADA, "v2", created_at="2026-01-01T00:30:00+01:00"),
        ),
        means={"ada": "v2"},
    ),
    Case(
        name="a time that nobody can read is long ago",
        wanted=(ADA,),
        there=(seen(ADA, "v1", created_at=FIRST), seen(ADA, "v2", created_at="yesterday")),
        means={"ada": "v2"},
    ),
    Case(
        name="the smallest id of copies of one age",
        wanted=(ADA,),
        there=(seen(ADA, "v2"), seen(ADA, "v1"), seen(ADA, "v3")),
        means={"ada": "v1"},
    ),
    Case(
        name="the smallest id of copies of no age",
        wanted=(ADA,),
        there=tuple(seen(ADA, v, created_at=None) for v in ("v3", "v2")),
        means={"ada": "v2"},
    ),
    Case(
        name="its own before a former owner's older one",
        wanted=(ADA,),
        there=(seen(ADA, "v1", owner="former"), seen(ADA, "v2", created_at=LATER)),
        means={"ada": "v2"},
        options={"former_owners": ("former",)},
    ),
    Case(
        name="a former owner's",
        wanted=(ADA,),
        there=(seen(ADA, "v1", owner="former"),),
        means={"ada": "v1"},
        pending=adopts("former_owner"),
        options={"former_owners": ("former",)},
    ),
    Case(
        name="a former owner's of another content",
        wanted=(ADA,),
        there=(seen(OLD_ADA, "v1", owner="former"),),
        means={"ada": "v1"},
        pending=REPLACES,
        options={"former_owners": ("former",)},
    ),
    Case(name="another owner's", wanted=(ADA,), there=(seen(ADA, "v1", owner="x"),), pending=CREATES),
    Case(
        name="locked, without a marker",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1"), unmarked(ADA, "v2")),
        lock=(kept(ADA, "v2"),),
        means={"ada": "v2"},
    ),
    Case(
        name="locked before, without a marker",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1"), unmarked(ADA, "v2")),
        lock=(kept(ADA, "v1"), kept(OLD_ADA, "v2")),
        means={"ada": "v1"},
        pending=adopts("rolled_back"),
    ),
    Case(
        name="its own marker before a locked one's",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1"), seen(ADA, "v2", created_at=LATER)),
        lock=(kept(ADA, "v1"),),
        means={"ada": "v2"},
        pending=adopts("rolled_back"),
    ),
    Case(
        name="pinned, of the wanted content",
        wanted=(pinned(ADA, "v1"),),
        there=(seen(voice("x", sound="new", name="ada the voice"), "v1"),),
        means={"ada": "v1"},
        pending=adopts("pinned"),
    ),
    # 1, second half: what is wanted, by a voice of nobody
    Case(
        name="renamed",
        wanted=(ADA,),
        there=(seen(replace(ADA, key="eva"), "v1"),),
        means={"ada": "v1"},
        pending=adopts("renamed"),
    ),
    Case(
        name="renamed, without a marker",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1"),),
        lock=(kept(replace(ADA, key="eva"), "v1"),),
        means={"ada": "v1"},
        pending=adopts("renamed"),
    ),
    Case(
        name="swapped samples",
        wanted=(voice("ada", sound="1", name="N"), voice("bert", sound="2", name="N")),
        there=(
            seen(voice("ada", sound="2", name="N"), "v1"),
            seen(voice("bert", sound="1", name="N"), "v2"),
        ),
        means={"ada": "v2", "bert": "v1"},
        pending=(*adopts("renamed"), *adopts("renamed", "bert")),
    ),
    Case(
        name="another key's own voice of the same content is taken",
        wanted=(ADA, replace(ADA, key="bert")),
        there=(seen(replace(ADA, key="bert"), "v1"),),
        means={"bert": "v1"},
        pending=CREATES,
    ),
    Case(
        name="a copy of another key's is free",
        wanted=(ADA, replace(ADA, key="bert")),
        there=(seen(replace(ADA, key="bert"), "v1"), seen(replace(ADA, key="bert"), "v2", created_at=LATER)),
        means={"bert": "v1", "ada": "v2"},
        pending=adopts("renamed"),
    ),
    # 2: its marker
    Case(
        name="marked, of another content",
        wanted=(ADA,),
        there=(seen(OLD_ADA, "v1"),),
        means={"ada": "v1"},
        pending=REPLACES,
    ),
    Case(
        name="marked, of other contents: the newest",
        wanted=(ADA,),
        there=(seen(OLD_ADA, "v1", created_at=LATER), seen(voice("ada", sound="older"), "v2")),
        means={"ada": "v1"},
        pending=REPLACES,
    ),
    Case(
        name="marked, of other contents: the lock's choice",
        wanted=(ADA,),
        there=(seen(OLD_ADA, "v1", created_at=LATER), seen(voice("ada", sound="older"), "v2")),
        lock=(kept(voice("ada", sound="older"), "v2"),),
        means={"ada": "v2"},
        pending=REPLACES,
    ),
    Case(
        name="marked, and nothing wanted",
        wanted=(pinned(voice("ada", sound=None), "v9"),),
        there=(seen(OLD_ADA, "v1"), unmarked(ADA, "v9")),
        means={"ada": "v1"},
    ),
    # 3: the lock
    Case(
        name="locked, of another content",
        wanted=(ADA,),
        there=(unmarked(OLD_ADA, "v1"),),
        lock=(kept(OLD_ADA, "v1"),),
        means={"ada": "v1"},
        pending=REPLACES,
    ),
    Case(
        name="locked, and its choice is gone",
        wanted=(ADA,),
        there=(unmarked(OLD_ADA, "v1"),),
        lock=(kept(OLD_ADA, "v1"), kept(ADA, "v2")),
        means={"ada": "v1"},
        pending=REPLACES,
    ),
    Case(
        name="locked, and gone", wanted=(ADA,), lock=(kept(ADA, "v1"),), pending=(("create", "ada", "gone"),)
    ),
    Case(
        name="locked, adopted, and no sample ever",
        wanted=(pinned(voice("ada", sound=None), "v1"),),
        there=(unmarked(ADA, "v1"),),
        lock=(kept(ADA, "v1", origin=Origin.ADOPTED, fingerprint=None),),
        means={"ada": "v1"},
    ),
    Case(
        name="locked, adopted, and now a sample",
        wanted=(pinned(ADA, "v1"),),
        there=(unmarked(ADA, "v1"),),
        lock=(kept(ADA, "v1", origin=Origin.ADOPTED, fingerprint=None),),
        means={"ada": "v1"},
        pending=adopts("baseline"),
    ),
    Case(
        name="locked, adopted, and now another sample",
        wanted=(pinned(ADA, "v1"),),
        there=(unmarked(ADA, "v1"),),
        lock=(kept(OLD_ADA, "v1", origin=Origin.ADOPTED),),
        means={"ada": "v1"},
        pending=REPLACES,
    ),
    # 4: the pin
    Case(
        name="pinned",
        wanted=(pinned(ADA, "v1"),),
        there=(unmarked(ADA, "v1"), unmarked(ADA, "v2")),
        means={"ada": "v1"},
        pending=adopts("pinned"),
    ),
    Case(
        name="pinned, another catalog's",
        wanted=(pinned(ADA, "v1"),),
        there=(seen(ADA, "v1", owner="x"),),
        problems=(("ada", "foreign"),),
    ),
    Case(
        name="pinned, and gone",
        wanted=(pinned(ADA, "v1"),),
        there=(unmarked(ADA, "v2"),),
        problems=(("ada", "pin_not_found"),),
    ),
    Case(
        name="pinned, and another key's own",
        wanted=(pinned(ADA, "v1"), BERT),
        there=(seen(BERT, "v1"),),
        means={"bert": "v1"},
        problems=(("ada", "ambiguous"),),
    ),
    Case(
        name="pinned, and it has a voice of its own",
        wanted=(pinned(ADA, "v1"),),
        there=(unmarked(ADA, "v1"), seen(ADA, "v2")),
        means={"ada": "v2"},
    ),
    Case(
        name="pinned, gone, and it has a voice of its own",
        wanted=(pinned(ADA, "v1"),),
        there=(seen(ADA, "v2"),),
        means={"ada": "v2"},
    ),
    # 5: moved
    Case(
        name="moved, the same content",
        wanted=(replace(ADA, moved_from=("eva",)),),
        there=(seen(replace(ADA, key="eva"), "v1"),),
        means={"ada": "v1"},
        pending=adopts("renamed"),
    ),
    Case(
        name="moved, another content",
        wanted=(replace(ADA, moved_from=("eva",)),),
        there=(seen(replace(OLD_ADA, key="eva"), "v1"),),
        means={"ada": "v1"},
        pending=REPLACES,
    ),
    Case(
        name="moved, not told",
        wanted=(ADA,),
        there=(seen(replace(OLD_ADA, key="eva"), "v1"),),
        pending=CREATES,
    ),
    Case(
        name="moved, without a marker, its content unknown",
        wanted=(replace(ADA, moved_from=("eva",)),),
        there=(unmarked(ADA, "v1"),),
        lock=(kept(replace(ADA, key="eva"), "v1", origin=Origin.ADOPTED, fingerprint=None),),
        means={"ada": "v1"},
        pending=adopts("moved"),
    ),
    # 6: the natural key
    Case(
        name="alike",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1"), unmarked(ADA, "v2", name="Other", title=None)),
        means={"ada": "v1"},
        pending=adopts("natural_key"),
    ),
    Case(
        name="alike by its title",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1", name="Other", title=" ada the voice"),),
        means={"ada": "v1"},
        pending=(*adopts("natural_key"), ("update", "ada", "fields_differ")),
    ),
    Case(
        name="alike, but a former voice of another key",
        wanted=(ADA, replace(ADA, key="bert", sample=sample("b"))),
        there=(unmarked(ADA, "v1"), unmarked(ADA, "v2")),
        lock=(
            kept(replace(ADA, key="bert"), "v1", fingerprint="1:00000000aa"),
            kept(replace(ADA, key="bert", sample=sample("b")), "v2"),
        ),
        means={"bert": "v2"},
        pending=(("create", "ada", "not_in_region"),),
    ),
    Case(
        name="a random speakerId that begins like a marker is a stranger's",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1", speaker_id="ee8bd1eb-4c10-4bd6-835b-633c2179c6d4"),),
        means={"ada": "v1"},
        pending=adopts("natural_key"),
    ),
    Case(
        name="alike as far as the listing says",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1", locale=None, gender="", speaking_style=None),),
        means={"ada": "v1"},
        pending=(*adopts("natural_key"), ("update", "ada", "fields_differ")),
    ),
    *(
        Case(
            name=f"of another {name}", wanted=(ADA,), there=(unmarked(ADA, "v1", **fields),), pending=CREATES
        )
        for name, fields in {
            "name": {"name": "Ada the voice", "title": ""},
            "locale": {"locale": "en-US"},
            "gender": {"gender": "MALE"},
            "style": {"speaking_style": "Calm"},
        }.items()
    ),
    Case(
        name="two alike",
        wanted=(ADA,),
        there=(unmarked(ADA, "v1"), unmarked(ADA, "v2")),
        problems=(("ada", "ambiguous"),),
    ),
    Case(
        name="two keys and one voice alike",
        wanted=(replace(ADA, name="N"), replace(BERT, name="N")),
        there=(unmarked(replace(ADA, name="N"), "v1"),),
        means={"ada": "v1"},
        pending=(*adopts("natural_key"), ("create", "bert", "not_in_region")),
    ),
    Case(
        name="another SDK's UUID is no marker",
        wanted=(ADA,),
        there=(seen(ADA, "v1", speaker_id="5d3dc622-0000-4000-8000-000000000000"),),
        means={"ada": "v1"},
        pending=adopts("natural_key"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_which_voice_a_key_means(case):
    desired = catalog(*case.wanted, **case.options)
    plan = plan_us(desired, case.there, locked(case.lock))
    meant = {key: i for i, (standing, key) in plan.standings.items() if standing is Standing.MANAGED}
    assert meant == case.means
    assert words(plan) == list(case.pending)
    assert tuple((problem.key, str(problem.reason)) for problem in plan.errors) == case.problems


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_prune_leaves_what_a_key_means(case):
    """The checks of every plan hold with deletes too."""
    plan = plan_us(catalog(*case.wanted, **case.options), case.there, locked(case.lock), prune=True)
    assert not {change.id for change in plan.changes if change.action == "delete"} & set(case.means.values())


def test_an_outranked_pin_is_warned_of():
    from plan.makers import checked_plan, region

    spec = pinned(ADA, "v1")
    plan = checked_plan(catalog(spec), {"us": region(unmarked(ADA, "v1"), seen(ADA, "v2"))})
    (warning,) = plan.warnings
    assert all(part in warning for part in ("ada", "ids.us", "v1", "v2", "remove the pin"))


def test_pins_that_are_outranked_in_several_regions_are_one_warning():
    from plan.makers import checked_plan, region

    spec = replace(ADA, regions=("eu", "us"), ids={"us": "v1", "eu": "e1"})
    there = {"us": (unmarked(ADA, "v1"), seen(ADA, "v2")), "eu": (unmarked(ADA, "e1"), seen(ADA, "e2"))}
    observed = {name: region(*voices, name=name) for name, voices in there.items()}
    (warning,) = checked_plan(catalog(spec), observed).warnings
    pins = "ada: ids.eu and ids.us name e1 and v1"
    assert warning == f"{pins}, but the key has voices of its own, e2 and v2: remove the pins"


def test_a_replace_says_what_becomes_of_an_adopted_voice_and_of_its_pin():
    lock = locked([kept(OLD_ADA, "v1", origin=Origin.ADOPTED)])
    (change,) = plan_us(pinned(ADA, "v1"), [unmarked(OLD_ADA, "v1")], lock).pending
    assert (change.action, change.id) == ("replace", "v1")
    assert change.kept == "adopted"
    assert str(change.note).endswith("; afterwards remove ids.us")


# whole stories, applied and planned again


def quiet(machine: Machine, *specs: VoiceSpec, **fields: Any) -> None:
    plan = machine.plan(catalog(*specs, **fields))
    assert (plan.pending, plan.complete) == (0, True)


@pytest.mark.parametrize("echo", ["yes", "no", "own"])
def test_a_rename_uploads_nothing(echo):
    machine = Machine(service=LittleService(variant=Variant(echo=echo)))
    machine.apply(catalog(ADA))
    renamed = replace(ADA, key="zoe")
    assert words(machine.apply(catalog(renamed)).regions[0]) == [("adopt", "zoe", "renamed")]
    quiet(machine, renamed)
    assert machine.service.uploads == 1


@pytest.mark.parametrize("echo", ["yes", "no", "own"])
def test_a_swap_uploads_nothing(echo):
    machine = Machine(service=LittleService(variant=Variant(echo=echo)))
    machine.apply(catalog(ADA, BERT))
    swapped = replace(ADA, sample=BERT.sample), replace(BERT, sample=ADA.sample)
    plan = machine.apply(catalog(*swapped)).regions[0]
    assert [word for word in words(plan) if word[0] == "adopt"] == [
        ("adopt", "ada", "renamed"),
        ("adopt", "bert", "renamed"),
    ]
    quiet(machine, *swapped)
    machine.apply(catalog(ADA, BERT))
    quiet(machine, ADA, BERT)
    assert machine.service.uploads == 2


@pytest.mark.parametrize("echo", ["yes", "no", "own"])
def test_a_rotated_key_keeps_its_voices(echo):
    machine = Machine(service=LittleService(variant=Variant(echo=echo)))
    machine.apply(catalog(ADA, BERT))
    machine.account = "rotated"
    quiet(machine, ADA, BERT)
    machine.apply(catalog(OLD_ADA, BERT))
    quiet(machine, OLD_ADA, BERT)
    machine.account = ACCOUNT
    machine.apply(catalog(OLD_ADA, BERT))
    quiet(machine, OLD_ADA, BERT)
    assert machine.service.uploads == 3


def test_an_import_with_a_sample_later_uploads_nothing_until_it_changes():
    machine = Machine(service=LittleService())
    stranger = machine.service.post(name="Ada", locale="en-GB", gender="female")
    imported = voice("ada", name="Ada", sound=None, ids={"us": stranger})
    assert words(machine.apply(catalog(imported)).regions[0]) == adopted("pinned")
    quiet(machine, imported)
    given = replace(imported, sample=sample("a"), name="Ada the first")
    plan = machine.apply(catalog(given)).regions[0]
    assert words(plan) == [*adopted("baseline"), ("update", "ada", "fields_differ")]
    quiet(machine, given)
    changed = replace(given, sample=sample("b"))
    assert words(machine.apply(catalog(changed)).regions[0]) == list(REPLACES)
    quiet(machine, changed)
    assert machine.plan(catalog(changed), prune=True).pending == 0
    assert stranger in machine.service.voices
    assert machine.service.uploads == 1


def adopted(reason: str) -> list[tuple[str, str, str]]:
    return list(adopts(reason))


def test_what_the_service_keeps_otherwise_is_known_after_a_roll_back_too():
    machine = Machine(service=LittleService(variant=Variant(keeps_name=True, name_from_title=True)))
    old, new = (replace(spec, title="T") for spec in (OLD_ADA, ADA))
    for spec in (old, new, old):
        machine.apply(catalog(spec))
        quiet(machine, spec)
    assert machine.service.uploads == 2


def test_a_race_settles_on_the_oldest_and_a_prune_leaves_one():
    service = LittleService()
    mine, other = Machine(service=service), Machine(service=service)
    first = service.upload(ADA, owner=OWNER)
    mine.lock = locked([kept(ADA, "v-of-mine")])
    for _ in range(2):
        service.upload(ADA, owner=OWNER)
    for machine in (mine, other):
        machine.apply(catalog(ADA))
        quiet(machine, ADA)
    plan = mine.plan(catalog(ADA)).regions[0]
    assert (plan.counts.managed, plan.counts.duplicate) == (1, 2)
    mine.apply(catalog(ADA), prune=True)
    assert list(service.voices) == [first]
    quiet(other, ADA)


def test_a_lost_lock_changes_nothing_where_markers_come_back():
    machine = Machine(service=LittleService())
    for spec in (OLD_ADA, ADA):
        machine.apply(catalog(spec, BERT))
    lock = machine.lock
    machine.lock = EMPTY_LOCK
    quiet(machine, ADA, BERT)
    machine.apply(catalog(ADA, BERT))
    assert set(machine.lock.regions["us"][ACCOUNT]) == set(lock.regions["us"][ACCOUNT])


@pytest.mark.parametrize("forgets", [True, False])
def test_another_owner_takes_its_former_voices_over_and_deletes_no_orphan(forgets):
    machine = Machine(service=LittleService())
    machine.apply(catalog(ADA, BERT))
    machine.lock = EMPTY_LOCK if forgets else machine.lock
    new = {"owner": "new-owner", "former_owners": (OWNER,)}
    plan = machine.apply(catalog(ADA, **new), prune=True).regions[0]
    assert words(plan) == (adopted("former_owner") if forgets else [])
    quiet(machine, ADA, **new)
    assert len(machine.service.voices) == 2
    assert machine.service.uploads == 2
