"""Changes to an input that keep its form: random bytes are refused at the door, and try nothing behind it.

A form takes a base apart once; after that each call gives the base with one change, by splicing bytes. Messages and
values of a second input, the donor, come into it. That makes an input in some millionths of a second.
"""

import re
from bisect import bisect_left
from typing import NamedTuple

from fuzz_target import Rng, pick

from telltale_collector.decode.wire import BYTES, FIXED32, FIXED64, VARINT, Unreadable, fields, length_delimited

_BYTES = [
    b"",
    b"\x00",
    b"\xff",
    b"\x80" * 11,
    b"caf\xe9",
    b"\xed\xa0\x80",
    bytes(8),
    bytes(16),
    b"\x0a\x00",
    b"\x2a\x00",
]
_LENGTHS = [1, 1, 2, 4, 8, 16, 64]


def changed_bytes(data: bytes, rng: Rng) -> bytes:
    """A stretch taken out, repeated, replaced or moved, or one byte changed: for what has no form to keep."""
    if not data:
        return pick(_BYTES, rng)
    start = int(rng() * len(data))
    end = start + pick(_LENGTHS, rng)
    change = int(rng() * 6)
    if change == 0:
        return data[:start] + data[end:]
    if change == 1:
        return data[:end] + data[start:end] * pick((1, 2, 40), rng) + data[end:]
    if change == 2:
        return data[:start] + pick(_BYTES, rng) + data[end:]
    if change == 3:
        at = int(rng() * len(data))
        return data[:at] + data[start:end] + data[at:]
    return data[:start] + bytes((int(rng() * 256),)) + data[start + 1 :]


class BytesForm:
    """What has no form. The donor gives a stretch now and then."""

    def __init__(self, data: bytes, donor: bytes) -> None:
        self._data = data
        self._donor = donor

    def change(self, rng: Rng) -> bytes:
        if rng() < 0.9:
            return changed_bytes(self._data, rng)
        at, start = int(rng() * (len(self._data) + 1)), int(rng() * (len(self._donor) + 1))
        return self._data[:at] + self._donor[start : start + pick((4, 16, 64), rng)] + self._data[at:]

    def thin(self, rng: Rng) -> bytes:
        start = int(rng() * (len(self._data) + 1))
        return self._data[:start] + self._data[start + 16 :]


# --- protobuf ---------------------------------------------------------------------------------------------------------

_DEEPEST = 12
_VARINTS = [b"\x00", b"\x01", b"\x7f", b"\x80\x01", b"\xff" * 4 + b"\x07", b"\xff" * 8 + b"\x7f", b"\xff" * 9 + b"\x01"]
_FIXED = [bytes(8), b"\xff" * 8, b"\xff" * 7 + b"\x7f", b"\x00" * 6 + b"\xf0\x7f", b"\x00" * 6 + b"\xf8\x7f", b"\1" * 8]


class Around(NamedTuple):
    """A message that a field lies in: its field's tag, where its length, its content and what follows begin."""

    start: int
    length: int
    content: int
    end: int


class Part(NamedTuple):
    """A field at any depth. ``around`` are the messages it lies in, the innermost first."""

    number: int
    kind: int
    start: int
    content: int
    end: int
    around: tuple[Around, ...]


class ProtobufForm:
    """One field, at any depth, is taken out, repeated, cut, wrapped, replaced, given another number or another value.

    The lengths of the messages around it are mended.
    """

    def __init__(self, data: bytes, donor: bytes) -> None:
        self._data = data
        self._parts = _parts(data, 0, len(data), ())
        self._given = [donor[part.start : part.end] for part in _parts(donor, 0, len(donor), ())]

    def change(self, rng: Rng) -> bytes:
        if not self._parts or rng() < 0.1:
            return changed_bytes(self._data, rng)
        part = pick(self._parts, rng)
        if self._given and rng() < 0.15:
            return self._spliced(part, pick(self._given, rng) + self._data[part.start : part.end])
        return self._spliced(part, _changed_field(self._data, part, rng))

    def thin(self, rng: Rng) -> bytes:
        """Messages go, attributes and the like: an item's ids and the frame around items stay."""
        messages = {part.around[0].start for part in self._parts if part.around}
        inner = [part for part in self._parts if len(part.around) > 2 and part.start in messages]
        return self._spliced(pick(inner, rng), b"") if inner else self._data

    def _spliced(self, part: Part, new: bytes) -> bytes:
        data, start, end = self._data, part.start, part.end
        for around in part.around:
            size = around.end - around.content - (end - start) + len(new)
            head = data[around.start : around.length] + _varint(size)
            new = head + data[around.content : start] + new + data[end : around.end]
            start, end = around.start, around.end
        return data[:start] + new + data[end:]


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    return bytes((value & 0x7F | 0x80,)) + _varint(value >> 7)


def _parts(data: bytes, start: int, end: int, around: tuple[Around, ...]) -> list[Part]:
    """The fields between two offsets and those in them; none where the bytes are not fields to the end."""
    try:
        found = list(fields(data, start, end))
    except Unreadable:
        return []
    parts = []
    for number, kind, at, content, after in found:
        parts.append(Part(number, kind, at, content, after, around))
        if kind == BYTES and after > content and len(around) < _DEEPEST:
            length = at + (1 if number < 16 else 2)
            parts += _parts(data, content, after, (Around(at, length, content, after), *around))
    return parts


def _changed_field(data: bytes, part: Part, rng: Rng) -> bytes:
    change = int(rng() * 8)
    field = data[part.start : part.end]
    if change == 0:
        return b""
    if change == 1:
        return field * pick((2, 2, 3, 3, 3, 3, 3, 50), rng)
    if change == 2:
        return field[: int(rng() * len(field))]
    if change < 6:
        return _changed_content(data[part.content : part.end], part, change, rng)
    return _changed_value(field, data[part.content : part.end], part, rng)


def _changed_content(content: bytes, part: Part, change: int, rng: Rng) -> bytes:
    if change == 3:
        return length_delimited(part.number, length_delimited(part.number, content))
    if change == 4:
        return length_delimited(1 + int(rng() * 19), content)
    return length_delimited(part.number, pick(_BYTES, rng))


def _changed_value(field: bytes, content: bytes, part: Part, rng: Rng) -> bytes:
    """Another value of the same type; a text or message changed blindly inside its frame."""
    tag = field[: len(field) - len(content)]
    if part.kind == VARINT:
        return tag + pick(_VARINTS, rng)
    if part.kind == FIXED64:
        return tag + pick(_FIXED, rng)
    if part.kind == FIXED32:
        return tag + pick(_FIXED, rng)[4:]
    return length_delimited(part.number, changed_bytes(content, rng))


# --- JSON -------------------------------------------------------------------------------------------------------------

_VALUES = (
    b"null true false 0 -1 1.5 2147483648 9223372036854775808 -9223372036854775808 18446744073709551616 1e308 1e999 "
    b'-0 "" "0" "-1" "NaN" "x" "\\u0000" "\\ud800" "\xed\xa0\x80" "\xf0\x9f\x98\x80" [] {} [[]] [null] {"":{}} '
    b'{"stringValue":1} {"arrayValue":{"values":[{}]}} "ABABABABABABABAB" "00000000000000000000000000000000"'
).split()
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:\s"]+', re.DOTALL)


class JsonForm:
    """One value, at any depth, is taken out, repeated, wrapped, replaced, moved or changed in itself."""

    def __init__(self, data: bytes, donor: bytes) -> None:
        self._data = data
        self._values = _values(data)
        self._starts = [start for start, _ in self._values]
        self._given = [donor[start:end] for start, end in _values(donor)]

    def change(self, rng: Rng) -> bytes:
        if not self._values or rng() < 0.15:
            return changed_bytes(self._data, rng)
        start, end = pick(self._values, rng)
        data = self._data
        change = int(rng() * 7)
        if change == 0:
            return self._without(start, end)
        if change == 1 and self._is_element(start):
            return data[:start] + b",".join([data[start:end]] * pick((2, 2, 3, 20), rng)) + data[end:]
        return data[:start] + self._new(data[start:end], change, rng) + data[end:]

    def thin(self, rng: Rng) -> bytes:
        """Objects go from lists, attributes and the like: an item's ids and the frame around items stay."""
        objects = [
            (start, end)
            for start, end in self._values
            if self._data[start : start + 1] == b"{" and end - start < len(self._data) // 3 and self._is_element(start)
        ]
        return self._without(*pick(objects, rng)) if objects else self._data

    def _is_element(self, start: int) -> bool:
        return self._data[:start].rstrip()[-1:] in {b"[", b","}

    def _new(self, value: bytes, change: int, rng: Rng) -> bytes:
        if change == 2:
            return b"[" + value + b"]"
        if change == 3 and self._given:
            return pick(self._given, rng)
        if change == 4 and value[:1] == b'"':
            return b'"' + changed_bytes(value[1:-1], rng) + b'"'
        return pick(_VALUES, rng)

    def _without(self, start: int, end: int) -> bytes:
        """Without a value, its key and the comma beside it."""
        data = self._data
        at = bisect_left(self._starts, start)
        before = data.rfind(b",", self._starts[at - 1] if at else 0, start)
        brace = max(data.rfind(b"{", 0, start), data.rfind(b"[", 0, start))
        if before > brace:
            return data[:before] + data[end:]
        following = data[end : end + 1] == b","
        return data[: brace + 1] + data[end + following :]


def _values(data: bytes) -> list[tuple[int, int]]:
    """Where the values lie, those in others too, in order of their starts; keys are none."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    for token in _TOKEN.finditer(data):
        kind = token[0][:1]
        if kind in b"[{":
            opened.append(token.start())
        elif kind in b"]}":
            if opened:
                found.append((opened.pop(), token.end()))
        elif kind not in b",:" and data[token.end() : token.end() + 1] != b":":
            found.append(token.span())
    return sorted(found)
