"""A catalog of any size, and an account that holds it, for measurements.

A program of its own: what it needs of memory must not be taken for the needs of what is measured afterwards.

    python benchmarks/library.py FOLDER VOICES BASE_URL KEY
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from ddvoices import DeepdubClient, load_catalog
from ddvoices.auth import account_of
from ddvoices.identity import fingerprint, make_marker
from ddvoices.lockfile import save_lock
from ddvoices.model import Lock, LockedVoice, LockEntry, Origin, VoiceSpec
from ddvoices.plan import sent_document

OWNER = "bench-studio-1a2b"
VOICES_A_FILE = 100
_PARALLEL = 4
_SETTINGS = f"version: 1\nowner: {OWNER}\nregions: {{us: {{}}}}\ndefaults: {{locale: en-US, regions: [us]}}\n"
_GENDERS = ("female", "male", "non_binary")


def main(folder: str, count: str, base_url: str, key: str) -> None:
    """Make both."""
    fill_account(make_catalog(Path(folder), int(count)), base_url=base_url, key=key)


def make_catalog(folder: Path, count: int) -> Path:
    """Write a catalog of ``count`` voices, each with a recording of its own, and commit it to git."""
    catalog = folder / "voices"
    (catalog / "samples").mkdir(parents=True)
    (catalog / "catalog.yaml").write_text(_SETTINGS, encoding="utf-8")
    for number in range(count):
        (catalog / "samples" / f"voice-{number:05d}.wav").write_bytes(recording(number))
    for first in range(0, count, VOICES_A_FILE):
        numbers = range(first, min(first + VOICES_A_FILE, count))
        write_voices(catalog / f"part-{first // VOICES_A_FILE:03d}.yaml", map(voice, numbers))
    commit(folder)
    return catalog


def voice(number: int) -> tuple[str, Mapping[str, str]]:
    """Return the key and the fields of one voice."""
    name = f"voice-{number:05d}"
    return name, {
        "name": f"Voice {number}",
        "sample": f"samples/{name}.wav",
        "gender": _GENDERS[number % len(_GENDERS)],
        "age": str(20 + number % 50),
        "labels": f"{{show: show-{number % 20}}}",
    }


def write_voices(file: Path, voices: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    """Write a file of voices, each a key and its fields, which are YAML."""
    lines = ["voices:"]
    for key, fields in voices:
        lines += [f"  {key}:", *(f"    {name}: {value}" for name, value in fields.items())]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def commit(folder: Path) -> None:
    """Put a folder into a git repository of its own, as a catalog is."""
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "core.compression=1")
    for arguments in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "-m", "Voices")):
        subprocess.run(("git", *arguments), cwd=folder, check=True)


def fill_account(catalog: Path, *, base_url: str, key: str, marked: bool = True) -> None:
    """Make an account hold what a catalog wants, and lock it, as an apply does.

    The markers are those of the catalog's samples; what is uploaded is one short recording for all, since a
    plan reads no sample back. If not ``marked``, they are voices that somebody else has made, and not locked.
    """
    with TemporaryDirectory() as cache:
        wanted = load_catalog(catalog, cache_dir=Path(cache), read_git=False)
    with (
        DeepdubClient(base_url=base_url, api_key=key, environ={}) as client,
        ThreadPoolExecutor(_PARALLEL) as pool,
    ):
        ids = list(pool.map(lambda spec: _add(client, spec, marked=marked), wanted.voices))
    if not marked:
        return
    entries = dict(zip((spec.key for spec in wanted.voices), map(_locked, wanted.voices, ids), strict=True))
    save_lock(catalog, Lock(owner=OWNER, regions={"us": {account_of(key, base_url): entries}}))


def _add(client: DeepdubClient, spec: VoiceSpec, *, marked: bool) -> str:
    data = recording(0)[:4044]
    return client.create_voice(
        io.BytesIO(data),
        size=len(data),
        sha256=sha256(data).hexdigest(),
        filename="sample.wav",
        name=spec.name,
        gender=spec.gender,
        locale=spec.locale,
        age=spec.age,
        speaker_id=str(make_marker(spec, owner=OWNER)) if marked else None,
    )


def _locked(spec: VoiceSpec, voice_id: str) -> LockEntry:
    made = LockedVoice(
        id=voice_id, origin=Origin.CREATED, fingerprint=fingerprint(spec), sent=sent_document(spec)
    )
    return LockEntry(voices=(made,))


def recording(number: int) -> bytes:
    """Return three seconds of 8 bits: a triangle wave that begins with the number."""
    rate, size = 8200, 3 * 8200
    wave = bytes(range(78, 178)) + bytes(range(178, 78, -1))
    samples = (number.to_bytes(4, "little") + wave * (size // len(wave)))[:size]
    form = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    chunks = (
        b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(samples)) + samples
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


if __name__ == "__main__":
    main(*sys.argv[1:])
