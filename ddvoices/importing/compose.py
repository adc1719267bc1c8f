"""Entries that are tried before they are written: the next plan only adopts each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ddvoices.catalog.findings import quoted
from ddvoices.identity import Evidence, key_hash
from ddvoices.importing.drafts import Draft, advice, make_drafts
from ddvoices.importing.entries import Entry, Keys, make_entries
from ddvoices.importing.survey import Candidate, Obstacle
from ddvoices.model import Adopt, Catalog, Change, Lock, NoOp, ObservedRegion
from ddvoices.plan import make_plan
from ddvoices.writing import Entries, check_only_added


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The entries, the whole text of their file, and the voices that no entry can say."""

    entries: tuple[Entry, ...]
    text: str
    unwritable: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the entries are for: the catalog as it is, and what the service holds."""

    catalog: Catalog
    observed: Mapping[str, ObservedRegion]
    lock: Lock
    everything: Sequence[Candidate]
    reserved: frozenset[str] = frozenset()


def compose(
    chosen: Sequence[Candidate],
    situation: Situation,
    *,
    text_with: Callable[[Entries], str],
    load: Callable[[str], Catalog],
) -> Composed:
    """Return entries for the ``chosen`` voices, proven by the catalog and the plan that they would make.

    ``text_with`` makes the text of the file, ``load`` reads the catalog with it. A voice that a plan would
    change, rather than adopt as it is, is left out.

    Raises:
        OutputError: the catalog would no longer mean what it means now.
        CatalogError: it would not be valid.
    """
    drafts, unwritable = make_drafts(chosen)
    while True:
        entries = make_entries(drafts, situation.everything, _keys(situation))
        if not entries:
            return Composed(entries=(), text="", unwritable=unwritable)
        text = text_with({entry.key: entry.fields for entry in entries})
        wrong = dict(_differing(entries, situation, load(text)))
        if not wrong:
            return Composed(entries=entries, text=text, unwritable=unwritable)
        drafts, more = _without(drafts, wrong)
        unwritable += more


def _keys(situation: Situation) -> Keys:
    """Return the keys that mean something already, here or in the account."""
    specs, locked = situation.catalog.voices, situation.lock.regions
    wanted = {key for spec in specs for key in (spec.key, *spec.moved_from)}
    known = {
        key for name in situation.observed for section in locked.get(name, {}).values() for key in section
    }
    hashes = {key_hash(name) for name in wanted}
    for region in situation.observed.values():
        evidence = Evidence(
            region.voices, {}, owner=situation.catalog.owner, former_owners=situation.catalog.former_owners
        )
        hashes.update(evidence.by_key)
    names = wanted | known | situation.lock.protected | situation.reserved
    return Keys(names, hashes, left=frozenset(known - wanted - situation.reserved))


def _differing(
    entries: Iterable[Entry], situation: Situation, catalog: Catalog
) -> Iterator[tuple[Candidate, str]]:
    """Yield the voices that ``catalog`` would not simply adopt, with what is in the way."""
    new = {entry.key: entry for entry in entries}
    pinning = {(one.region, entry.key): one for entry in new.values() for one in entry.voices}
    check_only_added(new, situation.catalog, catalog)
    plan = make_plan(catalog, situation.observed, situation.lock)
    for region in plan.regions:
        changes: dict[str, list[Change]] = defaultdict(list)
        for change in region.changes:
            changes[change.key or ""].append(change)
        problems = {problem.key: problem.message for problem in region.errors}
        for (name, key), one in pinning.items():
            if name == region.region and (why := _in_the_way(one, changes[key], problems.get(key))):
                yield one, why


def _in_the_way(one: Candidate, changes: Sequence[Change], problem: str | None) -> str | None:
    """Say what a plan would do with a voice other than adopting it; None if nothing."""
    if [change.id for change in changes] == [one.voice.id] and isinstance(changes[0], Adopt | NoOp):
        return None  # one that comes back under its key is in the lock already
    differing = [field for change in changes for field in change.fields]
    if not differing:
        return ": ".join(filter(None, ("can't be adopted", problem)))
    field, after = differing[0], str(differing[0].after)
    what = f"has the {field.path} {quoted(str(field.before))}, and the catalog would say {quoted(after)}"
    # its title may well be its name; a default isn't known to be its locale
    return f"{what}: {advice(one, field.path, after if field.path == 'name' else None)}"


def _without(
    drafts: Iterable[Draft], wrong: Mapping[Candidate, str]
) -> tuple[tuple[Draft, ...], tuple[Candidate, ...]]:
    """Return the drafts that are left, and the voices of the others with their obstacle."""
    left = tuple(draft for draft in drafts if draft.candidate not in wrong)
    return left, tuple(one.against(Obstacle.UNWRITABLE, why) for one, why in wrong.items())
