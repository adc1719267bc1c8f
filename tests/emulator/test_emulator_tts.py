"""Speech: that it is there, that options are heard, and what is refused."""

from __future__ import annotations

import base64
import http.client
import io
import json
import math
import statistics
import struct
import time
import uuid
from array import array
from typing import Any
from urllib.parse import urlsplit

import opuslib_next
import pytest
from emulator.samples import WAV, WAV_BASE64, upload
from service import Emulator
from tinytag import TinyTag

from ddvoices.emulator.mulaw import encode_mulaw
from ddvoices.emulator.pitch import find_voiced
from ddvoices.emulator.wav import Sound

TEXT = "When the sunlight strikes raindrops in the air they form a rainbow."
BREATHY = 0  # after a reference, a byte that makes it one of the voices with breath
RATES = (8000, 16000, 22050, 24000, 32000, 36000, 44100, 48000)


def ask(emulator: Emulator, key: str, **fields: Any) -> tuple[int, dict[str, str], bytes]:
    """Ask for speech, as raw samples unless the fields say otherwise; a field of None is left out."""
    wanted = {
        "model": "dd-etts-2.5",
        "targetText": TEXT,
        "locale": "en-US",
        "voiceReference": None if "voicePromptId" in fields else WAV_BASE64,
        "format": "headerless-wav",
        **fields,
    }
    body = json.dumps({name: value for name, value in wanted.items() if value is not None})
    connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc, timeout=60)
    connection.request("POST", "/api/v1/tts", body, {"x-api-key": key})
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    audio = response.read()
    connection.close()
    return response.status, headers, audio


def say(emulator: Emulator, key: str, **fields: Any) -> bytes:
    status, _, audio = ask(emulator, key, **fields)
    assert status == 200, audio
    return audio


def seconds(audio: bytes, rate: int = 22050) -> float:
    return len(audio) / 2 / rate


def pitch(audio: bytes, rate: int = 22050) -> float:
    """Return the middle pitch in hertz, by autocorrelation of every part that isn't quiet."""
    samples = struct.unpack(f"<{len(audio) // 2}h", audio)[::3]
    lags = range(rate // 3 // 320, rate // 3 // 70)
    found = []
    for start in range(0, len(samples) - 400, 1600):
        part = samples[start : start + 400]
        if sum(value * value for value in part) / len(part) > 500**2:
            scores = {lag: sum(map(int.__mul__, part, part[lag:])) / (len(part) - lag) for lag in lags}
            found.append(rate / 3 / max(scores, key=lambda lag: scores[lag]))
    return sorted(found)[len(found) // 2]


def loudness(audio: bytes) -> float:
    samples = struct.unpack(f"<{len(audio) // 2}h", audio)
    return (sum(value * value for value in samples) / len(samples)) ** 0.5


def test_mp3_is_the_default_and_the_generation_has_an_id(emulator, api_key):
    status, headers, audio = ask(emulator, api_key, format=None, voicePromptId=upload(emulator, api_key))
    assert (status, headers["content-type"]) == (200, "audio/mpeg")
    assert uuid.UUID(headers["x-generation-id"]).version == 4
    tag = TinyTag.get(filename="speech.mp3", file_obj=io.BytesIO(audio))
    assert tag.samplerate == 22050
    assert 2 < tag.duration < 5


def test_a_generation_id_comes_back(emulator, api_key):
    mine = str(uuid.uuid4())
    assert ask(emulator, api_key, generationId=mine)[1]["x-generation-id"] == mine


def test_voices_with_breath_in_them_do_not_go_by_the_time_of_day(emulator, api_key):
    """espeak-ng seeds their noise with the second in which it starts."""
    reference = base64.b64encode(WAV + bytes([BREATHY])).decode()
    wanted = {"voiceReference": reference, "targetGender": "FEMALE", "targetText": "Hello."}
    first, started = say(emulator, api_key, **wanted), int(time.time())
    while int(time.time()) == started:
        time.sleep(0.05)
    assert say(emulator, api_key, **wanted) == first


@pytest.mark.parametrize("rate", RATES)
def test_speech_comes_at_the_rate_that_was_asked_for(emulator, api_key, rate):
    natural = say(emulator, api_key)
    audio = say(emulator, api_key, sampleRate=rate)
    assert seconds(audio, rate) == pytest.approx(seconds(natural), abs=0.01)
    assert loudness(audio) == pytest.approx(loudness(natural), rel=0.1)
    mp3 = TinyTag.get(
        filename="x.mp3", file_obj=io.BytesIO(say(emulator, api_key, sampleRate=rate, format="mp3"))
    )
    assert mp3.samplerate == (44100 if rate == 36000 else rate)
    assert mp3.duration == pytest.approx(seconds(natural), abs=0.3)


def ogg_packets(audio: bytes) -> tuple[list[bytes], int]:
    """Return the packets of an Ogg file, and the position at its end; any wrong checksum fails."""
    packets, position, rest = [], 0, b""
    while audio:
        magic, _, _, position, _, _, checksum, count = struct.unpack_from("<4sBBQIIIB", audio)
        sizes = audio[27 : 27 + count]
        size = 27 + count + sum(sizes)
        assert (magic, checksum) == (b"OggS", ogg_checksum(audio[:22] + bytes(4) + audio[26:size]))
        at = 27 + count
        for length in sizes:
            rest += audio[at : at + length]
            at += length
            if length < 255:
                packets.append(rest)
                rest = b""
        audio = audio[size:]
    return packets, position


def ogg_checksum(page: bytes) -> int:
    """Divide bit by bit, as the specification says it."""
    total = int.from_bytes(page + bytes(4), "big")
    for shift in range(8 * len(page) - 1, -1, -1):
        if total >> (shift + 32) & 1:
            total ^= 0x104C11DB7 << shift
    return total


@pytest.mark.parametrize(("rate", "made"), [(8000, 8000), (16000, 16000), (22050, 48000)])
def test_opus_is_an_ogg_file_of_the_same_speech(emulator, api_key, rate, made):
    status, headers, audio = ask(emulator, api_key, format="opus", sampleRate=rate, targetText="Good day.")
    assert (status, headers["content-type"]) == (200, "audio/ogg")
    (head, tags, *packets), end = ogg_packets(audio)
    magic, _, channels, skip, original, _, _ = struct.unpack("<8sBBHIhB", head)
    assert (magic, channels, original, tags[:8]) == (b"OpusHead", 1, made, b"OpusTags")
    decoder = opuslib_next.Decoder(made, 1)
    samples = b"".join(decoder.decode(packet, made // 50) for packet in packets)
    samples = samples[2 * skip * made // 48000 : 2 * end * made // 48000]
    plain = say(emulator, api_key, sampleRate=made, targetText="Good day.")
    assert seconds(samples, made) == pytest.approx(seconds(plain, made), abs=0.001)
    assert loudness(samples) == pytest.approx(loudness(plain), rel=0.15)
    assert TinyTag.get(filename="x.opus", file_obj=io.BytesIO(audio)).duration == pytest.approx(
        seconds(plain, made), abs=0.05
    )


def expanded(code: int) -> int:
    """Return the sample that a code of G.711's µ-law stands for."""
    code ^= 0xFF
    size = ((code & 15) * 8 + 132 << (code >> 4 & 7)) - 132
    return -size if code & 128 else size


def test_mulaw_is_a_byte_for_each_sample(emulator, api_key):
    status, headers, audio = ask(emulator, api_key, format="mulaw", sampleRate=8000)
    assert (status, headers["content-type"]) == (200, "audio/basic")
    plain = struct.unpack(f"<{len(audio)}h", say(emulator, api_key, sampleRate=8000))
    assert all(
        abs(expanded(code) - sample) <= max(8, abs(sample) / 16)
        for code, sample in zip(audio, plain, strict=True)
    )


@pytest.mark.parametrize(
    ("sample", "code"),
    [(0, 0xFF), (-1, 0x7F), (4, 0xFE), (1000, 0xCE), (-1000, 0x4E), (32767, 0x80), (-32768, 0x00)],
)
def test_mulaw_has_the_codes_of_the_telephone(sample, code):
    assert encode_mulaw(struct.pack("<h", sample)) == bytes([code])


def test_equal_requests_give_equal_bytes_whatever_came_between(emulator, api_key):
    with Emulator.start() as other:
        first = say(other, api_key)
    say(emulator, api_key, locale="de-DE", targetText="Guten Tag")
    assert say(emulator, api_key) == first
    for name in ("mp3", "opus"):
        short = {"format": name, "targetText": "Again."}
        assert say(emulator, api_key, **short) == say(emulator, api_key, **short)


def test_women_speak_higher_than_men_and_others_between(emulator, api_key):
    voices = {gender: upload(emulator, api_key, gender=gender) for gender in ("male", "non_binary", "female")}
    low, middle, high = (pitch(say(emulator, api_key, voicePromptId=voices[gender])) for gender in voices)
    assert low < middle < high
    changed = say(emulator, api_key, voicePromptId=voices["male"], targetGender="FEMALE")
    assert pitch(changed) > middle


def test_voices_differ(emulator, api_key):
    voices = [upload(emulator, api_key, gender="female") for _ in range(6)]
    assert len({say(emulator, api_key, voicePromptId=voice) for voice in voices}) > 3


def test_tempo_and_duration_are_heard(emulator, api_key):
    natural = seconds(say(emulator, api_key))
    assert seconds(say(emulator, api_key, tempo=2)) == pytest.approx(natural / 2, rel=0.1)
    assert seconds(say(emulator, api_key, tempo=0.5)) == pytest.approx(natural * 2, rel=0.1)
    for name in ("targetDuration", "duration"):
        assert seconds(say(emulator, api_key, **{name: 5})) == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de-DE", "Guten Tag"), ("fr-CA", "Bonjour"), ("es-MX", "Hola"), ("zh-CN", "你好"), ("he-IL", "שלום")],
)
def test_other_languages_are_spoken(emulator, api_key, locale, text):
    there = say(emulator, api_key, locale=locale, targetText=text)
    assert seconds(there) > 0.2
    assert there != say(emulator, api_key, locale="en-US", targetText=text)


@pytest.mark.parametrize(
    "text", ["...", "😀", "a\0b", "<b>&amp;</b> [[x]]", "x" * 5000, "1234567890" * 30, "\ud800"]
)
def test_odd_texts_are_survived(emulator, api_key, text):
    assert say(emulator, api_key, targetText=text)


def test_a_text_that_ends_the_speaking_process_ends_nothing_else(emulator, api_key):
    """espeak-ng 1.52 crashes on long numbers in Greenlandic; the service answers, and speaks again."""
    status, _, body = ask(emulator, api_key, locale="kl-GL", targetText="85524329238768142002275973569475921")
    assert status in (200, 500)
    assert status == 200 or json.loads(body)["success"] is False
    assert say(emulator, api_key)


def test_a_seed_is_a_take_of_its_own(emulator, api_key):
    takes = [say(emulator, api_key, targetText="Hello.", seed=seed) for seed in (None, 0, 1, 2, -1, 2**40)]
    assert len(set(takes)) == len(takes)
    assert say(emulator, api_key, targetText="Hello.", seed=1) == takes[2]
    assert say(emulator, api_key, targetText="Hello.", seed=1, temperature=0.9) not in takes
    assert say(emulator, api_key, targetText="Hello.", temperature=0.5) == takes[1]
    natural, *others = (seconds(audio) for audio in takes)
    assert all(natural * 0.9 < length < natural * 1.25 for length in others)


def test_a_seed_keeps_the_duration_that_was_asked_for(emulator, api_key):
    for seed in (1, 2, 3):
        audio = say(emulator, api_key, seed=seed, temperature=1, targetDuration=3)
        assert seconds(audio) == pytest.approx(3, rel=0.1)


def test_variance_is_how_far_the_pitch_moves(emulator, api_key):
    voice = upload(emulator, api_key, gender="female")
    flat, usual, lively = (
        spread(say(emulator, api_key, voicePromptId=voice, variance=variance)) for variance in (0, None, 1)
    )
    assert flat < usual / 2 < lively / 2 / 1.2


def spread(audio: bytes) -> float:
    """Return the octaves between the quarters of all pitches."""
    voiced, _ = find_voiced(Sound(samples=array("h", audio), rate=22050, seconds=seconds(audio)))
    lower, _, upper = statistics.quantiles(part.hertz for part in voiced)
    return math.log2(upper / lower)


def test_an_accent_is_heard_from_half_on(emulator, api_key):
    def accented(ratio: float) -> bytes:
        return say(emulator, api_key, accentControl={**ACCENT, "accentRatio": ratio})

    assert accented(0.5) == accented(1) == say(emulator, api_key, locale="fr-FR") != say(emulator, api_key)
    assert accented(0) == say(emulator, api_key)


ACCENT = {"accentBaseLocale": "en-US", "accentLocale": "fr-FR", "accentRatio": 0.5}


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0, "seed": -5, "variance": 0.5, "promptBoost": True},
        {"cleanAudio": False, "autoGain": True, "superStretch": False, "realtime": True, "publish": False},
        {"accentControl": {**ACCENT, "accentRatio": 0.49}},
        {"accentControl": {"accentLocale": None}, "unknown": [1]},
    ],
)
def test_options_that_are_not_heard_are_taken(emulator, api_key, fields):
    assert say(emulator, api_key, **fields) == say(emulator, api_key)


def test_unset_options_may_be_null(emulator, api_key):
    names = (
        "voicePromptId",
        "tempo",
        "duration",
        "seed",
        "accentControl",
        "sampleRate",
        "format",
        "promptBoost",
    )
    status, answer = emulator.call(
        api_key, "POST", "/voice", {"filename": "a.wav", "data": WAV_BASE64, "title": None, "age": None}
    )
    assert status == 200, answer
    body = {"model": "m", "targetText": "Hi", "locale": "en-US", "voiceReference": WAV_BASE64}
    connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc)
    connection.request(
        "POST", "/api/v1/tts", json.dumps({**dict.fromkeys(names), **body}), {"x-api-key": api_key}
    )
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"model": None}, "'model'"),
        ({"targetText": None}, "'targetText'"),
        ({"targetText": ""}, "'targetText'"),
        ({"targetText": "  \n"}, "'targetText'"),
        ({"locale": None}, "'locale'"),
        ({"locale": "xx-XX"}, "'xx-XX'"),
        ({"locale": "../etc"}, "'../etc'"),
        ({"locale": "\ud800"}, "'\ufffd'"),
        ({"voiceReference": None}, "voicePromptId"),
        ({"voicePromptId": "no-such"}, "'no-such'"),
        ({"voicePromptId": "\ud800"}, "'\ufffd'"),
        ({"voicePromptId": "no-such", "voiceReference": WAV_BASE64}, "give one of"),
        ({"voiceReference": "????"}, "'voiceReference' is not valid base64"),
        ({"voiceReference": base64.b64encode(b"text").decode()}, "not a supported audio file"),
        ({"format": "s16le"}, "'s16le'"),
        ({"format": "wav"}, "'wav'"),
        ({"sampleRate": 11025}, "sampleRate"),
        ({"sampleRate": "16000"}, "sampleRate"),
        ({"sampleRate": 16000.0}, "sampleRate"),
        ({"tempo": 0.4}, "'tempo'"),
        ({"tempo": "fast"}, "'tempo'"),
        ({"tempo": 1, "duration": 2}, "exclude each other"),
        ({"tempo": 1, "targetDuration": 2}, "exclude each other"),
        ({"targetDuration": 0}, "'targetDuration'"),
        ({"temperature": 1.1}, "'temperature'"),
        ({"variance": -0.1}, "'variance'"),
        ({"variance": True}, "'variance'"),
        ({"seed": 1.5}, "'seed'"),
        ({"promptBoost": "yes"}, "'promptBoost'"),
        ({"targetGender": "robot"}, "'targetGender'"),
        ({"generationId": "a\r\nb"}, "'generationId'"),
        ({"accentControl": "en"}, "'accentControl'"),
        ({"accentControl": {"accentRatio": 0.5}}, "'accentControl' needs all"),
        ({"accentControl": {**ACCENT, "accentRatio": 2}}, "'accentRatio'"),
        (
            {"accentControl": {**ACCENT, "accentLocale": "xx-XX"}},
            "'xx-XX' is not supported",
        ),
        ({"accentControl": {**ACCENT, "accentBaseLocale": "q"}}, "'accentBaseLocale'"),
        ({"accentControl": {**ACCENT, "accentLocale": 5}}, "'accentLocale' must be a string"),
        ({"performanceReferencePromptId": "no-such"}, "'no-such'"),
    ],
)
def test_what_is_wrong_is_named(emulator, api_key, fields, said):
    emulator.settings(api_key, credits=0)
    status, _, body = ask(emulator, api_key, **fields)
    answer = json.loads(body)
    assert (status, answer["success"]) == (400, False)
    assert said in answer["message"]


def test_credits_run_out(emulator, api_key):
    emulator.settings(api_key, credits=1)
    assert ask(emulator, api_key)[0] == 200
    status, _, body = ask(emulator, api_key)
    assert (status, json.loads(body)["message"].split(":")[0]) == (402, "InsufficientCredits")
    emulator.settings(api_key, credits=None)
    assert ask(emulator, api_key)[0] == 200
