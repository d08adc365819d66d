"""Parcels with a text to know them by, spools for them, and what became of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from telltale._parcel import Parcel, packed, unpacked
from telltale._spool import Spool
from telltale._spooling import destination

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from telltale._backlog import Source

HERE = destination("http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318/v1/logs", {})
THERE = destination("http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318/v1/logs", {"Authorization": "Bearer b"})
ROOMY = 1 << 30


class Given:
    """What was given up: texts and why."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.reasons: set[str] = set()

    def __call__(self, parcels: Sequence[Parcel], reason: str) -> None:
        self.texts += [text_of(parcel) for parcel in parcels]
        self.reasons.add(reason)


def parcel_of(text: str, size: int = 0, lane: int = 0) -> Parcel:
    return packed(lane, 1, text.encode() + b" " + os.urandom(size))


def text_of(parcel: Parcel) -> str:
    return unpacked(parcel).split(b" ")[0].decode()


def all_of(source: Source, at_once: int = 3) -> list[str]:
    found: list[str] = []
    while parcels := source.head(at_once, 1 << 30):
        found += [text_of(parcel) for parcel in parcels]
        source.done(parcels)
    return found


def texts(count: int) -> list[str]:
    return [f"text{number}" for number in range(count)]


def spool_at(path: Path, limit: int = ROOMY, given: Given | None = None, header: bytes = HERE) -> Spool:
    return Spool(path, header, limit, given or Given())
