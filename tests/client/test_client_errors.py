"""The tree of errors, and the keys that a client takes."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest
import requests

import ddvoices.client
from ddvoices import errors as shared
from ddvoices.client import DeepdubClient, InvalidKeyError, errors
from ddvoices.errors import DdvoicesError, ExitCode, MissingKeyError


def classes(module) -> dict[str, type]:
    return dict(inspect.getmembers(module, inspect.isclass))


def tree(docstring: str) -> dict[str, str]:
    """Return name → parent as the docstring draws them; None for the roots."""
    above: list[tuple[int, str]] = []
    parents = {}
    for match in re.finditer(r"^([│├└─ ]*)(\w+Error)\b", docstring, re.MULTILINE):
        depth = len(match[1])
        above = [entry for entry in above if entry[0] < depth]
        parents[match[2]] = above[-1][1] if above else ""
        above.append((depth, match[2]))
    return parents


def test_the_tree_that_is_drawn_is_the_tree():
    drawn = tree(errors.__doc__)
    known = classes(shared) | classes(errors)
    assert {
        name for name, each in classes(errors).items() if each.__module__ == errors.__name__
    } <= drawn.keys()
    for name, parent in drawn.items():
        assert not parent or issubclass(known[name], known[parent]), name
        assert issubclass(known[name], DdvoicesError), name


def test_an_error_of_a_status_is_one_of_requests():
    for each in classes(errors).values():
        if issubclass(each, errors.StatusError):
            assert issubclass(each, requests.HTTPError)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "UnauthorizedError"),
        (402, "PaymentRequiredError"),
        (403, "ForbiddenError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (429, "RateLimitedError"),
        (500, "ServerError"),
        (599, "ServerError"),
        (418, "StatusError"),
        (304, "StatusError"),
    ],
)
def test_the_class_of_a_status(status, name):
    assert errors.status_error_class(status).__name__ == name


def test_exit_codes():
    assert errors.UnauthorizedError.exit_code is ExitCode.KEY
    assert errors.InvalidOptionError.exit_code is ExitCode.USAGE
    assert errors.InvalidKeyError.exit_code is ExitCode.KEY
    assert errors.ForbiddenError.exit_code is ExitCode.ERROR


def test_public_names_are_there():
    assert ddvoices.client.__all__ == sorted(ddvoices.client.__all__)
    for name in ddvoices.client.__all__:
        assert getattr(ddvoices.client, name).__name__ == name
    with pytest.raises(AttributeError):
        ddvoices.client.nothing  # noqa: B018 - the look-up is the test


def test_importing_the_package_costs_nothing():
    code = "import sys, ddvoices.client; print([m for m in ('requests', 'keyring') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("argument", "environ", "key"),
    [
        ("dd-1", {"DEEPDUB_API_KEY": "dd-2"}, "dd-1"),
        (None, {"DEEPDUB_API_KEY": "dd-2"}, "dd-2"),
        ("", {"DEEPDUB_API_KEY": "dd-2"}, "dd-2"),
        (" dd-1\r\n", {}, "dd-1"),
        ("private", {}, "private"),
    ],
)
def test_keys(argument, environ, key):
    with DeepdubClient(api_key=argument, environ=environ) as client:
        assert client.api_key == key
        assert key not in repr(client)


@pytest.mark.parametrize("key", [None, "", " \n", "dd-\x00", "dd-1\r\nX-Evil: 1", "dd-1 2", "dd-é"])
def test_what_is_no_key(key):
    with pytest.raises(InvalidKeyError) as caught:
        DeepdubClient(api_key=key, environ={})
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, MissingKeyError)
    assert not key or not key.strip() or key not in str(caught.value)


def test_a_missing_key_says_what_to_set():
    with pytest.raises(ValueError, match="no API key: pass api_key or set DEEPDUB_API_KEY"):
        DeepdubClient(environ={})


@pytest.mark.parametrize("extra", [{"timeout": 0}, {"timeout": -1}, {"max_retries": -1}])
def test_extras_that_make_no_sense(extra):
    with pytest.raises(ValueError, match="must be greater than 0"):
        DeepdubClient(api_key="dd-1", environ={}, **extra)


@pytest.mark.parametrize(
    ("rest", "socket", "both"),
    [
        (errors.RateLimitedError, errors.GenerationRateLimitError, errors.RateLimitError),
        (errors.PaymentRequiredError, errors.GenerationCreditsError, errors.InsufficientCreditsError),
        (errors.BadRequestError, errors.GenerationInputError, errors.InvalidInputError),
    ],
)
def test_what_goes_wrong_has_one_name_over_every_surface(rest, socket, both):
    assert issubclass(rest, both)
    assert issubclass(rest, errors.StatusError)
    assert issubclass(socket, both)
    assert issubclass(socket, errors.GenerationError)


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (errors.NoConnectionError, requests.ConnectionError),
        (errors.ConnectionLostError, requests.ConnectionError),
        (errors.NoAnswerError, TimeoutError),
        (errors.StatusError, requests.HTTPError),
    ],
)
def test_code_that_catches_what_the_official_client_raises_goes_on_to_do_so(kind, other):
    assert issubclass(kind, other)
    if kind is not errors.StatusError:
        assert str(kind("one line")) == "one line"
