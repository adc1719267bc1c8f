"""``ddvoices tts-retro`` and ``ddvoices gender``, through the real program."""

from __future__ import annotations

import json
import shlex
import signal
import time

import pytest
from cli.studio import TEXT, Studio
from workspace import write_tone

from ddvoices.audio import sniff
from ddvoices.resources import example_catalog_path

RETRO = "/tts/retroactive"


@pytest.fixture
def studio(tmp_path, emulator, api_key) -> Studio:
    return Studio(tmp_path, emulator, api_key)


def test_a_place_is_printed_and_fetched_later(studio):
    studio.emulator.settings(studio.key, retro_delay_ms=2000)
    url = studio.run("tts-retro", TEXT, "--tempo", "1.5").stdout.strip()
    assert url.startswith(f"{studio.emulator.base_url}{RETRO}/")
    assert studio.asked(RETRO)[0]["tempo"] == 1.5
    late = studio.run("tts-retro", "--fetch", url, voice=False, code=1).stderr
    assert "nothing there" in late
    assert "not yet or never" in late
    assert studio.files() == []
    studio.run("tts-retro", "--fetch", url, "--wait", "-o", "a.mp3", voice=False)
    assert sniff((studio.folder / "a.mp3").read_bytes()) == "mp3"


def test_it_can_be_waited_for(studio):
    studio.emulator.settings(studio.key, retro_delay_ms=700)
    done = studio.run("tts-retro", TEXT, "--wait")
    (name,) = studio.files()
    assert done.stdout == f"{name}\n"
    assert "made at http" in done.stderr
    assert sniff((studio.folder / name).read_bytes()) == "mp3"


@pytest.mark.parametrize("end", ["$(touch sprung)", "x;touch sprung", "x`touch sprung`", "a b", "x'y"])
def test_how_to_go_on_can_be_pasted_whatever_the_service_calls_the_place(studio, end):
    url = f"{studio.emulator.base_url}{RETRO}/{end}"
    said = studio.run("tts-retro", "--fetch", url, voice=False, code=1).stderr
    command = said.partition("wait for it by `")[2].strip().removesuffix("`")
    assert shlex.split(command) == ["ddvoices", "tts-retro", "--wait", "--fetch", url]


def test_waiting_ends_and_says_how_to_go_on(studio):
    studio.emulator.settings(studio.key, retro_delay_ms=3_600_000)
    with studio.running("tts-retro", TEXT, "--wait", "--timeout", "0.6") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, b"")
    assert b"nothing there after 0.6 s" in err
    assert b"ddvoices tts-retro --wait --fetch http" in err
    assert studio.files() == []


def test_an_interrupt_while_waiting_keeps_the_place(studio):
    studio.emulator.settings(studio.key, retro_delay_ms=3_600_000)
    with studio.running("tts-retro", TEXT, "--wait", "-o", "a.mp3") as process:
        said = process.stderr.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"made at http" in said
    assert b"it is fetched by `ddvoices tts-retro --wait --fetch http" in rest
    assert studio.files() == []


@pytest.mark.parametrize(
    ("arguments", "voice", "code", "said"),
    [
        ([TEXT, "-o", "a.mp3"], True, 64, "--output needs --wait"),
        ([TEXT, "--fetch", "x"], False, 64, "takes no text and no voice"),
        (["--fetch", "http://127.0.0.1:1/api/v1/tts/retroactive/1"], False, 7, "the key is not sent there"),
        (["--fetch", "https://example.com/1"], False, 7, "the key is not sent there"),
        (["--fetch", "/etc/passwd"], False, 64, "not below"),
        ([TEXT, "--wait", "--timeout", "0"], True, 64, "--timeout"),
        ([TEXT, "--locale", "xx-XX"], True, 1, "400"),
        ([], True, 64, "text is empty"),
    ],
)
def test_what_is_refused(studio, arguments, voice, code, said):
    assert said in studio.run("tts-retro", *arguments, voice=voice, code=code).stderr
    assert studio.files() == []


def test_a_place_that_can_not_be_written_costs_nothing(studio):
    studio.run("tts-retro", TEXT, "--wait", "-o", "none/a.mp3", code=1)
    assert studio.asked(RETRO) == []


def test_a_gender_is_found(studio):
    samples = example_catalog_path() / "samples"
    done = studio.run("gender", str(samples / "austen-narrator.wav"), voice=False)
    assert done.stdout.startswith("male (")
    answer = studio.run(
        "gender", str(samples / "austen-narrator.wav"), "--format", "json", voice=False
    ).stdout
    assert json.loads(answer)["predicted_gender"] == "male"
    asked = studio.asked("/open/gender-classify")
    assert [each["sample_rate"] for each in asked] == [16000, 16000]


def test_a_gender_may_stay_unknown(studio):
    tone = write_tone(studio.folder / "tone.wav", pitch=2000)
    assert studio.run("gender", str(tone), voice=False).stdout.startswith("unknown")


def test_other_formats_than_wav_go_to_the_rest_endpoint(studio):
    studio.run("tts", TEXT, "-o", "a.mp3")
    error = studio.run("gender", "a.mp3", voice=False, code=1).stderr
    assert "the emulator takes WAV" in error
    assert len(studio.asked("/gender-detection/classify")) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.wav"], 64, "none.wav"),
        (["text.wav"], 64, "not audio by its content"),
        (["ada.wav", "--sample-rate", "0"], 64, "--sample-rate"),
    ],
)
def test_what_is_no_recording_is_refused(studio, arguments, code, said):
    (studio.folder / "text.wav").write_text("no audio", encoding="utf-8")
    assert said in studio.run("gender", *arguments, voice=False, code=code).stderr
