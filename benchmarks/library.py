"""Catalogs of any size, and accounts that hold them, for measurements."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from ddvoices import DeepdubClient, load_catalog
from ddvoices.audio.join import make_wav
from ddvoices.identity import make_marker
from ddvoices.model import VoiceSpec

OWNER = "bench-studio-1a2b"
VOICES_A_FILE = 100
RATE = 11_025
SECONDS = 3
_PARALLEL = 4
_SETTINGS = f"version: 1\nowner: {OWNER}\nregions: {{us: {{}}}}\ndefaults: {{locale: en-US, regions: [us]}}\n"
_GENDERS = ("female", "male", "non_binary")


def make_catalog(folder: Path, count: int) -> Path:
    """Write a catalog of ``count`` voices, each with a recording of its own, and commit it to git."""
    catalog = folder / "voices"
    (catalog / "samples").mkdir(parents=True)
    (catalog / "catalog.yaml").write_text(_SETTINGS, encoding="utf-8")
    for number in range(count):
        (catalog / "samples" / f"voice-{number:05d}.wav").write_bytes(_recording(number))
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


def write_voices(file: Path, voices: object) -> None:
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


def fill_account(catalog: Path, *, base_url: str, key: str) -> None:
    """Make an account hold what a catalog wants, as an apply would.

    The markers are those of the catalog's samples; what is uploaded is one short recording for all, since a
    plan reads no sample back.
    """
    wanted = load_catalog(catalog, cache_dir=catalog.parent / "cache", read_git=False)
    data = _recording(0)[:4044]
    with DeepdubClient(base_url=base_url, api_key=key, environ={}) as client:

        def add(spec: VoiceSpec) -> None:
            client.create_voice(
                io.BytesIO(data),
                size=len(data),
                sha256=sha256(data).hexdigest(),
                filename="sample.wav",
                name=spec.name,
                gender=spec.gender,
                locale=spec.locale,
                age=spec.age,
                speaker_id=str(make_marker(spec, owner=wanted.owner)),
            )

        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(add, wanted.voices))


def _recording(number: int) -> bytes:
    """Return a recording that no other number has: a quiet triangle wave, and the number in its samples."""
    wave = b"".join((200 * abs(step - 25)).to_bytes(2, "little") for step in range(50))
    head = number.to_bytes(4, "little")
    size = 2 * RATE * SECONDS
    return make_wav((head + wave * (size // len(wave) + 1))[:size], rate=RATE)
