"""Locks and journal records to test with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ddvoices.lockfile import (
    Intent,
    Record,
    close_record,
    drop_record,
    intent_record,
    voice_record,
)
from ddvoices.model import Lock, LockedVoice, LockEntry, Origin
from ddvoices.plan.describe import CONTENT, LISTED

OWNER = "acme-studio-7f3k"
WHERE = ("us", "0a1b2c")

TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too: JSON can hold them
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXTS
# what a newer release may add: any value, under names that this one has no rules for
ADDED = TEXTS.filter(lambda name: name not in (*LISTED, *CONTENT, "sample"))
SENT = st.dictionaries(ADDED, SCALARS | st.dictionaries(TEXTS, SCALARS, max_size=2), max_size=3)

VOICES = st.builds(
    LockedVoice,
    id=TEXTS,
    origin=st.sampled_from(Origin),
    fingerprint=st.none() | st.just("1:00c0ffee42") | TEXTS,
    sent=SENT,
    reported=st.dictionaries(TEXTS, st.none() | TEXTS, max_size=2),
)
ENTRIES = st.builds(
    LockEntry, voices=st.lists(VOICES, max_size=3, unique_by=lambda voice: voice.id).map(tuple)
)
LOCKS = st.builds(
    Lock,
    owner=TEXTS,
    regions=st.dictionaries(
        TEXTS,
        st.dictionaries(
            TEXTS, st.dictionaries(TEXTS, ENTRIES, min_size=1, max_size=3), min_size=1, max_size=2
        ),
        max_size=2,
    ),
    protected=st.frozensets(TEXTS, max_size=3),
)

# few names, so that records are about the same things
KEYS = st.sampled_from(["ada", "bert", "cleo"])
IDS = st.sampled_from(["v1", "v2", "v3", "v4"])
ACCOUNTS = st.sampled_from(["0a1b2c", "3d4e5f"])
INTENTS = st.sampled_from(["i1", "i2", "i3"])


def locked_voice(voice_id: str = "v1", **fields: Any) -> LockedVoice:
    return LockedVoice(**{"id": voice_id, "origin": Origin.CREATED, "fingerprint": "1:00c0ffee42", **fields})


def an_intent(name: str = "i1", *, key: str = "ada", **fields: Any) -> Intent:
    defaults: dict[str, Any] = {
        "region": "us",
        "account": "0a1b2c",
        "endpoint": "http://127.0.0.1/api/v1",
        "marker": "ee88feb0-ca50-8bd6-835b-633c2179c6d4",
        "fingerprint": "1:3c2179c6d4",
        "publish": False,
        "sent": {"name": "Ada"},
        "before": ("v9",),
    }
    return Intent(id=name, key=key, **{**defaults, **fields})


RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(
        lambda account, key, voice_id, origin, intent: voice_record(
            "us", account, key, locked_voice(voice_id, origin=origin), intent=intent
        ),
        ACCOUNTS,
        KEYS,
        IDS,
        st.sampled_from(Origin),
        st.none() | INTENTS,
    ),
    st.builds(lambda account, voice_id: drop_record("us", account, voice_id), ACCOUNTS, IDS),
    st.builds(lambda name, key: intent_record(an_intent(name, key=key)), INTENTS, KEYS),
    st.builds(close_record, INTENTS),
)
