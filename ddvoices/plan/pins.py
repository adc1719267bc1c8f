"""Pins that no longer decide anything. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ddvoices.model import RegionPlan, Standing, VoiceSpec


def outranked_pins(specs: Iterable[VoiceSpec], regions: Iterable[RegionPlan]) -> list[str]:
    """Return a warning for each key that means other voices than ``ids`` names, its regions together."""
    pinned = sorted((spec for spec in specs if spec.ids), key=lambda spec: spec.key)
    meant = {region.region: _meant(region) for region in regions} if pinned else {}
    warnings = []
    for spec in pinned:
        own = {name: meant.get(name, {}).get(spec.key, pin) for name, pin in sorted(spec.ids.items())}
        other = [name for name in own if own[name] != spec.ids[name]]
        if other:
            warnings.append(_warning(spec, {name: own[name] for name in other}))
    return warnings


def _meant(region: RegionPlan) -> Mapping[str, str]:
    """Return key → the voice that it means; a key that has an error means none."""
    wrong = {problem.key for problem in region.errors}
    return {
        key: voice_id
        for voice_id, (standing, key) in region.standings.items()
        if standing is Standing.MANAGED and key is not None and key not in wrong
    }


def _warning(spec: VoiceSpec, own: Mapping[str, str]) -> str:
    """Say which pins are outranked; ``own`` is region → the voice that the key means there."""
    one = len(own) == 1
    paths = " and ".join(f"ids.{name}" for name in own)
    pins, voices = (" and ".join(ids) for ids in ([spec.ids[name] for name in own], own.values()))
    return (
        f"{spec.key}: {paths} {'names' if one else 'name'} {pins}, but the key has "
        f"{'a voice' if one else 'voices'} of its own, {voices}: remove the {'pin' if one else 'pins'}"
    )
