"""What of a board is looked at: time range, variables, order of tables, chosen lines. All of it is in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.store.filters import read_filter
from telltale_collector.web import urls
from telltale_collector.web.format import iso_time
from telltale_collector.web.page import PROJECT
from telltale_collector.web.query import Range
from telltale_dashboards.boards import boards
from telltale_dashboards.panel import Board, Panel, Variable

if TYPE_CHECKING:
    from telltale_collector.model import TimeNs

_S: Final = 1_000_000_000
_DAY_S: Final = 86_400
_STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200),
    *(_DAY_S, 2 * _DAY_S, 7 * _DAY_S, 30 * _DAY_S, 90 * _DAY_S, 365 * _DAY_S, 3650 * _DAY_S),
)
_RANGES: Final = ("15m", "1h", "6h", "24h", "7d", "30d")
REFRESHES: Final = {"": "off", "10s": "10 s", "1m": "1 min"}
_WHOLE: Final = "panels"
_TIMES: Final = ("from", "to")
_PROJECT: Final = "project"

Pairs = Sequence[tuple[str, str]]
"""Parameters of an address; a name can stand more than once."""


def board_of(uid: str) -> Board:
    """The board of an address.

    Raises:
        NotFound: there is none.
    """
    for board in boards():
        if board.uid == uid:
            return board
    raise NotFound(f"there is no board {uid[:60]!r}", "the boards are listed at /boards")


def panel_of(board: Board, number: str) -> tuple[int, Panel]:
    """A panel by its place in the board, counted from 0.

    Raises:
        NotFound: there is none.
    """
    panels = list(board.panels)
    if not (number.isascii() and number.isdecimal()) or len(number) > 4 or int(number) >= len(panels):
        raise NotFound(f"the board has no panel {number[:20]!r}", "reload the board")
    return int(number), panels[int(number)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A board and what of it is looked at.

    Attributes:
        pairs: what the address says, as far as it is known; empty values are left out.
        from_time, to_time: the time range, the end not included.
        now_ns: when it was asked.
        project: whose data is shown.
    """

    board: Board
    pairs: tuple[tuple[str, str], ...]
    from_time: TimeNs
    to_time: TimeNs
    now_ns: TimeNs
    project: str = PROJECT

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.pairs if known == name]

    def value(self, name: str) -> str:
        return next(iter(self.values(name)), "")

    @property
    def refresh(self) -> str:
        """A key of ``REFRESHES``."""
        return self.value("refresh")

    @property
    def is_whole(self) -> bool:
        """Whether the page comes with all panels filled in, for readers without scripts."""
        return self.value(_WHOLE) == "all"

    @property
    def variables(self) -> list[Variable]:
        """What there is to choose; the pages show one project."""
        return [variable for variable in self.board.variables if variable.name != _PROJECT]

    @property
    def has_times(self) -> bool:
        return any("{from_time:" in panel.sql for panel in self.board.panels)

    @property
    def lacks(self) -> Variable | None:
        """A text that has to be typed before there is anything to show."""
        typed = (variable for variable in self.variables if not variable.many and not variable.default)
        return next((variable for variable in typed if not self.value(variable.name)), None)

    def parameters(self, step_s: int) -> dict[str, Any]:
        """The typed parameters of the board's SQL."""
        given: dict[str, Any] = {
            "project": self.project,
            "from_time": self.from_time,
            "to_time": self.to_time,
            "interval_s": step_s,
        }
        for variable in self.variables:
            typed = self.value(variable.name) or variable.default
            given[variable.name] = self.values(variable.name) if variable.many else typed
        return given

    def step_s(self, points: int) -> int:
        """The narrowest step that cuts the range into no more than so many."""
        range_ns = self.to_time - self.from_time
        return next((size for size in _STEPS_S if range_ns <= size * _S * points), _STEPS_S[-1])

    # --- addresses --------------------------------------------------------------------------------------------------

    def url(self, changes: Mapping[str, str]) -> str:
        """The board with something changed; an empty value takes it away."""
        kept = [(name, value) for name, value in self.pairs if name not in changes]
        return urls.board(self.board.uid, [*kept, *((name, value) for name, value in changes.items() if value)])

    def panel_url(self, number: int) -> str:
        """The panel alone, without the parameters."""
        return urls.board_panel(self.board.uid, number)

    def whole_url(self) -> str:
        return self.url({_WHOLE: "all"})

    def other_board_url(self, uid: str, more: Mapping[str, str] | None = None) -> str:
        """Another board at the same time, with what is chosen as far as it has that too, and with ``more``."""
        shared = {variable.name for variable in board_of(uid).variables} | {*_TIMES, "refresh"}
        kept = [(name, value) for name, value in self.pairs if name in shared and name not in (more or {})]
        return urls.board(uid, [*kept, *(more or {}).items()])

    def ranges(self) -> list[Range]:
        current = None if self.value("to") else self.value("from") or self.board.starts
        return [Range(text, self.url({"from": f"now-{text}", "to": ""}), current == f"now-{text}") for text in _RANGES]

    def moved_url(self, back: float, on: float) -> str:
        """The range with its ends moved by so many of its lengths; an end that lies ahead is now."""
        length = self.to_time - self.from_time
        begin, end = self.from_time + int(back * length), self.to_time + int(on * length)
        if end >= self.now_ns:
            begin, end = max(0, begin - (end - self.now_ns)), self.now_ns
        return self.url({"from": iso_time(max(0, begin)), "to": iso_time(end)})

    @property
    def is_up_to_now(self) -> bool:
        return self.to_time >= self.now_ns - _S


def read_asked(board: Board, given: Pairs, now_ns: TimeNs, project: str = PROJECT) -> Asked:
    """What the address asks for; what a board does not know is forgotten.

    Raises:
        BadRequest: a time is none, or the range ends before it begins.
    """
    own = {variable.name for variable in board.variables if variable.name != _PROJECT}
    known = own | {*_TIMES, "refresh", _WHOLE}
    pairs = [
        (name, value.strip())
        for name, value in given
        if value.strip() and (name in known or name.startswith(("sort.", "only.")))
    ]
    pairs = [pair for pair in pairs if pair[0] != "refresh" or pair[1] in REFRESHES]
    times = {name: value for name, value in pairs if name in _TIMES}
    where = read_filter({"from": board.starts, **times}, now_ns)
    from_time, to_time = where.from_time or 0, now_ns if where.to_time is None else where.to_time
    if from_time >= to_time:
        raise BadRequest("the time range ends before it begins", "change from or to, such as from=now-6h")
    return Asked(board, tuple(pairs), from_time, to_time, now_ns, project)
