"""Whatever a service says: each who waits is told an end at most once, and never what is somebody else's."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ddvoices.client import ConnectionLostError
from ddvoices.client.sockets.open_core import Answer, Audio, Failed, Finished, OpenCore
from ddvoices.client.sockets.stream_core import StreamCore
from ddvoices.errors import InvalidResponseError

IDS = [f"{n}0000000-0000-4000-8000-00000000000{n}" for n in range(1, 5)]
ASKED = {"text": "Hello", "model": "m", "locale": "en-US", "voice_prompt_id": "v", "format": "wav"}

odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
sound = st.binary(max_size=8).map(lambda data: base64.b64encode(data).decode())
fields = {
    "generationId": st.sampled_from(IDS) | odd,
    "data": sound | odd,
    "index": st.integers(0, 3) | odd,
    "isFinished": st.booleans() | odd,
    "isFinal": st.booleans() | odd,
    "isCancelled": st.booleans() | odd,
    "error": st.text(max_size=5) | odd,
    "errorType": st.sampled_from(["RateLimit", "InvalidInput"]) | odd,
    "action": st.sampled_from(["error", "status", "pong"]) | odd,
    "message": st.text(max_size=5) | odd,
    "predicted_gender": st.just("female") | odd,
    "connectionId": st.text(max_size=5) | odd,
}
messages = st.fixed_dictionaries({}, optional=fields).map(json.dumps)
frames = messages | messages.map(str.encode) | st.text(max_size=20) | st.binary(max_size=20)
ENDS = (Finished, Answer, Failed)


def hear(core: OpenCore, frame: str | bytes) -> list[Any]:
    """Return what a frame tells; a connection whose frame can't be believed is lost."""
    try:
        return core.receive(frame)
    except InvalidResponseError as error:
        return core.lost(error)


@given(st.lists(frames, max_size=12), st.sets(st.sampled_from(IDS)))
def test_everyone_on_open_has_one_end_and_nothing_after_it(said, forgotten):
    core, ended = OpenCore(key="dd-secret"), Counter[str]()
    for number, each in enumerate(IDS):
        if number % 2:
            core.classify(each, "UklG", 16000)
        else:
            core.speak(each, ASKED, {})
    for each in forgotten:
        core.forget(each)
    for frame in said:
        for waiter, event in hear(core, frame):
            assert waiter in IDS
            assert waiter not in forgotten
            assert not ended[waiter]
            ended[waiter] += isinstance(event, ENDS)
            assert not isinstance(event, Audio) or event.data
    for waiter, _ in core.lost(ConnectionLostError("gone")):
        ended[waiter] += 1
    assert ended == Counter(set(IDS) - forgotten)
    assert core.waiting == 0


step = frames | st.sampled_from(["text", "end", "cancel", "reset", "settle"])


@given(st.lists(step, max_size=15))
def test_a_turn_on_ws_survives_whatever_is_said(steps):
    core = StreamCore(key="dd-secret")
    for each in steps:
        match each:
            case "text":
                core.text("Hi.")
                assert core.in_turn
            case "end":
                core.end()
                assert core.ending
            case "cancel":
                stops = core.in_turn
                core.cancel()
                assert core.ending is stops
            case "reset" | "settle":
                getattr(core, each)()
            case _:
                listen(core, each)
        assert core.ending or not core.may_have_ended


def listen(core: StreamCore, frame: str | bytes) -> None:
    """Hear a frame; what it tells of as an error has a class of its own."""
    try:
        message = core.receive(frame)
    except InvalidResponseError:
        return
    if message is not None and message.error is not None:
        assert "dd-secret" not in str(core.error_of(message))
