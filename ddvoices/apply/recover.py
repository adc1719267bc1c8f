"""What an interrupted run has left open, settled before anything is planned."""

from __future__ import annotations

from collections.abc import Mapping

from ddvoices.apply.lost import Fate, settle_intent
from ddvoices.apply.options import ApplyOptions
from ddvoices.client import DeepdubClient
from ddvoices.errors import ServiceError
from ddvoices.lockfile import Intent, Journal, close_record, voice_record
from ddvoices.model import Catalog, LockedVoice, Origin

_NO_OPTIONS = ApplyOptions()


def settle_open_intents(
    clients: Mapping[str, DeepdubClient],
    accounts: Mapping[str, str],
    journal: Journal,
    options: ApplyOptions = _NO_OPTIONS,
    *,
    desired: Catalog,
) -> frozenset[str]:
    """Settle what an interrupted run has left open; return the regions to observe again.

    A voice that was made goes into the journal. An intent of which nothing came is closed, and so is one
    whose key is pinned to a voice that is there: a person has decided. One that can't be decided stays open,
    and so do those of other regions and accounts.
    """
    pins = {(region, spec.key): pin for spec in desired.voices for region, pin in spec.ids.items()}
    again = set()
    taken: dict[str, set[str]] = {}
    for intent in journal.open_intents():
        if accounts.get(intent.region) != intent.account:
            continue
        client, others = clients[intent.region], taken.setdefault(intent.region, set())
        if _is_there(client, pins.get((intent.region, intent.key))):
            journal.append(close_record(intent.id))
            continue
        settled = settle_intent(client, intent, options, owner=desired.owner, taken=others)
        if settled.voice is not None:
            others.add(settled.voice.id)
            _record_found(journal, intent, settled.voice.id, fate=settled.fate)
            again.add(intent.region)
        elif settled.fate is Fate.NOT_MADE:
            journal.append(close_record(intent.id))
            again.add(intent.region)
    return frozenset(again)


def _is_there(client: DeepdubClient, voice_id: str | None) -> bool:
    """Tell whether a region surely has a voice."""
    try:
        return voice_id is not None and client.observe_voice(voice_id) is not None
    except ServiceError:
        return False


def _record_found(journal: Journal, intent: Intent, voice_id: str, *, fate: Fate) -> None:
    """Write down the voice that an earlier run has made: with what was sent then, not what is wanted now."""
    origin = Origin.FOUND if fate is Fate.FOUND else Origin.CREATED
    locked = LockedVoice(id=voice_id, origin=origin, fingerprint=intent.fingerprint, sent=intent.sent)
    journal.append(voice_record(intent.region, intent.account, intent.key, locked, intent=intent.id))
