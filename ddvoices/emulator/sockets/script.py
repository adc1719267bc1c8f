"""A stream of text into what is said: sentences, and the tags that switch voice and locale between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"<config\b([^<>]*)>")
_ATTRIBUTES = re.compile(r"""(?:\s+(?:locale|voicePromptId)\s*=\s*(?:"[^"]+"|'[^']+'))+\s*/""")
_ATTRIBUTE = re.compile(r"""\b(\w++)\s*+=\s*(?:"([^"]+)"|'([^']+)')""")
_EMOTION = re.compile(r"\[[^\[\]<>]{1,40}\]")
# A full stop ends a sentence before a space. At the end of what has come so far it does so too, or a text
# sent by sentences would always be one behind; but not after a digit, which may be followed by decimals.
# Each is tried from where a run of stops begins: from each stop, a long run would take its square.
_END = re.compile(
    r"""(?<![.!?…])[.!?…]++["'”’)]*+(?=\s)"""  # noqa: RUF001 - as people write
    r"""|(?:(?<![\d.!?…])|(?<=\d[.!?…]))[.!?…]++["'”’)]*+$"""  # noqa: RUF001 - the same
    r"""|[。！？]+["'”’」』）]*|\n+"""  # noqa: RUF001 - East Asian stops
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to say."""

    text: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Another voice or locale from here on, under the names that requests have for them."""

    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadTag:
    """A tag that can't be read."""

    text: str


Part = Sentence | Switch | BadTag


class Script:
    """Text as it comes in, of which each sentence is handed out as soon as it is finished."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> list[Part]:
        """Take more text and return the parts that it finishes, in order."""
        self._held += text
        parts = self._up_to_last_tag()
        whole, tag = _split_tag(self._held)
        end = max((found.end() for found in _END.finditer(whole)), default=0)
        self._held = whole[end:] + tag
        return parts + _sentences(whole[:end])

    def finish(self) -> list[Part]:
        """Return the parts that are left, finished or not."""
        parts = self._up_to_last_tag()
        whole, tag = _split_tag(self._held)
        self._held = ""
        parts += _sentences(whole)
        return [*parts, BadTag(tag)] if tag.startswith("<config") else parts + _sentences(tag)

    def _up_to_last_tag(self) -> list[Part]:
        """Take the text up to the last whole tag: where a tag stands a sentence ends."""
        parts: list[Part] = []
        at = 0
        for found in _TAG.finditer(self._held):
            parts += [*_sentences(self._held[at : found.start()]), _switch(found)]
            at = found.end()
        self._held = self._held[at:]
        return parts


def _split_tag(text: str) -> tuple[str, str]:
    """Return a text without the tag that has begun at its end, and that beginning."""
    at = text.rfind("<")
    if at < 0 or not ("<config".startswith(text[at:]) or re.match(r"<config\b[^>]*$", text[at:])):
        return text, ""
    return text[:at], text[at:]


def _switch(found: re.Match[str]) -> Part:
    if not _ATTRIBUTES.fullmatch(found[1]):
        return BadTag(found[0])
    return Switch({name: first or second for name, first, second in _ATTRIBUTE.findall(found[1])})


def _sentences(text: str) -> list[Part]:
    """Return the sentences of a text, without what nobody says."""
    ends = [found.end() for found in _END.finditer(text)]
    pieces = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    said = [_EMOTION.sub(" ", piece).strip() for piece in pieces]
    return [Sentence(piece) for piece in said if re.search(r"\w", piece)]
