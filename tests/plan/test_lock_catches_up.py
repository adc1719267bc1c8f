"""What the lock learns and forgets beside what is done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from makers import ACCOUNT, OWNER, locked, plan_us, seen, voice

from ddvoices.apply.remember import catch_up, created_voice, reported_voice
from ddvoices.identity import owner_hashes
from ddvoices.lockfile import drop_record, voice_record
from ddvoices.model import Origin

OURS = owner_hashes(OWNER)
WHERE = ("us", ACCOUNT)
ADA, BOB = voice("ada", publish=True), voice("bob", sound="b")
BOTH = {spec.key: created_voice(spec, f"id-{spec.key}") for spec in (ADA, BOB)}


def what_is_learned(there, remembered=BOTH):
    """Plan for what is there, and return what the lock learns of it."""
    lock = locked(voice_record(*WHERE, key, one) for key, one in remembered.items())
    plan = plan_us([ADA, BOB], there, lock)
    return catch_up(plan, lock.entries(*WHERE, frozenset(plan.standings)), seen=there, ours=OURS)


GONE = {key: drop_record(*WHERE, f"id-{key}") for key in BOTH}


@pytest.mark.parametrize(
    ("there", "forgotten"),
    [
        ([seen(ADA), seen(BOB)], []),
        ([], ["bob"]),
        ([seen(BOB)], []),  # published ones may be hidden, and the service may know it later
        ([seen(ADA)], ["bob"]),
        ([seen(ADA, listed=False)], ["bob"]),
    ],
)
def test_what_is_gone_is_forgotten_but_what_may_be_hidden_is_asked_for_again(there, forgotten):
    assert what_is_learned(there) == [GONE[key] for key in forgotten]


@pytest.mark.parametrize(("listed", "forgotten"), [(True, True), (False, False)])
def test_a_published_voice_that_is_gone_is_forgotten_where_another_one_is_listed(listed, forgotten):
    another = voice("bob", sound="b", publish=True)
    remembered = BOTH | {"bob": created_voice(another, "id-bob")}
    learned = what_is_learned([seen(another, listed=listed)], remembered)
    assert (GONE["ada"] in learned) is forgotten


def test_what_was_adopted_and_is_gone_is_forgotten():
    adopted = replace(BOTH["ada"], origin=Origin.ADOPTED)
    assert what_is_learned([seen(BOB)], BOTH | {"ada": adopted}) == [GONE["ada"]]


def test_what_is_there_and_was_never_heard_of_is_learned():
    assert what_is_learned([seen(ADA), seen(BOB)], {"ada": BOTH["ada"]}) == [
        voice_record(*WHERE, "bob", BOTH["bob"])
    ]


@pytest.mark.parametrize("differing", [{}, {"name": "Bob"}, {"locale": "de-DE"}])
def test_what_the_service_keeps_otherwise_is_the_last_word_but_for_its_own_speaker_id(differing):
    """Else a refusal of long ago would hide that somebody has changed the name to the same again."""
    known = replace(BOTH["ada"], reported={"name": "Eva", "speaker_id": "spk-1"})
    learned = reported_voice(known, replace(ADA, name="Ada"), differing)
    assert learned.reported == {"speaker_id": "spk-1", **differing}
    assert learned.sent == {**known.sent, "name": "Ada"}
    assert replace(learned, reported=known.reported, sent=known.sent) == known
