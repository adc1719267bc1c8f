"""MP3 files: the tags around the audio, and the frames that tell that it is audio."""

from __future__ import annotations

from ddvoices.audio.filebytes import Data

_BITRATES = {  # kbit/s of layer III by the header's index; 0 (free) and 15 (bad) aren't used
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_ID3V1 = 128
_TAG_PLUS = 227
_APE = 32
# How far behind the tags a stream that was cut out of another may begin.
_SEARCHED = 4096


def audio_extent(data: Data) -> tuple[int, int]:
    """Return where the audio begins and ends: what is left without ID3v2, ID3v1, TAG+ and APE tags.

    Tags of all kinds are taken off both ends until none is left. Frozen: the sound hash is defined by it.
    """
    start, end = 0, len(data)
    while length := _id3v2_at(data, start, end) or _ape_before_audio(data, start, end):
        start += length
    while length := _tag_behind(data, start, end):
        end -= length
    return start, end


def frame_length(data: Data, offset: int) -> int:
    """Return the length in bytes of the layer III frame at ``offset``; 0 if there is none."""
    head = int.from_bytes(data[offset : offset + 4], "big")
    version, layer = head >> 19 & 3, head >> 17 & 3
    bitrate, rate, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if head >> 21 != 0x7FF or version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return 0
    mpeg1 = version == 3
    return (144 if mpeg1 else 72) * _BITRATES[mpeg1][bitrate] * 1000 // _RATES[version][rate] + padding


def is_mp3(data: Data) -> bool:
    """Tell whether there are three layer III frames in a row (fewer if the audio ends) near the start."""
    start, end = audio_extent(data)
    near, found = data[start : min(end, start + _SEARCHED)], -1
    while (found := near.find(b"\xff", found + 1)) >= 0:
        if _frames_follow(data, start + found, end, at_start=found == 0):
            return True
    return False


def _frames_follow(data: Data, offset: int, end: int, *, at_start: bool) -> bool:
    for _ in range(3):
        length = frame_length(data, offset)
        if not length:
            return False
        offset += length
        if offset >= end:  # a file of one or two frames; deeper in, that would be chance
            return at_start
    return True


def _id3v2_at(data: Data, start: int, end: int) -> int:
    """Return the length of the ID3v2 tag that begins at ``start``, else 0."""
    head = data[start : min(start + 10, end)]
    if len(head) < 10 or head[:3] != b"ID3" or 0xFF in head[3:5] or max(head[6:10]) > 0x7F:
        return 0
    length = 10 + _synchsafe(head) + (10 if head[5] & 0x10 else 0)
    return length if start + length <= end else 0


def _ape_before_audio(data: Data, start: int, end: int) -> int:
    """Return the length of the APEv2 tag that begins at ``start`` with its header, else 0."""
    head = data[start : min(start + _APE, end)]
    if len(head) < _APE or head[:8] != b"APETAGEX" or not head[23] & 0x20:
        return 0
    length = _APE + int.from_bytes(head[12:16], "little")
    return length if start + length <= end else 0


def _tag_behind(data: Data, start: int, end: int) -> int:
    """Return the length of the tag that ends at ``end``, else 0.

    ID3v1 is asked last: three letters are all that it is known by, and they are in the header of an APE tag,
    ``APETAGEX``, which may stand 131 bytes before the end.
    """
    return _ape_behind(data, start, end) or _id3v2_behind(data, start, end) or _id3v1_before(data, start, end)


def _id3v1_before(data: Data, start: int, end: int) -> int:
    if end - start < _ID3V1 or data[end - _ID3V1 : end - _ID3V1 + 3] != b"TAG":
        return 0
    plus = end - _ID3V1 - _TAG_PLUS
    return _ID3V1 + (_TAG_PLUS if plus >= start and data[plus : plus + 4] == b"TAG+" else 0)


def _ape_behind(data: Data, start: int, end: int) -> int:
    foot = data[max(start, end - _APE) : end]
    if len(foot) < _APE or foot[:8] != b"APETAGEX" or foot[23] & 0x20:
        return 0
    length = int.from_bytes(foot[12:16], "little") + (_APE if foot[23] & 0x80 else 0)
    return length if _APE <= length <= end - start else 0


def _id3v2_behind(data: Data, start: int, end: int) -> int:
    foot = data[max(start, end - 10) : end]
    if len(foot) < 10 or foot[:3] != b"3DI" or max(foot[6:10]) > 0x7F:
        return 0
    length = 20 + _synchsafe(foot)
    return length if length <= end - start and data[end - length : end - length + 3] == b"ID3" else 0


def _synchsafe(head: bytes) -> int:
    """Return the 28 bits of an ID3v2 size."""
    return head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
