"""Limits, accounts, and the log of what was asked."""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
from emulator.samples import WAV_BASE64, listing, upload, wait_until
from service import Emulator


def test_a_full_account_takes_no_more(emulator, api_key):
    emulator.settings(api_key, max_voices=1)
    voice_id = upload(emulator, api_key)
    body = {"filename": "a.wav", "data": WAV_BASE64}
    assert emulator.call(api_key, "POST", "/voice", body) == (
        403,
        {"success": False, "message": "Voice prompt limit reached for your account"},
    )
    emulator.call(api_key, "DELETE", f"/voice/{voice_id}")
    upload(emulator, api_key)


def test_the_size_of_samples_is_limited(emulator, api_key):
    emulator.settings(api_key, max_audio_bytes=10)
    body = {"filename": "a.wav", "data": WAV_BASE64}
    status, answer = emulator.call(api_key, "POST", "/voice", body)
    assert (status, answer["message"]) == (400, "Audio data exceeds 10 bytes limit (field 'data')")
    status, answer = emulator.call(api_key, "POST", "/voice", {**body, "data": "A" * 2**21})
    assert (status, answer["message"]) == (400, "Audio data exceeds 10 bytes limit (field 'data')")


def waiting_requests(emulator: Emulator, key: str, count: int) -> list[http.client.HTTPConnection]:
    """Send requests that are under way until their connection is closed."""
    connections = []
    for _ in range(count):
        connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc)
        connection.request("GET", "/api/v1/voice/waiting", headers={"x-api-key": key})
        connections.append(connection)
    wait_until(lambda: len(emulator.requests(key)) == count)
    return connections


def test_one_request_too_many_is_turned_away_and_takes_no_place(emulator, api_key):
    emulator.settings(api_key, max_concurrent=2)
    emulator.faults(api_key, [{"kind": "hang", "path": "/voice/waiting"}])
    first, second = waiting_requests(emulator, api_key, 2)
    assert emulator.call(api_key, "GET", "/voice") == (
        429,
        {"success": False, "message": "RateLimit: concurrent request limit exceeded"},
    )
    assert emulator.call(api_key + "-other", "GET", "/voice")[0] == 200
    first.close()
    wait_until(lambda: emulator.call(api_key, "GET", "/voice")[0] == 200)
    second.close()
    assert emulator.peak_concurrency(api_key) == 3


def test_latency_keeps_requests_under_way_together(emulator, api_key):
    emulator.settings(api_key, latency_ms=300)
    threads = [threading.Thread(target=listing, args=(emulator, api_key)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert emulator.peak_concurrency(api_key) == 3
    assert sorted(entry["concurrency"] for entry in emulator.requests(api_key)) == [1, 2, 3]


def test_the_log_holds_requests_without_secrets_and_audio(emulator, api_key):
    upload(emulator, api_key, title="Ada")
    emulator.call(api_key, "GET", f"/voice?limit=5&x-api-key={api_key}")
    emulator.call(api_key, "GET", "/nothing")
    first, second, third = emulator.requests(api_key)
    assert (first["sequence"], first["method"], first["path"], first["status"]) == (1, "POST", "/voice", 200)
    assert first["body"] == {"filename": "ada.wav", "title": "Ada"}
    assert first["headers"]["x-api-key"] == "[redacted]"
    assert first["headers"]["content-type"] == "application/json"
    assert second["query"] == {"limit": "5", "x-api-key": "[redacted]"}
    assert third["status"] == 404
    assert api_key not in json.dumps([first, second, third])
    emulator.clear_requests(api_key)
    assert emulator.requests(api_key) == []
    assert emulator.peak_concurrency(api_key) == 0


def test_the_log_survives_whatever_was_sent(emulator, api_key):
    deep: Any = 1
    for _ in range(400):
        deep = [{"a": deep}]
    emulator.call(api_key, "POST", "/voice", {"name": "\ud800", "deep": deep})
    body = emulator.requests(api_key)[0]["body"]
    assert body["name"] == "\ud800"
    assert json.dumps(body).count("[") == 10


def test_control_routes_want_a_key_and_are_not_logged(emulator, api_key):
    for path in ("settings", "faults", "voices", "requests"):
        assert emulator.call(None, "GET", f"{emulator.origin}/_emulator/{path}")[0] == 401
        assert emulator.call(api_key, "GET", f"{emulator.origin}/_emulator/{path}")[0] == 200
    assert emulator.call(None, "GET", f"{emulator.origin}/_emulator/health") == (200, {"status": "ok"})
    assert emulator.requests(api_key) == []


def test_a_reset_account_is_as_new(emulator, api_key):
    upload(emulator, api_key)
    emulator.settings(api_key, list_cap=1)
    emulator.faults(api_key, [{"kind": "empty"}])
    emulator.reset(api_key)
    assert (emulator.voices(api_key), emulator.requests(api_key), emulator.fault_counts(api_key)) == (
        [],
        [],
        [],
    )
    assert emulator.settings(api_key)["list_cap"] is None


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff", b"", b'"text"'])
def test_what_is_no_json_object_is_refused(emulator, api_key, method, body):
    connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc)
    connection.request(method, "/api/v1/voice", body, {"x-api-key": api_key})
    response = connection.getresponse()
    answer = json.load(response)
    connection.close()
    assert (response.status, answer["success"]) == (400, False)
    assert "JSON" in answer["message"]


def test_an_upload_that_is_never_finished_leaves_nothing(emulator, api_key):
    connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc)
    connection.putrequest("POST", "/api/v1/voice")
    connection.putheader("x-api-key", api_key)
    connection.putheader("content-length", "1000000")
    connection.endheaders(b'{"filename": "a.wav", "data": "')
    wait_until(lambda: emulator.requests(api_key))
    connection.close()
    emulator.settings(api_key, max_concurrent=1)
    wait_until(lambda: emulator.call(api_key, "GET", "/voice")[0] == 200)
    assert emulator.voices(api_key) == []
    assert emulator.requests(api_key)[0]["status"] is None
