"""Compressed bodies, in chunks: pieces of bounded size or a declared error; the first bytes say which and how."""

from fuzz_target import Target
from mutators import BytesForm

from telltale_collector.errors import TelltaleError
from telltale_collector.receive.inflate import PIECE_BYTES, inflater

ENCODINGS = ["gzip", "deflate", "zstd", "x-gzip"]
_LIMIT = 1 << 20


def check(data: bytes) -> None:
    if len(data) < 2:
        return
    size = data[1] + 1
    body = data[2:]
    try:
        _inflate(ENCODINGS[data[0] % len(ENCODINGS)], [body[at : at + size] for at in range(0, len(body), size)])
    except TelltaleError:
        return


def _inflate(encoding: str, chunks: list[bytes]) -> None:
    inflating = inflater(encoding)
    assert inflating is not None
    room = _LIMIT
    for chunk in chunks:
        for piece in inflating.pieces(chunk):
            assert 0 < len(piece) <= PIECE_BYTES
            room -= len(piece)
            if room < 0:
                return
    assert inflating.whole in {True, False}


TARGET = Target(check, BytesForm, longest=1024)
