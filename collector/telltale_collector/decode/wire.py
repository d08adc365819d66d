"""Protobuf's wire format, field by field: for bodies that the strict decoder refuses or that are large."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, GROUP, GROUP_END, FIXED32 = range(6)

_LONGEST_VARINT = 10
_LARGEST_KEY = 2**32

Field = tuple[int, int, int, int, int]
"""Number, wire type, and offsets: of the field, of its content, behind it."""


class Unreadable(ValueError):
    """The bytes are not a sequence of fields; the text says what is wrong with them."""


def fields(data: bytes, start: int, end: int) -> Iterator[Field]:
    """The fields of the message ``data[start:end]``; a group is one field.

    Raises:
        Unreadable: from here on the bytes are no fields.
    """
    at = start
    while at < end:
        key, content = varint(data, at, end)
        number, kind = key >> 3, key & 7
        if not number or key >= _LARGEST_KEY:
            raise Unreadable("a field has no valid number")
        if kind == BYTES:
            size, content = varint(data, content, end)
            after = content + size
        else:
            after = _end(data, content, end, number, kind)
        if after > end:
            raise Unreadable("a field is longer than the message around it")
        yield number, kind, at, content, after
        at = after


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable-length integer and the offset behind it.

    Raises:
        Unreadable: it is cut short or too long.
    """
    if at < end and (first := data[at]) < 0x80:
        return first, at + 1
    value = 0
    for shift in range(min(_LONGEST_VARINT, end - at)):
        byte = data[at + shift]
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at + shift + 1
    raise Unreadable("a number is cut short" if end - at < _LONGEST_VARINT else "a number has more than 64 bits")


def length_delimited(number: int, content: bytes) -> bytes:
    """``content`` as field ``number``: a text, bytes or a message."""
    return _varint_bytes(number << 3 | BYTES) + _varint_bytes(len(content)) + content


def _varint_bytes(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _end(data: bytes, content: int, end: int, number: int, kind: int) -> int:
    if kind == VARINT:
        return varint(data, content, end)[1]
    if kind == FIXED64:
        return content + 8
    if kind == FIXED32:
        return content + 4
    if kind == GROUP:
        return _group_end(data, content, end, number)
    raise Unreadable("a field has an unknown wire type")


def _group_end(data: bytes, at: int, end: int, number: int) -> int:
    """The offset behind a group, those inside it included."""
    open_groups = [number]
    while open_groups:
        key, at = varint(data, at, end)
        number, kind = key >> 3, key & 7
        if kind == GROUP:
            open_groups.append(number)
        elif kind == GROUP_END:
            if open_groups.pop() != number:
                raise Unreadable("a group is closed that was not opened")
        elif kind == BYTES:
            size, at = varint(data, at, end)
            at += size
        else:
            at = _end(data, at, end, number, kind)
    return at
