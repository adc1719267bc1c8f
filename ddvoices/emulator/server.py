"""The process: a socket, a web server on it, and an end at the first signal."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ddvoices.emulator import pages
from ddvoices.emulator.accounts import Accounts
from ddvoices.emulator.backend import Backend
from ddvoices.emulator.faults import SOCKETS, load_rules
from ddvoices.emulator.options import DEFAULT_HOST, EmulatorError, Options
from ddvoices.emulator.service import Service
from ddvoices.emulator.speech import Speaker
from ddvoices.emulator.state import Store

try:
    import espeakng_loader  # noqa: F401 - needed by the process that speaks, which could not say so
    import uvicorn
    import websockets  # noqa: F401 - uvicorn imports it only when the first client comes
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Mount, Route
    from uvicorn.protocols.http.h11_impl import H11Protocol

    from ddvoices.emulator.control import CONTROL_ROOT, Control
    from ddvoices.emulator.gate import Gate
    from ddvoices.emulator.rest import API_ROOT
    from ddvoices.emulator.sockets import Sockets
except ModuleNotFoundError as missing:
    raise EmulatorError(
        f"the emulator needs its extra: install ddvoices with `[emulator]` ({missing.name} is missing)"
    ) from missing

_log = logging.getLogger(__name__)
_GRACE_SECONDS = 1.0  # for requests under way, once it must end
_KEEP_ALIVE_SECONDS = 75
_LARGEST_AUDIO = 20 * 2**20  # in a message on a socket, at least


def serve(options: Options) -> int:
    """Serve until a signal ends it; see ``ddvoices.emulator.run``."""
    logging.getLogger("uvicorn.error").addFilter(_without_client_faults)
    rules = load_rules(options.faults) if options.faults else ()
    with _data_directory(options.data) as directory, _listening(options) as listener:
        backend = Backend(store=Store(directory), speaker=Speaker())
        try:
            service = Service(
                accounts=Accounts(keys=options.keys),
                backend=backend,
                defaults=options.settings,
                rules=rules,
                seed=options.seed,
            )
            sockets = Sockets(service)
            local = ipaddress.ip_address(listener.getsockname()[0]).is_loopback
            config = _config(App(service, sockets, local=options.host if local else None), options)
            server = _Server(config, endpoints(listener), sockets=sockets, drop=backend.speaker.close)
            asyncio.run(server.serve(sockets=[listener]))
            return server.exit_code
        finally:
            backend.close()


class App:
    """The ASGI application of a service; ``local`` is its host where that is of this machine alone."""

    def __init__(self, service: Service, sockets: Sockets, *, local: str | None) -> None:
        self._sockets = sockets
        self._local = local
        self._requests = Starlette(
            routes=[
                Mount(API_ROOT, app=Gate(service)),
                Mount(CONTROL_ROOT, routes=Control(service).routes()),
                *(Route(path, _not_upgraded, methods=["GET"]) for path in SOCKETS),
            ],
            exception_handlers={HTTPException: _enveloped, Exception: _broken},
        )
        self._requests.router.redirect_slashes = False

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Serve a request or a WebSocket."""
        socket = scope["type"] == "websocket"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if self._local is not None and pages.is_page(headers, self._local):
            refused = JSONResponse({"success": False, "message": pages.MESSAGE}, 403)
            await refused(scope, receive, send)
        else:
            await (self._sockets if socket else self._requests)(scope, receive, send)


def endpoints(listener: socket.socket) -> str:
    """Return the lines that lead a client to whoever is served by a socket, REST first."""
    host, port = listener.getsockname()[:2]
    place = f"{f'[{host}]' if ':' in host else host}:{port}"
    return (
        f"DEEPDUB_BASE_URL=http://{place}{API_ROOT}\n"
        f"DEEPDUB_BASE_WEBSOCKET_URL=ws://{place}/open\n"
        f"DEEPDUB_BASE_WEBSOCKET_STREAMING_URL=ws://{place}/ws\n"
    )


class _Protocol(H11Protocol):
    """HTTP over a transport that the application may reach, to break what it sends."""

    def connection_made(self, transport: Any) -> None:
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """A server that says where it is, and turns signals into exit codes."""

    def __init__(
        self, config: uvicorn.Config, ready: str, *, sockets: Sockets, drop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._sockets = sockets
        self._drop = drop  # stops what requests under way are waiting for
        self.exit_code = 0

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT for as long as it serves; uvicorn's way ends in the signal itself."""
        loop = asyncio.get_running_loop()
        codes = {signal.SIGTERM: 0, signal.SIGINT: 130}
        for number, code in codes.items():
            loop.add_signal_handler(number, self._end, code)
        try:
            yield
        finally:
            for number in codes:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, then say so: all that ever comes on stdout, at once."""
        await super().startup(sockets)
        sys.stdout.write(self._ready)
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close WebSockets, let requests under way finish for a moment, then drop their connections."""
        await self._sockets.end()
        drop = asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._drop_all)
        await super().shutdown(sockets)
        drop.cancel()
        self._drop()  # who asked over a socket has left, and the speech would go on

    def _end(self, code: int) -> None:
        self.exit_code = code
        self.should_exit = True

    def _drop_all(self) -> None:
        self._drop()
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


def _config(app: App, options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="websockets-sansio",
        # Base64 takes four bytes for three; the rest is room for the other fields.
        ws_max_size=max(options.settings.max_audio_bytes, _LARGEST_AUDIO) * 4 // 3 + 2**20,
        ws_ping_interval=None,  # a client that is held in a debugger stays connected
        ws_per_message_deflate=False,
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2 * int(_GRACE_SECONDS),
    )


def _without_client_faults(record: logging.LogRecord) -> bool:
    """Leave out the traceback where a client sends a text frame that is no text."""
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        record.exc_info = None
    return True


async def _not_upgraded(_request: Request) -> JSONResponse:
    message = "Upgrade required: this is a WebSocket"
    return JSONResponse({"success": False, "message": message}, 426, headers={"upgrade": "websocket"})


async def _enveloped(_request: Request, error: Exception) -> JSONResponse:
    status, headers = 500, None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
    message = {404: "Not found", 405: "Method not allowed"}.get(status, str(error))
    return JSONResponse({"success": False, "message": message}, status, headers=headers)


async def _broken(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"success": False, "message": "Internal server error"}, 500)


@contextmanager
def _data_directory(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="ddvoices-emulator-") as directory:
        yield Path(directory)


@contextmanager
def _listening(options: Options) -> Iterator[socket.socket]:
    """Bind before anything else is started, so that the port is known and surely ours."""
    try:
        family, _, _, _, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
        # asyncio sends small answers at once only where it sees that the protocol is TCP
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise EmulatorError(f"can't listen on {options.host}: {error.strerror or error}") from error
    with contextlib.closing(listener):
        _check_loopback(options.host, str(address[0]))
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(128)
        except OSError as error:
            where = f"{options.host}:{options.port}"
            advice = "choose another with --port (0 takes a free one)"
            raise EmulatorError(f"can't listen on {where}: {error.strerror}; {advice}") from error
        yield listener


def _check_loopback(host: str, address: str) -> None:
    """Refuse what only a host file calls local; warn where a host beyond this machine was asked for."""
    if ipaddress.ip_address(address).is_loopback:
        return
    if host in (DEFAULT_HOST, "localhost"):
        raise EmulatorError(f"{host} is {address} here, which other machines can reach; name it with --host")
    _log.warning("warning: %s can be reached from other machines, and takes keys unencrypted", address)
