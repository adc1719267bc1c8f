"""Several keys of one account, and one key at several endpoints: whose voices are whose."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.program import command, environment
from service import Emulator
from workspace import Workspace

KEYS = ("dd-developer", "dd-pipeline")


@pytest.fixture(scope="module")
def one_account() -> Iterator[Emulator]:
    """Serve one account that two keys open."""
    with Emulator.start([word for key in KEYS for word in ("--api-key", f"{key}=studio")]) as running:
        yield running


@pytest.fixture
def shared(tmp_path: Path, one_account: Emulator) -> Workspace:
    one_account.reset(KEYS[0])
    workspace = Workspace(tmp_path, one_account)
    use(workspace, KEYS[0])
    return workspace


def use(workspace: Workspace, key: str) -> None:
    workspace.keys["us"] = workspace.env["DEEPDUB_API_KEY_US"] = key


def sections(workspace: Workspace) -> list[str]:
    return list(json.loads(workspace.lock.read_text())["regions"]["us"])


@pytest.mark.parametrize("echo", ["yes", "no"])
def test_a_developer_and_a_pipeline_write_one_section(shared: Workspace, echo: str) -> None:
    shared.emulator.settings(KEYS[0], echo_speaker_id=echo)
    shared.voice("ada"), shared.voice("bob")
    for pitch, key in enumerate(KEYS * 2):
        use(shared, key)
        shared.new_sample("ada", pitch=700 + 20 * pitch)
        assert shared.apply()["converged"]
        assert shared.changes() == []
    assert len(sections(shared)) == 1
    shared.apply("--prune", "--force")
    assert len(shared.there()) == 2


def test_a_hidden_voice_is_known_under_another_key_of_its_account(shared: Workspace) -> None:
    """No listing shows that it is one account; the voice itself does."""
    shared.emulator.settings(KEYS[0], published_hidden=True)
    shared.voice("ada", publish=True)
    shared.apply()
    use(shared, KEYS[1])
    assert shared.changes() == []
    assert shared.apply()["converged"]
    assert len(shared.there()) == 1


@pytest.mark.parametrize("publish", [True, False])
def test_of_another_account_only_what_may_be_hidden_is_asked_for(workspace: Workspace, publish: bool) -> None:
    workspace.voice("ada", publish=publish)
    workspace.apply()
    [voice] = workspace.there()
    use(workspace, "dd-of-another-account-" + workspace.key)
    assert workspace.changes() == [("create", "ada", "not_in_region")]
    asked = {entry["path"] for entry in workspace.emulator.requests(workspace.key)}
    assert asked == {"/voice", *([f"/voice/{voice['id']}"] if publish else [])}


def test_a_protection_holds_whatever_key_it_was_set_with(shared: Workspace) -> None:
    shared.voice("ada"), shared.voice("bob")
    for key in KEYS:
        use(shared, key)
        shared.apply()
    shared.voice("ada", protect=True)
    shared.apply()
    del shared.voices["ada"]
    for key in KEYS:
        use(shared, key)
        assert shared.changes("--prune") == []
        shared.apply("--prune")
    assert len(shared.there()) == 2


def test_the_same_key_at_an_emulator_leaves_what_the_lock_knows_of_production(
    workspace: Workspace, one_account: Emulator
) -> None:
    production = workspace.settings["regions"]["us"]["base_url"]
    workspace.emulator.settings(workspace.key, echo_speaker_id="no")
    workspace.voice("ada")
    workspace.apply()
    [voice] = workspace.there()
    with Emulator.start() as other:
        workspace.settings["regions"]["us"]["base_url"] = other.base_url
        workspace.apply()
    assert voice["id"] in workspace.lock.read_text()
    workspace.settings["regions"]["us"]["base_url"] = production
    assert workspace.changes() == []
    workspace.new_sample("ada", pitch=700)
    assert workspace.changes() == [("replace", "ada", "content_differs")]


@pytest.mark.parametrize("publish", [True, False])
def test_a_create_that_was_lost_with_one_key_is_not_sent_again_with_another(
    shared: Workspace, publish: bool
) -> None:
    shared.emulator.settings(KEYS[0], published_hidden=True, visible_after_ms=60_000)
    shared.voice("ada", publish=publish)
    rule = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}
    shared.emulator.faults(KEYS[0], [rule])
    kill_while_it_settles(shared)
    use(shared, KEYS[1])
    [error] = shared.plan(code=1)["regions"]["us"]["errors"]
    assert (error["key"], error["reason"]) == ("ada", "open_intent")
    shared.apply("--settle", "0.3", code=1)
    shared.emulator.settings(KEYS[0], visible_after_ms=0)
    shared.apply("--settle", "0.3", code=1 if publish else 0)
    assert len(shared.there()) == 1
    if not publish:  # it is settled, and in nobody's way
        shared.new_sample("ada", pitch=700)
        assert shared.changes() == [("replace", "ada", "content_differs")]


def kill_while_it_settles(workspace: Workspace) -> None:
    workspace.save()
    with environment(workspace.env) as variables:
        process = subprocess.Popen(command("apply", "--yes"), env=variables, cwd=workspace.folder)
        try:
            for _ in range(400):
                if workspace.emulator.fault_counts(workspace.key)[0]["struck"]:
                    break
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()


@pytest.mark.proof
def test_a_key_is_in_nothing_that_a_run_leaves_or_says(workspace: Workspace) -> None:
    """Not on the streams, not in plan, lock, journal or cache, whatever goes wrong or is told."""
    workspace.voice("ada"), workspace.voice("bob")
    lost = {"kind": "reset", "when": "after", "method": "POST", "count": 1}
    refused = {"kind": "status", "status": 401}
    said = ""
    for fault, *arguments in (
        (lost, "plan", "-o", "plan.json"),
        (lost, "--log-format", "json", "apply", "plan.json"),
        (refused, "apply", "--yes", "--format", "json"),
        (refused, "status"),
    ):
        workspace.emulator.faults(workspace.key, [fault])
        cache = {"DDVOICES_CACHE_DIR": str(workspace.folder / "cache")}
        done = workspace.run("-v", *arguments, code=None, env=cache)
        said += done.stdout + done.stderr
    left = [path for path in workspace.folder.rglob("*") if path.is_file()]
    assert {"plan.json", "ddvoices.lock.json", "journal.jsonl"} <= {path.name for path in left}
    assert "401" in said
    assert workspace.key not in said
    assert not [path for path in left if workspace.key.encode() in path.read_bytes()]


@pytest.mark.parametrize("regions", [["us"], ["us", "eu"]], ids=" ".join)
def test_two_regions_that_two_keys_open_as_one_account_are_refused_once_they_show_it(
    tmp_path: Path, one_account: Emulator, regions: list[str]
) -> None:
    """The voice of the one is a copy in the other, or an orphan: a prune would delete what is needed."""
    one_account.reset(KEYS[0])
    workspace = Workspace(tmp_path, one_account, regions=("us", "eu"))
    for region, key in zip(("us", "eu"), KEYS, strict=True):
        workspace.keys[region] = workspace.env[f"DEEPDUB_API_KEY_{region.upper()}"] = key
    workspace.voice("ada", regions=regions)
    workspace.apply()
    made = workspace.there()
    assert len(made) == len(regions)
    done = workspace.run("apply", "--yes", "--prune", code=64)
    assert "eu and us are one account: both show " in done.stdout
    assert workspace.there() == made
    assert workspace.apply("-r", "us", "--prune")["converged"]
    assert len(workspace.there()) == 1
