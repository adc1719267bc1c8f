"""What a plan says of a voice that it adopts: by what it was recognised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan.makers import ACCOUNT, catalog, checked_plan, locked, plan_us, region, seen, unmarked, voice

from ddvoices.identity import fingerprint
from ddvoices.lockfile import voice_record
from ddvoices.model import Gender, LockedVoice, ObservedVoice, Origin, VoiceSpec
from ddvoices.plan import plan_document
from ddvoices.plan.describe import sent_document
from ddvoices.plan.document import change_document
from ddvoices.report.text import plan_text

ADA, OLD = voice("ada", sound="new"), voice("ada", sound="old")
LATER = "2026-02-01T00:00:00Z"


def kept(spec: VoiceSpec, key: str = "ada", origin: Origin = Origin.CREATED, **fields: Any) -> Any:
    known = {"fingerprint": fingerprint(spec), **fields}
    return voice_record("us", ACCOUNT, key, LockedVoice(origin=origin, **{"id": "v1", **known}))


@pytest.mark.parametrize(
    ("spec", "there", "lock", "reason", "note"),
    [
        (
            replace(ADA, ids={"us": "v1"}, sample=None),
            [unmarked(ADA, "v1", name="Else")],
            [],
            "pinned",
            "its id, under ids: Else, en-GB, female, Neutral",
        ),
        (
            replace(ADA, ids={"us": "v1"}, sample=None),
            [ObservedVoice(id="v1")],
            [kept(ADA, "eva", Origin.ADOPTED, fingerprint=None)],
            "pinned",
            "its id, under ids: it has no name; until now the voice of eva",
        ),
        (
            ADA,
            [unmarked(ADA, "v1")],
            [],
            "natural_key",
            "its name, locale, gender and style: ada the voice, en-GB, female, Neutral",
        ),
        (
            ADA,
            [unmarked(ADA, "v1", name="", locale="", gender=None, speaking_style=None)],
            [],
            "natural_key",
            "its title: ada the voice",
        ),
        (
            ADA,
            [seen(replace(ADA, key="eva"), "v1")],
            [],
            "renamed",
            "its content: its marker says that it was made of exactly this",
        ),
        (
            ADA,
            [unmarked(ADA, "v1")],
            [kept(ADA, "eva")],
            "renamed",
            "its content: the lock says that it was made of exactly this; until now the voice of eva",
        ),
        (
            ADA,
            [seen(ADA, "v0"), seen(OLD, "v1", created_at=LATER)],
            [kept(OLD)],
            "rolled_back",
            "its content: its marker says that it was made of exactly this",
        ),
        (
            replace(ADA, moved_from=("bob", "eva"), sample=None),
            [seen(replace(OLD, key="eva"), "v1")],
            [],
            "moved",
            "its marker, which names the former key eva",
        ),
        (
            ADA,
            [seen(ADA, "v1", owner="former")],
            [],
            "former_owner",
            "its marker, which is a former owner's",
        ),
        (
            ADA,
            [unmarked(ADA, "v1")],
            [kept(ADA, origin=Origin.ADOPTED, fingerprint=None)],
            "baseline",
            "the lock, which names ada",
        ),
    ],
)
def test_by_what_a_voice_was_recognised(
    spec: VoiceSpec, there: list[ObservedVoice], lock: list[Any], reason: str, note: str
) -> None:
    [change, *_] = plan_us(catalog(spec, former_owners=("former",)), there, locked(lock)).pending
    assert (change.action, change.reason, change.note) == ("adopt", reason, f"known by {note}")


def test_a_baseline_shows_all_that_is_taken_for_granted() -> None:
    spec = replace(ADA, ids={"us": "v1"}, age=34, text="Call me Ishmael.")
    text = _text(spec, unmarked(ADA, "v1", speaking_style="Reading"))
    taken = 'speaking_style "Neutral" (it says "Reading"), age 34, publish no'
    heard = '          text "Call me Ishmael."\n        sample: '
    assert f"        taken for granted, not sent: {taken}\n{heard}" in text


def test_a_gender_is_shown_as_catalogs_write_it() -> None:
    spec = replace(ADA, gender=Gender.NON_BINARY)
    assert 'gender: "female" → "non_binary"' in _text(spec, seen(ADA, gender=" FEMALE"))
    assert 'gender: "non_binary" → "female"' in _text(ADA, seen(ADA, gender="Non-Binary"))


def _text(spec: VoiceSpec, there: ObservedVoice) -> str:
    return plan_text(plan_document(checked_plan(catalog(spec), {"us": region(there)})))


def test_a_delete_shows_its_date_and_its_successor() -> None:
    there = [seen(OLD, "v1"), seen(ADA, "v2", created_at=LATER), seen(replace(ADA, key="eva"), "v3")]
    notes = {change.id: change.note for change in plan_us(ADA, there, prune=True).pending}
    assert notes == {"v1": "made 2026-01-01 00:00:00; successor v2", "v3": "made 2026-01-01 00:00:00"}


def test_a_delete_says_where_the_lock_alone_knows_the_voice_for_ours() -> None:
    """Whoever can edit the lock could have a stranger's voice deleted: a reviewer must be able to see it."""
    eva = replace(ADA, key="eva")
    there = [seen(ADA, "v1"), unmarked(eva, "v2"), seen(eva, "v3")]
    lock = locked([kept(eva, "eva", id="v2"), kept(eva, "eva", id="v3")])
    notes = {change.id: change.note or "" for change in plan_us(ADA, there, lock=lock, prune=True).pending}
    assert {voice: note.endswith("by the lock alone") for voice, note in notes.items()} == {
        "v2": True,
        "v3": False,
    }


def _before(sent: dict[str, Any]) -> Any:
    """Return what a plan says of the sample that is replaced, where the lock says what was sent."""
    found = plan_us(ADA, [seen(OLD, "v1")], lock=locked([kept(OLD, sent=sent)]))
    [change] = found.pending
    return change_document(change)["sample"].get("before")


@pytest.mark.parametrize(
    ("known", "before"),
    [
        ({}, {"path": "samples/ada.wav", "bytes": 100, "seconds": 3.2, "format": "wav"}),
        ({"seconds": None}, {"path": "samples/ada.wav", "bytes": 100, "seconds": None, "format": "wav"}),
        ({"bytes": None}, None),
        ({"bytes": True}, None),
        ({"bytes": -1}, None),
        ({"format": 7}, None),
        ({"path": ["a.wav"]}, None),
        ({"sound": ADA.sample and ADA.sample.sound, "sha256": "0" * 64}, None),
    ],
)
def test_a_replace_shows_the_sample_that_the_lock_remembers(known: dict[str, Any], before: Any) -> None:
    """Nothing where the lock doesn't say all of it, or the same sound was sent."""
    sample = {
        **sent_document(OLD)["sample"],
        "path": "samples/ada.wav",
        "bytes": 100,
        "seconds": 3.2,
        **known,
    }
    assert _before({**sent_document(OLD), "sample": sample}) == before


def test_a_replace_of_another_cause_shows_no_former_sample() -> None:
    assert _before(sent_document(replace(ADA, age=34))) is None
    assert _before({}) is None
