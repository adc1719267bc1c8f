"""What is fuzzed: for each, what must hold of any bytes, and where bytes come from that get far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fuzz import catalog_folders, open_socket, spoken_to, stream_socket
from fuzz.audio_files import PARTED, check_audio, check_wav
from fuzz.batch_scripts import check_batch
from fuzz.lock_files import check_lock
from fuzz.lock_inputs import ANY_LOCK
from fuzz.plan_files import check_plan
from fuzz.plan_inputs import ANY_PLAN
from fuzz.recordings_of_any_kind import ANY_RECORDING, ANY_WAV
from fuzz.rest_answers import check_rest
from fuzz.rest_inputs import ANY_ANSWERS
from fuzz.script_inputs import ANY_SCRIPT
from fuzz.socket_inputs import scripts, spoken
from fuzz.yaml_files import check_yaml
from fuzz.yaml_inputs import ANY_SETTINGS, ANY_VOICES, ANY_YAML
from hypothesis import strategies as st


class Target(NamedTuple):
    """``check`` raises where something that must hold of any bytes doesn't; ``inputs`` are worth a try.

    ``few`` is how many are tried by default.
    """

    check: Callable[[bytes], None]
    inputs: st.SearchStrategy[bytes]
    few: int = 100


TARGETS: Mapping[str, Target] = {
    "catalog": Target(
        catalog_folders.check_catalog,
        st.tuples(ANY_SETTINGS, st.lists(ANY_VOICES | ANY_YAML, max_size=3)).map(
            lambda files: catalog_folders.PARTED.join((files[0], *files[1]))
        ),
    ),
    "yaml": Target(check_yaml, ANY_YAML),
    "batch": Target(check_batch, ANY_SCRIPT),
    "plan": Target(check_plan, ANY_PLAN),
    "lock": Target(check_lock, ANY_LOCK),
    "rest": Target(check_rest, ANY_ANSWERS),
    "open": Target(open_socket.check_open, scripts(*open_socket.ACTS)),
    "stream": Target(stream_socket.check_stream, scripts(*stream_socket.ACTS)),
    "channel": Target(
        spoken_to.check_channel, spoken(spoken_to.FIRST, spoken_to.SECOND, spoken_to.ASKED), few=40
    ),
    "audio": Target(check_audio, ANY_RECORDING),
    "wav": Target(
        check_wav, st.lists(ANY_WAV | st.binary(max_size=9), min_size=1, max_size=3).map(PARTED.join)
    ),
}
