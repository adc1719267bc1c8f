"""``/open`` without a socket: what a message means, and for whom."""

from __future__ import annotations

import base64
import json

import pytest

from ddvoices.client import (
    ConnectionLostError,
    GenerationError,
    InsufficientCreditsError,
    InvalidInputError,
    InvalidOptionError,
    PlanExceededError,
    RateLimitError,
)
from ddvoices.client.sockets.open_core import Answer, Audio, Failed, Finished, Heard, OpenCore
from ddvoices.errors import InvalidResponseError

ONE, TWO, THREE = (f"{n}0000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
ASKED = {"text": "Hello", "model": "m", "locale": "en-US", "voice_prompt_id": "v", "format": "wav"}


def core_with(*speaking: str, detecting: tuple[str, ...] = ()) -> OpenCore:
    core = OpenCore(key="dd-secret")
    for each in speaking:
        core.speak(each, ASKED, {})
    for each in detecting:
        core.classify(each, "UklG", 16000)
    return core


def said(**fields: object) -> str:
    return json.dumps(fields)


def audio(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_what_is_asked_for():
    core = OpenCore()
    options = {**ASKED, "duration": 2.5, "seed": 0, "target_gender": "female", "tempo": None}
    assert json.loads(core.speak(ONE, options, {"cleanAudio": True, "model": "mine"})) == {
        "action": "text-to-speech",
        "generationId": ONE,
        "targetText": "Hello",
        "model": "mine",
        "locale": "en-US",
        "voicePromptId": "v",
        "format": "wav",
        "targetDuration": 2.5,
        "seed": 0,
        "targetGender": "FEMALE",
        "cleanAudio": True,
    }
    assert json.loads(core.classify(TWO, "UklG", 8000)) == {
        "action": "gender-classify",
        "generationId": TWO,
        "audio": "UklG",
        "sample_rate": 8000,
    }
    assert core.waiting == 2


PIECE = {"data": audio(b"ab"), "isFinished": False}
MEANINGS = [
    ("audio", {"generationId": ONE, "index": 0, **PIECE}, [(ONE, Audio(b"ab"))]),
    ("audio of the second", {"generationId": TWO, "index": 7, **PIECE}, [(TWO, Audio(b"ab"))]),
    ("the id in another case", {"generationId": ONE.upper(), **PIECE}, [(ONE, Audio(b"ab"))]),
    ("an acknowledgement", {"generationId": ONE, "data": ""}, [(ONE, Heard())]),
    ("an acknowledgement without data", {"generationId": ONE, "status": "queued"}, [(ONE, Heard())]),
    ("the end", {"generationId": ONE, "index": 1, "data": "", "isFinished": True}, [(ONE, Finished())]),
    ("the end, with null", {"generationId": ONE, "data": None, "isFinished": True}, [(ONE, Finished())]),
    (
        "the end, with audio",
        {"generationId": ONE, "data": audio(b"z"), "isFinished": True},
        [(ONE, Audio(b"z")), (ONE, Finished())],
    ),
    ("audio of a stranger", {"generationId": THREE, **PIECE}, []),
    ("the end of a stranger", {"generationId": THREE, "isFinished": True}, []),
    ("an error of a stranger", {"generationId": THREE, "error": "no"}, []),
    ("an error that is null", {"generationId": ONE, "error": None, **PIECE}, [(ONE, Audio(b"ab"))]),
    ("a greeting", {"message": "connected"}, []),
]


@pytest.mark.parametrize(
    ("fields", "told"), [each[1:] for each in MEANINGS], ids=[each[0] for each in MEANINGS]
)
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_what_a_message_means(fields, told, binary):
    frame = said(**fields)
    assert core_with(ONE, TWO).receive(frame.encode() if binary else frame) == told


def test_nothing_is_waited_for_after_the_end():
    core = core_with(ONE, TWO)
    core.receive(said(generationId=ONE, isFinished=True))
    assert core.waiting == 1
    assert core.receive(said(generationId=ONE, **PIECE)) == []
    core.forget(TWO)
    assert core.waiting == 0
    assert core.receive(said(generationId=TWO, **PIECE)) == []


@pytest.mark.parametrize(
    ("error_type", "kind"),
    [
        ("RateLimit", RateLimitError),
        ("rate_limit", RateLimitError),
        ("MaxExceeded", PlanExceededError),
        ("InsufficientCredits", InsufficientCreditsError),
        ("InvalidInput", InvalidInputError),
        ("Surprise", GenerationError),
        (None, GenerationError),
        (7, GenerationError),
    ],
)
def test_an_error_has_its_type_and_concerns_the_one_that_it_names(error_type, kind):
    core = core_with(ONE, TWO)
    fields = {"generationId": ONE, "error": "it\nfailed"}
    ((waiter, failed),) = core.receive(said(**fields, **({"errorType": error_type} if error_type else {})))
    assert waiter == ONE
    assert isinstance(failed.error, kind)
    assert isinstance(failed.error, GenerationError)
    assert failed.error.message == "it failed"
    assert failed.error.generation_id == ONE
    assert core.waiting == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"error": "too many", "errorType": "RateLimit"},
        {"error": "too many"},
        {"action": "error", "message": "too many"},
        {"error": {"message": "too many"}},
    ],
)
def test_an_error_that_names_nobody_concerns_everyone(fields):
    core = core_with(ONE, TWO, detecting=(THREE,))
    told = core.receive(said(**fields))
    assert [waiter for waiter, _ in told] == [ONE, TWO, THREE]
    assert {failed.error.message for _, failed in told} == {"too many"}
    assert core.waiting == 0


def test_what_is_lost_is_lost_for_everyone():
    core, error = core_with(ONE, TWO), ConnectionLostError("gone")
    assert core.lost(error) == [(ONE, Failed(error)), (TWO, Failed(error))]
    assert core.lost(error) == []


@pytest.mark.parametrize(
    "frame", ["", "not JSON", "[]", '"text"', "null", '{"generationId":', "[" * 100_000, b"\xff\xfe\x00"]
)
def test_a_message_that_is_none_can_not_be_believed(frame):
    with pytest.raises(InvalidResponseError):
        core_with(ONE).receive(frame)


@pytest.mark.parametrize("data", ["=", "abc", "a b", 7, ["a"], {"data": "a"}, "ü"])
def test_audio_that_is_no_base64_fails_its_generation_alone(data):
    core = core_with(ONE, TWO)
    ((waiter, failed),) = core.receive(said(generationId=ONE, data=data))
    assert (waiter, type(failed.error)) == (ONE, InvalidResponseError)
    assert core.waiting == 1


def test_audio_without_an_id_is_of_the_only_one_who_waits():
    assert core_with(ONE, detecting=(TWO,)).receive(said(**PIECE)) == [(ONE, Audio(b"ab"))]
    assert core_with(ONE).receive(said(isFinished=True)) == [(ONE, Finished())]
    for nameless in (PIECE, {"isFinished": True}):
        with pytest.raises(InvalidResponseError, match="which generation"):
            core_with(ONE, TWO).receive(said(**nameless))
    assert core_with().receive(said(**PIECE)) == []


@pytest.mark.parametrize("named", [True, False], ids=["with id", "without"])
def test_the_answer_of_a_detection(named):
    core = core_with(ONE, detecting=(TWO,))
    answer = {"predicted_gender": "female", "confidence": 0.9, **({"generationId": TWO} if named else {})}
    assert core.receive(said(**answer)) == [(TWO, Answer(answer))]
    assert not core.mixes_up_detections


def test_an_answer_that_comes_too_late_is_nobody_elses():
    core = core_with(detecting=(ONE,))
    core.forget(ONE)
    assert core.mixes_up_detections
    core.classify(TWO, "UklG", 16000)
    assert core.receive(said(predicted_gender="male")) == []
    assert core.waiting == 1


@pytest.mark.parametrize(
    "error", [{"error": "slow down"}, {"error": "slow down", "generationId": ONE}], ids=["for all", "named"]
)
def test_an_error_in_place_of_a_detection_leaves_it_open_whose_the_next_answer_is(error):
    core = core_with(detecting=(ONE,))
    core.receive(said(**error))
    core.classify(TWO, "UklG", 16000)
    named = "generationId" in error
    assert len(core.receive(said(predicted_gender="male"))) == named


def test_an_error_that_names_a_detection_which_was_given_up_settles_the_matter():
    core = core_with(detecting=(ONE,))
    core.forget(ONE)
    core.receive(said(error="no", generationId=ONE))
    assert not core.mixes_up_detections


def test_a_late_answer_that_names_its_question_settles_the_matter():
    core = core_with(detecting=(ONE,))
    core.forget(ONE)
    assert core.receive(said(predicted_gender="male", generationId=ONE)) == []
    assert not core.mixes_up_detections


def test_speech_without_an_id_is_nobodys_while_some_that_was_given_up_may_still_come():
    core = core_with(ONE)
    core.forget(ONE)
    core.speak(TWO, ASKED, {})
    with pytest.raises(InvalidResponseError, match="which generation"):
        core.receive(said(**PIECE))
    core.receive(said(generationId=ONE, isFinished=True))
    assert core.receive(said(**PIECE)) == [(TWO, Audio(b"ab"))]


def test_a_gender_under_the_id_of_a_generation_is_not_its_end():
    core = core_with(ONE)
    assert core.receive(said(generationId=ONE, predicted_gender="male")) == [(ONE, Heard())]
    assert core.waiting == 1


def test_an_id_is_used_once_at_a_time():
    core = core_with(ONE)
    with pytest.raises(InvalidOptionError, match="in use"):
        core.speak(ONE.upper(), ASKED, {})
    core.forget(ONE)
    core.speak(ONE, ASKED, {})


def test_what_can_not_be_sent_is_not_waited_for():
    core = OpenCore()
    for unknown in ({"x": object()}, {"x": float("nan")}):
        with pytest.raises(InvalidOptionError, match="can't be sent"):
            core.speak(ONE, ASKED, unknown)
    assert core.waiting == 0


def test_a_gap_in_the_numbers_is_warned_of(caplog):
    core = core_with(ONE)
    for index in (0, 1, 3):
        assert core.receive(said(generationId=ONE, index=index, **PIECE)) == [(ONE, Audio(b"ab"))]
    assert "piece 3 came where 2 was expected" in caplog.text


def test_the_key_is_kept_out_of_what_is_said():
    core = core_with(ONE)
    ((_, failed),) = core.receive(said(generationId=ONE, error="no dd-secret", errorType="Type dd-secret"))
    assert "dd-secret" not in str(failed.error)
    core.receive(said(message="hello dd-secret"))
    assert core.last_words == "hello ***"
