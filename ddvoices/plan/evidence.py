"""By what a voice that is adopted was recognised, in words for the reviewer."""

from __future__ import annotations

from collections.abc import Iterator

from ddvoices.identity import VoiceFacts, key_hash, plain, written_gender
from ddvoices.model import ObservedVoice, Reason, VoiceSpec


def evidence(spec: VoiceSpec, facts: VoiceFacts, reason: Reason) -> str:
    """Return by what ``spec`` was found to mean a voice, and whose the voice was until now."""
    others = sorted(facts.locked.keys() - {spec.key})
    until_now = f"until now the voice of {', '.join(others)}" if others else None
    return "; ".join(filter(None, (f"known by {_known_by(spec, facts, reason)}", until_now)))


def _known_by(spec: VoiceSpec, facts: VoiceFacts, reason: Reason) -> str:
    witness = "its marker" if facts.marker is not None else "the lock"
    match reason:
        case Reason.PINNED:
            return f"its id, under ids: {', '.join(_seen(facts.voice).values()) or 'it has no name'}"
        case Reason.NATURAL_KEY:
            seen = _matched(spec, facts.voice)
            return f"its {_listed([*seen])}: {', '.join(seen.values())}"
        case Reason.RENAMED | Reason.ROLLED_BACK:
            return f"its content: {witness} says that it was made of exactly this"
        case Reason.MOVED:
            return f"{witness}, which names the former key {_former_key(spec, facts)}"
        case Reason.FORMER_OWNER:
            return "its marker, which is a former owner's"
        case _:
            return f"{witness}, which names {spec.key}"


def _seen(voice: ObservedVoice) -> dict[str, str]:
    """Return what the service says of what recognises a voice, the gender in the catalog's words."""
    said = {
        "name": voice.name or voice.title,
        "locale": voice.locale,
        "gender": voice.gender and written_gender(voice.gender),
        "style": voice.speaking_style,
    }
    return {what: value for what, value in said.items() if value}


def _matched(spec: VoiceSpec, voice: ObservedVoice) -> dict[str, str]:
    """Return the fields by which a voice was recognised without any other evidence."""
    named = {"name": voice.name or "", "title": voice.title or ""}
    alike = {what: name for what, name in named.items() if plain(name) == plain(spec.name)}
    rest = {what: value for what, value in _seen(voice).items() if what != "name"}
    return dict(list(alike.items())[:1]) | rest


def _listed(words: list[str]) -> str:
    """Return words as people list them: ``name, locale and gender``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _former_key(spec: VoiceSpec, facts: VoiceFacts) -> str:
    return next(_former_keys(spec, facts), "of this voice")


def _former_keys(spec: VoiceSpec, facts: VoiceFacts) -> Iterator[str]:
    for key in spec.moved_from:
        if key in facts.locked or (facts.marker is not None and facts.marker.key == key_hash(key)):
            yield key
