"""``/ws`` without a socket: what is said, what is heard, and where in a turn both are."""

from __future__ import annotations

import json

import pytest

from ddvoices.client import GenerationError, RateLimitError, SessionError
from ddvoices.client.sockets.stream_core import StreamCore
from ddvoices.errors import InvalidResponseError

AUDIO = {"generationId": "g1", "index": 0, "data": "YWI=", "isFinished": False}
DONE = {"generationId": "g1", "isFinished": True}
FINAL = {"generationId": "g1", "isFinal": True}


def hear(core: StreamCore, *messages: dict) -> list:
    return [core.receive(json.dumps(message)) for message in messages]


def test_what_is_sent():
    core = StreamCore()
    options = {
        "model": "m",
        "locale": "en-US",
        "voice_prompt_id": "v",
        "format": "wav",
        "sample_rate": 16000,
        "accept_emojis": False,
        "target_gender": "male",
        "first_audio_timeout": 50,
        "realtime": None,
        "clean_audio": True,
        "temperature": 0.5,
    }
    assert json.loads(core.config(options)) == {
        "action": "stream-config",
        "config": {
            "model": "m",
            "locale": "en-US",
            "voicePromptId": "v",
            "format": "wav",
            "sampleRate": 16000,
            "acceptEmojis": False,
            "firstAudioTimeout": 50,
            "cleanAudio": True,
            "targetGender": "MALE",
        },
    }
    tagged = 'Hi <config locale="fr-FR"/> [joy]'
    assert json.loads(core.text(tagged)) == {"action": "stream-text", "data": {"text": tagged}}
    assert [json.loads(each)["action"] for each in (core.end(), core.cancel(), core.ping())] == [
        "end-stream",
        "cancel",
        "ping",
    ]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (AUDIO, {"generation_id": "g1", "data": "YWI="}),
        ({"action": "stream-audio", **AUDIO}, {"generation_id": "g1", "data": "YWI="}),
        ({"action": "x", "data": dict(AUDIO)}, {"generation_id": "g1", "data": "YWI="}),
        (DONE, {"finished": True, "data": None}),
        ({**AUDIO, "isFinished": True}, {"finished": True, "data": "YWI="}),
        (FINAL, {"final": False, "finished": True}),  # nobody has ended a turn
        (
            {"generationId": None, "isFinished": True, "isCancelled": True},
            {"cancelled": True, "generation_id": None},
        ),
        ({"action": "pong"}, {"pong": True}),
        (
            {"action": "status", "connectionId": "c", "message": "connected"},
            {"status": True, "connection_id": "c"},
        ),
        ({"action": "error", "message": "no"}, {"error": "no", "generation_id": None}),
        ({"error": "no"}, {"error": "no", "generation_id": None}),
        ({"generationId": "g1", "error": "no"}, {"error": "no", "generation_id": "g1"}),
        ({"action": "error"}, {"error": "an error without a message"}),
    ],
)
def test_what_a_message_holds(message, shown):
    (heard,) = hear(StreamCore(), message)
    assert {name: getattr(heard, name) for name in shown} == shown
    assert heard.document == message


@pytest.mark.parametrize("frame", ["", "nonsense", "[]", b"\xff", "null"])
def test_a_message_that_is_none(frame):
    with pytest.raises(InvalidResponseError):
        StreamCore().receive(frame)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"action": "error", "message": "bad dd-key"}, SessionError),
        ({"error": "bad dd-key"}, SessionError),
        ({"generationId": "g1", "error": "bad dd-key"}, GenerationError),
        ({"generationId": "g1", "error": "bad dd-key", "errorType": "RateLimit"}, RateLimitError),
    ],
)
def test_errors_of_the_session_and_of_a_generation_are_told_apart(message, kind):
    core = StreamCore(key="dd-key")
    (heard,) = hear(core, message)
    error = core.error_of(heard)
    assert isinstance(error, kind)
    assert isinstance(error, GenerationError) is (kind is not SessionError)
    assert "bad ***" in str(error)


TURNS = [
    # what was said and heard, then: in a turn, ending, may have ended
    ("nothing", [], (False, False, False)),
    ("text", ["text"], (True, False, False)),
    ("text to the end", ["text", "end"], (True, True, False)),
    ("speaking", ["text", "end", AUDIO], (True, True, False)),
    ("spoken", ["text", "end", AUDIO, DONE], (True, True, True)),
    ("spoken before the end", ["text", AUDIO, DONE], (True, False, False)),
    ("one of two spoken", ["text", "end", AUDIO, DONE, {**AUDIO, "generationId": "g2"}], (True, True, False)),
    ("failed", ["text", "end", {"generationId": "g1", "error": "no"}], (True, True, True)),
    ("final", ["text", "end", AUDIO, DONE, FINAL], (False, False, False)),
    ("an end without text", ["end"], (True, True, True)),
    ("two turns at once", ["text", "end", "text", "end", AUDIO, DONE, FINAL], (True, True, False)),
    ("final is known", ["text", "end", FINAL, "text", "end", AUDIO, DONE], (True, True, False)),
    ("cancelling", ["text", AUDIO, "cancel"], (False, True, True)),
    ("a new turn before the answer", ["text", AUDIO, "cancel", "text"], (True, False, False)),
    (
        "a new turn to its end before the answer",
        ["text", "cancel", "text", "end", {"generationId": None, "isFinished": True, "isCancelled": True}],
        (True, True, False),
    ),
    ("cancelled", ["text", AUDIO, "cancel", {**DONE, "isCancelled": True}], (False, False, False)),
]


@pytest.mark.parametrize(("steps", "state"), [row[1:] for row in TURNS], ids=[row[0] for row in TURNS])
def test_where_in_a_turn(steps, state):
    core = StreamCore()
    for step in steps:
        match step:
            case "text":
                core.text("Hi.")
            case "end":
                core.end()
            case "cancel":
                core.cancel()
            case _:
                hear(core, step)
    assert (core.in_turn, core.ending, core.may_have_ended) == state


def test_the_end_of_a_turn_is_not_the_end_of_the_next_one_which_is_being_written():
    core = StreamCore()
    core.text("One.")
    core.end()
    core.text("Two")
    hear(core, AUDIO, DONE, FINAL)
    assert core.in_turn
    assert not core.ending


def test_a_final_before_the_text_has_ended_ends_no_turn():
    core = StreamCore()
    core.text("One.")
    assert not hear(core, FINAL)[0].final
    assert core.in_turn
    core.text("Two.")
    core.end()
    assert hear(core, FINAL)[0].final


def test_what_was_cancelled_is_not_heard_any_more():
    core = StreamCore()
    core.text("Hi.")
    hear(core, AUDIO)
    core.cancel()
    unborn = {**AUDIO, "generationId": "begun before the cancel came through"}
    assert hear(core, AUDIO, unborn, DONE) == [None, None, None]
    assert hear(core, {**DONE, "isCancelled": True})[0].cancelled
    core.text("Bye.")
    assert hear(core, AUDIO, unborn) == [None, None]
    assert hear(core, {**AUDIO, "generationId": "g2"})[0].data


@pytest.mark.parametrize(
    "message", [{**AUDIO, "isFinal": True}, {**AUDIO, "isCancelled": True}, {"data": "YWI="}]
)
def test_audio_of_what_was_cancelled_is_not_heard_in_whatever_it_comes(message):
    core = StreamCore()
    core.text("Hi.")
    hear(core, AUDIO)
    core.cancel()
    (heard,) = hear(core, message)
    assert heard is None or heard.data is None


def test_a_late_end_of_a_cancelled_turn_does_not_end_the_next():
    core = StreamCore()
    core.text("Hi.")
    hear(core, AUDIO)
    core.cancel()
    core.settle()  # the service was given up on
    core.text("Bye.")
    core.end()
    assert hear(core, FINAL) == [None]
    assert core.in_turn
    assert hear(core, {**FINAL, "generationId": "g2"})[0].final
    assert not core.in_turn


def test_a_cancel_that_is_never_answered_does_not_deafen_the_next_turn():
    core = StreamCore()
    core.text("Hi.")
    core.cancel()
    core.text("Bye.")
    assert hear(core, AUDIO) == [None]
    core.settle()
    assert hear(core, {**AUDIO, "generationId": "g2"})[0].data


def test_the_end_of_a_cancelled_turn_does_not_end_the_next():
    core = StreamCore()
    core.text("Hi.")
    core.end()
    core.cancel()
    core.text("Bye.")
    core.end()
    assert hear(core, FINAL) == [None]
    assert hear(core, {**DONE, "isCancelled": True})[0].cancelled
    assert core.in_turn
    assert hear(core, FINAL)[0].final
    assert not core.in_turn


def test_errors_of_the_session_are_heard_while_cancelling():
    core = StreamCore()
    core.cancel()
    assert hear(core, {"action": "error", "message": "nothing to cancel"})[0].error
