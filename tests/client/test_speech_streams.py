"""Speech that doesn't come in one piece: streamed, fetched later, or without an event loop."""

from __future__ import annotations

import asyncio
import io
import threading
import time

import pytest
from scripted import KEY, WAV, answer, raw
from sockets import client_of, heard, say, speak, talk

from ddvoices.client import (
    BadRequestError,
    ConnectionLostError,
    InvalidOptionError,
    NotFoundError,
    RateLimitError,
)
from ddvoices.errors import InvalidResponseError, OutcomeUnknownError, OutputError, UntrustedEndpointError

SOUND = bytes(range(1, 251)) * 1000
AUDIO = answer(SOUND, kind="audio/mpeg")
CUT = raw(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 99999\r\n\r\n" + SOUND[:70_000])
CUT_CHUNK = raw(
    b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n"
    + SOUND[:16]
    + b"\r\n"
)
ASKED = {"text": "Hello", "voice_prompt_id": "v"}


# streamed over REST


def test_speech_comes_in_pieces(serve, client_of):
    server = serve(AUDIO)
    pieces = list(client_of(server).tts_iter(**ASKED, format="opus", sample_rate=16000, cleanAudio=True))
    assert len(pieces) > 1
    assert b"".join(pieces) == SOUND
    sent = server.received[0].json
    assert (sent["format"], sent["sampleRate"], sent["cleanAudio"], sent["model"]) == (
        "opus",
        16000,
        True,
        "dd-etts-2.5",
    )


def test_speech_goes_into_a_file(serve, client_of, tmp_path):
    client = client_of(serve(AUDIO))
    assert client.tts_to(tmp_path / "a.mp3", **ASKED) == len(SOUND)
    assert (tmp_path / "a.mp3").read_bytes() == SOUND
    stream = io.BytesIO()
    assert client.tts_to(stream, **ASKED) == len(SOUND)
    assert stream.getvalue() == SOUND


@pytest.mark.parametrize("step", [CUT, CUT_CHUNK], ids=["length", "chunks"])
def test_speech_that_is_cut_off_is_an_error_and_leaves_no_file(step, serve, client_of, tmp_path):
    server = serve(step)
    with pytest.raises(OutcomeUnknownError, match="cut off after"):
        client_of(server).tts_to(tmp_path / "a.mp3", **ASKED)
    assert list(tmp_path.iterdir()) == []
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("step", "kind", "message"),
    [
        (answer(b"", kind="audio/mpeg"), InvalidResponseError, "it is empty"),
        (answer({"message": "no credits"}), InvalidResponseError, "no credits"),
        (answer(b'{"message": "no credits"}', kind="audio/mpeg"), InvalidResponseError, "no credits"),
        (answer(b"<html>", kind="text/html"), InvalidResponseError, "text/html"),
        (answer(b"<!DOCTYPE html>", kind="audio/mpeg"), InvalidResponseError, "without audio"),
        (answer({"success": False, "message": "no voice"}, status=400), BadRequestError, "no voice"),
    ],
)
def test_a_stream_that_is_no_speech_fails_before_its_first_piece(step, kind, message, serve, client_of):
    with pytest.raises(kind, match=message):
        client_of(serve(step)).tts_iter(**ASKED)


def test_samples_may_begin_with_a_brace(serve, client_of):
    assert list(client_of(serve(answer(b"{sound", kind="audio/pcm"))).tts_iter(**ASKED)) == [b"{sound"]


def test_a_stream_is_sent_again_while_the_service_is_busy(serve, client_of, waits):
    server = serve(answer({"message": "slow down"}, status=429), AUDIO)
    assert b"".join(client_of(server).tts_iter(**ASKED)) == SOUND
    assert len(waits) == 1


def test_a_file_that_can_not_be_written(serve, client_of, tmp_path):
    server = serve(AUDIO)
    with pytest.raises(OutputError):
        client_of(server).tts_to(tmp_path / "nowhere" / "a.mp3", **ASKED)
    assert server.received == []


@pytest.mark.parametrize(
    "changes",
    [{"format": "wav"}, {"voice_prompt_id": None}, {"target_gender": "robot"}, {"generation_id": 7}],
)
@pytest.mark.parametrize("call", ["tts", "tts_iter", "tts_retro"])
def test_what_is_refused_is_refused_by_every_call(call, changes, serve, client_of):
    server = serve(AUDIO)
    with pytest.raises(InvalidOptionError):
        getattr(client_of(server), call)(**{**ASKED, **changes})
    assert server.received == []


def test_an_id_and_a_gender_have_arguments(serve, client_of):
    server = serve(AUDIO)
    chosen = "0b7c0b8e-8a4e-4a2e-9a53-0e6f3ce0ad11"
    client_of(server).tts(**ASKED, generation_id=chosen, target_gender="male")
    assert (server.received[0].json["generationId"], server.received[0].json["targetGender"]) == (
        chosen,
        "MALE",
    )


# made now, fetched later


def test_a_retroactive_generation_sends_what_it_is_asked(serve, client_of):
    url = "http://127.0.0.1/api/v1/tts/retroactive/1"
    server = serve(answer({"url": url}))
    made = client_of(server).tts_retro("Hello", "v", "dd-etts-3.0", "fr-FR", tempo=1.5, superStretch=True)
    assert made == {"url": url}
    assert server.calls() == ["POST /tts/retroactive"]
    sent = server.received[0].json
    assert (sent["model"], sent["locale"], sent["tempo"], sent["superStretch"]) == (
        "dd-etts-3.0",
        "fr-FR",
        1.5,
        True,
    )


def test_a_retroactive_generation_of_a_reference(serve, client_of):
    server = serve(answer({"url": "/x"}))
    client_of(server).tts_retro("Hello", None, voice_reference=WAV)
    assert "voiceReference" in server.received[0].json


@pytest.mark.parametrize("content", [{}, {"url": None}, {"url": ""}, []])
def test_an_answer_without_a_place_is_none(content, serve, client_of):
    with pytest.raises(InvalidResponseError, match="no url"):
        client_of(serve(answer(content))).tts_retro("Hello", "v")


@pytest.mark.parametrize(
    "form", ["{base}/tts/retroactive/1", "/api/v1/tts/retroactive/1", "tts/retroactive/1"]
)
def test_a_retroactive_generation_is_fetched_with_the_key(form, serve, client_of):
    server = serve(AUDIO)
    assert client_of(server).tts_retro_get(form.format(base=server.base_url)) == SOUND
    assert server.calls() == ["GET /tts/retroactive/1"]
    assert server.received[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://restapi.deepdub.ai/api/v1/tts/retroactive/1", UntrustedEndpointError),
        ("http://127.0.0.1:1/api/v1/tts/retroactive/1", UntrustedEndpointError),
        ("https://example.com/", UntrustedEndpointError),
        ("//example.com/api/v1/tts/retroactive/1", UntrustedEndpointError),
        ("/elsewhere/1", InvalidOptionError),
        ("../../secret", InvalidOptionError),
        ("", InvalidOptionError),
        (None, InvalidOptionError),
    ],
)
def test_the_key_goes_nowhere_else_for_it(url, kind, serve, client_of):
    server = serve(AUDIO)
    with pytest.raises(kind):
        client_of(server).tts_retro_get(url)
    assert server.received == []


def test_what_is_not_ready_is_waited_for(serve, client_of, waits):
    missing = answer({"message": "not found"}, status=404)
    server = serve(missing, missing, missing, AUDIO)
    assert client_of(server).tts_retro_get("tts/retroactive/1", wait=60) == SOUND
    assert waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(("wait", "asked", "waited"), [(None, 1, 0), (0.6, 3, 0.6), (10, 6, 10)])
def test_what_never_comes_is_given_up(wait, asked, waited, serve, client_of, waits):
    server = serve(answer({"message": "not found"}, status=404))
    with pytest.raises(NotFoundError):
        client_of(server).tts_retro_get("tts/retroactive/1", wait=wait)
    assert len(server.received) == asked
    assert sum(waits) == pytest.approx(waited, abs=0.2)  # less what asking takes


# without an event loop


def use_stream(handler, use, **options):
    """Serve in a thread, since what is tested has none of its own to share."""

    async def run(client):
        return await asyncio.to_thread(lambda: use(client.stream("Hello", "v", **options)))

    return talk(handler, run)


async def spoken(socket):
    await speak(socket, (await heard(socket))["generationId"], b"one", b"two")


def test_a_stream_without_a_loop():
    assert use_stream(spoken, list) == [b"one", b"two"]


def test_an_error_of_a_stream_without_a_loop():
    async def refuse(socket):
        await say(
            socket,
            error="slow down",
            errorType="RateLimit",
            generationId=(await heard(socket))["generationId"],
        )

    with pytest.raises(RateLimitError, match="slow down"):
        use_stream(refuse, list)
    with pytest.raises(InvalidOptionError):
        use_stream(spoken, list, tempo=-1)


def test_a_stream_without_a_loop_ends_with_who_reads_it():
    gone = threading.Event()

    async def endless(socket):
        asked = await heard(socket)
        try:
            while True:
                await say(socket, generationId=asked["generationId"], data=b"la")
                await asyncio.sleep(0.001)
        finally:
            gone.set()

    def use(pieces):
        first = next(pieces)
        pieces.close()
        return first

    assert use_stream(endless, use) == b"la"
    assert gone.wait(10)
    assert not [each for each in threading.enumerate() if each.name == "ddvoices-stream"]


def test_a_stream_without_a_loop_inside_a_loop():
    async def use(client):
        return await asyncio.to_thread(list, client.stream("Hello", "v"))

    assert talk(spoken, use) == [b"one", b"two"]


def test_a_stream_to_nobody():
    with client_of(1, max_retries=0) as client:
        began = time.monotonic()
        with pytest.raises(Exception, match="127"):
            next(client.stream("Hello", "v"))
        assert time.monotonic() - began < 20


def test_a_stream_that_falls_silent():
    async def silent(socket):
        await socket.wait_closed()

    with pytest.raises(ConnectionLostError):
        use_stream(silent, list, timeout=0.05)
