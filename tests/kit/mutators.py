"""Changes to an input that keep its form: random bytes are refused at the door, and try nothing behind it."""

import random
from typing import Any

import orjson

from telltale_collector.decode.wire import BYTES, Unreadable, fields, length_delimited

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
_JSON: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        2**31,
        2**63,
        -(2**63),
        1e308,
        "",
        "0",
        "-1",
        "NaN",
        "x",
        "\0",
        "\ud7ff",
        "\ufdd0",
    ),
    *([], {}, [[]], [None], {"": {}}, "00" * 16, "AB" * 8, {"stringValue": 1}, {"arrayValue": {"values": [{}]}}),
]


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    """A stretch taken out, repeated, replaced or moved, or one byte changed: for what has no form to keep."""
    if not data:
        return chance.choice(_BYTES)
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice([1, 1, 2, 4, 8, 16, 64]))
    change = chance.randrange(6)
    if change == 0:
        return data[:start] + data[end:]
    if change == 1:
        return data[:end] + data[start:end] * chance.choice([1, 2, 40]) + data[end:]
    if change == 2:
        return data[:start] + chance.choice(_BYTES) + data[end:]
    if change == 3:
        at = chance.randrange(len(data))
        return data[:at] + data[start:end] + data[at:]
    return data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]


def mutate_protobuf(data: bytes, chance: random.Random) -> bytes:
    """One field, at any depth, taken out, repeated, cut, wrapped, replaced or moved to another number."""
    if chance.random() < 0.1:
        return mutate_bytes(data, chance)
    return _message(data, chance)


def _message(data: bytes, chance: random.Random) -> bytes:
    try:
        found = list(fields(data, 0, len(data)))
    except Unreadable:
        return mutate_bytes(data, chance)
    if not found:
        return data + length_delimited(chance.randrange(1, 20), chance.choice(_BYTES))
    number, kind, start, content, end = chance.choice(found)
    if kind == BYTES and chance.random() < 0.75:
        return data[:start] + length_delimited(number, _message(data[content:end], chance)) + data[end:]
    return data[:start] + _changed(data[start:end], number, data[content:end], chance) + data[end:]


def _changed(field: bytes, number: int, content: bytes, chance: random.Random) -> bytes:
    change = chance.randrange(7)
    if change == 0:
        return b""
    if change == 1:
        return field * chance.choice([2, 3, 50])
    if change == 2:
        return field[: chance.randrange(len(field))]
    if change == 3:
        return length_delimited(number, length_delimited(number, content))
    if change == 4:
        return length_delimited(chance.randrange(1, 20), content)
    if change == 5:
        return length_delimited(number, chance.choice(_BYTES))
    return mutate_bytes(field, chance)


def mutate_json(data: bytes, chance: random.Random) -> bytes:
    """One value, at any depth, taken out, repeated, wrapped or replaced; or the text changed blindly."""
    if chance.random() < 0.2:
        return mutate_bytes(data, chance)
    try:
        return orjson.dumps(_node(orjson.loads(data), chance))
    except (orjson.JSONDecodeError, TypeError):  # no JSON any more, or an integer over 64 bits
        return mutate_bytes(data, chance)


def _node(node: Any, chance: random.Random) -> Any:
    if isinstance(node, dict) and node and chance.random() < 0.9:
        key = chance.choice(list(node))
        if chance.random() < 0.05:
            return {other: value for other, value in node.items() if other != key}
        return node | {key: _node(node[key], chance)}
    if isinstance(node, list) and node and chance.random() < 0.9:
        at = chance.randrange(len(node))
        repeated = [node[at]] * chance.choice([0, 1, 1, 1, 1, 1, 2])
        return [*node[:at], *(_node(element, chance) for element in repeated), *node[at + 1 :]]
    if isinstance(node, str) and chance.random() < 0.4:
        return node[: chance.randrange(len(node) + 1)] + str(chance.choice(["", "\0", "é", "😀", "0", "-", node]))
    return chance.choice(_JSON)
