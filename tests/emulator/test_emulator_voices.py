"""The voice API of the emulator, over the wire."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid

import pytest
from emulator.samples import WAV, WAV_BASE64, listing, upload

FULL = {
    "title": "Ada",
    "name": "Ada (narrator)",
    "text": "Hällo",
    "locale": "en-GB",
    "gender": "FEMALE",
    "age": 34,
    "speaking_style": "Neutral",
    "speaker_id": "my-speaker",
    "publish": True,
}

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_a_voice_comes_back_as_it_was_sent(emulator, api_key):
    voice_id = upload(emulator, api_key, **FULL)
    assert uuid.UUID(voice_id).version == 4
    (voice,) = listing(emulator, api_key)
    created = voice.pop("createdAt")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", created)
    assert voice == {
        "id": voice_id,
        "title": "Ada",
        "name": "Ada (narrator)",
        "locale": "en-GB",
        "text": "Hällo",
        "speakerId": "my-speaker",
        "gender": "FEMALE",
        "speakingStyle": "Neutral",
    }
    assert emulator.call(api_key, "GET", f"/voice/{voice_id}") == (
        200,
        {"prompt": {**voice, "createdAt": created}},
    )


def test_what_the_api_hides_is_kept_inside(emulator, api_key):
    upload(emulator, api_key, **FULL)
    (inside,) = emulator.voices(api_key)
    assert (inside["age"], inside["publish"], inside["filename"]) == (34, True, "ada.wav")
    assert (inside["sha256"], inside["bytes"]) == (hashlib.sha256(WAV).hexdigest(), len(WAV))


def test_what_was_not_sent_is_empty(emulator, api_key):
    upload(emulator, api_key)
    (voice,) = listing(emulator, api_key)
    empty = {name for name, value in voice.items() if value == ""}
    assert empty == {"title", "name", "locale", "text", "speakerId", "gender", "speakingStyle"}


def test_the_name_is_the_title_where_none_is_sent(emulator, api_key):
    upload(emulator, api_key, title="Only a title")
    assert listing(emulator, api_key)[0]["name"] == "Only a title"


@pytest.mark.parametrize("gender", ["male", "Female", "NON_BINARY"])
def test_genders_are_taken_in_any_case(emulator, api_key, gender):
    upload(emulator, api_key, gender=gender)
    assert listing(emulator, api_key)[0]["gender"] == gender.upper()


def test_accounts_see_nothing_of_each_other(emulator, api_key):
    voice_id, other = upload(emulator, api_key), api_key + "-other"
    assert listing(emulator, other) == []
    for method in ("GET", "DELETE"):
        assert emulator.call(other, method, f"/voice/{voice_id}")[0] == 404
    assert emulator.call(other, "PUT", "/voice", {"id": voice_id, "name": "mine"})[0] == 400


def test_update_changes_what_is_named_and_ignores_what_is_empty(emulator, api_key):
    voice_id = upload(emulator, api_key, **FULL)
    before = listing(emulator, api_key)[0]
    changes = {
        "id": voice_id,
        "name": "Eve",
        "locale": "",
        "gender": None,
        "age": 0,
        "title": "no such field",
    }
    status, answer = emulator.call(api_key, "PUT", "/voice", changes)
    assert (status, answer) == (200, {"prompt": {**before, "name": "Eve"}})
    assert emulator.voices(api_key)[0]["age"] == 34
    emulator.call(api_key, "PUT", "/voice", {"id": voice_id, "age": 35, "gender": "male", "locale": "de-DE"})
    assert emulator.voices(api_key)[0]["age"] == 35
    assert listing(emulator, api_key)[0] == {**before, "name": "Eve", "gender": "MALE", "locale": "de-DE"}


def test_a_deleted_voice_is_gone(emulator, api_key):
    voice_id = upload(emulator, api_key)
    status, answer = emulator.call(api_key, "DELETE", f"/voice/{voice_id}")
    assert (status, answer["success"], answer["message"] != "") == (200, True, True)
    assert emulator.call(api_key, "DELETE", f"/voice/{voice_id}")[0] == 404
    assert emulator.call(api_key, "GET", f"/voice/{voice_id}")[0] == 404
    assert listing(emulator, api_key) == []


def test_a_listing_holds_the_newest_hundred_unless_it_is_told_otherwise(emulator, api_key):
    ids = [upload(emulator, api_key) for _ in range(102)]
    newest = [voice["id"] for voice in listing(emulator, api_key, "?limit=1000")]
    assert newest == ids[::-1]
    assert [voice["id"] for voice in listing(emulator, api_key)] == newest[:100]
    assert [voice["id"] for voice in listing(emulator, api_key, "?limit=1")] == newest[:1]
    moments = [voice["createdAt"] for voice in listing(emulator, api_key, "?limit=1000")]
    assert moments == sorted(set(moments), reverse=True)


def test_a_limit_may_be_any_whole_number(emulator, api_key):
    voice_id = upload(emulator, api_key)
    for limit in ("1", "001", "9" * 18, "1" + "0" * 30, "9" * 5000):
        assert [voice["id"] for voice in listing(emulator, api_key, f"?limit={limit}")] == [voice_id]


def test_half_a_surrogate_pair_is_stored_as_what_stands_for_it(emulator, api_key):
    """JSON can say it; UTF-8, in which voices are stored and answered, can't."""
    voice_id = upload(emulator, api_key, filename="\ud800.wav", name="a\udc00", speaker_id="\ud800\udc00")
    (voice,) = listing(emulator, api_key)
    assert (voice["name"], voice["speakerId"]) == ("a\ufffd", "\U00010000")
    changes = {"id": voice_id, "name": "\ud800b", "locale": "\ud800"}
    status, answer = emulator.call(api_key, "PUT", "/voice", changes)
    assert (status, answer["prompt"]["name"], answer["prompt"]["locale"]) == (200, "\ufffdb", "\ufffd")


GOOD = {"filename": "a.wav", "data": WAV_BASE64}
TOO_LARGE = base64.b64encode(WAV + bytes(20 * 2**20)).decode()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("GET", "/voice?limit=0", None, 400, "limit"),
        ("GET", "/voice?limit=-1", None, 400, "limit"),
        ("GET", "/voice?limit=ten", None, 400, "limit"),
        ("GET", "/voice?limit=", None, 400, "limit"),
        ("GET", "/voice?limit=00", None, 400, "limit"),
        ("GET", "/voice?limit=%D9%A3", None, 400, "limit"),
        ("GET", "/voice/no%20such%20thing", None, 400, "Invalid voice prompt ID"),
        ("GET", f"/voice/{NOBODY}", None, 404, "not found"),
        ("DELETE", f"/voice/{NOBODY}", None, 404, "not found"),
        ("POST", "/voice", [], 400, "JSON object"),
        ("POST", "/voice", {"data": GOOD["data"]}, 400, "filename"),
        ("POST", "/voice", {"filename": "a.wav"}, 400, "'data'"),
        ("POST", "/voice", {**GOOD, "data": ""}, 400, "'data'"),
        ("POST", "/voice", {**GOOD, "data": "voice.wav"}, 400, "base64"),
        ("POST", "/voice", {**GOOD, "data": "aGVsbG8gdGhlcmU="}, 400, "audio"),
        ("POST", "/voice", {**GOOD, "data": TOO_LARGE}, 400, "exceeds 20 MB"),
        ("POST", "/voice", {**GOOD, "gender": "robot"}, 400, "'gender'"),
        ("POST", "/voice", {**GOOD, "gender": 1}, 400, "'gender'"),
        ("POST", "/voice", {**GOOD, "age": "old"}, 400, "'age'"),
        ("POST", "/voice", {**GOOD, "age": 3.5}, 400, "'age'"),
        ("POST", "/voice", {**GOOD, "age": True}, 400, "'age'"),
        ("POST", "/voice", {**GOOD, "age": -1}, 400, "'age'"),
        ("POST", "/voice", {**GOOD, "publish": "yes"}, 400, "'publish'"),
        ("POST", "/voice", {**GOOD, "title": 7}, 400, "'title'"),
        ("PUT", "/voice", {"name": "Eve"}, 400, "id"),
        ("PUT", "/voice", {"id": NOBODY, "name": "Eve"}, 400, "not found"),
        ("PUT", "/voice", {"id": NOBODY, "gender": "robot"}, 400, "'gender'"),
        ("PUT", "/voice", {"id": "\ud800", "name": "Eve"}, 400, "Invalid voice prompt ID"),
        ("POST", "/voice", {**GOOD, "gender": "\ud800"}, 400, "'gender'"),
        ("DELETE", "/voice", None, 405, "DELETE"),
        ("PATCH", "/voice/1", None, 405, "PATCH"),
        ("GET", "/nothing", None, 404, "/nothing"),
        ("GET", "/voice/", None, 404, "/voice/"),
    ],
)
def test_a_bad_request_is_refused_and_nothing_is_stored(emulator, api_key, method, path, body, status, said):
    got, answer = emulator.call(api_key, method, path, body)
    assert (got, answer["success"]) == (status, False)
    assert said in answer["message"]
    assert emulator.voices(api_key) == []


@pytest.mark.parametrize("key", [None, "", "dd-", "sk-123"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/voice"), ("POST", "/voice"), ("GET", "/nothing")])
def test_without_a_key_there_is_nothing(emulator, key, method, path):
    status, answer = emulator.call(key, method, path, GOOD if method == "POST" else None)
    assert status == 401
    assert answer == {"success": False, "message": "Unauthorized: invalid or missing API key"}


@pytest.mark.parametrize("path", ["/", "/open/", "/api/v1", "/api/v2/voice", "/_emulator/nothing"])
def test_paths_elsewhere_are_unknown(emulator, api_key, path):
    status, answer = emulator.call(api_key, "GET", emulator.origin + path)
    assert (status, answer["success"]) == (404, False)


def test_the_largest_sample_is_taken(emulator, api_key):
    data = WAV + bytes(20 * 2**20 - len(WAV))
    upload(emulator, api_key, data=base64.b64encode(data).decode())
    assert emulator.voices(api_key)[0]["sha256"] == hashlib.sha256(data).hexdigest()
    (entry,) = [entry for entry in emulator.requests(api_key) if entry["method"] == "POST"]
    assert entry["body"] == {"filename": "ada.wav"}
