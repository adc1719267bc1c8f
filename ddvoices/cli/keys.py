"""The key for a region, and whether it may go where the region is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ddvoices.errors import UntrustedEndpointError

if TYPE_CHECKING:
    from ddvoices.auth import Key
    from ddvoices.client import Endpoints


def key_for(endpoints: Endpoints) -> Key:
    """Return the key for a region.

    Raises:
        MissingKeyError: there is none.
        UntrustedEndpointError: it is a stored one, and only the catalog says that it goes there.
    """
    from ddvoices.auth import find_key

    key = find_key(endpoints.region, environ=os.environ)
    check_source(key, endpoints)
    return key


def check_source(key: Key, endpoints: Endpoints) -> None:
    """Refuse to send a key of the keyring to a local service that only a catalog names."""
    from ddvoices.auth import KEYRING

    if key.source == KEYRING:
        check_stored(endpoints)


def check_stored(endpoints: Endpoints) -> None:
    """Refuse endpoints that a key of the keyring must not go to.

    A local service is for keys that are made up, and those are in the environment. Another user of this
    machine may listen there, and a catalog may be anybody's.

    Raises:
        UntrustedEndpointError: see above.
    """
    from ddvoices.auth import region_variable
    from ddvoices.client import named_by_environment

    variable = region_variable(endpoints.region)
    for url in endpoints.urls:
        if not named_by_environment(url, os.environ):
            raise UntrustedEndpointError(
                f"{url}: a stored key goes to Deepdub, and where the environment says: set "
                f"DDVOICES_TRUSTED_HOSTS if you trust it, or give it a key by {variable}"
            )
