"""A world and its steps as JSON: replayed, and made as short as still fails."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from machine.place import Place
from machine.world import World

Story = dict[str, Any]


def replay(story: Story, place: Place, folder: Path) -> None:
    """Take the steps of a story."""
    world = World(place, folder, story["settings"], threads=story.get("threads", False))
    for name, arguments in story["steps"]:
        world.do(name, arguments)


def shrink(story: Story, place: Place, folder: Path, error: Exception) -> Story:
    """Return the shortest story, found by leaving out, that goes wrong at the same place as ``error``."""
    wanted, shorter = _place_of(error), True
    while shorter:
        shorter = False
        for candidate in _shorter(story):
            if _goes_wrong_at(candidate, place, folder) == wanted:
                story, shorter = candidate, True
                break
    return story


def _goes_wrong_at(story: Story, place: Place, folder: Path) -> str | None:
    try:
        replay(story, place, folder)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is what is looked for
        return _place_of(error)
    return None


def _place_of(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} {frame.filename}:{frame.lineno}"


def _shorter(story: Story) -> Iterator[Story]:
    """Yield the story with something left out: many steps first, then one, then what a step says."""
    steps = story["steps"]
    size = len(steps) // 2
    while size:
        for start in reversed(range(0, len(steps), size)):
            yield {**story, "steps": steps[:start] + steps[start + size :]}
        size //= 2
    for where in _optional(story):
        candidate = deepcopy(story)
        holder = candidate
        for name in where[:-1]:
            holder = holder[name]
        del holder[where[-1]]
        yield candidate


def _optional(story: Story) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each part that may be missing."""
    for region, settings in story["settings"].items():
        yield from (("settings", region, name) for name in settings)
    for number, (name, arguments) in enumerate(story["steps"]):
        if name in ("apply", "apply_saved"):
            yield from (("steps", number, 1, word) for word in arguments)
        for word in ("faults", "changes"):
            if len(arguments.get(word, ())) > 1:
                yield from (("steps", number, 1, word, at) for at in range(len(arguments[word])))
