"""Making a voice: written down first, sent once, and never sent again blindly."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from io import BufferedReader
from typing import BinaryIO
from uuid import uuid4

from ddvoices.apply.look import Look
from ddvoices.apply.lost import Fate, Search, Settled, settle_intents
from ddvoices.apply.open_creates import open_at
from ddvoices.apply.options import ApplyOptions
from ddvoices.apply.remember import created_voice
from ddvoices.client import DeepdubClient, SampleChangedError
from ddvoices.errors import OutcomeUnknownError, ServiceError
from ddvoices.identity import make_marker
from ddvoices.lockfile import Intent, Journal, close_record, intent_record, voice_record
from ddvoices.model import LockedVoice, ObservedVoice, Sample, VoiceSpec
from ddvoices.plan import Unanswered, sent_document

_SENDS = 3


class NeverMadeError(ServiceError):
    """The service fails whenever a voice is sent, and makes none of it."""


class Creator:
    """Makes the voices of one region.

    ``seen`` is the listing that the plan was made from; ``made`` collects the ids of this run. Threads may
    share it, as long as no two of them make voices that are named alike.
    """

    def __init__(
        self,
        client: DeepdubClient,
        journal: Journal,
        options: ApplyOptions,
        *,
        region: str,
        account: str,
        owner: str,
        seen: tuple[ObservedVoice, ...],
    ) -> None:
        self._client = client
        self._journal = journal
        self._options = options
        self._where = region, account
        self._owner = owner
        self._voices = seen
        left_open = open_at(journal.open_intents(), {region: client.base_url})
        self._left_open = Unanswered(left_open)
        self._of_others = frozenset(intent.made for intent in left_open if intent.made is not None)
        self._intents: dict[str, Intent] = {}
        self.made: dict[str, LockedVoice] = {}

    def create(self, spec: VoiceSpec, sample: Sample, *, former: str | None = None) -> LockedVoice:
        """Make a voice and return what the lock must know of it; ``former`` is the id that its key means.

        Raises:
            SampleChangedError: the file isn't what was planned; nothing was made.
            OutcomeUnknownError: it may or may not have been made; its intent stays open.
            ServiceError: nothing was made.
        """
        earlier = self._left_open.about(spec)
        if earlier and not self._options.resend:
            raise OutcomeUnknownError("unknown_outcome: an earlier create was never answered: pin its voice")
        with open_unchanged(sample) as file:
            intent = self._intent(spec, former)
            self._journal.append(intent_record(intent))
            for sent in earlier:
                self._journal.append(close_record(sent.id))
            try:
                locked = self._send_until_settled(spec, sample, file, intent)
            except OutcomeUnknownError:
                raise
            except (ServiceError, OSError):
                self._journal.append(close_record(intent.id))
                raise
        self.made[locked.id] = locked
        self._journal.append(voice_record(*self._where, spec.key, locked, intent=intent.id))
        self._intents[spec.key] = replace(intent, made=locked.id)
        return locked

    def reopen(self, key: str) -> None:
        """Write down that the service named a voice and never showed it: the next run looks for it again."""
        self._journal.append(intent_record(self._intents[key]))

    def _send_until_settled(
        self, spec: VoiceSpec, sample: Sample, file: BinaryIO, intent: Intent
    ) -> LockedVoice:
        """Send a create; after a lost answer look for the voice before sending it again."""
        for _ in range(_SENDS):
            try:
                return created_voice(spec, self._send(spec, sample, file, intent))
            except OutcomeUnknownError as error:
                settled = self._look_for(intent)
                if settled.voice is not None:
                    return created_voice(spec, settled.voice.id, found=settled.fate is Fate.FOUND)
                if settled.fate is Fate.UNKNOWN:
                    raise OutcomeUnknownError(
                        f"unknown_outcome: {error}; the next run looks for it"
                    ) from error
                last = error
        raise NeverMadeError(f"sent {_SENDS} times and never made: {last}") from last

    def _look_for(self, intent: Intent) -> Settled:
        """Return what became of a create whose answer was lost."""
        taken = self._of_others.union(tuple(self.made))
        searches = [Search(intent=intent)]
        found = settle_intents(self._client, searches, self._options, owner=self._owner, taken=taken)
        return found[intent.id]

    def _send(self, spec: VoiceSpec, sample: Sample, file: BinaryIO, intent: Intent) -> str:
        file.seek(0)
        return self._client.create_voice(
            file,
            size=sample.size,
            sha256=sample.sha256,
            filename=sample.path.rpartition("/")[2],
            name=spec.name,
            title=spec.title or spec.name,
            text=spec.text,
            locale=spec.locale,
            gender=str(spec.gender),
            age=spec.age,
            speaking_style=spec.speaking_style,
            publish=spec.publish,
            speaker_id=intent.marker,
        )

    @cached_property
    def _before(self) -> Look:
        """What was there."""
        return Look(self._voices, self._owner)

    def _intent(self, spec: VoiceSpec, former: str | None) -> Intent:
        marker = make_marker(spec, owner=self._owner)
        there = [voice.id for voice in (*self._before.marked(marker), *self._before.alike(spec))]
        known = dict.fromkeys([*there, *filter(None, (former, spec.ids.get(self._where[0])))])
        return Intent(
            id=str(uuid4()),
            region=self._where[0],
            account=self._where[1],
            endpoint=self._client.base_url,
            key=spec.key,
            marker=str(marker),
            fingerprint=marker.content,
            publish=spec.publish,
            sent=sent_document(spec),
            before=tuple(known),
        )


@contextmanager
def open_unchanged(sample: Sample) -> Iterator[BinaryIO]:
    """Open a sample once, and make sure that it still is what was planned.

    Raises:
        SampleChangedError: it isn't, or it can't be read any more.
    """
    with ExitStack() as opened:
        try:
            file = opened.enter_context(open(sample.file, "rb", opener=_opener))
            same = _is_unchanged(file, sample)
        except OSError as error:
            raise SampleChangedError(f"{sample.path}: can't be read any more: {error.strerror}") from error
        if not same:
            raise SampleChangedError(f"{sample.path}: changed since it was planned: plan again")
        yield file


def _opener(path: str, flags: int) -> int:
    """Open what lies there now: not what a link points to, and without waiting for a pipe's other end."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _is_unchanged(file: BufferedReader, sample: Sample) -> bool:
    """Tell whether a file is the one that was planned; its size first, so that no endless one is read."""
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode) or found.st_size != sample.size:
        return False
    return hashlib.file_digest(file, "sha256").hexdigest() == sample.sha256
