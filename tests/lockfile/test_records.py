"""Folding records into a lock: idempotent, linear, and one voice answers to one key."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockmakers import OWNER, RECORDS, VOICES, WHERE, an_intent, locked_voice

from ddvoices.lockfile import close_record, drop_record, fold, intent_record, voice_record
from ddvoices.lockfile.records import FOLDED, open_intents, read_voice, unfolded, voice_document
from ddvoices.model import EMPTY_LOCK, Lock, LockedVoice, LockEntry

HISTORIES = st.lists(RECORDS, max_size=25)


def entries(lock: Lock) -> dict[str, LockEntry]:
    return dict(lock.regions.get("us", {}).get("0a1b2c", {}))


def ids(lock: Lock, key: str) -> list[str]:
    return [voice.id for voice in entries(lock).get(key, LockEntry()).voices]


@given(HISTORIES, HISTORIES)
def test_folding_twice_is_folding_once(before, records):
    lock = fold(EMPTY_LOCK, before, owner=OWNER)
    once = fold(lock, records, owner=OWNER)
    assert fold(once, records, owner=OWNER) == once


@given(HISTORIES, st.integers(0, 25))
def test_folding_in_two_goes_is_folding_in_one(records, cut):
    halves = fold(fold(EMPTY_LOCK, records[:cut], owner=OWNER), records[cut:], owner=OWNER)
    assert halves == fold(EMPTY_LOCK, records, owner=OWNER)


@given(HISTORIES, st.integers(0, 25))
def test_a_kill_between_saving_and_clearing_does_no_harm(records, cut):
    """The lock holds the records already, and some more come before the next fold."""
    saved = fold(EMPTY_LOCK, records[:cut], owner=OWNER)
    assert fold(saved, records, owner=OWNER) == fold(EMPTY_LOCK, records, owner=OWNER)


@given(HISTORIES)
def test_a_voice_answers_to_one_key_of_an_account(records):
    lock = fold(EMPTY_LOCK, records, owner=OWNER)
    for accounts in lock.regions.values():
        for account in accounts.values():
            count = Counter(voice.id for entry in account.values() for voice in entry.voices)
            assert set(count.values()) <= {1}
            assert all(entry.voices for entry in account.values())


@given(HISTORIES)
def test_folding_leaves_its_lock_alone(records):
    lock = fold(EMPTY_LOCK, [voice_record(*WHERE, "ada", locked_voice())], owner=OWNER)
    fold(lock, records, owner=OWNER)
    assert lock == fold(EMPTY_LOCK, [voice_record(*WHERE, "ada", locked_voice())], owner=OWNER)


@given(VOICES)
def test_a_voice_comes_back(voice):
    assert read_voice(voice_document(voice)) == voice


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([voice_record(*WHERE, "ada", locked_voice("v1"))], {"ada": ["v1"]}),
        (
            [voice_record(*WHERE, "ada", locked_voice(i)) for i in ("v1", "v2", "v1")],
            {"ada": ["v1", "v2"]},
        ),
        (
            [voice_record(*WHERE, key, locked_voice("v1")) for key in ("ada", "bert")],
            {"bert": ["v1"]},
        ),
        ([voice_record(*WHERE, "ada", locked_voice("v1")), drop_record(*WHERE, "v1")], {}),
        (
            [voice_record(*WHERE, "ada", locked_voice("v1")), drop_record("us", "3d4e5f", "v1")],
            {"ada": ["v1"]},
        ),
        ([drop_record(*WHERE, "v1")], {}),
        ([intent_record(an_intent()), close_record("i1"), FOLDED], {}),
    ],
)
def test_what_records_make_of_an_empty_lock(records, expected):
    lock = fold(EMPTY_LOCK, records, owner=OWNER)
    assert {key: ids(lock, key) for key in entries(lock)} == expected


def test_a_voice_that_two_keys_hold_is_held_by_one_after_a_fold():
    """A merge by hand can leave a lock so."""
    twice = {key: LockEntry(voices=(locked_voice("v1"),)) for key in ("ada", "bert")}
    lock = Lock(owner=OWNER, regions={"us": {"0a1b2c": twice}})
    for key, other in (("ada", "bert"), ("bert", "ada")):
        kept = fold(lock, [voice_record(*WHERE, key, locked_voice("v1"))], owner=OWNER)
        assert (ids(kept, key), ids(kept, other)) == (["v1"], [])
    assert entries(fold(lock, [drop_record(*WHERE, "v1")], owner=OWNER)) == {}


def test_the_last_word_about_a_voice_counts():
    records = [voice_record(*WHERE, "ada", locked_voice(fingerprint=f)) for f in ("1:0000000001", None)]
    assert entries(fold(EMPTY_LOCK, records, owner=OWNER))["ada"].choice == locked_voice(fingerprint=None)


@pytest.mark.parametrize(
    ("records", "still_open"),
    [
        ([], []),
        ([intent_record(an_intent("i1"))], ["i1"]),
        ([intent_record(an_intent("i1")), intent_record(an_intent("i2"))], ["i1", "i2"]),
        ([intent_record(an_intent("i1")), close_record("i1")], []),
        ([intent_record(an_intent("i1")), voice_record(*WHERE, "ada", locked_voice(), intent="i1")], []),
        ([intent_record(an_intent("i1")), voice_record(*WHERE, "ada", locked_voice())], ["i1"]),
        ([intent_record(an_intent("i1")), FOLDED], ["i1"]),
        ([intent_record(an_intent("i1")), FOLDED, close_record("i1")], []),
        ([close_record("i1"), intent_record(an_intent("i1"))], ["i1"]),
    ],
)
def test_an_intent_is_open_until_something_closes_it(records, still_open):
    assert [intent.id for intent in open_intents(records)] == still_open


@given(HISTORIES, HISTORIES)
def test_only_what_came_after_the_last_fold_is_new(before, after):
    assert unfolded([*before, FOLDED, *after]) == after


class Counted(str):
    """A key that counts how often it is hashed: a measure of work that no busy machine disturbs."""

    __slots__ = ()
    hashed = 0

    def __hash__(self) -> int:
        Counted.hashed += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)


def work(size: int) -> int:
    """Fold ``size`` records over ``size`` entries and return the number of look-ups."""
    voices = {
        f"key-{n}": LockEntry(voices=(LockedVoice(id=Counted(f"v-{n}"), origin=locked_voice().origin),))
        for n in range(size)
    }
    lock = Lock(owner=OWNER, regions={"us": {"0a1b2c": voices}})
    records = [voice_record(*WHERE, f"key-{n}", locked_voice(Counted(f"w-{n}"))) for n in range(size // 2)]
    records += [drop_record(*WHERE, Counted(f"v-{n}")) for n in range(size // 2)]
    Counted.hashed = 0
    fold(lock, records, owner=OWNER)
    return Counted.hashed


def test_folding_is_linear():
    assert 0 < work(2000) <= 2.2 * work(1000)
