"""What nobody can promise to a client of this service, shown as it is: docs/guarantees.md names each."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from killing import kill_at
from workspace import Workspace

pytestmark = pytest.mark.proof


def published(workspace: Workspace) -> None:
    """Make a public voice where public ones are listed nowhere."""
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    workspace.apply()


def test_a_hidden_voice_that_the_service_denies_is_made_again(workspace: Workspace) -> None:
    """But it isn't forgotten: as soon as the service knows it again, one of the two is left over."""
    published(workspace)
    first = workspace.there()[0]["id"]
    rule = {"method": "GET", "path": f"/voice/{first}", "kind": "status", "status": 404, "count": 2}
    workspace.emulator.faults(workspace.key, [rule])
    for _ in range(2):
        workspace.apply()
    assert len(workspace.there()) == 2
    [other] = json.loads(workspace.run("status", "--format", "json").stdout)["regions"]["us"]["others"]
    assert (other["standing"], other["key"]) == ("duplicate", "ada")
    workspace.apply("--prune")
    assert len(workspace.there()) == 1
    assert workspace.changes("--prune") == []


def test_a_hidden_voice_is_forgotten_with_the_lock(workspace: Workspace) -> None:
    published(workspace)
    workspace.lock.unlink()
    assert workspace.changes() == [("create", "ada", "not_in_region")]


def test_a_lost_create_of_a_hidden_voice_is_forgotten_with_the_journal(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, published_hidden=True)
    workspace.voice("ada", publish=True)
    rule = {"method": "POST", "path": "/voice", "kind": "reset", "when": "after", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.apply("--settle", "0.3", code=1)
    shutil.rmtree(workspace.root / ".ddvoices")
    workspace.apply()
    assert len(workspace.there()) == 2


def forget_the_journal(workspace: Workspace) -> None:
    """Go on as on another machine, where a killed run has left nothing."""
    shutil.rmtree(workspace.root / ".ddvoices")


@pytest.mark.parametrize("echo", ["no", "own"])
def test_what_a_killed_run_has_made_is_unknown_without_its_journal(workspace: Workspace, echo: str) -> None:
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=700)
    workspace.save()
    kill_at(workspace, {"method": "POST"}, "after")
    forget_the_journal(workspace)
    workspace.apply()
    workspace.apply("--prune")
    assert len(workspace.there()) == 2
    assert workspace.others() == [("unmanaged", None)]


def test_what_is_not_listed_yet_is_made_again_by_another_machine(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, visible_after_ms=3000)
    workspace.voice("ada")
    workspace.save()
    kill_at(workspace, {"method": "POST"}, "after")
    forget_the_journal(workspace)
    workspace.apply()
    assert workspace.others() == [("duplicate", "ada")]
    workspace.apply("--prune")
    assert len(workspace.there()) == 1


def test_a_voice_that_is_adopted_may_sound_otherwise(workspace: Workspace) -> None:
    theirs = workspace.stranger(name="Ada", locale="en-US", gender="FEMALE")
    workspace.voice("ada")
    assert workspace.changes() == [("adopt", "ada", "natural_key")]
    workspace.apply()
    assert [voice["id"] for voice in workspace.there()] == [theirs]
    sample = (workspace.root / workspace.voices["ada"]["sample"]).read_bytes()
    assert workspace.there()[0]["sha256"] != hashlib.sha256(sample).hexdigest()
    assert workspace.changes("--prune") == []


def test_what_the_service_never_tells_may_change_behind_our_back(workspace: Workspace) -> None:
    workspace.voice("ada", age=30)
    workspace.apply()
    [voice] = workspace.there()
    status, _ = workspace.emulator.call(workspace.key, "PUT", "/voice", {"id": voice["id"], "age": 70})
    assert status == 200
    assert workspace.changes() == []


def test_a_voice_that_somebody_deletes_is_made_again(workspace: Workspace) -> None:
    """Under another id; but one that was deleted while it was superseded is not."""
    workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=700)
    workspace.apply()
    first, second = (voice["id"] for voice in workspace.there())
    for voice_id, expected in ((first, []), (second, [("create", "ada", "gone")])):
        workspace.emulator.call(workspace.key, "DELETE", f"/voice/{voice_id}")
        assert workspace.changes() == expected
