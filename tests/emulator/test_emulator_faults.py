"""Faults: what they look like on the wire, when they strike, and which rules are refused."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from emulator.samples import WAV_BASE64, listing
from service import Emulator

from ddvoices.emulator.faults import FaultPlan, FaultsError, Kind, Rule, load_rules, parse_rules

DOCS = Path(__file__).parents[2] / "docs" / "emulator.md"


def send_upload(emulator: Emulator, key: str, *, patience: float = 10) -> bytes | type[Exception]:
    """Upload over a bare socket and return every byte that comes back, or what broke."""
    place = urlsplit(emulator.base_url)
    body = json.dumps({"filename": "a.wav", "data": WAV_BASE64})
    head = (
        f"POST /api/v1/voice HTTP/1.1\r\nhost: {place.netloc}\r\nx-api-key: {key}\r\n"
        f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port), timeout=patience) as connection:
        connection.sendall((head + body).encode())
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except (ConnectionResetError, TimeoutError) as error:
            return type(error)
        return received


def parts(received: Any) -> tuple[int, dict[str, str], bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
class TestEachKind:
    """Each kind, with nothing carried out and with everything."""

    def strike(self, emulator, key, when, made, patience=10, **rule):
        emulator.faults(key, [{"when": when, "path": "/voice", **rule}])
        received = send_upload(emulator, key, patience=patience)
        assert len(emulator.voices(key)) == made
        (entry,) = emulator.requests(key)
        assert entry["fault"] == rule["kind"]
        assert entry["body"] == {"filename": "a.wav"}
        return received, entry["status"]

    def test_reset(self, emulator, api_key, when, made):
        assert self.strike(emulator, api_key, when, made, kind="reset") == (ConnectionResetError, None)

    def test_hang(self, emulator, api_key, when, made):
        got = self.strike(emulator, api_key, when, made, patience=0.3, kind="hang")
        assert got == (TimeoutError, None)

    def test_status(self, emulator, api_key, when, made):
        rule = {"kind": "status", "status": 429, "retry_after": 7}
        received, logged = self.strike(emulator, api_key, when, made, **rule)
        status, headers, body = parts(received)
        assert (status, logged, headers["retry-after"]) == (429, 429, "7")
        assert json.loads(body) == {"success": False, "message": "Too Many Requests"}

    def test_html(self, emulator, api_key, when, made):
        received, logged = self.strike(emulator, api_key, when, made, kind="html", retry_after="soon")
        status, headers, body = parts(received)
        assert (status, logged, headers["retry-after"]) == (502, 502, "soon")
        assert headers["content-type"].startswith("text/html")
        assert b"<html>" in body

    def test_empty(self, emulator, api_key, when, made):
        received, logged = self.strike(emulator, api_key, when, made, kind="empty")
        status, headers, body = parts(received)
        assert (status, logged, headers["content-length"], body) == (200, 200, "0", b"")

    def test_cut(self, emulator, api_key, when, made):
        received, logged = self.strike(emulator, api_key, when, made, kind="cut")
        status, headers, body = parts(received)
        assert (status, logged) == (200, 200)
        assert 0 < len(body) < int(headers["content-length"])

    def test_head(self, emulator, api_key, when, made):
        received, logged = self.strike(emulator, api_key, when, made, kind="head")
        assert re.fullmatch(rb"HTTP/1\.1 200 OK\r\n[a-z-]+", received)
        assert logged == 200


def test_speech_can_be_cut_too(emulator, api_key):
    emulator.faults(api_key, [{"kind": "cut", "when": "after", "path": "/tts"}])
    place = urlsplit(emulator.base_url)
    body = json.dumps(
        {"model": "m", "targetText": "Hello", "locale": "en-US", "voiceReference": WAV_BASE64}
    ).encode()
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        head = f"POST /api/v1/tts HTTP/1.1\r\nhost: {place.netloc}\r\nx-api-key: {api_key}"
        head += f"\r\ncontent-length: {len(body)}"
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    status, headers, body = parts(received)
    assert (status, headers["transfer-encoding"]) == (200, "chunked")
    size, _, audio = body.partition(b"\r\n")
    assert 0 < len(audio) < int(size, 16)


def statuses(emulator: Emulator, key: str, count: int, path: str = "/voice") -> list[int]:
    return [emulator.call(key, "GET", path)[0] for _ in range(count)]


def test_some_pass_then_some_are_struck(emulator, api_key):
    emulator.faults(api_key, [{"kind": "status", "status": 503, "skip": 1, "count": 2}])
    assert statuses(emulator, api_key, 5) == [200, 503, 503, 200, 200]
    (counts,) = emulator.fault_counts(api_key)
    assert (counts["seen"], counts["struck"]) == (5, 2)


def test_the_first_rule_that_strikes_decides(emulator, api_key):
    rules = [
        {"kind": "status", "status": 500, "method": "get", "path": "/api/v1/voice", "count": 1},
        {"kind": "status", "status": 503, "path": "/voice*", "count": 1},
        {"kind": "status", "status": 504, "method": "DELETE"},
    ]
    emulator.faults(api_key, rules)
    assert statuses(emulator, api_key, 3) == [500, 503, 200]
    assert emulator.call(api_key, "DELETE", "/voice/x")[0] == 504


def test_without_rules_all_is_well_again(emulator, api_key):
    emulator.faults(api_key, [{"kind": "status", "status": 500}])
    assert statuses(emulator, api_key, 1) == [500]
    emulator.faults(api_key, [])
    assert listing(emulator, api_key) == []


def test_chance_is_the_same_for_the_same_seed():
    def strikes(seed: str) -> list[bool]:
        plan = FaultPlan((Rule(kind=Kind.RESET, probability=0.5),), seed)
        return [plan.strike("GET", "/voice") is not None for _ in range(200)]

    assert strikes("1") == strikes("1") != strikes("2")
    assert 50 < sum(strikes("1")) < 150


@pytest.mark.parametrize(("suffix", "text"), [(".json", '[{"kind": "empty"}]'), (".yaml", "- kind: empty")])
def test_rules_from_a_file_hold_for_every_account_and_are_counted_in_each(tmp_path, suffix, text):
    path = tmp_path / f"faults{suffix}"
    path.write_text(text, encoding="utf-8")
    assert load_rules(path) == (Rule(kind=Kind.EMPTY),)
    path.write_text(json.dumps([{"kind": "status", "status": 503, "count": 1}]), encoding="utf-8")
    with Emulator.start(["--faults", str(path)]) as running:
        for key in ("dd-one", "dd-two"):
            assert statuses(running, key, 2) == [503, 200]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "must be a list"),
        ([1], "rule 1: must be an object"),
        ([{"kind": "empty"}, {}], "rule 2: kind: is missing"),
        ([{"kind": "explode"}], "rule 1: kind: must be one of"),
        ([{"kind": ["reset"]}], "rule 1: kind: must be one of"),
        ([{"kind": "empty", "when": "later"}], "rule 1: when: must be one of"),
        ([{"kind": "empty", "paths": "/voice"}], "rule 1: paths: no such field"),
        ([{"kind": "empty", "path": "voice"}], "rule 1: path: must be a glob"),
        ([{"kind": "empty", "method": 1}], "rule 1: method: must be"),
        ([{"kind": "empty", "count": -1}], "rule 1: count: must be a whole number from 0"),
        ([{"kind": "empty", "count": True}], "rule 1: count: must be"),
        ([{"kind": "empty", "skip": None}], "rule 1: skip: must be"),
        ([{"kind": "empty", "probability": 2}], "rule 1: probability: must be a number from 0 to 1"),
        ([{"kind": "status"}], "rule 1: status: is missing"),
        ([{"kind": "status", "status": 200}], "rule 1: status: must be a whole number from 400 to 599"),
        ([{"kind": "status", "status": 503, "retry_after": "a\r\nb"}], "rule 1: retry_after: must be"),
        ([{"kind": "reset", "status": 503}], "rule 1: status and retry_after are for"),
        ([{"kind": "head", "method": "ws"}], "rule 1: kind 'head' is for requests"),
        ([{"kind": "html", "method": "WS", "status": 502}], "rule 1: a message on a socket takes no"),
        ([{"kind": "status", "method": "WS", "status": 503, "retry_after": 1}], "rule 1: a message on a"),
        ([{"kind": "close", "method": "POST"}], "rule 1: kind 'close' is for WebSockets"),
        ([{"kind": "close", "method": "GET", "path": "/ws"}], "rule 1: kind 'close' is for WebSockets"),
        ([{"kind": "close", "path": "/voice*"}], "rule 1: kind 'close' is for WebSockets"),
    ],
)
def test_a_bad_rule_is_named_and_changes_nothing(emulator, api_key, document, said):
    with pytest.raises(FaultsError, match=re.escape(said)):
        parse_rules(document)
    emulator.faults(api_key, [{"kind": "empty", "path": "/kept"}])
    status, answer = emulator.call(api_key, "PUT", f"{emulator.origin}/_emulator/faults", document)
    assert status == 400
    assert said in answer["message"]
    assert emulator.fault_counts(api_key)[0]["path"] == "/kept"


def test_a_rule_passes_by_what_can_not_go_wrong_so(emulator, api_key):
    emulator.faults(api_key, [{"kind": "close"}])
    assert statuses(emulator, api_key, 1) == [200]
    assert not Rule(kind=Kind.HEAD).matches("WS", "/ws/ping")
    assert Rule(kind=Kind.HEAD).matches("GET", "/ws")


def test_the_documentation_has_every_field_and_kind():
    section = DOCS.read_text(encoding="utf-8").split("## Faults")[1].split("\n## ")[0]
    rows = [
        dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
        for table in section.split("| kind |")
    ]
    rule_fields, kinds = rows
    assert set(rule_fields) == {field.name for field in fields(Rule)}
    assert list(kinds) == list(Kind)
    del rule_fields["kind"]
    for name, shown in rule_fields.items():
        default = getattr(Rule(kind=Kind.RESET), name)
        assert shown.strip("`") == ("null" if default is None else str(default))
