"""What is read from the wire and written to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.client import InvalidOptionError, parse_voice
from ddvoices.client.wire import rest as wire
from ddvoices.errors import InvalidResponseError
from ddvoices.model import ObservedVoice

FULL = {
    "id": "vp_1",
    "title": "Ada",
    "name": "Ada (narrator)",
    "locale": "en-GB",
    "text": "",
    "createdAt": "2026-05-01T00:00:00Z",
    "speakerId": "9d0c",
    "gender": "FEMALE",
    "speakingStyle": "Neutral",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FULL, "prompt", "voicePrompts", "response", "voice_prompt_id"]), inner
        )
    ),
    max_leaves=8,
)


def test_a_whole_voice():
    assert parse_voice(FULL) == ObservedVoice(
        id="vp_1",
        name="Ada (narrator)",
        title="Ada",
        locale="en-GB",
        gender="FEMALE",
        speaking_style="Neutral",
        text="",
        created_at="2026-05-01T00:00:00Z",
        speaker_id="9d0c",
    )


def test_absent_is_not_empty():
    assert parse_voice({"id": "a", "name": "", "title": None}) == ObservedVoice(id="a", name="", title=None)


@pytest.mark.parametrize(
    ("value", "name"), [(7, "7"), (1.5, "1.5"), (True, None), ([], None), ({}, None), ("x", "x")]
)
def test_values_of_other_types(value, name):
    assert parse_voice({"id": "a", "name": value}).name == name


def test_an_id_that_is_a_number():
    assert parse_voice({"id": 12}).id == "12"


@pytest.mark.parametrize("value", [None, [], "a", 1, {}, {"id": ""}, {"id": None}, {"id": []}, {"name": "a"}])
def test_no_voice_without_an_id(value):
    with pytest.raises(InvalidResponseError):
        parse_voice(value)


@given(JSON)
def test_no_answer_breaks_a_reader(answer):
    for read in (parse_voice, wire.listing, wire.voice_answer, wire.created_id):
        try:
            read(answer)
        except InvalidResponseError:
            continue
    for read in (wire.server_message, wire.refusal):
        assert isinstance(read(answer), str | None)


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ({"voicePrompts": [FULL]}, 1),
        ({"voicePrompts": []}, 0),
        ({"voicePrompts": None}, 0),
        ([FULL, FULL], 2),
        ([], 0),
    ],
)
def test_listings_in_every_shape(answer, count):
    assert len(wire.listing(answer)) == count


@pytest.mark.parametrize(
    "answer", [{}, None, "x", {"voicePrompts": "x"}, {"voicePrompts": {}}, {"voices": []}]
)
def test_what_is_no_listing(answer):
    with pytest.raises(InvalidResponseError):
        wire.listing(answer)


@pytest.mark.parametrize("answer", [{"prompt": FULL}, FULL])
def test_one_voice_in_every_shape(answer):
    assert wire.voice_answer(answer) == {"prompt": FULL}


def test_other_fields_of_an_answer_stay():
    assert wire.voice_answer({"prompt": FULL, "success": True}) == {"prompt": FULL, "success": True}


@pytest.mark.parametrize(
    "answer", [{"response": {"voice_prompt_id": "a"}}, {"voice_prompt_id": "a", "success": True}]
)
def test_the_id_of_a_new_voice(answer):
    assert wire.created_id(answer) == "a"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"success": False, "message": "no"}, "no"),
        ({"message": "no"}, "no"),
        ({"error": "no"}, "no"),
        ({"error": "no", "detail": "why"}, "no: why"),
        ({"error": {"message": "no"}}, "no"),
        ({"message": "no", "error": "no"}, "no"),
        ({"message": ""}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_messages_in_every_envelope(answer, message):
    assert wire.server_message(answer) == message


@pytest.mark.parametrize(
    ("gender", "spelled"),
    [("female", "FEMALE"), ("Male", "MALE"), ("NON_BINARY", "NON_BINARY"), ("non-binary", "NON_BINARY")],
)
def test_gender_goes_out_in_upper_case(gender, spelled):
    assert wire.wire_gender(gender) == spelled


@pytest.mark.parametrize("gender", ["", "femal", None, 1, "male female"])
def test_no_other_gender(gender):
    with pytest.raises(InvalidOptionError, match="not one of male, female, non_binary"):
        wire.wire_gender(gender)


def test_a_new_voice_has_name_and_title():
    voice = wire.NewVoice(name="Ada", gender="female", locale="en-GB", filename="a.wav", age=0)
    assert wire.voice_body(voice) == {
        "name": "Ada",
        "title": "Ada",
        "locale": "en-GB",
        "gender": "FEMALE",
        "age": 0,
        "speaking_style": "Neutral",
        "publish": False,
        "filename": "a.wav",
    }


@pytest.mark.parametrize(
    ("voice_id", "path"),
    [("vp_1", "/voice/vp_1"), ("a/b", "/voice/a%2Fb"), ("../x?y#z", "/voice/..%2Fx%3Fy%23z")],
)
def test_ids_stay_in_their_place(voice_id, path):
    assert wire.voice_path(voice_id) == path


@pytest.mark.parametrize("voice_id", ["", " ", ".", "..", None, 7])
def test_what_is_no_id(voice_id):
    with pytest.raises(InvalidOptionError):
        wire.voice_path(voice_id)


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"name": "Eve"}, {"id": "a", "name": "Eve"}),
        ({"gender": "male", "age": 3}, {"id": "a", "gender": "MALE", "age": 3}),
        ({"locale": "en-GB"}, {"id": "a", "locale": "en-GB"}),
        ({}, None),
        ({"name": ""}, None),
        ({"gender": ""}, None),
        ({"locale": " "}, None),
    ],
)
def test_updates(changes, body):
    fields = {"name": None, "locale": None, "gender": None, "age": None, **changes}
    if body is None:
        with pytest.raises(InvalidOptionError):
            wire.update_body("a", **fields)
    else:
        assert wire.update_body("a", **fields) == body


def test_a_synthesis_under_its_documented_names():
    options = {
        "text": "Hello", "model": "m", "locale": "en-US", "voice_prompt_id": "a", "temperature": 0.5,
        "variance": 0.1, "duration": 2.5, "tempo": None, "seed": 0, "prompt_boost": False,
        "sample_rate": 8000, "format": "mulaw", "accent_base_locale": "en-US", "accent_locale": "fr-FR",
        "accent_ratio": 0.0,
    }  # fmt: skip
    assert wire.tts_body(options, {"superStretch": True, "format": "mp3"}) == {
        "targetText": "Hello", "model": "m", "locale": "en-US", "voicePromptId": "a", "temperature": 0.5,
        "variance": 0.1, "targetDuration": 2.5, "seed": 0, "promptBoost": False, "sampleRate": 8000,
        "format": "mp3", "superStretch": True,
        "accentControl": {"accentBaseLocale": "en-US", "accentLocale": "fr-FR", "accentRatio": 0.0},
    }  # fmt: skip
