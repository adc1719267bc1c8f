"""Where a region's service is: built in, from the catalog, from the environment, or from arguments.

A test against an emulator must never reach production. So while the environment (or an argument) moves one
endpoint, those that it leaves alone are refused when they are used, and so are other built-in regions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from ddvoices.client.errors import InvalidOptionError
from ddvoices.client.trust import check_trusted, is_loopback, is_trusted_host
from ddvoices.errors import DdvoicesError, UntrustedEndpointError
from ddvoices.model import RegionSettings

EU_VARIABLE = "DD_EU"


class Surface(StrEnum):
    """The three ways into the service; the value is the name of the SDK's argument."""

    REST = "base_url"
    WEBSOCKET = "base_websocket_url"
    STREAMING = "base_websocket_streaming_url"


VARIABLES: Mapping[Surface, str] = {surface: f"DEEPDUB_{surface.upper()}" for surface in Surface}
_SCHEMES = {Surface.REST: ("https", "http")}
_SOCKET_SCHEMES = ("wss", "ws")

BUILT_IN: Mapping[str, Mapping[Surface, str]] = {
    "us": {
        Surface.REST: "https://restapi.deepdub.ai/api/v1",
        Surface.WEBSOCKET: "wss://wsapi.deepdub.ai/open",
        Surface.STREAMING: "wss://wss.deepdub.ai/ws",
    },
    "eu": {
        Surface.REST: "https://restapi.eu.deepdub.ai/api/v1",
        Surface.WEBSOCKET: "wss://wsapi.eu.deepdub.ai/open",
        Surface.STREAMING: "wss://wss.eu.deepdub.ai/ws",
    },
}
_EMULATED = {Surface.WEBSOCKET: "/open", Surface.STREAMING: "/ws"}
# Older documentation writes the region in front.
_KNOWN_HOST = re.compile(r"(?P<old>eu-)?(?:restapi|wsapi|wss)(?P<new>\.eu)?\.deepdub\.ai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The URLs of one region, without a slash at the end.

    ``refusals`` says of a surface why it must not be used; ask for a URL by ``use`` before a key goes there.
    """

    region: str
    rest: str
    websocket: str
    streaming: str
    refusals: Mapping[Surface, str] = field(default_factory=dict)

    def url(self, surface: Surface) -> str:
        """Return a URL to be shown; it may be empty."""
        return {Surface.REST: self.rest, Surface.WEBSOCKET: self.websocket}.get(surface, self.streaming)

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs that may be called."""
        return tuple(self.url(surface) for surface in Surface if surface not in self.refusals)

    def use(self, surface: Surface) -> str:
        """Return a URL to be called.

        Raises:
            UntrustedEndpointError: this surface must not be used.
        """
        if surface in self.refusals:
            raise UntrustedEndpointError(self.refusals[surface])
        return self.url(surface)


def default_region(environ: Mapping[str, str]) -> str:
    """Return the region that is meant where none is named: ``us``, or ``eu`` under DD_EU=1."""
    return "eu" if environ.get(EU_VARIABLE, "").strip() == "1" else "us"


def resolve_endpoints(region: str, settings: RegionSettings | None, environ: Mapping[str, str]) -> Endpoints:
    """Return the endpoints of a region as catalog and environment have them.

    The environment's three variables move the default region where the catalog gives it no endpoints.

    Raises:
        UntrustedEndpointError: a key must not go there, or the whole region is refused because the
            environment moves another one.
        InvalidOptionError: the environment moves the region to Deepdub's endpoints of another one.
    """
    given = _given(settings)
    moved = _moved(environ)
    is_default = region == default_region(environ)
    chosen = given or (moved if is_default else {})
    if not given:
        _refuse_strangers(region, chosen)
    elif region in BUILT_IN:
        _refuse_strangers(region, given, UntrustedEndpointError)
    if not chosen and region not in BUILT_IN:
        raise UntrustedEndpointError(f"no endpoints: give {region} a base_url in the catalog")
    if moved and not chosen:
        home, first = default_region(environ), VARIABLES[next(iter(moved))]
        raise UntrustedEndpointError(
            f"Deepdub's own endpoints are refused while {first} is set, which moves {home} only: "
            f"choose -r {home}, or give {region} endpoints in the catalog"
        )
    return _endpoints(region, chosen, environ, left_alone=_left_alone(given, moved))


def _left_alone(given: Mapping[Surface, str], moved: Mapping[Surface, str]) -> str | None:
    """Return why endpoints that nobody chose must not be used, if those beside them lead elsewhere."""
    changed = [surface for surface, url in given.items() if known_region(url) is None]
    if changed:
        return f"the catalog gives {' and '.join(changed)} and not {{surface}}: give it there"
    return (
        f"{_names(moved)} {_is(moved)} set and this endpoint is not: set {{variable}} too" if moved else None
    )


def choose_endpoints(
    arguments: Mapping[Surface, str | None], *, eu: bool | None, environ: Mapping[str, str]
) -> Endpoints:
    """Return the endpoints that the arguments of the SDK's constructor and the environment ask for.

    An argument wins over the environment, and all must be of one region.

    Raises:
        InvalidOptionError: arguments or variables of two regions.
        UntrustedEndpointError: a key must not go there.
    """
    given = {surface: _clean(url) for surface, url in arguments.items() if url}
    home = default_region(environ)
    region = home if eu is None else "eu" if eu else "us"
    moved = {surface: url for surface, url in _moved(environ).items() if surface not in given}
    if region != home:
        moved = _of_region(region, moved)
    chosen = moved | given
    if eu is None and EU_VARIABLE not in environ:
        region = next(filter(None, map(known_region, chosen.values())), region)
    _refuse_strangers(region, chosen)
    changed = [surface for surface, url in chosen.items() if known_region(url) is None]
    names = " and ".join(VARIABLES[surface] if surface in moved else surface for surface in changed)
    reason = (
        f"{names} {_is(changed)} given and this endpoint is not: set {{variable}} too" if changed else None
    )
    return _endpoints(region, chosen, environ, left_alone=reason)


def named_by_environment(url: str, environ: Mapping[str, str]) -> bool:
    """Tell whether a URL is Deepdub's, or one that the environment gives or whose host it trusts."""
    return url in _moved(environ).values() or is_trusted_host(url, environ)


def known_region(url: str) -> str | None:
    """Return the region that an endpoint of Deepdub's own belongs to, else None."""
    match = _KNOWN_HOST.fullmatch((urlsplit(url).hostname or "").lower())
    if match is None:
        return None
    return "eu" if match["old"] or match["new"] else "us"


def _refuse_strangers(
    region: str, chosen: Mapping[Surface, str], error: type[DdvoicesError] = InvalidOptionError
) -> None:
    """Refuse Deepdub's endpoints of another region: the key would go to two."""
    found = {surface: known_region(url) for surface, url in chosen.items()}
    strange = [f"{surface} is of {other}" for surface, other in found.items() if other not in {None, region}]
    if strange:
        raise error(f"endpoints of two regions: {', '.join(strange)}, but the region is {region}")


def _endpoints(
    region: str, chosen: Mapping[Surface, str], environ: Mapping[str, str], *, left_alone: str | None
) -> Endpoints:
    """Return built-in endpoints with the chosen ones over them, all trusted.

    ``left_alone`` is why those that nobody chose must not be used, None if they may be; in it,
    ``{surface}`` and ``{variable}`` stand for what there is to give.
    """
    urls = {**BUILT_IN.get(region, {}), **chosen}
    refusals: dict[Surface, str] = {}
    for surface in Surface:
        if surface not in urls:
            refusals[surface] = f"region {region} has no {surface}: give it one in the catalog"
        elif surface not in chosen and left_alone:
            why = left_alone.format(surface=surface, variable=VARIABLES[surface])
            hint = _hint(surface, chosen.get(Surface.REST, ""))
            refusals[surface] = f"{urls[surface]} is refused: {why}{hint}"
        else:
            _check(surface, urls[surface], environ)
    return Endpoints(
        region=region,
        rest=urls.get(Surface.REST, ""),
        websocket=urls.get(Surface.WEBSOCKET, ""),
        streaming=urls.get(Surface.STREAMING, ""),
        refusals=refusals,
    )


def _check(surface: Surface, url: str, environ: Mapping[str, str]) -> None:
    """Refuse a URL that a key must not go to, or that is of another kind."""
    check_trusted(url, environ)
    schemes = _SCHEMES.get(surface, _SOCKET_SCHEMES)
    if urlsplit(url).scheme not in schemes:
        raise UntrustedEndpointError(f"{url}: {surface} must start with {schemes[0]}://")


def _given(settings: RegionSettings | None) -> dict[Surface, str]:
    """Return the endpoints that a catalog gives."""
    if settings is None:
        return {}
    urls = {surface: getattr(settings, surface.value) for surface in Surface}
    return {surface: _clean(url) for surface, url in urls.items() if url}


def _moved(environ: Mapping[str, str]) -> dict[Surface, str]:
    """Return the endpoints that the environment moves.

    One that says what is built in moves nothing: people copy the defaults into their settings.
    """
    home = BUILT_IN[default_region(environ)]
    urls = {surface: _clean(environ.get(name, "")) for surface, name in VARIABLES.items()}
    return {surface: url for surface, url in urls.items() if url and url != home[surface]}


def _of_region(region: str, moved: Mapping[Surface, str]) -> dict[Surface, str]:
    """Return what the environment moves for a region that an argument names against the environment.

    Deepdub's endpoints of another region give way to the argument. Of any other it can't be said which region
    it stands for: it may be an emulator, and a test must not go to production instead.
    """
    unknown = {surface for surface, url in moved.items() if known_region(url) is None}
    if unknown:
        raise InvalidOptionError(
            f"eu={region == 'eu'} contradicts {_names(unknown)}, which moves the other region: "
            f"unset it, or set {EU_VARIABLE}={int(region == 'eu')}"
        )
    return {surface: url for surface, url in moved.items() if known_region(url) == region}


def _clean(url: str) -> str:
    """Return a URL without what is around it."""
    return url.strip().rstrip("/")


def _hint(surface: Surface, rest: str) -> str:
    """Return where the surface is of an emulator on this machine, whose REST surface is known."""
    parts = urlsplit(rest)
    path = _EMULATED.get(surface)
    if path is None or parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        return ""
    return f" (an emulator there has ws://{parts.netloc}{path})"


def _is(several: Collection[object]) -> str:
    """Return the verb for one or several."""
    return "is" if len(several) == 1 else "are"


def _names(surfaces: Mapping[Surface, str] | set[Surface]) -> str:
    """Return the variables that move these surfaces."""
    return " and ".join(VARIABLES[surface] for surface in Surface if surface in surfaces)
