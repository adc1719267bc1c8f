"""A recording and what a person says of it → a voice of the catalog, proven before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddvoices.catalog import load_catalog
from ddvoices.catalog.entries import BUILT_IN_REGIONS, faults
from ddvoices.catalog.files import Root, open_root
from ddvoices.catalog.findings import did_you_mean
from ddvoices.catalog.samples import sample_of
from ddvoices.errors import OutputError, UsageError
from ddvoices.lockfile import peek
from ddvoices.model import Catalog, VoiceSpec
from ddvoices.writing.guess import Guess, guess_from
from ddvoices.writing.keys import key_of, numbered
from ddvoices.writing.recording import Place, Recording, choose_place, copied
from ddvoices.writing.target import Target, check_only_added, choose_target

_ORDER = ("name", "sample", "gender", "locale", "age", "speaking_style", "publish", "text", "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A voice that would be added; ``text`` is the whole text of its file, ``spec`` what it means.

    ``alike`` are keys of other voices of the same sound, ``language`` is one that the file's name ends with
    and the default locale isn't of, ``warnings`` what else is doubtful about the new one.
    """

    root: Root
    recording: Recording
    guess: Guess
    place: Place
    target: Target
    text: str
    spec: VoiceSpec
    alike: tuple[str, ...]
    language: str | None
    warnings: tuple[str, ...]

    @property
    def entry(self) -> str:
        """Return the text that is new."""
        return self.text.removeprefix(self.target.old or "")

    def save(self) -> None:
        """Copy the recording and write the file: both, or neither.

        Raises:
            OutputError: one can't be written, or somebody has changed it meanwhile.
        """
        if not self.place.is_new:
            self.target.write(self.text)
            return
        interrupted: BaseException | None = None
        with copied(self.recording, self.root.real / self.place.path):
            try:
                self.target.write(self.text)
            except BaseException as error:
                if not self.target.holds(self.text):
                    raise
                interrupted = error  # behind the last step: the voice is there, and its sample stays
        if interrupted is not None:
            raise interrupted


def prepare(
    directory: Path,
    recording: Recording,
    *,
    key: str | None,
    fields: Mapping[str, Any],
    into: str | None,
) -> Addition:
    """Return the voice that would be added; ``key`` and ``fields`` are what a person has said.

    Raises:
        CatalogError: the catalog is invalid, or there is none.
        UsageError: what was said can't be.
        OutputError: it can't be written there, or the catalog would mean anything else.
    """
    root, guess = open_root(directory), guess_from(recording.name)
    catalog = load_catalog(directory, read_git=False)
    key = _free_key(catalog, guess) if key is None else _given_key(catalog, key)
    _check_regions(catalog, fields.get("regions", ()))
    said = {"name": guess.name, **({"locale": guess.locale} if guess.locale else {}), **fields}
    _check(key, said)
    place = choose_place(root, recording, catalog, key)
    entry = _ordered({**said, "sample": place.path})
    target = choose_target(directory, into, begin=key)
    text = target.text_with({key: entry})
    after, spec = _prove(catalog, target, text, key, recording, place)
    return Addition(
        root=root,
        recording=recording,
        guess=guess,
        place=place,
        target=target,
        text=text,
        spec=spec,
        alike=tuple(s.key for s in catalog.voices if s.sample and s.sample.sound == recording.facts.sound),
        language=None if "locale" in said else _other_language(guess, spec),
        warnings=tuple(warning for warning in after.warnings if warning not in catalog.warnings),
    )


def _other_language(guess: Guess, spec: VoiceSpec) -> str | None:
    """Return the language that the file's name ends with, unless it is that of the locale."""
    language = spec.locale.partition("-")[0].lower()
    return guess.language if guess.language != language else None


def _free_key(catalog: Catalog, guess: Guess) -> str:
    """Return a key that means nothing yet: not in the catalog, nor in what was applied before."""
    lock, intents = peek(catalog.root, owner=catalog.owner, former_owners=catalog.former_owners)
    known = {key for accounts in lock.regions.values() for section in accounts.values() for key in section}
    taken = {*known, *lock.protected, *(intent.key for intent in intents), *_wanted(catalog)}
    return _first_free(guess.key, taken)


def _given_key(catalog: Catalog, key: str) -> str:
    wanted = _wanted(catalog)
    if key in wanted:
        free = _first_free(key_of(key), wanted.keys())
        raise UsageError(f"the catalog has the key {key} already, {wanted[key]}: {free} is free")
    return key


def _first_free(name: str, taken: Collection[str]) -> str:
    return next(key for key in numbered(name) if key not in taken)


def _wanted(catalog: Catalog) -> dict[str, str]:
    """Return the keys of today and of before, with where they stand."""
    found: dict[str, str] = {}
    for spec in catalog.voices:
        where = f"at {spec.location.file}:{spec.location.line}" if spec.location else "in its files"
        found |= dict.fromkeys(spec.moved_from, f"as a former one of {spec.key}, {where}")
        found[spec.key] = where
    return found


def _check_regions(catalog: Catalog, names: Collection[str]) -> None:
    known = sorted({*BUILT_IN_REGIONS, *catalog.regions})
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f": its regions are {', '.join(known)}"
            raise UsageError(f"no region {name!r} in the catalog{hint}")


def _ordered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in the order in which catalogs are written."""
    return {name: fields[name] for name in (*_ORDER, *fields) if name in fields}


def _check(key: str, entry: Mapping[str, Any]) -> None:
    """Hold what was said against the schema, in the words of the command line."""
    for name, message in faults(key, entry).items():
        option = f"--{name.replace('_', '-')}".replace("--regions", "--region").replace("--labels", "--label")
        raise UsageError(f"{option}: {message}")


def _prove(
    before: Catalog, target: Target, text: str, key: str, recording: Recording, place: Place
) -> tuple[Catalog, VoiceSpec]:
    """Return the catalog as it would be, and what is new in it: this voice, made of this recording."""
    sample = sample_of(recording.facts, path=place.path, file=str(target.root.real / place.path))
    after = target.load_with(text, {place.path: sample} if place.is_new else {})
    check_only_added({key}, before, after)
    new = {spec.key: spec for spec in after.voices}.get(key)
    if new is None or new.sample is None or new.sample.sha256 != recording.facts.sha256:
        raise OutputError(f"{recording.shown}: was changed meanwhile, so nothing is written: try again")
    return after, new
