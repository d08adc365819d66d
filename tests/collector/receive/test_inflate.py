"""Compressed bodies: whole streams in any cut, in bounded pieces, of a bounded number."""

import gzip
import random
import sys
import zlib

import pytest

from telltale_collector.errors import BadRequest
from telltale_collector.receive.inflate import PIECE_BYTES, inflater

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESS = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}
TEXT = b"".join(b"%d prompts, " % number for number in range(200_000))


def inflated(encoding: str, chunks: list[bytes]) -> bytes:
    inflating = inflater(encoding)
    pieces = [piece for chunk in chunks for piece in inflating.pieces(chunk)]
    assert inflating.whole
    assert max(map(len, pieces)) <= PIECE_BYTES
    return b"".join(pieces)


@pytest.mark.parametrize("encoding", COMPRESS)
@pytest.mark.parametrize("size", [1 << 30, 1000, 7])
def test_a_stream_is_whole_however_it_is_cut(encoding: str, size: int) -> None:
    body = COMPRESS[encoding](TEXT)
    assert inflated(encoding, [body[at : at + size] for at in range(0, len(body), size)]) == TEXT


@pytest.mark.parametrize("encoding", COMPRESS)
@pytest.mark.parametrize("size", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_sizes_at_the_edge_of_a_piece_come_out_whole(encoding: str, size: int) -> None:
    plain = bytes(size)
    assert inflated(encoding, [COMPRESS[encoding](plain)]) == plain


@pytest.mark.parametrize("encoding", COMPRESS)
def test_streams_one_after_another_are_one_body(encoding: str) -> None:
    body = b"".join(COMPRESS[encoding](TEXT[at : at + 100_000]) for at in range(0, len(TEXT), 100_000))
    cut = random.Random(4).randrange(len(body))
    assert inflated(encoding, [body[:cut], body[cut:]]) == TEXT


@pytest.mark.parametrize("encoding", COMPRESS)
def test_thousands_of_empty_streams_are_refused(encoding: str) -> None:
    inflating = inflater(encoding)
    with pytest.raises(BadRequest, match="more than 4096 streams"):
        list(inflating.pieces(COMPRESS[encoding](b"") * 5000))


def test_a_zstd_window_beyond_what_http_allows_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    compressor = zstd.ZstdCompressor(options=options)
    body = compressor.compress(random.Random(1).randbytes(1 << 20)) + compressor.flush()
    with pytest.raises(BadRequest, match="not valid zstd"):
        list(inflater("zstd").pieces(body))


def test_no_encoding_needs_no_inflating() -> None:
    assert inflater("identity") is inflater(" ") is None
