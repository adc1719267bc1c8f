"""Calls of any path."""

from __future__ import annotations

import io

import pytest
from scripted import KEY, answer

from ddvoices.client import InvalidOptionError

OK = answer({"ok": 1})


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b"[1]", "application/json; charset=utf-8", [1]),
        (b"ID3", "audio/mpeg", b"ID3"),
        (b"text", "text/plain", b"text"),
        (b"bytes", None, b"bytes"),
    ],
)
def test_answers(content, kind, expected, serve, client_of):
    assert client_of(serve(answer(content, kind=kind))).get("/x") == expected


def test_no_content_is_an_answer(serve, client_of):
    assert client_of(serve(answer(b"", status=204, kind=None))).delete("/x") == b""


@pytest.mark.parametrize("path", ["/voice", "voice"])
def test_paths_are_below_the_base(path, serve, client_of):
    server = serve(OK)
    client_of(server).get(path, {"limit": 3})
    assert server.received[0].target == "/api/v1/voice?limit=3"


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/", "@evil.example/", ".evil.example"]
)
def test_no_path_leads_to_another_host(path, serve, client_of):
    server = serve(OK)
    client_of(server).get(path)
    assert server.received[0].headers["host"] == f"127.0.0.1:{server.port}"


def test_bodies(serve, client_of):
    server = serve(OK)
    client = client_of(server)
    client.post("/x", json={"a": 1})
    client.post("/x", {"a": "1"})
    client.put("/x", b"raw", headers={"X-Mine": "1"})
    client.put("/x", io.BytesIO(b"file"))
    client.post("/x", data="text")
    assert [each.body for each in server.received] == [b'{"a": 1}', b"a=1", b"raw", b"file", b"text"]
    assert server.received[2].headers["x-mine"] == "1"
    assert all(each.whole for each in server.received)


def test_a_header_cannot_take_the_place_of_the_key(serve, client_of):
    server = serve(OK)
    client_of(server).get("/x", headers={"X-API-Key": "other", "Authorization": "Bearer x"})
    assert server.received[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize("option", ["verify", "proxies", "auth", "allow_redirects"])
def test_options_that_would_give_the_key_away(option, serve, client_of):
    with pytest.raises(InvalidOptionError, match=option):
        client_of(serve(OK)).get("/x", **{option: False})
