"""What an interrupted run has left open, settled before anything is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ddvoices.apply.lost import Fate, Settled, settle_intent
from ddvoices.apply.open_creates import made_voice, open_at, open_create, pinned_since
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.lockfile import Intent, Journal, close_record, voice_record
from ddvoices.model import Catalog, Origin
from ddvoices.plan import concerns

_NO_OPTIONS = ApplyOptions()


def settle_open_intents(
    clients: Mapping[str, DeepdubClient],
    sections: Mapping[str, str],
    journal: Journal,
    options: ApplyOptions = _NO_OPTIONS,
    *,
    desired: Catalog,
) -> None:
    """Settle what an interrupted run has left open; ``sections`` are the regions' accounts in the lock.

    A voice that was made goes into the journal, and so does one that the key is pinned to since: a person has
    decided. An intent of which nothing came is closed, if it was sent to this very account. One that can't be
    decided stays open.
    """
    taken: dict[str, set[str]] = {region: set() for region in clients}
    endpoints = {region: client.base_url for region, client in clients.items()}
    for intent in open_at(journal.open_intents(), endpoints):
        others = taken[intent.region]
        settled = _settle(clients[intent.region], intent, options, desired, others)
        if settled.voice is not None:
            others.add(settled.voice.id)
            origin = Origin.FOUND if settled.fate is Fate.FOUND else Origin.CREATED
            locked = made_voice(intent, settled.voice.id, origin=origin)
            where = intent.region, intent.account, intent.key
            journal.append(voice_record(*where, locked, intent=intent.id))
        elif settled.fate is Fate.NOT_MADE and sections.get(intent.region) == intent.account:
            journal.append(close_record(intent.id))


def _settle(
    client: DeepdubClient, intent: Intent, options: ApplyOptions, desired: Catalog, taken: set[str]
) -> Settled:
    """Return the fate of an intent; one that no voice of the catalog waits for is looked for once."""
    pin = pinned_since(intent, desired)
    if pin is not None:
        try:
            voice = client.observe_voice(pin)
        except ServiceError:
            voice = None
        if voice is not None:
            return Settled(fate=Fate.FOUND, voice=voice)
    wanted = any(concerns(open_create(intent), spec) for spec in desired.wanted_in(intent.region))
    patience = options if wanted else replace(options, settle=0.0)
    return settle_intent(client, intent, patience, owner=desired.owner, taken=taken)
