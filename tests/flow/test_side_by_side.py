"""An apply sends so many requests at once, and not one more; what goes wrong stops what can't succeed."""

from __future__ import annotations

from typing import Any

import pytest
from in_process import apply_here
from workspace import Workspace

KEYS = [f"voice-{number}" for number in range(8)]


def many(workspace: Workspace, keys: list[str] = KEYS, **fields: Any) -> None:
    for key in keys:
        workspace.voice(key, sample="samples/one.wav" if key != keys[0] else None, **fields)
    first = workspace.voice(keys[0], sample=f"samples/{keys[0]}.wav", **fields)
    for number, key in enumerate(keys):  # one sound is enough: the age makes them differ
        workspace.voice(key, sample=first["sample"], age=20 + number)


def copies(workspace: Workspace, region: str = "us") -> int:
    there = workspace.there(region)
    return len(there) - len({voice["speaker_id"] for voice in there})


@pytest.mark.parametrize("parallelism", [1, 3])
def test_each_region_is_asked_so_much_at_once_and_no_more(two_regions: Workspace, parallelism: int) -> None:
    """Markers tell them apart, so that one title for all is no reason to wait."""
    many(two_regions, title="One title for all")
    two_regions.stranger(title="Theirs")
    for key in two_regions.keys.values():
        two_regions.emulator.settings(key, latency_ms=30, max_concurrent=parallelism)
    report = two_regions.apply("--parallelism", str(parallelism))
    assert report["converged"]
    for region, key in two_regions.keys.items():
        assert two_regions.emulator.peak_concurrency(key) == parallelism
        assert len(two_regions.there(region)) == len(KEYS) + (region == "us")
    assert [entry for key in two_regions.keys.values() for entry in refused(two_regions, key)] == []


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_client_that_does_not_count_is_asked_for_so_much_at_once_too(
    workspace: Workspace, parallelism: int
) -> None:
    many(workspace)
    workspace.emulator.settings(workspace.key, latency_ms=30)
    assert apply_here(workspace, parallelism=parallelism).converged
    assert workspace.emulator.peak_concurrency(workspace.key) == parallelism


def refused(workspace: Workspace, key: str) -> list[dict[str, Any]]:
    return [entry for entry in workspace.emulator.requests(key) if entry["status"] == 429]


def test_a_service_that_takes_fewer_at_once_gets_fewer(workspace: Workspace) -> None:
    """The refusals at the beginning are waited out; then there are hardly any."""
    many(workspace)
    workspace.emulator.settings(workspace.key, latency_ms=20, max_concurrent=1)
    assert workspace.apply("--parallelism", "4")["converged"]
    assert copies(workspace) == 0
    assert 0 < len(refused(workspace, workspace.key)) <= 8


@pytest.mark.parametrize("variant", [{"name_on_post": "ignored"}, {"published_hidden": True}])
def test_what_is_corrected_and_asked_for_afterwards_is_side_by_side_too(
    workspace: Workspace, variant: dict[str, Any]
) -> None:
    many(workspace, title="One title for all", publish=True)
    workspace.emulator.settings(workspace.key, latency_ms=30, max_concurrent=3, **variant)
    assert workspace.apply()["converged"]
    log = workspace.emulator.requests(workspace.key)
    afterwards = [e for e in log if e["method"] == "PUT" or e["path"].startswith("/voice/")]
    assert len(afterwards) >= len(KEYS)
    assert workspace.emulator.peak_concurrency(workspace.key) == 3
    assert refused(workspace, workspace.key) == []


def test_voices_of_one_title_are_not_taken_for_each_other_where_no_marker_comes_back(
    workspace: Workspace,
) -> None:
    """Of each, the answer is lost; each is found by its name, and none is made twice."""
    many(workspace, title="One title for all")
    workspace.emulator.settings(workspace.key, echo_speaker_id="no", name_on_post="ignored")
    lost = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 5}
    workspace.emulator.faults(workspace.key, [lost])
    report = workspace.apply("--settle", "5")
    assert report["converged"]
    ages = {voice["id"]: voice["age"] for voice in workspace.there()}
    wanted = {outcome["id"]: workspace.voices[outcome["key"]]["age"] for outcome in report["outcomes"]}
    assert ages == wanted


@pytest.mark.parametrize("status", [429, 500])
def test_a_service_that_fails_one_create_after_the_other_is_not_asked_for_all(
    workspace: Workspace, status: int
) -> None:
    """Each would wait as long as the one before; what is of another kind is still tried."""
    workspace.voice("updated")
    workspace.apply()
    many(workspace)
    workspace.voice("updated", name="Another")
    rule = {"method": "POST", "path": "/voice", "kind": "status", "status": status, "retry_after": "0.01"}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.calls()
    report = workspace.apply("--settle", "0", code=4)
    results = [o["result"] for o in report["outcomes"] if o["action"] == "create"]
    assert sorted(results) == ["failed"] * 5 + ["skipped"] * 3
    assert all("in a row" in o["error"] for o in report["outcomes"] if o["result"] == "skipped")
    assert [o["result"] for o in report["outcomes"] if o["action"] == "update"] == ["applied"]
    workspace.emulator.faults(workspace.key, [])
    assert workspace.apply()["converged"]
    assert copies(workspace) == 0
