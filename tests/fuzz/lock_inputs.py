"""Locks and journals: any that are right, with odd values in any place, merged by hand, and damaged."""

from __future__ import annotations

import json
from typing import Any

from fuzz.edits import damaged
from fuzz.json_values import LONG_NUMBER, with_odd_values
from fuzz.lock_files import PARTED
from hypothesis import strategies as st
from lockfile.lockmakers import KEYS, OWNER, RECORDS, SENT, TEXTS, WHERE, an_intent, locked_voice
from plan.makers import ENDPOINT

from ddvoices.lockfile import Record, format_lock, intent_record, voice_record
from ddvoices.lockfile.records import FOLDED, JOURNAL_HEADER, owner_record, to_bytes
from ddvoices.model import Lock, LockEntry, Origin

_OWNERS = st.sampled_from([OWNER, OWNER, OWNER, "acme-2019", "a stranger"])
_FINGERPRINTS = st.sampled_from(["1:00c0ffee42", "9:00c0ffee42", ":", f"{LONG_NUMBER}:0", "٣:1", ""])
_VOICES = st.builds(
    locked_voice,
    st.sampled_from(["v1", "v2", "v3", "v4", "gone"]),
    origin=st.sampled_from(Origin),
    fingerprint=st.none() | _FINGERPRINTS,
    sent=st.dictionaries(st.sampled_from(["name", "gender", "age", "publish"]), TEXTS | st.integers()) | SENT,
    reported=st.dictionaries(st.sampled_from(["name", "speaker_id"]), st.none() | TEXTS),
)
_ENTRIES = st.builds(LockEntry, voices=st.lists(_VOICES, max_size=3).map(tuple))
_LOCKS = st.builds(
    Lock,
    owner=_OWNERS,
    regions=st.dictionaries(
        st.sampled_from(["us", "us", "eu"]),
        st.dictionaries(st.sampled_from([WHERE[1], "3d4e5f"]), st.dictionaries(KEYS, _ENTRIES, max_size=3)),
    ),
    protected=st.frozensets(KEYS),
).map(format_lock)
_MORE_RECORDS = st.one_of(
    RECORDS,
    st.builds(lambda voice, key: voice_record(*WHERE, key, voice, intent="i1"), _VOICES, KEYS),
    st.builds(
        lambda key, content, made: intent_record(
            an_intent(key=key, fingerprint=content, made=made, publish=True, endpoint=ENDPOINT)
        ),
        KEYS,
        _FINGERPRINTS,
        st.none() | st.sampled_from(["v1", "new"]),
    ),
    st.just(FOLDED),
    _OWNERS.map(owner_record),
)


def _merged(one: str, other: str, cut: int) -> str:
    """Return the lines of one lock with some of another's in between, as people merge them."""
    lines, more = one.splitlines(keepends=True), other.splitlines(keepends=True)
    return "".join((*lines[: cut % (len(lines) + 1)], *more[cut % (len(more) + 1) :]))


def _twice(text: str, cut: int, length: int) -> str:
    """Return a lock in which some lines stand twice."""
    lines = text.splitlines(keepends=True)
    cut %= len(lines)
    return "".join((*lines[: cut + length], *lines[cut:]))


_SOME_LOCK = st.one_of(
    _LOCKS,
    with_odd_values(_LOCKS),
    st.builds(_merged, _LOCKS, _LOCKS, st.integers(0, 60)),
    st.builds(_twice, _LOCKS, st.integers(0, 60), st.integers(1, 12)),
).map(to_bytes)


def _written(header: list[Record], records: list[str], end: str) -> bytes:
    return to_bytes("\n".join((*map(json.dumps, header), *map(_one_line, records))) + end)


def _one_line(record: str) -> str:
    return record.replace("\n", "")


_LINES = _MORE_RECORDS.map(json.dumps)
_JOURNALS = st.builds(
    _written,
    st.sampled_from([[JOURNAL_HEADER], [JOURNAL_HEADER], [], [{"op": "journal", "format_version": "1.1"}]]),
    st.lists(_LINES | _LINES | with_odd_values(_LINES), max_size=5),
    st.sampled_from(["\n", "\n", "", '\n{"op": "voi']),
)
_WORDS = (b"\n", b"{", b"}", b",", b'"voices": [],', b"\r", b"\xff", b"<<<<<<< x\n", b"null", b"[]", b"1e999")


def _both(lock: bytes, journal: Any) -> bytes:
    return lock + PARTED + journal


ANY_LOCK = st.one_of(
    st.builds(_both, _SOME_LOCK, st.just(b"") | _JOURNALS),
    st.builds(_both, st.just(b""), _JOURNALS),
    damaged(st.builds(_both, _SOME_LOCK, _JOURNALS), _WORDS, most=2),
    st.binary(max_size=30),
)
