"""How numbers, money and times read on a page: pure functions from a value to its text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telltale_collector.model import Json, TimeNs

NOTHING: Final = "—"
_US: Final = 1_000
_MS: Final = 1_000_000
_S: Final = 1_000_000_000
_LINE: Final = 76
_HUGE: Final = 200_000


def usd(amount: Decimal | None) -> str:
    """Money at the precision a reader compares by: ``$1.24``, ``$0.0123``, ``$0.000045``."""
    if amount is None:
        return NOTHING
    if amount == 0:
        return "$0"
    size = abs(amount)
    if size >= 1:
        digits = f"{size:,.2f}"
    elif size >= Decimal("0.01"):
        digits = f"{size:.4f}"
    else:
        digits = f"{size:.{min(2 - size.adjusted(), 15)}f}".rstrip("0")
    return f"{'-' if amount < 0 else ''}${digits}"


def usd_exact(amount: Decimal | None) -> str:
    """Money with every digit that is known: ``$0.000123450001``."""
    if amount is None:
        return NOTHING
    digits = f"{abs(amount):,f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"{'-' if amount < 0 else ''}${digits}"


def cost(amount: Decimal | None, unpriced_calls: int) -> str:
    """The cost of some calls: money, ``unpriced`` where none has a price, a dash where there are none."""
    if amount is None:
        return "unpriced" if unpriced_calls else NOTHING
    return usd(amount)


def duration(duration_ns: int | None) -> str:
    """A duration in nanoseconds, to three digits: ``830 ms``, ``1.24 s``, ``2 min 05 s``, ``1 h 04 min``."""
    if duration_ns is None:
        return NOTHING
    if duration_ns < 0:
        return f"-{duration(-duration_ns)}"
    if duration_ns < _S - _MS // 2:
        return _below_a_second(duration_ns)
    if duration_ns < 60 * _S - _S // 20:
        return f"{_three_digits(duration_ns / _S)} s"
    seconds = round(duration_ns / _S)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600:,} h {seconds % 3600 // 60:02} min"


def _below_a_second(duration_ns: int) -> str:
    if duration_ns < _US:
        return f"{duration_ns} ns"
    if duration_ns < _MS - _US // 2:
        return f"{round(duration_ns / _US)} \N{MICRO SIGN}s"
    return f"{_three_digits(duration_ns / _MS)} ms"


def _three_digits(value: float) -> str:
    if value < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def count(number: int | None) -> str:
    """A count that fits a table cell: ``812``, ``9,120``, ``12.3k``, ``4.56M``."""
    if number is None:
        return NOTHING
    if number < 10_000:
        return whole(number)
    for size, suffix in ((1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G")):
        if number < 999.5 * size:
            return _three_digits(number / size) + suffix
    return f"{number / 1e12:,.2f}T"


def whole(number: int | None) -> str:
    """A count with every digit: ``1,234,567``."""
    return NOTHING if number is None else f"{number:,}"


def decimal(number: float | str | None) -> str:
    """A score or parameter to four digits: ``0.8123``, ``1``; a label stays as it is."""
    if number is None:
        return NOTHING
    return number if isinstance(number, str) else f"{number:.4g}"


def exact_time(time: TimeNs) -> str:
    """``2026-11-24 05:48:32.123 UTC``."""
    return f"{_moment(time):%Y-%m-%d %H:%M:%S}.{time % _S // _MS:03} UTC"


def iso_time(time: TimeNs) -> str:
    """RFC 3339 with nanoseconds, for ``<time datetime>`` and for filters."""
    return f"{_moment(time):%Y-%m-%dT%H:%M:%S}.{time % _S:09}Z"


def clock(time: TimeNs, now_ns: TimeNs) -> str:
    """The time of day (UTC) on the day of ``now_ns``, else the date with it."""
    moment = _moment(time)
    if moment.date() == _moment(now_ns).date():
        return f"{moment:%H:%M:%S}"
    return f"{moment:%b} {moment.day} {moment:%H:%M}"


def ago(time: TimeNs, now_ns: TimeNs) -> str:
    """How long before ``now_ns``: ``now``, ``12 s ago``, ``3 min ago``, ``5 d ago``; ``in 3 s`` if later."""
    seconds = (now_ns - time) // _S
    distance = abs(seconds)
    if distance < 2:
        return "now"
    text = f"{distance // 86_400:,} d"
    for limit, size, unit in ((60, 1, "s"), (3_600, 60, "min"), (86_400, 3_600, "h")):
        if distance < limit:
            text = f"{distance // size} {unit}"
            break
    return f"{text} ago" if seconds > 0 else f"in {text}"


def _moment(time: TimeNs) -> datetime:
    return datetime.fromtimestamp(time // _S, tz=UTC)


def preview(text: str | None, limit: int) -> str:
    """One line of at most ``limit`` characters."""
    line = " ".join((text or "")[: limit * 4].split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def clip(text: str, limit: int) -> str:
    """The text, or its beginning with the number of characters left out."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def pretty_json(value: Json) -> str:
    """JSON as people read it, short parts on one line; text that is no JSON object or list stays as it is."""
    if not isinstance(value, str):
        return _laid_out(value, "")
    if not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return _laid_out(json.loads(value), "")
    except (ValueError, RecursionError):
        return value


def _laid_out(value: Json, margin: str) -> str:
    line = json.dumps(value, ensure_ascii=False, default=str)
    if not isinstance(value, dict | list) or len(line) <= _LINE - len(margin):
        return line
    if len(line) > _HUGE:  # laying out measures every part once a level
        return json.dumps(value, ensure_ascii=False, default=str, indent=2)
    inner = f"{margin}  "
    parts = (
        [f"{json.dumps(str(key), ensure_ascii=False)}: {_laid_out(part, inner)}" for key, part in value.items()]
        if isinstance(value, dict)
        else [_laid_out(part, inner) for part in value]
    )
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{margin}{closing}"


def tokens_per_second(output_tokens: int | None, duration_ns: int, ttft_ns: int | None) -> str | None:
    """The pace of a stream after its first token; None where it cannot be told."""
    if output_tokens is None or output_tokens < 2 or ttft_ns is None or duration_ns <= ttft_ns:
        return None
    return f"{_three_digits((output_tokens - 1) * _S / (duration_ns - ttft_ns))} tok/s"
