"""What happened, record by record, and what it makes of a lock. Pure.

The journal holds these records as JSON lines; folding is idempotent, so that a crash between saving the
lock and clearing the journal does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from ddvoices.model import Lock, LockedVoice, LockEntry, Origin

Record = Mapping[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A create that is about to be sent, written down before it is.

    ``account`` is a section of the lock. ``before`` are ids that were there when the run began and are not
    what the create makes: voices with this very marker, or without one under the voice's natural key; the
    voice that the key meant, and the one that it was pinned to. ``made`` is the id that the service answered
    with, where it then never showed such a voice.
    """

    id: str
    region: str
    account: str
    endpoint: str
    key: str
    marker: str
    fingerprint: str
    publish: bool
    sent: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    made: str | None = None


def intent_record(intent: Intent) -> Record:
    """Return the record of a create that is about to be sent."""
    return {
        "op": "intent",
        "id": intent.id,
        "region": intent.region,
        "account": intent.account,
        "endpoint": intent.endpoint,
        "key": intent.key,
        "marker": intent.marker,
        "fingerprint": intent.fingerprint,
        "publish": intent.publish,
        "sent": dict(intent.sent),
        "before": list(intent.before),
        **({} if intent.made is None else {"made": intent.made}),
    }


def voice_record(
    region: str, account: str, key: str, voice: LockedVoice, *, intent: str | None = None
) -> Record:
    """Return the record that ``key`` now means ``voice``; it closes ``intent``."""
    return {
        "op": "voice",
        "region": region,
        "account": account,
        "key": key,
        "voice": voice_document(voice),
        "intent": intent,
    }


def close_record(intent: str) -> Record:
    """Return the record that nothing came of an intent."""
    return {"op": "close", "intent": intent}


def drop_record(region: str, account: str, voice_id: str) -> Record:
    """Return the record that a voice is gone."""
    return {"op": "drop", "region": region, "account": account, "id": voice_id}


FOLDED: Record = {"op": "folded"}
# the first record of every journal: a release that writes others has another version
JOURNAL_HEADER: Record = {"op": "journal", "format_version": "1.0"}


def owner_record(owner: str) -> Record:
    """Return the record that what follows is of a catalog of ``owner``."""
    return {"op": "owner", "owner": owner}


def last_owner(records: Iterable[Record]) -> str | None:
    """Return whose catalog the last records are of; None if they don't say."""
    owner = None
    for record in records:
        if record["op"] == "owner":
            owner = record["owner"]
    return owner


def open_intents(records: Iterable[Record]) -> tuple[Intent, ...]:
    """Return the intents whose outcome isn't known, in the order in which they were written."""
    found: dict[str, Intent] = {}
    for record in records:
        if record["op"] == "intent":
            found[record["id"]] = _intent(record)
        elif record["op"] in ("voice", "close"):
            found.pop(record["intent"] or "", None)
    return tuple(found.values())


def made_lately(records: Iterable[Record]) -> tuple[Intent, ...]:
    """Return the creates of a run that never came to its end, each with the id that it was answered with.

    What the service then said of such a voice was not, or not yet, written down. A voice that was only found,
    by its natural key, isn't one of these: it was listed, and may be a stranger's.
    """
    records = list(records)
    sent = {record["id"]: record for record in records if record["op"] == "intent"}
    last = {
        (record["region"], record["account"], record["key"]): record
        for record in unfolded(records)
        if record["op"] == "voice"
    }
    made = [
        record
        for record in last.values()
        if record["intent"] in sent and _was_answered(sent[record["intent"]], record["voice"])
    ]
    gone = {record["id"] for record in records if record["op"] == "drop"}
    return tuple(
        replace(_intent(sent[record["intent"]]), made=record["voice"]["id"])
        for record in made
        if record["voice"]["id"] not in gone
    )


def _was_answered(intent: Record, voice: Record) -> bool:
    """Tell whether the service itself named a voice as what an intent made."""
    return bool(voice["origin"] != Origin.FOUND or voice["id"] == intent.get("made"))


def unfolded(records: Iterable[Record]) -> list[Record]:
    """Return the records that the lock doesn't hold yet, after that of their owner."""
    rest: list[Record] = []
    for record in records:
        if record["op"] == "folded":
            owner = last_owner(rest)
            rest = [owner_record(owner)] if owner is not None else []
        else:
            rest.append(record)
    return rest if any(record["op"] != "owner" for record in rest) else []


def fold(lock: Lock, records: Iterable[Record], *, owner: str) -> Lock:
    """Return ``lock`` with what ``records`` say happened since. Linear in both.

    What was made for another owner than ``owner`` counts as adopted, as in a lock of that owner's.
    """
    written_for = owner
    drafts: dict[tuple[str, str], _Draft] = {}
    for region, accounts in lock.regions.items():
        for account, entries in accounts.items():
            drafts[region, account] = _Draft(entries)
    for record in records:
        if record["op"] == "owner":
            written_for = record["owner"]
        elif record["op"] in ("voice", "drop"):
            where = record["region"], record["account"]
            drafts.setdefault(where, _Draft({})).fold(record, ours=written_for == owner)
    regions: dict[str, dict[str, Mapping[str, LockEntry]]] = {}
    for (region, account), draft in drafts.items():
        if draft.entries:
            regions.setdefault(region, {})[account] = draft.entries
    return Lock(owner=owner, regions=regions, protected=lock.protected)


class _Draft:
    """The entries of one account while they change, with an index from id to keys."""

    def __init__(self, entries: Mapping[str, LockEntry]) -> None:
        self.entries = dict(entries)
        self._keys: dict[str, set[str]] = {}
        for key, entry in entries.items():
            for voice in entry.voices:
                self._keys.setdefault(voice.id, set()).add(key)

    def fold(self, record: Record, *, ours: bool) -> None:
        """Take one record in, of this catalog's owner or of another's."""
        if record["op"] == "voice":
            voice = read_voice(record["voice"])
            self._put_first(record["key"], voice if ours else replace(voice, origin=Origin.ADOPTED))
        else:
            self._drop(record["id"])

    def _put_first(self, key: str, voice: LockedVoice) -> None:
        """Make ``voice`` the choice of ``key``, and of no other key."""
        self._drop(voice.id)
        entry = self.entries.get(key, LockEntry())
        self._set(key, (voice, *entry.voices))
        self._keys[voice.id] = {key}

    def _drop(self, voice_id: str) -> None:
        for key in self._keys.pop(voice_id, ()):  # more than one after a merge by hand
            entry = self.entries[key]
            rest = tuple(voice for voice in entry.voices if voice.id != voice_id)
            self._set(key, rest)

    def _set(self, key: str, voices: tuple[LockedVoice, ...]) -> None:
        """Store an entry; one that says nothing is left out."""
        if voices:
            self.entries[key] = LockEntry(voices=voices)
        else:
            self.entries.pop(key, None)


def voice_document(voice: LockedVoice) -> dict[str, Any]:
    """Return a locked voice as JSON values; what is empty is left out."""
    document: dict[str, Any] = {"id": voice.id, "origin": str(voice.origin)}
    if voice.fingerprint is not None:
        document["fingerprint"] = voice.fingerprint
    if voice.sent:
        document["sent"] = dict(voice.sent)
    if voice.reported:
        document["reported"] = dict(voice.reported)
    return document


def read_voice(document: Mapping[str, Any]) -> LockedVoice:
    """Return the locked voice that `voice_document` made.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    fingerprint = document.get("fingerprint")
    return LockedVoice(
        id=typed(document["id"], str),
        origin=Origin(document["origin"]),
        fingerprint=None if fingerprint is None else typed(fingerprint, str),
        sent=_sent(typed(document.get("sent", {}), dict)),
        reported=_reported(typed(document.get("reported", {}), dict)),
    )


_PLAIN = ("name", "locale", "gender", "speaking_style", "age", "publish", "title", "text")


def _sent(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was sent; what a newer release has added stays as it is.

    Raises:
        TypeError, ValueError: a value can't be shown, or compared with what is wanted.
    """
    values = [document[path] for path in _PLAIN if path in document]
    sample = document.get("sample")
    if isinstance(sample, dict):
        values += [sample.get("sha256"), sample.get("sound")]
        if isinstance(sample.get("seconds"), str):
            raise TypeError("sample.seconds: str")
        values.append(sample.get("seconds"))
    for value in values:
        if not isinstance(value, str):
            _check_plain(value)
    return document


def _reported(document: Mapping[str, Any]) -> Mapping[str, str | None]:
    """Return what the service said instead: texts."""
    return {path: None if value is None else typed(value, str) for path, value in document.items()}


def _check_plain(value: Any) -> None:
    if not isinstance(value, int | float | None):
        raise TypeError(f"{type(value).__name__} in the place of a plain value")
    if isinstance(value, int | float) and not math.isfinite(float(value)):
        raise ValueError("a number out of bounds")


def typed(value: Any, kind: type[_T]) -> _T:
    """Return ``value`` if it is of ``kind``.

    Raises:
        TypeError: it isn't.
    """
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} in the place of {kind.__name__}")
    return value


def to_bytes(json_text: str) -> bytes:
    r"""Return JSON as UTF-8; what UTF-8 can't hold, half of a surrogate pair, as ``\udxxx``."""
    return json_text.encode("utf-8", "backslashreplace")


def read_record(document: Any) -> Record:
    """Return a record that was written down, once it is sure that it can be used.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    record: Mapping[str, Any] = typed(document, dict)
    if record["op"] == "intent":
        _intent(record)
    elif record["op"] == "voice":
        read_voice(typed(record["voice"], dict))
    if not isinstance(record.get("made"), str | None):
        raise TypeError("made")
    for field_name, kinds in _FIELDS[record["op"]].items():
        if not isinstance(record[field_name], kinds):
            raise TypeError(f"{field_name}: {type(record[field_name]).__name__}")
    return record


_WHERE: Mapping[str, tuple[type, ...]] = {"region": (str,), "account": (str,)}
_FIELDS: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "intent": {
        **_WHERE,
        "endpoint": (str,),
        "id": (str,),
        "key": (str,),
        "marker": (str,),
        "sent": (dict,),
        "before": (list,),
    },
    "voice": {**_WHERE, "key": (str,), "intent": (str, type(None))},
    "owner": {"owner": (str,)},
    "close": {"intent": (str,)},
    "drop": {**_WHERE, "id": (str,)},
    "folded": {},
}


def _intent(record: Record) -> Intent:
    """Return the intent of a record; what a newer release has added is left out."""
    known = {entry.name for entry in fields(Intent)} - {"before"}
    values = {name: value for name, value in record.items() if name in known}
    return Intent(**values, before=tuple(record["before"]))
