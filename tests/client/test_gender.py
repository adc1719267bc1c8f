"""Gender detection: what is sent of a recording, over which surface, and whose answer it is."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import socket
import struct
import wave

import pytest
from scripted import answer
from sockets import client_of, heard, say, talk

from ddvoices.audio import sniff
from ddvoices.audio.pcm import cut_wav
from ddvoices.client import (
    ConnectionLostError,
    GenerationError,
    InvalidOptionError,
    NoAnswerError,
    RateLimitError,
)
from ddvoices.errors import InvalidResponseError


def wav(*, seconds: float = 3.0, rate: int = 16000, channels: int = 1, width: int = 2) -> bytes:
    """Return a ramp, so that every second of it is another."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        frames = int(seconds * rate)
        top = (1 << (8 * width - 1)) - 1
        values = [int(top * number / frames) + (128 if width == 1 else 0) for number in range(frames)]
        writer.writeframes(b"".join(v.to_bytes(width, "little", signed=width > 1) * channels for v in values))
    return file.getvalue()


def read(data: bytes) -> wave.Wave_read:
    return wave.open(io.BytesIO(data))


async def classify(socket):
    """Answer with what was sent."""
    async for text in socket:
        asked = json.loads(text)
        sent = read(base64.b64decode(asked["audio"]))
        await say(
            socket,
            generationId=asked["generationId"],
            predicted_gender="female",
            confidence=0.9,
            rate=sent.getframerate(),
            frames=sent.getnframes(),
            said_rate=asked["sample_rate"],
        )


def detect(handler, *args, **options):
    return talk(handler, lambda client: client.gender_classify(*args, **options))


@pytest.mark.parametrize("kind", ["path", "bytes", "base64"])
def test_a_recording_is_cut_to_its_first_second(kind, tmp_path):
    data = wav()
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    audio = {"path": path, "bytes": data, "base64": base64.b64encode(data).decode()}[kind]
    found = detect(classify, audio)
    assert found["predicted_gender"] == "female"
    assert (found["rate"], found["frames"], found["said_rate"]) == (16000, 16000, 16000)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 44100])
@pytest.mark.parametrize(
    "form", [{"rate": 48000}, {"rate": 8000, "channels": 2}, {"width": 1}, {"width": 3}, {"width": 4}]
)
def test_a_recording_of_any_form_is_sent_at_the_rate_that_is_said(form, sample_rate):
    sent = read(cut_wav(wav(**form), seconds=1, rate=sample_rate))
    assert (sent.getframerate(), sent.getnchannels(), sent.getsampwidth()) == (sample_rate, 1, 2)
    assert abs(sent.getnframes() - sample_rate) <= 1
    samples = struct.unpack(f"<{sent.getnframes()}h", sent.readframes(sent.getnframes()))
    assert samples[len(samples) // 2] == pytest.approx(32767 / 6, abs=300)
    assert list(samples) == sorted(samples)


def test_a_recording_in_floats():
    samples = struct.pack("<4f", 0.0, 0.5, -2.0, 1.0)
    fmt = struct.pack("<HHIIHH", 3, 1, 16000, 64000, 4, 32)
    data = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + struct.pack("<I", 16) + fmt
    sent = read(cut_wav(data + b"data" + struct.pack("<I", len(samples)) + samples, seconds=1, rate=16000))
    assert struct.unpack("<4h", sent.readframes(4)) == (0, 16384, -32767, 32767)


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", wav()[:30], b"ID3 something else", wav().replace(b"\x10\0data", b"\x0b\0data")]
)
def test_what_is_no_wav_of_samples_is_not_cut(data):
    assert cut_wav(data, seconds=1, rate=16000) is None


def test_a_short_recording_stays_whole():
    assert read(cut_wav(wav(seconds=0.25), seconds=1, rate=16000)).getnframes() == 4000


def test_other_formats_go_to_the_rest_endpoint_whole(serve, client_of):
    found = {"predicted_gender": "male", "confidence": 0.8}
    server = serve(answer(found))
    mp3 = b"ID3\4\0\0\0\0\0\0" + b"\xff\xfb\x90\0" + bytes(413)
    assert asyncio.run(client_of(server).gender_classify(mp3)) == found
    assert server.calls() == ["POST /gender-detection/classify"]
    assert base64.b64decode(server.received[0].json["audio_base64"]) == mp3
    assert sniff(wav()) == "wav"


def test_an_answer_of_the_rest_endpoint_that_is_none(serve, client_of):
    with pytest.raises(InvalidResponseError, match="predicted_gender"):
        asyncio.run(client_of(serve(answer({"success": True}))).gender_classify(b"ID3 sound"))


@pytest.mark.parametrize("echoed", [True, False], ids=["with id", "without"])
def test_answers_on_one_connection_are_never_swapped(echoed):
    async def backwards(socket):
        """Answer each question after the next one would have come."""
        while True:
            asked = await heard(socket)
            await asyncio.sleep(0.01)
            size = len(asked["audio"])
            name = {"generationId": asked["generationId"]} if echoed else {}
            await say(socket, predicted_gender="female", size=size, **name)

    async def use(client):
        async with client.async_connect() as connection:
            lengths = [0.1, 0.2, 0.3, 0.4, 0.5]
            found = await asyncio.gather(
                *(connection.gender_classify(wav(seconds=length)) for length in lengths)
            )
            return [each["size"] for each in found]

    sizes = talk(backwards, use)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 5


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one():
    connections = []

    async def late(socket):
        connections.append(socket)
        first = len(connections) == 1
        await heard(socket)
        if first:
            await asyncio.sleep(1.5)
        await say(socket, predicted_gender="late" if first else "right")
        await socket.wait_closed()

    async def use(client):
        async with client.async_connect() as connection:
            with pytest.raises(ConnectionLostError, match="no answer in time"):
                await connection.gender_classify(wav(), timeout=0.5)
            return await connection.gender_classify(wav())

    assert talk(late, use)["predicted_gender"] == "right"


def test_a_time_out_is_for_all_of_it():
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        client_of(silent.getsockname()[1]) as client,
        pytest.raises(NoAnswerError, match=r"after 0\.2 s"),
    ):
        asyncio.run(client.gender_classify(wav(), timeout=0.2))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"error": "not audio"}, GenerationError),
        ({"error": "slow down", "errorType": "RateLimit"}, RateLimitError),
    ],
)
def test_an_error_is_raised(fields, kind):
    async def refuse(socket):
        await heard(socket)
        await say(socket, **fields)
        await socket.wait_closed()

    with pytest.raises(kind):
        detect(refuse, wav())


@pytest.mark.parametrize(
    ("audio", "options"),
    [
        ("voice.wav", {}),
        (b"", {}),
        (7, {}),
        (wav(), {"sample_rate": 0}),
        (wav(), {"sample_rate": "16000"}),
        (wav(), {"generation_id": "mine"}),
        (wav(), {"timeout": 0}),
    ],
)
def test_what_is_refused_before_it_is_sent(audio, options):
    async def nothing(socket):
        raise AssertionError

    with pytest.raises(InvalidOptionError):
        detect(nothing, audio, **options)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidOptionError, match="can't be read"):
        detect(classify, tmp_path / "none.wav")
