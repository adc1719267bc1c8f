"""``ddvoices tts-stream``: a text over a socket into a file or a pipe, through the real program."""

from __future__ import annotations

import io
import signal
import subprocess
import time
import wave

import pytest
from cli.program import CTRL_C, command, environment, on_terminal, run
from cli.studio import TEXT, Studio, binary
from workspace import Workspace

from ddvoices.audio import sniff
from ddvoices.audio.wav import read_surely

OPEN = "/open/text-to-speech"
LONG = "One sentence after the other, and another one. " * 20


@pytest.fixture
def studio(tmp_path, emulator, api_key) -> Studio:
    return Studio(tmp_path, emulator, api_key)


def frames(data: bytes) -> int:
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes()


@pytest.mark.parametrize(
    ("name", "kind"), [("a.wav", "wav"), ("a.mp3", "mp3"), ("a.pcm", None), (None, "wav")]
)
def test_the_audio_is_one_valid_file_of_its_format(studio, name, kind):
    studio.emulator.settings(studio.key, chunk_ms=100)
    shown = studio.run("tts-stream", TEXT, *(["-o", name] if name else [])).stdout
    (made,) = studio.files()
    assert shown == ("" if name else f"{made}\n")
    data = (studio.folder / made).read_bytes()
    assert sniff(data) == kind
    if kind == "wav":
        assert data.count(b"RIFF") == 1
        found = read_surely(data)
        assert found is not None
        assert 0.5 < found.seconds < 5


def test_every_option_goes_onto_the_wire(studio):
    options = {
        "model": ("dd-etts-3.0", "dd-etts-3.0"),
        "locale": ("en-US", "en-US"),
        "sample-rate": ("8000", 8000),
        "temperature": ("0.5", 0.5),
        "variance": ("0.25", 0.25),
        "tempo": ("1.5", 1.5),
        "seed": ("7", 7),
        "generation-id": ("0b7c0b8e-8a4e-4a2e-9a53-0e6f3ce0ad11",) * 2,
        "target-gender": ("male", "MALE"),
        "format": ("mulaw", "mulaw"),
    }
    given = [part for name, (value, _) in options.items() for part in (f"--{name}", value)]
    accent = ["--accent-base-locale", "en-US", "--accent-locale", "fr-FR", "--accent-ratio", "0.3"]
    studio.run("tts-stream", TEXT, "-o", "a.ulaw", "--prompt-boost", *given, *accent)
    (asked,) = studio.asked(OPEN)
    named = {"sample-rate": "sampleRate", "generation-id": "generationId", "target-gender": "targetGender"}
    assert {named.get(name, name): sent for name, (_, sent) in options.items()}.items() <= asked.items()
    assert asked["promptBoost"] is True
    assert asked["accentControl"] == {
        "accentBaseLocale": "en-US",
        "accentLocale": "fr-FR",
        "accentRatio": 0.3,
    }


def test_stdout_gets_audio_while_it_is_being_spoken(studio):
    studio.emulator.settings(studio.key, pace_percent=100, chunk_ms=100)
    with studio.running("tts-stream", LONG, "-o", "-", "--format", "s16le") as process:
        assert process.stdout.read(2000)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_reader_that_has_stopped_holds_up_no_signal(studio, number):
    with studio.running(
        "tts-stream", LONG, "-o", "-", "--format", "s16le", "--sample-rate", "48000"
    ) as process:
        assert process.stdout.read(1000)
        time.sleep(0.5)  # by now the pipe is full
        process.send_signal(number)
        assert process.wait(60) == 130


def test_a_slow_reader_gets_it_all(studio):
    studio.run("tts-stream", LONG, "-o", "a.pcm")
    expected = (studio.folder / "a.pcm").read_bytes()
    with studio.running("tts-stream", LONG, "-o", "-", "--format", "headerless-wav") as process:
        parts = []
        while part := process.stdout.read(100_000):
            parts.append(part)
            time.sleep(0.05)
        assert process.wait(60) == 0
    assert b"".join(parts) == expected


def test_a_pipe_gets_one_wav(studio):
    data = binary(studio.run("tts-stream", TEXT, "-o", "-"))
    assert data.count(b"RIFF") == 1
    assert frames(data) > 8000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_half_file(studio, number):
    studio.emulator.settings(studio.key, pace_percent=100)
    with studio.running("tts-stream", LONG, "-o", "a.wav") as process:
        deadline = time.monotonic() + 60
        while not studio.asked(OPEN) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"\ninterrupted\n")
    assert studio.files() == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "reset", "when": "after"}, "the connection was lost"),
        ({"kind": "close", "when": "after"}, "closed by the service (1011"),
        ({"kind": "html"}, "not JSON"),
        ({"kind": "status", "status": 402}, "InsufficientCredits"),
        ({"kind": "status", "status": 429}, "RateLimit"),
    ],
)
def test_an_error_of_the_service_is_1_and_leaves_no_file(studio, rule, said):
    studio.emulator.faults(studio.key, [{"path": OPEN, **rule}])
    assert said in studio.run("tts-stream", LONG, "-o", "a.wav", code=1).stderr
    assert studio.files() == []
    assert len(studio.asked(OPEN)) == 1


def test_a_refused_key_is_7(studio):
    studio.run("tts-stream", TEXT, code=7, env={**studio.env, "DEEPDUB_API_KEY": "no-key"})


def test_a_socket_that_was_not_moved_is_not_used(studio):
    env = {name: value for name, value in studio.env.items() if "WEBSOCKET" not in name}
    assert "DEEPDUB_BASE_WEBSOCKET_URL" in studio.run("tts-stream", TEXT, code=7, env=env).stderr


def test_what_is_not_utf8_is_64_and_costs_nothing(studio):
    for option in ("--model", "--locale", "--voice-prompt-id"):
        line = ["tts-stream", TEXT, "--voice-prompt-id", studio.voice, option, "caf\udce9"]
        done = run(*line, env=studio.env, cwd=studio.folder)
        assert (done.returncode, "UTF-8" in done.stderr) == (64, True), done.stderr
    assert studio.asked(OPEN) == []


@pytest.mark.parametrize("name", ["tts", "tts-stream"])
def test_a_closed_stdout_is_found_before_anything_is_paid_for(studio, name):
    with environment(studio.env) as variables:
        line = command(name, TEXT, "--voice-prompt-id", studio.voice, "-o", "-")
        shell = ["sh", "-c", '"$@" >&-', "sh", *line]
        done = subprocess.run(shell, env=variables, cwd=studio.folder, capture_output=True, check=False)
    assert (done.returncode, b"stdout is closed" in done.stderr) == (64, True)
    assert studio.asked(OPEN) == studio.asked("/tts") == []


def test_a_link_to_what_is_open_already_is_written_through(studio):
    (studio.folder / "link.wav").symlink_to("/proc/self/fd/1")
    with environment(studio.env) as variables, (studio.folder / "out.wav").open("wb") as file:
        line = command("tts-stream", TEXT, "--voice-prompt-id", studio.voice, "-o", "link.wav")
        subprocess.run(line, cwd=studio.folder, env=variables, stdout=file, check=True)
    assert (studio.folder / "link.wav").is_symlink()
    assert read_surely((studio.folder / "out.wav").read_bytes())


def test_a_users_mistake_is_64_and_costs_nothing(studio):
    assert (
        "one of --voice and --voice-prompt-id" in studio.run("tts-stream", TEXT, voice=False, code=64).stderr
    )
    assert "--reference" in studio.run("tts-stream", TEXT, "--reference", "x", code=64).stderr
    assert "exclude" in studio.run("tts-stream", TEXT, "--tempo", "1", "--duration", "2", code=64).stderr
    assert studio.asked(OPEN) == []


def test_a_terminal_sees_that_it_works(studio):
    studio.emulator.settings(studio.key, pace_percent=100)
    line = ["tts-stream", LONG, "--voice-prompt-id", studio.voice, "-o", "a.wav"]
    code, shown = on_terminal(*line, asked="of speech", typed=CTRL_C, env=studio.env, cwd=studio.folder)
    assert code == 130
    assert "kB of speech" in shown
    assert studio.files() == []


def test_a_key_of_the_catalog_means_its_voice_in_the_region(tmp_path, emulator):
    workspace = Workspace(tmp_path, emulator, regions=("us", "eu"))
    for region in workspace.settings["regions"].values():
        region["base_websocket_url"] = emulator.websocket_url
    workspace.voice("ada", locale="en-GB")
    workspace.apply()
    workspace.run("tts-stream", TEXT, "--voice", "ada", "-r", "eu", "-o", "a.wav")
    assert read_surely((workspace.folder / "a.wav").read_bytes())
    (asked,) = [e["body"] for e in emulator.requests(workspace.keys["eu"]) if e["path"] == OPEN]
    assert asked["voicePromptId"] == workspace.there("eu")[0]["id"]
    assert asked["locale"] == "en-GB"
