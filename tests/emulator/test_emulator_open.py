"""The socket /open: whole texts in, audio in chunks out, any number at once."""

from __future__ import annotations

import base64
import json
import struct
import urllib.request

import pytest
from emulator.samples import WAV, WAV_BASE64, upload, wait_until
from emulator.talk import audio, finished, request, talking
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

SPEAK = "text-to-speech"


@pytest.fixture
def talk(emulator, api_key):
    with talking(emulator.websocket_url, api_key) as connection:
        yield connection


def spoken(emulator, key, document) -> bytes:
    """Return what /tts says to the same request."""
    asked = urllib.request.Request(  # noqa: S310 - loopback
        emulator.base_url + "/tts", json.dumps(document).encode(), {"x-api-key": key}
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - loopback
        return answer.read()


def read_wav(data: bytes) -> tuple[dict[bytes, bytes], int]:
    """Return the chunks of a WAV by name, and the length of all that stands before its samples."""
    assert (data[:4], data[8:12]) == (b"RIFF", b"WAVE")
    assert struct.unpack("<I", data[4:8]) == (len(data) - 8,)
    chunks, at = {}, 12
    while at < len(data):
        name, size = struct.unpack("<4sI", data[at : at + 8])
        chunks[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return chunks, len(data) - len(chunks[b"data"])


def test_a_generation_comes_in_chunks_each_a_wav_of_its_own(emulator, api_key, talk):
    document = request(emulator, api_key, sampleRate=16000)
    talk.say(action=SPEAK, generationId="mine", **document)
    *chunks, last = heard = talk.hear_until(finished)
    assert [message["index"] for message in heard] == list(range(len(heard)))
    assert {message["generationId"] for message in heard} == {"mine"}
    assert last == {"index": len(chunks), "generationId": "mine", "data": "", "isFinished": True}
    assert not any(message["isFinished"] for message in chunks)
    samples = b""
    for piece in audio(heard):
        parts, before = read_wav(piece)
        assert before == 68
        tag, channels, rate, _, _, bits, extra, _, _, guid = struct.unpack("<HHIIHHHHI16s", parts[b"fmt "])
        assert (tag, channels, rate, bits, extra, guid[:2]) == (0xFFFE, 1, 16000, 16, 22, b"\1\0")
        samples += parts[b"data"]
    assert len(audio(heard)) > 2
    assert samples == spoken(emulator, api_key, {**document, "format": "headerless-wav"})


@pytest.mark.parametrize(
    ("name", "option"),
    [
        *((name, {}) for name in ("s16le", "headerless-wav", "mp3", "mulaw", "opus")),
        *(("s16le", option) for option in ({"duration": 3}, {"targetDuration": 3}, {"tempo": 1.5})),
    ],
)
def test_the_audio_is_that_of_tts(emulator, api_key, talk, name, option):
    document = request(emulator, api_key, sampleRate=24000, **option)
    twin = "headerless-wav" if name == "s16le" else name
    talk.say(action=SPEAK, format=name, **document)
    pieces = audio(talk.hear_until(finished))
    assert len(pieces) > 1
    assert b"".join(pieces) == spoken(emulator, api_key, {**document, "format": twin})


@pytest.mark.parametrize(("header", "lengths"), [("wide", {68}), ("plain", {44}), ("list", {44 + 8 + 22})])
def test_headers_have_other_sizes(emulator, api_key, talk, header, lengths):
    emulator.settings(api_key, wav_header=header)
    talk.say(action=SPEAK, **request(emulator, api_key))
    assert {read_wav(piece)[1] for piece in audio(talk.hear_until(finished))} == lengths


def test_only_the_first_chunk_may_have_a_header(emulator, api_key, talk):
    emulator.settings(api_key, wav_header="first")
    talk.say(action=SPEAK, **request(emulator, api_key))
    pieces = audio(talk.hear_until(finished))
    assert len(pieces) > 1
    assert read_wav(b"".join(pieces))[1] == 68


@pytest.mark.parametrize(("chunk_ms", "size"), [(100, 3200), (1, 32), (None, None)])
def test_chunks_last_as_long_as_is_set(emulator, api_key, talk, chunk_ms, size):
    emulator.settings(api_key, chunk_ms=chunk_ms)
    talk.say(action=SPEAK, format="s16le", sampleRate=16000, **request(emulator, api_key))
    *full, last = audio(talk.hear_until(finished))
    assert {len(piece) for piece in full} == ({size} if size else set())
    assert len(last) > 0


def test_paced_generations_interleave(emulator, api_key, talk):
    emulator.settings(api_key, pace_percent=50, chunk_ms=100)
    document = request(emulator, api_key)
    for name in "ab":
        talk.say(action=SPEAK, generationId=name, **document)
    order = ""
    while order.count("!") < 2:
        message = talk.hear()
        order += "!" if message["isFinished"] else message["generationId"]
    assert "aba" in order
    assert emulator.peak_concurrency(api_key) == 2


def test_the_first_audio_can_be_late(emulator, api_key, talk):
    emulator.settings(api_key, first_audio_ms=60_000, ack=True)
    document = request(emulator, api_key)
    assert talk.ask(action=SPEAK, generationId="late", **document) == {"generationId": "late", "data": ""}
    emulator.settings(api_key, first_audio_ms=0, ack=False)
    talk.say(action=SPEAK, generationId="soon", **document)
    assert {message["generationId"] for message in talk.hear_until(finished)} == {"soon"}


def test_the_last_message_can_carry_audio(emulator, api_key, talk):
    document = request(emulator, api_key)
    talk.say(action=SPEAK, **document)
    before = audio(talk.hear_until(finished))
    emulator.settings(api_key, last_chunk="audio")
    talk.say(action=SPEAK, **document)
    heard = talk.hear_until(finished)
    assert audio(heard) == before
    assert heard[-1]["data"]


@pytest.mark.parametrize(("frames", "kind"), [("text", str), ("binary", bytes)])
def test_frames_can_be_of_either_kind_in_both_directions(emulator, api_key, talk, frames, kind):
    emulator.settings(api_key, frames=frames)
    talk.socket.send(json.dumps({"action": SPEAK, **request(emulator, api_key)}).encode())
    answer = talk.socket.recv(timeout=30)
    assert isinstance(answer, kind)
    assert json.loads(answer)["index"] == 0


def test_a_generation_without_an_id_gets_one(emulator, api_key, talk):
    document = request(emulator, api_key)
    ids = set()
    for _ in range(2):
        talk.say(action=SPEAK, **document)
        ids |= {message["generationId"] for message in talk.hear_until(finished)}
    assert len(ids) == 2
    assert "" not in ids


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"voicePromptId": "no-such"}, "unknown voice 'no-such'"),
        ({"targetText": None}, "missing required field 'targetText'"),
        ({"model": ""}, "missing required field 'model'"),
        ({"locale": "xx-XX"}, "locale 'xx-XX' is not supported"),
        ({"format": "flac"}, "format 'flac' is not one of wav"),
        ({"temperature": 2}, "field 'temperature' must be a number from 0 to 1"),
        ({"tempo": 1, "duration": 1}, "exclude each other"),
        ({"voiceReference": WAV_BASE64}, "give one of"),
    ],
)
def test_what_is_wrong_is_named_with_both_ids(emulator, api_key, talk, fields, said):
    answer = talk.ask(action=SPEAK, generationId="g", **{**request(emulator, api_key), **fields})
    assert said in answer.pop("error")
    assert answer == {"errorType": "InvalidInput", "generationId": "g"}


@pytest.mark.parametrize("sent", ["{", "[]", '"text"', "{}", '{"action": "no"}', '{"action": ["ping"]}', ""])
def test_what_is_no_request_is_an_error_without_an_id(emulator, api_key, talk, sent):
    talk.socket.send(sent)
    answer = talk.hear()
    assert answer.keys() == {"error", "errorType"}
    talk.say(action=SPEAK, **request(emulator, api_key))
    assert finished(talk.hear_until(finished)[-1])


@pytest.mark.parametrize("given", [1, "x" * 129, ["a"]])
def test_an_unfit_id_is_not_repeated(emulator, api_key, talk, given):
    answer = talk.ask(action=SPEAK, generationId=given, **request(emulator, api_key))
    assert "generationId" in answer["error"]
    assert answer.keys() == {"error", "errorType"}


@pytest.mark.parametrize(
    ("setting", "error_type"),
    [({"credits": 0}, "InsufficientCredits"), ({"max_text_chars": 12}, "MaxExceeded")],
)
def test_limits_have_error_types_of_their_own(emulator, api_key, talk, setting, error_type):
    document = request(emulator, api_key, "Good morning.")
    emulator.settings(api_key, **setting)
    assert talk.ask(action=SPEAK, **document)["errorType"] == error_type
    emulator.settings(api_key, credits=1, max_text_chars=13)
    talk.say(action=SPEAK, **document)
    assert audio(talk.hear_until(finished))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("both", {"errorType", "generationId"}),
        ("no_type", {"generationId"}),
        ("no_id", {"errorType"}),
        ("none", set()),
    ],
)
def test_errors_can_lack_their_ids(emulator, api_key, talk, value, kept):
    emulator.settings(api_key, error_ids=value)
    assert talk.ask(action=SPEAK, generationId="g").keys() == {"error"} | kept


def test_one_generation_too_many_is_turned_away(emulator, api_key, talk):
    emulator.settings(api_key, max_concurrent=2)
    emulator.faults(api_key, [{"kind": "hang", "method": "WS", "count": 2}])
    document = request(emulator, api_key)
    for _ in range(2):
        talk.say(action=SPEAK, **document)
    answer = talk.ask(action=SPEAK, generationId="g", **document)
    assert (answer["errorType"], answer["generationId"]) == ("RateLimit", "g")
    assert emulator.call(api_key, "GET", "/voice")[0] == 429
    talk.socket.close()
    wait_until(lambda: emulator.call(api_key, "GET", "/voice")[0] == 200)


def test_a_socket_that_is_only_open_takes_no_place(emulator, api_key, talk):
    emulator.settings(api_key, max_concurrent=1)
    with talking(emulator.websocket_url, api_key):
        assert emulator.call(api_key, "GET", "/voice")[0] == 200


def test_latency_comes_before_a_generation(emulator, api_key, talk):
    document = request(emulator, api_key)
    emulator.settings(api_key, latency_ms=60_000)
    talk.say(action=SPEAK, **document)
    wait_until(lambda: emulator.peak_concurrency(api_key))
    emulator.settings(api_key, latency_ms=0)
    talk.say(action=SPEAK, generationId="second", **document)
    assert talk.hear()["generationId"] == "second"


def test_messages_larger_than_a_mebibyte_are_taken(emulator, api_key, talk):
    recording = base64.b64encode(WAV + bytes(5 * 2**20)).decode()
    document = {**request(emulator, api_key), "voicePromptId": None, "voiceReference": recording}
    talk.say(action=SPEAK, **document)
    assert audio(talk.hear_until(finished))
    entry = emulator.requests(api_key)[-1]
    assert "voiceReference" not in entry["body"]
    assert entry["body_bytes"] > len(recording)


def test_handshakes_and_messages_are_logged_without_secrets(emulator, api_key):
    voice = upload(emulator, api_key)
    emulator.clear_requests(api_key)
    with talking(f"{emulator.websocket_url}?x-api-key={api_key}", "") as talk:
        talk.say(action=SPEAK, **request(emulator, api_key, voicePromptId=voice))
        talk.hear_until(finished)
    handshake, message = emulator.requests(api_key)
    assert (handshake["method"], handshake["path"], handshake["status"]) == ("GET", "/open", 101)
    assert handshake["query"] == {"x-api-key": "[redacted]"}
    assert (message["method"], message["path"]) == ("WS", "/open/text-to-speech")
    assert message["body"]["targetText"] == "Good morning."
    assert api_key not in json.dumps([handshake, message])


@pytest.mark.parametrize("path", ["/open", "/ws"])
@pytest.mark.parametrize("key", ["", "dd-", "sk-1"])
def test_without_a_key_there_is_no_socket(emulator, path, key):
    with pytest.raises(InvalidStatus) as refused, talking(emulator.websocket_url[:-5] + path, key):
        pass
    answer = refused.value.response
    assert (answer.status_code, json.loads(answer.body)["success"]) == (401, False)


@pytest.mark.parametrize("path", ["/", "/open/", "/api/v1/voice", "/_emulator/settings"])
def test_there_are_no_other_sockets(emulator, api_key, path):
    with (
        pytest.raises(InvalidStatus) as refused,
        talking(emulator.websocket_url.removesuffix("/open") + path, api_key),
    ):
        pass
    answer = refused.value.response
    assert (answer.status_code, json.loads(answer.body)["success"]) == (404, False)


@pytest.mark.parametrize("path", ["/open", "/ws"])
def test_a_plain_request_is_told_to_upgrade(emulator, api_key, path):
    status, answer = emulator.call(api_key, "GET", emulator.origin + path)
    assert (status, answer["success"]) == (426, False)


@pytest.mark.parametrize("path", ["/open", "/ws"])
def test_an_idle_socket_is_closed_but_not_while_there_is_work(emulator, api_key, path):
    emulator.settings(api_key, greeting="none", first_audio_ms=300)
    document = request(emulator, api_key)
    with talking(emulator.websocket_url[:-5] + path, api_key) as talk:
        if path == "/open":
            talk.say(action=SPEAK, **document)
        else:
            talk.say(action="stream-config", config=document)
            talk.say(action="stream-text", text="Good morning.")
        emulator.settings(api_key, idle_close_ms=50)
        talk.say(action="ping")  # an error on one of them; from here on the time counts
        assert audio(talk.hear_until(finished))
        with pytest.raises(ConnectionClosedOK) as closed:
            talk.hear()
    assert closed.value.rcvd.code == 1001
