"""What our client adds to the bare minimum over a socket: CPU of 200 generations, time to the first audio.

The floor is what nobody can do without: websockets, json and base64, one generation after the other. Both
talk to one server in a process of its own, in turn, on one machine, and are compared as ratios: an absolute
time says more about the machine than about the client.

    make bench
    python benchmarks/sockets.py --generations 200 --rounds 7
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from ddvoices import DeepdubClient

CHUNKS = 12  # of a quarter of a second: three seconds of speech at 22050 samples a second
CHUNK = bytes(68 + 2 * 22050 // 4)
BLOCK = 10  # generations of one way before it is the other's turn: whatever else goes on hits both
CPU_GOAL = 1.15
FIRST_GOAL_MS = 1.0
KEY = "dd-benchmark"


def main() -> int:
    """Measure, print a table, and return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--generations", type=int, default=200, help="generations on one socket")
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds of each")
    arguments = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=run_server, args=(theirs,), daemon=True)
    server.start()
    try:
        url = f"ws://127.0.0.1:{ours.recv()}/open"
        return report(*measure(url, arguments.generations, arguments.rounds))
    finally:
        server.terminate()
        server.join()


def run_server(parent: Connection) -> None:
    """Serve in this process, and say on which port."""

    async def main() -> None:
        async with serve(speak, "127.0.0.1", 0, compression=None) as server:
            parent.send(server.sockets[0].getsockname()[1])
            await asyncio.Future()

    asyncio.run(main())


async def speak(socket: ServerConnection) -> None:
    """Answer each request with three seconds of silence."""
    data = base64.b64encode(CHUNK).decode()
    async for message in socket:
        name = json.loads(message)["generationId"]
        for index in range(CHUNKS):
            await socket.send(
                json.dumps({"index": index, "generationId": name, "data": data, "isFinished": False})
            )
        await socket.send(json.dumps({"index": CHUNKS, "generationId": name, "data": "", "isFinished": True}))


Speak = Callable[[], Awaitable[float]]
"""Speaks once, takes all of it, and returns the seconds to the first audio."""


def measure(url: str, generations: int, rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return CPU seconds of each round, and seconds to each first audio, of the floor and of ours."""
    cpu: dict[str, list[float]] = {"floor": [], "ours": []}
    first: dict[str, list[float]] = {"floor": [], "ours": []}

    async def run(name: str, speak_once: Speak) -> float:
        began = time.process_time()
        first[name].extend([await speak_once() for _ in range(BLOCK)])
        return time.process_time() - began

    async def main() -> None:
        with DeepdubClient(base_websocket_url=url, api_key=KEY, environ={}) as client:
            bare = connect(url, compression=None, max_size=None)
            async with bare as socket, client.async_connect() as ready:
                ways: dict[str, Speak] = {"floor": lambda: floor(socket), "ours": lambda: ours(ready)}
                for number in range(rounds + 1):
                    used = dict.fromkeys(ways, 0.0)
                    for _ in range(generations // BLOCK):
                        for name, speak_once in ways.items():
                            used[name] += await run(name, speak_once)
                    if number:  # the first round warms both up
                        for name, seconds in used.items():
                            cpu[name].append(seconds)

    asyncio.run(main())
    return cpu, first


async def floor(socket: Any) -> float:
    """Speak with nothing but websockets, json and base64."""
    name = str(uuid.uuid4())
    began, first = time.perf_counter(), 0.0
    request = {
        "action": "text-to-speech",
        "generationId": name,
        "targetText": "Hello",
        "model": "dd-etts-2.5",
        "voicePromptId": "v",
        "locale": "en-US",
        "format": "wav",
    }
    await socket.send(json.dumps(request))
    while True:
        message = json.loads(await socket.recv())
        if message["data"]:
            audio = base64.b64decode(message["data"])
            first = first or time.perf_counter() - began
            check(audio)
        if message["isFinished"]:
            return first


async def ours(connection: DeepdubClient) -> float:
    """Speak with our client."""
    began, first = time.perf_counter(), 0.0
    async for audio in connection.async_tts("Hello", voice_prompt_id="v"):
        first = first or time.perf_counter() - began
        check(audio)
    return first


def check(audio: bytes) -> None:
    """Make sure that nothing is left out."""
    if len(audio) != len(CHUNK):
        raise SystemExit(f"a piece of {len(audio)} bytes instead of {len(CHUNK)}")


def report(cpu: dict[str, list[float]], first: dict[str, list[float]]) -> int:
    """Print the table, and return 1 if a goal is missed."""
    ratio = statistics.median(a / b for a, b in zip(cpu["ours"], cpu["floor"], strict=True))
    added = (statistics.median(first["ours"]) - statistics.median(first["floor"])) * 1000
    print(f"{len(cpu['ours'])} rounds, floor and ours in turn; CPU of the client's process, medians")
    for name in ("floor", "ours"):
        used, wait = statistics.median(cpu[name]) * 1000, statistics.median(first[name]) * 1000
        print(f"  {name:6} {used:7.0f} ms CPU   {wait:6.2f} ms to the first audio")
    met = ratio <= CPU_GOAL, added <= FIRST_GOAL_MS
    words = {True: "met", False: "missed"}
    print(f"  ours/floor {ratio:.2f}   goal {CPU_GOAL:.2f} {words[met[0]]}")
    print(f"  added time to first audio {added:.2f} ms   goal {FIRST_GOAL_MS:.2f} ms {words[met[1]]}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
