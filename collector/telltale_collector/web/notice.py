"""What stands above every page while something is wrong with the collector itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telltale_collector.web.format import clip

if TYPE_CHECKING:
    from telltale_collector.pipeline import SettleLoop
    from telltale_collector.wal import Wal

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know.

    Attributes:
        what: what it means for who reads the page.
        why: the reason.
    """

    what: str
    why: str


def notice_of(wal: Wal, loop: SettleLoop) -> Notice | None:
    """None while new telemetry is taken in and stored; what is not taken in at all comes first."""
    if refused := wal.trouble:
        return Notice("New telemetry is not taken in: senders are told to come again.", refused)
    if not loop.alive:
        return Notice("New telemetry is not stored; it waits on disk.", "the settle thread has ended: restart")
    if trouble := loop.trouble:
        what = "The store takes nothing now: new telemetry waits on disk and is stored once it does."
        return Notice(what, clip(trouble, _LONGEST))
    return None
