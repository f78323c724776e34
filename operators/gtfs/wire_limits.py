"""Refuse a GTFS-Realtime message that is larger than any network tells, by its bytes, before memory is taken for it. Pure.

An empty stop time update has two bytes on the wire and some eighty in memory, so a limit of bytes alone is none. The wire
format of protocol buffers says how long each field is: entities and calls are counted without decoding them.
"""

from collections.abc import Iterator

from operators.errors import BadReply

MAX_BYTES = 64 * 1024 * 1024
# What is smaller takes little memory, whatever is in it.
_SMALL = 1024 * 1024
# Entities with what they consist of: a call is one, so is the name of a trip.
MAX_PARTS = 2_500_000
# Of alerts, and of all else that is no trip update and no position.
MAX_OTHER_BYTES = 8 * 1024 * 1024
# Numbers of fields (gtfs-realtime.proto) and types of the wire.
_ENTITY, _TRIP_UPDATE, _VEHICLE = 2, 3, 4
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_WIDTHS = {_FIXED_64: 8, _FIXED_32: 4}
# The bit of a byte that says that more of its number follows, and how many bytes a number has at most.
_MORE, _MOST = 128, 10


def check(content: bytes) -> None:
    """Refuse a message that is too large; raises BadReply."""
    if len(content) > MAX_BYTES:
        raise BadReply(f"the real-time message is larger than {MAX_BYTES} bytes")
    if len(content) > _SMALL:
        _Count(content).message()


class _Count:
    """Counts the parts of one message."""

    def __init__(self, content: bytes) -> None:
        self._content, self._parts, self._other_bytes = content, 0, 0

    def message(self) -> None:
        """Count what a message consists of, down to the calls of its trips."""
        for number, begin, end in self._fields(0, len(self._content)):
            if number != _ENTITY:
                continue
            for kind, inside, inside_end in self._fields(begin, end):
                if kind in {_TRIP_UPDATE, _VEHICLE}:
                    for _ in self._fields(inside, inside_end):
                        pass
                else:
                    self._other_bytes += inside_end - inside
            if self._other_bytes > MAX_OTHER_BYTES:
                raise BadReply(f"the real-time message has more than {MAX_OTHER_BYTES} bytes of alerts")

    def _fields(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The fields between two places: the number of each, and where its value begins and ends."""
        at = begin
        while at < end:
            self._parts += 1
            if self._parts > MAX_PARTS:
                raise BadReply(f"the real-time message has more than {MAX_PARTS} parts")
            key, at = self._number(at)
            width, inside = _WIDTHS.get(key & 7, 0), at
            if key & 7 == _VARINT:
                _, at = self._number(at)
            elif key & 7 == _BYTES:
                length, inside = self._number(at)
                at = inside + length
            elif width:
                at += width
            else:
                raise _unreadable()
            if at > end:
                raise _unreadable()
            yield key >> 3, inside, at

    def _number(self, at: int) -> tuple[int, int]:
        """Read a number of the wire, seven bits a byte; answers it with the place behind it."""
        value = bits = 0
        for byte in self._content[at : at + _MOST]:
            at += 1
            if byte < _MORE:
                return value | byte << bits, at
            value |= (byte & (_MORE - 1)) << bits
            bits += 7
        raise _unreadable()


def _unreadable() -> BadReply:
    return BadReply("the real-time message cannot be read: these bytes are no fields")
