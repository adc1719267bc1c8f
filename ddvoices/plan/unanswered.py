"""Creates that were sent and never answered, and the voices that they may have made. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from ddvoices.identity import fingerprint
from ddvoices.model import VoiceSpec


class Sent(Protocol):
    """What a create was sent for, and with which content."""

    @property
    def key(self) -> str:
        """Return the key of the voice."""
        ...

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the voice."""
        ...


SentT = TypeVar("SentT", bound=Sent)


class Unanswered(Generic[SentT]):
    """Creates that were never answered, by what they may have made."""

    def __init__(self, creates: Iterable[SentT]) -> None:
        self._creates = tuple(creates)
        self._numbers: dict[tuple[str, str | None], list[int]] = defaultdict(list)
        for number, sent in enumerate(self._creates):
            self._numbers["key", sent.key].append(number)
            self._numbers["content", sent.fingerprint].append(number)

    def about(self, spec: VoiceSpec) -> list[SentT]:
        """Return those that may have made what ``spec`` wants.

        They were sent for this key, or for a former one, or they had the content that is wanted now.
        """
        if not self._creates:
            return []
        asked = [*(("key", key) for key in (spec.key, *spec.moved_from)), ("content", fingerprint(spec))]
        found = {number for name in asked for number in self._numbers.get(name, ())}
        return [self._creates[number] for number in sorted(found)]


def left_over(creates: Iterable[SentT], specs: Iterable[VoiceSpec]) -> list[SentT]:
    """Return the creates that have made nothing that any of ``specs`` wants."""
    creates = tuple(creates)
    if not creates:
        return []
    specs = tuple(specs)
    keys = {key for spec in specs for key in (spec.key, *spec.moved_from)}
    contents = {fingerprint(spec) for spec in specs}
    return [sent for sent in creates if sent.key not in keys and sent.fingerprint not in contents]
