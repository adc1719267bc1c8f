"""Voices that a newer release has made: an error of their key, and never replaced, copied or deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan.makers import ACCOUNT, OWNER, catalog, locked, plan_us, seen, unmarked, voice, words

from ddvoices.identity import make_marker
from ddvoices.lockfile import voice_record
from ddvoices.model import LockedVoice, ObservedVoice, Origin, Standing, VoiceSpec

ADA, BERT = voice("ada"), voice("bert", sound="b")
SCHEMES = range(2, 16)


def newer(spec: VoiceSpec, voice_id: str = "v1", *, scheme: int = 2, owner: str = OWNER) -> ObservedVoice:
    marker = replace(make_marker(spec, owner=owner), scheme=scheme)
    return seen(spec, voice_id, speaker_id=str(marker))


def lock_of_newer(key: str, voice_id: str = "v1", *, scheme: int = 2):
    known = LockedVoice(id=voice_id, origin=Origin.CREATED, fingerprint=f"{scheme}:00c0ffee42")
    return locked([voice_record("us", ACCOUNT, key, known)])


def problems(plan) -> list[tuple[str, str]]:
    return [(problem.key, str(problem.reason)) for problem in plan.errors]


ADAS = [("ada", "newer_scheme")]


@pytest.mark.parametrize("scheme", [0, *SCHEMES])
def test_a_marked_voice_is_an_error_of_its_key(scheme):
    plan = plan_us([ADA, BERT], [newer(ADA, scheme=scheme), seen(BERT)], prune=True)
    assert problems(plan) == ADAS
    assert "upgrade ddvoices" in plan.errors[0].message
    assert words(plan) == []
    assert not plan.complete
    assert plan.standings["v1"] == (Standing.MANAGED, "ada")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_locked_voice_is_an_error_of_its_key(scheme):
    plan = plan_us([ADA, BERT], [unmarked(ADA, "v1")], lock_of_newer("ada", scheme=scheme))
    assert problems(plan) == ADAS
    assert words(plan) == [("create", "bert", "not_in_region")]


def test_it_stands_beside_an_older_voice_of_the_same_key():
    assert problems(plan_us(ADA, [seen(ADA, "v1"), newer(ADA, "v2")])) == ADAS


def test_a_former_owners_is_one_too():
    plan = plan_us(catalog(ADA, former_owners=("former",)), [newer(ADA, owner="former")])
    assert problems(plan) == ADAS


def test_another_owners_is_none_of_ours():
    plan = plan_us(ADA, [newer(ADA, owner="somebody-else")])
    assert words(plan) == [("create", "ada", "not_in_region")]


def test_one_of_an_unknown_key_holds_creates_back_and_nothing_else():
    """It may be the renamed voice of any key that has none."""
    voices = [
        newer(voice("gone")),
        seen(BERT),
        seen(voice("cleo", sound="old")),
        seen(voice("dora"), name="X"),
    ]
    wanted = [ADA, BERT, voice("cleo", sound="new"), voice("dora")]
    plan = plan_us(wanted, voices, prune=True)
    assert problems(plan) == ADAS
    assert words(plan) == [("replace", "cleo", "content_differs"), ("update", "dora", "fields_differ")]
    assert plan.standings["v1"] == (Standing.ORPHANED, None)


def test_a_locked_one_of_an_unknown_key_holds_creates_back_too():
    plan = plan_us([ADA, BERT], [unmarked(voice("gone"), "v1"), seen(BERT)], lock_of_newer("gone"))
    assert problems(plan) == ADAS


def test_one_that_is_gone_from_the_service_holds_nothing_back():
    plan = plan_us([ADA], [], lock_of_newer("gone"))
    assert words(plan) == [("create", "ada", "not_in_region")]


@pytest.mark.parametrize("marked", [True, False])
def test_it_is_not_moved(marked):
    """What this release would remember of it, it could not read."""
    spec = replace(ADA, moved_from=("eva",))
    there = newer(voice("eva")) if marked else unmarked(voice("eva"), "v1")
    plan = plan_us([spec, BERT], [there, seen(BERT)], lock_of_newer("eva"))
    assert problems(plan) == ADAS


def test_it_is_not_pinned():
    spec = replace(ADA, ids={"us": "v1"})
    plan = plan_us([spec, BERT], [newer(voice("gone")), seen(BERT)])
    assert problems(plan) == ADAS
    assert words(plan) == []


def test_it_is_not_adopted_by_its_name():
    plan = plan_us([ADA], [unmarked(ADA, "v1")], lock_of_newer("gone"))
    assert problems(plan) == ADAS


@pytest.mark.parametrize("marked", [True, False])
def test_it_is_never_deleted(marked):
    there = newer(voice("gone")) if marked else unmarked(voice("gone"), "v1")
    plan = plan_us([BERT], [there, seen(BERT)], lock_of_newer("gone"), prune=True)
    assert words(plan) == []
    assert plan.complete
    assert plan.counts.orphaned == 1


def test_while_there_is_one_of_a_key_nothing_at_all_is_deleted():
    orphan = seen(voice("gone", sound="z"), "v9")
    assert words(plan_us([BERT], [seen(BERT), orphan], prune=True)) == [("delete", None, "orphaned")]
    assert words(plan_us([ADA, BERT], [newer(ADA), seen(BERT), orphan], prune=True)) == []
