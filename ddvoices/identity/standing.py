"""What each voice of a region is to the catalog, and which of them a prune may delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ddvoices.identity.facts import Evidence, VoiceFacts
from ddvoices.identity.meaning import Meaning
from ddvoices.identity.scheme import key_hash
from ddvoices.model import Kept, LockEntry, Standing, VoiceSpec

_NOT_LEFT_OVER = frozenset({Standing.MANAGED, Standing.UNMANAGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """Id → standing and, as far as anybody remembers, the key; and what a prune may do.

    Of those that are left over it may delete ``prunable``; ``kept`` are the others, with the reason.
    """

    of: Mapping[str, tuple[Standing, str | None]]
    prunable: frozenset[str]
    kept: Mapping[str, Kept]


def judge(
    specs: Sequence[VoiceSpec],
    evidence: Evidence,
    meaning: Meaning,
    *,
    elsewhere: Iterable[VoiceSpec] = (),
    protected: frozenset[str] = frozenset(),
) -> Standings:
    """Return what every observed voice is.

    ``elsewhere`` are voices that are wanted in other regions only, ``protected`` the keys of today's catalog
    and of former ones that are.
    """
    rules = _Judge(specs, evidence.entries, meaning, elsewhere, protected)
    of = {voice_id: rules.standing(facts) for voice_id, facts in evidence.by_id.items()}
    left_over = {
        i: rules.why_kept(evidence.by_id[i], *said) for i, said in of.items() if _is_left_over(*said)
    }
    return Standings(
        of=of,
        prunable=frozenset(i for i, why in left_over.items() if why is None),
        kept={i: why for i, why in left_over.items() if why is not None},
    )


def _is_left_over(standing: Standing, _key: str | None) -> bool:
    return standing not in _NOT_LEFT_OVER


class _Judge:
    """The names that hashes stand for, and the voices that keys mean."""

    def __init__(
        self,
        specs: Sequence[VoiceSpec],
        entries: Mapping[str, LockEntry],
        meaning: Meaning,
        elsewhere: Iterable[VoiceSpec],
        protected: frozenset[str],
    ) -> None:
        self._specs = {spec.key: spec for spec in specs}
        catalog = (spec.key for spec in (*elsewhere, *specs))
        self._protected_keys = protected
        self._meant = {claim.facts.voice.id: key for key, claim in meaning.claims.items()}
        self._claimed = {key: claim.facts for key, claim in meaning.claims.items()}
        self._heirs = {former: spec.key for spec in specs for former in spec.moved_from}
        self._names = _names_by_hash([*entries, *sorted(protected), *self._heirs, *catalog])

    def standing(self, facts: VoiceFacts) -> tuple[Standing, str | None]:
        """Return the standing of one voice and the key that it is or was of."""
        key = self._meant.get(facts.voice.id)
        if key is not None:
            return Standing.MANAGED, key
        if facts.marker is None and not facts.locked:
            return Standing.UNMANAGED, None
        former_key = self._key_of(facts)
        heir = self._heirs.get(former_key or "", former_key)
        if heir not in self._specs:
            return Standing.ORPHANED, former_key
        if facts.unreadable:
            return Standing.MANAGED, heir
        return (Standing.DUPLICATE if self._copies(facts, heir) else Standing.SUPERSEDED), heir

    def why_kept(self, facts: VoiceFacts, standing: Standing, key: str | None) -> Kept | None:
        """Return why a prune leaves a voice; None for one made by us, read by us, and not protected."""
        if facts.unreadable:
            return Kept.NEWER_SCHEME
        if not facts.made_by_us:
            return Kept.ADOPTED
        if facts.former and standing is Standing.ORPHANED:
            return Kept.FORMER_OWNER
        return Kept.PROTECTED if self._protected(facts, key) else None

    def _key_of(self, facts: VoiceFacts) -> str | None:
        """Return the name of the key that a voice was made or locked for, if anybody remembers it."""
        if facts.marker is not None:
            return self._names.get(facts.marker.key) or next(iter(sorted(facts.locked)), None)
        wanted = [key for key in sorted(facts.locked) if key in self._specs]
        return (wanted or sorted(facts.locked))[0]

    def _copies(self, facts: VoiceFacts, key: str | None) -> bool:
        """Tell whether a voice has the content of the one that the key means."""
        claimed = self._claimed.get(key or "")
        content = facts.content(key)
        return claimed is not None and content is not None and content == claimed.content(key)

    def _protected(self, facts: VoiceFacts, key: str | None) -> bool:
        """Tell whether a key that the voice is or was of is protected."""
        names = {*facts.locked, *([key] if key is not None else [])}
        if facts.marker is not None and facts.marker.key in self._names:
            names.add(self._names[facts.marker.key])
        return bool(names & self._protected_keys)


def _names_by_hash(keys: Iterable[str]) -> dict[int, str]:
    """Return hash → key; the last of a hash wins, so what is wanted now comes last."""
    each_once = reversed(dict.fromkeys(reversed(list(keys))))
    return {key_hash(key): key for key in each_once if _can_be_hashed(key)}


def _can_be_hashed(key: str) -> bool:
    """Tell whether a key is text; a lock may hold half of a surrogate pair, and no catalog."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
