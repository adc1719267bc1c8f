"""``ddvoices tts-live``: stdin is spoken while it comes, through the real program."""

from __future__ import annotations

import signal
import subprocess

import pytest
from cli.program import on_terminal
from cli.studio import Studio, binary
from click.testing import CliRunner

from ddvoices.audio.wav import read_surely
from ddvoices.cli.tts_live import _LACKING, tts_live
from ddvoices.errors import UsageError

TEXT_PATH, CONFIG_PATH = "/ws/stream-text", "/ws/stream-config"


@pytest.fixture
def studio(tmp_path, emulator, api_key) -> Studio:
    return Studio(tmp_path, emulator, api_key)


def test_what_comes_on_stdin_is_spoken_into_one_file(studio):
    text = 'Hello there. How are you? <config locale="fr-FR"/>Bonjour, ça va?'
    done = studio.run("tts-live", "-o", "a.wav", input=text)
    assert done.stdout == ""
    data = (studio.folder / "a.wav").read_bytes()
    assert data.count(b"RIFF") == 1
    found = read_surely(data)
    assert found is not None
    assert found.rate == 16000
    assert 1.5 < found.seconds < 10
    assert "".join(each["data"]["text"] for each in studio.asked(TEXT_PATH)) == text


def test_audio_comes_while_text_is_still_being_written(studio):
    with studio.running("tts-live", "-o", "-", "--format", "s16le") as process:
        process.stdin.write("Hällo there. ".encode())
        process.stdin.flush()
        assert process.stdout.read(1000)
        process.stdin.write(b"And more.")
        process.stdin.close()
        assert len(process.stdout.read()) > 8000
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_a_file_on_stdin(studio):
    (studio.folder / "t.txt").write_text("\ufeffHello.", encoding="utf-8")
    with (studio.folder / "t.txt").open("rb") as file:
        done = studio.run("tts-live", "-o", "-", "--format", "mulaw", input=file.read())
    assert len(binary(done)) > 2000
    assert studio.asked(TEXT_PATH)[0]["data"]["text"] == "Hello."


def test_every_setting_goes_onto_the_wire(studio):
    settings = ["--model", "dd-etts-3.0", "--locale", "fr-FR", "--sample-rate", "8000", "--format", "mulaw"]
    more = ["--target-gender", "male", "--first-audio-timeout", "80", "--realtime", "--accept-emojis"]
    studio.run("tts-live", "-o", "a.ulaw", *settings, *more, "--no-clean-audio", input="Salut.")
    (asked,) = studio.asked(CONFIG_PATH)
    assert asked["config"] == {
        "model": "dd-etts-3.0",
        "locale": "fr-FR",
        "voicePromptId": studio.voice,
        "sampleRate": 8000,
        "format": "mulaw",
        "targetGender": "MALE",
        "firstAudioTimeout": 80,
        "realtime": True,
        "acceptEmojis": True,
        "cleanAudio": False,
    }


@pytest.mark.parametrize("name", _LACKING)
def test_what_the_protocol_lacks_is_refused_by_its_name(name):
    result = CliRunner().invoke(tts_live, ["--voice", "ada", f"--{name}", "1"])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith(f"--{name}: not part of the streaming protocol")


def test_what_the_protocol_lacks_is_64(studio):
    assert "--tempo" in studio.run("tts-live", "--tempo", "2", input="Hi.", code=64).stderr
    assert "--prompt-boost" in studio.run("tts-live", "--prompt-boost", input="Hi.", code=64).stderr


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", 64, "stdin is empty"),
        (b" \n\n", 64, "stdin is empty"),
        (b"caf\xe9 ol\xe9", 64, "not UTF-8 (byte 0xe9)"),
    ],
)
def test_a_stdin_that_can_not_be_spoken(studio, data, code, said):
    assert said in studio.run("tts-live", "-o", "a.wav", input=data, code=code).stderr
    assert studio.files() == []


def test_an_unknown_voice_leaves_no_file(studio):
    error = studio.run(
        "tts-live", "--voice-prompt-id", "nobody", "-o", "a.wav", voice=False, input="Hi.", code=1
    )
    assert "unknown voice" in error.stderr
    assert studio.files() == []


def test_what_can_not_be_spoken_is_said_and_the_rest_is_kept(studio):
    text = 'One. <config locale="xx-XX"/>Two. <config locale="en-US"/>Three.'
    with studio.running("tts-live", "-o", "a.wav") as process:
        _, err = process.communicate(text.encode(), timeout=60)
    assert process.returncode == 4
    assert b"not spoken: " in err
    assert read_surely((studio.folder / "a.wav").read_bytes())


def test_an_interrupt_before_anything_is_spoken_leaves_no_file(studio):
    studio.emulator.settings(studio.key, first_audio_ms=60_000)
    with studio.running("tts-live", "-o", "a.wav") as process:
        process.stdin.write(b"Hello there. ")
        process.stdin.flush()
        while not studio.asked(TEXT_PATH):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert studio.files() == []


def test_an_interrupt_keeps_what_was_spoken(studio):
    with studio.running("tts-live", "-o", "a.wav") as process:
        until_spoken(studio, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted: what was spoken before is in a.wav" in err
    assert read_surely((studio.folder / "a.wav").read_bytes())


def until_spoken(studio: Studio, process: subprocess.Popen[bytes]) -> None:
    """Type something, and wait until some of it has been spoken into the file beside ``a.wav``."""
    process.stdin.write(b"Hello there. ")
    process.stdin.flush()
    while not any(path.stat().st_size > 5000 for path in studio.folder.glob(".a.wav*")):
        assert process.poll() is None


def test_a_bad_byte_keeps_what_was_spoken(studio):
    with studio.running("tts-live", "-o", "a.wav") as process:
        until_spoken(studio, process)
        _, err = process.communicate(b"caf\xe9 ol\xe9 ", timeout=60)
    assert process.returncode == 64
    assert b"not UTF-8 (byte 0xe9): what was spoken before is in a.wav" in err
    assert read_surely((studio.folder / "a.wav").read_bytes())


def test_a_lost_connection_keeps_what_was_spoken(studio):
    studio.emulator.faults(studio.key, [{"path": TEXT_PATH, "method": "WS", "kind": "reset", "skip": 1}])
    with studio.running("tts-live", "-o", "a.wav") as process:
        until_spoken(studio, process)
        _, err = process.communicate(b"And more. ", timeout=60)
    assert process.returncode == 4
    assert b"the connection was lost" in err
    assert b"what was spoken before is in a.wav" in err
    assert read_surely((studio.folder / "a.wav").read_bytes())


def test_a_service_that_never_says_that_a_turn_is_over(studio):
    studio.emulator.settings(studio.key, is_final=False)
    studio.run("tts-live", "-o", "a.wav", input="Hello there. Good bye.")
    assert read_surely((studio.folder / "a.wav").read_bytes()).seconds > 1


def test_a_person_types(studio):
    line = ["tts-live", "--voice-prompt-id", studio.voice, "-o", "a.wav"]
    code, shown = on_terminal(*line, asked="Ctrl-D", typed="Hello.\n\x04", env=studio.env, cwd=studio.folder)
    assert code == 0
    assert "saved to a.wav" in shown
    assert "waiting" not in shown  # it would be drawn over what is typed
