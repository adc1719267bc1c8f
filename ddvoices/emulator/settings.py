"""What can be set for an account: its limits, and how the service behaves where the facts are unknown.

``Settings`` is the one source: the flags of the command, the control route and the table in the documentation
are all derived from its fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from ddvoices.errors import DdvoicesError


class SettingsError(DdvoicesError):
    """A setting is unknown, or its value is none that it can have."""


class EchoSpeakerId(StrEnum):
    """Whether ``speakerId`` comes back."""

    YES = "yes"
    NO = "no"
    OWN = "own"


class NameOnPost(StrEnum):
    """What ``POST /voice`` does with ``name``."""

    KEPT = "kept"
    IGNORED = "ignored"


class GenderCase(StrEnum):
    """How genders are spelled in answers."""

    UPPER = "upper"
    LOWER = "lower"


class ListOrder(StrEnum):
    """The order of a listing."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RANDOM = "random"


class Unset(StrEnum):
    """How a string that was never set appears."""

    EMPTY = "empty"
    ABSENT = "absent"
    NULL = "null"


class ListShape(StrEnum):
    """Whether answers about voices are wrapped in an object."""

    WRAPPED = "wrapped"
    BARE = "bare"


class WavHeader(StrEnum):
    """Which header the pieces of a WAV carry."""

    WIDE = "wide"
    PLAIN = "plain"
    FIRST = "first"
    LIST = "list"


class Frames(StrEnum):
    """Which frames carry the service's messages."""

    TEXT = "text"
    BINARY = "binary"


class LastChunk(StrEnum):
    """What the last message of a generation carries."""

    EMPTY = "empty"
    AUDIO = "audio"


class ErrorIds(StrEnum):
    """Which of ``generationId`` and ``errorType`` an error carries."""

    BOTH = "both"
    NO_TYPE = "no_type"
    NO_ID = "no_id"
    NONE = "none"


class Greeting(StrEnum):
    """What is said first on a new connection."""

    STATUS = "status"
    ERROR = "error"
    NONE = "none"


def _says(text: str, *, minimum: int | None = None) -> dict[str, Any]:
    return {"help": text, "minimum": minimum}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one account; None means "no limit"."""

    max_voices: int = field(
        default=1000, metadata=_says("Voices an account may hold; one more is 403.", minimum=0)
    )
    max_concurrent: int = field(
        default=5, metadata=_says("Requests under way at once; one more is 429.", minimum=1)
    )
    max_audio_bytes: int = field(
        default=20 * 2**20, metadata=_says("Size of a sample, decoded; more is 400.", minimum=1)
    )
    credits: int | None = field(
        default=None, metadata=_says("Generations an account may make; one more is 402.", minimum=0)
    )
    latency_ms: int = field(default=0, metadata=_says("Wait before each request is carried out.", minimum=0))
    list_default: int = field(
        default=100, metadata=_says("Voices in a listing that names no limit.", minimum=1)
    )
    list_max_limit: int | None = field(
        default=None, metadata=_says("Highest limit that a listing accepts; above it 400.", minimum=1)
    )
    list_cap: int | None = field(
        default=None, metadata=_says("Most voices in any listing, whatever its limit; silent.", minimum=1)
    )
    list_order: ListOrder = field(default=ListOrder.NEWEST, metadata=_says("Order of a listing."))
    list_shape: ListShape = field(
        default=ListShape.WRAPPED,
        metadata=_says("Voices in an envelope, or bare as in Deepdub's older documentation."),
    )
    echo_speaker_id: EchoSpeakerId = field(
        default=EchoSpeakerId.YES,
        metadata=_says("speakerId as it was sent; not at all; or one of the service's own."),
    )
    published_hidden: bool = field(
        default=False, metadata=_says("Leave published voices out of the listing; GET by id knows them.")
    )
    name_on_post: NameOnPost = field(
        default=NameOnPost.KEPT, metadata=_says("What POST does with name; ignored: the title is used.")
    )
    visible_after_ms: int = field(
        default=0, metadata=_says("A new voice can be read only after this time.", minimum=0)
    )
    gender_case: GenderCase = field(
        default=GenderCase.UPPER, metadata=_says("Spelling of genders in answers.")
    )
    unset: Unset = field(
        default=Unset.EMPTY, metadata=_says("How a string that was never set appears in answers.")
    )
    retro_delay_ms: int = field(
        default=0, metadata=_says("Retroactive speech can be fetched only after this time.", minimum=0)
    )
    max_text_chars: int | None = field(
        default=None,
        metadata=_says("Characters of one generation on a socket; more is MaxExceeded.", minimum=1),
    )
    chunk_ms: int | None = field(
        default=250, metadata=_says("Audio in each message of a socket; null: all in one.", minimum=1)
    )
    pace_percent: int = field(
        default=0,
        metadata=_says("Wait between chunks, in percent of what they last; 100 is as spoken.", minimum=0),
    )
    first_audio_ms: int = field(
        default=0, metadata=_says("Wait before the first chunk of a generation.", minimum=0)
    )
    wav_header: WavHeader = field(
        default=WavHeader.WIDE,
        metadata=_says("Header of each WAV chunk: 68 bytes, 44, the first's only, or more with a LIST."),
    )
    frames: Frames = field(default=Frames.TEXT, metadata=_says("Frames that carry a socket's messages."))
    ack: bool = field(
        default=False, metadata=_says("Acknowledge a generation on /open first, without an index.")
    )
    last_chunk: LastChunk = field(
        default=LastChunk.EMPTY, metadata=_says("What the message that ends a generation on /open carries.")
    )
    error_ids: ErrorIds = field(
        default=ErrorIds.BOTH,
        metadata=_says("Which of generationId and errorType an error on /open carries."),
    )
    gender_echo: bool = field(
        default=False, metadata=_says("gender-classify answers with the generationId of its request.")
    )
    gender_delay_ms: int = field(
        default=0, metadata=_says("Wait before gender-classify is answered.", minimum=0)
    )
    is_final: bool = field(default=True, metadata=_says("isFinal ends a turn on /ws."))
    stream_actions: bool = field(
        default=False, metadata=_says("Audio on /ws carries an action, stream-audio.")
    )
    greeting: Greeting = field(
        default=Greeting.STATUS, metadata=_says("First message on /ws; error leaves the session open.")
    )
    idle_close_ms: int | None = field(
        default=None,
        metadata=_says("Close a socket without a message and work for so long, with 1001.", minimum=1),
    )

    def merged(self, changes: Mapping[str, Any]) -> Settings:
        """Return these settings with ``changes`` made, each given as JSON has it.

        Raises:
            SettingsError: an unknown name or an unfit value; the message names it.
        """
        kinds = {kind.name: kind for kind in describe()}
        for name in changes:
            if name not in kinds:
                raise SettingsError(f"{name}: no such setting; there are {', '.join(kinds)}")
        return dataclasses.replace(self, **{name: kinds[name].read(value) for name, value in changes.items()})

    def as_json(self) -> dict[str, Any]:
        """Return every setting under its name."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingKind:
    """What is known of one setting: for flags, for documentation, and to check a value.

    ``type`` is ``int``, ``bool`` or one of the enums; ``optional`` says that None may stand for "no limit".
    """

    name: str
    type: type[int | StrEnum]
    optional: bool
    default: Any
    help: str
    minimum: int | None

    def read(self, value: Any) -> Any:
        """Return the setting's value for a JSON ``value``.

        Raises:
            SettingsError: the value doesn't fit.
        """
        if value is None and self.optional:
            return None
        if issubclass(self.type, StrEnum):
            return self._read_word(value)
        if self.type is bool:
            return self._checked(value, fits=isinstance(value, bool), wanted="true or false")
        whole = isinstance(value, int) and not isinstance(value, bool)
        wanted = f"a whole number from {self.minimum}" + (", or null" if self.optional else "")
        return self._checked(value, fits=whole and value >= (self.minimum or 0), wanted=wanted)

    def _read_word(self, value: Any) -> StrEnum:
        words = [str(word) for word in self.type]  # type: ignore[union-attr] # narrowed by the caller
        self._checked(value, fits=value in words, wanted=f"one of {', '.join(words)}")
        return self.type(value)  # type: ignore[return-value] # narrowed by the caller

    def _checked(self, value: Any, *, fits: bool, wanted: str) -> Any:
        if not fits:
            raise SettingsError(f"{self.name}: must be {wanted}, not {value!r}")
        return value


def describe() -> tuple[SettingKind, ...]:
    """Return what is known of each setting, in the order of the fields."""
    hints = get_type_hints(Settings)
    return tuple(_kind(each, hints[each.name]) for each in dataclasses.fields(Settings))


def _kind(setting: dataclasses.Field[Any], hint: Any) -> SettingKind:
    arms = [arm for arm in get_args(hint) or (hint,) if arm is not type(None)]
    return SettingKind(
        name=setting.name,
        type=arms[0],
        optional=len(get_args(hint)) > 1,
        default=setting.default,
        help=setting.metadata["help"],
        minimum=setting.metadata["minimum"],
    )
