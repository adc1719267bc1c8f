"""Every exit code, shown by the real program; every user's mistake, said in one line."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli.program import command, environment
from workspace import Workspace

CLOSED = "http://127.0.0.1:9/api/v1"  # the discard port: nobody listens there


def one_line(stderr: str) -> str:
    """Return the one line that was said."""
    lines = stderr.splitlines()
    assert len(lines) == 1, stderr
    return lines[0]


def test_0_and_2(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.run("plan", code=0)
    workspace.run("plan", "--detailed-exitcode", code=2)
    workspace.run("plan", "--detailed-exitcode", "-o", "plan.json", "--format", "json", code=2)
    workspace.apply()
    workspace.run("plan", "--detailed-exitcode", code=0)


@pytest.mark.parametrize("arguments", [["plan"], ["apply", "--yes"], ["status"], ["ids"], ["validate"]])
def test_3_no_catalog(workspace: Workspace, arguments: list[str]) -> None:
    done = workspace.run("--catalog", "nowhere", *arguments, code=3)
    assert "ddvoices init" in one_line(done.stderr)


def test_3_everything_that_is_wrong_at_once_and_nothing_is_asked(workspace: Workspace) -> None:
    workspace.voice("ada", gender="femal"), workspace.voice("bob", sample="samples/nobody.wav")
    done = workspace.run("plan", code=3)
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["voices/all.yaml"] * 2
    workspace.calls()
    workspace.run("apply", "--yes", "--prune", code=3)
    assert workspace.calls() == []


def test_3_of_a_library_half_of_which_is_wrong_every_wrong_entry_is_named(workspace: Workspace) -> None:
    voice = workspace.voice("voice-000")
    for number in range(1, 250):
        fields = {**voice, "name": f"Voice {number}"}
        if number % 2:
            fields = [{**fields, "gender": "x"}, {**fields, "sample": "no.wav"}, {**fields, "colour": "red"}][
                number % 3
            ]
        workspace.voices[f"voice-{number:03}"] = fields
    done = workspace.run("plan", code=3)
    named = {
        line.split("voices.")[1].split(".")[0]
        for line in done.stderr.splitlines()
        if line.startswith("error")
    }
    assert named == {f"voice-{number:03}" for number in range(1, 250, 2)}


def test_4_a_full_account_is_said_with_what_a_prune_would_free(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.new_sample("ada", pitch=444)
    workspace.apply()
    workspace.emulator.settings(workspace.key, max_voices=3)
    for key in ("bob", "cleo", "dora"):
        workspace.voice(key)
    report = workspace.apply("--parallelism", "1", code=4)  # else both may be under way already
    assert [(o["key"], o["result"]) for o in report["outcomes"]] == [
        ("bob", "applied"),
        ("cleo", "failed"),
        ("dora", "skipped"),
    ]
    assert "403" in report["outcomes"][1]["error"]
    assert "--prune" in report["outcomes"][1]["error"]
    assert report["pending"] == 2


def test_1_a_full_account_where_nothing_was_applied(workspace: Workspace) -> None:
    workspace.emulator.settings(workspace.key, max_voices=0)
    workspace.voice("ada")
    workspace.apply(code=1)


def test_one_region_that_is_down_does_not_stop_the_other(two_regions: Workspace) -> None:
    two_regions.voice("ada")
    two_regions.settings["regions"]["eu"]["base_url"] = CLOSED
    plan = two_regions.plan(code=1)
    assert plan["regions"]["eu"]["error"]
    assert plan["regions"]["us"]["summary"]["create"] == 1
    assert not plan["complete"]
    done = two_regions.run("plan", "--detailed-exitcode", code=1)
    assert "The plan is not complete: eu could not be asked." in done.stdout
    two_regions.apply(code=4)
    assert len(two_regions.there("us")) == 1


@pytest.mark.parametrize("arguments", [["ids"], ["status"], ["plan", "--format", "json"]])
def test_a_region_that_is_down_is_named_by_every_command(
    two_regions: Workspace, arguments: list[str]
) -> None:
    two_regions.voice("ada")
    two_regions.settings["regions"]["eu"]["base_url"] = "http://127.0.0.1:9/api/v1"
    done = two_regions.run(*arguments, code=1)
    assert "eu: http://127.0.0.1:9/api/v1: GET /voice" in done.stderr
    assert done.stderr.endswith(": is the emulator running there?\n")


def test_7_no_key(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.env = {}
    done = workspace.run("plan", code=7)
    assert "DEEPDUB_API_KEY_US" in one_line(done.stderr)


def test_64_two_regions_that_are_one_account(two_regions: Workspace) -> None:
    """Side by side, each would make the voices that the other makes."""
    two_regions.voice("ada")
    two_regions.env = {"DEEPDUB_API_KEY": two_regions.key}
    done = two_regions.run("apply", "--yes", code=64)
    assert "eu and us are one account" in one_line(done.stderr)
    assert two_regions.there() == []
    two_regions.run("apply", "--yes", "-r", "us")


def test_7_a_key_for_one_region_of_two(two_regions: Workspace) -> None:
    two_regions.voice("ada")
    del two_regions.env["DEEPDUB_API_KEY_EU"]
    plan = two_regions.plan(code=7)
    assert "DEEPDUB_API_KEY_EU" in plan["regions"]["eu"]["error"]
    assert plan["regions"]["us"]["summary"]["create"] == 1


@pytest.mark.parametrize("arguments", [["plan"], ["apply", "--yes"]])
def test_7_a_refused_key(workspace: Workspace, arguments: list[str]) -> None:
    workspace.voice("ada")
    workspace.env = {"DEEPDUB_API_KEY": "no-such-key"}
    done = workspace.run(*arguments, code=7)
    assert "401" in done.stdout + done.stderr
    assert "no-such-key" not in done.stdout + done.stderr


@pytest.mark.parametrize("url", ["https://evil.example/api/v1", "http://eu.deepdub.ai/api/v1"])
def test_7_an_endpoint_that_is_not_trusted(two_regions: Workspace, url: str) -> None:
    two_regions.voice("ada")
    two_regions.settings["regions"]["eu"]["base_url"] = url
    two_regions.emulator.clear_requests(two_regions.key)
    done = two_regions.run("plan", code=7)
    assert one_line(done.stderr).startswith("error: eu: ")
    assert two_regions.emulator.requests(two_regions.key) == []


def test_7_a_test_never_reaches_production(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.settings["regions"] = {"us": {}, "eu": {}}
    workspace.env = {"DEEPDUB_API_KEY": workspace.key, "DEEPDUB_BASE_URL": workspace.emulator.base_url}
    assert one_line(workspace.run("plan", code=7).stderr).startswith(
        "error: eu: Deepdub's own endpoints are refused while"
    )
    workspace.run("plan", "-r", "us")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["plan", "--nonsense"],
        ["nonsense"],
        ["apply"],
        ["apply", "--yes", "--settle", "nan"],
        ["apply", "--yes", "--lock-timeout", "inf"],
        ["apply", "plan.json", "-r", "us"],
        ["apply", "plan.json", "--prune"],
        ["apply", "plan.json", "-t", "ada"],
        ["plan", "-r", "mars"],
        ["plan", "-t", "adah"],
        ["plan", "-t", "ada", "-t", "bob"],
        ["plan", "-l", "show=unknown"],
        ["plan", "-t", "ada", "-l", "show=other"],
        ["apply", "--yes", "-t", "adah"],
        ["plan", "-l", "no-equals-sign"],
        ["plan", "--format", "yaml"],
        ["schema", "nonsense"],
        ["-v", "-q", "plan"],
    ],
    ids=" ".join,
)
def test_64(workspace: Workspace, arguments: list[str]) -> None:
    workspace.voice("ada", labels={"show": "moby-dick"}), workspace.voice("eve", labels={"show": "other"})
    done = workspace.run(*arguments, code=64)
    assert done.stdout == ""
    assert not arguments or len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("<<<<<<< ours\n", "merge conflict"),
        ("[]", "not a lock"),
        ('{"format_version": "9.0"}', "upgrade ddvoices"),
        pytest.param('{"format_version": "1.1"}', "upgrade ddvoices", marks=pytest.mark.proof),
        pytest.param('{"format_version": "0.9"}', "restore it from git", marks=pytest.mark.proof),
        pytest.param('{"format_version": "1.0", "owner": "tests-4', "restore it", marks=pytest.mark.proof),
        ('{"format_version": "1.0", "owner": "tests-4mq7", "regions": 3}', "not a whole lock"),
        ('{"format_version": "1.0", "owner": "somebody", "regions": {}}', "former_owners"),
    ],
)
@pytest.mark.parametrize("arguments", [["plan"], ["apply", "--yes"]])
def test_1_a_broken_lock(workspace: Workspace, text: str, said: str, arguments: list[str]) -> None:
    workspace.voice("ada")
    workspace.save()
    workspace.lock.write_text(text)
    done = workspace.run(*arguments, code=1)
    assert said in one_line(done.stderr)
    assert workspace.lock.read_text() == text
    assert workspace.there() == []


def test_1_a_plan_that_can_not_be_saved(workspace: Workspace) -> None:
    workspace.voice("ada")
    done = workspace.run("plan", "-o", "no/such/folder/plan.json", code=1)
    assert "can't be written" in done.stderr.splitlines()[-1]


def test_1_a_sample_that_goes_away_between_plan_and_send_is_stale(workspace: Workspace) -> None:
    """Two applies: the second finds the first one's file changed; nothing is half sent."""
    workspace.voice("ada")
    workspace.run("plan", "-o", "plan.json")
    (workspace.root / "samples/ada.wav").unlink()
    workspace.run("apply", "plan.json", code=3)
    assert workspace.there() == []


def test_a_catalog_that_can_not_be_written_applies_nothing(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    (workspace.root / ".ddvoices").write_text("a file where the folder should be")
    done = workspace.run("apply", "--yes", code=1)
    assert ".ddvoices" in one_line(done.stderr)
    assert workspace.there() == []


def test_on_a_full_disk_nothing_is_sent(workspace: Workspace) -> None:
    """What can't be written down first isn't done."""
    workspace.voice("ada")
    done = with_room_for(workspace, 0, "apply", "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert "can't be written" in done.stderr.splitlines()[0]  # below, coverage may complain of the same
    assert workspace.there() == []
    workspace.apply()
    workspace.voice("bob")
    done = with_room_for(workspace, 0, "apply", "--yes")
    assert done.returncode == 1
    assert "journal.jsonl: can't be written" in done.stdout
    assert len(workspace.there()) == 1


def test_a_disk_that_is_full_at_the_end_loses_nothing(workspace: Workspace) -> None:
    """The report comes, the lock stays as it was, and the next apply writes it from the journal."""
    workspace.emulator.settings(workspace.key, echo_speaker_id="no")  # so that only the lock knows the voice
    workspace.voice("ada")
    workspace.save()
    voices = [{"id": f"id-{number}", "origin": "adopted"} for number in range(400)]
    elsewhere = {"another": {f"key-{number}": {"voices": [voice]} for number, voice in enumerate(voices)}}
    large = {"format_version": "1.0", "owner": "tests-4mq7", "regions": {"us": elsewhere}}
    workspace.lock.write_text(json.dumps(large))
    done = with_room_for(workspace, 8, "apply", "--yes")
    assert done.returncode == 4
    assert "Apply: 1 applied." in done.stdout
    assert "ddvoices.lock.json: can't be written" in done.stderr
    assert json.loads(workspace.lock.read_text()) == large
    assert workspace.changes() == []
    assert workspace.apply()["converged"]
    assert len(json.loads(workspace.lock.read_text())["regions"]["us"]) == 2
    assert workspace.changes() == []
    assert len(workspace.there()) == 1


def with_room_for(workspace: Workspace, kilobytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program where no file may grow beyond so many kilobytes: as good as a full disk."""
    workspace.save()
    with environment(workspace.env) as variables:
        line = f"ulimit -f {kilobytes}; exec {shlex.join(command(*arguments))}"
        return subprocess.run(
            ["bash", "-c", line],
            env=variables,
            cwd=workspace.folder,
            capture_output=True,
            text=True,
            check=False,
        )


def test_two_at_once_the_second_leaves_or_waits(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    rule = {"method": "POST", "path": "/voice", "kind": "hang", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    with environment(workspace.env) as variables:
        first = subprocess.Popen(command("apply", "--yes"), env=variables, cwd=workspace.folder)
        try:
            wait_for_request(workspace, "POST")
            done = workspace.run("apply", "--yes", code=1)
            assert "another ddvoices is applying" in one_line(done.stderr)
        finally:
            first.kill()
            first.wait()
    workspace.apply("--settle", "0.5", "--lock-timeout", "5")
    assert len(workspace.there()) == 1


def test_130_at_ctrl_c_the_call_in_flight_ends_and_the_report_comes(workspace: Workspace) -> None:
    for key in ("ada", "bob", "cleo"):
        workspace.voice(key)
    workspace.save()
    workspace.emulator.settings(workspace.key, latency_ms=700)
    with environment(workspace.env) as variables:
        process = subprocess.Popen(
            command("apply", "--yes", "--format", "json"),
            env=variables,
            cwd=workspace.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for_request(workspace, "POST", done=False)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    report = json.loads(out)
    assert [outcome["result"] for outcome in report["outcomes"]] == ["applied", "skipped", "skipped"]
    workspace.emulator.settings(workspace.key, latency_ms=0)
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 3


def wait_for_request(workspace: Workspace, method: str, *, done: bool = True) -> None:
    """Wait until the service has been asked; with a latency the log shows it only at its end."""
    journal = workspace.root / ".ddvoices" / "journal.jsonl"
    for _ in range(200):
        if any(entry["method"] == method for entry in workspace.emulator.requests(workspace.key)):
            return
        if not done and journal.exists() and "intent" in journal.read_text():
            return
        time.sleep(0.05)
    raise AssertionError("it never asked")


@pytest.mark.parametrize(("answer", "code", "voices"), [("y", 0, 1), ("n", 1, 0), ("", 1, 0)])
def test_a_terminal_is_asked(workspace: Workspace, answer: str, code: int, voices: int) -> None:
    workspace.voice("ada")
    workspace.save()
    said, found = on_a_terminal(workspace, ["apply"], answer + "\n")
    assert said.index("+ ada") < said.index("Apply these changes?")
    assert (found, len(workspace.there())) == (code, voices)


def test_with_json_a_terminal_sees_what_it_is_asked_about(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    said, _ = on_a_terminal(workspace, ["apply", "--format", "json"], "n\n")
    assert said.index("+ ada") < said.index("Apply these changes?")
    done = workspace.run("apply", "--yes", "--format", "json")
    assert (json.loads(done.stdout)["converged"], done.stderr) == (True, "")


def on_a_terminal(workspace: Workspace, arguments: list[str], typed: str) -> tuple[str, int]:
    """Run the program on a pseudo-terminal, type, and return what was on the screen and the exit code."""
    with environment({**workspace.env, "TERM": "xterm"}) as variables:
        pid, screen = pty.fork()
        if pid == 0:
            os.chdir(workspace.folder)
            line = command(*arguments)
            os.execvpe(line[0], line, variables)  # noqa: S606 - the program under test
        os.write(screen, typed.encode())
        said = read_all(screen)
        _, status = os.waitpid(pid, 0)
    return said, os.waitstatus_to_exitcode(status)


def read_all(screen: int) -> str:
    chunks = []
    while True:
        try:
            chunk = os.read(screen, 65536)
        except OSError:  # how Linux says that nobody is at the other end any more
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(screen)
    return b"".join(chunks).decode()


def test_a_broken_pipe_is_no_traceback(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    with environment(workspace.env) as variables:
        line = " ".join(command("plan", "--format", "json"))
        done = subprocess.run(
            ["sh", "-c", f"{line} | true"],
            env=variables,
            cwd=workspace.folder,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stderr == ""


def test_nothing_is_written_into_the_catalog_by_looking(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    before = sorted(Path(workspace.root).rglob("*"))
    for arguments in (["validate"], ["plan"], ["status"], ["ids"]):
        workspace.run(*arguments)
    assert sorted(Path(workspace.root).rglob("*")) == before


def test_6_a_refused_plan_says_so_once_and_asks_nothing(workspace: Workspace) -> None:
    for key in ("ada", "bob", "cyd", "dan"):
        workspace.voice(key)
    workspace.apply()
    workspace.voices = {}
    saved = workspace.run("plan", "--prune", "-o", "plan.json")
    assert "an apply of it is refused" in saved.stderr
    said, code = on_a_terminal(workspace, ["apply", "--prune"], "")
    assert (code, said.count("policy allows 3"), "Apply these" in said) == (6, 1, False)
    forced = workspace.run("apply", "--yes", "--prune", "--force")
    assert "warning: allowed by --force: us: 4 of 4 voices would be deleted" in forced.stderr
    assert "refused" not in forced.stdout


def test_a_key_that_is_none_closes_its_region_only(two_regions: Workspace) -> None:
    two_regions.voice("ada")
    two_regions.env["DEEPDUB_API_KEY_EU"] = "dd none"
    report = two_regions.apply(code=4)
    assert [(outcome["region"], outcome["result"]) for outcome in report["outcomes"]] == [("us", "applied")]


def test_64_two_names_of_one_machine_are_one_account(two_regions: Workspace) -> None:
    two_regions.voice("ada")
    two_regions.env["DEEPDUB_API_KEY_EU"] = two_regions.env["DEEPDUB_API_KEY_US"]
    url = two_regions.settings["regions"]["eu"]["base_url"]
    two_regions.settings["regions"]["eu"]["base_url"] = url.replace("127.0.0.1", "localhost")
    assert "one account" in one_line(two_regions.run("plan", code=64).stderr)


def test_64_a_wrong_target_is_said_before_that_nobody_can_be_asked(workspace: Workspace) -> None:
    workspace.voice("ada")
    assert (
        "--target gone: no voice of us has such a key" in workspace.run("apply", "-t", "gone", code=64).stderr
    )
    assert "nobody can be asked" in one_line(workspace.run("apply", "-t", "ada", code=64).stderr)


@pytest.mark.parametrize(
    ("arguments", "code"), [(["show", "nofile"], 1), (["plan", "-r", "mars"], 64), (["apply", "-o"], 64)]
)
def test_with_json_messages_errors_are_json_too(
    workspace: Workspace, arguments: list[str], code: int
) -> None:
    workspace.voice("ada")
    done = workspace.run("-v", "--log-format", "json", *arguments, code=code)
    assert [json.loads(line)["level"] for line in done.stderr.splitlines()] == ["error"]
    done = workspace.run("-v", "--log-format", "json", "plan")
    assert {json.loads(line)["level"] for line in done.stderr.splitlines()} == {"info"}


def test_a_refused_key_is_named_by_where_it_is_from(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.env["DEEPDUB_API_KEY_US"] = "other-key"
    assert "the key is from DEEPDUB_API_KEY_US" in workspace.run("ids", code=7).stderr


def test_an_endpoint_that_is_cut_short_is_doubted(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.settings["regions"]["us"]["base_url"] = workspace.emulator.origin
    said = f"is {workspace.emulator.origin} the whole endpoint? Deepdub's ends in /api/v1"
    assert said in workspace.run("ids", code=1).stderr


@pytest.mark.parametrize("arguments", [["validate"], ["validate", "--format", "json"]])
def test_a_lock_with_a_merge_conflict_is_not_valid(workspace: Workspace, arguments: list[str]) -> None:
    workspace.voice("ada")
    workspace.apply()
    workspace.lock.write_text("<<<<<<< HEAD\n" + workspace.lock.read_text())
    assert "merge conflict" in one_line(workspace.run(*arguments, code=1).stderr)
