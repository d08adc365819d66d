"""What the overview asks the store: all of it at once, a few questions at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telltale_collector.model import TraceFilter
from telltale_collector.store.overview import (
    Change,
    Failure,
    Feedback,
    changes,
    compared,
    failures,
    feedback,
    user_changes,
)
from telltale_collector.store.usage import usage
from telltale_collector.web.page import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import State

    from telltale_collector.alerts.views import AlertView
    from telltale_collector.model import BudgetStatus
    from telltale_collector.web.overview.asked import Asked

_AT_ONCE: Final = 4
"""As many as the store answers side by side."""

_FAILURES: Final = 8
_USERS: Final = 5
_NAMES: Final = {"model": ("model",), "prompt": ("prompt_name", "prompt_version"), "service": ("service",)}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the store says of a period.

    Attributes:
        now, before: rows of usage over the whole of each period; None where nothing was called or guarded.
        steps: rows of usage by step of the chosen period.
        changed: by model, prompt, user and service.
        is_waiting: nothing was ever stored.
    """

    now: Row | None
    before: Row | None
    steps: list[Row]
    changed: Mapping[str, list[Change]]
    feedback: Feedback
    failures: list[Failure]
    alerts: list[AlertView]
    budgets: list[BudgetStatus]
    is_waiting: bool


def ask(state: State, asked: Asked) -> Answers:
    """All answers; blocks until the last of them is there.

    Raises:
        StoreError: the store does not answer.
    """
    reader, rolled, periods = state.reader, state.rolled, asked.periods
    now, before = periods.now, periods.earlier
    shown = TraceFilter(from_time=asked.frame.start, to_time=periods.to_time)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="overview") as pool:
        users = pool.submit(user_changes, reader, PROJECT, periods, _USERS)
        sides = [pool.submit(changes, reader, rolled, PROJECT, where) for where in (now, before)]
        totals = [pool.submit(usage, reader, PROJECT, where, [], None, rolled) for where in (now, before)]
        steps = pool.submit(usage, reader, PROJECT, shown, [], asked.interval, rolled)
        said = pool.submit(feedback, reader, PROJECT, periods, asked.frame.step_s)
        failed = pool.submit(failures, reader, PROJECT, now, _FAILURES)
        budgets = pool.submit(state.budgets.statuses, PROJECT, periods.to_time)
        alerts = pool.submit(state.watch.now, PROJECT)
    by_name = {name: compared(keys, *(side.result()[name] for side in sides)) for name, keys in _NAMES.items()}
    counted = [_only(each.result()) for each in totals]
    return Answers(
        now=counted[0],
        before=counted[1],
        steps=steps.result(),
        changed=by_name | {"user": users.result()},
        feedback=said.result(),
        failures=failed.result(),
        alerts=alerts.result(),
        budgets=budgets.result(),
        is_waiting=counted == [None, None] and reader.run("newest_start", project=PROJECT)[0]["newest"] is None,
    )


def _only(rows: list[Row]) -> Row | None:
    return rows[0] if rows and (rows[0]["calls"] or _guarded(rows[0])) else None


def _guarded(row: Row) -> int:
    return sum(row[f"guard_{verdict}"] for verdict in ("pass", "flag", "redact", "block", "error"))
