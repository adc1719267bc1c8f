"""``ddvoices tts-batch``: a script into a file for each line, by the program and the emulator's speech."""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from cli.program import command, environment, keyed, on_terminal, run
from rich.cells import cell_len
from service import Emulator
from workspace import Workspace, write_tone

from ddvoices.audio import sniff
from ddvoices.batch.state import STATE_NAME
from ddvoices.resources import read_schema

GENERATION = "/open/text-to-speech"


NONE = dict.fromkeys(read_schema("batch-report")["properties"]["summary"]["required"], 0)


class Stage:
    """A folder with a script, an account with one voice, and the program on them."""

    def __init__(self, folder: Path, emulator: Emulator, key: str) -> None:
        self.folder, self.emulator, self.key = folder / "here", emulator, key
        self.folder.mkdir()
        self.script = self.folder / "script.jsonl"
        self.out = self.folder / "script"
        self.env = keyed(emulator.base_url, key, DEEPDUB_BASE_WEBSOCKET_URL=emulator.websocket_url)
        self.voice = self._add_voice(write_tone(folder / "ada.wav"))
        emulator.clear_requests(key)

    def _add_voice(self, sample: Path) -> str:
        data = base64.b64encode(sample.read_bytes()).decode()
        voice = {"filename": "ada.wav", "data": data, "title": "Ada", "gender": "FEMALE", "locale": "en-GB"}
        _, answer = self.emulator.call(self.key, "POST", "/voice", voice)
        return str(answer["response"]["voice_prompt_id"])

    def write(self, *lines: dict[str, Any] | str) -> None:
        """Write a script of these lines; a text alone is a line too."""
        written = [{"text": line} if isinstance(line, str) else line for line in lines]
        self.script.write_text("".join(json.dumps(line) + "\n" for line in written), encoding="utf-8")

    def arguments(self, *more: str) -> list[str]:
        return ["tts-batch", self.script.name, "--voice-prompt-id", self.voice, *more]

    def run(self, *arguments: str, code: int = 0, **options: Any) -> CompletedProcess[str]:
        done = run(*self.arguments(*arguments), **{"env": self.env, "cwd": self.folder, **options})
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def said(self, *arguments: str, code: int = 0, **options: Any) -> list[str]:
        """Run, and return what it says on stdout."""
        return self.run(*arguments, code=code, **options).stdout.splitlines()

    def report(self, *arguments: str, code: int = 0, **options: Any) -> dict[str, Any]:
        """Run, and return the report, held against its schema."""
        from jsonschema import Draft202012Validator

        report = json.loads(self.run("--output-format", "json", *arguments, code=code, **options).stdout)
        Draft202012Validator(read_schema("batch-report")).validate(report)
        return report

    def results(self, *arguments: str, **options: Any) -> dict[str, str]:
        return {line["out"]: line["result"] for line in self.report(*arguments, **options)["lines"]}

    def asked(self) -> list[str]:
        """Return the texts of the generations that the service was asked for, in order."""
        log = self.emulator.requests(self.key)
        return [entry["body"]["targetText"] for entry in log if entry["path"] == GENERATION]

    def files(self) -> list[str]:
        return sorted(path.relative_to(self.out).as_posix() for path in self.out.rglob("*") if path.is_file())


@pytest.fixture
def stage(tmp_path, emulator, api_key) -> Stage:
    return Stage(tmp_path, emulator, api_key)


def test_each_line_becomes_a_file_in_its_format(stage):
    stage.write("One.", {"text": "Two.", "out": "deep/er/two.mp3"}, {"text": "Three.", "out": "3.pcm"})
    done = stage.run("--sample-rate", "16000")
    assert done.stdout.startswith("Batch: 3 spoken; ")
    assert done.stderr == ""
    assert stage.files() == [STATE_NAME, "0001-one.wav", "3.pcm", "deep/er/two.mp3"]
    with wave.open(str(stage.out / "0001-one.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
        assert 0.1 < file.getnframes() / 16000 < 3
    assert (stage.out / "0001-one.wav").stat().st_size == 44 + file.getnframes() * 2
    assert sniff((stage.out / "deep/er/two.mp3").read_bytes()) == "mp3"


def test_only_what_has_changed_is_spoken_again_and_nothing_that_a_person_made_is_lost(stage):
    stage.write("One.", "Two.", "Three.")
    assert [*stage.results().values()] == ["spoken"] * 3
    # the same again, without a word to the socket
    stage.emulator.clear_requests(stage.key)
    assert [*stage.results().values()] == ["unchanged"] * 3
    assert stage.emulator.requests(stage.key) == []
    # a changed text, an option, and a file that is gone
    stage.write("One!", {"text": "Two.", "out": "0002-two.wav", "seed": 7}, "Three.", "Four.")
    (stage.out / "0003-three.wav").unlink()
    (stage.out / "mine.txt").write_text("not of the script")
    assert [*stage.results().values()] == ["spoken"] * 4
    assert sorted(stage.asked()) == ["Four.", "One!", "Three.", "Two."]
    # a file that somebody has edited, and one that isn't ours
    (stage.out / "0001-one.wav").write_text("edited")
    (stage.out / "five.wav").write_text("somebody's")
    stage.write("One!", {"text": "Five.", "out": "five.wav"})
    stage.emulator.clear_requests(stage.key)
    refused = stage.run(code=6).stderr.splitlines()
    assert [line.partition(": is there, and not as a batch")[0] for line in refused] == [
        "error: script.jsonl:1:1: out: script/0001-one.wav",
        "error: script.jsonl:2:1: out: script/five.wav",
    ]
    assert (stage.asked(), (stage.out / "five.wav").read_text()) == ([], "somebody's")
    assert [*stage.results("--force").values()] == ["spoken"] * 2
    assert (stage.out / "mine.txt").read_text() == "not of the script"


def test_a_limit_and_faults_in_between_are_overcome_and_nothing_is_paid_for_twice(stage):
    lines = [f"Line {number}." for number in range(24)]
    stage.write(*lines)
    stage.emulator.settings(stage.key, max_concurrent=3, first_audio_ms=20)
    stage.emulator.faults(
        stage.key,
        [
            {"method": "GET", "path": "/open", "kind": "status", "status": 503, "count": 1},
            {"method": "WS", "path": GENERATION, "kind": "status", "status": 429, "count": 2, "skip": 2},
            {"method": "WS", "path": GENERATION, "kind": "reset", "when": "after", "count": 1, "skip": 8},
            {"method": "WS", "path": GENERATION, "kind": "status", "status": 400, "count": 1, "skip": 12},
        ],
    )
    first = stage.report("--parallelism", "6", "--connections", "2", code=4)
    assert first["summary"]["spoken"] >= 18
    assert first["summary"]["skipped"] == 0
    lost = [line for line in first["lines"] if line["result"] == "failed"]
    assert 2 <= len(lost) == first["summary"]["failed"]
    log = [entry for entry in stage.emulator.requests(stage.key) if entry["path"] == GENERATION]
    refused = [entry for entry in log if not entry["admitted"]]
    assert 0 < len(refused) < 24  # the run has slowed down
    second = stage.report()
    assert second["summary"]["spoken"] == len(lost)
    assert second["summary"]["unchanged"] == 24 - len(lost)
    assert len(stage.files()) == 25
    log = [entry for entry in stage.emulator.requests(stage.key) if entry["path"] == GENERATION]
    paid = Counter(entry["body"]["targetText"] for entry in log if entry["admitted"] and not entry["fault"])
    again = {lines[line["line"] - 1] for line in lost}
    assert set(paid) == set(lines)
    assert {text for text, times in paid.items() if times > 1} <= again


def test_without_credits_no_more_lines_are_started(stage):
    stage.write(*(f"Line {number}." for number in range(9)))
    stage.emulator.settings(stage.key, credits=2)
    report = stage.report("--parallelism", "1", code=4)
    assert report["summary"] == NONE | {"spoken": 2, "failed": 1, "skipped": 6}
    assert len(stage.asked()) == 3
    assert "credits" in report["stopped"]
    assert all("credits" in line["error"] for line in report["lines"][2:])
    stage.emulator.settings(stage.key, credits=None)
    assert stage.report()["summary"]["spoken"] == 7


@pytest.mark.parametrize(
    ("env", "code", "said"),
    [
        ({"DEEPDUB_API_KEY": ""}, 7, "no API key"),
        ({"DEEPDUB_API_KEY": "not-a-key"}, 7, "401"),
        ({"DEEPDUB_BASE_WEBSOCKET_URL": ""}, 7, "set DEEPDUB_BASE_WEBSOCKET_URL too"),
    ],
)
def test_where_nothing_could_be_spoken_the_exit_code_is_the_causes_own(stage, env, code, said):
    stage.write("One.", "Two.")
    done = stage.run(code=code, env={**stage.env, **env})
    assert said in done.stdout + done.stderr
    assert not stage.out.exists()


def test_a_line_that_the_service_refuses_fails_alone_and_is_told_with_its_place(stage):
    stage.write("One.", {"text": "Two.", "voice_prompt_id": "nobody", "out": "two.wav"}, "Three.")
    done = stage.run(code=4)
    failed, counted = done.stdout.splitlines()
    assert failed.startswith("script.jsonl:2: two.wav: ")
    assert "nobody" in failed
    assert counted.startswith("Batch: 2 spoken, 1 failed; ")


@contextmanager
def running(stage: Stage, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run that has spoken its first line, and is at others that take long."""
    stage.write("One.", *(f"A line that takes long, {number}." for number in range(6)))
    hanging = {"method": "WS", "path": GENERATION, "kind": "hang", "when": "after", "skip": 1}
    stage.emulator.faults(stage.key, [hanging])
    with (
        environment(stage.env) as variables,
        subprocess.Popen(
            command(*stage.arguments("--parallelism", "1", *arguments)),
            cwd=stage.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            while (
                not stage.emulator.fault_counts(stage.key)[0]["struck"] or "0001-one.wav" not in stage.files()
            ):
                assert process.poll() is None, process.communicate()
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_reports_keeps_what_is_finished_and_goes_on_next_time(stage, number):
    with running(stage, "--output-format", "json") as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    report = json.loads(out)
    assert report["summary"] == NONE | {"spoken": 1, "failed": 1, "skipped": 5}
    assert report["interrupted"]
    assert stage.files() == [STATE_NAME, "0001-one.wav"]
    stage.emulator.faults(stage.key, [])
    assert Counter(stage.results().values()) == {"unchanged": 1, "spoken": 6}


def test_killed_it_goes_on_next_time_and_while_it_runs_no_other_may_write_there(stage):
    with running(stage) as process:
        assert "another batch is writing here" in stage.run(code=1).stderr
        process.kill()
        process.wait(60)
    stage.emulator.faults(stage.key, [])
    assert Counter(stage.results().values()) == {"unchanged": 1, "spoken": 6}
    assert len(stage.files()) == 8  # no half file is left


@pytest.mark.proof
def test_killed_anywhere_and_again_each_file_is_whole_and_none_is_taken_for_a_strangers(stage):
    lines = [f"Line {number}." for number in range(40)]
    stage.write(*lines)
    stage.emulator.settings(stage.key, first_audio_ms=30)
    kills = 0
    for made in range(0, 36, 4):
        with environment(stage.env) as variables:
            process = subprocess.Popen(
                command(*stage.arguments()),
                cwd=stage.folder,
                env=variables,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            while process.poll() is None and len(list(stage.out.glob("*.wav"))) < made:
                time.sleep(0.002)
            kills += process.poll() is None
            process.kill()
            _, said = process.communicate()
        assert said == b""
    report = stage.report()
    assert report["summary"]["spoken"] + report["summary"]["unchanged"] == len(lines)
    assert kills >= 3
    for line in report["lines"]:
        with wave.open(str(stage.out / line["out"])) as file:
            assert file.getnframes() / file.getframerate() == pytest.approx(line["seconds"], abs=0.001)


def test_a_dry_run_needs_no_key_and_no_network_and_writes_nothing(stage):
    stage.write("One.", {"text": "Some years ago, never mind how long.", "tempo": 2, "out": "two.mp3"})
    nowhere = {"DEEPDUB_BASE_WEBSOCKET_URL": stage.emulator.websocket_url}
    report = stage.report("--dry-run", env=nowhere)
    assert report["dry_run"]
    assert [line["result"] for line in report["lines"]] == ["to_speak"] * 2
    assert report["seconds"] == pytest.approx(sum(line["seconds"] for line in report["lines"]))
    assert not stage.out.exists()
    stage.run()
    stage.write("One.", "Another.")
    assert stage.said("--dry-run", env=nowhere)[-1].startswith("Batch: 1 unchanged, 1 to speak; about ")


def test_a_dry_run_shows_each_line_within_the_width_of_a_terminal(stage):
    texts = [
        "Some years ago, never mind how long precisely, having little or no money",
        "吾輩は猫である" * 20,
    ]
    outs = [f"part-1/chapter-{number}/a-very-long-name-of-a-file.wav" for number in range(2)]
    stage.write(*({"text": text, "out": out} for text, out in zip(texts, outs, strict=True)), "a\x1b[2Jb")
    *lines, last = stage.said("--dry-run")
    assert re.match(r"to speak   +\d\.\d s  part-1/chapt…of-a-file.wav  ", lines[0])
    assert f"  {stage.voice[:9]}…  Some years ago" in lines[0]
    assert [cell_len(line) for line in lines[:2]] == [80, 80]
    assert all(line.endswith("…") for line in lines[:2])
    assert lines[2].endswith("  a\\x1b[2Jb")
    assert re.fullmatch(r"Batch: 3 to speak; about \d+\.\d s of speech; in script/", last)


def test_everything_that_is_wrong_is_told_before_anything_is_spoken(stage):
    stage.write({"text": "", "tempo": 0}, {"text": "a", "out": "../a.wav"})
    said = stage.run(code=64).stderr.splitlines()
    assert [line.partition(" ")[2].partition(": ")[0] for line in said] == [
        "script.jsonl:1:10",
        "script.jsonl:1:23",
        "script.jsonl:2:22",
    ]
    assert stage.asked() == []
    assert not stage.out.exists()
    stage.write({"text": "a", "out": "up/a.wav"}, {"text": "b", "out": "folder"} | {"format": "wav"})
    (stage.out / "folder").mkdir(parents=True)
    (stage.out / "up").symlink_to("..")
    said = stage.run("--force", code=64).stderr
    assert "script.jsonl:1:1: out: script/up/a.wav: a link leads out" in said
    assert "script.jsonl:2:1: out: script/folder: can't be made" in said


def test_a_script_may_come_from_stdin_and_must_say_what_it_is(stage):
    arguments = ["tts-batch", "-", "--voice-prompt-id", stage.voice, "-o", "audio"]
    table = 'text;seed\n"Hello; you";7\n'
    done = run(*arguments, "--script-format", "csv", input=table, env=stage.env, cwd=stage.folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert (stage.folder / "audio" / "0001-hello-you.wav").exists()
    done = run(*arguments, input=table, env=stage.env, cwd=stage.folder)
    assert (done.returncode, "--script-format" in done.stderr) == (64, True)


def test_progress_is_json_lines_or_a_bar_that_leaves_nothing_behind(stage):
    stage.write("One.", "Two.")
    done = run("--log-format", "json", *stage.arguments(), env=stage.env, cwd=stage.folder)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert {(line["line"], line["out"], line["result"]) for line in told} == {
        (1, "0001-one.wav", "spoken"),
        (2, "0002-two.wav", "spoken"),
    }
    code, shown = on_terminal(*stage.arguments("--force"), env=stage.env, cwd=stage.folder)
    assert code == 0
    assert "2/2" in shown
    assert "of speech" in shown.splitlines()[-1]


def test_the_bar_keeps_its_width_leaves_room_for_ctrl_c_and_counts_what_has_failed_apart(stage):
    one = {"text": "One.", "out": f"{'long-' * 20}.wav"}
    stage.write(one, {"text": "Two.", "voice_prompt_id": "nobody"}, "Three.")
    stage.emulator.settings(stage.key, first_audio_ms=250)
    code, shown = on_terminal(
        *stage.arguments("--parallelism", "1"), env={**stage.env, "COLUMNS": "80"}, cwd=stage.folder
    )
    assert code == 4
    frames = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", each) for each in re.split(r"[\r\n]+", shown)]
    frames = [frame for frame in frames if re.search(r"\d/3", frame)]
    assert {len(frame) for frame in frames} == {74}
    assert any("long-long" in frame and "…" in frame for frame in frames)
    assert "2/3 1 failed" in frames[-1]
    assert not any("3/3" in frame for frame in frames)


# lines whose names have changed


def test_a_line_that_was_moved_is_not_paid_for_again(stage):
    stage.write("One.", "Two.", "Two.", {"text": "Three.", "out": "x/three.wav"})
    stage.run()
    before = {out: (stage.out / out).read_bytes() for out in stage.files()}
    stage.emulator.clear_requests(stage.key)
    stage.write("One.", "New.", "Two.", "Two.", "Two.", {"text": "Three.", "out": "y/3.wav"})
    moves = {"0004-two.wav": "0002-two.wav", "y/3.wav": "x/three.wav"}
    foreseen = stage.report("--dry-run")
    assert {line["out"]: line["moved_from"] for line in foreseen["lines"] if line["moved_from"]} == moves
    assert foreseen["summary"] == NONE | {"unchanged": 2, "moved": 2, "to_speak": 2}
    assert stage.files() == sorted(before)
    told = stage.said()
    assert told[:3] == [
        "Moved: 2 files to where the lines are now:",
        "  0004-two.wav  from 0002-two.wav",
        "  y/3.wav  from x/three.wav",
    ]
    assert told[-1].startswith("Batch: 2 spoken, 2 unchanged, 2 moved; ")
    assert sorted(stage.asked()) == ["New.", "Two."]
    assert (stage.out / "0004-two.wav").read_bytes() == before["0002-two.wav"]
    assert (stage.out / "y/3.wav").read_bytes() == before["x/three.wav"]
    assert not (stage.out / "x/three.wav").exists()


def test_files_change_places_with_their_lines(stage):
    def write(texts: str) -> None:
        stage.write(*({"text": f"{text}.", "out": f"{n}.wav"} for n, text in enumerate(texts, start=1)))

    def sounds() -> list[bytes]:
        return [(stage.out / f"{number}.wav").read_bytes() for number in (1, 2, 3)]

    write("ABC")
    stage.run()
    first, second, third = sounds()
    write("CABD")
    stage.emulator.clear_requests(stage.key)
    assert [line.split()[:2] for line in stage.said("--dry-run")[:4]] == [["to", "move"]] * 3 + [
        ["to", "speak"]
    ]
    assert [*stage.results().values()] == ["moved", "moved", "moved", "spoken"]
    assert stage.asked() == ["D."]
    assert sounds() == [third, first, second]
    assert stage.files() == [STATE_NAME, "1.wav", "2.wav", "3.wav", "4.wav"]


def test_only_what_a_batch_wrote_and_no_line_wants_is_moved(stage):
    stage.write(*({"text": text, "out": f"{text}.wav"} for text in ("edited", "wanted", "left", "forced")))
    stage.run()
    (stage.out / "edited.wav").write_text("somebody's own now")
    (stage.out / "copy.wav").write_bytes((stage.out / "left.wav").read_bytes())
    (stage.out / "left.wav").unlink()
    stage.write(
        {"text": "edited", "out": "a.wav"},
        {"text": "wanted", "out": "wanted.wav"},
        {"text": "wanted", "out": "b.wav"},
        {"text": "left", "out": "c.wav"},
        {"text": "forced", "out": "d.wav"},
    )
    stage.emulator.clear_requests(stage.key)
    assert stage.results("--only", "[bd].wav", "--force")["d.wav"] == "spoken"
    stage.report()
    assert Counter(stage.asked()) == {"edited": 1, "wanted": 1, "left": 1, "forced": 1}
    assert (stage.out / "edited.wav").read_text() == "somebody's own now"
    assert stage.report()["left_over"] == ["forced.wav"]


KILL_AT = """\
import os, sys
left = int(sys.argv.pop(1))
def kill(event, arguments):
    global left
    touched = any("script" in str(each) and ".wav" in str(each) for each in arguments)
    if touched and event in ("os.link", "os.remove", "os.rename"):
        left -= 1
        if left < 0:
            os._exit(137)
from ddvoices.cli import main
sys.addaudithook(kill)
sys.exit(main())
"""


@pytest.mark.proof
def test_killed_between_any_two_moves_nothing_is_lost_or_paid_for_again(stage):
    texts = ["A.", "B.", "C.", "D.", "E."]
    stage.write(*({"text": text, "out": f"{number}.wav"} for number, text in enumerate(texts)))
    stage.run()
    sound = {text: (stage.out / f"{number}.wav").read_bytes() for number, text in enumerate(texts)}
    before = stage.folder / "before"
    shutil.copytree(stage.out, before)
    turned = ["B.", "C.", "A.", "E."]  # a ring of three, and one that takes the place of another
    stage.write(*({"text": text, "out": f"{number}.wav"} for number, text in enumerate(turned)))
    stage.emulator.clear_requests(stage.key)
    for kill_at in range(99):
        shutil.rmtree(stage.out)
        shutil.copytree(before, stage.out)
        with environment(stage.env) as variables:
            line = [sys.executable, "-c", KILL_AT, str(kill_at), *stage.arguments()]
            killed = subprocess.run(line, cwd=stage.folder, env=variables, capture_output=True, check=False)
        there = {(stage.out / name).read_bytes() for name in stage.files()}
        assert there >= {sound[text] for text in turned}
        assert set(stage.results().values()) <= {"unchanged", "moved"}
        for number, text in enumerate(turned):
            assert (stage.out / f"{number}.wav").read_bytes() == sound[text]
        if killed.returncode == 0:
            break
        assert killed.returncode == 137, killed.stderr
    assert kill_at >= 8
    assert stage.asked() == []


# some lines only, and files that a person has edited


def test_some_lines_alone_are_spoken_again_and_a_pattern_that_means_none_is_a_slip(stage):
    stage.write(*({"text": f"Line {n}.", "out": f"ch{n % 2}/{n:03}.wav"} for n in range(6)))
    stage.run()
    stage.emulator.clear_requests(stage.key)
    (stage.out / "ch0/000.wav").write_text("edited, and none of this run's business")
    report = stage.report("--force", "--only", "ch1/003*", "--only", "*/004.wav")
    assert report["summary"] == NONE | {"spoken": 2, "not_chosen": 4}
    assert report["left_over"] == []
    assert sorted(stage.asked()) == ["Line 3.", "Line 4."]
    slip = stage.run("--only", "ch1/*", "--only", "ch1/03.wav", "--dry-run", code=64).stderr
    assert slip == "error: --only ch1/03.wav: no line has such a file; did you mean 'ch1/003.wav'?\n"


def test_edited_files_are_kept_where_that_is_asked_for(stage):
    stage.write("One.", "Two [2].", "Three.")
    stage.run()
    (stage.out / "0002-two-2.wav").write_text("edited")
    stage.write("One.", {"text": "Two.", "out": "0002-two-2.wav"}, {"text": "Four!", "out": "a [b].wav"})
    (stage.out / "a [b].wav").write_text("somebody's")
    refused = stage.run(code=6).stderr.splitlines()
    assert refused[0].endswith(
        "--keep-edited leaves it alone, --force --only 0002-two-2.wav overwrites it"
        " (--force alone speaks every line again)"
    )
    assert " --only 'a [[]b].wav' overwrites" in refused[1]
    for arguments in (["--keep-edited", "--dry-run"], ["--keep-edited", "--force"]):
        results = stage.results(*arguments)
        assert list(results.values())[1:] == ["kept", "kept"]
    assert (stage.out / "0002-two-2.wav").read_text() == "edited"
    assert stage.results("--force", "--only", "a [[]b].wav")["a [b].wav"] == "spoken"
    assert (stage.out / "0002-two-2.wav").read_text() == "edited"


def test_files_of_earlier_runs_that_no_line_wants_are_counted_and_never_deleted(stage):
    stage.write(*(f"Line {number}." for number in range(9)))
    stage.run()
    (stage.out / "0009-line-8.wav").write_text("edited: nobody's but its owner's")
    (stage.out / "mine.wav").write_text("never ours")
    stage.write("Line 0.")
    left_over = [f"000{number + 1}-line-{number}.wav" for number in range(1, 8)]
    assert stage.report()["left_over"] == left_over
    told = stage.said("--dry-run")[-8:-1]
    assert told[0] == "Left over: 7 files of earlier runs that no line wants:"
    assert told[1:] == [*(f"  {name}" for name in left_over[:5]), "  and 2 more: `ddvoices -v` names all"]
    verbose = run("-v", *stage.arguments(), env=stage.env, cwd=stage.folder).stdout
    assert verbose.splitlines()[1:-1] == [f"  {name}" for name in left_over]
    assert len(stage.files()) == 11


def test_a_tempo_that_the_service_may_refuse_is_a_warning(stage):
    stage.write("One.", "Two.")
    done = stage.run("--tempo", "1e6", "--dry-run")
    assert done.stderr == (
        "warning: --tempo: 1e+06 is out of 0.25 to 4: the service may refuse it (and 1 more like it)\n"
    )
    assert " 0.0 s" not in done.stdout


# voices by their keys


@pytest.fixture
def workspace(tmp_path, emulator) -> Workspace:
    made = Workspace(tmp_path, emulator, regions=("us", "eu"))
    made.settings["regions"]["us"]["base_websocket_url"] = emulator.websocket_url
    made.voice("ada", locale="en-GB")
    made.voice("bob", locale="de-DE", regions=["us"])
    return made


def test_keys_mean_the_voices_that_they_mean_now_each_in_its_own_language(workspace, tmp_path):
    (tmp_path / "s.csv").write_text("text,voice\nHello,ada\nHallo,bob\nHallo,ada\n", encoding="utf-8")
    missing = workspace.run("tts-batch", "s.csv", code=1)
    assert missing.stderr.startswith("error: ada has no voice in us yet: run `ddvoices apply`; bob has no")
    shown = workspace.run("tts-batch", "s.csv", "--dry-run", env={"DEEPDUB_API_KEY_US": ""}).stdout
    assert "3 to speak" in shown
    workspace.apply()
    workspace.calls()
    workspace.run("tts-batch", "s.csv")
    ids = {voice["name"]: voice["id"] for voice in workspace.there()}
    log = workspace.emulator.requests(workspace.key)
    asked = [(e["body"]["voicePromptId"], e["body"]["locale"]) for e in log if e["path"] == GENERATION]
    ada, bob = (ids["Ada"], "en-GB"), (ids["Bob"], "de-DE")
    assert sorted(asked) == sorted([ada, ada, bob])
    assert sum(e["path"] == "/voice" for e in log) == 1  # one listing for all keys
    shown = workspace.run("tts-batch", "s.csv", "--dry-run", env={"DEEPDUB_API_KEY_US": ""}).stdout
    assert sorted(shown.splitlines()[-3:-1]) == [
        f"(if {name.lower()} still means {ids[name]})" for name in ("Ada", "Bob")
    ]
    inserted = "text,voice\nNew,ada\nHello,ada\nHallo,bob\nHallo,ada\n"
    (tmp_path / "inserted.csv").write_text(inserted, encoding="utf-8")
    no_key = {"DEEPDUB_API_KEY_US": ""}
    shown = workspace.run("tts-batch", "inserted.csv", "-o", "s", "--dry-run", env=no_key).stdout.splitlines()
    assert [line[:8] for line in shown[:4]] == ["to speak", *["to move "] * 3]
    assert shown[4].startswith("(if ")
    wrong = workspace.run("tts-batch", "s.csv", "-r", "eu", code=64).stderr
    assert wrong == "error: s.csv:3:7: voice: bob is not for region eu, but for us: choose with -r\n"
    typo = workspace.run("tts-batch", "s.csv", "-r", "uss", code=64).stderr
    assert typo.startswith("error: no region 'uss': there are eu, us")
    assert typo.count("\n") == 1


def test_a_state_of_another_release_is_said_so_and_left_alone(stage):
    stage.write("One.")
    stage.out.mkdir()
    (stage.out / STATE_NAME).write_text('{"format_version":"9.0"}\n')
    assert "upgrade ddvoices" in stage.run("--force", code=1).stderr
    assert stage.asked() == []
