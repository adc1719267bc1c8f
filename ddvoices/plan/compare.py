"""One key against the voice that it means: which changes make it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ddvoices.identity import LISTED_FIELDS, Claim, Step, VoiceFacts, key_hash, plain, same_content
from ddvoices.model import (
    Adopt,
    Change,
    Create,
    FieldChange,
    FormerSample,
    Kept,
    LockedVoice,
    LockEntry,
    NoOp,
    ObservedVoice,
    Reason,
    Replace,
    Update,
    VoiceSpec,
)
from ddvoices.plan.describe import CONTENT, LISTED, describe, former_sample, sent_values
from ddvoices.plan.evidence import evidence

_STILL_PUBLIC = "the old voice stays public until it is deleted"
_UNKNOWN = "nothing remembers what was sent for the old voice: its sample, age or transcript differs"

# what the fingerprint covers, and itself
_BASELINE = frozenset({*CONTENT, "sample", "fingerprint"})
_BY_CONTENT = (Step.CONTENT, Step.CONTENT_ELSEWHERE)
_ADOPTED_BY = {
    Step.CONTENT: Reason.LOCKED,
    Step.CONTENT_ELSEWHERE: Reason.RENAMED,
    Step.MARKER: Reason.LOCKED,
    Step.LOCK: Reason.LOCKED,
    Step.PIN: Reason.PINNED,
    Step.MOVED_FROM: Reason.MOVED,
    Step.NATURAL_KEY: Reason.NATURAL_KEY,
}


def create(spec: VoiceSpec, *, gone: bool) -> Create:
    """Return the change that makes a voice where there is none, or no longer: it is ``gone``."""
    fields = tuple(FieldChange(path=path, before=None, after=value) for path, value in describe(spec).items())
    reason = Reason.GONE if gone else Reason.NOT_IN_REGION
    return Create(key=spec.key, reason=reason, spec=spec, fields=fields)


def compare(spec: VoiceSpec, claim: Claim, entry: LockEntry | None, *, region: str) -> tuple[Change, ...]:
    """Return what is to be done for a key that has a voice: replace, or adopt and update, or nothing."""
    side = _Side(spec=spec, facts=claim.facts, entry=entry, region=region)
    content = claim.facts.content(spec.key)
    if claim.step not in _BY_CONTENT and same_content(spec, content) is False:
        return (_replace(side, content),)
    changes: list[Change] = []
    reason = _adopt_reason(side, claim.step, content)
    if reason is not None:
        fields = _baseline(side) if content is None else ()
        changes.append(
            Adopt(
                key=spec.key,
                reason=reason,
                spec=spec,
                voice=side.voice,
                fields=fields,
                note=evidence(spec, side.facts, reason),
            )
        )
    fields = _listed_changes(side)
    if fields:
        changes.append(
            Update(key=spec.key, reason=Reason.FIELDS_DIFFER, spec=spec, voice=side.voice, fields=fields)
        )
    return tuple(changes) or (NoOp(key=spec.key, reason=Reason.IN_SYNC, spec=spec, voice=side.voice),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """Both sides of a comparison, and what the lock says between them."""

    spec: VoiceSpec
    facts: VoiceFacts
    entry: LockEntry | None
    region: str

    @property
    def pinned(self) -> bool:
        return self.spec.ids.get(self.region) == self.voice.id

    @property
    def voice(self) -> ObservedVoice:
        return self.facts.voice

    @property
    def locked(self) -> LockedVoice | None:
        """What the lock says of the voice, under this key first: it may have been another's."""
        found = self.facts.locked
        return found.get(self.spec.key) or next((found[key] for key in sorted(found)), None)

    @property
    def choice(self) -> str | None:
        return self.entry.choice.id if self.entry and self.entry.choice else None

    @property
    def own_marker(self) -> bool:
        marker = self.facts.marker
        return marker is not None and not self.facts.former and marker.key == key_hash(self.spec.key)


def _baseline(side: _Side) -> tuple[FieldChange, ...]:
    """Return what a voice of unknown content will be taken to be from now on; nothing without a sample.

    The other side is what the listing says, if it does.
    """
    if side.spec.sample is None:
        return ()
    taken = {path: value for path, value in describe(side.spec).items() if path in _BASELINE}
    seen = {path: getattr(side.voice, path, None) or None for path in CONTENT}
    return tuple(FieldChange(path=path, before=seen.get(path), after=after) for path, after in taken.items())


def _adopt_reason(side: _Side, step: Step, content: str | None) -> Reason | None:
    """Return why the lock must learn that the key means this voice; None where that is known."""
    if side.own_marker:
        return None if side.choice in (None, side.voice.id) else Reason.ROLLED_BACK
    if side.choice == side.voice.id:
        return Reason.BASELINE if content is None and side.spec.sample is not None else None
    if side.facts.former:
        return Reason.FORMER_OWNER
    if step is Step.CONTENT and side.pinned:
        return Reason.PINNED
    if step is Step.CONTENT and side.choice is not None:
        return Reason.ROLLED_BACK
    return _ADOPTED_BY[step]


def listed_differences(spec: VoiceSpec, voice: ObservedVoice) -> tuple[FieldChange, ...]:
    """Return what differs of the fields that the listing shows and a `PUT` can set.

    A locale that nobody wrote is not compared, nor is a field that the listing doesn't hold.
    """
    listed = (
        ("name", voice.name, plain(spec.name)),
        ("locale", voice.locale if spec.locale_set else None, spec.locale),
        ("gender", voice.gender, spec.gender.value),
    )
    return tuple(
        FieldChange(path=path, before=seen, after=wanted)
        for path, seen, wanted in listed
        if seen is not None and _differs(path, seen, wanted)
    )


def _listed_changes(side: _Side) -> tuple[FieldChange, ...]:
    """Return the listed differences that the service wasn't asked for in vain already."""
    differences = listed_differences(side.spec, side.voice)
    return tuple(change for change in differences if not _known_refusal(side, change.path))


def _unlisted(side: _Side) -> tuple[FieldChange, ...]:
    """Return what a new voice gets and the listing doesn't hold of the old one: it is reviewed, too."""
    wanted = describe(side.spec)
    return tuple(
        FieldChange(path=path, before=None, after=wanted[path])
        for path in LISTED
        if getattr(side.voice, path) is None
    )


def _differs(path: str, before: str, after: str) -> bool:
    """Compare in the one normal form."""
    return before != after and LISTED_FIELDS[path](before) != LISTED_FIELDS[path](after)


def _known_refusal(side: _Side, path: str) -> bool:
    """Tell whether the service was already asked for just this and keeps reporting just that."""
    locked, seen = side.locked, getattr(side.voice, path)
    if locked is None or path not in locked.reported or path not in locked.sent:
        return False
    reported = locked.reported[path]
    wanted_again = not _differs(path, str(locked.sent[path]), describe(side.spec)[path])
    return wanted_again and reported is not None and not _differs(path, reported, seen)


def _replace(side: _Side, content: str | None) -> Replace:
    """Return the change that makes a new voice beside one of other content."""
    spec, before = side.spec, _known_before(side)
    after = describe(spec)
    fields = [
        FieldChange(path=path, before=before.get(path), after=after.get(path))
        for path in (*CONTENT, "sample", "sample.seconds")
        if path in before and before[path] != after.get(path)
    ]
    if side.locked is not None and _same_sound(side.locked, spec):
        fields = [change for change in fields if not change.path.startswith("sample")]
    withdrawn = before.get("publish") is True and not spec.publish
    unpin = f"afterwards remove ids.{side.region}" if side.pinned else None
    first = _STILL_PUBLIC if withdrawn else _UNKNOWN if not fields else None
    fields.append(FieldChange(path="fingerprint", before=content, after=after["fingerprint"]))
    return Replace(
        key=spec.key,
        reason=Reason.PUBLISH_WITHDRAWN if withdrawn else Reason.CONTENT_DIFFERS,
        spec=spec,
        voice=side.voice,
        fields=(*_listed_changes(side), *_unlisted(side), *fields),
        note="; ".join(filter(None, (first, unpin))) or None,
        protected=spec.protect,
        kept=None if side.facts.made_by_us else Kept.ADOPTED,
        former=_former(side) if any(change.path == "sample" for change in fields) else None,
    )


def _former(side: _Side) -> FormerSample | None:
    return former_sample(side.locked.sent) if side.locked is not None else None


def _known_before(side: _Side) -> Mapping[str, Any]:
    """Return what is known of the old voice's content: the lock's word, else the listing and the marker.

    A field that is missing here is one that nobody remembers.
    """
    if side.locked is not None and "sample" in side.locked.sent:
        unset: dict[str, Any] = dict.fromkeys(CONTENT)
        return {**unset, **sent_values(side.locked.sent)}
    known: dict[str, Any] = {}
    if side.voice.speaking_style:
        known["speaking_style"] = side.voice.speaking_style
    if side.facts.marker is not None:
        known["publish"] = side.facts.marker.publish
    return known


def _same_sound(locked: LockedVoice, spec: VoiceSpec) -> bool:
    """Tell whether the lock says that the same sound was sent, whatever the file's tags."""
    sample = locked.sent.get("sample")
    return (
        isinstance(sample, Mapping) and spec.sample is not None and sample.get("sound") == spec.sample.sound
    )
