"""The process: how it starts, what it prints, and how it ends."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from emulator.samples import WAV_BASE64, listing, upload, wait_until
from emulator.talk import finished, handshake, request, talking
from service import Emulator
from websockets.exceptions import ConnectionClosedOK

PROGRAM = [sys.executable, "-m", "ddvoices.emulator"]


def fail(*arguments: str) -> tuple[int, str]:
    """Run the emulator where it can't start, and return its exit code and what it says."""
    done = subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False, encoding="utf-8"
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_it_prints_its_endpoints_and_ends_at_sigterm_with_0():
    running = Emulator.start()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/v1", running.base_url)
    place = running.origin.removeprefix("http://")
    assert (running.websocket_url, running.streaming_url) == (f"ws://{place}/open", f"ws://{place}/ws")
    upload(running, "dd-1")
    running.process.terminate()
    assert running.process.stdout.read() == ""
    assert running.stop() == 0
    assert running.said == ""


@pytest.mark.parametrize(
    "name", ["samples", "emulator.lock", "emulator.sqlite3", "emulator.sqlite3-wal", "emulator.sqlite3-shm"]
)
def test_nothing_is_written_through_a_link_in_the_data_directory(tmp_path, name):
    data, target = tmp_path / "data", tmp_path / "precious"
    data.mkdir()
    target.mkdir() if name == "samples" else target.write_text("precious")
    (data / name).symlink_to(target)
    code, said = fail("--port", "0", "--data", str(data))
    assert (code, len(said.splitlines())) == (1, 1)
    assert f"{name} is a link" in said
    assert list(target.iterdir()) == [] if name == "samples" else target.read_text() == "precious"


FOREIGN = (
    {"Host": "evil.example"},
    {"Host": "evil.example:8089"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "127.0.0.1@evil.example"},
    {"Host": "deepdub.ai.evil.example"},
    {"Host": "127.0.0.1", "Origin": "https://evil.example"},
    {"Host": "127.0.0.1", "Origin": "null"},
    {"Host": "127.0.0.1", "Origin": "http://localhost.evil.example:80"},
)
OURS = (
    {"Host": "127.0.0.1:8089"},
    {"Host": "[::1]:8089"},
    {"Host": "LOCALHOST"},
    {"Host": "studio.localhost:1"},
    {"Host": "wsapi.deepdub.ai"},
    {"Host": "127.0.0.1", "Origin": "http://localhost:3000"},
)
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def statuses(running: Emulator, headers: dict[str, str]) -> list[int]:
    """Return how the service, the control routes and a socket answer to these headers."""
    found = []
    calls = (
        ("/api/v1/voice", {"x-api-key": "dd-1"}),
        ("/_emulator/health", {}),
        ("/ws?x-api-key=dd-1", UPGRADE),
    )
    for path, more in calls:
        connection = http.client.HTTPConnection(urlsplit(running.base_url).netloc, timeout=30)
        connection.putrequest("GET", path, skip_host=True)
        for name, value in {**headers, **more}.items():
            connection.putheader(name, value)
        connection.endheaders()
        found.append(connection.getresponse().status)
        connection.close()
    return found


def test_a_page_of_the_web_reaches_nothing_through_a_browser():
    with Emulator.start() as running:
        assert [statuses(running, headers) for headers in FOREIGN] == [[403, 403, 403]] * len(FOREIGN)
        assert [statuses(running, headers) for headers in OURS] == [[200, 200, 101]] * len(OURS)


def test_for_other_machines_it_has_any_name():
    with Emulator.start(["--host", "0.0.0.0"]) as running:  # noqa: S104 - that is what is tested
        assert statuses(running, {"Host": "emulator.lan"}) == [200, 200, 101]


def test_it_ends_at_ctrl_c_with_130():
    running = Emulator.start()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=30) == 130
    running.stop()
    assert running.said == ""


@pytest.mark.parametrize("work", ["hang", "upload", "speech"])
def test_it_ends_whatever_is_under_way(work):
    running = Emulator.start()
    connection = http.client.HTTPConnection(urlsplit(running.base_url).netloc)
    headers = {"x-api-key": "dd-1"}
    if work == "hang":
        running.faults("dd-1", [{"kind": "hang"}])
        connection.request("GET", "/api/v1/voice", headers=headers)
    elif work == "upload":
        connection.request("POST", "/api/v1/voice", b"{", {**headers, "content-length": "1000"})
    else:
        text = "Many words take long. " * 4000
        body = f'{{"model": "m", "targetText": "{text}", "locale": "en-US", "sampleRate": 48000'
        connection.request("POST", "/api/v1/tts", f'{body}, "voiceReference": "{WAV_BASE64}"}}', headers)
    wait_until(lambda: running.requests("dd-1"))
    answers = threading.Thread(target=lambda: suppressed(connection))
    answers.start()
    assert running.stop() == 0
    assert running.said == ""
    answers.join()
    connection.close()


@pytest.mark.parametrize("work", ["nothing", "hang", "speech"])
def test_it_closes_sockets_whatever_is_under_way(work):
    running = Emulator.start(["--pace-percent", "1000"])
    document = request(running, "dd-1")
    running.faults("dd-1", [{"kind": "hang", "path": "/open/*"}] if work == "hang" else [])
    running.clear_requests("dd-1")
    with talking(running.websocket_url, "dd-1") as whole, talking(running.streaming_url, "dd-1") as streamed:
        if work != "nothing":
            whole.say(action="text-to-speech", **document)
            wait_until(lambda: running.peak_concurrency("dd-1") == 1)
        running.process.terminate()
        for talk in (whole, streamed):
            with pytest.raises(ConnectionClosedOK) as closed:
                talk.hear_until(finished)
            assert closed.value.rcvd.code == 1001
    assert (running.stop(), running.said) == (0, "")


def test_it_ends_while_it_speaks_for_a_socket():
    running = Emulator.start()
    document = request(running, "dd-1", "Many words take long. " * 2000, sampleRate=48000)
    with talking(running.websocket_url, "dd-1") as talk:
        for _ in range(2):
            talk.say(action="text-to-speech", **document)
        wait_until(lambda: running.peak_concurrency("dd-1") == 2)
        running.process.terminate()
        running.process.wait(timeout=10)  # to say all of it would take minutes
    assert (running.stop(), running.said) == (0, "")


def test_it_ends_although_a_client_takes_nothing():
    running = Emulator.start()
    document = request(running, "dd-1", "Many words take long. " * 400)
    with talking(running.websocket_url, "dd-1") as talk:
        talk.say(action="text-to-speech", **document)
        talk.hear()
        assert (running.stop(), running.said) == (0, "")


def test_a_handshake_that_hangs_keeps_nothing_up():
    running = Emulator.start()
    running.faults("dd-1", [{"kind": "hang", "path": "/open"}])
    with socket.create_connection(urlsplit(running.base_url).netloc.split(":")) as connection:
        connection.sendall(handshake(running, "dd-1", "/open"))
        wait_until(lambda: running.requests("dd-1"))
        assert (running.stop(), running.said) == (0, "")


def suppressed(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, http.client.HTTPException):
        connection.getresponse().read()


def test_state_survives_a_restart_with_data(tmp_path):
    directory = str(tmp_path / "new" / "data")
    with Emulator.start(["--data", directory]) as first:
        voice_id = upload(first, "dd-1", name="Ada", publish=True)
        first.settings("dd-1", unset="null")
        before = listing(first, "dd-1")
        code, said = fail("--data", directory, "--port", "0")
        assert (code, "is in use by another emulator" in said) == (1, True)
    with Emulator.start(["--data", directory]) as second:
        assert listing(second, "dd-1") == before
        assert second.settings("dd-1")["unset"] == "null"
        upload(second, "dd-1")
        assert second.call("dd-1", "DELETE", f"/voice/{voice_id}")[0] == 200
    assert len(list((tmp_path / "new" / "data" / "samples").iterdir())) == 1


def test_a_killed_emulator_has_lost_nothing_that_it_answered(tmp_path):
    first = Emulator.start(["--data", str(tmp_path)])
    voice_id = upload(first, "dd-1")
    first.process.kill()
    first.stop()
    with Emulator.start(["--data", str(tmp_path)]) as second:
        assert [voice["id"] for voice in listing(second, "dd-1")] == [voice_id]


def test_only_listed_keys_open_their_accounts():
    arguments = ["--api-key", "dd-1=shared", "--api-key", "other=shared", "--api-key", "dd-own"]
    with Emulator.start(arguments) as running:
        upload(running, "dd-1")
        assert len(listing(running, "other")) == 1
        assert listing(running, "dd-own") == []
        assert running.call("dd-unlisted", "GET", "/voice")[0] == 401


def test_requests_are_logged_on_demand_and_without_keys():
    running = Emulator.start(["-v"])
    listing(running, "dd-secret-key")
    running.stop()
    assert "GET /api/v1/voice 200" in running.said
    assert "secret" not in running.said


def test_a_port_in_use_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = fail("--port", str(port))
    assert code == 1
    assert said.startswith(f"error: can't listen on 127.0.0.1:{port}: Address already in use")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "not well formed"),
        ("- kind: explode", "rule 1: kind: must be one of"),
        ("a: [", "not well formed"),
    ],
)
def test_a_broken_faults_file_is_one_clear_line(tmp_path, text, said):
    path = tmp_path / "faults.yaml"
    path.write_text(text, encoding="utf-8")
    code, stderr = fail("--port", "0", "--faults", str(path))
    assert (code, stderr.count("\n")) == (1, 1)
    assert stderr.startswith(f"error: {path}: ")
    assert said in stderr


def test_a_missing_faults_file_and_a_bad_directory_are_one_clear_line(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for arguments in (["--faults", str(tmp_path / "none.json")], ["--data", str(file)]):
        code, stderr = fail("--port", "0", *arguments)
        assert (code, stderr.count("\n"), stderr.startswith("error: ")) == (1, 1, True)
        assert "Errno" not in stderr


@pytest.mark.parametrize(
    "arguments",
    [["--port", "no"], ["--port", "70000"], ["--unknown"], ["--api-key", "="], ["--list-cap", "0"]],
)
def test_a_wrong_command_line_is_64(arguments):
    assert fail(*arguments)[0] == 64


def test_another_host_is_warned_of():
    with Emulator.start(["--host", "0.0.0.0"]) as running:  # noqa: S104 - what is tested
        assert running.base_url.startswith("http://0.0.0.0:")
    assert "can be reached from other machines" in running.said


def test_an_unknown_host_is_one_clear_line():
    code, stderr = fail("--host", "no.such.host.invalid", "--port", "0")
    assert (code, stderr.startswith("error: can't listen on no.such.host.invalid")) == (1, True)


@pytest.mark.parametrize("missing", ["lameenc", "espeakng_loader", "starlette", "uvicorn", "websockets"])
def test_without_its_extra_it_says_what_to_install(missing):
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from ddvoices.emulator.__main__ import main; sys.argv[1:] = ['--port', '0']; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "the emulator needs its extra: install ddvoices with `[emulator]`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_rude_clients_leave_no_traceback_and_nothing_under_way():
    running = Emulator.start(["--pace-percent", "100", "--max-concurrent", "1"])
    document = request(running, "dd-1")
    place = urlsplit(running.base_url)
    for frame in (b"\x81\x82\0\0\0\0\xff\xfe", b"\x81\x02{}", b"\x82\xff\0\0\0\1\0\0\0\0\0\0\0\0"):
        with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
            connection.sendall(handshake(running, "dd-1", "/open"))
            connection.recv(65536)
            connection.sendall(frame)
            assert connection.recv(65536)[:1] == b"\x88"  # a close frame: no UTF-8, no mask, 4 GiB
    for leave in ("close", "shutdown"):
        with talking(running.websocket_url, "dd-1") as talk:
            talk.say(action="text-to-speech", **document)
            talk.hear()
            if leave == "shutdown":
                talk.socket.socket.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: running.call("dd-1", "GET", "/voice")[0] == 200)
    assert running.stop() == 0
    assert running.said == "Invalid UTF-8 sequence received from client.\n"
