"""What becomes of a call when the service, or the way to it, does not do as it should."""

from __future__ import annotations

import gzip
import logging
import socket
import traceback
from types import SimpleNamespace

import pytest
import requests
import urllib3
from scripted import KEY, WAV, Received, Step, answer, cut_body, cut_head, drip, hang, raw, reset

from ddvoices.client import (
    BadRequestError,
    ConflictError,
    ConnectionLostError,
    ForbiddenError,
    NotFoundError,
    PaymentRequiredError,
    RateLimitedError,
    RedirectRefusedError,
    ServerError,
    StatusError,
    UnauthorizedError,
    UnconfirmedServerError,
)
from ddvoices.client.text import reason_of
from ddvoices.errors import (
    AuthError,
    ExitCode,
    InvalidResponseError,
    OutcomeUnknownError,
    ServiceError,
    ServiceUnreachableError,
)

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
LIST = answer({"voicePrompts": []})
VOICE = answer({"prompt": {"id": "a"}})
MADE = answer({"response": {"voice_prompt_id": "vp_1"}})
GONE = answer({"success": True, "message": "Deleted"})
AUDIO = answer(b"ID3 sound", kind="audio/mpeg")

CALLS = {
    "list": (lambda client: client.list_voices(), LIST),
    "get": (lambda client: client.get_voice("a"), VOICE),
    "update": (lambda client: client.update_voice("a", name="Eve"), VOICE),
    "delete": (lambda client: client.delete_voice("a"), GONE),
    "create": (lambda client: client.add_voice(WAV, "Ada", "female", "en-GB"), MADE),
    "tts": (lambda client: client.tts("Hello", voice_prompt_id="a"), AUDIO),
    "reference": (lambda client: client.tts("Hello", WAV), AUDIO),
    "plain get": (lambda client: client.get("/voice"), LIST),
    "plain put": (lambda client: client.put("/voice", json={"id": "a"}), VOICE),
    "plain delete": (lambda client: client.delete("/voice/a"), GONE),
    "plain create": (lambda client: client.post("/voice", json={"name": "Ada"}), MADE),
    "plain post": (lambda client: client.post("/other", json={}), answer({"done": 1})),
}
FREELY = ["list", "get", "update", "delete", "plain get", "plain put", "plain delete"]
CREATES = ["create", "plain create"]
PAID = ["tts", "reference", "plain post"]
TROUBLES = {
    "500": answer({"message": "broken"}, status=500),
    "502": answer(HTML, status=502, kind="text/html"),
    "503": answer({"message": "busy"}, status=503),
    "html": answer(HTML, kind="text/html; charset=utf-8"),
    "empty": answer(b""),
    "json without a type": answer({}, kind=None),
    "cut body": cut_body,
    "cut head": cut_head,
    "cut json": answer(b'{"response": {"voice_pro'),
    "no json": answer(b"OK"),
    "scalar": answer(b"17"),
    "a success that is none": answer({"success": False, "message": "not really"}),
    "reset": reset,
    "silence": raw(b""),
    "garbage": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
}


def troubled(names: list[str]) -> list[tuple[str, str]]:
    """Return calls and troubles; what has no type is bytes to a plain call, so no trouble."""
    pairs = [(name, trouble) for name in names for trouble in TROUBLES]
    return [pair for pair in pairs if not (pair[0].startswith("plain") and pair[1] == "json without a type")]


@pytest.mark.parametrize(("name", "trouble"), troubled(FREELY))
def test_what_may_be_repeated_is(name, trouble, serve, client_of, waits):
    call, good = CALLS[name]
    server = serve(TROUBLES[trouble], TROUBLES[trouble], good)
    assert call(client_of(server))
    assert len(server.received) == 3
    assert len(waits) == 2


@pytest.mark.parametrize(("name", "trouble"), troubled(CREATES))
def test_a_create_that_may_have_arrived_is_never_sent_again(name, trouble, serve, client_of, waits):
    server = serve(TROUBLES[trouble], MADE)
    with pytest.raises(OutcomeUnknownError):
        CALLS[name][0](client_of(server))
    assert len(server.received) == 1
    assert waits == []


@pytest.mark.parametrize(("name", "trouble"), troubled(PAID))
def test_what_is_paid_for_is_never_sent_again(name, trouble, serve, client_of, waits):
    server = serve(TROUBLES[trouble], CALLS[name][1])
    with pytest.raises(ServiceError):
        CALLS[name][0](client_of(server))
    assert len(server.received) == 1
    assert waits == []


def endless(head: bytes, piece: bytes) -> Step:
    """Answer without an end."""

    def step(connection: socket.socket, _: Received) -> bool:
        connection.sendall(b"HTTP/1.1 " + head + b"\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(piece)

    return step


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"200 OK\r\nContent-Type: application/json", b"[" * 2**20),
        (b"404 No\r\nContent-Type: text/plain", b"no" * 2**20),
        (b"200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip", gzip.compress(bytes(2**24))),
    ],
    ids=["listing", "refusal", "packed"],
)
def test_an_answer_without_an_end_ends(head, piece, serve, client_of):
    server = serve(endless(head, piece))
    with pytest.raises(ServiceError, match="an answer of more than 256 MiB"):
        client_of(server, max_retries=0).list_voices()


def forever(head: bytes, piece: bytes) -> Step:
    """Answer with a beginning, and then without anything that would be content."""

    def step(connection: socket.socket, _: Received) -> bool:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return step


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n"
NOTHING_PACKED = gzip.compress(b"")[:10]  # the header alone
NO_CONTENT = {
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "trailers": (CHUNKED + b"\r\n3\r\nID3\r\n0\r\n", b"a: " + b"b" * 10_000 + b"\r\n"),
    "length of a chunk": (CHUNKED + b"\r\n3\r\nID3\r\n", b"0" * 2**16),
    "packed": (
        CHUNKED + b"Content-Encoding: gzip\r\n\r\na\r\n" + NOTHING_PACKED + b"\r\n",
        b"c350\r\n" + b"\0\0\0\xff\xff" * 10_000 + b"\r\n",  # empty blocks of deflate
    ),
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("what", NO_CONTENT)
def test_an_answer_that_goes_on_without_content_ends(what, streamed, serve, client_of):
    client = client_of(serve(forever(*NO_CONTENT[what])), max_retries=0)
    with pytest.raises(ServiceError):
        list(client.tts_iter("a", voice_prompt_id="v")) if streamed else client.list_voices()


@pytest.mark.parametrize("packed", ["gzip, gzip", "br", "zstd", "compress"])
def test_what_is_packed_in_a_way_that_nobody_asked_for_is_not_unpacked(packed, serve, client_of):
    """Twice packed, a few bytes are gigabytes before anyone has counted them."""
    twice = gzip.compress(gzip.compress(b'{"voicePrompts": []}'))
    server = serve(answer(twice, Content_Encoding=packed))
    with pytest.raises(ServiceError, match="packed"):
        client_of(server, max_retries=0).list_voices()
    assert server.received[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("name", CALLS)
def test_everything_waits_on_429(name, serve, client_of, waits):
    call, good = CALLS[name]
    server = serve(
        answer({"message": "slow"}, status=429, Retry_After="7"),
        answer(HTML, status=429, kind="text/html"),
        good,
    )
    call(client_of(server))
    assert len(server.received) == 3
    assert waits[0] == 7
    assert 2 <= waits[1] <= 2.5


@pytest.mark.parametrize("name", sorted(CALLS.keys() - {"list"}))  # 400: a limit too high
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadRequestError),
        (401, UnauthorizedError),
        (402, PaymentRequiredError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, StatusError),
    ],
)
def test_a_refusal_is_final(name, status, error, serve, client_of, waits):
    server = serve(answer({"success": False, "message": "No way"}, status=status))
    with pytest.raises(error, match=f"{status}: No way") as caught:
        CALLS[name][0](client_of(server))
    assert type(caught.value) is error
    assert isinstance(caught.value, requests.HTTPError)
    assert len(server.received) == 1
    assert waits == []


def test_a_typed_error_carries_everything(serve, client_of):
    server = serve(
        answer(
            {"message": "Too\nmany"},
            status=429,
            Retry_After="9",
            X_Request_Id="req-1",
            kind="application/json",
        )
    )
    with pytest.raises(RateLimitedError) as caught:
        client_of(server, max_retries=0).get_voice("a")
    error = caught.value
    assert (error.status, error.message, error.call) == (429, "Too many", "GET /voice/a")
    assert (error.region, error.request_id, error.retry_after) == ("us", "req-1", 9)
    assert error.response.status_code == 429
    assert str(error) == "GET /voice/a: 429: Too many"
    assert error.exit_code is ExitCode.ERROR


@pytest.mark.parametrize("rest", [b"X: ", b"\r\n"], ids=["head", "body"])
def test_an_answer_that_never_ends_is_given_up(rest, serve, client_of):
    """Though no silence in it is as long as the time-out."""
    server = serve(drip(b"HTTP/1.1 200 OK\r\n" + rest, seconds=0.05))
    with pytest.raises(ConnectionLostError, match="no answer in time"):
        client_of(server, timeout=0.3, max_retries=9).get_voice("a")
    assert len(server.received) == 3


def test_a_date_to_wait_for_is_read_on_the_services_own_clock(serve, client_of, waits):
    """A clock here that is ahead of the service's must not make of it: at once."""
    busy = answer(
        status=429, Retry_After="Fri, 01 May 2020 12:00:09 GMT", Date="Fri, 01 May 2020 12:00:00 GMT"
    )
    client_of(serve(busy, VOICE)).get_voice("a")
    assert waits == [9]


def test_a_refused_key_is_an_error_of_keys(serve, client_of):
    with pytest.raises(AuthError) as caught:
        client_of(serve(answer({"message": "bad key"}, status=401))).list_voices()
    assert caught.value.exit_code is ExitCode.KEY


@pytest.mark.parametrize("name", FREELY)
def test_it_gives_up_in_the_end(name, serve, client_of, waits):
    server = serve(TROUBLES["500"])
    with pytest.raises(ServerError, match="500: broken") as caught:
        CALLS[name][0](client_of(server, max_retries=3))
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert len(server.received) == 4
    assert waits == sorted(waits)


@pytest.mark.parametrize(
    ("name", "trouble", "error"),
    [
        ("get", "reset", ConnectionLostError),
        ("get", "cut body", ConnectionLostError),
        ("get", "html", InvalidResponseError),
        ("update", "reset", OutcomeUnknownError),
        ("update", "html", InvalidResponseError),
        ("delete", "reset", OutcomeUnknownError),
        ("create", "reset", OutcomeUnknownError),
        ("create", "html", OutcomeUnknownError),
        ("create", "500", UnconfirmedServerError),
        ("tts", "reset", OutcomeUnknownError),
        ("tts", "500", ServerError),
        ("tts", "html", InvalidResponseError),
    ],
)
def test_the_types_of_errors(name, trouble, error, serve, client_of):
    with pytest.raises(error) as caught:
        CALLS[name][0](client_of(serve(TROUBLES[trouble]), max_retries=0))
    assert type(caught.value) is error
    assert isinstance(caught.value, requests.HTTPError) is (trouble == "500")


@pytest.mark.parametrize(
    ("name", "error", "sent"), [("get", ConnectionLostError, 3), ("create", OutcomeUnknownError, 1)]
)
def test_an_answer_that_never_comes(name, error, sent, serve, client_of):
    server = serve(hang)
    with pytest.raises(error, match="no answer in time"):
        CALLS[name][0](client_of(server, timeout=0.2))
    assert len(server.received) == sent


@pytest.mark.parametrize("name", CALLS)
def test_no_connection_at_all(name, client_of, waits):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    closed = SimpleNamespace(base_url=f"http://127.0.0.1:{port}/api/v1")
    with pytest.raises(ServiceUnreachableError, match="Connection refused"):
        CALLS[name][0](client_of(closed))
    assert len(waits) == 2


def test_a_name_that_nobody_knows():
    unknown = urllib3.exceptions.NameResolutionError("x.invalid", None, OSError(-2, "unknown"))
    error = requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", unknown))
    assert reason_of(error, key=KEY) == "the host's name can't be found"


def test_a_list_where_an_object_was_expected(serve, client_of):
    with pytest.raises(InvalidResponseError, match="a list where an object was expected"):
        client_of(serve(answer([])), max_retries=0).delete_voice("a")


def test_the_message_of_a_page(serve, client_of):
    with pytest.raises(ServerError, match=r"^GET /voice/a: 502: 502 Bad Gateway$"):
        client_of(serve(TROUBLES["502"]), max_retries=0).get_voice("a")


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b'{"message": "a\\u001b[31mred\\r\\nb"}', "application/json", "a\\u001b[31mred b"),
        (b'{"message": "\\u202eabc"}', "application/json", "\\u202eabc"),
        ('{"message": "%s"}' % ("x" * 9000), "application/json", "x" * 499 + "…"),
        (f'{{"message": "key {KEY} refused"}}', "application/json", "key *** refused"),
        (b"", None, "Said"),
        (b"\xff\xfe", "text/plain", "\ufffd\ufffd"),
        (b"<h1>Not <b>here</b></h1><script>alert(1)</script>", "text/html", "Not here"),
        (b"[" * 100_000, "application/json", "[" * 499 + "…"),
    ],
)
def test_what_a_stranger_says_is_made_harmless(body, kind, message, serve, client_of):
    content = body if isinstance(body, bytes) else body.encode()
    with pytest.raises(BadRequestError) as caught:
        client_of(serve(answer(content, status=400, kind=kind))).get_voice("a")
    assert caught.value.message == message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("name", CALLS)
def test_no_redirect_to_another_origin(name, status, serve, client_of, waits):
    other = serve(answer({"voicePrompts": []}))
    server = serve(answer(b"", status=status, Location=f"{other.base_url}/voice"))
    with pytest.raises(RedirectRefusedError, match="redirected to"):
        CALLS[name][0](client_of(server))
    assert other.received == []
    assert len(server.received) == 1
    assert waits == []


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1:{port}/api/v1/voice",
        "//evil.example/voice",
        "http://127.0.0.1:{port}@evil.example/",
        "http://localhost:{port}/api/v1/voice",
        "http://[::1/",
        "http://127.0.0.1:{port}\\@evil.example/",
        "file:///etc/passwd",
    ],
)
def test_redirects_that_only_look_alike(location, serve, client_of):
    server = serve(raw(b""))
    server.steps[:] = [answer(b"", status=302, Location=location.format(port=server.port))]
    with pytest.raises(RedirectRefusedError):
        client_of(server).get_voice("a")
    assert len(server.received) == 1


def test_a_get_follows_within_its_origin(serve, client_of):
    server = serve(answer(b"", status=302, Location="/api/v1/voice/b"), VOICE)
    client_of(server).get_voice("a")
    assert server.calls() == ["GET /voice/a", "GET /voice/b"]
    assert [each.headers["x-api-key"] for each in server.received] == [KEY, KEY]


@pytest.mark.parametrize("name", ["update", "delete", "create", "tts"])
def test_nothing_else_follows(name, serve, client_of):
    server = serve(answer(b"", status=308, Location="/api/v1/elsewhere"))
    with pytest.raises(RedirectRefusedError):
        CALLS[name][0](client_of(server))
    assert len(server.received) == 1


def test_a_ring_of_redirects_ends(serve, client_of):
    server = serve(answer(b"", status=302, Location="/api/v1/voice/a"))
    with pytest.raises(RedirectRefusedError):
        client_of(server).get_voice("a")
    assert len(server.received) < 10


def test_the_key_is_in_one_header_only(serve, client_of):
    server = serve(AUDIO)
    client_of(server).tts("Hello", voice_prompt_id="a")
    sent = server.received[0]
    assert [name for name, value in sent.headers.items() if KEY in value] == ["x-api-key"]
    assert KEY not in sent.target
    assert KEY.encode() not in sent.body


@pytest.mark.parametrize("name", ["get", "create", "tts"])
@pytest.mark.parametrize("trouble", ["500", "reset", "html"])
def test_the_key_is_not_in_errors_or_logs(name, trouble, serve, client_of, caplog):
    caplog.set_level(logging.DEBUG)
    client = client_of(serve(TROUBLES[trouble]), max_retries=1)
    with pytest.raises(ServiceError) as caught:
        CALLS[name][0](client)
    error: BaseException | None = caught.value
    while error is not None:
        told = "".join(traceback.format_exception(error)) + repr(vars(error))
        for request in (getattr(error, "request", None), getattr(error, "response", None)):
            told += repr(vars(request)) if request is not None else ""
            told += repr(getattr(getattr(request, "request", request), "headers", ""))
        assert KEY not in told
        error = error.__cause__ or error.__context__
    assert KEY not in caplog.text
    assert KEY not in repr(client)


def test_logs_say_what_was_called(serve, client_of, caplog):
    caplog.set_level(logging.DEBUG, logger="ddvoices.client")
    client_of(serve(VOICE)).get_voice("a")
    assert caplog.messages[0].startswith("GET /voice/a: 200, ")


def test_netrc_adds_nothing(serve, client_of, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(LIST)
    client_of(server).list_voices()
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_this_machine_is_never_asked_through_a_proxy(variable, serve, client_of, monkeypatch):
    proxy, server = serve(LIST), serve(LIST)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
    client_of(server).list_voices()
    assert (len(server.received), len(proxy.received)) == (1, 0)


def test_a_proxy_sees_no_key(serve, monkeypatch, client_of, waits):
    """It gets a CONNECT; when it refuses, nothing has been sent."""
    proxy = serve(raw(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    production = SimpleNamespace(base_url="https://restapi.deepdub.ai/api/v1")
    with pytest.raises(ServiceUnreachableError):
        CALLS["create"][0](client_of(production, max_retries=0))
    assert [each.method for each in proxy.received] == ["CONNECT"]
    assert KEY not in repr(proxy.received)


def test_cookies_are_not_kept(serve, client_of):
    server = serve(answer({"voicePrompts": []}, Set_Cookie="session=1; Path=/"))
    client = client_of(server)
    client.list_voices()
    client.list_voices()
    assert "cookie" not in server.received[1].headers


def test_connections_are_kept(serve, client_of):
    server = serve(LIST)
    client = client_of(server)
    for _ in range(5):
        client.list_voices()
    assert server.connections == 1


def test_a_wait_may_end_the_call(serve, client_of):
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    server = serve(TROUBLES["503"])
    with pytest.raises(KeyboardInterrupt):
        client_of(server, sleep=interrupted).list_voices()
    assert len(server.received) == 1
