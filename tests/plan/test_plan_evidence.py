"""What a plan says of a voice that it adopts: by what it was recognised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan.makers import ACCOUNT, catalog, locked, plan_us, seen, unmarked, voice

from ddvoices.identity import fingerprint
from ddvoices.lockfile import voice_record
from ddvoices.model import LockedVoice, ObservedVoice, Origin, VoiceSpec

ADA, OLD = voice("ada", sound="new"), voice("ada", sound="old")
LATER = "2026-02-01T00:00:00Z"


def kept(spec: VoiceSpec, key: str = "ada", origin: Origin = Origin.CREATED, **fields: Any) -> Any:
    known = {"fingerprint": fingerprint(spec), **fields}
    return voice_record("us", ACCOUNT, key, LockedVoice(id="v1", origin=origin, **known))


@pytest.mark.parametrize(
    ("spec", "there", "lock", "reason", "note"),
    [
        (
            replace(ADA, ids={"us": "v1"}, sample=None),
            [unmarked(ADA, "v1", name="Else")],
            [],
            "pinned",
            "its id, under ids: Else, en-GB, FEMALE, Neutral",
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
            "its name, locale, gender and style: ada the voice, en-GB, FEMALE, Neutral",
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
