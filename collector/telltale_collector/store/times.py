"""Times as users write them: RFC 3339, or relative to now."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from telltale_collector.errors import BadRequest
from telltale_collector.model import TimeNs

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"now(?:-(\d{1,7})([smhdw]))?")
_FRACTION = re.compile(r"\.(\d{1,9})")
_END_OF_TIME = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(text: str, now_ns: TimeNs) -> TimeNs:
    """A time in nanoseconds; before 1970 counts as 1970, after 2262 as the last instant that 64 bits hold.

    Raises:
        BadRequest: the text is neither RFC 3339 nor ``now``, ``now-15m``, ``now-7d``.
    """
    relative = _RELATIVE.fullmatch(text.strip())
    if relative:
        amount, unit = relative.groups()
        back_ns = int(amount) * _UNITS_S[unit] * 1_000_000_000 if amount else 0
        return max(0, now_ns - back_ns)
    return min(max(0, _absolute(text.strip())), _END_OF_TIME)


def _absolute(text: str) -> TimeNs:
    fraction = _FRACTION.search(text)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text))
    except ValueError as error:
        raise BadRequest(
            f"not a time: {text[:60]!r}", "write it as 2026-01-31T12:00:00Z or relative to now, as in now-1h"
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    seconds = delta.days * 86_400 + delta.seconds
    return seconds * 1_000_000_000 + (int(fraction[1].ljust(9, "0")) if fraction else 0)


def write_time(time_ns: TimeNs) -> str:
    """RFC 3339 in UTC, to the nanosecond."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
