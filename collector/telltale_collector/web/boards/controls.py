"""The variables of a board as fields of a form."""

from __future__ import annotations

from dataclasses import dataclass

from telltale_collector.errors import StoreError
from telltale_collector.store.panels import run_panel
from telltale_collector.store.reader import Reader
from telltale_collector.web.boards.asked import Asked
from telltale_dashboards.panel import Variable


@dataclass(frozen=True, slots=True)
class Option:
    """A value, and whether it is chosen."""

    value: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Control:
    """A variable to choose or to type.

    Attributes:
        options: of one with many values; those that are chosen are always among them.
        typed: of one with a text.
    """

    variable: Variable
    options: list[Option]
    typed: str

    @property
    def chosen(self) -> list[str]:
        return [option.value for option in self.options if option.is_chosen]


def control_of(reader: Reader, asked: Asked, variable: Variable) -> Control:
    """The control; where the values cannot be read, with those alone that are chosen."""
    chosen = asked.values(variable.name)
    if not variable.sql:
        return Control(variable, [], asked.value(variable.name) or variable.default)
    try:
        answer = run_panel(reader, variable.sql, asked.parameters(1))
    except StoreError:
        found = []
    else:
        found = [str(value) for row in answer.rows for value in row.values()]
    values = sorted({*found, *chosen})
    return Control(variable, [Option(value, value in chosen) for value in values], "")
