"""``/open`` over a real socket: everyone gets their own audio, and every end is told to everyone."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import os
import tracemalloc
import uuid
from dataclasses import replace

import pytest
from scripted import KEY, WAV
from sockets import all_of, client_of, heard, say, speak, talk
from websockets.exceptions import ConnectionClosed

from ddvoices.audio.join import make_wav
from ddvoices.client import (
    ConnectionLostError,
    InvalidOptionError,
    RateLimitError,
    RedirectRefusedError,
    ServerError,
    UnauthorizedError,
    join_wav,
)
from ddvoices.errors import (
    InvalidResponseError,
    ServiceError,
    ServiceUnreachableError,
    UntrustedEndpointError,
    UsageError,
)


async def echo(socket):
    """Speak each text as its own bytes, in two pieces."""
    async for message in socket:
        asked = json.loads(message)
        text = asked["targetText"].encode()
        await speak(socket, asked["generationId"], text[: len(text) // 2], text[len(text) // 2 :])


def one(text="Hello", **options):
    """Return what speaks one text on a connection of its own."""

    async def use(client):
        async with client.async_connect() as connection:
            asked = {"voice_prompt_id": "v", **options}
            return b"".join(await all_of(connection.async_tts(text, **asked)))

    return use


def test_audio_comes_as_it_is_spoken():
    async def use(client):
        async with client.async_connect() as connection:
            return await all_of(connection.async_tts("Hello!", "v"))

    assert talk(echo, use) == [b"Hel", b"lo!"]


def test_many_at_once_each_get_their_own():
    async def shuffled(socket):
        """Take ten requests, then speak them piece by piece in turn."""
        asked = [await heard(socket) for _ in range(10)]
        for index in range(3):
            for each in reversed(asked):
                piece = f"{each['targetText']}-{index} ".encode()
                await say(socket, generationId=each["generationId"], index=index, data=piece)
        for each in asked:
            await say(socket, generationId=each["generationId"], isFinished=True)

    async def use(client):
        async with client.async_connect() as connection:
            texts = [f"text {n}" for n in range(10)]
            spoken = await asyncio.gather(*(all_of(connection.async_tts(text, "v")) for text in texts))
            return dict(zip(texts, spoken, strict=True))

    for text, pieces in talk(shuffled, use).items():
        assert pieces == [f"{text}-{index} ".encode() for index in range(3)]


def test_a_piece_of_many_megabytes():
    piece = os.urandom(12 * 2**20)

    async def large(socket):
        await speak(socket, (await heard(socket))["generationId"], piece)

    assert talk(large, one()) == piece


async def close_politely(socket):
    await heard(socket)
    await heard(socket)
    await socket.close(1001, "going away")


async def close_on_trouble(socket):
    await heard(socket)
    await heard(socket)
    await socket.close(1011, f"trouble with {KEY}")


async def reset(socket):
    await heard(socket)
    await heard(socket)
    socket.transport.abort()


async def say_nonsense(socket):
    await heard(socket)
    await heard(socket)
    await socket.send("<html>502</html>")


async def say_no_object(socket):
    await heard(socket)
    await heard(socket)
    await socket.send(b"[1, 2]")


async def refuse_someone(socket):
    await heard(socket)
    await heard(socket)
    await say(socket, error="slow down", errorType="RateLimit")


@pytest.mark.parametrize(
    ("end", "kind", "message"),
    [
        (close_politely, ConnectionLostError, r"closed by the service \(1001: going away\)"),
        (close_on_trouble, ConnectionLostError, r"closed by the service \(1011: trouble with \*\*\*\)"),
        (reset, ConnectionLostError, "the connection was lost"),
        (say_nonsense, InvalidResponseError, "not JSON"),
        (say_no_object, InvalidResponseError, "no JSON object"),
        (refuse_someone, RateLimitError, "slow down"),
    ],
)
def test_every_end_is_told_to_everyone_at_once(end, kind, message):
    async def use(client):
        async with client.async_connect() as connection:
            waiting = [all_of(connection.async_tts(text, "v")) for text in ("one", "two")]
            return await asyncio.gather(*waiting, return_exceptions=True)

    for error in talk(end, use):
        with pytest.raises(kind, match=message):
            raise error


@pytest.mark.parametrize("end", [close_politely, reset, say_nonsense])
def test_the_next_call_opens_another_connection_and_nothing_is_sent_twice(end):
    texts: list[list[str]] = []

    async def once_then_well(socket):
        mine: list[str] = []
        texts.append(mine)
        if len(texts) == 1:
            await end(socket)
            return
        async for message in socket:
            asked = json.loads(message)
            mine.append(asked["targetText"])
            await speak(socket, asked["generationId"], b"fine")

    async def use(client):
        async with client.async_connect() as connection:
            lost = [all_of(connection.async_tts(text, "v")) for text in ("one", "two")]
            failed = await asyncio.gather(*lost, return_exceptions=True)
            assert all(isinstance(error, ServiceError) for error in failed)
            return await all_of(connection.async_tts("three", "v"))

    assert talk(once_then_well, use) == [b"fine"]
    assert texts[1:] == [["three"]]


def test_an_idle_connection_that_was_closed_is_opened_anew():
    connections = []

    async def handler(socket):
        connections.append(socket)
        asked = await heard(socket)
        await speak(socket, asked["generationId"], b"fine")
        if len(connections) == 1:
            await socket.close(1001)
        else:
            await socket.wait_closed()

    async def use(client):
        async with client.async_connect() as connection:
            socket = connection.websocket
            first = await all_of(connection.async_tts("one", "v"))
            await socket.wait_closed()
            assert connection.websocket is None
            return first + await all_of(connection.async_tts("two", "v"))

    assert talk(handler, use) == [b"fine", b"fine"]
    assert len(connections) == 2


async def never(socket):
    await socket.wait_closed()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0.05}, "no message for 0.05 s"),
        ({"total_timeout": 0.05}, "not finished after 0.05 s"),
    ],
)
def test_silence_ends_in_time(options, message):
    with pytest.raises(ConnectionLostError, match=message):
        talk(never, one(**options))


def test_messages_that_hold_nothing_are_not_suffered_for_ever():
    async def chatter(socket):
        asked = await heard(socket)
        while True:
            await say(socket, generationId=asked["generationId"], data="")
            await asyncio.sleep(0.005)

    with pytest.raises(ConnectionLostError, match="no answer in time"):
        talk(chatter, one(timeout=0.03))


def test_a_service_that_takes_nothing_ends_in_time():
    async def deaf(socket):
        socket.transport.pause_reading()
        await asyncio.sleep(2)  # longer than it takes to say 20 MB
        socket.transport.abort()

    with pytest.raises(ConnectionLostError, match="takes nothing"):
        talk(deaf, one("x" * 20_000_000, timeout=0.3))


def test_a_generation_that_never_ends_is_ended_and_leaves_the_others_alone():
    async def handler(socket):
        first, second = await heard(socket), await heard(socket)
        while True:
            await say(socket, generationId=first["generationId"], data=b"la")
            await asyncio.sleep(0.01)
            if first is not second:
                await speak(socket, second["generationId"], b"fine")
                second = first

    async def use(client):
        async with client.async_connect() as connection:
            return await asyncio.gather(
                all_of(connection.async_tts("one", "v", total_timeout=0.2, timeout=10)),
                all_of(connection.async_tts("two", "v")),
                return_exceptions=True,
            )

    endless, fine = talk(handler, use)
    assert isinstance(endless, ConnectionLostError)
    assert fine == [b"fine"]


def test_what_the_service_said_before_it_fell_silent_is_told():
    async def handler(socket):
        await heard(socket)
        await say(socket, message="Internal server error", connectionId="x", requestId="y")
        await socket.wait_closed()

    with pytest.raises(ConnectionLostError, match="Internal server error"):
        talk(handler, one(timeout=0.1))


def test_what_was_broken_off_costs_no_memory():
    piece, spoken = os.urandom(2**20), 40

    async def handler(socket):
        asked = await heard(socket)
        for index in range(spoken):
            await say(socket, generationId=asked["generationId"], index=index, data=piece)
        second = await heard(socket)
        await speak(socket, second["generationId"], b"fine")

    async def use(client):
        async with client.async_connect() as connection:
            pieces = connection.async_tts("one", "v")
            assert await anext(pieces) == piece
            await pieces.aclose()
            tracemalloc.start()
            try:
                assert await all_of(connection.async_tts("two", "v")) == [b"fine"]
                gc.collect()
                return tracemalloc.get_traced_memory()[0]
            finally:
                tracemalloc.stop()

    assert talk(handler, use) < 8 * len(piece)


def test_who_breaks_off_a_loop_leaves_nothing_waiting():
    async def use(client):
        async with client.async_connect() as connection:
            async for _ in connection.async_tts("Hello", "v"):
                break
            gc.collect()
            await asyncio.sleep(0)
            return await all_of(connection.async_tts("Bye", "v"))

    assert b"".join(talk(echo, use)) == b"Bye"


def test_an_id_that_is_used_again_is_waited_for_by_the_second():
    chosen = str(uuid.uuid4())

    async def handler(socket):
        asked = await heard(socket)
        await speak(socket, asked["generationId"], b"one")
        await heard(socket)
        await socket.wait_closed()

    async def use(client):
        async with client.async_connect() as connection:
            first = connection.async_tts("one", "v", generation_id=chosen)
            assert await anext(first) == b"one"
            await asyncio.sleep(0.05)  # its end has come, and nobody has taken it yet
            second = asyncio.create_task(
                all_of(connection.async_tts("two", "v", generation_id=chosen, timeout=0.3))
            )
            await asyncio.sleep(0.05)
            assert await all_of(first) == []
            with pytest.raises(ConnectionLostError, match=r"no message for 0\.3 s"):
                await second

    talk(handler, use)


def test_nothing_is_opened_after_the_end_of_the_block():
    opened = []

    async def handler(socket):
        opened.append(socket)
        await echo(socket)

    async def use(client):
        async with client.async_connect() as connection:
            late = connection.async_tts("Hello", "v")
        with pytest.raises(UsageError, match="has ended"):
            await anext(late)

    talk(handler, use)
    assert len(opened) == 1


def test_leaving_the_connection_ends_who_still_waits():
    async def use(client):
        async with client.async_connect() as connection:
            waiting = asyncio.create_task(all_of(connection.async_tts("Hello", "v")))
            await asyncio.sleep(0.05)
        with pytest.raises(ConnectionLostError, match="closed here"):
            await waiting
        with pytest.raises(UsageError, match="not connected"):
            connection.async_tts("Hello", "v")

    talk(never, use)


def test_wav_pieces_are_wav_and_headerless_ones_are_samples_whatever_the_header():
    wide = make_wav(b"\1\0\2\0", rate=16000)
    extended = wide.replace(b"data", b"LIST\4\0\0\0abcddata", 1)

    async def handler(socket):
        for _ in range(2):
            asked = await heard(socket)
            assert asked["format"] == "wav"
            await speak(socket, asked["generationId"], wide, extended, b"\5\0")

    async def use(client):
        async with client.async_connect() as connection:
            return (
                await all_of(connection.async_tts("Hello", "v")),
                await all_of(connection.async_tts("Hello", "v", format="headerless-wav")),
            )

    wavs, samples = talk(handler, use)
    assert wavs == [wide, extended, b"\5\0"]
    assert samples == [b"\1\0\2\0", b"\1\0\2\0", b"\5\0"]
    assert join_wav(wavs) == make_wav(b"".join(samples), rate=16000)


def test_calls_outside_a_connection_and_connections_in_connections_are_refused():
    async def use(client):
        with pytest.raises(UsageError, match="async_connect"):
            client.async_tts("Hello", "v")
        async with client.async_connect() as connection:
            with pytest.raises(UsageError, match="already connected"):
                async with connection.async_connect():
                    pass

    talk(echo, use)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"voice_prompt_id": None}, "either voice_prompt_id or voice_reference"),
        ({"voice_reference": WAV}, "either voice_prompt_id or voice_reference"),
        ({"format": "flac"}, "format: 'flac' is not one of wav"),
        ({"sample_rate": 11025}, "sample_rate"),
        ({"tempo": 1, "duration": 2}, "exclude each other"),
        ({"accent_ratio": 0.5}, "all three or none"),
        ({"generation_id": "mine"}, "not a UUID"),
        ({"target_gender": "robot"}, "gender: 'robot'"),
        ({"timeout": 0}, "timeout: 0 is not greater than 0"),
        ({"total_timeout": "soon"}, "not a number"),
        ({"temperature": 2}, "temperature"),
    ],
)
def test_what_is_refused_before_it_is_sent(options, message):
    sent = []

    async def handler(socket):
        sent.extend([text async for text in socket])

    async def use(client):
        async with client.async_connect() as connection:
            with pytest.raises(InvalidOptionError, match=message):
                connection.async_tts(**{"text": "Hello", "voice_prompt_id": "v", **options})

    talk(handler, use)
    assert sent == []


def test_a_reference_an_id_and_unknown_keywords_go_onto_the_wire():
    asked = []

    async def handler(socket):
        asked.append(await heard(socket))
        await speak(socket, asked[0]["generationId"], b"fine")

    chosen = uuid.uuid4()
    options = {"voice_prompt_id": None, "voice_reference": WAV, "generation_id": chosen, "superStretch": True}
    talk(handler, one(**options))
    assert base64.b64decode(asked[0]["voiceReference"]) == WAV
    assert asked[0]["generationId"] == str(chosen)
    assert asked[0]["superStretch"] is True


def test_the_key_is_in_a_header_and_in_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    seen = []

    async def handler(socket):
        seen.append((socket.request.path, socket.request.headers.get_all("x-api-key")))
        await echo(socket)

    assert talk(handler, one(verbose=True)) == b"Hello"
    assert seen == [("/open", [KEY])]
    ours = [each.getMessage() for each in caplog.records if each.name != "websockets.server"]
    assert KEY not in "".join(ours)
    assert any(each.levelno == logging.INFO and "3 bytes" in each.message for each in caplog.records)


@pytest.mark.parametrize(
    ("status", "headers", "kind", "attempts"),
    [
        (401, {}, UnauthorizedError, 1),
        (500, {}, ServerError, 6),
        (302, {"Location": f"ws://127.0.0.1:1/open?{KEY}"}, RedirectRefusedError, 1),
        (302, {"Location": "/other"}, RedirectRefusedError, 1),
        (200, {}, ServiceError, 1),
    ],
)
def test_a_refused_handshake_has_its_type(status, headers, kind, attempts):
    asked = []

    def refuse(connection, request):
        asked.append(request.path)
        response = connection.respond(status, '{"message": "not you"}\n')
        for name, value in headers.items():
            response.headers[name] = value
        return response

    with pytest.raises(kind) as caught:
        talk(echo, one(), options={"process_request": refuse})
    assert len(asked) == attempts
    assert KEY not in str(caught.value)
    if status in (401, 500):
        assert caught.value.status == status
        assert "not you" in str(caught.value)


def test_a_busy_service_is_asked_again_after_what_it_says():
    answers, waits = [429, 503], []  # and a header that comes twice

    def busy(connection, request):
        if not answers:
            return None
        response = connection.respond(answers.pop(0), "busy\n")
        response.headers["Retry-After"] = "9"
        response.headers["Retry-After"] = "7"
        return response

    assert talk(echo, one(), options={"process_request": busy}, sleep=waits.append) == b"Hello"
    assert waits == [7, 7]


def test_a_service_that_is_not_there():
    async def use():
        with client_of(1, max_retries=1) as client:
            await one()(client)

    with pytest.raises(ServiceUnreachableError, match=r"127\.0\.0\.1:1"):
        asyncio.run(use())


def test_a_host_that_can_not_be_is_said():
    async def use():
        with client_of(1) as client:
            client._endpoints = replace(client._endpoints, websocket="ws://a..localhost:1/open")
            await one()(client)

    with pytest.raises(ServiceUnreachableError, match=r"a\.\.localhost"):
        asyncio.run(use())


def test_a_service_that_speaks_something_else():
    async def use():
        async def rude(reader, writer):
            await reader.readline()
            writer.write(b"220 mail.example ESMTP\r\n")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(rude, "127.0.0.1", 0) as server:
            with client_of(server.sockets[0].getsockname()[1]) as client:
                await one()(client)

    with pytest.raises(InvalidResponseError, match="doesn't speak WebSocket"):
        asyncio.run(use())


def test_a_connection_that_ends_while_it_is_opened_is_tried_again():
    attempts = []

    async def use():
        async def drop(reader, writer):
            attempts.append(await reader.readline())
            writer.close()

        async with await asyncio.start_server(drop, "127.0.0.1", 0) as server:
            with client_of(server.sockets[0].getsockname()[1]) as client:
                await one()(client)

    with pytest.raises(ServiceUnreachableError, match="ended while it was opened"):
        asyncio.run(use())
    assert len(attempts) == 3


def test_a_bundle_of_certificates_that_can_not_be_read_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    waits = []

    async def use():
        with client_of(1, sleep=waits.append) as client:
            client._endpoints = replace(client._endpoints, websocket="wss://127.0.0.1:1/open")
            await one()(client)

    with pytest.raises(ServiceUnreachableError, match=r"none\.pem: can't be read"):
        asyncio.run(use())
    assert waits == []


def test_only_the_moved_endpoint_is_used():
    from ddvoices.client import DeepdubClient

    async def use():
        with DeepdubClient("http://127.0.0.1:1/api/v1", api_key=KEY, environ={}) as client:
            await one()(client)

    with pytest.raises(UntrustedEndpointError, match="DEEPDUB_BASE_WEBSOCKET_URL"):
        asyncio.run(use())


def test_a_proxy_is_never_asked_for_this_machine(monkeypatch):
    for name in (
        "http_proxy",
        "https_proxy",
        "ws_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert talk(echo, one()) == b"Hello"


def test_a_cancelled_call_leaves_the_connection_to_the_others():
    async def handler(socket):
        await heard(socket)
        second = await heard(socket)
        await speak(socket, second["generationId"], b"fine")
        await socket.wait_closed()

    async def use(client):
        async with client.async_connect() as connection:
            slow = asyncio.create_task(all_of(connection.async_tts("one", "v")))
            await asyncio.sleep(0.02)
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            return await all_of(connection.async_tts("two", "v"))

    assert talk(handler, use) == [b"fine"]


def test_the_service_sees_a_proper_close():
    closed = []

    async def handler(socket):
        try:
            await echo(socket)
            await socket.recv()
        except ConnectionClosed as error:
            closed.append(error.rcvd.code)

    talk(handler, one())
    assert closed == [1000]
