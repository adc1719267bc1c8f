"""Which of the voices are taken in: all that may be, or those that a person names. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ddvoices.importing.survey import Candidate, Obstacle

_SHORTEST_PREFIX = 8
_NOWHERE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chosen voices; ``left_out`` says of others why they aren't, ``problems`` of named ones."""

    chosen: tuple[Candidate, ...] = ()
    left_out: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def choose_all(everything: Sequence[Candidate]) -> Choice:
    """Return every voice against which nothing stands; of others, those that a person may wonder about."""
    named = (str(one) for one in everything if one.obstacle in (Obstacle.LEFT, Obstacle.LOOKALIKE))
    foreign = [one.region for one in everything if one.obstacle is Obstacle.FOREIGN]
    counted = (
        f"{region}: {foreign.count(region)} with another catalog's marker" for region in sorted({*foreign})
    )
    free = tuple(one for one in everything if one.obstacle is None)
    return Choice(chosen=free, left_out=(*named, *counted))


def choose_named(
    everything: Sequence[Candidate],
    ids: Iterable[str],
    regions: Iterable[str],
    *,
    elsewhere: Mapping[str, str] = _NOWHERE,
) -> Choice:
    """Return the voices with these ids, wherever they are; ``elsewhere`` tells the region of others."""
    chosen: list[Candidate] = []
    problems: list[str] = []
    by_id: dict[str, list[Candidate]] = defaultdict(list)
    for one in everything:
        by_id[one.voice.id].append(one)
    for voice_id in dict.fromkeys(ids):
        found = by_id.get(voice_id, [])
        if not found:
            problems.append(_missing(everything, voice_id, regions, elsewhere.get(voice_id)))
        for one in found:
            if one.obstacle in (None, Obstacle.LEFT):
                chosen.append(one)
            else:
                problems.append(str(one))
    return Choice(chosen=tuple(chosen), problems=tuple(problems))


def _missing(
    everything: Sequence[Candidate], voice_id: str, regions: Iterable[str], elsewhere: str | None
) -> str:
    """Say that there is no such voice, and what may have been meant."""
    where = ", ".join(sorted(regions))
    if elsewhere is not None:
        return f"no voice {voice_id} in {where}: it is in {elsewhere}: choose -r {elsewhere}"
    long_enough = len(voice_id) >= _SHORTEST_PREFIX
    begun = {one.voice.id for one in everything if long_enough and one.voice.id.startswith(voice_id)}
    if len(begun) == 1:
        return f"no voice {voice_id} in {where}: ids are written whole: {begun.pop()}"
    return f"no voice {voice_id} in {where}: `ddvoices voices list` shows those of a region"
