"""A voice as plain values: what plans show, what the lock remembers as sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ddvoices.identity import fingerprint, plain
from ddvoices.model import FormerSample, Sample, VoiceSpec

# in the order in which people read them
LISTED = ("name", "locale", "gender")
CONTENT = ("speaking_style", "age", "publish", "title", "text")


def describe(spec: VoiceSpec) -> dict[str, Any]:
    """Return the fields of a voice as JSON scalars; what the catalog leaves open is left out.

    ``sample`` is the SHA-256 of the file, ``fingerprint`` what the voice will be known by.
    """
    values: dict[str, Any] = {
        "name": plain(spec.name),
        "locale": spec.locale,
        "gender": str(spec.gender),
        "speaking_style": plain(spec.speaking_style),
        "age": spec.age,
        "publish": spec.publish,
        "title": spec.title and plain(spec.title),
        "text": spec.text and plain(spec.text),
        "sample": spec.sample and spec.sample.sha256,
        "sample.seconds": spec.sample and spec.sample.seconds,
        "fingerprint": fingerprint(spec),
    }
    return {path: value for path, value in values.items() if value is not None}


def sample_document(sample: Sample) -> dict[str, Any]:
    """Return a sample as plans, and the lock, write it."""
    return {
        "path": sample.path,
        "sha256": sample.sha256,
        "sound": sample.sound,
        "bytes": sample.size,
        "seconds": sample.seconds,
        "format": sample.format,
    }


def former_document(sample: FormerSample) -> dict[str, Any]:
    """Return the recording of a voice that is replaced as plans write it."""
    return {
        "path": sample.path,
        "bytes": sample.size,
        "seconds": sample.seconds,
        "format": sample.format,
    }


def former_sample(sent: Mapping[str, Any]) -> FormerSample | None:
    """Return the recording that the lock remembers as sent; None if it doesn't say all of it."""
    match sent.get("sample"):
        case {
            "path": str(path),
            "bytes": int(size),
            "seconds": int() | float() | None as seconds,
            "format": str(kind),
        } if size >= 0 and not isinstance(size, bool) and not isinstance(seconds, bool):
            return FormerSample(path=path, size=size, seconds=seconds, format=kind)
    return None


def sent_document(spec: VoiceSpec) -> dict[str, Any]:
    """Return what the lock remembers of a voice: what was, or would have been, sent."""
    values = describe(spec)
    sent = {path: values[path] for path in (*LISTED, *CONTENT) if path in values}
    if spec.sample is not None:
        sent["sample"] = sample_document(spec.sample)
    return sent


def sent_values(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the lock remembers, with the paths of `describe`; unknown things are left out."""
    values = {path: sent[path] for path in (*LISTED, *CONTENT) if path in sent}
    sample = sent.get("sample")
    if isinstance(sample, Mapping):
        values["sample"] = sample.get("sha256")
        values["sample.seconds"] = sample.get("seconds")
    return values
