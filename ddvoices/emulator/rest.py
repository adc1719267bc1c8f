"""The routes under ``/api/v1``: which call is answered by what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ddvoices.emulator import classify, retro, tts, voices
from ddvoices.emulator.backend import Backend
from ddvoices.emulator.exchange import Answer, Call, Refusal, refuse
from ddvoices.emulator.speech import SpeechError

API_ROOT = "/api/v1"


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path under the root, and what answers; ``{id}`` in the path becomes an argument."""

    method: str
    path: str
    handler: Callable[..., Answer]

    def match(self, path: str) -> re.Match[str] | None:
        """Match a path as a whole."""
        return re.fullmatch(self.path.replace("{id}", "([^/]+)"), path)


ROUTES = (
    Route("GET", "/voice", voices.list_voices),
    Route("POST", "/voice", voices.create_voice),
    Route("PUT", "/voice", voices.update_voice),
    Route("GET", "/voice/{id}", voices.show_voice),
    Route("DELETE", "/voice/{id}", voices.delete_voice),
    Route("POST", "/tts", tts.generate),
    Route("POST", retro.PATH, retro.order),
    Route("GET", f"{retro.PATH}/{{id}}", retro.fetch),
    Route("POST", f"{classify.ROOT}/classify", classify.classify),
    Route("POST", f"{classify.ROOT}/classify/upload", classify.classify_upload),
)


def answer(call: Call, backend: Backend) -> Answer:
    """Carry a call out and return the answer; what the service turns down is an answer, too."""
    matches = [(route, found) for route in ROUTES if (found := route.match(call.path))]
    if not matches:
        return refuse(404, f"Not found: {call.path}")
    for route, found in matches:
        if route.method == call.method:
            return _handled(route, call, backend, found.groups())
    allowed = ", ".join(sorted(route.method for route, _ in matches))
    return refuse(405, f"Method {call.method} is not allowed for {call.path}", {"allow": allowed})


def _handled(route: Route, call: Call, backend: Backend, arguments: tuple[str, ...]) -> Answer:
    try:
        return route.handler(call, backend, *arguments)
    except Refusal as refusal:
        return refusal.answer()
    except SpeechError:
        return refuse(500, "Internal server error: this text can't be spoken")
