"""The user's own price file: it comes before every list price.

    prices:
      - model: smollm2-*                # a name or a pattern with * and ?
        provider: "*"                   # optional; as it stands on the span
        from: 2026-01-01                # optional; a day or a moment (2026-01-01T12:00:00Z) from which the row holds
        until: 2027-01-01               # optional; the first day or moment on which it no longer does
        tier: batch                     # optional; the row holds for this service tier only
        input_usd_per_mtok: 0.02
        output_usd_per_mtok: 0.08
        cache_read_usd_per_mtok: 0.01   # optional, likewise cache_write, cache_write_1h, reasoning, input_audio, ...
        note: why                       # optional

Of several rows that hold, an exact name goes before a pattern, then the one with the latest ``from``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from telltale_collector.enrich.rates import Rates
from telltale_collector.errors import StartError

_MILLION = Decimal(1_000_000)
_FOREVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_OPTIONAL = {
    "cache_read": "input",
    "cache_write": "input",
    "cache_write_1h": "cache_write",
    "reasoning": "output",
    "input_audio": "input",
    "output_audio": "output",
    "input_image": "input",
    "output_image": "output",
}
_KNOWN = {
    "model",
    "provider",
    "from",
    "until",
    "tier",
    "note",
    *(f"{part}_usd_per_mtok" for part in ("input", "output", *_OPTIONAL)),
}


@dataclass(frozen=True, slots=True)
class UserPrice:
    """One row; it holds from ``start`` on, and no longer at ``end``."""

    model: str
    provider: str
    tier: str | None
    start: datetime
    end: datetime
    rates: Rates
    price_id: str

    def holds(self, provider: str | None, model: str, time: datetime, tier: str | None) -> bool:
        return (
            fnmatchcase(model, self.model)
            and self.provider in {"*", provider}
            and self.tier in {None, tier}
            and self.start <= time < self.end
        )


@dataclass(frozen=True, slots=True)
class UserPrices:
    """The rows of a price file."""

    rows: tuple[UserPrice, ...]

    def find(self, provider: str | None, model: str, time: datetime, tier: str | None) -> UserPrice | None:
        """The most specific row that holds for a call."""
        holding = [row for row in self.rows if row.holds(provider, model, time, tier)]
        return max(
            holding,
            key=lambda row: (row.model == model, row.tier is not None, row.provider != "*", row.start),
            default=None,
        )


def load_user_prices(path: Path) -> UserPrices:
    """Read a price file.

    Raises:
        StartError: the file is absent or not in the format; the text says which row and what to write.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartError(f"the price file {path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise StartError(f"the price file {path} is not YAML: {' '.join(str(error).split())}") from error
    rows = content.get("prices") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise StartError(f"the price file {path} has no list 'prices'", "see the example in the documentation")
    return UserPrices(tuple(_row(row, f"row {at} of {path}", path.name) for at, row in enumerate(rows, 1)))


def _row(row: Any, where: str, file: str) -> UserPrice:
    if not isinstance(row, dict) or not isinstance(row.get("model"), str):
        raise StartError(f"{where} has no 'model'")
    unknown = sorted(set(map(str, row)) - _KNOWN)
    if unknown:
        raise StartError(f"{where} has an unknown key {unknown[0]!r}", f"known: {', '.join(sorted(_KNOWN))}")
    start = _moment(row, "from", _FOREVER[0], where)
    end = _moment(row, "until", _FOREVER[1], where)
    rates = {part: _rate(row, part, where) for part in ("input", "output")}
    for part, base in _OPTIONAL.items():
        rates[part] = _rate(row, part, where) if f"{part}_usd_per_mtok" in row else rates[base]
    return UserPrice(
        model=row["model"],
        provider=str(row.get("provider", "*")),
        tier=str(row["tier"]) if "tier" in row else None,
        start=start,
        end=end,
        rates=Rates(**rates),
        price_id=f"{file}:{row['model']}",
    )


def _moment(row: dict[str, Any], key: str, default: datetime, where: str) -> datetime:
    given = row.get(key, default)
    if isinstance(given, date) and not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day, tzinfo=UTC)
    if not isinstance(given, datetime):
        raise StartError(f"{where}: {key!r} is not a date", "write it as 2026-01-31 or 2026-01-31T12:00:00Z")
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _rate(row: dict[str, Any], part: str, where: str) -> Decimal:
    key = f"{part}_usd_per_mtok"
    try:
        rate = Decimal(str(row[key]))
    except KeyError as error:
        raise StartError(f"{where} has no {key!r}", "write 0 for a part that costs nothing") from error
    except InvalidOperation as error:
        raise StartError(f"{where}: {key} is not a number") from error
    if not rate.is_finite() or rate < 0:
        raise StartError(f"{where}: {key} is not a price")
    return rate / _MILLION
