"""Where a key may go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.client import check_trusted
from ddvoices.client.trust import same_origin
from ddvoices.errors import ExitCode, UntrustedEndpointError


@pytest.mark.parametrize(
    "url",
    [
        "https://restapi.deepdub.ai/api/v1",
        "https://restapi.eu.deepdub.ai/api/v1",
        "https://deepdub.ai",
        "HTTPS://RestAPI.DeepDub.AI/",
        "https://restapi.deepdub.ai:8443/x",
        "wss://wss.deepdub.ai/ws",
        "http://127.0.0.1:8080/api/v1",
        "http://127.9.8.7",
        "http://localhost:1",
        "ws://localhost:1/ws",
        "http://[::1]:8080/api/v1",
        "wss://[::1]/open",
    ],
)
def test_trusted(url):
    check_trusted(url, {})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "restapi.deepdub.ai",
        "//restapi.deepdub.ai",
        "http://restapi.deepdub.ai/api/v1",
        "ws://wss.deepdub.ai/ws",
        "ftp://restapi.deepdub.ai/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://deepdub.ai.evil.example",
        "https://evildeepdub.ai",
        "https://deepdub.ai@evil.example/",
        "https://restapi.deepdub.ai:x@evil.example/",
        "https://evil.example@restapi.deepdub.ai/",
        "https://evil.example/https://deepdub.ai",
        "https://evil.example#.deepdub.ai",
        "https://evil.example?.deepdub.ai",
        "https://evil.example\\.deepdub.ai",
        "https://evil.example\\@restapi.deepdub.ai",
        "https://evil.example%2f.deepdub.ai",
        "https://evil.example%00.deepdub.ai",
        "https://evil.example\n.deepdub.ai",
        "https://evil.example\t.deepdub.ai",
        "https://evil.example .deepdub.ai",
        "https://evil.example;.deepdub.ai",
        "https://restapi.deepdub.ai./",
        "https://restapi.deepdub.ai\n",
        " https://restapi.deepdub.ai",
        "https://restapi.deepdub.ai:99999/",
        "https://restapi.deepdub.ai:/",
        "https://restapi.deepdub.ai:\uff14\uff14\uff13/",
        "https://restapi.deepdub.a\u0131/",
        "https://restapi.deepdub\u3002ai/",
        "https://restapi.\u217eeepdub.ai/",
        "https://restapi.deepdub.a\u0130/",
        "https://re\u017ftapi.deepdub.ai/",
        "https:///restapi.deepdub.ai",
        "https:restapi.deepdub.ai",
        "https://restapi.deepdub.ai/?x-api-key=1",
        "https://restapi.deepdub.ai/#x",
        "https://[::1].deepdub.ai/",
        "http://0.0.0.0:8080",
        "http://10.0.0.1",
        "http://169.254.169.254/latest",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://[::ffff:10.0.0.1]/",
        "http://[::]/",
        "http://[fe80::1%25lo]/",
        "http://[v1.deepdub.ai]/",
    ],
)
def test_not_trusted(url):
    with pytest.raises(UntrustedEndpointError) as caught:
        check_trusted(url, {})
    assert caught.value.exit_code is ExitCode.KEY
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("listed", "url", "trusted"),
    [
        ("proxy.example", "https://proxy.example/v1", True),
        ("proxy.example", "https://proxy.example:8443/v1", True),
        ("proxy.example", "wss://PROXY.example/v1", True),
        (" a.example , Proxy.Example ,", "https://proxy.example", True),
        ("proxy.example:443", "https://proxy.example", True),
        ("proxy.example:8443", "https://proxy.example:8443", True),
        ("proxy.example:8443", "https://proxy.example", False),
        ("proxy.example", "http://proxy.example", False),
        ("proxy.example", "ws://proxy.example", False),
        ("proxy.example", "https://sub.proxy.example", False),
        ("proxy.example", "https://proxy.example.evil.example", False),
        ("proxy.example", "https://u:p@proxy.example", False),
        ("*.example", "https://proxy.example", False),
        ("", "https://proxy.example", False),
        (",", "https://proxy.example", False),
        ("10.0.0.1", "https://10.0.0.1", True),
        ("[fd00::1]", "https://[fd00::1]", True),
        ("[fd00::1]:8443", "https://[fd00::1]:8443", True),
    ],
)
def test_listed_hosts(listed, url, trusted):
    environ = {"DDVOICES_TRUSTED_HOSTS": listed}
    if trusted:
        check_trusted(url, environ)
    else:
        with pytest.raises(UntrustedEndpointError):
            check_trusted(url, environ)


def test_the_message_says_what_to_do():
    with pytest.raises(UntrustedEndpointError, match=r"set DDVOICES_TRUSTED_HOSTS=proxy\.example"):
        check_trusted("https://proxy.example/v1", {})


@given(st.text(st.sampled_from("htps:/@.\\#?%aedubi[]\n1"), max_size=40))
def test_only_one_host_is_read_from_what_is_trusted(rest):
    """Whatever follows an evil host, it stays evil."""
    with pytest.raises(UntrustedEndpointError):
        check_trusted(f"https://evil.example{rest}.example", {})


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://a.example/x", True),
        ("https://a.example:443/y?z#q", True),
        ("https://A.example", True),
        ("http://a.example/x", False),
        ("https://a.example:444/x", False),
        ("https://b.example/x", False),
        ("https://a.example@b.example/", False),
        ("https://a.example\\@b.example/", False),
        ("https://a.example:99999/", False),
        ("javascript:1", False),
    ],
)
def test_same_origin(url, same):
    assert same_origin(url, "https://a.example/api/v1") is same
