"""Users: who spends most, against the period before, and whom things go wrong for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from telltale_collector.store.users import User, users
from telltale_collector.web import urls
from telltale_collector.web.page import PROJECT, Page
from telltale_collector.web.ranges import USUAL
from telltale_collector.web.visits import Asked, read_asked

if TYPE_CHECKING:
    from starlette.requests import Request

    from telltale_collector.model import Facets, TimeNs
    from telltale_collector.web.query import Range

_MOST: Final = 100
_ORDERS: Final = {
    "cost": "Cost",
    "change": "Change",
    "calls": "Calls",
    "sessions": "Sessions",
    "errors": "Failed",
    "dislikes": "Disliked",
    "blocked": "Blocked",
    "latest": "Last seen",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column to sort by."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class UserList:
    """The list of users.

    Attributes:
        users: the first of them in the order chosen; ``total`` counts all.
        total: users of the period.
        columns: to sort by, by name.
        asked: range and filters.
        ranges: to choose from.
        facets: the values to choose from within the time range.
        now_ns: the clock that relative times count from.
    """

    users: list[User]
    total: int
    columns: dict[str, Column]
    asked: Asked
    ranges: list[Range]
    facets: Facets
    now_ns: TimeNs


async def _build(request: Request) -> UserList:
    return await run_in_threadpool(_read, request, time.time_ns())


def _read(request: Request, now_ns: TimeNs) -> UserList:
    reader = request.app.state.reader
    asked = read_asked(request.query_params, now_ns, usual=USUAL)
    order = request.query_params.get("sort") or "cost"
    found = users(reader, PROJECT, asked.where, now_ns=now_ns, order=order, limit=_MOST)
    sort = {} if order == "cost" else {"sort": order}
    return UserList(
        users=found.users,
        total=found.total,
        columns={
            name: Column(label, urls.users({**asked.params, "sort": name}), name == order)
            for name, label in _ORDERS.items()
        },
        asked=asked,
        ranges=asked.ranges(lambda params: urls.users({**params, **sort})),
        facets=reader.facets(PROJECT, asked.where.from_time, asked.where.to_time),
        now_ns=now_ns,
    )


PAGE = Page(path="/users", template="users.html", context=UserList, build=_build)
