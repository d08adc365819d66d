"""The user's own price file: it comes before every list price.

prices:
  - model: smollm2-135m-instruct
    provider: "*"              # optional; the provider as it stands on the span
    from: 2026-01-01           # optional; the first day of the call on which the row holds
    input_usd_per_mtok: 0.02
    output_usd_per_mtok: 0.08
    cache_read_usd_per_mtok: 0.01   # optional, likewise cache_write, reasoning, input_audio, output_audio
    note: why                  # optional
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from telltale_collector.enrich.rates import Rates
from telltale_collector.errors import StartError

_MILLION = Decimal(1_000_000)
_OPTIONAL = {
    "cache_read": "input",
    "cache_write": "input",
    "reasoning": "output",
    "input_audio": "input",
    "output_audio": "output",
}
_KNOWN = {
    "model",
    "provider",
    "from",
    "note",
    *(f"{part}_usd_per_mtok" for part in ("input", "output", *_OPTIONAL)),
}


@dataclass(frozen=True, slots=True)
class UserPrice:
    model: str
    provider: str
    first_day: date
    rates: Rates
    price_id: str


@dataclass(frozen=True, slots=True)
class UserPrices:
    """The rows of a price file. ``find`` gives the newest one that holds on a day."""

    rows: tuple[UserPrice, ...]

    def find(self, provider: str | None, model: str, day: date) -> UserPrice | None:
        holding = [
            row for row in self.rows if row.model == model and row.provider in {"*", provider} and row.first_day <= day
        ]
        return max(holding, key=lambda row: (row.first_day, row.provider != "*"), default=None)


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
    first_day = row.get("from", date.min)
    if not isinstance(first_day, date):
        raise StartError(f"{where}: 'from' is not a date", "write it as 2026-01-31")
    rates = {part: _rate(row, part, where) for part in ("input", "output")}
    rates |= {
        part: _rate(row, part, where) if f"{part}_usd_per_mtok" in row else rates[base]
        for part, base in _OPTIONAL.items()
    }
    return UserPrice(row["model"], str(row.get("provider", "*")), first_day, Rates(**rates), f"{file}:{row['model']}")


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
