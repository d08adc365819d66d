"""Page cursors: opaque to the caller, a JSON list in URL-safe base64 inside."""

from __future__ import annotations

import base64
import binascii

import orjson

from telltale_collector.errors import BadRequest
from telltale_collector.model import TimeNs

END_OF_TIME: TimeNs = 2**63 - 1


def write_cursor(time: TimeNs, *ids: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([time, *ids])).decode().rstrip("=")


def read_cursor(cursor: str | None, ids: int) -> tuple[TimeNs, list[str]]:
    """The time and ids before which the page starts; without a cursor, the end of time.

    Raises:
        BadRequest: not a cursor of this list.
    """
    if not cursor:
        return END_OF_TIME, ["g" * 32] * ids  # above every hex id
    try:
        time, *names = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (orjson.JSONDecodeError, binascii.Error, ValueError, TypeError) as error:
        raise _bad() from error
    if (
        not isinstance(time, int)
        or isinstance(time, bool)
        or not 0 <= time <= END_OF_TIME
        or len(names) != ids
        or not all(isinstance(name, str) for name in names)
    ):
        raise _bad()
    return time, names


def _bad() -> BadRequest:
    return BadRequest("not a cursor of this list", "pass next_cursor of the page before, unchanged")
