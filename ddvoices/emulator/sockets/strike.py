"""What a fault looks like on a socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any, assert_never

from ddvoices.emulator.faults import Kind, Rule
from ddvoices.emulator.settings import Frames
from ddvoices.emulator.sockets.channel import BROKEN, Channel
from ddvoices.emulator.spoil import HTML, phrase


def message_of(rule: Rule) -> str:
    """Return what the error of a fault says."""
    return phrase(rule.status or 500)


async def strike(channel: Channel, rule: Rule, error: dict[str, Any], frames: Frames) -> None:
    """Do what the fault wants in place of an answer; ``error`` is how this socket tells of errors.

    A hang never returns.
    """
    match rule.kind:
        case Kind.RESET:
            await channel.reset()
        case Kind.HANG:
            await asyncio.get_running_loop().create_future()
        case Kind.CLOSE:
            await channel.close(BROKEN)
        case Kind.STATUS:
            await channel.say(error, frames)
        case Kind.HTML:
            await channel.send(HTML.decode(), frames)
        case Kind.CUT:
            text = json.dumps(error)
            await channel.send(text[: len(text) // 2], frames)
        case Kind.EMPTY:
            await channel.send("", frames)
        case Kind.HEAD:
            raise AssertionError("this rule matches no message")  # see Rule.matches
        case _:
            assert_never(rule.kind)
