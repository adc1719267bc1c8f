"""The key is in nothing that a command says or writes where a service tells it as a name, an id or a URL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from client.scripted import Received, Scripted, Step, answer
from leaks.place import Place
from leaks.spellings import WAYS

LINES = {
    "list": "voices list",
    "list in JSON": "voices list --format json",
    "show": "voices show some-id",
    "plan": "plan -o plan.json",
    "status": "status --format json",
    "import": "import --all",
    "apply": "apply --yes --settle 0.1",
    "a place": "tts-retro --voice-prompt-id some-id Call",
    "a place to fetch": "tts-retro --voice-prompt-id some-id --wait -o a.mp3 Call",
}


def told(text: str) -> dict[str, Any]:
    """Return a voice all of whose texts are the same."""
    names = ("id", "name", "title", "speakerId", "locale", "gender", "createdAt", text)
    return {**dict.fromkeys(names, text), "speakingStyle": text}


def telling(text: str) -> Step:
    def step(connection: Any, request: Received) -> bool:
        path = request.target.split("?")[0]
        if request.method == "GET" and path.endswith("/voice"):
            return answer({"voicePrompts": [told(text)]})(connection, request)
        if "retroactive" in path:
            return answer({"url": f"http://other.example/{text}"})(connection, request)
        if request.method == "GET":
            return answer({"prompt": told(text)})(connection, request)
        return answer({"success": True, "response": {"voice_prompt_id": text}})(connection, request)

    return step


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_key_that_is_told_as_data_is_not_repeated(place: Place, line: str) -> None:
    text = " ".join(spell(place.key) for spell in WAYS.values())
    for spelled in (place.key, json.dumps(text)):
        with Scripted(telling(spelled)) as service:
            done = place.run(*line.split(), env={"DEEPDUB_BASE_URL": service.base_url})
        assert "Traceback" not in done.stderr, done.stderr
        assert place.said_in(done) == [], f"{done.stdout}{done.stderr}"
    assert place.leaks() == {}


def test_a_short_key_of_an_emulator_may_stand_in_an_id(place: Place) -> None:
    told_id = "0a1b2cdd-1f3c-4e5f-8a9b-0c1d2e3f4a5b"
    with Scripted(telling(told_id)) as service:
        env = {"DEEPDUB_BASE_URL": service.base_url, "DEEPDUB_API_KEY": "dd-1"}
        done = place.run("voices", "list", "--format", "json", env=env)
    assert json.loads(done.stdout)["voicePrompts"][0]["id"] == told_id
