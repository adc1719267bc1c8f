"""The lock file: what is saved is loaded, and what can't be trusted is refused in one line with a way out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from lockmakers import LOCKS, OWNER, locked_voice

from ddvoices.errors import ExitCode, LockfileError
from ddvoices.lockfile import LOCK_NAME, format_lock, load_lock, save_lock
from ddvoices.model import EMPTY_LOCK, Lock, LockEntry

LOCK = Lock(
    owner=OWNER,
    regions={"us": {"0a1b2c": {"ada": LockEntry(voices=(locked_voice(),))}}},
    protected=frozenset({"ada"}),
)


@given(LOCKS)
def test_what_is_saved_is_loaded(lock):
    with tempfile.TemporaryDirectory() as folder:
        changed = save_lock(Path(folder), lock)
        assert changed is bool(lock.regions or lock.protected)
        if changed:
            assert load_lock(Path(folder), owner=lock.owner) == lock
        assert save_lock(Path(folder), lock) is False


@given(LOCKS)
def test_a_lock_is_one_text_whatever_the_order_it_was_built_in(lock):
    turned = {name: dict(reversed(accounts.items())) for name, accounts in reversed(lock.regions.items())}
    turned_lock = Lock(owner=lock.owner, regions=turned, protected=lock.protected)
    assert format_lock(turned_lock) == format_lock(lock)


def test_a_lock_is_text_for_people_and_git():
    lines = format_lock(LOCK).splitlines()
    assert max(map(len, lines)) < 60
    assert '"id": "v1",' in map(str.strip, lines)
    assert lines[-1] == "}"


def test_no_lock_is_an_empty_one(tmp_path):
    assert load_lock(tmp_path, owner=OWNER) == EMPTY_LOCK


def test_an_empty_lock_makes_no_file(tmp_path):
    assert save_lock(tmp_path, Lock(owner=OWNER)) is False
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_has_become_empty_is_written(tmp_path):
    save_lock(tmp_path, LOCK)
    assert save_lock(tmp_path, Lock(owner=OWNER)) is True
    assert load_lock(tmp_path, owner=OWNER) == Lock(owner=OWNER)


def test_an_unchanged_lock_is_not_written(tmp_path):
    save_lock(tmp_path, LOCK)
    before = (tmp_path / LOCK_NAME).stat()
    assert save_lock(tmp_path, LOCK) is False
    assert (tmp_path / LOCK_NAME).stat().st_ino == before.st_ino


def test_a_lock_with_another_line_end_is_read(tmp_path):
    (tmp_path / LOCK_NAME).write_bytes(format_lock(LOCK).replace("\n", "\r\n").encode())
    assert load_lock(tmp_path, owner=OWNER) == LOCK


def test_a_name_that_looks_like_a_conflict_is_none(tmp_path):
    voice = locked_voice(sent={"text": "one\n<<<<<<< two\u2028<<<<<<< three\x85>>>>>>> four"})
    lock = Lock(owner=OWNER, regions={"us": {"0a1b2c": {"ada": LockEntry(voices=(voice,))}}})
    save_lock(tmp_path, lock)
    assert load_lock(tmp_path, owner=OWNER) == lock


CONFLICT = format_lock(LOCK).replace('"origin"', '"origin"\n<<<<<<< HEAD\n=======\n>>>>>>> theirs\n', 1)
# what git makes of two branches that each have a line for a key, if they aren't beside each other
TWICE = format_lock(LOCK).replace('"ada": {', '"ada": {"voices": []}, "bert": {"voices": []}, "ada": {')


def document(**changes):
    return json.dumps(json.loads(format_lock(LOCK)) | changes)


def with_voice(**changes):
    whole = json.loads(format_lock(LOCK))
    whole["regions"]["us"]["0a1b2c"]["ada"]["voices"][0] |= changes
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: not JSON"),
        ("{", "1:2: not JSON"),
        (format_lock(LOCK)[:-40], "not JSON"),
        ("\ufeff{}", "not JSON"),
        (CONFLICT, "merge conflict"),
        (TWICE, "'ada' stands twice in one place, as a merge may leave it"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "not JSON"),
        ("null", "not a lock"),
        ("[]", "not a lock"),
        ("{}", "no format_version"),
        (document(format_version=1), "no format_version"),
        (document(format_version="1.1"), "a lock of format 1.1, and this ddvoices reads 1.0"),
        (document(format_version="2.0"), "upgrade ddvoices"),
        (document(format_version="1.10"), "upgrade ddvoices"),
        (document(format_version="0.9"), "no release writes format '0.9'"),
        (document(format_version="new"), "no release writes format 'new'"),
        (document(regions=[]), "not a whole lock"),
        (document(regions={"us": 1}), "not a whole lock"),
        (document(regions={"us": {"a": {"ada": {}}}}), "not a whole lock"),
        (document(regions={"us": {"a": {"ada": {"voices": [{}]}}}}), "not a whole lock"),
        (document(owner=None), "not a whole lock"),
        (with_voice(id=None), "not a whole lock"),
        (with_voice(id=["v1"]), "not a whole lock"),
        (with_voice(origin="bought"), "not a whole lock"),
        (with_voice(fingerprint=1), "not a whole lock"),
        (with_voice(sent=[]), "not a whole lock"),
        (with_voice(reported="x"), "not a whole lock"),
        (document(owner="other"), "the lock of owner 'other'"),
    ],
)
def test_what_cannot_be_trusted_is_refused(tmp_path, text, said):
    path = tmp_path / LOCK_NAME
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LockfileError) as refused:
        load_lock(tmp_path, owner=OWNER)
    message = str(refused.value)
    assert message.startswith(str(path))
    assert said in message
    assert "\n" not in message
    assert any(way in message for way in ("delete it", "delete the lock", "upgrade ddvoices"))
    assert refused.value.exit_code is ExitCode.ERROR
    assert path.read_text(encoding="utf-8") == text


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / LOCK_NAME).write_bytes(b"\xff\xfe{}")
    with pytest.raises(LockfileError, match="can't be read"):
        load_lock(tmp_path, owner=OWNER)


def test_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / LOCK_NAME).mkdir()
    with pytest.raises(LockfileError, match="can't be read"):
        load_lock(tmp_path, owner=OWNER)
    with pytest.raises(LockfileError, match="can't be written"):
        save_lock(tmp_path, LOCK)


def test_a_former_owners_lock_is_read_and_nothing_in_it_is_ours_to_delete(tmp_path):
    save_lock(tmp_path, LOCK)
    found = load_lock(tmp_path, owner="new", former_owners=("older", OWNER))
    theirs = format_lock(LOCK)
    assert '"origin": "created"' in theirs
    assert format_lock(found) == re.sub('"origin": "(created|found)"', '"origin": "adopted"', theirs)


READ_ONLY = """
import os, sys
from pathlib import Path
from ddvoices.errors import LockfileError
from ddvoices.lockfile import save_lock
from ddvoices.model import Lock
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)  # root may write anywhere
try:
    save_lock(Path(sys.argv[1]), Lock(owner="x", protected=frozenset({"ada"})))
except LockfileError as error:
    print(error)
"""


def test_a_folder_that_cannot_be_written_leaves_the_old_lock(tmp_path):
    save_lock(tmp_path, LOCK)
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    try:
        (folder / LOCK_NAME).write_text("old", encoding="utf-8")
        folder.chmod(0o555)
        run = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(folder)], capture_output=True, text=True, check=True
        )
        assert run.stdout == f"{folder / LOCK_NAME}: can't be written: Permission denied\n"
        assert [path.name for path in folder.iterdir()] == [LOCK_NAME]
        assert (folder / LOCK_NAME).read_text(encoding="utf-8") == "old"
    finally:
        folder.chmod(0o755)
        (folder / LOCK_NAME).unlink()
        folder.rmdir()


TOO_LARGE = """
import resource, signal, sys
from pathlib import Path
from ddvoices.errors import LockfileError
from ddvoices.lockfile import save_lock
from ddvoices.model import Lock, LockEntry
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
try:
    save_lock(Path(sys.argv[1]), Lock(owner="x", protected=frozenset({"ada"})))
except LockfileError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_lock(tmp_path):
    save_lock(tmp_path, LOCK)
    run = subprocess.run(
        [sys.executable, "-c", TOO_LARGE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "can't be written" in run.stdout
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_NAME]
    assert load_lock(tmp_path, owner=OWNER) == LOCK


def test_what_a_crash_left_beside_it_does_not_matter(tmp_path):
    (tmp_path / f".{LOCK_NAME}-x1y2z3").write_text('{"half', encoding="utf-8")
    assert load_lock(tmp_path, owner=OWNER) == EMPTY_LOCK
    assert save_lock(tmp_path, LOCK) is True
    assert load_lock(tmp_path, owner=OWNER) == LOCK


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("mine", encoding="utf-8")
    (tmp_path / LOCK_NAME).symlink_to("elsewhere")
    save_lock(tmp_path, LOCK)
    assert (tmp_path / "elsewhere").read_text(encoding="utf-8") == "mine"
    assert load_lock(tmp_path, owner=OWNER) == LOCK
