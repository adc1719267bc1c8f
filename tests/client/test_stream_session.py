"""``/ws`` over a real socket: turns, errors, barge-in, and connections that end."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import suppress

import pytest
from scripted import KEY
from sockets import all_of, say, talk
from websockets.asyncio.client import connect

from ddvoices.audio.join import make_wav
from ddvoices.client import (
    ConnectionLostError,
    DeepdubClient,
    GenerationError,
    InvalidOptionError,
    NoAnswerError,
    SessionError,
    UnauthorizedError,
)
from ddvoices.errors import InvalidResponseError, UsageError

VOICE = {"model": "dd-etts-2.5", "locale": "en-US", "voice_prompt_id": "v", "format": "s16le"}


class Service:
    """A service that speaks each piece of text as its own bytes, in a generation of its own."""

    def __init__(self, *, final: bool = True, greeting: dict | None = None) -> None:
        self.final = final
        self.greeting = greeting or {"action": "status", "connectionId": "c-1", "message": "connected"}
        self.heard: list[dict] = []
        self.connections = 0

    async def __call__(self, socket) -> None:
        self.connections += 1
        await say(socket, **self.greeting)
        async for text in socket:
            message = json.loads(text)
            self.heard.append(message)
            await self.answer(socket, message)

    async def answer(self, socket, message) -> None:
        name = f"g-{len(self.heard)}"
        match message["action"]:
            case "stream-text":
                text = message["data"]["text"].encode()
                await say(socket, generationId=name, index=0, data=text, isFinished=False)
                await say(socket, generationId=name, isFinished=True)
            case "end-stream" if self.final:
                await say(socket, generationId=name, isFinal=True)
            case "cancel":
                await say(socket, generationId=None, isFinished=True, isCancelled=True)
            case "ping":
                await say(socket, action="pong")


def stream(use, service=None, *, extras=None, **changes):
    """Let ``use`` talk to a service over a session, and return what it returns."""

    async def connected(client):
        async with client.async_stream_connect(**{**VOICE, **changes}) as connection:
            return await use(connection)

    return talk(service or Service(), connected, **(extras or {}))


async def turn(connection, *texts):
    """Send the pieces of a turn, and return its audio."""
    for text in texts:
        await connection.async_stream_text(text)
    await connection.async_stream_end()
    return await all_of(connection.async_stream())


@pytest.mark.parametrize("final", [True, False], ids=["isFinal", "silence"])
def test_a_turn_holds_all_of_its_generations_and_another_follows(final):
    service = Service(final=final)

    async def use(connection):
        first = await all_turn(connection, "One. ", "Two. ", "Three.")
        return first, await all_turn(connection, "Four.")

    async def all_turn(connection, *texts):
        for text in texts:
            await connection.async_stream_text(text)
        await connection.async_flush()
        return await all_of(connection.async_stream(silence=0.1))

    assert stream(use, service) == ([b"One. ", b"Two. ", b"Three."], [b"Four."])
    assert service.heard[0] == {
        "action": "stream-config",
        "config": {
            "model": "dd-etts-2.5",
            "locale": "en-US",
            "voicePromptId": "v",
            "format": "s16le",
            "sampleRate": 16000,
            "acceptEmojis": False,
        },
    }


def test_speech_that_is_late_is_waited_for():
    class Slow(Service):
        async def answer(self, socket, message):
            if message["action"] == "end-stream":
                await asyncio.sleep(0.3)
                await super().answer(socket, {"action": "stream-text", "data": {"text": "late"}})

    async def use(connection):
        await connection.async_stream_text("Hi.")
        await connection.async_stream_end()
        return await all_of(connection.async_stream(silence=0.05))

    assert stream(use, Slow(final=False)) == [b"late"]


def test_a_service_that_is_slow_with_one_sentence_is_given_time_for_the_next():
    class Slow(Service):
        async def answer(self, socket, message):
            if message["action"] == "end-stream":
                for number in range(3):
                    await asyncio.sleep(0.2)
                    await say(socket, generationId=f"g-{number}", data=b"la")
                    await say(socket, generationId=f"g-{number}", isFinished=True)

    async def use(connection):
        await connection.async_stream_text("One. Two. Three.")
        await connection.async_stream_end()
        return await all_of(connection.async_stream(silence=0.05))

    assert stream(use, Slow()) == [b"la"] * 3


def test_a_final_before_the_end_of_the_text_ends_nothing():
    class Hasty(Service):
        async def answer(self, socket, message):
            await super().answer(socket, message)
            if message["action"] == "stream-text":
                await say(socket, generationId="g", isFinal=True)

    async def use(connection):
        await connection.async_stream_text("One.")
        hearing = asyncio.create_task(all_of(connection.async_stream()))
        await connection.async_stream_ping()
        await connection.async_stream_text("Two.")
        await connection.async_stream_end()
        return await hearing

    assert stream(use, Hasty()) == [b"One.", b"Two."]


def test_messages_that_hold_nothing_are_no_reason_to_wait():
    class Chatter(Service):
        async def answer(self, socket, message):
            if message["action"] == "end-stream":
                while True:
                    await say(socket, action="status", message="still here")
                    await asyncio.sleep(0.005)

    with pytest.raises(ConnectionLostError, match="no answer in time"):
        stream(lambda connection: turn(connection, "Hi."), Chatter(), extras={"timeout": 0.1})


@pytest.mark.parametrize(
    "fields",
    [{"isFinished": False}, {"isFinished": True}, {"data": ""}, {"error": "no"}],
    ids=["begun", "finished", "empty", "failed"],
)
def test_generations_that_hold_nothing_are_not_waited_for_for_ever(fields):
    """However many there are: each is announced, ended or turned down, and none is spoken."""

    class Busy(Service):
        async def answer(self, socket, message):
            if message["action"] == "end-stream":
                for number in itertools.count():
                    await say(socket, generationId=f"g-{number}", **fields)
                    await asyncio.sleep(0.005)

    async def use(connection):
        await connection.async_stream_text("Hi.")
        await connection.async_stream_end()
        with suppress(NoAnswerError):  # where all that was announced is over, the turn may be
            assert await all_of(connection.async_stream(ignore_errors=True, silence=0.1)) == []

    stream(
        lambda connection: asyncio.wait_for(use(connection), 8), Busy(final=False), extras={"timeout": 0.3}
    )


def test_a_text_can_be_streamed_in_while_audio_comes_out():
    async def use(connection):
        async def write():
            for number in range(5):
                await connection.async_stream_text(f"{number}")
                await asyncio.sleep(0.01)
            await connection.async_stream_end()

        writing = asyncio.create_task(write())
        spoken = await all_of(connection.async_stream())
        await writing
        return spoken

    assert stream(use) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_ping_while_audio_comes_swallows_nothing():
    async def use(connection):
        receiving = asyncio.create_task(all_of(connection.async_stream()))
        await asyncio.sleep(0.01)
        pongs = []
        for number in range(5):
            await connection.async_stream_text(f"{number}")
            pongs.append(await connection.async_stream_ping())
        await connection.async_stream_end()
        return pongs, await receiving

    assert stream(use) == ([{"action": "pong"}] * 5, [b"0", b"1", b"2", b"3", b"4"])


def test_a_ping_alone():
    assert stream(lambda connection: connection.async_stream_ping()) == {"action": "pong"}


def test_barge_in_drops_what_was_spoken_and_the_next_turn_is_clean():
    class Talkative(Service):
        async def answer(self, socket, message):
            if message["action"] == "stream-text" and message["data"]["text"] == "long":
                for index in range(50):
                    await say(socket, generationId="long", index=index, data=b"bla", isFinished=False)
            elif message["action"] == "cancel":
                await say(socket, generationId="long", index=50, data=b"bla", isFinished=False)
                await say(socket, generationId="long", isFinished=True, isCancelled=True)
            else:
                await super().answer(socket, message)

    async def use(connection):
        await connection.async_stream_text("long")
        stream = connection.async_stream()
        heard_first = await anext(stream)
        await connection.async_stream_ping()  # by now all of it has come
        await connection.async_stream_cancel()
        return heard_first, await all_of(stream), await turn(connection, "Bye.")

    assert stream(use, Talkative()) == (b"bla", [], [b"Bye."])


@pytest.mark.parametrize("answered", [True, False])
def test_a_turn_right_after_a_cancel_is_whole(answered):
    class Late(Service):
        async def answer(self, socket, message):
            if message["action"] == "cancel" and not answered:
                return
            await super().answer(socket, message)

    async def use(connection):
        await turn(connection, "One.")
        await connection.async_stream_text("Never heard.")
        await connection.async_stream_cancel()
        if not answered:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.1):
                    await connection.async_stream_recv()
        first = await turn(connection, "Two.")
        return first, await turn(connection, "Three.")

    assert stream(use, Late()) == ([b"Two."], [b"Three."])


def test_a_stream_that_is_opened_after_a_cancel_ends_with_its_answer():
    async def use(connection):
        await connection.async_stream_text("Never heard.")
        await connection.async_stream_cancel()
        return await all_of(connection.async_stream()), await turn(connection, "Two.")

    assert stream(use) == ([], [b"Two."])


class Failing(Service):
    """A service that turns some texts down."""

    async def answer(self, socket, message):
        text = message.get("data", {}).get("text", "")
        if text == "session":
            await say(socket, action="error", message=f"no such thing, {KEY}")
        elif text == "generation":
            await say(socket, generationId="bad", error="can't say that", errorType="InvalidInput")
        else:
            await super().answer(socket, message)


@pytest.mark.parametrize(("text", "kind"), [("session", SessionError), ("generation", GenerationError)])
def test_an_error_is_raised_in_its_place_and_the_others_go_on(text, kind):
    async def use(connection):
        for each in ("one", text, "two"):
            await connection.async_stream_text(each)
        await connection.async_stream_end()
        stream = connection.async_stream()
        first = await anext(stream)
        with pytest.raises(kind) as caught:
            await anext(stream)
        assert KEY not in str(caught.value)
        return first, await all_of(stream)

    assert stream(use, Failing()) == (b"one", [b"two"])


def test_errors_can_be_ignored_and_are_logged(caplog):
    async def use(connection):
        for each in ("one", "session", "generation", "two"):
            await connection.async_stream_text(each)
        await connection.async_stream_end()
        return await all_of(connection.async_stream(ignore_errors=True))

    assert stream(use, Failing()) == [b"one", b"two"]
    assert "can't say that" in caplog.text


def test_messages_one_by_one():
    async def use(connection):
        assert connection.connection_id == "c-1"
        for text in ("one", "session", "generation"):
            await connection.async_stream_text(text)
        await connection.async_stream_end()
        message = await connection.async_stream_recv()
        assert message == {"generationId": "g-2", "index": 0, "data": "b25l", "isFinished": False}
        assert await connection.async_stream_recv_audio() is None
        with pytest.raises(SessionError):
            await connection.async_stream_recv()
        with pytest.raises(GenerationError):
            await connection.async_stream_recv_audio()
        return await connection.async_stream_recv()

    assert stream(use, Failing())["isFinal"] is True


@pytest.mark.parametrize(("chosen", "whole"), [("wav", True), ("headerless-wav", False)])
def test_wav_is_samples_in_a_stream_and_a_file_of_its_own_in_a_message(chosen, whole):
    piece = make_wav(b"\1\0\2\0", rate=16000)

    class Wav(Service):
        async def answer(self, socket, message):
            if message["action"] == "stream-config":
                assert message["config"]["format"] == "wav"
            elif message["action"] == "stream-text":
                await say(socket, generationId="g", data=piece)
                await say(socket, generationId="g", data=piece)
            else:
                await super().answer(socket, message)

    async def use(connection):
        await connection.async_stream_text("Hi.")
        first = await connection.async_stream_recv_audio()
        async with connection.async_stream() as stream:
            return first, await anext(stream)

    samples = b"\1\0\2\0"
    assert stream(use, Wav(), format=chosen) == (piece if whole else samples, samples)


def test_an_unfriendly_greeting_is_an_error():
    async def use(connection):
        raise AssertionError

    with pytest.raises(SessionError, match="no room"):
        stream(use, Service(greeting={"action": "error", "message": "no room"}))


def test_a_service_that_does_not_greet(caplog):
    class Silent(Service):
        async def __call__(self, socket):
            async for text in socket:
                self.heard.append(json.loads(text))
                await self.answer(socket, self.heard[-1])

    async def use(connection):
        assert connection.connection_id is None
        return await turn(connection, "Hi.")

    assert stream(use, Silent(), extras={"timeout": 0.1}) == [b"Hi."]
    assert "no greeting" in caplog.text


async def close(socket):
    await socket.close(1011, "overloaded")


async def reset(socket):
    socket.transport.abort()


async def nonsense(socket):
    await socket.send("<html>")


class Ending(Service):
    """A service whose first connection ends at a word."""

    def __init__(self, end, word, **options) -> None:
        super().__init__(**options)
        self.end = end
        self.word = word

    async def answer(self, socket, message):
        if message.get("data", {}).get("text") == self.word and self.connections == 1:
            await self.end(socket)
        else:
            await super().answer(socket, message)


ENDS = [(close, ConnectionLostError), (reset, ConnectionLostError), (nonsense, InvalidResponseError)]


@pytest.mark.parametrize(("end", "kind"), ENDS, ids=["closed", "reset", "nonsense"])
def test_who_waits_is_told_of_the_end_and_the_next_turn_is_on_a_new_connection(end, kind):
    service = Ending(end, "end")

    async def use(connection):
        await connection.async_stream_text("end")
        stream, pinging = connection.async_stream(), connection.async_stream_ping()
        failed = await asyncio.gather(anext(stream), pinging, return_exceptions=True)
        assert [type(error) for error in failed] == [kind, kind]
        return await turn(connection, "Hi.")

    assert stream(use, service) == [b"Hi."]
    configs = [each for each in service.heard if each["action"] == "stream-config"]
    assert (service.connections, len(configs)) == (2, 2)


def test_an_end_in_the_middle_of_a_turn_is_told_before_anything_is_sent_anew():
    service = Ending(close, "end")

    async def use(connection):
        await connection.async_stream_text("end")
        await connection.websocket.wait_closed()
        with pytest.raises(ConnectionLostError, match="middle of a turn"):
            await connection.async_stream_text("more")
        return await turn(connection, "Hi.")

    assert stream(use, service) == [b"Hi."]
    assert "more" not in str(service.heard)


def test_an_idle_session_that_was_closed_is_opened_anew():
    class Impatient(Service):
        async def answer(self, socket, message):
            await super().answer(socket, message)
            if message["action"] == "end-stream" and self.connections == 1:
                await socket.close(1001)

    service = Impatient()

    async def use(connection):
        first = await turn(connection, "One.")
        await connection.websocket.wait_closed()
        return first + await turn(connection, "Two.")

    assert stream(use, service) == [b"One.", b"Two."]
    assert service.connections == 2


def test_two_tasks_on_a_dead_session_open_one_connection():
    class Impatient(Service):
        async def answer(self, socket, message):
            await super().answer(socket, message)
            if message["action"] == "end-stream" and self.connections == 1:
                await socket.close(1001)

    service = Impatient()

    async def use(connection):
        await turn(connection, "One.")
        await connection.websocket.wait_closed()
        hearing = asyncio.create_task(all_of(connection.async_stream()))
        await connection.async_stream_text("Two.")
        await connection.async_stream_end()
        return await hearing

    assert stream(use, service, extras={"timeout": 3}) == [b"Two."]
    assert service.connections == 2


def test_a_call_that_is_cancelled_while_it_reopens_leaves_no_session_without_settings():
    class Slow(Service):
        async def __call__(self, socket):
            if self.connections == 1:
                await asyncio.sleep(0.1)
            await super().__call__(socket)

        async def answer(self, socket, message):
            await super().answer(socket, message)
            if message["action"] == "end-stream" and self.connections == 1:
                await socket.close(1001)

    service = Slow()

    async def use(connection):
        await turn(connection, "One.")
        await connection.websocket.wait_closed()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await connection.async_stream_text("Never.")
        return await turn(connection, "Two.")

    assert stream(use, service) == [b"Two."]
    last = [each["action"] for each in service.heard[-3:]]
    assert last == ["stream-config", "stream-text", "end-stream"]


def test_a_session_whose_end_is_cancelled_leaves_no_socket_open():
    """The service takes its time to answer the close, and whoever waits for that is no longer there."""

    async def deaf(socket):
        await say(socket, action="status", connectionId="c-1")
        socket.transport.pause_reading()
        await gone.wait()

    async def use(client):
        async def session():
            async with client.async_stream_connect(**VOICE) as connection:
                opened.append(connection.websocket)

        opened = []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await session()
        gone.set()
        assert opened[0].transport.is_closing()

    gone = asyncio.Event()
    talk(deaf, use, options={"close_timeout": 0.1})


def test_nothing_is_opened_after_the_end_of_a_session():
    service = Service()

    async def use(client):
        async with client.async_stream_connect(**VOICE) as connection:
            stream = connection.async_stream()
        with pytest.raises(UsageError, match="has ended"):
            await anext(stream)

    talk(service, use)
    assert service.connections == 1


def test_a_cancel_of_nothing_that_is_not_answered_eats_no_turn():
    class Quiet(Service):
        async def answer(self, socket, message):
            if message["action"] != "cancel":
                await super().answer(socket, message)

    async def use(connection):
        await turn(connection, "One.")
        await connection.async_stream_cancel()
        return await turn(connection, "Two.")

    assert stream(use, Quiet()) == [b"Two."]


def test_a_time_out_that_ends_while_a_turn_is_ended_is_no_error_of_its_own():
    class Mute(Service):
        async def answer(self, socket, message):
            pass

    async def use(connection):
        await connection.async_stream_text("Hi.")
        await connection.async_stream_end()
        waiting = asyncio.create_task(connection.async_stream_recv())
        for _ in range(200):
            await asyncio.sleep(0.001)
            await connection.async_stream_cancel()
            await connection.async_stream_text("Hi.")
            await connection.async_stream_end()
        with pytest.raises(ConnectionLostError):
            await waiting

    stream(use, Mute(), extras={"timeout": 0.05})


def test_silence_after_the_end_of_a_turn_ends_in_time():
    class Mute(Service):
        async def answer(self, socket, message):
            pass

    async def use(connection):
        await connection.async_stream_text("Hi.")
        receiving = asyncio.create_task(all_of(connection.async_stream()))
        await asyncio.sleep(0.15)
        assert not receiving.done()  # before the end of the text there is nothing to expect
        await connection.async_stream_end()
        with pytest.raises(ConnectionLostError, match=r"no message for 0\.1 s"):
            await receiving

    stream(use, Mute(), extras={"timeout": 0.1})


def test_a_ping_without_a_pong_ends_in_time():
    class Deaf(Service):
        async def answer(self, socket, message):
            pass

    with pytest.raises(ConnectionLostError, match="no pong"):
        stream(lambda connection: connection.async_stream_ping(), Deaf(), extras={"timeout": 0.1})


def test_what_the_protocol_lacks_is_warned_of_and_not_sent(caplog):
    service = Service()
    lacking = {"temperature": 0.1, "tempo": 1, "variance": 0.1, "prompt_boost": True, "accent_ratio": 0.2}

    async def use(connection):
        await turn(connection, "Hi.")

    stream(use, service, **lacking)
    for name in lacking:
        assert name in caplog.text
    assert not {"temperature", "tempo", "variance", "promptBoost"} & service.heard[0]["config"].keys()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "flac"}, "format"),
        ({"sample_rate": 11025}, "sample_rate"),
        ({"model": ""}, "model is empty"),
        ({"locale": None}, "locale is empty"),
        ({"voice_prompt_id": " "}, "voice_prompt_id is empty"),
        ({"target_gender": "robot"}, "gender"),
        ({"first_audio_timeout": -1}, "first_audio_timeout"),
        ({"first_audio_timeout": 0.5}, "whole number of milliseconds"),
    ],
)
def test_settings_that_are_refused_before_they_are_sent(changes, message):
    async def use(connection):
        raise AssertionError

    with pytest.raises(InvalidOptionError, match=message):
        stream(use, **changes)


def test_calls_outside_a_session_are_refused():
    async def use(client):
        for call in (
            client.async_stream_end,
            client.async_flush,
            client.async_stream_ping,
            client.async_stream_recv,
        ):
            with pytest.raises(UsageError, match="async_stream_connect"):
                await call()
        with pytest.raises(UsageError):
            client.async_stream()

    talk(Service(), use)


def test_a_connection_without_settings():
    async def use(client):
        async with client.async_connect(streaming_input=True) as connection:
            await connection.async_stream_config("m", "en-US", "v", format="mulaw", sample_rate=8000)
            assert connection.streaming_format == "mulaw"
            return await turn(connection, "Hi.")

    assert talk(Service(), use) == [b"Hi."]


def test_a_socket_that_somebody_else_has_opened_is_used_and_left_alone():
    service = Service()

    async def use(client):
        async with connect(client.base_websocket_streaming_url) as socket:
            await socket.recv()
            client.websocket = socket
            assert client.websocket is socket
            await client.async_stream_config(**VOICE)
            await client.async_stream_text("Hi.")
            theirs = json.loads(await socket.recv())
            await client.async_stream_end()
            rest = await all_of(client.async_stream())
            client.websocket = None
            assert client.websocket is None
            await socket.send(json.dumps({"action": "ping"}))
            return theirs["data"], rest, json.loads(await socket.recv())

    assert talk(service, use) == ("SGku", [], {"action": "pong"})


def test_a_refused_key_on_the_streaming_socket():
    async def use(connection):
        raise AssertionError

    def refuse(connection, request):
        assert request.path == "/ws"
        return connection.respond(401, "no\n")

    async def connected(client):
        async with client.async_stream_connect(**VOICE) as connection:
            return await use(connection)

    with pytest.raises(UnauthorizedError):
        talk(Service(), connected, options={"process_request": refuse})


def test_each_client_has_its_own_session():
    async def use(client: DeepdubClient):
        async with client.async_stream_connect(**VOICE) as one, client.async_stream_connect(**VOICE) as two:
            return await asyncio.gather(turn(one, "One."), turn(two, "Two."))

    assert talk(Service(), use) == [[b"One."], [b"Two."]]


def test_only_what_was_heard_is_kept_when_a_wait_is_given_up():
    async def use(connection):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await connection.async_stream_recv()
        return await turn(connection, "Hi.")

    assert stream(use) == [b"Hi."]


def test_messages_that_nobody_takes_do_not_fill_the_memory():
    """Empty ones take forty times as much memory as they have bytes."""

    class Flood(Service):
        async def answer(self, socket, _message):
            socket.transport.write(b"\x81\x02{}" * 1_000_000)

    async def use(connection):
        await connection.async_stream_text("Hi.")
        socket = connection.websocket
        while socket.transport.is_reading():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        return len(socket.recv_messages.frames)

    assert stream(use, Flood()) < 300_000
