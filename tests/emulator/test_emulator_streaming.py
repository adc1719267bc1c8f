"""The socket /ws: text streamed in, spoken sentence by sentence, in turns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulator.samples import upload, wait_until
from emulator.talk import Talk, audio, final, finished, talking
from emulator.test_emulator_tts import pitch, say
from service import Emulator

from ddvoices.emulator.sockets.script import BadTag, Script, Sentence, Switch

HELLO = "When the sunlight strikes raindrops in the air they form a rainbow. "


@pytest.fixture
def talk(emulator, api_key):
    """Return a connection that was greeted."""
    with talking(emulator.streaming_url, api_key) as connection:
        connection.hear()
        yield connection


def configure(emulator: Emulator, key: str, talk: Talk, **options: Any) -> None:
    """Send a config that is good: bare samples, of a voice that is made for it unless one is given."""
    voice = options.pop("voicePromptId", None) or upload(emulator, key, gender="female")
    options = {"format": "s16le", "sampleRate": 22050, **options}
    talk.say(
        action="stream-config", config={"model": "m", "locale": "en-US", "voicePromptId": voice, **options}
    )


def text(talk: Talk, words: str) -> None:
    talk.say(action="stream-text", data={"text": words})


def turn(talk: Talk, *words: str) -> list[dict[str, Any]]:
    """Stream texts as a turn of their own and return all that it leads to."""
    for each in words:
        text(talk, each)
    talk.say(action="end-stream")
    return talk.hear_until(final)


def generations(heard: list[dict[str, Any]]) -> list[bytes]:
    """Return the audio of each generation, in the order in which they came."""
    found: dict[str, bytes] = {}
    for message in heard:
        if not final(message):
            found[message["generationId"]] = found.get(message["generationId"], b"") + b"".join(
                audio([message])
            )
    return list(found.values())


def test_a_connection_is_greeted(emulator, api_key):
    with talking(emulator.streaming_url, api_key) as talk:
        greeting = talk.hear()
    assert greeting.pop("connectionId")
    assert greeting == {"action": "status", "message": "connected"}


def test_the_greeting_can_be_an_error_or_nothing(emulator, api_key):
    for greeting, first in (("error", "error"), ("none", "pong")):
        emulator.settings(api_key, greeting=greeting)
        with talking(emulator.streaming_url, api_key) as talk:
            assert talk.ask(action="ping")["action"] == first


def test_a_turn_is_generations_and_then_final(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    heard = turn(talk, "Good mor", "ning. How are", " you? And so on")
    assert [len(audio) > 10_000 for audio in generations(heard)] == [True] * 3
    ends = [message for message in heard if finished(message)]
    assert all(message.keys() == {"generationId", "isFinished"} for message in ends)
    assert heard[-1] == {"generationId": ends[-1]["generationId"], "isFinal": True}
    first = [message for message in heard if message["generationId"] == ends[0]["generationId"]][:-1]
    assert [message["index"] for message in first] == list(range(len(first)))
    assert first[0].keys() == {"generationId", "index", "data", "isFinished"}


def test_a_finished_sentence_is_spoken_before_the_turn_ends(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    text(talk, "Good morning. And")
    assert audio(talk.hear_until(finished))
    text(talk, " good night.")
    assert audio(talk.hear_until(finished))
    talk.say(action="end-stream")
    assert final(talk.hear())


def test_a_second_turn_follows_the_first(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    first, second = turn(talk, "One."), turn(talk, "Two.")
    assert first[-1]["generationId"] != second[-1]["generationId"]
    assert turn(talk) == [{"generationId": None, "isFinal": True}]


def test_final_may_never_be_said(emulator, api_key, talk):
    emulator.settings(api_key, is_final=False)
    configure(emulator, api_key, talk)
    text(talk, "One")
    talk.say(action="end-stream")
    talk.hear_until(finished)
    assert talk.ask(action="ping") == {"action": "pong"}


def test_audio_can_carry_an_action(emulator, api_key, talk):
    emulator.settings(api_key, stream_actions=True)
    configure(emulator, api_key, talk)
    heard = turn(talk, "Good morning.")
    assert all(message.get("action") == ("stream-audio" if "data" in message else None) for message in heard)


def test_each_chunk_is_a_wav_by_default_at_16000(emulator, api_key, talk):
    talk.say(action="stream-config", config={"model": "m"})
    pieces = audio(turn(talk, "Good morning."))
    assert {(piece[:4], int.from_bytes(piece[24:28], "little")) for piece in pieces} == {(b"RIFF", 16000)}


@pytest.mark.parametrize("place", ["config", "data", None])
def test_what_a_message_holds_may_be_in_three_places(emulator, api_key, talk, place):
    for action, fields in (("stream-config", {"model": "m"}), ("stream-text", {"text": "Good morning."})):
        talk.say(action=action, **({place: fields} if place else fields))
    assert audio(talk.hear_until(finished))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model": None}, "missing required field 'model'"),
        ({"voicePromptId": "no-such"}, "unknown voice 'no-such'"),
        ({"locale": "xx"}, "locale 'xx' is not supported"),
        ({"format": "flac"}, "format 'flac' is not one of"),
        ({"sampleRate": 1}, "sampleRate must be one of"),
        ({"targetGender": "none"}, "targetGender"),
        ({"realtime": 1}, "realtime"),
        ({"acceptEmojis": "no"}, "acceptEmojis"),
        ({"firstAudioTimeout": 0.5}, "firstAudioTimeout"),
        ({"temperature": 1, "tempo": 1}, "not supported on this socket: temperature, tempo"),
        ({"variance": 0.1}, "variance"),
        ({"promptBoost": False}, "promptBoost"),
        ({"accentControl": {}}, "accentControl"),
    ],
)
def test_a_bad_config_is_an_error_of_the_session_which_goes_on(emulator, api_key, talk, config, said):
    voice = upload(emulator, api_key)
    answer = talk.ask(action="stream-config", config={"model": "m", "voicePromptId": voice, **config})
    assert answer.keys() == {"action", "message"}
    assert (answer["action"], said in answer["message"]) == ("error", True)
    good = {
        "model": "m",
        "voicePromptId": voice,
        "temperature": None,
        "firstAudioTimeout": 50,
        "realtime": True,
    }
    talk.say(action="stream-config", config=good)
    assert audio(turn(talk, "Good morning."))


@pytest.mark.parametrize(
    "sent",
    [
        '{"action": "stream-text", "data": {"text": "Too early."}}',
        '{"action": "end-stream"}',
        "{",
        "[]",
        "",
        '{"action": "sing"}',
        '{"text": "x"}',
    ],
)
def test_what_makes_no_sense_is_an_error_of_the_session(talk, sent):
    talk.socket.send(sent)
    assert talk.hear().keys() == {"action", "message"}
    assert talk.ask(action="ping") == {"action": "pong"}


def test_a_text_must_be_text(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    assert "'text'" in talk.ask(action="stream-text", data={"text": 1})["message"]


def test_tags_switch_the_voice_and_the_locale_from_there_on(emulator, api_key, talk):
    high, low = (upload(emulator, api_key, gender=gender) for gender in ("female", "male"))
    configure(emulator, api_key, talk, voicePromptId=high)
    heard = turn(talk, HELLO + "<config voice", f'PromptId="{low}"/>' + HELLO, HELLO)
    first, *others = map(pitch, generations(heard))
    assert all(other < first / 1.2 for other in others)
    configure(emulator, api_key, talk, voicePromptId=high)
    words = "100 200 300 400"
    heard = turn(talk, f'{words}<config locale="it-IT"/>{words}')
    english, italian = (
        say(emulator, api_key, targetText=words, locale=locale, voicePromptId=high)
        for locale in ("en-US", "it-IT")
    )
    assert generations(heard) == [english, italian]
    assert english != italian


BAD_TAGS = [
    '<config voicePromptId="no-such"/>',
    '<config locale="xx"/>',
    "<config/>",
    '<config tempo="2"/>',
    "<config ",
]


@pytest.mark.parametrize(
    "tag",
    BAD_TAGS,
)
def test_a_bad_tag_is_an_error_of_a_generation_and_the_others_go_on(emulator, api_key, talk, tag):
    configure(emulator, api_key, talk)
    heard = turn(talk, f"One. {tag}" if tag.endswith(" ") else f"One. {tag} Two.")
    (error,) = [message for message in heard if "error" in message]
    assert error.keys() == {"generationId", "error"}
    assert sum(map(finished, heard)) == (1 if tag.endswith(" ") else 2)


def test_emotions_are_not_spoken(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    plain, tagged = generations(turn(talk, "Good morning. ", "[very happy] Good [calm] morning."))
    assert tagged == plain


def test_a_generation_that_fails_leaves_the_others(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    emulator.settings(api_key, credits=1, max_text_chars=10)
    heard = turn(talk, "This is too long. One. Two.")
    errors = [message["error"].split(":")[0] for message in heard if "error" in message]
    assert errors == ["MaxExceeded", "InsufficientCredits"]
    assert sum(map(finished, heard)) == 1


def test_a_generation_too_many_is_an_error(emulator, api_key, talk):
    emulator.settings(api_key, max_concurrent=1, pace_percent=1000)
    configure(emulator, api_key, talk)
    text(talk, HELLO)
    talk.hear()
    assert emulator.call(api_key, "GET", "/voice")[0] == 429
    with talking(emulator.streaming_url, api_key) as other:
        other.hear()
        other.say(action="stream-config", config={"model": "m"})
        text(other, "Good morning.")
        assert other.hear()["error"].startswith("RateLimit")
    assert emulator.peak_concurrency(api_key) == 2
    assert finished(talk.ask(action="cancel"))
    wait_until(lambda: emulator.call(api_key, "GET", "/voice")[0] == 200)


def test_cancel_stops_what_is_speaking_and_drops_what_waits(emulator, api_key, talk):
    emulator.settings(api_key, pace_percent=1000)
    configure(emulator, api_key, talk)
    text(talk, f"{HELLO}{HELLO} And")
    speaking = talk.hear()["generationId"]
    talk.say(action="end-stream")
    answer = talk.ask(action="cancel")
    assert answer == {"generationId": speaking, "isFinished": True, "isCancelled": True}
    emulator.settings(api_key, pace_percent=0)
    heard = turn(talk, "Once more.")
    assert speaking not in {message["generationId"] for message in heard}
    assert len(generations(heard)) == 1


def test_cancel_drops_what_was_buffered_when_nothing_speaks(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    text(talk, "Not a whole sen")
    answer = talk.ask(action="cancel")
    assert answer == {"generationId": None, "isFinished": True, "isCancelled": True}
    assert turn(talk) == [{"generationId": None, "isFinal": True}]


def test_a_ping_is_answered_while_it_speaks(emulator, api_key, talk):
    emulator.settings(api_key, pace_percent=1000)
    configure(emulator, api_key, talk)
    text(talk, HELLO)
    talk.hear()
    assert talk.ask(action="ping") == {"action": "pong"}


def test_frames_can_be_binary(emulator, api_key):
    emulator.settings(api_key, frames="binary")
    with talking(emulator.streaming_url, api_key) as talk:
        assert isinstance(talk.socket.recv(timeout=30), bytes)


def test_messages_are_logged(emulator, api_key, talk):
    configure(emulator, api_key, talk)
    turn(talk, "Good morning.")
    talk.ask(action="ping")
    talk.ask(action="cancel")
    entries = [entry for entry in emulator.requests(api_key) if entry["path"].startswith("/ws")]
    actions = ["stream-config", "stream-text", "end-stream", "ping", "cancel"]
    assert [entry["path"] for entry in entries] == ["/ws", *(f"/ws/{action}" for action in actions)]
    assert [entry["method"] for entry in entries] == ["GET", *["WS"] * 5]
    assert entries[2]["body"] == {"data": {"text": "Good morning."}}
    assert api_key not in json.dumps(entries)


CASES = [
    (["One. Two! Three? Four"], ["One.", "Two!", "Three?", "Four"]),
    (["On", "e. T", "wo"], ["One.", "Two"]),
    (["It is 3.", "14. Yes"], ["It is 3.14.", "Yes"]),
    (["One.", "Two."], ["One.", "Two."]),
    (['He said "no." So', " what"], ['He said "no."', "So what"]),
    (["Line\nnext"], ["Line", "next"]),
    (["你好。再见。"], ["你好。", "再见。"]),
    (["... ! [sad] ?", " "], []),
    (["a < b. c <d> e"], ["a < b.", "c <d> e"]),
    (["One [hap", "py] two."], ["One   two."]),
    (['One<config locale="it"/>two'], ["One", {"locale": "it"}, "two"]),
    (["One <", "config locale='it' voicePromptId=\"x\" />"], ["One", {"locale": "it", "voicePromptId": "x"}]),
    (["<config x", ">One"], ["<config x>", "One"]),
    (["<configure> One"], ["<configure> One"]),
    (['One. <config locale="i'], ["One.", '<config locale="i']),
    (["<conf"], ["<conf"]),
]


@pytest.mark.parametrize(("pieces", "parts"), CASES)
def test_a_script_is_parted_however_it_comes(pieces, parts):
    script = Script()
    found = [part for piece in pieces for part in script.feed(piece)] + script.finish()
    shown = [part.fields if isinstance(part, Switch) else part.text for part in found]
    assert shown == parts
    tags = [part for part in found if isinstance(part, BadTag)]
    assert [tag.text for tag in tags] == [part for part in parts if str(part).startswith("<config ")]
    assert script.finish() == []
    assert script.feed("Again.") == [Sentence("Again.")]
