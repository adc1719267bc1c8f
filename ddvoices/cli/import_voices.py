"""``ddvoices import``: entries of the catalog for voices that are in the account already."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ddvoices.cli import completing, options
from ddvoices.cli.session import Session
from ddvoices.errors import DdvoicesError, ExitCode, UsageError

if TYPE_CHECKING:
    from ddvoices.importing import Composed, Entry, Situation
    from ddvoices.model import Catalog, ObservedRegion
    from ddvoices.writing import Target

_NOT_WRITTEN = "nothing is written: without --dry-run this goes to"
_NEXT = "next: `ddvoices plan` shows each as adopted, `ddvoices apply` does it: nothing is uploaded"


@click.command("import")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@options.regions
@click.option("--all", "everything", is_flag=True, help="All voices that no catalog has made or adopted.")
@click.option(
    "--into",
    metavar="FILE",
    shell_complete=completing.voice_files,
    help="Append to this file of the catalog, or begin it; without it, a new imported.yaml is made.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.pass_obj
def import_voices(
    session: Session,
    *,
    ids: tuple[str, ...],
    regions: tuple[str, ...],
    everything: bool,
    into: str | None,
    dry_run: bool,
) -> int:
    """Take voices that are in the account already into the catalog.

    Each gets an entry that pins it by its id, and the next plan adopts it: nothing is uploaded or changed. A
    voice that is there in several regions, once in each, gets one entry. Files that are there are never
    rewritten: a new one is made, or text is appended. Samples can't be fetched back: give them later.

    \b
    Examples:
      ddvoices import --all
      ddvoices import --all -r us --dry-run
      ddvoices import 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11 --into narrators.yaml
    """
    from ddvoices.importing import choose_target

    if everything == bool(ids):
        both = ": not both" if everything else ""
        raise UsageError(f"name voices by their ids, or take all with --all{both}")
    catalog = session.load_catalog()
    target = choose_target(session.catalog_directory, into)
    situation = _ask(session, catalog, regions, ids)
    if not _all_known(session, situation.observed):
        return _code(situation.observed)
    elsewhere = _elsewhere(session, situation, ids)
    composed, warned = _compose(session, situation, target, ids, elsewhere)
    if composed is None:
        return ExitCode.ERROR
    if not composed.entries:
        session.say(f"nothing to import ({_counted(situation)})")
        return ExitCode.OK
    if dry_run:
        click.echo(composed.text.removeprefix(target.old or ""), nl=False)
    else:
        target.save(composed.text, catalog)
        _tell(session, target, composed)
    session.say(_summed_up(situation, composed, warned, everything=everything))
    session.say(f"{_NOT_WRITTEN} {target.shown}" if dry_run else _NEXT)
    return ExitCode.OK


def _ask(session: Session, catalog: Catalog, regions: tuple[str, ...], ids: tuple[str, ...]) -> Situation:
    """Return what the regions hold, the voices that only an id shows among it."""
    from ddvoices.cli.progress import asking
    from ddvoices.cli.regions import chosen_regions, open_regions
    from ddvoices.importing import Situation, asking_for, survey
    from ddvoices.lockfile import peek

    lock, intents = peek(catalog.root, owner=catalog.owner, former_owners=catalog.former_owners)
    wider = asking_for(catalog, ids, chosen_regions(catalog, regions))
    with open_regions(session, catalog, regions) as opened, asking(session, opened.clients):
        observed = opened.observe(wider, lock)
    return Situation(
        catalog=catalog,
        observed=observed,
        lock=lock,
        everything=survey(catalog, observed, lock),
        reserved=frozenset(intent.key for intent in intents),
    )


def _all_known(session: Session, observed: Mapping[str, ObservedRegion]) -> bool:
    """Tell whether each region could be asked; which couldn't, and why, is printed."""
    errors = [f"{name}: {region.error}" for name, region in observed.items() if region.error is not None]
    for error in errors:
        session.error(error)
    if errors and len(errors) < len(observed):
        session.say("nothing is written: choose regions that can be asked by -r")
    return not errors


def _code(observed: Mapping[str, ObservedRegion]) -> ExitCode:
    """Return what a run ends with that could not ask a region: the code of the first."""
    return next(region.error_code for region in observed.values() if region.error is not None)


def _elsewhere(session: Session, situation: Situation, ids: tuple[str, ...]) -> dict[str, str]:
    """Return the regions of those ids that were named, and are in a region that wasn't chosen."""
    there = {one.voice.id for one in situation.everything}
    missing = [voice_id for voice_id in ids if voice_id not in there]
    others = tuple(sorted(situation.catalog.regions.keys() - situation.observed.keys()))
    if not missing or not others:
        return {}
    try:
        found = _ask(session, situation.catalog, others, tuple(missing))
    except DdvoicesError:
        return {}  # it is only a hint
    return {one.voice.id: one.region for one in found.everything if one.voice.id in missing}


def _compose(
    session: Session,
    situation: Situation,
    target: Target,
    ids: tuple[str, ...],
    elsewhere: Mapping[str, str],
) -> tuple[Composed | None, int]:
    """Return the entries; None where a voice that was named can't have one.

    What is left out is printed; beside the entries is how many warnings there were.
    """
    from ddvoices.importing import choose_all, choose_named, compose

    everything, names = situation.everything, situation.observed
    choice = choose_named(everything, ids, names, elsewhere=elsewhere) if ids else choose_all(everything)
    composed = compose(choice.chosen, situation, text_with=target.text_with, load=target.load_with)
    unwritable = tuple(map(str, composed.unwritable))
    for problem in choice.problems + (unwritable if ids else ()):
        session.error(problem)
    warnings = [f"left out: {left_out}" for left_out in choice.left_out + (() if ids else unwritable)]
    for entry in composed.entries:
        warnings += [f"{unsaid}: {entry.key} says nothing of it" for unsaid in entry.unsaid]
    for warning in warnings:
        session.warn(warning)
    return None if ids and (choice.problems or unwritable) else composed, len(warnings)


def _counted(situation: Situation) -> str:
    """Return what the regions hold: ``us: 6 voices, 2 of them this catalog's``."""
    from ddvoices.importing import Obstacle

    said = []
    for name in situation.observed:
        here = [one.obstacle for one in situation.everything if one.region == name]
        ours = f", {here.count(Obstacle.OURS)} of them this catalog's" if here else ""
        said.append(f"{name}: {len(here)} voice{'s' * (len(here) != 1)}{ours}")
    return "; ".join(said)


def _tell(session: Session, target: Target, composed: Composed) -> None:
    """Print which entry pins what, a line an id."""
    click.echo(f"{target.shown}: {_number(len(composed.entries), 'entry', 'entries')}")
    for line in _pins(composed.entries):
        click.echo(line, color=session.colored(sys.stdout))


def _summed_up(situation: Situation, composed: Composed, warned: int, *, everything: bool) -> str:
    """Return the count of what is taken in and what isn't: ``12 entries, 1 left out; 1 warning above``."""
    from ddvoices.importing import Obstacle

    text = _number(len(composed.entries), "entry", "entries")
    skipped = [one for one in situation.everything if one.obstacle not in (None, Obstacle.OURS)]
    left_out = len(skipped) + len(composed.unwritable)
    if everything and left_out:
        text += f", {left_out} left out"
    return text + (f"; {_number(warned, 'warning', 'warnings')} above" if warned else "")


def _number(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _pins(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for each id, in the columns and the colour in which plans show what they adopt."""
    from ddvoices.model import Action
    from ddvoices.report.terminal import printable
    from ddvoices.report.words import COLORS, MARKS, WIDEST_KEY

    width = min(max(len(entry.key) for entry in entries), WIDEST_KEY)
    for entry in entries:
        head = click.style(f"  {MARKS[Action.ADOPT]} {entry.key:{width}}", fg=COLORS[Action.ADOPT], bold=True)
        yield from (f"{head}  {one.region}  {printable(one.voice.id)}" for one in entry.voices)
