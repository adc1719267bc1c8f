"""Which endpoints a region or a client gets, and which it is refused."""

from __future__ import annotations

import pytest

from ddvoices.client import DeepdubClient, InvalidOptionError, default_region, resolve_endpoints
from ddvoices.client.endpoints import BUILT_IN, Surface
from ddvoices.errors import UntrustedEndpointError
from ddvoices.model import RegionSettings

KEY = "dd-0123456789abcdef"
REST, SOCKET, STREAMING = Surface
US = {REST: "https://restapi.deepdub.ai/api/v1", SOCKET: "wss://wsapi.deepdub.ai/open"}
US |= {STREAMING: "wss://wss.deepdub.ai/ws"}
EU = {REST: "https://restapi.eu.deepdub.ai/api/v1", SOCKET: "wss://wsapi.eu.deepdub.ai/open"}
EU |= {STREAMING: "wss://wss.eu.deepdub.ai/ws"}
LOCAL = {REST: "http://127.0.0.1:1/api/v1", SOCKET: "ws://127.0.0.1:1/open"}
LOCAL |= {STREAMING: "ws://127.0.0.1:1/ws"}
REST_ONLY = {"DEEPDUB_BASE_URL": LOCAL[REST]}
ALL = {
    **REST_ONLY,
    "DEEPDUB_BASE_WEBSOCKET_URL": LOCAL[SOCKET],
    "DEEPDUB_BASE_WEBSOCKET_STREAMING_URL": LOCAL[STREAMING],
}
REFUSED = None


def used(endpoints) -> list[str | None]:
    """Return the three URLs as a call would use them."""
    urls: list[str | None] = []
    for surface in Surface:
        try:
            urls.append(endpoints.use(surface))
        except UntrustedEndpointError:
            urls.append(REFUSED)
    return urls


def given(urls: dict[Surface, str], *surfaces: Surface) -> RegionSettings:
    return RegionSettings(**{surface.value: urls[surface] for surface in surfaces or Surface})


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({}, "us"),
        ({"DD_EU": "1"}, "eu"),
        ({"DD_EU": "0"}, "us"),
        ({"DD_EU": ""}, "us"),
        ({"DD_EU": " 1 "}, "eu"),
    ],
)
def test_default_region(environ, region):
    assert default_region(environ) == region


@pytest.mark.parametrize(
    ("region", "settings", "environ", "expected"),
    [
        ("us", None, {}, US),
        ("eu", RegionSettings(), {}, EU),
        ("eu", None, {"DD_EU": "1"}, EU),
        ("us", None, ALL, LOCAL),
        ("eu", None, {**ALL, "DD_EU": "1"}, LOCAL),
        # the environment moves the default region only where the catalog gives it no endpoints
        ("us", given(LOCAL), {"DEEPDUB_BASE_URL": "http://127.0.0.1:2/api/v1"}, LOCAL),
        ("eu", given(LOCAL), ALL, LOCAL),
        ("eu", given(LOCAL, REST), {}, {**LOCAL, SOCKET: REFUSED, STREAMING: REFUSED}),
        # empty is unset, what is built in moves nothing, slashes at the end don't count
        ("eu", None, {"DEEPDUB_BASE_URL": " "}, EU),
        ("eu", None, {"DEEPDUB_BASE_URL": US[REST] + "/"}, EU),
        ("us", None, {"DEEPDUB_BASE_WEBSOCKET_URL": US[SOCKET]}, US),
        ("us", None, {name: url + "/" for name, url in ALL.items()}, LOCAL),
        # a region that is not built in
        ("staging", given(LOCAL), {}, LOCAL),
        ("staging", given(LOCAL), ALL, LOCAL),
        # in part: what is left alone must not be used
        ("us", None, REST_ONLY, {**LOCAL, SOCKET: REFUSED, STREAMING: REFUSED}),
        ("us", given(LOCAL, REST), ALL, {**LOCAL, SOCKET: REFUSED, STREAMING: REFUSED}),
        ("eu", given(LOCAL, REST), ALL, {**LOCAL, SOCKET: REFUSED, STREAMING: REFUSED}),
        ("eu", given(LOCAL, SOCKET), REST_ONLY, {**LOCAL, REST: REFUSED, STREAMING: REFUSED}),
        ("staging", given(LOCAL, REST), {}, {**LOCAL, SOCKET: REFUSED, STREAMING: REFUSED}),
    ],
)
def test_resolve(region, settings, environ, expected):
    endpoints = resolve_endpoints(region, settings, environ)
    assert endpoints.region == region
    assert used(endpoints) == [expected[surface] for surface in Surface]


@pytest.mark.parametrize(
    ("region", "settings", "environ", "message"),
    [
        (
            "eu",
            None,
            ALL,
            "^Deepdub's own .* while DEEPDUB_BASE_URL is set, .* choose -r us, or",
        ),
        (
            "eu",
            RegionSettings(),
            REST_ONLY,
            "own endpoints are refused while DEEPDUB_BASE_URL is set",
        ),
        ("us", None, {**REST_ONLY, "DD_EU": "1"}, "endpoints are refused"),
        ("eu", None, {"DEEPDUB_BASE_WEBSOCKET_STREAMING_URL": LOCAL[STREAMING]}, "STREAMING_URL is set"),
        ("staging", None, {}, "^no endpoints: give staging a base_url"),
        ("us", RegionSettings(base_url="https://evil.example/v1"), {}, "DDVOICES_TRUSTED_HOSTS"),
        ("us", RegionSettings(base_websocket_url="wss://evil.example/"), {}, "DDVOICES_TRUSTED_HOSTS"),
        ("us", None, {"DEEPDUB_BASE_URL": "http://10.1.2.3/v1"}, "to this machine only"),
        ("us", RegionSettings(base_url="wss://wss.deepdub.ai/ws"), {}, "base_url must start with https://"),
        ("us", RegionSettings(base_websocket_url=US[REST]), {}, "must start with wss://"),
    ],
)
def test_refused_regions(region, settings, environ, message):
    with pytest.raises(UntrustedEndpointError, match=message):
        resolve_endpoints(region, settings, environ)


def test_the_environment_cannot_name_another_region():
    with pytest.raises(InvalidOptionError, match="two regions"):
        resolve_endpoints("us", None, {"DEEPDUB_BASE_URL": EU[REST]})


@pytest.mark.parametrize(
    ("arguments", "environ", "region", "expected"),
    [
        ({}, {}, "us", US),
        ({"eu": True}, {}, "eu", EU),
        ({"eu": False}, {"DD_EU": "1"}, "us", US),
        ({}, {"DD_EU": "1"}, "eu", EU),
        ({}, ALL, "us", LOCAL),
        ({}, {**ALL, "DD_EU": "1"}, "eu", LOCAL),
        ({"eu": True}, {**ALL, "DD_EU": "1"}, "eu", LOCAL),
        # arguments win over the environment
        ({"base_url": "http://127.0.0.1:2/v1"}, ALL, "us", {**LOCAL, REST: "http://127.0.0.1:2/v1"}),
        ({"base_url": US[REST]}, {"DEEPDUB_BASE_URL": LOCAL[REST]}, "us", US),
        ({"eu": True}, {"DEEPDUB_BASE_URL": US[REST] + "/"}, "eu", EU),
        ({"eu": False}, {"DEEPDUB_BASE_URL": US[REST], "DD_EU": "1"}, "us", US),
        ({"eu": True}, {"DEEPDUB_BASE_URL": EU[REST]}, "eu", EU),
        # one endpoint of Deepdub's tells the region of all
        ({"base_url": EU[REST]}, {}, "eu", EU),
        ({"base_url": "https://eu-restapi.deepdub.ai/api/v1"}, {}, "eu", {**EU, REST: "https://eu-restapi.deepdub.ai/api/v1"}),
        ({}, {"DEEPDUB_BASE_URL": EU[REST]}, "eu", EU),
        # in part
        ({"base_url": LOCAL[REST]}, {}, "us", {**LOCAL, SOCKET: REFUSED, STREAMING: REFUSED}),
        ({}, REST_ONLY, "us", {**LOCAL, SOCKET: REFUSED, STREAMING: REFUSED}),
        ({"base_websocket_url": LOCAL[SOCKET]}, {}, "us", {**LOCAL, REST: REFUSED, STREAMING: REFUSED}),
    ],
)  # fmt: skip
def test_clients(arguments, environ, region, expected):
    with DeepdubClient(api_key=KEY, environ=environ, **arguments) as client:
        assert client.region == region
        assert used(client._endpoints) == [expected[surface] for surface in Surface]


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        ({"eu": True, "base_url": US[REST]}, {}),
        ({"eu": False, "base_url": EU[REST]}, {}),
        ({"base_url": US[REST], "base_websocket_url": EU[SOCKET]}, {}),
        ({"base_url": EU[REST]}, {"DEEPDUB_BASE_WEBSOCKET_URL": "wss://wsapi.deepdub.ai/open/2"}),
        ({}, {"DEEPDUB_BASE_URL": US[REST] + "/2", "DD_EU": "1"}),
        ({"base_url": EU[REST]}, {"DD_EU": "0"}),
        # an emulator for one region must not become another region's production
        ({"eu": True}, ALL),
        ({"eu": False}, {**REST_ONLY, "DD_EU": "1"}),
    ],
)
def test_no_client_of_two_regions(arguments, environ):
    with pytest.raises(InvalidOptionError):
        DeepdubClient(api_key=KEY, environ=environ, **arguments)


def test_an_untrusted_argument_is_refused_before_anything_is_sent():
    with pytest.raises(UntrustedEndpointError):
        DeepdubClient("https://evil.example/api/v1", api_key=KEY, environ={})


def test_a_refused_surface_says_what_to_set():
    with DeepdubClient(api_key=KEY, environ={"DEEPDUB_BASE_WEBSOCKET_URL": LOCAL[SOCKET]}) as client:
        with pytest.raises(UntrustedEndpointError, match="set DEEPDUB_BASE_URL too"):
            client.list_voices()
        assert client.base_url == US[REST]


def test_resolved_endpoints_take_the_place_of_urls():
    endpoints = resolve_endpoints("eu", given(LOCAL), {})
    with DeepdubClient.for_endpoints(endpoints, KEY, environ={}) as client:
        assert (client.region, client.base_url) == ("eu", LOCAL[REST])
    for extra in ({"eu": True}, {"base_url": LOCAL[REST]}):
        with pytest.raises(InvalidOptionError):
            DeepdubClient(api_key=KEY, endpoints=endpoints, environ={}, **extra)


def test_the_regions_that_are_built_in():
    assert {"us": US, "eu": EU} == BUILT_IN
