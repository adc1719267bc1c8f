"""An account where something of every kind is to be done: made once, and copied as often as it is needed."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service import Emulator
from workspace import Workspace, write_tone

from ddvoices.auth import account_of

STRANGERS = {"stranger": "Stranger", "found": "Found"}  # made by somebody else; the catalog wants the second
STAY = ("kept", "public", "updated", "renamed", "guarded")  # ours, and never to be sent again
PENDING = {"create": 2, "update": 1, "replace": 1, "adopt": 2, "delete": 2}
_FIELDS = ("title", "name", "text", "locale", "gender", "age", "publish", "speaking_style", "speaker_id")


@dataclass(frozen=True, kw_only=True)
class World:
    """A catalog, and what the service holds: to be done are two creates, an update, a replace, two adopts
    (of a renamed key and of a stranger's voice) and, with ``--prune``, two deletes. To be left alone are a
    voice in sync, a published one, a stranger's, and an orphan that is protected.
    """

    root: Path
    voices: dict[str, dict[str, Any]]
    stored: list[dict[str, Any]]
    samples: dict[str, bytes]

    def copy(
        self, folder: Path, emulator: Emulator, *, regions: tuple[str, ...] = ("us",), **settings: Any
    ) -> Workspace:
        """Give new accounts the same voices, and a new catalog a lock that knows them."""
        shutil.copytree(self.root, folder / "voices")
        workspace = Workspace(folder, emulator, regions=regions)
        workspace.voices = copy.deepcopy(self.voices)
        lock = json.loads(workspace.lock.read_text())
        [known] = lock["regions"]["us"].values()
        lock["regions"] = {
            region: {account_of(key, emulator.base_url): _renamed(known, self._upload(emulator, key))}
            for region, key in workspace.keys.items()
        }
        workspace.lock.write_text(json.dumps(lock))
        for key in workspace.keys.values():
            emulator.settings(key, **settings)
            emulator.clear_requests(key)
        workspace.save()
        return workspace

    def _upload(self, emulator: Emulator, key: str) -> dict[str, str]:
        """Make the voices in another account and return old id → new id."""
        ids = {}
        for voice in self.stored:
            body = {name: voice[name] for name in _FIELDS if voice[name] is not None}
            data = base64.b64encode(self.samples[voice["sha256"]]).decode()
            status, answer = emulator.call(key, "POST", "/voice", {"filename": "s.wav", "data": data, **body})
            assert status == 200, answer
            ids[voice["id"]] = answer["response"]["voice_prompt_id"]
        return ids


def _renamed(known: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    text = json.dumps(known)
    for old, new in ids.items():
        text = text.replace(old, new)
    entries: dict[str, Any] = json.loads(text)
    return entries


def make_world(folder: Path, emulator: Emulator) -> World:
    """Make it the way that people do: by applying a catalog, and changing it."""
    workspace = Workspace(folder, emulator)
    for title in STRANGERS.values():
        _by_hand(workspace, title)
    for key in (*STAY, "replaced", "orphan"):
        workspace.voice(key)
    workspace.voice("public", publish=True), workspace.voice("guarded", protect=True)
    workspace.apply()
    samples = _samples(workspace.folder)
    workspace.new_sample("replaced", pitch=700)
    workspace.apply()
    samples |= _samples(workspace.folder)
    del workspace.voices["orphan"], workspace.voices["guarded"]
    workspace.voice("created"), workspace.voice("created-too"), workspace.voice("found")
    workspace.voice("updated", name="Another")
    workspace.voices["renamed-too"] = workspace.voices.pop("renamed")
    workspace.new_sample("replaced", pitch=800)
    pending = Counter(action for action, *_ in workspace.changes("--prune"))
    assert pending == PENDING
    return World(root=workspace.root, voices=workspace.voices, stored=workspace.there(), samples=samples)


def _by_hand(workspace: Workspace, title: str) -> None:
    sample = write_tone(workspace.folder / f"{title}.wav", pitch=100.0 + len(title))
    body = {"title": title, "locale": "en-US", "gender": "FEMALE", "speaking_style": "Neutral"}
    data = base64.b64encode(sample.read_bytes()).decode()
    status, answer = workspace.emulator.call(
        workspace.key, "POST", "/voice", {"filename": "s.wav", "data": data, **body}
    )
    assert status == 200, answer


def _samples(folder: Path) -> dict[str, bytes]:
    contents = (path.read_bytes() for path in folder.rglob("*.wav"))
    return {hashlib.sha256(data).hexdigest(): data for data in contents}


Held = dict[str, dict[str, Any]]  # id → all that is stored about a voice


def untouchable(workspace: Workspace) -> dict[str, Held]:
    """Return, by region, the voices that must stay whatever happens: those of others, and most of ours."""
    names = {*STRANGERS.values(), *(key.title() for key in STAY)}
    return {
        region: {voice["id"]: voice for voice in workspace.there(region) if voice["name"] in names}
        for region in workspace.keys
    }


def is_unharmed(workspace: Workspace, region: str, before: Held) -> None:
    """Nothing is lost, nothing is there twice, and nothing was changed but one name."""
    there = {voice["id"]: voice for voice in workspace.there(region)}
    for voice_id, voice in before.items():
        names = (voice["name"], "Another") if voice["name"] == "Updated" else (voice["name"],)
        assert there[voice_id] in [{**voice, "name": name} for name in names]
    copies = Counter((voice["name"], voice["sha256"]) for voice in there.values())
    assert max(copies.values()) == 1, copies
    assert any(voice["name"] == "Replaced" for voice in there.values())


def is_done(workspace: Workspace, region: str, before: Held) -> None:
    """The service holds what the catalog wants, once, and what was never ours to delete."""
    is_unharmed(workspace, region, before)
    theirs = {voice["name"]: voice["sha256"] for voice in workspace.there(region)}["Found"]
    wanted = Counter(
        (voice["name"], hashlib.sha256((workspace.root / voice["sample"]).read_bytes()).hexdigest())
        for key, voice in workspace.voices.items()
        if key != "found"  # adopted as it is
    )
    left = {"Stranger", "Guarded"}
    there = [(v["name"], v["sha256"]) for v in workspace.there(region) if v["name"] not in left]
    assert Counter(there) == wanted + Counter([("Found", theirs)])


def finish(workspace: Workspace, before: Mapping[str, Held]) -> None:
    """Apply until nothing is left to do, and hold every region against the catalog."""
    for region in before:
        is_unharmed(workspace, region, before[region])
    for _ in range(3):  # what was replaced just now is superseded only in the second
        report = workspace.apply("--prune", "--settle", "1")
        assert report["converged"], report
        if not report["outcomes"]:
            break
    assert report["outcomes"] == [], "there is always something left to do"
    for region in before:
        is_done(workspace, region, before[region])
