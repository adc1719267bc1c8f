"""What is known of one voice: the marker has the first word, then the lock, and there the key that asks."""

from __future__ import annotations

import pytest
from plan.makers import OWNER, seen, unmarked, voice

from ddvoices.identity import Evidence, fingerprint
from ddvoices.model import LockedVoice, LockEntry, Origin

ADA = voice("ada")
A, B, NEWER = "1:aaaaaaaaaa", "1:bbbbbbbbbb", "9:cccccccccc"


def content(there, key, **known):
    """Return the content of a voice of which the lock's keys know these fingerprints."""
    entries = {
        name: LockEntry(voices=(LockedVoice(id=there.id, origin=Origin.CREATED, fingerprint=said),))
        for name, said in known.items()
    }
    return Evidence([there], entries, owner=OWNER).by_id[there.id].content(key)


@pytest.mark.parametrize(
    ("key", "known", "found"),
    [
        ("ada", {"ada": A, "bob": B}, A),
        ("bob", {"ada": A, "bob": B}, B),
        ("zoe", {"ada": A, "bob": B}, A),
        (None, {"ada": A, "bob": B}, A),
        (None, {"bob": B, "ada": None}, B),
        ("ada", {"bob": B, "ada": None}, None),  # what is said of another key's sample is not said of its own
        ("zoe", {"ada": None}, None),
        ("ada", {}, None),
        ("bob", {"ada": NEWER, "bob": B}, None),
    ],
)
def test_the_content_is_what_the_lock_says_of_the_key_first(key, known, found):
    assert content(unmarked(ADA), key, **known) == found


def test_the_marker_knows_better_than_the_lock():
    assert content(seen(ADA), "ada", ada=A) == fingerprint(ADA)
