"""``ddvoices tts``: a text into an audio file, through the real program and the emulator's real speech."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import wave
from collections.abc import Iterator
from subprocess import CompletedProcess

import pytest
from cli.program import command, environment, on_terminal, run
from cli.studio import TEXT, Studio, binary
from rights import needs_modes
from workspace import Workspace, held

from ddvoices.audio import sniff
from ddvoices.audio.join import make_wav
from ddvoices.audio.wav import read_surely
from ddvoices.cli import audio_output, speaking


class TtsStudio(Studio):
    """A studio for the one command."""

    def tts(self, *arguments: str, **options) -> CompletedProcess[str]:
        return self.run("tts", *arguments, **options)


@pytest.fixture
def studio(tmp_path, emulator, api_key) -> TtsStudio:
    return TtsStudio(tmp_path, emulator, api_key)


@pytest.mark.parametrize(
    "line", [["tts", TEXT], ["tts-stream", TEXT], ["tts-live"], ["tts-retro", "--wait", TEXT]]
)
def test_audio_never_takes_the_place_of_what_a_catalog_holds(studio, line):
    work = Workspace(studio.folder, studio.emulator)
    work.voice("ada")
    work.save()
    (studio.folder / "here").symlink_to("voices")
    (work.root / "new-take.wav").symlink_to("samples/ada.wav")
    before = held(work.root)
    for place in ("voices/samples/ada.wav", "here/samples/../catalog.yaml", "voices/new-take.wav"):
        done = studio.run(*line, "-o", place, code=64)
        assert f"{place}: lies in the catalog, where audio is never written over a file" in done.stderr
    assert studio.asked() == []
    assert held(work.root) == before
    studio.tts(TEXT, "-o", "voices/samples/new.wav")  # a new file is the user's
    (work.root / "catalog.yaml").unlink()  # and so is a folder without a catalog
    studio.tts(TEXT, "-o", "voices/samples/ada.wav")
    assert held(work.root) != before


# where the text comes from


@pytest.mark.parametrize("source", ["argument", "file", "file dash", "dash", "stdin"])
def test_the_text_is_an_argument_a_file_or_stdin(studio, source):
    (studio.folder / "t.txt").write_bytes(b"\xef\xbb\xbf\n  H\xc3\xa4llo \xe2\x98\xba\n\n")
    data = (studio.folder / "t.txt").read_bytes()
    arguments, data = {
        "argument": (["  Hällo ☺\n"], b""),
        "file": (["-f", "t.txt"], b""),
        "file dash": (["-f", "-"], data),
        "dash": (["-"], data),
        "stdin": ([], data),
    }[source]
    studio.tts(*arguments, "-o", "out.mp3", input=data)
    assert [body["targetText"] for body in studio.asked()] == ["Hällo ☺"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "text is empty"),
        ([" \n"], "text is empty"),
        (["-f", "latin1.txt"], "latin1.txt: is not UTF-8 (byte 0xe4)"),
        (["-f", "nowhere.txt"], "nowhere.txt"),
        (["-f", "."], "directory"),
        ([TEXT, "-f", "latin1.txt"], "either TEXT or --file"),
        ([TEXT, "two"], "two"),
        ([b"caf\xe9"], "not UTF-8"),
        ([TEXT, "--voice", "ada"], "one of --voice, --voice-prompt-id and --reference"),
        ([TEXT, "--reference", "latin1.txt"], "one of --voice, --voice-prompt-id and --reference"),
        ([TEXT, "--tempo", "1", "--duration", "3"], "exclude each other"),
        ([TEXT, "--tempo", "0"], "tempo"),
        ([TEXT, "--temperature", "1.5"], "--temperature"),
        ([TEXT, "--variance", "nan"], "variance"),
        ([TEXT, "--accent-ratio", "0.5"], "all three"),
        ([TEXT, "--sample-rate", "11025"], "11025"),
        ([TEXT, "--format", "flac"], "flac"),
        ([TEXT, "--seed", "x"], "x"),
        ([TEXT, "--locale", ""], "locale"),
        ([TEXT, "--model", " "], "model"),
        ([TEXT, "--generation-id", "x"], "--generation-id"),
        ([TEXT, "--target-gender", "femal"], "femal"),
        ([TEXT, "-o", "out.flac"], "no format has this ending"),
        ([TEXT, "-o", "."], "directory"),
        ([TEXT, "-r", "ap"], "no region 'ap'"),
    ],
)
def test_a_users_mistake_is_64_and_costs_nothing(studio, arguments, said):
    (studio.folder / "latin1.txt").write_bytes(b"H\xe4llo")
    before = studio.files()
    arguments = [os.fsdecode(each) if isinstance(each, bytes) else each for each in arguments]
    assert said in studio.tts(*arguments, code=64).stderr
    assert studio.asked() == []
    assert studio.files() == before


@pytest.mark.parametrize("arguments", [[], ["--reference", "notes.txt"], ["--voice-prompt-id", " "]])
def test_without_a_voice_it_is_64(studio, arguments):
    (studio.folder / "notes.txt").write_text("no audio", encoding="utf-8")
    studio.tts(TEXT, *arguments, code=64, voice=False)
    assert studio.asked() == []


def test_on_a_terminal_it_does_not_wait_for_a_text(studio):
    code, shown = on_terminal("tts", "--voice-prompt-id", studio.voice, env=studio.env, cwd=studio.folder)
    assert (code, shown.count("\n")) == (64, 1)
    assert "give TEXT, --file, or text on stdin" in shown


# what is asked for


def test_every_option_reaches_the_wire(studio):
    studio.tts(
        TEXT,
        *("--model", "dd-etts-3.0", "--locale", "en-GB", "--sample-rate", "24000", "--temperature", "0.5"),
        *("--variance", "0", "--tempo", "1.25", "--seed", "7", "--no-prompt-boost"),
        *("--accent-base-locale", "en-US", "--accent-locale", "fr-FR", "--accent-ratio", "0.75"),
        *("--generation-id", "5D3DC622-7a7e-4f0e-9d6a-6c0f2f1f7d11", "--target-gender", "non_binary"),
    )
    assert studio.asked() == [
        {
            "targetText": TEXT,
            "model": "dd-etts-3.0",
            "voicePromptId": studio.voice,
            "locale": "en-GB",
            "sampleRate": 24000,
            "temperature": 0.5,
            "variance": 0.0,
            "tempo": 1.25,
            "seed": 7,
            "promptBoost": False,
            "format": "mp3",
            "accentControl": {"accentBaseLocale": "en-US", "accentLocale": "fr-FR", "accentRatio": 0.75},
            "generationId": "5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11",
            "targetGender": "NON_BINARY",
        }
    ]


def test_what_is_not_given_is_not_sent(studio):
    studio.tts(TEXT)
    studio.tts(TEXT, "--duration", "2")
    asked = {
        "targetText": TEXT,
        "model": "dd-etts-2.5",
        "voicePromptId": studio.voice,
        "locale": "en-US",
        "format": "mp3",
    }
    assert studio.asked() == [asked, {**asked, "targetDuration": 2.0}]


def test_what_help_says_of_defaults_and_rates_is_the_clients():
    from ddvoices.client import options

    assert speaking.DEFAULT_MODEL == options.DEFAULT_MODEL
    assert speaking.DEFAULT_LOCALE == options.DEFAULT_LOCALE
    assert speaking.SAMPLE_RATES == options.SAMPLE_RATES
    assert {*audio_output.FORMATS} == {*options.REST_FORMATS, "wav"}
    assert {*audio_output.ENDINGS.values()} == {*audio_output.FORMATS}


def test_a_voice_can_be_cloned_from_a_recording(studio):
    done = studio.tts(TEXT, "--reference", studio.sample, voice=False)
    assert done.stdout == "ada-call-me-ishmael.mp3\n"
    (entry,) = studio.emulator.requests(studio.key)
    assert entry["body_bytes"] > studio.sample.stat().st_size  # the log leaves the recording out
    assert "voicePromptId" not in entry["body"]


@pytest.mark.parametrize("model", ["dd-etts-99", "dd-etts-3.5", "acme-private"])
@pytest.mark.parametrize("log", [[], ["--log-format", "json"]])
def test_an_unknown_model_of_deepdubs_is_a_warning(studio, model, log):
    arguments = ["tts", TEXT, "--voice-prompt-id", studio.voice, "--model", model, "-o", "out.mp3"]
    done = run(*log, "-q", *arguments, env=studio.env, cwd=studio.folder)
    assert done.returncode == 0
    said = '"level": "warning", "message": "unknown model ' if log else "warning: unknown model "
    assert (said in done.stderr, len(done.stderr.splitlines())) == (
        (True, 1) if model == "dd-etts-99" else (False, 0)
    )


# where the audio goes, and in which format


@pytest.mark.parametrize(
    ("arguments", "wire", "content"),
    [
        (["-o", "a.mp3"], "mp3", "mp3"),
        (["-o", "a.MP3"], "mp3", "mp3"),
        (["-o", "a"], "mp3", "mp3"),
        (["-o", "a", "--format", "wav"], "headerless-wav", "wav"),
        (["-o", "a.wav"], "headerless-wav", "wav"),
        (["-o", "a.pcm"], "headerless-wav", None),
        (["-o", "a.raw"], "headerless-wav", None),
        (["-o", "a.wav", "--format", "headerless-wav"], "headerless-wav", None),
        (["-o", "a.flac", "--format", "mp3"], "mp3", "mp3"),
    ],
)
def test_the_ending_gives_the_format_if_none_is_named(studio, arguments, wire, content):
    (studio.folder / arguments[1]).write_bytes(b"what was there before")
    done = studio.tts(TEXT, *arguments)
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == f"saved to {arguments[1]}"
    assert studio.files() == [arguments[1]]
    assert [body["format"] for body in studio.asked()] == [wire]
    audio = (studio.folder / arguments[1]).read_bytes()
    assert len(audio) > 1000
    assert sniff(audio) == content


@pytest.mark.parametrize(
    ("name", "wire"),
    [("a.opus", "opus"), ("a.ogg", "opus"), ("a.ulaw", "mulaw"), ("a.mulaw", "mulaw"), ("-", "mulaw")],
)
def test_opus_and_mulaw_are_asked_for_by_their_endings(studio, name, wire):
    # Whether the emulator has an encoder for them doesn't matter here.
    named = ["--format", "mulaw"] if name == "-" else []
    run("tts", TEXT, "--voice-prompt-id", studio.voice, "-o", name, *named, env=studio.env, cwd=studio.folder)
    assert [body["format"] for body in studio.asked()] == [wire]


@pytest.mark.parametrize(("arguments", "rate"), [([], 44100), (["--sample-rate", "16000"], 16000)])
def test_a_wav_file_has_one_right_header(studio, arguments, rate):
    studio.tts(TEXT, *arguments, "-o", "out.wav")
    studio.tts(TEXT, *arguments, "-o", "out.pcm", "--sample-rate", str(rate))
    samples = (studio.folder / "out.pcm").read_bytes()
    with wave.open(str(studio.folder / "out.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        assert len(file.readframes(file.getnframes())) == len(samples)
    assert (studio.folder / "out.wav").stat().st_size == 44 + len(samples)
    assert studio.asked()[0]["sampleRate"] == rate
    assert 0.5 < len(samples) / 2 / rate < 5  # a short sentence, so the rate is the one that was asked for


def test_what_is_a_wav_file_already_gets_no_second_header(tmp_path):
    whole = make_wav(b"\1\2\3\4\5", rate=8000)
    assert whole[44:] == b"\1\2\3\4"  # half a sample is none
    target = audio_output.AudioOutput(path=tmp_path / "a.wav", format="wav", stem="")
    with target.open(rate=44100) as sink:
        for piece in (whole, b"\5", b"\6"):
            sink.write(piece)
    assert target.path.read_bytes() == make_wav(b"\1\2\3\4\5\6", rate=8000)


def test_a_redirected_stdout_gets_right_lengths_too(studio):
    with environment(studio.env) as variables, (studio.folder / "out.wav").open("wb") as file:
        line = command("tts", TEXT, "--voice-prompt-id", studio.voice, "-o", "-", "--format", "wav")
        subprocess.run(line, cwd=studio.folder, env=variables, stdout=file, check=True)
    assert read_surely((studio.folder / "out.wav").read_bytes())


def test_an_ending_that_says_something_else_is_a_warning(studio):
    assert studio.tts(TEXT, "-o", "out.wav", "--format", "mp3").stderr.startswith("warning: out.wav: ")


@pytest.mark.parametrize("audio_format", ["mp3", "wav"])
def test_stdout_gets_the_audio_and_nothing_else(studio, audio_format):
    done = studio.tts(TEXT, "-o", "-", "--format", audio_format)
    assert sniff(binary(done)) == audio_format
    assert done.stderr == ""
    assert studio.files() == []


def test_a_terminal_gets_no_audio(studio):
    code, shown = on_terminal(
        "tts", TEXT, "--voice-prompt-id", studio.voice, "-o", "-", env=studio.env, cwd=studio.folder
    )
    assert (code, shown.count("\n")) == (64, 1)
    assert studio.asked() == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hällo, Wörld/../x\0"[:-1], "hallo-world-x"),
        ("日本語", ""),
        ("…", ""),
        ("x" * 4000, "x" * 51),
        ("one two " * 1000, "one-two-one-two-one-two-one-two-one-two-one-two-one"),
        ("-rf *; `id` $(id) \\ ~", "rf-id-id"),
    ],
)
def test_a_new_file_has_a_short_safe_name(studio, text, name):
    stem = "-".join(filter(None, [studio.voice[:8], name]))
    assert studio.tts("--", text).stdout == f"{stem}.mp3\n"
    assert studio.files() == [f"{stem}.mp3"]


def test_a_new_file_never_takes_the_place_of_another(studio):
    stem = f"{studio.voice[:8]}-hi"
    (studio.folder / f"{stem}.mp3").write_bytes(b"mine")
    (studio.folder / f"{stem}-2.mp3").symlink_to("nowhere")
    assert studio.tts("hi").stdout == f"{stem}-3.mp3\n"
    assert studio.tts("hi", "--format", "wav").stdout == f"{stem}.wav\n"
    assert studio.files() == [f"{stem}{end}" for end in ("-2.mp3", "-3.mp3", ".mp3", ".wav")]
    assert (studio.folder / f"{stem}.mp3").read_bytes() == b"mine"


def test_runs_side_by_side_never_choose_the_same_name(studio):
    studio.emulator.settings(studio.key, latency_ms=300)
    with environment(studio.env) as variables:
        line = command("tts", "hi", "--voice-prompt-id", studio.voice)
        runs = [
            subprocess.Popen(line, cwd=studio.folder, env=variables, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        names = [each.communicate(timeout=120)[0].strip() for each in runs]
    assert sorted(names) == studio.files()
    assert len(set(names)) == 3


@needs_modes
@pytest.mark.parametrize("arguments", [[], ["-o", "out.mp3"]])
def test_a_directory_that_is_not_writable_costs_nothing(studio, arguments):
    studio.folder.chmod(0o500)
    assert "Permission denied" in studio.tts(TEXT, *arguments, code=1).stderr
    assert studio.asked() == []


@pytest.mark.parametrize("name", ["nowhere/out.mp3", "file/out.mp3", "x" * 300 + ".mp3", "ä" * 130 + ".mp3"])
def test_a_file_that_cannot_be_written_costs_nothing(studio, name):
    (studio.folder / "file").touch()
    assert "can't be written" in studio.tts(TEXT, "-o", name, code=1).stderr
    assert studio.asked() == []
    assert studio.files() == ["file"]


def test_a_device_or_a_pipe_is_written_to_and_stays_what_it_is(studio):
    fifo = studio.folder / "pipe"
    os.mkfifo(fifo)
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
        try:
            studio.tts(TEXT, "-o", "pipe", "--format", "mp3")
            assert sniff(reader.communicate(timeout=60)[0]) == "mp3"
        finally:
            reader.kill()  # it waits for ever where nobody has written
    assert fifo.is_fifo()
    assert "No space left" in studio.tts(TEXT, "-o", "/dev/full", code=1).stderr


def test_nobody_reading_stdout_is_no_traceback(studio):
    with environment(studio.env) as variables:
        line = command("tts", TEXT, "--voice-prompt-id", studio.voice, "-o", "-")
        with subprocess.Popen(
            line, cwd=studio.folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(60) == 1


# what can go wrong


@pytest.mark.parametrize("arguments", [[], ["-o", "out.mp3"], ["-o", "-"]])
@pytest.mark.parametrize(
    ("kind", "extra", "said"),
    [
        ("status", {"status": 402}, "402"),
        ("status", {"status": 500}, "500"),
        ("html", {}, ""),
        ("cut", {}, ""),
        ("empty", {}, ""),
        ("reset", {}, ""),
    ],
)
def test_an_error_of_the_service_is_1_and_leaves_no_file(studio, arguments, kind, extra, said):
    studio.emulator.faults(studio.key, [{"kind": kind, "path": "/tts", "when": "after", **extra}])
    error = studio.tts(TEXT, *arguments, code=1).stderr
    assert "POST /tts" in error
    assert said in error
    assert "can't be written" not in error
    assert len(studio.asked()) == 1  # a generation that was sent is never sent again by itself
    assert studio.files() == []


def test_no_credits_is_said_in_the_services_words(studio):
    studio.emulator.settings(studio.key, credits=0)
    assert "no remaining credits" in studio.tts(TEXT, code=1).stderr


def test_an_unknown_voice_is_said_in_the_services_words(studio):
    assert "unknown voice" in studio.tts(TEXT, "--voice-prompt-id", "nobody", voice=False, code=1).stderr


def test_no_key_and_a_refused_key_are_7(studio):
    assert "DEEPDUB_API_KEY" in studio.tts(TEXT, code=7, env={}).stderr
    studio.tts(TEXT, code=7, env={**studio.env, "DEEPDUB_API_KEY": "not-a-key"})
    assert studio.files() == []


@pytest.fixture
def hanging(studio) -> Iterator[subprocess.Popen]:
    """A run whose request hangs."""
    studio.emulator.faults(studio.key, [{"kind": "hang", "path": "/tts"}])
    with environment(studio.env) as variables:
        line = command("tts", TEXT, "--voice-prompt-id", studio.voice)
        with subprocess.Popen(
            line,
            cwd=studio.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                while not studio.emulator.fault_counts(studio.key)[0]["struck"]:
                    assert process.poll() is None, process.communicate()
                    time.sleep(0.05)
                yield process
            finally:
                process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_is_130_and_leaves_no_file(studio, hanging, number):
    hanging.send_signal(number)
    out, err = hanging.communicate(timeout=60)
    assert (out, err.strip()) == (b"", b"interrupted")
    assert hanging.returncode == 130
    assert studio.files() == []


# a voice by its key


@pytest.fixture
def workspace(tmp_path, emulator) -> Workspace:
    made = Workspace(tmp_path, emulator, regions=("us", "eu"))
    made.voice("ada", locale="en-GB")
    made.voice("bob", locale="de-DE", regions=["us"])
    return made


def voices_asked(workspace: Workspace, region: str = "us") -> list[tuple[str, str]]:
    log = workspace.emulator.requests(workspace.keys[region])
    return [(e["body"]["voicePromptId"], e["body"]["locale"]) for e in log if e["path"] == "/tts"]


def test_a_key_means_the_voice_that_it_means_in_this_region(workspace):
    workspace.apply()
    for region in ("us", "eu"):
        (ada,) = [voice["id"] for voice in workspace.there(region) if voice["name"] == "Ada"]
        workspace.calls(region)
        done = workspace.run("tts", TEXT, "--voice", "ada", "-r", region)
        assert done.stdout == f"ada-call-me-ishmael{'-2' if region == 'eu' else ''}.mp3\n"
        assert voices_asked(workspace, region) == [(ada, "en-GB")]


def test_the_default_region_is_us_or_eu_under_dd_eu(workspace):
    workspace.apply()
    workspace.run("tts", TEXT, "--voice", "ada")
    workspace.run("tts", TEXT, "--voice", "ada", env={"DD_EU": "1"})
    assert (len(voices_asked(workspace, "us")), len(voices_asked(workspace, "eu"))) == (1, 1)


def test_the_locale_is_the_voices_unless_one_is_named(workspace):
    workspace.apply()
    workspace.run("tts", "Hallo", "--voice", "bob")
    workspace.run("tts", "Hello", "--voice", "bob", "--locale", "en-US")
    assert [locale for _, locale in voices_asked(workspace)] == ["de-DE", "en-US"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--voice", "ada"], 1, "ada has no voice in us yet: run `ddvoices apply`"),
        (["--voice", "adda"], 64, "no voice 'adda' in the catalog; did you mean 'ada'?"),
        (["--voice", "bob", "-r", "eu"], 64, "bob is not for region eu, but for us: choose with -r"),
        (["--voice", "ada", "-r", "ap"], 64, "ada is not for region ap"),
    ],
)
def test_a_key_without_a_voice_is_said_so(workspace, arguments, code, said):
    done = workspace.run("tts", TEXT, *arguments, code=code)
    assert done.stderr.startswith(f"error: {said}")
    assert len(done.stderr.splitlines()) == 1
    assert voices_asked(workspace) == []


def test_a_pin_that_is_gone_is_an_error_and_the_other_keys_speak(workspace):
    workspace.apply()
    workspace.voice("cem", ids={"us": "nobody"}, regions=["us"])
    assert "pinned voice nobody" in workspace.run("tts", TEXT, "--voice", "cem", code=1).stderr
    workspace.run("tts", TEXT, "--voice", "ada")


def test_a_changed_voice_speaks_as_before_and_that_is_said(workspace):
    workspace.apply()
    (before,) = [voice["id"] for voice in workspace.there() if voice["name"] == "Ada"]
    workspace.new_sample("ada", pitch=333.0)
    done = workspace.run("tts", TEXT, "--voice", "ada")
    assert done.stderr.startswith("warning: ada was changed in the catalog")
    assert voices_asked(workspace) == [(before, "en-GB")]


def test_a_region_that_cannot_be_listed_is_its_error(workspace):
    workspace.apply()
    workspace.emulator.faults(workspace.key, [{"kind": "status", "status": 401, "path": "/voice*"}])
    done = workspace.run("tts", TEXT, "--voice", "ada", code=7)
    assert done.stderr.startswith("error: us: ")


def test_a_key_needs_a_catalog_and_a_valid_one(workspace, tmp_path):
    done = run("tts", TEXT, "--voice", "ada", env=workspace.env)
    assert (done.returncode, "ddvoices init" in done.stderr) == (3, True)
    workspace.voice("bob", gender="femal")
    assert "femal" in workspace.run("tts", TEXT, "--voice", "ada", code=3).stderr


def test_without_a_key_for_the_region_it_is_7(workspace):
    workspace.apply()
    done = workspace.run("tts", TEXT, "--voice", "ada", code=7, env={"DEEPDUB_API_KEY_US": ""})
    assert "DEEPDUB_API_KEY_US" in done.stderr
