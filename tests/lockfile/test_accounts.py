"""A rotated key: what another account's entries say counts where today's account says nothing."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from lockmakers import IDS, OWNER, RECORDS, locked_voice

from ddvoices.lockfile import fold, voice_record
from ddvoices.model import EMPTY_LOCK, Lock

TODAY = "0a1b2c"
LOCKS = st.lists(RECORDS, max_size=25).map(lambda records: fold(EMPTY_LOCK, records, owner=OWNER))
KNOWN = st.frozensets(IDS)


def lock_of(*voices: tuple[str, str, str]) -> Lock:
    records = [voice_record("us", account, key, locked_voice(i)) for account, key, i in voices]
    return fold(EMPTY_LOCK, records, owner=OWNER)


def all_ids(lock: Lock) -> set[str]:
    sections = lock.regions.get("us", {}).values()
    return {voice.id for section in sections for entry in section.values() for voice in entry.voices}


@given(LOCKS, KNOWN)
def test_an_id_answers_to_one_key_whatever_the_accounts_say(lock, known):
    entries = lock.entries("us", TODAY, known)
    count = Counter(voice.id for entry in entries.values() for voice in entry.voices)
    assert set(count.values()) <= {1}


@given(LOCKS, KNOWN)
def test_what_is_taken_over_needs_no_other_account(lock, known):
    taken = lock.taken_over("us", TODAY, known)
    assert taken.entries("us", TODAY, known) == lock.entries("us", TODAY, known)
    own = taken.section("us", TODAY, known)
    assert dict(taken.regions.get("us", {}).get(own, {})) == lock.entries("us", TODAY, known)
    assert taken.taken_over("us", TODAY, known) == taken
    sections = taken.regions.get("us", {})
    count = Counter(v.id for entries in sections.values() for e in entries.values() for v in e.voices)
    assert all(count[i] == 1 for i in known & count.keys())
    assert {i for i in count if i not in known} == {i for i in all_ids(lock) if i not in known}


def test_a_voice_that_was_renamed_under_the_new_key_is_no_longer_the_old_ones():
    lock = lock_of(("0ld", "ada", "v1"), (TODAY, "zoe", "v1"))
    assert lock.entries("us", TODAY, frozenset({"v1"})).keys() == {"zoe"}


def test_a_second_key_of_an_account_finds_its_section_and_begins_none():
    """Whoever applies with another key, a developer and CI say, writes what the others read."""
    lock = lock_of(("0ld", "ada", "v1"), ("other", "bob", "v9"))
    known = frozenset({"v1", "v2"})
    assert lock.section("us", TODAY, known) == "0ld"
    taken = lock.taken_over("us", TODAY, known)
    assert taken == lock
    assert lock.section("us", "new", frozenset({"v3"})) == "new"
