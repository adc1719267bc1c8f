"""The journal: on disk before it matters, whole after a kill, and held by one process at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockmakers import OWNER, RECORDS, WHERE, an_intent, locked_voice

from ddvoices.errors import BusyError, LockfileError
from ddvoices.lockfile import (
    LOCK_NAME,
    STATE_DIRECTORY,
    Journal,
    Record,
    close_record,
    drop_record,
    fold,
    hold_journal,
    intent_record,
    load_lock,
    peek,
    save_lock,
    voice_record,
)
from ddvoices.lockfile.journal import _flock
from ddvoices.model import EMPTY_LOCK, Lock, LockEntry

HOLDER = Path(__file__).with_name("holder.py")
INTENT = intent_record(an_intent())
VOICE = voice_record(*WHERE, "ada", locked_voice(), intent="i1")
MADE_LATELY = an_intent(made=locked_voice().id)  # its run never came to its end
LOCK = Lock(owner=OWNER, regions={"us": {"0a1b2c": {"ada": LockEntry(voices=(locked_voice(),))}}})


def journal_file(root: Path) -> Path:
    return root / STATE_DIRECTORY / "journal.jsonl"


def write(root: Path, data: bytes) -> None:
    journal_file(root).parent.mkdir(exist_ok=True)
    journal_file(root).write_bytes(data)


def lines(*records: object) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def told(journal: Journal) -> list[Record]:
    """Return what was appended: everything but the header."""
    return [record for record in journal.records if record["op"] != "journal"]


@contextmanager
def holder(root: Path, *records: object) -> Iterator[subprocess.Popen[str]]:
    """Run a second process that holds the journal, or says that it can't."""
    with subprocess.Popen(
        [sys.executable, str(HOLDER), str(root), json.dumps(records)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


# what it holds


def test_what_is_appended_is_there_at_once_and_later(tmp_path):
    with hold_journal(tmp_path) as journal:
        journal.append(INTENT)
        assert peek(tmp_path, owner=OWNER) == (Lock(owner=OWNER), (an_intent(),))
        journal.append(VOICE)
        assert journal.open_intents() == ()
    with hold_journal(tmp_path) as journal:
        assert told(journal) == [INTENT, VOICE]
        assert journal.fold(EMPTY_LOCK, owner=OWNER) == LOCK


def test_settling_writes_the_lock_and_empties_the_journal(tmp_path):
    with hold_journal(tmp_path) as journal:
        journal.append(INTENT)
        journal.append(VOICE)
        assert journal.settle(tmp_path, journal.fold(EMPTY_LOCK, owner=OWNER)) is True
        assert journal.records == []
        assert journal_file(tmp_path).read_bytes() == b""
        journal.append(drop_record(*WHERE, "v1"))
    assert load_lock(tmp_path, owner=OWNER) == LOCK
    assert peek(tmp_path, owner=OWNER) == (Lock(owner=OWNER), ())


def test_nothing_is_announced_in_a_journal_that_somebody_has_deleted(tmp_path):
    """After a kill nobody would find it, and another run may be under way in a new one."""
    with hold_journal(tmp_path) as journal:
        journal.append(INTENT)
        journal_file(tmp_path).unlink()
        with pytest.raises(LockfileError, match="deleted"):
            journal.append(VOICE)


def test_whoever_waited_for_a_journal_that_is_deleted_meanwhile_holds_the_new_one(tmp_path):
    def delete(_seconds: float) -> None:
        journal_file(tmp_path).unlink()
        first.communicate("\n")

    with holder(tmp_path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with hold_journal(tmp_path, timeout=60, sleep=delete) as journal:
            journal.append(INTENT)
            assert peek(tmp_path, owner=OWNER) == (Lock(owner=OWNER), (an_intent(),))
            with pytest.raises(BusyError), hold_journal(tmp_path):
                pass


def test_settling_nothing_writes_nothing(tmp_path):
    with hold_journal(tmp_path) as journal:
        assert journal.settle(tmp_path, Lock(owner=OWNER)) is False
    assert not (tmp_path / LOCK_NAME).exists()
    assert journal_file(tmp_path).read_bytes() == b""


def test_an_open_intent_outlives_settling(tmp_path):
    with hold_journal(tmp_path) as journal:
        journal.append(INTENT)
        journal.append(voice_record(*WHERE, "bert", locked_voice("v2")))
        journal.settle(tmp_path, journal.fold(EMPTY_LOCK, owner=OWNER))
        assert journal.open_intents() == (an_intent(),)
    with hold_journal(tmp_path) as journal:
        assert journal.open_intents() == (an_intent(),)
        size = journal_file(tmp_path).stat().st_size
        journal.settle(tmp_path, load_lock(tmp_path, owner=OWNER))
        assert journal_file(tmp_path).stat().st_size == size
        journal.append(close_record("i1"))
        journal.settle(tmp_path, load_lock(tmp_path, owner=OWNER))
    assert journal_file(tmp_path).read_bytes() == b""


def test_what_is_folded_is_not_folded_again_over_a_newer_lock(tmp_path):
    """With an open intent the journal stays, while git may bring a lock that knows better."""
    with hold_journal(tmp_path) as journal:
        journal.append(INTENT)
        journal.append(voice_record(*WHERE, "bert", locked_voice("v2")))
        journal.settle(tmp_path, journal.fold(EMPTY_LOCK, owner=OWNER))
    newer = Lock(owner=OWNER, regions={"us": {"0a1b2c": {"bert": LockEntry(voices=(locked_voice("v3"),))}}})
    with hold_journal(tmp_path) as journal:
        assert journal.fold(newer, owner=OWNER) == newer
        journal.settle(tmp_path, newer)
    assert peek(tmp_path, owner=OWNER) == (newer, (an_intent(),))


@given(st.lists(RECORDS, max_size=12), st.lists(RECORDS, max_size=12), st.booleans())
def test_a_journal_knows_for_whom_each_record_was_written(before, after, restarted):
    """What a former owner's run left there is as much ours as what its lock holds: not ours to delete."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with hold_journal(root) as journal:
            append_for(journal, "former", before)
            if not restarted:
                append_for(journal, OWNER, after)
        if restarted:
            with hold_journal(root) as journal:
                append_for(journal, OWNER, after)
        found, _ = peek(root, owner=OWNER)
        save_lock(root, fold(EMPTY_LOCK, before, owner="former"))
        theirs = load_lock(root, owner=OWNER, former_owners=("former",))
    assert found.regions == fold(theirs, after, owner=OWNER).regions


def append_for(journal: Journal, owner: str, records: list[Record]) -> None:
    journal.belongs_to(owner)
    for record in records:
        journal.append(record)


def test_text_of_any_kind_survives(tmp_path):
    record = voice_record(
        *WHERE, "ada", locked_voice(reported={"name": "a\r\n\u2028\x85\ud800\x00\U0001f600"})
    )
    with hold_journal(tmp_path) as journal:
        journal.append(record)
        journal.append(INTENT)
    with hold_journal(tmp_path) as journal:
        assert told(journal) == [record, INTENT]


def test_threads_write_whole_lines(tmp_path):
    with hold_journal(tmp_path) as journal:
        threads = [
            threading.Thread(
                target=lambda n=n: [journal.append(close_record(f"{n}-{i}" * 50)) for i in range(20)]
            )
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        written = sorted(record["intent"] for record in told(journal))
    with hold_journal(tmp_path) as journal:
        assert sorted(record["intent"] for record in told(journal)) == written
        assert len(written) == 80


# what a crash leaves


@pytest.mark.parametrize("cut", range(1, len(lines(VOICE)), 17))
def test_a_torn_last_line_is_ignored_and_cut(tmp_path, cut):
    write(tmp_path, lines(INTENT) + lines(VOICE)[:-cut])
    assert peek(tmp_path, owner=OWNER)[1] == (an_intent(),)
    with hold_journal(tmp_path) as journal:
        assert told(journal) == [INTENT]
        journal.append(VOICE)
    assert journal_file(tmp_path).read_bytes().startswith(lines(INTENT))
    with hold_journal(tmp_path) as journal:
        assert told(journal) == [INTENT, VOICE]


def test_a_torn_last_line_of_anything_is_ignored(tmp_path):
    write(tmp_path, lines(INTENT) + b"\0" * 4096)
    with hold_journal(tmp_path) as journal:
        assert told(journal) == [INTENT]
    assert journal_file(tmp_path).read_bytes() == lines(INTENT)


@pytest.mark.parametrize(
    "broken",
    [
        b"{\n",
        b"\xff\n",
        b"null\n",
        b"[]\n",
        b'"op"\n',
        b"{}\n",
        b"[" * 100_000 + b"\n",
        lines({"op": "voice"}),
        lines({**VOICE, "voice": {"id": 1, "origin": "created"}}),
        lines({**VOICE, "voice": {"id": "v1", "origin": "bought"}}),
        lines({**VOICE, "voice": None}),
        lines({**VOICE, "key": ["ada"]}),
        lines({**VOICE, "intent": 1}),
        lines({name: value for name, value in INTENT.items() if name != "marker"}),
        lines({**INTENT, "id": None}),
        lines({**INTENT, "before": None}),
        lines({**INTENT, "sent": []}),
        lines({"op": "close"}),
        lines({"op": "drop", "region": "us"}),
        lines({"op": "sing"}),
        lines({"op": ["voice"]}),
    ],
)
def test_a_broken_line_in_the_middle_is_an_error(tmp_path, broken):
    content = lines(INTENT) + broken + lines(VOICE)
    write(tmp_path, content)
    for use in (lambda: peek(tmp_path, owner=OWNER), lambda: hold_journal(tmp_path).__enter__()):
        with pytest.raises(LockfileError) as refused:
            use()
        message = str(refused.value)
        assert message.startswith(f"{journal_file(tmp_path)}:2: broken")
        assert "\n" not in message
    assert journal_file(tmp_path).read_bytes() == content


def test_an_intent_of_a_newer_release_is_read_as_far_as_it_is_known(tmp_path):
    write(tmp_path, lines({**INTENT, "mood": "sunny"}))
    assert peek(tmp_path, owner=OWNER)[1] == (an_intent(),)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("2.0", "upgrade ddvoices"),
        ("1.1", "upgrade ddvoices"),
        ("0.9", "then delete it"),
        (1, "then delete it"),
    ],
)
def test_a_journal_of_another_format_is_refused_whole(tmp_path, version, said):
    content = lines({"op": "journal", "format_version": version}, INTENT)
    write(tmp_path, content)
    for use in (lambda: peek(tmp_path, owner=OWNER), lambda: hold_journal(tmp_path).__enter__()):
        with pytest.raises(LockfileError, match=said):
            use()
    assert journal_file(tmp_path).read_bytes() == content


def test_a_journal_begins_with_its_format(tmp_path):
    with hold_journal(tmp_path) as journal:
        for _ in range(2):
            journal.append(VOICE)
            assert json.loads(journal_file(tmp_path).read_bytes().splitlines()[0])["op"] == "journal"
            assert [record["op"] for record in journal.records] == ["voice"]
            journal.settle(tmp_path, LOCK)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from ddvoices.errors import LockfileError
from ddvoices.lockfile import close_record, hold_journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with hold_journal(Path(sys.argv[1])) as journal:
    journal.append(close_record("first"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    try:
        journal.append(close_record("x" * 100))
    except LockfileError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.append(close_record("last"))
    print([record["intent"] for record in journal.records if record["op"] == "close"])
"""


def test_a_full_disk_leaves_no_half_line_for_the_next_one_to_join(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"{journal_file(tmp_path)}: can't be written: File too large\n['first', 'last']\n"
    with hold_journal(tmp_path) as journal:
        assert [record["intent"] for record in told(journal)] == ["first", "last"]


def test_a_kill_between_the_lock_and_the_clearing_does_no_harm(tmp_path):
    with hold_journal(tmp_path) as journal:
        journal.append(INTENT)
        journal.append(VOICE)
        journal.settle(tmp_path, journal.fold(EMPTY_LOCK, owner=OWNER))
    write(tmp_path, lines(INTENT, VOICE))
    assert peek(tmp_path, owner=OWNER) == (LOCK, (MADE_LATELY,))


def test_a_killed_run_leaves_what_it_appended(tmp_path):
    with holder(tmp_path, INTENT, VOICE) as other:
        assert other.stdout.readline() == "held\n"
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert peek(tmp_path, owner=OWNER) == (LOCK, (MADE_LATELY,))


# what can't be used


def test_a_folder_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / STATE_DIRECTORY).write_text("", encoding="utf-8")
    with pytest.raises(LockfileError, match="can't be opened"), hold_journal(tmp_path):
        pass


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / STATE_DIRECTORY).mkdir()
    journal_file(tmp_path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LockfileError, match="can't be opened"), hold_journal(tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_system_without_locks_is_not_called_busy(tmp_path):
    closed = os.open(tmp_path, os.O_RDONLY)
    os.close(closed)
    with pytest.raises(LockfileError, match="can't be locked"):
        _flock(closed, tmp_path, 0.0, lambda _: None, lambda: 0.0)


def test_no_journal_is_an_empty_one_and_looking_makes_none(tmp_path):
    assert peek(tmp_path, owner=OWNER) == (EMPTY_LOCK, ())
    assert list(tmp_path.iterdir()) == []


# one process at a time


def test_a_second_process_is_told_at_once(tmp_path):
    with hold_journal(tmp_path), holder(tmp_path) as other:
        said, _ = other.communicate()
    assert said.startswith(f"busy: {journal_file(tmp_path)}: another ddvoices is applying this catalog")


def test_the_second_is_not_slept_for_without_a_timeout(tmp_path):
    with holder(tmp_path) as other:
        assert other.stdout.readline() == "held\n"
        naps: list[float] = []
        with pytest.raises(BusyError, match="another ddvoices"), hold_journal(tmp_path, sleep=naps.append):
            pass
        assert naps == []


def test_the_second_waits_until_the_first_is_done(tmp_path):
    with holder(tmp_path, INTENT) as other:
        assert other.stdout.readline() == "held\n"
        naps: list[float] = []

        def let_go(seconds: float) -> None:
            naps.append(seconds)
            if not other.stdin.closed:
                other.stdin.close()
                other.wait()

        with hold_journal(tmp_path, timeout=60, sleep=let_go) as journal:
            assert told(journal) == [INTENT]
        assert len(naps) == 1


def test_the_second_waits_no_longer_than_it_was_told(tmp_path):
    with holder(tmp_path) as other:
        assert other.stdout.readline() == "held\n"
        now = [0.0]

        def nap(seconds: float) -> None:
            now[0] += seconds

        with (
            pytest.raises(BusyError, match="--lock-timeout"),
            hold_journal(tmp_path, timeout=2.0, sleep=nap, clock=lambda: now[0]),
        ):
            pass
        assert 2.0 <= now[0] < 2.5


def test_a_kill_frees_it(tmp_path):
    with holder(tmp_path, INTENT) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError), hold_journal(tmp_path):
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        with hold_journal(tmp_path) as journal:
            assert journal.open_intents() == (an_intent(),)


def test_it_is_free_after_use_and_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), hold_journal(tmp_path):
        raise ZeroDivisionError
    write(tmp_path, b"{\n")
    with pytest.raises(LockfileError), hold_journal(tmp_path):
        pass
    journal_file(tmp_path).write_bytes(b"")
    with hold_journal(tmp_path):
        pass


def test_looking_does_not_wait_for_the_holder(tmp_path):
    with holder(tmp_path, INTENT) as other:
        assert other.stdout.readline() == "held\n"
        assert peek(tmp_path, owner=OWNER)[1] == (an_intent(),)
