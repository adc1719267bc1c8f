"""What must hold of a lock and a journal that hold any bytes: nothing in them is lost without a word."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lockfile.lockmakers import OWNER
from plan.makers import ACCOUNT, ENDPOINT, catalog, region, seen, unmarked, voice

from ddvoices.apply.open_creates import not_shown_yet, open_at, open_create
from ddvoices.apply.prepare import _decided_by_pins
from ddvoices.errors import LockfileError
from ddvoices.lockfile import (
    LOCK_NAME,
    STATE_DIRECTORY,
    Intent,
    Record,
    close_record,
    hold_journal,
    load_lock,
    peek,
    save_lock,
    snapshot,
)
from ddvoices.model import Lock, PlanOptions
from ddvoices.plan import make_plan, plan_document

PARTED = b"\n%%%\n"
"""Stands between a lock and a journal; what is empty isn't there."""

_T = TypeVar("_T")
_FORMER = "acme-2019"
_ADA, _BERT = voice("ada", ids={"us": "v1"}), voice("bert", sound="b", moved_from=("cleo",))
_CATALOG = catalog(_ADA, _BERT, former_owners=(_FORMER,))
_THERE = region(seen(_ADA, "v1"), seen(_BERT, "v2"), unmarked(_BERT, "v3"), seen(voice("cleo"), "v4"))


def check_lock(data: bytes) -> None:
    """Whatever both hold, the end is a plan or a LockfileError, and what was read is written again."""
    lock, _, journal = data.partition(PARTED)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / STATE_DIRECTORY).mkdir()
        for path, content in ((root / LOCK_NAME, lock), (root / STATE_DIRECTORY / "journal.jsonl", journal)):
            if content:
                path.write_bytes(content)
        _check_lock(root, lock)
        _check_both(root)
        _check_journal(root, journal)


def _check_lock(root: Path, data: bytes) -> None:
    """What the file says is in the lock, and the lock is in a file again."""
    found = _or_said(lambda: load_lock(root, owner=OWNER, former_owners=(_FORMER,)))
    if found is None or not data:
        return
    assert set(_voices_in(data)) == set(_voices_of(found))
    again = root / "again"
    again.mkdir()
    save_lock(again, found)
    if found.regions or found.protected:
        assert _sections_of(load_lock(again, owner=found.owner)) == _sections_of(found)
        assert load_lock(again, owner=found.owner).protected == found.protected
        assert not save_lock(again, found)


def _check_both(root: Path) -> None:
    """A plan is made of them; what an interrupted run has left is in it."""
    found = _or_said(lambda: peek(root, owner=OWNER, former_owners=(_FORMER,)))
    if found is None:
        return
    lock, intents = found
    observed = {"us": _THERE}
    intents = not_shown_yet(open_at(intents, {"us": ENDPOINT}), observed)
    lock, intents = _decided_by_pins(_CATALOG, observed, lock, intents)
    for options in (PlanOptions(prune=True), _withholding(intents)):
        json.dumps(plan_document(make_plan(_CATALOG, observed, lock, options)), allow_nan=False)
    lock.taken_over("us", ACCOUNT, frozenset({"v1", "v2"}))


def _withholding(intents: Sequence[Intent]) -> PlanOptions:
    creates = tuple(map(open_create, intents))
    return PlanOptions(unsettled=creates, withheld=creates)


def _check_journal(root: Path, data: bytes) -> None:
    """Each whole line is a record, before and after another is added."""
    records = _or_said(lambda: list(snapshot(root).records))
    if records is None:
        return
    assert records == _records_in(data)
    with hold_journal(root) as journal:
        assert journal.records == records
        journal.belongs_to(OWNER)
        journal.append(close_record("another"))
        added = list(journal.records)
    assert added[: len(records)] == records
    assert added[-1] == close_record("another")
    assert list(snapshot(root).records) == added


def _records_in(data: bytes) -> list[Record]:
    whole = data[: data.rfind(b"\n") + 1].splitlines()
    records = [json.loads(line) for line in whole if line]
    return records[bool(records) and "format_version" in records[0] :]


def _or_said(read: Callable[[], _T]) -> _T | None:
    """Return what is read; None where it can't be, and that is said in one line."""
    try:
        return read()
    except LockfileError as error:
        said = str(error)
    assert said.isprintable(), said
    return None


def _sections_of(lock: Lock) -> dict[tuple[str, str], Any]:
    """Return the sections that hold something; the others are not written again."""
    return {
        (name, account): entries
        for name, accounts in lock.regions.items()
        for account, entries in accounts.items()
        if entries
    }


def _voices_of(lock: Lock) -> Iterator[tuple[str, ...]]:
    for name, accounts in lock.regions.items():
        for account, entries in accounts.items():
            for key, entry in entries.items():
                yield from ((name, account, key, each.id) for each in entry.voices)


def _voices_in(data: bytes) -> Iterator[tuple[str, ...]]:
    """Yield where each voice stands in a lock, also what stands under a name that is there twice."""
    document = json.loads(data, object_pairs_hook=_Pairs)
    for name, accounts in document.all("regions"):
        for account, entries in accounts.items:
            for key, entry in entries.items:
                for voice_id in entry.ids():
                    yield name, account, key, voice_id


class _Pairs:
    """An object as it is written."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self.items = items

    def named(self, name: str) -> list[tuple[str, Any]]:
        return [item for item in self.items if item[0] == name]

    def all(self, name: str) -> list[tuple[str, Any]]:
        return [inner for _, value in self.named(name) for inner in value.items]

    def ids(self) -> list[str]:
        lists = [value for _, value in self.named("voices")]
        return [voice_id for voices in lists for each in voices for _, voice_id in each.named("id")]
