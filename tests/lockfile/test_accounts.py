"""A rotated key: what another account's entries say counts where today's account says nothing."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from lockmakers import IDS, OWNER, RECORDS, locked_voice

from ddvoices.lockfile import fold, protect_record, voice_record
from ddvoices.model import EMPTY_LOCK, Lock

TODAY = "0a1b2c"
LOCKS = st.lists(RECORDS, max_size=25).map(lambda records: fold(EMPTY_LOCK, records, owner=OWNER))
KNOWN = st.frozensets(IDS)


def lock_of(*voices: tuple[str, str, str]) -> Lock:
    records = [voice_record("us", account, key, locked_voice(i)) for account, key, i in voices]
    return fold(EMPTY_LOCK, records, owner=OWNER)


@given(LOCKS, KNOWN)
def test_an_id_answers_to_one_key_whatever_the_accounts_say(lock, known):
    entries = lock.entries("us", TODAY, known)
    count = Counter(voice.id for entry in entries.values() for voice in entry.voices)
    assert set(count.values()) <= {1}


@given(LOCKS, KNOWN)
def test_what_is_taken_over_needs_no_other_account(lock, known):
    taken = lock.taken_over("us", TODAY, known)
    assert taken.entries("us", TODAY, known) == lock.entries("us", TODAY, known)
    assert dict(taken.regions.get("us", {}).get(TODAY, {})) == lock.entries("us", TODAY, known)
    assert taken.taken_over("us", TODAY, known) == taken
    others = {name: entries for name, entries in lock.regions.get("us", {}).items() if name != TODAY}
    assert others == {name: e for name, e in taken.regions.get("us", {}).items() if name != TODAY}


def test_a_voice_that_was_renamed_under_the_new_key_is_no_longer_the_old_ones():
    lock = lock_of(("0ld", "ada", "v1"), (TODAY, "zoe", "v1"))
    assert lock.entries("us", TODAY, frozenset({"v1"})).keys() == {"zoe"}


def test_a_protection_that_was_lifted_under_the_new_key_stays_lifted():
    old = [
        protect_record("us", "0ld", "ada", protect=True),
        voice_record("us", "0ld", "ada", locked_voice("v1")),
    ]
    known = frozenset({"v1"})
    lock = fold(EMPTY_LOCK, old, owner=OWNER)
    assert lock.entries("us", TODAY, known)["ada"].protect
    lifted = [protect_record("us", TODAY, "ada", protect=False)]
    lock = fold(lock.taken_over("us", TODAY, known), lifted, owner=OWNER)
    assert not lock.entries("us", TODAY, known)["ada"].protect
