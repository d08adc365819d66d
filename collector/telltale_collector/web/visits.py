"""What the pages of sessions and users ask for: a time range and a few filters, all of it in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.store.filters import read_filter
from telltale_collector.web.ranges import EVER, ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from telltale_collector.model import TimeNs, TraceFilter
    from telltale_collector.web.query import Range

FILTERS: Final = ("service", "environment", "user_id", "session_id")


@dataclass(frozen=True, slots=True)
class Asked:
    """The state of a list in its address.

    Attributes:
        filters: those that are set, by parameter.
        times: ``from`` and ``to`` as the address says them; without a ``from``, the page's own.
        usual: where the page begins when nothing else is asked for.
        where: all of it, read.
    """

    filters: dict[str, str]
    times: dict[str, str]
    usual: str
    where: TraceFilter

    @property
    def params(self) -> dict[str, str]:
        """What the list's own links carry on."""
        return {
            name: value for name, value in self.times.items() if (name, value) != ("from", self.usual)
        } | self.filters

    def ranges(self, url_of: Callable[[Mapping[str, str]], str]) -> list[Range]:
        """The ranges to choose from; ``url_of`` is the page's address with parameters."""
        current = None if "to" in self.times else self.times["from"]
        return ranges(lambda since: url_of(({} if since == self.usual else {"from": since}) | self.filters), current)


def read_asked(params: Mapping[str, str], now_ns: TimeNs, usual: str = EVER) -> Asked:
    """The list that the address asks for.

    Raises:
        BadRequest: a time cannot be read.
    """
    given = {name: params.get(name, "").strip() for name in ("from", "to", *FILTERS)}
    times = {"from": given["from"] or usual} | ({"to": given["to"]} if given["to"] else {})
    filters = {name: given[name] for name in FILTERS if given[name]}
    return Asked(filters, times, usual, read_filter(times | filters, now_ns))
