"""A kind of panel: how it is asked and what its template draws. One file each under ``kinds/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from telltale_collector.store.panels import Answer, run_panel
from telltale_collector.store.reader import Reader
from telltale_collector.web.boards import kinds
from telltale_collector.web.boards.asked import Asked
from telltale_collector.web.boards.trace_filters import TraceFilters, trace_filters
from telltale_dashboards.panel import Panel, Unit


@dataclass(frozen=True, slots=True)
class Question:
    """One panel of a board that is asked.

    Attributes:
        number: the panel's place in its board, from 0.
        took: how long its queries ran, in nanoseconds, one each.
    """

    reader: Reader
    asked: Asked
    panel: Panel
    number: int
    took: list[int] = field(default_factory=list)

    def run(self, sql: str, step_s: int = 1) -> Answer:
        """Run a SELECT of the panel.

        Raises:
            StoreError: it failed; the text says what to do.
        """
        answer = run_panel(self.reader, sql, self.asked.parameters(step_s))
        self.took.append(answer.took_ns)
        return answer

    def unit(self, column: str) -> Unit:
        return self.panel.units.get(column, self.panel.unit)

    def filters(self) -> TraceFilters:
        return trace_filters(self.panel, self.asked)

    def own(self, name: str) -> str:
        """A parameter of the address that is this panel's own, such as ``sort`` or ``only``."""
        return self.asked.value(f"{name}.{self.number}")

    def own_url(self, name: str, value: str) -> str:
        """The board with such a parameter set, or without it where the value is empty."""
        return self.asked.url({f"{name}.{self.number}": value})

    def range_url(self, filters: Mapping[str, str]) -> str:
        """The traces of the whole range, or of the board's where it has none."""
        return self.filters().url(self.asked.from_time, self.asked.to_time, filters)


@dataclass(frozen=True, slots=True)
class Kind:
    """How panels of a kind are shown.

    Attributes:
        name: as panels say it.
        template: the file under ``templates/`` that draws ``content``.
        draw: asks, and gives the content; None where there is nothing to show. Raises ``StoreError``.
    """

    name: str
    template: str
    draw: Callable[[Question], Any]


@cache
def all_kinds() -> dict[str, Kind]:
    """Every kind, by name."""
    found = (import_module(f"{kinds.__name__}.{module.name}").KIND for module in iter_modules(kinds.__path__))
    return {kind.name: kind for kind in found}
