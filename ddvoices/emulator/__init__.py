"""A Deepdub service on this machine: for tests, demonstrations, and trying a pipeline out.

It is built from Deepdub's documents alone and shares no code with the client, so that a bug in one can't hide
in the other. ``run`` is the way in; the modules below it:

``settings``, ``options``
    what can be chosen, for an account and for the process
``accounts``, ``state``
    who is asking, and what is stored
``exchange``, ``wire``, ``sniff``, ``voices``, ``tts``, ``retro``, ``classify``, ``rest``
    the service itself: a ``Call`` in, an ``Answer`` out, no sockets
``languages``, ``take``, ``speech``, ``worker``, ``espeak``, ``backend``
    real speech from espeak-ng, and what handlers work with
``resample``, ``encode``, ``opus``, ``mulaw``
    samples into the rates and formats that can be asked for
``wav``, ``pitch``, ``formants``, ``gender``
    who speaks in a recording
``faults``, ``spoil``
    which calls go wrong, and what that looks like on the socket
``traffic``, ``gate``, ``sockets``, ``control``, ``server``
    the log, the ways in, what tests may look at and turn, and the process
"""

from __future__ import annotations

from ddvoices.emulator.options import Options
from ddvoices.emulator.settings import Settings, SettingsError

__all__ = ["Options", "Settings", "SettingsError", "run"]


def run(options: Options) -> int:
    """Serve until a signal ends it, and return the exit code: 0 for SIGTERM, 130 for SIGINT.

    Once it listens, three lines go to stdout, the first of them ``DEEPDUB_BASE_URL=http://HOST:PORT/api/v1``.

    Raises:
        EmulatorError: it can't start; the message says why.
    """
    from ddvoices.emulator.server import serve

    return serve(options)
