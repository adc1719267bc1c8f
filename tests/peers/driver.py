"""A program written for the official SDK, which runs on either client: its import is chosen by an argument.

    python driver.py official|ours SCENARIO ARGUMENTS PATIENCE

ARGUMENTS are a JSON object, PATIENCE is in seconds. It prints one JSON object with the ``result`` of the
scenario, or the ``error`` that it ended with, or ``waiting`` where it has not ended in time. Bytes are
``{"base64": …}``. The client finds its endpoints and its key in the environment.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import inspect
import json
import os
import sys
import threading
import tracemalloc
from importlib import import_module
from pathlib import Path

LIBRARIES = {"official": "deepdub", "ours": "ddvoices"}


def speak(client, **options):
    return client.tts(**options)


def speak_from(client, how, **options):
    """Speak with the voice of a file, given in one of three ways."""
    return client.tts(voice_reference=sample(**how), **options)


def speak_later(client, url_below, **options):
    """Have something spoken, and fetch it from the path in the answer."""
    url = client.tts_retro(**options)["url"]
    return client.get(url.removeprefix(url_below))


def voices(client):
    return client.list_voices()["voicePrompts"]


def add(client, how, **fields):
    return client.add_voice(sample(**how), **fields)["response"]["voice_prompt_id"]


def add_text(client, text, **fields):
    return client.add_voice(text, **fields)


def plain(client, voice):
    """Make calls that have no method of their own."""
    changed = client.put("/voice", json={"id": voice, "name": "Changed"})
    deleted = client.delete(f"/voice/{voice}")
    return [changed["prompt"]["name"], deleted["success"], client.get("/voice", params={"limit": 5})]


def calls(client, count):
    return [client.list_voices() for _ in range(count)]


def upload_peak(client, path):
    """Upload a file, and return the most memory that was held for it, in bytes."""
    client.list_voices()
    tracemalloc.start()
    client.add_voice(Path(path), "Large", "female", "en-US")
    return tracemalloc.get_traced_memory()[1]


def signatures(client):
    """Return the public methods with their parameters, as names and defaults."""
    found = {}
    for name in ("__init__", *(name for name in dir(type(client)) if not name.startswith("_"))):
        method = inspect.getattr_static(type(client), name)
        if inspect.isfunction(method):
            parameters = list(inspect.signature(method).parameters.values())[1:]
            named = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
            found[name] = [
                [each.name, "REQUIRED" if each.default is each.empty else each.default] for each in named
            ]
    return found


def endpoints(client):
    return [client.base_url, client.base_websocket_url, client.base_websocket_streaming_url]


async def generations(client, requests):
    """Speak several texts at once on one connection, and return the pieces of each."""
    async with client.async_connect() as connection:
        return await asyncio.gather(*(pieces(connection.async_tts(**options)) for options in requests))


async def joined(client, library, **options):
    """Return one WAV of all pieces: by the library's means where it has some."""
    async with client.async_connect() as connection:
        chunks = await pieces(connection.async_tts(**options))
    return getattr(import_module(library), "join_wav", b"".join)(chunks)


async def broken_off(client, count, **options):
    """Break off generations after their first piece, and return the memory that is still held, in bytes."""
    async with client.async_connect() as connection:
        await pieces(connection.async_tts(**options))
        gc.collect()
        tracemalloc.start()
        for _ in range(count):
            spoken = connection.async_tts(**options)
            await anext(spoken)
            await spoken.aclose()
        await pieces(connection.async_tts(**{**options, "text": "Yes."}))
        await asyncio.sleep(1)  # what was broken off still comes
        gc.collect()
        return tracemalloc.get_traced_memory()[0]


async def gender(client, how, connected, **options):
    """Say whose voice it is, on a connection of its own or in one that is open."""
    audio = sample(**how)
    if not connected:
        return await client.gender_classify(audio, **options)
    async with client.async_connect() as connection:
        return await connection.gender_classify(audio, **options)


async def genders(client, first, second, first_timeout):
    """Ask twice, the first time without patience; return both answers, None for one that came too late."""
    async with client.async_connect() as connection:
        answers = []
        for path, timeout in ((first, first_timeout), (second, 10.0)):
            try:
                answer = await connection.gender_classify(Path(path), timeout=timeout)
                answers.append(answer["predicted_gender"])
            except Exception:  # noqa: BLE001 - the clients have errors of their own for it
                answers.append(None)
        return answers


async def turn(client, texts, settings):
    """Stream texts in, and return what came as it came, to the end of the turn."""
    async with client.async_stream_connect(**settings) as stream:
        for text in texts:
            await stream.async_stream_text(text)
        await stream.async_stream_end()
        heard = []
        while not (heard and heard[-1].get("isFinal")):
            heard.append(await stream.async_stream_recv())
        return heard


async def turn_audio(client, texts, settings):
    """Stream a sentence in, and return its audio: what comes before the first message that has none."""
    async with client.async_stream_connect(**settings) as stream:
        for text in texts:
            await stream.async_stream_text(text)
        await stream.async_flush()
        heard = []
        while (audio := await stream.async_stream_recv_audio()) is not None:
            heard.append(audio)
        return heard


async def turn_iterated(client, texts, settings):
    """Stream texts in, and take the audio from ``async_stream`` in whichever way it can be taken."""
    async with client.async_stream_connect(**settings) as stream:
        for text in texts:
            await stream.async_stream_text(text)
        await stream.async_stream_end()
        audio = stream.async_stream()
        if hasattr(audio, "__aiter__"):
            return await pieces(audio)
        async with audio as piece:
            return [piece]


async def ping(client, settings):
    async with client.async_stream_connect(**settings) as stream:
        return await stream.async_stream_ping()


async def ping_while_speaking(client, text, settings):
    """Ping while audio comes, and return the answer and all audio of the turn."""
    async with client.async_stream_connect(**settings) as stream:
        await stream.async_stream_text(text)
        await stream.async_stream_end()
        message = await stream.async_stream_recv()
        heard = [message["data"]]
        await asyncio.sleep(0.5)  # more has come by now
        pong = await stream.async_stream_ping()
        while not message.get("isFinal"):
            message = await stream.async_stream_recv()
            heard += [message["data"]] if message.get("data") else []
        return [pong, len(heard)]


async def cancelled(client, text, settings):
    """Cancel a turn after its first message, and return what ended it."""
    async with client.async_stream_connect(**settings) as stream:
        await stream.async_stream_text(text)
        await stream.async_stream_recv()
        await stream.async_stream_cancel()
        while True:
            message = await stream.async_stream_recv()
            if message.get("isCancelled"):
                return message


async def session_error(client, settings):
    """Give a session settings that it turns down, and return what comes of it."""
    async with client.async_stream_connect(**settings) as stream:
        return await stream.async_stream_recv()


async def pieces(audio):
    return [piece async for piece in audio]


def sample(path, form):
    """Return a file in one of the forms that the SDK takes."""
    if form == "path":
        return Path(path)
    content = Path(path).read_bytes()
    return content if form == "bytes" else base64.b64encode(content).decode()


def attempt(scenario, library, arguments, patience):
    """Run a scenario in a thread of its own, and return what came of it."""
    outcome = {}

    def run():
        try:
            client_class = import_module(library).DeepdubClient
            client = client_class(**arguments.pop("client", {}))
            if "library" in inspect.signature(scenario).parameters:
                arguments["library"] = library
            result = scenario(client, **arguments)
            outcome["result"] = asyncio.run(result) if inspect.isawaitable(result) else result
        except BaseException as error:  # noqa: BLE001 - it is what the scenario is for
            names = [kind.__name__ for kind in type(error).__mro__]
            outcome["error"] = {"types": names, "message": str(error)}

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience)
    return dict(outcome) or {"waiting": True}


def main():
    who, name, arguments, patience = sys.argv[1:]
    outcome = attempt(globals()[name], LIBRARIES[who], json.loads(arguments), float(patience))
    json.dump(outcome, sys.stdout, default=lambda data: {"base64": base64.b64encode(data).decode()})
    sys.stdout.flush()
    os._exit(0)  # whatever still waits


if __name__ == "__main__":
    main()
